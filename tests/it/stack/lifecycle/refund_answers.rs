//! What Stripe's API answers, or does not, when money is to go back.

use local_stack::stripe_api::Fault;
use serde_json::json;

use crate::stack::shared::{Local, beside_others};
use crate::world::{Basket, Intent, Order};

/// A paid order whose refund meets this fault.
async fn cancelled_with(w: &Local, fault: Fault) -> (Order, Intent) {
    let tee = w.product(9900, &[("sz-1", 5)]).await;
    let (order, intent) = w.released_order(&Basket::of(&[(&tee, 1)]), 1).await;
    w.stripe.with(|ledger| ledger.plan_for(&intent.id, fault));
    let path = format!("/v1/orders/{}/cancellation", order.id());
    w.post("support", &path, &json!({ "reason": "test" })).await.expect(202);
    (order, intent)
}

#[test]
fn a_lost_answer_is_asked_about_and_never_sent_anew() {
    beside_others(async |w| {
        let (order, intent) = cancelled_with(w, Fault::LoseAnswer).await;
        let order = w.until(order.id(), "should not know", |o| o.times("refund_unknown") > 0).await;
        assert_ne!(order.status(), "cancelled", "cancelled only when everything is compensated");
        let order = w.swept_until(order.id(), "asked, and refunded", |o| o.status() == "cancelled").await;
        assert_eq!((order.payment_status(), order.refunded_as()), ("refunded", vec!["succeeded"]), "{}", order.story());
        w.refunded_once(&order, &intent);
        w.stripe_is_content_with(&intent);
    });
}

#[test]
fn a_refund_that_never_arrived_is_sent_again_under_its_own_key() {
    beside_others(async |w| {
        let (order, intent) = cancelled_with(w, Fault::Refuse(500)).await;
        let order = w.swept_until(order.id(), "sent again, and refunded", |o| o.status() == "cancelled").await;
        assert_eq!(order.payment_status(), "refunded", "{}", order.story());
        w.refunded_once(&order, &intent);
        w.stripe_is_content_with(&intent);
    });
}

#[test]
fn a_pending_refund_ends_with_the_callback() {
    beside_others(async |w| {
        let (order, intent) = cancelled_with(w, Fault::StayPending).await;
        let pending = |o: &Order| o.times("refund_pending") > 0;
        let order = w.until(order.id(), "should be pending", pending).await;
        assert_eq!(order.status(), "cancelling", "{}", order.story());
        let refund = w.refunds_of(&intent)[0].clone();
        let refund = w.stripe.with(|ledger| ledger.settle(&refund.id, true)).unwrap();
        w.stripe_says(&w.event_about("refund.updated", refund.json())).await.expect(200);
        let order = w.until_status(order.id(), "cancelled").await;
        w.refunded_once(&order, &intent);
    });
}

#[test]
fn a_refund_that_bounces_waits_for_finance() {
    beside_others(async |w| {
        let (order, intent) = cancelled_with(w, Fault::StayPending).await;
        w.until(order.id(), "should be pending", |o| o.times("refund_pending") > 0).await;
        let refund = w.refunds_of(&intent)[0].clone();
        let refund = w.stripe.with(|ledger| ledger.settle(&refund.id, false)).unwrap();
        w.stripe_says(&w.event_about("refund.failed", refund.json())).await.expect(200);
        let task = w.task("finance", "refund", order.id()).await;
        let order = w.order(order.id()).await;
        assert_eq!(order.status(), "cancelling", "a failed refund is not called success\n{}", order.story());
        let settled = w.follow("finance", &task, "settle", &json!({ "reason": "银行转账 #8812" })).await;
        settled.expect(200);
        let order = w.until_status(order.id(), "cancelled").await;
        assert_eq!(order.payment_status(), "refunded", "{}", order.story());
        w.no_task("finance", "refund", order.id()).await;
    });
}

#[test]
fn a_refused_refund_waits_for_finance_who_may_try_again() {
    beside_others(async |w| {
        let (order, intent) = cancelled_with(w, Fault::Refuse(402)).await;
        let task = w.task("finance", "refund", order.id()).await;
        assert!(w.refunds_of(&intent).is_empty());
        w.follow("finance", &task, "retry", &json!({})).await.expect(202);
        let order = w.swept_until(order.id(), "refunded at the second try", |o| o.status() == "cancelled").await;
        assert_eq!(order.payment_status(), "refunded", "{}", order.story());
        w.refunded_once(&order, &intent);
    });
}
