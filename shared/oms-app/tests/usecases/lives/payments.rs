//! Lives in which Waybill itself does something about the payment: it begins it, or takes what was promised.

use oms_domain::body::Provider;
use oms_domain::command::Report;
use oms_domain::id::PaymentReference;
use oms_domain::payment::{FeeFact, PaymentFact};
use oms_domain::payment_start::PayerClient;
use oms_testkit::build::{an_order, cny};
use oms_testkit::shop::acts::Act;
use oms_testkit::shop::facts::{authorized, captured};
use oms_testkit::shop::work::later;
use oms_testkit::shop::{PAYMENT_WINDOW, order_id};
use oms_testkit::time::start;

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

/// Taken by ourselves; what the provider keeps is told after that, and told again under another id.
pub fn told_what_it_costs() -> Vec<Act> {
    let mut acts = promised("tmall", "T-1");
    acts.extend(["evt_2", "evt_3"].map(|event| {
        let fee = FeeFact { reference: "txn_1".into(), is_returned: false, amount: cny("5.70") };
        Act::told(PaymentFact { fees: vec![fee], ..captured(&order_id("tmall", "T-1"), event, "pi_1", "186.00") })
    }));
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

/// After so many seconds the balance of a deposit is due.
const BALANCE_DUE: i64 = 200_000;

/// A deposit of 50.00 that is paid, and a balance of 136.00 that comes after its day.
fn balance_too_late(channel: &'static str, number: &'static str) -> Vec<Act> {
    let id = order_id(channel, number);
    let order = an_order().deposit_and_balance("50.00", "136.00", later(start(), BALANCE_DUE));
    let late = captured(&id, "evt_2", "pi_2", "136.00");
    vec![
        Act::Place { order: Box::new(order.channel(channel, number)), channel, number, key: "key-1" },
        Act::told(captured(&id, "evt_1", "pi_1", "50.00")),
        Act::Pass(BALANCE_DUE + GRACE),
        Act::told(PaymentFact { reference: Some(PaymentReference::of(&id, 2)), ..late }),
    ]
}

/// In a channel that keeps deposits: the balance goes back, the deposit does not.
pub fn deposit_kept() -> Vec<Act> {
    balance_too_late("app", "A-1")
}

/// In a channel that does not: both go back.
pub fn deposit_sent_back() -> Vec<Act> {
    balance_too_late("web", "W-1")
}
