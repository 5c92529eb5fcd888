//! Orders from the request to the buyer's door.

use serde_json::{Value, json};

use crate::stack::shared::anywhere;
use crate::world::{Answer, Basket, Product, World, yuan};

/// Ships to nobody else: last in every choice, and it has nothing but these tests' products.
const LOCATION: &str = "smoke-1";

/// A product on a shelf of the smoke tests' own.
async fn shelf(w: &World) -> Product {
    let place = json!({ "name": "smoke tests", "country": "CN", "priority": 999_999, "kind": "warehouse" });
    w.put("manager", &format!("/v1/locations/{LOCATION}"), &place).await.expect(200);
    w.product(9900, &[(LOCATION, 10)]).await
}

#[test]
fn paid_through_stripe_and_delivered() {
    anywhere(async |w| {
        let tee = shelf(w).await;
        let basket = Basket::of(&[(&tee, 2)]);
        let placed = w.place(&basket).await;
        w.until_status(&placed.order_id, "awaiting_payment").await;
        let intent = w.intent(&placed, basket.total());
        for _ in 0..2 {
            w.paid(&intent).await;
        }
        let order = w.released(&placed.order_id, 1).await;
        assert_eq!(order.times("payment_captured"), 1, "{}", order.story());
        let shipment = &order.shipments()[0];
        assert_eq!(shipment.location, LOCATION);
        w.deliver(shipment).await;
        w.completed(&placed.order_id).await;
        let level = w.shelf(&tee, LOCATION).await;
        assert_eq!((level.on_hand, level.held, level.committed), (8, 0, 0));
    });
}

#[test]
fn paid_at_the_door() {
    anywhere(async |w| {
        let tee = shelf(w).await;
        let basket = Basket::of(&[(&tee, 1)]).cod();
        let placed = w.place(&basket).await;
        let order = w.released(&placed.order_id, 1).await;
        let shipment = &order.shipments()[0];
        w.deliver(shipment).await;
        w.report(shipment, &json!({ "event": "collected", "amount": yuan(basket.total()) })).await;
        w.completed(&placed.order_id).await;
    });
}

#[test]
fn cancelled_before_it_is_paid() {
    anywhere(async |w| {
        let tee = shelf(w).await;
        let placed = w.place(&Basket::of(&[(&tee, 1)])).await;
        w.until_status(&placed.order_id, "awaiting_payment").await;
        let path = format!("/v1/orders/{}/cancellation", placed.order_id);
        w.post("storefront", &path, &json!({ "reason": "smoke test" })).await.expect(202);
        w.until_status(&placed.order_id, "cancelled").await;
        assert_eq!(w.shelf(&tee, LOCATION).await.available, 10);
    });
}

#[test]
fn rejected_with_a_reason() {
    anywhere(async |w| {
        let unknown = Product { sku: w.number("NO-SUCH-SKU"), cents: 100 };
        let placed = w.place(&Basket::of(&[(&unknown, 1)])).await;
        let order = w.until_status(&placed.order_id, "rejected").await;
        assert_eq!(order.rejections(), [("1", "unknown_sku")], "{}", order.story());
    });
}

#[test]
fn the_document_describes_what_is_there() {
    anywhere(async |w| {
        let document = Answer::to(w.request("GET", "/v1/openapi.json")).await.expect(200);
        let kept: Value = serde_json::from_str(include_str!("../../../docs/openapi.json")).unwrap();
        assert_eq!(document["paths"], kept["paths"], "the stack runs another version than these tests are of");
        let tasks = w.get("manager", "/v1/tasks?limit=1").await.expect(200);
        assert!(tasks["items"].is_array());
    });
}
