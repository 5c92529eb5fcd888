//! A location with a system of its own hears of its shipments by signed webhook.

use serde_json::{Value, json};
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::stack::shared::{Local, beside_others};
use crate::world::{Basket, eventually};

/// The system of one location: busy at first.
async fn system() -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(503)).up_to_n_times(1).mount(&server).await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(200)).mount(&server).await;
    server
}

/// Waits for this many messages, which the package of Standard Webhooks must take for genuine: id and body of each.
async fn messages(w: &Local, server: &MockServer, count: usize) -> Vec<(String, Value)> {
    let secret: Value = serde_json::from_str(&w.engine.secret("warehouse-webhook").await).unwrap();
    let secret = secret["webhook_secret"].as_str().unwrap();
    let heard = eventually("the location has heard of it", async || {
        let heard = server.received_requests().await.unwrap();
        if heard.len() >= count { Ok(heard) } else { Err(format!("{} messages", heard.len())) }
    })
    .await;
    heard.iter().map(|request| genuine(w, secret, request)).collect()
}

fn genuine(w: &Local, secret: &str, request: &Request) -> (String, Value) {
    let header = |name: &str| request.headers[name].to_str().unwrap();
    let headers = [header("webhook-id"), header("webhook-timestamp"), header("webhook-signature")];
    let body = std::str::from_utf8(&request.body).unwrap();
    assert!(w.signer.is_genuine(secret, headers, body), "{headers:?}");
    assert!(!w.signer.is_genuine(secret, headers, &format!("{body} ")), "the package does refuse");
    (headers[0].to_owned(), serde_json::from_str(body).unwrap())
}

#[test]
fn released_and_withdrawn() {
    beside_others(async |w| {
        let server = system().await;
        let place = w.number("hook");
        let body = json!({ "name": "有系统的仓", "country": "CN", "kind": "warehouse", "webhook_url": server.uri() });
        w.put("manager", &format!("/v1/locations/{place}"), &body).await.expect(200);
        let tee = w.product(9900, &[(&place, 5)]).await;
        let placed = w.place(&Basket::of(&[(&tee, 2)]).cod()).await;
        let order = w.released(&placed.order_id, 1).await;

        // The first answer was 503, so the same message comes again, under its own id.
        let heard = messages(w, &server, 2).await;
        assert_eq!(heard[0], heard[1]);
        let released = &heard[1].1;
        assert_eq!(released["type"], "waybill.shipment.released.v1");
        assert_eq!(released["shipment_id"], order.shipments()[0].id.as_str());
        assert_eq!(released["recipient"]["name"], "王芳", "whoever packs it needs to know");
        assert_eq!((&released["lines"][0]["sku"], &released["lines"][0]["quantity"]), (&json!(tee.sku), &json!(2)));

        let path = format!("/v1/orders/{}/cancellation", placed.order_id);
        w.post("support", &path, &json!({ "reason": "test" })).await.expect(202);
        let heard = messages(w, &server, 3).await;
        assert_eq!(heard[2].1["type"], "waybill.shipment.withdrawn.v1");
        assert_ne!(heard[2].0, heard[1].0);
        w.until_status(&placed.order_id, "cancelled").await;
    });
}
