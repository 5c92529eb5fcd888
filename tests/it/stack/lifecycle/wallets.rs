//! Orders that are paid with WeChat Pay, Alipay, Adyen and PayPal: each signs by its own rules, and takes nothing that does not
//! come from us.

use local_stack::wallets::{Refund, Signed, Trade, Wallet};
use serde_json::{Value, json};

use crate::stack::shared::{Local, anywhere, beside_others};
use crate::world::{Basket, Order, Placed, Product, eventually};

/// An order that is to be paid with this wallet, and the trade that its buyer has begun there.
async fn begun(w: &Local, tee: &Product, wallet: Wallet) -> (Placed, Trade) {
    let basket = Basket::of(&[(tee, 2)]).paid_by(wallet.name());
    let placed = w.payable(&basket).await;
    let trade = w.wallets.with(wallet, |books| books.begin(&placed.reference, basket.total()));
    (placed, trade)
}

async fn cancel(w: &Local, placed: &Placed) {
    let path = format!("/v1/orders/{}/cancellation", placed.order_id);
    w.post("storefront", &path, &json!({ "reason": "changed my mind" })).await.expect(202);
}

/// Waits until all of a payment is back: by one refund, of which the wallet tells as often as it likes.
async fn goes_back_once(w: &Local, wallet: Wallet, placed: &Placed, trade: &Trade) {
    let refunds = || w.wallets.with(wallet, |books| books.refunds_of(&trade.id).cloned().collect::<Vec<Refund>>());
    let refund = eventually(&format!("{} refunds {}", wallet.name(), placed.order_id), async || {
        refunds().first().cloned().ok_or("nothing went back".to_owned())
    })
    .await;
    // WeChat Pay and Adyen tell later how it went; what Alipay and PayPal answered at once, they tell again.
    let said = w.wallet_refunded(wallet, trade, &refund);
    for _ in 0..2 {
        w.wallet_says(wallet, &said).await;
    }
    let is_back = |order: &Order| order.text("/totals/refunded/amount") == "206.00";
    let order = w.until(&placed.order_id, "should have its money back", is_back).await;
    assert_eq!(order.text("/refunds/0/refund_id"), refund.number, "{}", order.story());
    let all: Vec<i64> = refunds().iter().map(|refund| refund.cents).collect();
    assert_eq!(all, [20_600], "{}", order.story());

    // What the wallet would not have forgiven.
    let violations = w.wallets.with(wallet, |books| books.violations().to_vec());
    let is_of_it = |text: &&String| {
        text.contains("signature")
            || text.contains("refuse")
            || text.contains(&trade.id)
            || text.contains(&placed.order_id)
    };
    let of_it: Vec<&String> = violations.iter().filter(is_of_it).collect();
    assert!(of_it.is_empty(), "{}: {of_it:?}", wallet.name());
}

#[test]
fn paid_cancelled_and_refunded_through_the_wallet_that_took_the_money() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 9)]).await;
        for wallet in Wallet::ALL {
            let (placed, trade) = begun(w, &tee, wallet).await;
            let trade = w.wallets.with(wallet, |books| books.pay(&trade.reference)).unwrap();
            let said = w.wallet_paid(wallet, &trade);
            for _ in 0..3 {
                w.wallet_says(wallet, &said).await;
            }
            let order = w.released(&placed.order_id, 1).await;
            assert_eq!(order.text("/totals/captured/amount"), "206.00", "{}", order.story());
            assert_eq!(order.times("payment_captured"), 1, "{}", order.story());

            cancel(w, &placed).await;
            goes_back_once(w, wallet, &placed, &trade).await;
            let order = w.until_status(&placed.order_id, "cancelled").await;
            assert_eq!(order.payment_status(), "refunded", "{}", order.story());
            let fee = if wallet == Wallet::Paypal { vec!["5.97"] } else { Vec::new() };
            assert_eq!(fees(w, &placed.order_id).await, fee, "{}", order.story());
        }
    });
}

/// What the wallet keeps, by the books: one says it with the payment, and however often it tells of that.
async fn fees(w: &Local, order_id: &str) -> Vec<String> {
    let books = w.get("finance", &format!("/v1/orders/{order_id}/ledger")).await.expect(200);
    let entries = books["entries"].as_array().unwrap().iter().filter(|entry| entry["account"] == "fee");
    entries.map(|entry| entry["debit"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn what_the_wallet_has_not_signed_is_refused_in_its_manner_and_what_is_paid_too_late_goes_back() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 9)]).await;
        for wallet in Wallet::ALL {
            let (placed, trade) = begun(w, &tee, wallet).await;
            let before = w.order(&placed.order_id).await.version();
            let good = w.wallet_paid(wallet, &Trade { is_paid: true, ..trade.clone() });
            for (what, forged) in forgeries(wallet, &good) {
                let answer = w.wallet_delivers(wallet, &forged).await;
                let name = wallet.name();
                assert_eq!(answer.status, 401, "{name}, {what}: {}", answer.body);
                match wallet {
                    Wallet::Wechatpay => assert_eq!(answer.body["code"], "FAIL", "{what}: {}", answer.body),
                    Wallet::Alipay => assert_eq!(answer.body, Value::from("fail"), "{what}"),
                    Wallet::Adyen | Wallet::Paypal => {
                        let error = answer.body["error"].as_str().unwrap_or_default();
                        let is_unsigned = error.starts_with("Signature") || error == "TimestampOutside";
                        assert!(is_unsigned, "{name}, {what}: {}", answer.body);
                    }
                }
            }
            let order = w.order(&placed.order_id).await;
            assert_eq!((order.status(), order.version()), ("awaiting_payment", before), "{}", order.story());

            let pay = || w.wallets.with(wallet, |books| books.pay(&trade.reference));
            // Those that know our reference close the trade with the order: what slips through was paid just before, and is
            // found when the trade is to be closed, before the wallet tells of it.
            let slipped = if knows_our_reference(wallet) { pay() } else { None };
            cancel(w, &placed).await;
            let trade = match slipped {
                Some(trade) => trade,
                None => {
                    w.until_status(&placed.order_id, "cancelled").await;
                    let trade = pay().unwrap();
                    w.wallet_says(wallet, &good).await;
                    trade
                }
            };
            goes_back_once(w, wallet, &placed, &trade).await;
            w.wallet_says(wallet, &good).await;
            let order = w.until_status(&placed.order_id, "cancelled").await;
            assert_eq!(order.text("/totals/refunded/amount"), "206.00", "{}", order.story());
        }
    });
}

