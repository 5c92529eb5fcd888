//! Money that the shop takes itself, when the parcel leaves: the app's card payments on this stack.

use local_stack::stripe_api::Fault;
use serde_json::json;

use crate::stack::shared::beside_others;
use crate::world::{Basket, Order};

fn captured_as(order: &Order) -> String {
    order.text("/captures/0/status").to_owned()
}

#[test]
fn a_promise_is_taken_when_the_parcel_leaves() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let basket = Basket::of(&[(&tee, 1)]).app();
        let (order, intent) = w.promised_order(&basket).await;
        assert_eq!((order.payment_status(), order.times("capture_requested")), ("authorized", 0), "{}", order.story());
        assert_eq!(w.taken_of(&intent), (0, "requires_capture"), "nothing before the parcel leaves");

        let shipment = &order.shipments()[0];
        w.ship(shipment).await;
        let order = w.until(order.id(), "should be paid", |o| o.payment_status() == "paid").await;
        assert_eq!(captured_as(&order), "succeeded", "{}", order.story());
        assert_eq!(w.taken_of(&intent), (basket.total(), "succeeded"));
        let key = order.text("/captures/0/capture_id").to_owned();
        assert!(w.stripe.with(|ledger| ledger.keys().any(|known| known == key)), "the key of {key}");
        // Stripe tells of it too, and that changes nothing.
        let told = w.stripe.with(|ledger| ledger.intent(&intent.id).cloned()).unwrap();
        w.stripe_says(&w.event("payment_intent.succeeded", &told)).await.expect(200);
        let order = w.order(order.id()).await;
        assert_eq!((order.times("payment_captured"), order.list("/holds").len()), (1, 0), "{}", order.story());
        w.stripe_is_content_with(&intent);
    });
}

#[test]
fn a_lost_answer_is_asked_about() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let basket = Basket::of(&[(&tee, 1)]).app();
        let (order, intent) = w.promised_order(&basket).await;
        w.stripe.with(|ledger| ledger.plan_for(&intent.id, Fault::LoseAnswer));
        w.ship(&order.shipments()[0]).await;
        let order = w.swept_until(order.id(), "asked, and paid", |o| o.payment_status() == "paid").await;
        assert_eq!(
            (order.times("capture_unknown"), captured_as(&order).as_str()),
            (1, "succeeded"),
            "{}",
            order.story()
        );
        assert_eq!(w.taken_of(&intent), (basket.total(), "succeeded"));
        w.stripe_is_content_with(&intent);
    });
}

#[test]
fn cancelled_before_its_moment_the_promise_is_given_back() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let (order, intent) = w.promised_order(&Basket::of(&[(&tee, 1)]).app()).await;
        let path = format!("/v1/orders/{}/cancellation", order.id());
        w.post("support", &path, &json!({ "reason": "test" })).await.expect(202);
        let order = w.until_status(order.id(), "cancelled").await;
        assert_eq!((order.payment_status(), order.times("capture_requested")), ("voided", 0), "{}", order.story());
        assert_eq!(w.taken_of(&intent), (0, "canceled"));
    });
}

#[test]
fn a_refusal_waits_for_finance_who_may_try_again() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let basket = Basket::of(&[(&tee, 1)]).app();
        let (order, intent) = w.promised_order(&basket).await;
        w.stripe.with(|ledger| ledger.plan_for(&intent.id, Fault::Refuse(402)));
        w.ship(&order.shipments()[0]).await;
        let task = w.task("finance", "capture", order.id()).await;
        assert_eq!(w.taken_of(&intent), (0, "requires_capture"));
        w.follow("finance", &task, "retry", &json!({})).await.expect(202);
        let order = w.swept_until(order.id(), "taken at the second try", |o| o.payment_status() == "paid").await;
        assert_eq!(captured_as(&order), "succeeded", "{}", order.story());
        w.no_task("finance", "capture", order.id()).await;
        w.stripe_is_content_with(&intent);
    });
}
