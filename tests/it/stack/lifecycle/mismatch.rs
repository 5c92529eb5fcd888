//! Payments that do not fit: another amount, another currency, another mode, a second time.

use serde_json::json;

use crate::stack::shared::{Local, beside_others};
use crate::world::{Basket, Intent, Order, Placed, Product};

async fn payable(w: &Local) -> (Product, Basket, Placed) {
    let tee = w.product(9900, &[("sz-1", 5)]).await;
    let basket = Basket::of(&[(&tee, 1)]);
    let placed = w.payable(&basket).await;
    (tee, basket, placed)
}

fn mismatch(order: &Order) -> bool {
    order.list("/holds").iter().any(|hold| hold["kind"] == "payment_mismatch" && hold["status"] == "active")
}

/// That a run of fulfilment moves nothing.
async fn nothing_moves(w: &Local, order_id: &str) {
    assert_eq!(w.engine.run("fulfilment", order_id).await, "SUCCEEDED");
    let order = w.order(order_id).await;
    assert!(order.shipments().is_empty(), "{}", order.story());
}

#[test]
fn too_little_is_held_and_moves_no_goods_until_a_person_accepts_it() {
    beside_others(async |w| {
        let (_, _, placed) = payable(w).await;
        let intent = w.pay(&placed, 9_700).await;
        let order = w.until(&placed.order_id, "should be held", mismatch).await;
        assert_eq!((order.payment_status(), order.text("/totals/captured/amount")), ("partially_paid", "97.00"));
        nothing_moves(w, order.id()).await;
        let hold = order.text("/holds/0/hold_id");
        let path = format!("/v1/orders/{}/holds/{hold}/release", order.id());
        w.post("support", &path, &json!({ "reason": "银行手续费，接受" })).await.expect(200);
        let order = w.released(order.id(), 1).await;
        assert_eq!(order.payment_status(), "paid", "{}", order.story());
        assert!(w.refunds_of(&intent).is_empty());
    });
}

#[test]
fn too_much_is_held_too_and_rejecting_sends_all_of_it_back() {
    beside_others(async |w| {
        let (tee, _, placed) = payable(w).await;
        let intent = w.pay(&placed, 20_700).await;
        let order = w.until(&placed.order_id, "should be held", mismatch).await;
        nothing_moves(w, order.id()).await;
        let hold = order.text("/holds/0/hold_id");
        let path = format!("/v1/orders/{}/holds/{hold}/reject", order.id());
        w.post("support", &path, &json!({ "reason": "金额不符" })).await.expect(200);
        let order = w.until(order.id(), "should be refunded", |o| o.payment_status() == "refunded").await;
        let back: i64 = w.refunds_of(&intent).iter().map(|refund| refund.amount).sum();
        assert_eq!(back, 20_700, "{}", order.story());
        w.stripe_is_content_with(&intent);
        w.until_status(order.id(), "cancelled").await;
        assert_eq!(w.shelf(&tee, "sz-1").await.available, 5);
    });
}

#[test]
fn money_of_another_currency_does_not_count() {
    beside_others(async |w| {
        let (_, basket, placed) = payable(w).await;
        let dollars = Intent { currency: "usd".to_owned(), ..w.intent(&placed, basket.total()) };
        w.paid(&dollars).await;
        let order = w.until(&placed.order_id, "should be held", mismatch).await;
        assert_eq!((order.payment_status(), order.text("/totals/captured/amount")), ("pending", "0.00"));
        nothing_moves(w, order.id()).await;
        let task = w.task("finance", "anomaly", order.id()).await;
        assert!(task["reason"].as_str().unwrap().contains("USD"), "{task}");
    });
}

#[test]
fn a_payment_of_the_other_mode_does_not_count() {
    beside_others(async |w| {
        let (_, basket, placed) = payable(w).await;
        let intent = w.buyer_pays(&placed, basket.total());
        let mut live = w.event("payment_intent.succeeded", &intent);
        live["livemode"] = json!(true);
        live["data"]["object"]["livemode"] = json!(true);
        w.stripe_says(&live).await.expect(200);
        let order = w.order(&placed.order_id).await;
        assert_eq!((order.status(), order.payment_status()), ("awaiting_payment", "pending"), "{}", order.story());
        let task = w.task("finance", "anomaly", order.id()).await;
        assert!(task["reason"].as_str().unwrap().contains("live"), "{task}");
        w.paid(&intent).await;
        w.released(order.id(), 1).await;
    });
}

#[test]
fn what_is_paid_twice_goes_back_once() {
    beside_others(async |w| {
        let (_, basket, placed) = payable(w).await;
        let first = w.pay(&placed, basket.total()).await;
        let second = w.pay(&placed, basket.total()).await;
        let what = "should have sent the second payment back";
        let order = w.until(&placed.order_id, what, |o| o.refunded_as() == ["succeeded"]).await;
        assert_eq!(order.payment_status(), "paid", "{}", order.story());
        assert!(w.refunds_of(&first).is_empty());
        w.refunded_once(&order, &second);
        w.released(order.id(), 1).await;
    });
}

#[test]
fn a_late_failure_never_takes_a_payment_back() {
    beside_others(async |w| {
        let (_, basket, placed) = payable(w).await;
        let intent = w.pay(&placed, basket.total()).await;
        w.released(&placed.order_id, 1).await;
        for kind in ["payment_intent.payment_failed", "payment_intent.processing", "payment_intent.canceled"] {
            w.stripe_says(&w.event(kind, &intent)).await.expect(200);
        }
        let order = w.order(&placed.order_id).await;
        assert_eq!((order.status(), order.payment_status()), ("in_fulfilment", "paid"), "{}", order.story());
    });
}
