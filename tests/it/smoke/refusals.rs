//! What must be refused, on every stack.

use serde_json::json;

use crate::stack::shared::anywhere;
use crate::world::{Answer, Basket, Product};

#[test]
fn strangers_and_forgeries() {
    anywhere(async |w| {
        let anything = Product { sku: w.number("NO-SUCH-SKU"), cents: 100 };
        let basket = Basket::of(&[(&anything, 1)]);
        let body = basket.body(&w.number("T"));
        let nobody = w.request("POST", "/v1/orders").header("idempotency-key", w.number("key")).json(&body);
        Answer::to(nobody).await.expect_problem(401, "unauthenticated");
        w.post("channel_tmall", "/v1/orders", &body).await.expect_problem(403, "forbidden");
        w.post("warehouse", "/v1/orders", &body).await.expect_problem(403, "forbidden");
        let path = "/v1/orders/0123456789abcdefghjkmnpqrs";
        w.get("storefront", path).await.expect_problem(404, "not-found");
        w.get("warehouse", path).await.expect_problem(403, "forbidden");

        let placed = w.place_body("storefront", &body).await;
        w.until_status(&placed.order_id, "rejected").await;
        // Its payment is called off by a workflow of its own; after that nothing more happens to it.
        let order = w.until(&placed.order_id, "its payment is off", |o| o.times("payment_expired") == 1).await;
        let event = w.event("payment_intent.succeeded", &w.intent(&placed, basket.total())).to_string();
        let other = w.stripe_signature("{}");
        assert_eq!(w.stripe_delivers(&other, event).await.status, 401);
        assert_eq!(w.order(order.id()).await.version(), order.version(), "nothing changed");
        let unsigned = json!({ "event_id": "x", "tracking_number": "X", "status": "delivered" }).to_string();
        assert_eq!(w.carrier_delivers(&[], unsigned).await.status, 401);
    });
}

#[test]
fn repetitions_and_mistakes() {
    anywhere(async |w| {
        let anything = Product { sku: w.number("NO-SUCH-SKU"), cents: 100 };
        let basket = Basket::of(&[(&anything, 1)]);
        let (body, key) = (basket.body(&w.number("T")), w.number("key"));
        let first = w.post_as("storefront", "/v1/orders", &body, &key).await.expect(202);
        assert_eq!(w.post_as("storefront", "/v1/orders", &body, &key).await.expect(202), first);
        let problem = w.post("storefront", "/v1/orders", &body).await.expect_problem(409, "duplicate-order");
        assert_eq!(problem["order_id"], first["order_id"]);
        let other = basket.body(&w.number("T"));
        w.post_as("storefront", "/v1/orders", &other, &key).await.expect_problem(422, "key-reused");
        let mut wrong = basket.body(&w.number("T"));
        wrong["total"]["amount"] = json!("0.01");
        let problem = w.post("storefront", "/v1/orders", &wrong).await.expect_problem(400, "invalid-field");
        assert_eq!(problem["field"], "total");
        let keyless = w.request_by("storefront", "POST", "/v1/orders").json(&body);
        Answer::to(keyless).await.expect_problem(400, "idempotency-key-required");
    });
}
