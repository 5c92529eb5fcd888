//! Money that the shop takes itself, when the parcel leaves: the app's payments on this stack.

use local_stack::stripe_api::Fault;
use local_stack::wallets::Wallet;
use serde_json::{Value, json};

use crate::stack::shared::{Local, beside_others};
use crate::world::{Basket, Order, Placed};

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

/// The storefront has the stack begin the payment.
async fn begun(w: &Local, placed: &Placed) -> Value {
    let path = format!("/v1/orders/{}/payments/p1/start", placed.order_id);
    let body = json!({ "client": "web", "return_url": "https://shop.example/thanks" });
    w.post("storefront", &path, &body).await.expect(200)
}

#[test]
fn what_waybill_begins_is_promised_too() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let basket = Basket::of(&[(&tee, 1)]).app();
        let placed = w.payable(&basket).await;
        let answer = begun(w, &placed).await;
        let secret = answer["next_action"]["value"].as_str().unwrap();
        let id = secret.strip_suffix("_secret_standin").unwrap();
        // Only one that was begun for that can be promised.
        let intent = w.stripe.with(|ledger| ledger.promise(id, basket.total())).unwrap();
        w.promised(&intent).await;
        let order = w.released(&placed.order_id, 1).await;
        assert_eq!((order.payment_status(), order.times("capture_requested")), ("authorized", 0), "{}", order.story());
        w.ship(&order.shipments()[0]).await;
        let order = w.until(order.id(), "should be paid", |o| o.payment_status() == "paid").await;
        assert_eq!(captured_as(&order), "succeeded", "{}", order.story());
        assert_eq!(w.taken_of(&intent), (basket.total(), "succeeded"));
        w.stripe_is_content_with(&intent);
    });
}

/// The buyer approves on PayPal's page and comes back; the promise is given then, and taken when the parcel leaves.
#[test]
fn paypal_is_authorized_by_the_second_request() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let basket = Basket::of(&[(&tee, 1)]).app().paid_by("paypal");
        let placed = w.payable(&basket).await;
        assert_eq!(begun(w, &placed).await["next_action"]["type"], "redirect");
        w.wallets.with(Wallet::Paypal, |books| books.approve(&placed.reference)).unwrap();
        assert_eq!(begun(w, &placed).await["next_action"]["type"], "wait");
        let trade = w.wallets.with(Wallet::Paypal, |books| books.trade(&placed.reference).cloned()).unwrap();
        assert!(trade.is_promised && !trade.is_paid, "{trade:?}");
        w.wallet_says(Wallet::Paypal, &w.paypal_promised(&trade)).await;
        let order = w.released(&placed.order_id, 1).await;
        assert_eq!((order.payment_status(), order.times("capture_requested")), ("authorized", 0), "{}", order.story());
        w.ship(&order.shipments()[0]).await;
        let order = w.until(order.id(), "should be paid", |o| o.payment_status() == "paid").await;
        assert_eq!(captured_as(&order), "succeeded", "{}", order.story());
        let trade = w.wallets.with(Wallet::Paypal, |books| books.trade(&placed.reference).cloned()).unwrap();
        assert_eq!((trade.is_paid, trade.cents), (true, basket.total()));
    });
}
