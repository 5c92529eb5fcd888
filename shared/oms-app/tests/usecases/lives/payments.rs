//! Lives in which Waybill itself does something about the payment: it begins it, or takes what was promised.

use oms_domain::body::Provider;
use oms_domain::command::Report;
use oms_domain::id::PaymentReference;
use oms_domain::payment::PaymentFact;
use oms_domain::payment_start::PayerClient;
use oms_testkit::build::an_order;
use oms_testkit::shop::acts::Act;
use oms_testkit::shop::facts::{authorized, captured};
use oms_testkit::shop::{PAYMENT_WINDOW, order_id};

use super::{GRACE, cancel, report, scan, shirts};

/// An order of a channel whose card payments the shop takes itself, promised in full.
fn promised(channel: &'static str, number: &'static str) -> Vec<Act> {
    let order = Box::new(an_order().channel(channel, number));
    let promise = authorized(&order_id(channel, number), "evt_1", "pi_1", "186.00");
    vec![Act::Place { order, channel, number, key: "key-1" }, Act::told(promise)]
}

/// Released as soon as it is promised, and taken with that; the provider tells of it too.
pub fn taken_when_released() -> Vec<Act> {
    let mut acts = promised("tmall", "T-1");
    acts.push(Act::told(captured(&order_id("tmall", "T-1"), "evt_2", "pi_1", "186.00")));
    acts
}

/// Taken when the parcel leaves.
pub fn taken_when_shipped() -> Vec<Act> {
    let mut acts = promised("app", "A-1");
    acts.extend([report(1, Report::Packed, "r-1"), Act::shipped(1, "SF1", "r-2"), scan("SF1", "delivered", "s-1")]);
    acts
}

/// Taken, and cancelled after that: the money goes back.
pub fn taken_and_cancelled() -> Vec<Act> {
    let mut acts = promised("tmall", "T-1");
    acts.push(cancel());
    acts
}

/// Cancelled before its moment: the promise is given back, and nothing is taken.
pub fn cancelled_before_it_is_taken() -> Vec<Act> {
    let mut acts = promised("app", "A-1");
    acts.push(cancel());
    acts
}

/// Waybill begins a card payment; the buyer changes to WeChat Pay and pays there: the card's attempt is called off.
pub fn begun_and_changed() -> Vec<Act> {
    let id = order_id("web", "W-1");
    let paid = captured(&id, "evt_1", "wx_1", "186.00");
    vec![
        shirts(),
        Act::Start { payment: 1, client: PayerClient::Web },
        Act::Open { provider: Provider::Wechatpay, amount: "186.00", key: "k-1" },
        Act::Start { payment: 2, client: PayerClient::Qr },
        Act::told(PaymentFact { provider: Provider::Wechatpay, reference: Some(PaymentReference::of(&id, 2)), ..paid }),
    ]
}

/// Waybill begins a wallet's payment that nobody pays: it is closed by our reference alone.
pub fn begun_and_expired() -> Vec<Act> {
    vec![
        Act::place(an_order().paid_by(Provider::Wechatpay)),
        Act::Start { payment: 1, client: PayerClient::Qr },
        Act::Pass(PAYMENT_WINDOW + GRACE),
    ]
}
