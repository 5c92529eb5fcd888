//! Cancelling: before the warehouse, at the warehouse, after it.

use serde_json::json;

use crate::stack::shared::{Local, beside_others};
use crate::world::{Basket, Intent, Order, Product, shipped};

async fn cancel(w: &Local, order: &Order) {
    let path = format!("/v1/orders/{}/cancellation", order.id());
    w.post("support", &path, &json!({ "reason": "顾客改变主意" })).await.expect(202);
}

/// An order that its warehouse has accepted and is now asked to stop.
async fn asked_to_stop(w: &Local) -> (Product, Order, Intent) {
    let tee = w.product(9900, &[("sz-1", 5)]).await;
    let (order, intent) = w.released_order(&Basket::of(&[(&tee, 2)]), 1).await;
    w.report(&order.shipments()[0], &json!({ "event": "accepted" })).await;
    cancel(w, &order).await;
    let asked = |o: &Order| o.status() == "cancelling" && o.0["shipments"][0]["cancel_requested"] == true;
    let order = w.until(order.id(), "should wait for the warehouse", asked).await;
    assert!(w.refunds_of(&intent).is_empty(), "nothing goes back before the warehouse answers");
    assert_eq!(w.shelf(&tee, "sz-1").await.committed, 2, "the goods are still promised");
    (tee, order, intent)
}

#[test]
fn before_it_is_paid() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let placed = w.payable(&Basket::of(&[(&tee, 2)])).await;
        let path = format!("/v1/orders/{}/cancellation", placed.order_id);
        w.post("storefront", &path, &json!({ "reason": "changed my mind" })).await.expect(202);
        let order = w.until_status(&placed.order_id, "cancelled").await;
        assert_eq!((order.payment_status(), order.fulfilment_status()), ("voided", "cancelled"), "{}", order.story());
        assert_eq!(w.shelf(&tee, "sz-1").await.available, 5);
        w.post("storefront", &path, &json!({ "reason": "again" })).await.expect(202);
        assert_eq!(w.order(&placed.order_id).await.version(), order.version(), "a second time changes nothing");
    });
}

#[test]
fn after_payment_the_money_and_the_goods_come_back() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let (order, intent) = w.released_order(&Basket::of(&[(&tee, 2)]), 1).await;
        cancel(w, &order).await;
        let order = w.until_status(order.id(), "cancelled").await;
        assert_eq!((order.payment_status(), order.fulfilment_status()), ("refunded", "cancelled"), "{}", order.story());
        assert_eq!(order.text("/totals/refunded/amount"), "206.00");
        w.refunded_once(&order, &intent);
        let shelf = w.shelf(&tee, "sz-1").await;
        assert_eq!((shelf.on_hand, shelf.held, shelf.committed, shelf.available), (5, 0, 0, 5));

        // Stripe's own words about the refund, three times, change nothing any more.
        let refund = &w.refunds_of(&intent)[0];
        let event = w.event_about("refund.updated", refund.json());
        for _ in 0..3 {
            w.stripe_says(&event).await.expect(200);
        }
        let later = w.order(order.id()).await;
        assert_eq!(later.text("/totals/refunded/amount"), "206.00", "{}", later.story());
        assert_eq!(w.refunds_of(&intent).len(), 1);
        w.stripe_is_content_with(&intent);
    });
}

#[test]
fn a_part_of_it_goes_and_the_rest_is_delivered() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let (order, intent) = w.released_order(&Basket::of(&[(&tee, 2)]), 1).await;
        let path = format!("/v1/orders/{}/cancellation", order.id());
        let part = json!({ "reason": "one is enough", "lines": [{ "line_id": "1", "quantity": 1 }] });
        let key = format!("part-{}", order.id());
        w.post_as("support", &path, &part, &key).await.expect(202);
        w.post_as("support", &path, &part, &key).await.expect(202);
        // A shirt at 99.00 with half of the 8.00 for shipping.
        let back = |o: &Order| o.text("/totals/refunded/amount") == "103.00";
        let order = w.until(order.id(), "should send one shirt's money back", back).await;
        assert_eq!(order.payment_status(), "partially_refunded", "{}", order.story());
        assert_eq!(order.text("/totals/cancelled/amount"), "103.00");
        assert_eq!(order.0["lines"][0]["cancelled"], 1, "the second request was the first one: {}", order.story());
        assert_eq!(w.refunds_of(&intent).len(), 1);
        assert_eq!(w.shelf(&tee, "sz-1").await.committed, 1);
        let rest = order.shipments().into_iter().last().expect("the rest is planned again");
        w.deliver(&rest).await;
        let order = w.until_status(order.id(), "completed").await;
        assert_eq!(order.fulfilment_status(), "delivered", "{}", order.story());
        assert_eq!(w.shelf(&tee, "sz-1").await.on_hand, 4);
        w.post("support", &path, &part).await.expect_problem(409, "already-shipped");
    });
}

#[test]
fn the_warehouse_can_stop() {
    beside_others(async |w| {
        let (tee, order, intent) = asked_to_stop(w).await;
        w.report(&order.shipments()[0], &json!({ "event": "cancelled" })).await;
        let order = w.until_status(order.id(), "cancelled").await;
        assert_eq!(order.payment_status(), "refunded", "{}", order.story());
        w.refunded_once(&order, &intent);
        assert_eq!(w.shelf(&tee, "sz-1").await.available, 5);
    });
}

#[test]
fn the_warehouse_cannot_stop_and_the_order_goes_on() {
    beside_others(async |w| {
        let (tee, order, intent) = asked_to_stop(w).await;
        let shipment = &order.shipments()[0];
        w.report(shipment, &json!({ "event": "cancel_refused" })).await;
        let order = w.until_status(order.id(), "in_fulfilment").await;
        assert_eq!(order.payment_status(), "paid", "{}", order.story());
        let tracking = w.tracking_number();
        w.report(shipment, &shipped(&tracking)).await;
        w.scan(&tracking, "delivered").await;
        w.completed(order.id()).await;
        assert!(w.refunds_of(&intent).is_empty());
        assert_eq!(w.shelf(&tee, "sz-1").await.on_hand, 3);
    });
}

#[test]
fn it_left_while_the_warehouse_was_asked() {
    beside_others(async |w| {
        let (_, order, intent) = asked_to_stop(w).await;
        w.report(&order.shipments()[0], &shipped(&w.tracking_number())).await;
        let order = w.until_status(order.id(), "in_fulfilment").await;
        assert_eq!((order.payment_status(), order.fulfilment_status()), ("paid", "shipped"), "{}", order.story());
        assert!(w.refunds_of(&intent).is_empty());
    });
}

#[test]
fn after_shipping_it_is_too_late() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let (order, intent) = w.released_order(&Basket::of(&[(&tee, 1)]), 1).await;
        let tracking = w.ship(&order.shipments()[0]).await;
        let path = format!("/v1/orders/{}/cancellation", order.id());
        let reason = json!({ "reason": "too late" });
        w.post("support", &path, &reason).await.expect_problem(409, "already-shipped");
        w.scan(&tracking, "delivered").await;
        w.completed(order.id()).await;
        w.post("storefront", &path, &reason).await.expect_problem(409, "already-shipped");
        assert!(w.refunds_of(&intent).is_empty(), "shipped goods are not silently refunded");
    });
}