fn knows_our_reference(wallet: Wallet) -> bool {
    match wallet {
        Wallet::Wechatpay | Wallet::Alipay => true,
        Wallet::Adyen | Wallet::Paypal => false,
    }
}

/// An order that nobody pays is closed at the wallet by our reference alone, so that nobody can pay it after that.
#[test]
fn an_unpaid_trade_is_closed_with_its_order() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 9)]).await;
        for wallet in Wallet::ALL.into_iter().filter(|wallet| knows_our_reference(*wallet)) {
            let (placed, trade) = begun(w, &tee, wallet).await;
            cancel(w, &placed).await;
            let order = w.until_status(&placed.order_id, "cancelled").await;
            assert_eq!(order.payment_status(), "voided", "{}", order.story());
            assert_eq!(w.wallets.with(wallet, |books| books.pay(&trade.reference)), None, "{}", wallet.name());
        }
    });
}

/// The notification as somebody sends it who has not the wallet's key.
fn forgeries(wallet: Wallet, good: &Signed) -> Vec<(&'static str, Signed)> {
    let with = |change: &dyn Fn(&mut Signed)| {
        let mut forged = good.clone();
        change(&mut forged);
        forged
    };
    let header = |name: &'static str, value: &'static str| {
        with(&|forged| {
            let at = forged.headers.iter_mut().find(|(known, _)| *known == name).unwrap();
            at.1 = value.to_owned();
        })
    };
    match wallet {
        Wallet::Wechatpay => vec![
            ("altered", with(&|forged| forged.body = forged.body.replacen("TRANSACTION", "TRANSACTIOM", 1))),
            ("a space more", with(&|forged| forged.body.push(' '))),
            ("unsigned", with(&|forged| forged.headers.retain(|(name, _)| !name.starts_with("wechatpay-")))),
            ("by a key that nobody knows", header("wechatpay-serial", "PUB_KEY_ID_OTHER")),
            ("at another time", header("wechatpay-timestamp", "1700000000")),
            ("a probe", header("wechatpay-signature", "WECHATPAY/SIGNTEST/AAAA")),
        ],
        Wallet::Alipay => vec![
            ("altered", with(&|forged| forged.body = forged.body.replacen("206.00", "0.01", 1))),
            ("unsigned", with(&|forged| forged.body = forged.body.replace("sign=", "sing="))),
            ("a field more", with(&|forged| forged.body.push_str("&refund_fee=0.01"))),
            ("an older way of signing", with(&|forged| forged.body = forged.body.replace("RSA2", "RSA"))),
        ],
        Wallet::Adyen => vec![
            ("altered", with(&|forged| forged.body = forged.body.replacen("20600", "20601", 1))),
            ("unsigned", with(&|forged| forged.body = forged.body.replace("hmacSignature", "signature"))),
            ("about another event", with(&|forged| forged.body = forged.body.replace("AUTHORISATION", "CAPTURE"))),
            ("without an item", with(&|forged| forged.body = json!({ "live": "false" }).to_string())),
        ],
        Wallet::Paypal => vec![
            ("altered", with(&|forged| forged.body = forged.body.replacen("206.00", "0.01", 1))),
            ("a space more", with(&|forged| forged.body.push(' '))),
            ("unsigned", with(&|forged| forged.headers.retain(|(name, _)| !name.starts_with("paypal-")))),
            ("under another id", header("paypal-transmission-id", "another")),
            ("at another time", header("paypal-transmission-time", "2020-01-01T00:00:00Z")),
            ("by a certificate of somebody's", header("paypal-cert-url", "https://paypal.com.example.com/cert")),
        ],
    }
}

#[test]
fn a_provider_that_is_not_configured_is_not_there() {
    anywhere(async |w| {
        for name in ["cod", "channel", "nobody"] {
            let request = w.request("POST", &format!("/v1/payments/{name}/callbacks")).body("{}");
            crate::world::Answer::to(request).await.expect_problem(404, "not-found");
        }
    });
}
