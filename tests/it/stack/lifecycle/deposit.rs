//! A deposit at once, the balance by a day of its own.

use jiff::SignedDuration;
use local_stack::clock;
use serde_json::json;

use crate::stack::shared::beside_others;
use crate::world::{Basket, Placed, yuan};

#[test]
fn goods_are_set_aside_from_the_deposit_on_and_move_with_the_balance() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let basket = Basket::of(&[(&tee, 1)]);
        let (deposit, rest) = (2000, basket.total() - 2000);
        let mut body = basket.body(&w.number("D"));
        body.as_object_mut().unwrap().remove("payment");
        let due_at = (clock::now() + SignedDuration::from_hours(48)).to_string();
        body["payments"] = json!([
            { "provider": "stripe", "amount": yuan(deposit), "purpose": "deposit" },
            { "provider": "stripe", "amount": yuan(rest), "purpose": "balance", "due_at": due_at },
        ]);
        let placed = w.place_body("storefront", &body).await;
        w.until_status(&placed.order_id, "awaiting_payment").await;
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
