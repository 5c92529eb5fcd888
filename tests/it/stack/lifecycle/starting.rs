//! Payments that the stack begins for its storefront, further attempts, and attempts that lose.

use local_stack::wallets::Wallet;
use serde_json::{Value, json};

use crate::stack::shared::{Local, beside_others};
use crate::world::{Answer, Basket, Placed, yuan};

/// Where buyers go afterwards: a host that the local stack names (`local_stack::stack::RETURN_HOST`).
const THANKS: &str = "https://shop.example/thanks";

async fn start(w: &Local, placed: &Placed, payment: &str, body: &Value) -> Answer {
    let path = format!("/v1/orders/{}/payments/{payment}/start", placed.order_id);
    w.post("storefront", &path, body).await
}

/// Begins the attempt twice, as a storefront that lost the first answer does: both answers are the same.
async fn begun(w: &Local, placed: &Placed, payment: &str, body: &Value) -> Value {
    let first = start(w, placed, payment, body).await.expect(200);
    let again = start(w, placed, payment, body).await.expect(200);
    assert_eq!(first["payment_id"], payment);
    assert_eq!(first["next_action"], again["next_action"], "the same request gives the same payment");
    first
}

#[test]
fn stripe_is_begun_once_and_paid() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let basket = Basket::of(&[(&tee, 1)]);
        let placed = w.payable(&basket).await;
        let web = json!({ "client": "web", "return_url": THANKS });
        let answer = begun(w, &placed, "p1", &web).await;
        assert_eq!((&answer["provider"], &answer["payment_reference"]), (&json!("stripe"), &json!(placed.reference)));
        let secret = answer["next_action"]["value"].as_str().unwrap();
        let id = secret.strip_suffix("_secret_standin").unwrap();
        let intent = w.stripe.with(|ledger| ledger.intent(id).cloned()).unwrap();
        assert_eq!((intent.amount, intent.currency.as_str()), (basket.total(), "cny"));
        assert_eq!(intent.metadata["order_id"], placed.order_id);
        let order = w.order(&placed.order_id).await;
        assert_eq!(order.text("/payments/0/provider_reference"), id, "{}", order.story());
        assert!(order.times("payment_started") == 1, "{}", order.story());

        let paid = w.stripe.with(|ledger| ledger.pay(id, basket.total())).unwrap();
        w.paid(&paid).await;
        let order = w.released(&placed.order_id, 1).await;
        assert_eq!(order.payment_status(), "paid", "{}", order.story());
        // Paid is paid.
        start(w, &placed, "p1", &web).await.expect_problem(409, "wrong-state");
    });
}

#[test]
fn another_provider_is_another_attempt_and_the_loser_is_called_off() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let basket = Basket::of(&[(&tee, 1)]);
        let placed = w.payable(&basket).await;
        let answer = begun(w, &placed, "p1", &json!({ "client": "web" })).await;
        let secret = answer["next_action"]["value"].as_str().unwrap().to_owned();
        let card = secret.strip_suffix("_secret_standin").unwrap();

        let another = json!({ "provider": "alipay", "amount": yuan(basket.total()) });
        let path = format!("/v1/orders/{}/payments", placed.order_id);
        let opened = w.post("storefront", &path, &another).await.expect(200);
        assert_eq!(opened["payment_id"], "p2");
        let reference = opened["payment_reference"].as_str().unwrap();
        assert_ne!(reference, placed.reference);
        let answer = begun(w, &placed, "p2", &json!({ "client": "qr" })).await;
        assert_eq!(answer["next_action"]["type"], "qr_code");

        let trade = w.wallets.with(Wallet::Alipay, |books| books.pay(reference)).unwrap();
        assert_eq!(trade.cents, basket.total());
        let said = w.wallet_paid(Wallet::Alipay, &trade);
        w.wallet_says(Wallet::Alipay, &said).await;
        w.released(&placed.order_id, 1).await;
        let lost = |o: &crate::world::Order| o.text("/payments/0/status") == "expired";
        let order = w.until(&placed.order_id, "should have called the card off", lost).await;
        assert_eq!(w.stripe.with(|ledger| ledger.intent(card).unwrap().status), "canceled");
        assert_eq!((order.payment_status(), order.refunded_as()), ("paid", vec![]), "{}", order.story());
    });
}

#[test]
fn each_wallet_is_begun_in_its_manner() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 9)]).await;
        for (wallet, client, next) in [
            (Wallet::Alipay, "web", "form"),
            (Wallet::Alipay, "qr", "qr_code"),
            (Wallet::Adyen, "web", "redirect"),
            (Wallet::Paypal, "mobile_web", "redirect"),
        ] {
            let basket = Basket::of(&[(&tee, 1)]).paid_by(wallet.name());
            let placed = w.payable(&basket).await;
            let body = json!({ "client": client, "return_url": THANKS });
            let first = start(w, &placed, "p1", &body).await.expect(200);
            assert_eq!(first["next_action"]["type"], next, "{} {client}: {first}", wallet.name());
            start(w, &placed, "p1", &body).await.expect(200);
            // A form makes a trade when the buyer comes.
            if next != "form" {
                let trade = w.wallets.with(wallet, |books| books.pay(&placed.reference)).unwrap();
                assert_eq!(trade.cents, basket.total());
                let said = w.wallet_paid(wallet, &trade);
                w.wallet_says(wallet, &said).await;
                w.released(&placed.order_id, 1).await;
            }
        }
    });
}

#[test]
fn what_is_not_begun() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let placed = w.payable(&Basket::of(&[(&tee, 1)])).await;
        for (body, status, name) in [
            (json!({ "client": "qr" }), 422, "not-offered"),
            (json!({ "client": "fax" }), 400, "invalid-field"),
            (json!({ "client": "web", "return_url": "https://evil.example/" }), 400, "invalid-field"),
            (json!({ "client": "web", "return_url": "http://shop.example/" }), 400, "invalid-field"),
        ] {
            start(w, &placed, "p1", &body).await.expect_problem(status, name);
        }
        start(w, &placed, "p9", &json!({ "client": "web" })).await.expect_problem(404, "not-found");
        let order = w.order(&placed.order_id).await;
        assert_eq!((order.status(), order.times("payment_started")), ("awaiting_payment", 0), "{}", order.story());
    });
}
