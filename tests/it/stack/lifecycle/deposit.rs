//! A deposit at once, the balance by a day of its own.

use jiff::SignedDuration;
use local_stack::clock;
use serde_json::json;

use crate::stack::shared::{Local, beside_others};
use crate::world::{Basket, Order, Placed, yuan};

/// An order with a deposit and a balance that is due after so long, waiting for the deposit; and what both come to.
async fn presale(w: &Local, basket: &Basket, balance_due: SignedDuration) -> (Placed, i64, i64) {
    let (deposit, rest) = (2000, basket.total() - 2000);
    let mut body = basket.body(&w.number("D"));
    body.as_object_mut().unwrap().remove("payment");
    let due_at = (clock::now() + balance_due).to_string();
    body["payments"] = json!([
        { "provider": "stripe", "amount": yuan(deposit), "purpose": "deposit" },
        { "provider": "stripe", "amount": yuan(rest), "purpose": "balance", "due_at": due_at },
    ]);
    let placed = w.place_body("storefront", &body).await;
    w.until_status(&placed.order_id, "awaiting_payment").await;
    (placed, deposit, rest)
}

#[test]
fn goods_are_set_aside_from_the_deposit_on_and_move_with_the_balance() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let basket = Basket::of(&[(&tee, 1)]);
        let (placed, deposit, rest) = presale(w, &basket, SignedDuration::from_hours(48)).await;
        w.pay(&placed, deposit).await;
        let order = w.until(&placed.order_id, "the deposit", |o| o.payment_status() == "partially_paid").await;
        assert_eq!((order.status(), order.times("payment_requested")), ("awaiting_payment", 2), "{}", order.story());
        assert_eq!(order.text("/payments/1/purpose"), "balance");
        assert_eq!((w.shelf(&tee, "sz-1").await.held, order.shipments().len()), (1, 0), "set aside, and no further");

        let reference = order.text("/payments/1/payment_reference").to_owned();
        w.pay(&Placed { reference, ..placed }, rest).await;
        let order = w.released(order.id(), 1).await;
        assert_eq!(order.payment_status(), "paid", "{}", order.story());
    });
}

/// The app keeps deposits on this stack: the day passes without the balance, which then comes too late.
#[test]
fn a_deposit_is_kept_whose_balance_does_not_come() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let basket = Basket::of(&[(&tee, 1)]).app();
        let (placed, deposit, rest) = presale(w, &basket, SignedDuration::from_secs(5)).await;
        w.pay(&placed, deposit).await;
        let order = w.swept_until(&placed.order_id, "should expire", |o| o.status() == "expired").await;
        assert_eq!((order.times("deposit_kept"), order.refunded_as()), (1, vec![]), "{}", order.story());
        assert_eq!(order.text("/totals/forfeited/amount"), "20.00", "{}", order.story());

        let reference = order.text("/payments/1/payment_reference").to_owned();
        let late = w.pay(&Placed { reference, ..placed }, rest).await;
        let sent = |o: &Order| o.text("/totals/refunded/amount") != "0.00";
        let order = w.swept_until(order.id(), "the balance goes back", sent).await;
        assert_eq!(w.refunds_of(&late).iter().map(|r| r.amount).collect::<Vec<_>>(), [rest], "{}", order.story());
        assert_eq!((order.payment_status(), order.text("/totals/forfeited/amount")), ("partially_refunded", "20.00"));
        w.all_back(&tee, "sz-1", 5).await;
    });
}
