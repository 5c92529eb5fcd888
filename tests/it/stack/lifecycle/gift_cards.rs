//! A gift card pays its part of an order, and what goes back goes back to where it came from.

use local_stack::benefits::BenefitsService;
use serde_json::{Value, json};

use crate::stack::shared::{Local, beside_others};
use crate::world::{Basket, Order, Placed, yuan};

/// A card of 200.00 that nobody else has.
fn card(w: &Local, service: &BenefitsService) -> String {
    let code = w.number("GC");
    service.with(|books| books.stock_mut().gift_cards.insert(code.clone(), "200.00".parse().unwrap()));
    code
}

fn left(service: &BenefitsService, card: &str) -> String {
    service.with(|books| books.stock().gift_cards[card].to_string())
}

/// An order that is paid with 86.00 of the card, and the rest through Stripe.
async fn place(w: &Local, basket: &Basket, card: &str) -> (Placed, i64) {
    let rest = basket.total() - 8600;
    let mut body = basket.body(&w.number("G"));
    body.as_object_mut().unwrap().remove("payment");
    body["payments"] = json!([
        { "provider": "gift_card", "code": card, "amount": yuan(8600) },
        { "provider": "stripe", "amount": yuan(rest) },
    ]);
    (w.place_body("storefront", &body).await, rest)
}

/// The same, waiting for the rest.
async fn payable(w: &Local, basket: &Basket, card: &str) -> (Placed, i64) {
    let (placed, rest) = place(w, basket, card).await;
    let order = w.until_status(&placed.order_id, "awaiting_payment").await;
    assert_eq!(order.text("/payments/0/status"), "authorized", "{}", order.story());
    let reference = order.text("/payments/1/payment_reference").to_owned();
    (Placed { reference, ..placed }, rest)
}

fn sent(order: &Order, times: usize) -> bool {
    let states = order.refunded_as();
    states.len() == times && states.iter().all(|status| *status == "succeeded")
}

#[test]
fn it_is_taken_with_the_order_and_gets_its_money_back() {
    beside_others(async |w| {
        let Some(service) = w.benefits() else { return };
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let basket = Basket::of(&[(&tee, 2)]);
        let card = card(w, service);
        let (placed, rest) = payable(w, &basket, &card).await;
        let id = placed.order_id.as_str();
        assert_eq!(left(service, &card), "114.00", "set aside");

        let intent = w.pay(&placed, rest).await;
        w.released(id, 1).await;
        let taken = |o: &Order| o.text("/totals/captured/amount") == "206.00";
        let order = w.until(id, "should have taken both", taken).await;
        assert_eq!(order.payment_status(), "paid", "{}", order.story());
        assert!(!order.0.to_string().contains(&card), "nobody is shown the whole code: {}", order.story());

        // Money first, and the rest of it to the card.
        let ask = json!({ "amount": yuan(rest + 1000), "reason": "瑕疵补偿" });
        w.post("finance", &format!("/v1/orders/{id}/refunds"), &ask).await.expect(202);
        let order = w.until(id, "should send back to both", |o| sent(o, 2)).await;
        assert_eq!(left(service, &card), "124.00", "{}", order.story());
        assert_eq!(w.refunds_of(&intent).iter().map(|r| r.amount).collect::<Vec<_>>(), [rest], "{}", order.story());

        let path = format!("/v1/orders/{id}/cancellation");
        w.post("support", &path, &json!({ "reason": "test" })).await.expect(202);
        let order = w.until_status(id, "cancelled").await;
        assert_eq!(order.text("/totals/refunded/amount"), "206.00", "{}", order.story());
        assert_eq!(left(service, &card), "200.00", "once, and no more: {}", order.story());
        w.stripe_is_content_with(&intent);
        let books = w.get("finance", &format!("/v1/orders/{id}/ledger")).await.expect(200);
        let posted = |account: &str| {
            let at = |posting: &&Value| posting["account"] == account;
            books["entries"].as_array().unwrap().iter().filter(at).count()
        };
        assert!(posted("gift_card") >= 3 && posted("captured") >= 2, "{books}");
        w.all_back(&tee, "sz-1", 5).await;
    });
}

#[test]
fn it_is_whole_again_when_the_rest_is_not_paid() {
    beside_others(async |w| {
        let Some(service) = w.benefits() else { return };
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let basket = Basket::of(&[(&tee, 2)]);
        let card = card(w, service);
        let (placed, _) = payable(w, &basket, &card).await;
        let path = format!("/v1/orders/{}/cancellation", placed.order_id);
        w.post("storefront", &path, &json!({ "reason": "changed my mind" })).await.expect(202);
        let order = w.until_status(&placed.order_id, "cancelled").await;
        assert_eq!(order.text("/payments/0/status"), "voided", "{}", order.story());
        assert_eq!((left(service, &card), order.refunded_as()), ("200.00".to_owned(), vec![]), "{}", order.story());

        // What is not on the card is refused, and says why.
        service.with(|books| books.stock_mut().gift_cards.insert(card.clone(), "85.99".parse().unwrap()));
        let (placed, _) = place(w, &basket, &card).await;
        let order = w.until_status(&placed.order_id, "rejected").await;
        assert_eq!(order.rejections(), [("", "benefit_refused")], "{}", order.story());
        assert_eq!(left(service, &card), "85.99", "{}", order.story());
    });
}
