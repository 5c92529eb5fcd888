//! Orders that a person looks at before anything moves.

use serde_json::json;

use crate::stack::shared::{Local, beside_others};
use crate::world::{Basket, Order, Placed, Product};

/// An order above what may pass unseen, reserved and held.
async fn held(w: &Local) -> (Product, Basket, Placed, Order) {
    let chair = w.product(189_900, &[("sz-1", 5)]).await;
    let basket = Basket::of(&[(&chair, 3)]);
    let placed = w.place(&basket).await;
    let waits = |o: &Order| o.status() == "validated" && o.text("/holds/0/status") == "active";
    let order = w.until(&placed.order_id, "should be held", waits).await;
    assert_eq!(order.times("stock_reserved"), 1, "held and reserved in one commit\n{}", order.story());
    assert_eq!(order.text("/holds/0/kind"), "manual_review");
    assert_eq!((order.text("/customer_status"), order.fulfilment_status()), ("under_review", "on_hold"));
    assert_eq!(w.shelf(&chair, "sz-1").await.held, 3, "a held order keeps its reservation");
    (chair, basket, placed, order)
}

fn answer_path(order: &Order, answer: &str) -> String {
    format!("/v1/orders/{}/holds/{}/{answer}", order.id(), order.text("/holds/0/hold_id"))
}

#[test]
fn released_it_goes_on() {
    beside_others(async |w| {
        let (_, basket, placed, order) = held(w).await;
        let answer = w.post("support", &answer_path(&order, "release"), &json!({ "reason": "已与客户确认" })).await;
        assert_eq!(answer.expect(200)["status"], "awaiting_payment");
        let order = w.order(&placed.order_id).await;
        assert_eq!(order.text("/holds/0/status"), "released");
        assert!(order.text("/holds/0/answer").contains("已与客户确认"), "{}", order.0["holds"]);
        assert!(order.list("/timeline").iter().any(|e| e["event"] == "hold_released" && e["actor"] == "support"));
        w.pay(&placed, basket.total()).await;
        w.released(&placed.order_id, 1).await;
    });
}

#[test]
fn paid_while_it_is_held_it_ships_only_after_the_release() {
    beside_others(async |w| {
        let (_, basket, placed, order) = held(w).await;
        let intent = w.pay(&placed, basket.total()).await;
        let order = w.until(order.id(), "should be paid", |o| o.payment_status() == "paid").await;
        assert_eq!(w.engine.run("fulfilment", order.id()).await, "SUCCEEDED");
        let order = w.order(order.id()).await;
        assert!(order.shipments().is_empty(), "nothing moves while a hold is active\n{}", order.story());
        w.post("support", &answer_path(&order, "release"), &json!({ "reason": "ok" })).await.expect(200);
        let order = w.released(order.id(), 1).await;
        assert_eq!(order.times("payment_requested"), 0, "{}", order.story());
        assert!(w.refunds_of(&intent).is_empty());
        w.deliver(&order.shipments()[0]).await;
        w.completed(order.id()).await;
        let second = w.post("support", &answer_path(&order, "reject"), &json!({ "reason": "too late" })).await;
        second.expect_problem(409, "wrong-state");
    });
}

#[test]
fn rejected_unpaid_it_gives_its_stock_back() {
    beside_others(async |w| {
        let (chair, _, placed, order) = held(w).await;
        w.post("support", &answer_path(&order, "reject"), &json!({ "reason": "代购黄牛" })).await.expect(200);
        let order = w.until_status(&placed.order_id, "rejected").await;
        assert_eq!(order.rejections(), [("", "hold_rejected")], "{}", order.story());
        w.all_back(&chair, "sz-1", 5).await;
    });
}

#[test]
fn paid_and_rejected_the_money_goes_back() {
    beside_others(async |w| {
        let (chair, basket, placed, order) = held(w).await;
        let intent = w.pay(&placed, basket.total()).await;
        w.until(order.id(), "should be paid", |o| o.payment_status() == "paid").await;
        w.post("support", &answer_path(&order, "reject"), &json!({ "reason": "fraud" })).await.expect(200);
        let order = w.until(order.id(), "should be refunded", |o| o.payment_status() == "refunded").await;
        assert!(["rejected", "cancelled"].contains(&order.status()), "{}", order.story());
        w.refunded_once(&order, &intent);
        w.all_back(&chair, "sz-1", 5).await;
        assert!(order.shipments().is_empty());
    });
}
