//! Whole lives of orders, as lists of what happens to them.

use oms_domain::body::{DeclaredStatus, Delivery, DeliveryType, Provider};
use oms_domain::command::{Command, Report};
use oms_domain::id::{HoldId, RefundId};
use oms_domain::payment::PaymentFact;
use oms_testkit::build::{OrderBuilder, an_order, cny};

use oms_testkit::shop::acts::Act;
use oms_testkit::shop::facts::{authorized, captured, failed, pending};
use oms_testkit::shop::{CLOSE_AFTER, HOLD_WINDOW, PAYMENT_WINDOW, order_id};

mod payments;

pub use payments::{
    begun_and_changed, begun_and_expired, cancelled_before_it_is_taken, deposit_kept, deposit_sent_back,
    taken_and_cancelled, taken_when_released, taken_when_shipped, told_what_it_costs,
};

/// How much later than due the sweep surely acts, in seconds.
const GRACE: i64 = 30;

/// Two shirts by card, 186.00 in all, from Shenzhen.
fn shirts() -> Act {
    Act::place(an_order())
}

fn paid(event: &str, payment: &str, amount: &str) -> Act {
    Act::told(captured(&order_id("web", "W-1"), event, payment, amount))
}

fn report(shipment: usize, report: Report, key: &'static str) -> Act {
    Act::Report { shipment, report, key }
}

fn scan(number: &'static str, status: &'static str, event: &'static str) -> Act {
    Act::Scan { number, status, event }
}

fn cancel() -> Act {
    Act::ask(Command::Cancel { reason: "changed my mind".into() })
}

fn h1() -> HoldId {
    HoldId::number(1)
}

/// Nine shirts at 99.00: above what is sold without a look.
fn many() -> OrderBuilder {
    an_order().empty().line("TEE-M", 9, "99.00")
}

/// A hat from Shenzhen and a mug from Shanghai.
fn hat_and_mug() -> OrderBuilder {
    an_order().empty().line("HAT", 1, "59.90").line("MUG", 2, "30.10")
}

/// Placed, paid, packed, carried, delivered, closed.
pub fn paid_and_delivered() -> Vec<Act> {
    vec![
        shirts(),
        paid("evt_1", "pi_1", "186.00"),
        report(1, Report::Accepted, "r-1"),
        report(1, Report::Packed, "r-2"),
        Act::shipped(1, "SF1", "r-3"),
        scan("SF1", "in_transit", "s-1"),
        scan("SF1", "out_for_delivery", "s-2"),
        scan("SF1", "delivered", "s-3"),
        Act::Pass(CLOSE_AFTER + GRACE),
    ]
}

/// From two warehouses, one parcel after the other.
pub fn split() -> Vec<Act> {
    vec![
        Act::place(hat_and_mug()),
        paid("evt_1", "pi_1", "120.10"),
        Act::shipped(1, "SF1", "r-1"),
        Act::shipped(2, "SF2", "r-2"),
        scan("SF2", "delivered", "s-1"),
        scan("SF1", "delivered", "s-2"),
    ]
}

/// Paid at its channel already: never asked for money.
pub fn channel() -> Vec<Act> {
    let order = Box::new(hat_and_mug().collected_by_channel().channel("tmall", "T-1"));
    vec![
        Act::Place { order, channel: "tmall", number: "T-1", key: "key-1" },
        Act::shipped(1, "SF1", "r-1"),
        Act::shipped(2, "SF2", "r-2"),
        scan("SF1", "delivered", "s-1"),
        scan("SF2", "delivered", "s-2"),
    ]
}

/// Paid at its channel and cancelled: the channel sends the money back.
pub fn channel_cancelled() -> Vec<Act> {
    let order = Box::new(hat_and_mug().collected_by_channel().channel("tmall", "T-1"));
    vec![Act::Place { order, channel: "tmall", number: "T-1", key: "key-1" }, cancel()]
}

/// Paid at the door.
pub fn cash_on_delivery() -> Vec<Act> {
    vec![
        Act::place(an_order().paid_by(Provider::Cod)),
        Act::shipped(1, "SF1", "r-1"),
        report(1, Report::Collected { amount: cny("186.00") }, "r-2"),
        report(1, Report::Delivered, "r-3"),
    ]
}

/// Nothing leaves a shelf.
pub fn digital() -> Vec<Act> {
    let delivery = Delivery { kind: DeliveryType::Digital, ..Delivery::default() };
    vec![Act::place(an_order().delivery(delivery)), paid("evt_1", "pi_1", "186.00")]
}

/// Cancelled before the warehouse has looked at it: all money and all stock go back.
pub fn cancelled_after_payment() -> Vec<Act> {
    vec![shirts(), paid("evt_1", "pi_1", "186.00"), cancel()]
}

/// Cancelled before it was paid.
pub fn cancelled_unpaid() -> Vec<Act> {
    vec![shirts(), Act::Identify { payment: "pi_1", amount: "186.00" }, cancel()]
}

/// One of two is cancelled when it is paid: the shipment is withdrawn, its rest goes from where it lies.
pub fn cancelled_in_part() -> Vec<Act> {
    vec![
        shirts(),
        paid("evt_1", "pi_1", "186.00"),
        Act::CancelLines { line: 1, quantity: 1, key: "c-1" },
        Act::shipped(2, "SF2", "r-1"),
        scan("SF2", "delivered", "s-1"),
    ]
}

/// One of two is cancelled while the buyer pays for both, then the other.
pub fn cancelled_part_by_part() -> Vec<Act> {
    vec![
        shirts(),
        Act::CancelLines { line: 1, quantity: 1, key: "c-1" },
        paid("evt_1", "pi_1", "186.00"),
        Act::CancelLines { line: 1, quantity: 1, key: "c-2" },
    ]
}

/// Cancelled while a warehouse packs it: the warehouse is asked, and stops.
pub fn stopped_by_the_warehouse() -> Vec<Act> {
    vec![
        shirts(),
        paid("evt_1", "pi_1", "186.00"),
        report(1, Report::Accepted, "r-1"),
        cancel(),
        report(1, Report::Cancelled, "r-2"),
    ]
}

/// Cancelled too late: the warehouse has shipped, and the order goes on.
pub fn too_late_to_stop() -> Vec<Act> {
    vec![
        shirts(),
        paid("evt_1", "pi_1", "186.00"),
        report(1, Report::Packed, "r-1"),
        cancel(),
        report(1, Report::CancelRefused, "r-2"),
        Act::shipped(1, "SF1", "r-3"),
        scan("SF1", "delivered", "s-1"),
    ]
}

/// Not paid in time; the provider's payment is called off.
pub fn expired() -> Vec<Act> {
    vec![shirts(), Act::Identify { payment: "pi_1", amount: "186.00" }, Act::Pass(PAYMENT_WINDOW + GRACE)]
}

/// Paid after all, after it expired: the money goes back.
pub fn paid_too_late() -> Vec<Act> {
    vec![shirts(), Act::Pass(PAYMENT_WINDOW + GRACE), paid("evt_1", "pi_1", "186.00")]
}

/// Paid at the provider when it expires, before the callback comes.
pub fn paid_while_it_expires() -> Vec<Act> {
    vec![
        shirts(),
        Act::Identify { payment: "pi_2", amount: "186.00" },
        Act::Pass(PAYMENT_WINDOW + GRACE),
        paid("evt_1", "pi_2", "186.00"),
    ]
}

/// Of a thing that nobody sells.
pub fn rejected() -> Vec<Act> {
    vec![Act::place(an_order().empty().line("NOPE", 1, "1.00").line("TEE-M", 1, "98.00"))]
}

/// Sold out when it comes, and paid already: the money goes back.
pub fn sold_out_and_paid() -> Vec<Act> {
    vec![paid("evt_1", "pi_1", "10.00"), Act::place(an_order().empty().line("LAST", 1, "10.00"))]
}

/// Above the amount that needs a look: looked at, then paid.
pub fn held_and_released() -> Vec<Act> {
    let release = Command::ReleaseHold { hold_id: h1(), reason: "a good customer".into() };
    vec![Act::place(many()), Act::ask(release), paid("evt_1", "pi_1", "891.00"), Act::shipped(1, "SF1", "r-1")]
}

/// Paid while it is held, then turned down.
pub fn held_and_rejected() -> Vec<Act> {
    let reject = Command::RejectHold { hold_id: h1(), reason: "a stolen card".into() };
    vec![Act::place(many()), paid("evt_1", "pi_1", "891.00"), Act::ask(reject)]
}

/// Held, and nobody answers.
pub fn held_and_forgotten() -> Vec<Act> {
    vec![Act::place(many()), paid("evt_1", "pi_1", "891.00"), Act::Pass(HOLD_WINDOW + GRACE)]
}

/// Less was paid than asked: a person accepts it.
pub fn wrong_amount_accepted() -> Vec<Act> {
    let release = Command::ReleaseHold { hold_id: h1(), reason: "close enough".into() };
    vec![shirts(), paid("evt_1", "pi_1", "185.00"), Act::ask(release), Act::shipped(1, "SF1", "r-1")]
}

/// Paid twice: what came on top goes back.
pub fn paid_twice() -> Vec<Act> {
    vec![shirts(), paid("evt_1", "pi_1", "186.00"), paid("evt_2", "pi_2", "186.00")]
}

/// The callback is faster than the order.
pub fn callback_before_its_order() -> Vec<Act> {
    vec![paid("evt_1", "pi_1", "186.00"), shirts(), Act::shipped(1, "SF1", "r-1")]
}

/// The carrier's scan is faster than the warehouse's report.
pub fn scan_before_its_report() -> Vec<Act> {
    vec![
        shirts(),
        paid("evt_1", "pi_1", "186.00"),
        scan("SF1", "in_transit", "s-1"),
        Act::shipped(1, "SF1", "r-1"),
        scan("SF1", "delivered", "s-2"),
    ]
}

/// The first warehouse refuses: planned again elsewhere.
pub fn planned_elsewhere() -> Vec<Act> {
    vec![
        shirts(),
        paid("evt_1", "pi_1", "186.00"),
        report(1, Report::Rejected { reason: Some("damaged".into()) }, "r-1"),
        Act::shipped(2, "SF2", "r-2"),
        scan("SF2", "delivered", "s-1"),
    ]
}

/// Nobody can ship it: tried again until stock comes.
pub fn waits_for_stock() -> Vec<Act> {
    vec![
        shirts(),
        paid("evt_1", "pi_1", "186.00"),
        report(1, Report::Rejected { reason: None }, "r-1"),
        report(2, Report::Rejected { reason: None }, "r-2"),
        Act::ask(Command::RetryPlan),
        Act::shipped(3, "SF3", "r-3"),
    ]
}

/// Finance sends a part back, then the rest.
pub fn refunded_in_parts() -> Vec<Act> {
    vec![
        shirts(),
        paid("evt_1", "pi_1", "186.00"),
        Act::Refund { amount: "50.00", key: "k-1" },
        Act::Refund { amount: "136.00", key: "k-2" },
    ]
}

/// Finance wants more back than one person may send: another agrees.
pub fn agreed_by_two() -> Vec<Act> {
    let refund_id = RefundId::of(&order_id("web", "W-1"), 1);
    vec![
        three(),
        paid("evt_1", "pi_1", "305.00"),
        Act::Refund { amount: "260.00", key: "k-1" },
        Act::ask(Command::ApproveRefund { refund_id, by: "manager".into() }),
    ]
}

/// Nobody agrees to the first, and the second is overtaken by a cancellation.
pub fn agreed_by_nobody() -> Vec<Act> {
    let refund_id = RefundId::of(&order_id("web", "W-1"), 1);
    vec![
        three(),
        paid("evt_1", "pi_1", "305.00"),
        Act::Refund { amount: "260.00", key: "k-1" },
        Act::ask(Command::DeclineRefund { refund_id, reason: "not agreed".into() }),
        Act::Refund { amount: "255.00", key: "k-2" },
        cancel(),
    ]
}

/// Paid by WeChat Pay, which takes the next refund of a payment a minute after the last.
pub fn refunded_a_minute_apart() -> Vec<Act> {
    let paid = captured(&order_id("web", "W-1"), "evt_1", "wx_1", "186.00");
    vec![
        Act::place(an_order().paid_by(Provider::Wechatpay)),
        Act::told(PaymentFact { provider: Provider::Wechatpay, ..paid }),
        Act::Refund { amount: "6.00", key: "k-1" },
        Act::Refund { amount: "7.00", key: "k-2" },
        Act::Pass(100),
    ]
}

fn three() -> Act {
    Act::place(an_order().empty().line("TEE-M", 3, "99.00").shipping_fee("8.00"))
}

/// Authorized first, and cancelled before the money is taken: the promise is given back.
pub fn authorized_and_voided() -> Vec<Act> {
    let id = order_id("web", "W-1");
    vec![
        shirts(),
        Act::Identify { payment: "pi_1", amount: "186.00" },
        Act::told(authorized(&id, "evt_1", "pi_1", "186.00")),
        cancel(),
    ]
}

/// Fails, fails again, then succeeds.
pub fn third_time_lucky() -> Vec<Act> {
    let id = order_id("web", "W-1");
    vec![
        shirts(),
        Act::told(pending(&id, "evt_1", "pi_1")),
        Act::told(failed(&id, "evt_2", "pi_1")),
        paid("evt_3", "pi_1", "186.00"),
        Act::told(failed(&id, "evt_4", "pi_1")),
    ]
}

/// Cash on delivery cannot be sent back through an API: a person does it.
pub fn refunded_by_hand() -> Vec<Act> {
    let settle =
        Command::SettleRefund { refund_id: RefundId::of(&order_id("web", "W-1"), 1), reason: "by bank".into() };
    vec![
        Act::place(an_order().paid_by(Provider::Cod)),
        Act::shipped(1, "SF1", "r-1"),
        report(1, Report::Collected { amount: cny("186.00") }, "r-2"),
        Act::Refund { amount: "6.00", key: "k-1" },
        Act::ask(settle),
    ]
}

/// Half from a gift card that the channel took, half by card.
pub fn paid_in_two_ways() -> Vec<Act> {
    let parts =
        [(Provider::Channel, "86.00", DeclaredStatus::Captured), (Provider::Stripe, "100.00", DeclaredStatus::Due)];
    vec![Act::place(an_order().paid_in_parts(&parts)), paid("evt_1", "pi_1", "100.00"), cancel()]
}

/// A count finds less than what is promised, the next finds it again.
pub fn counted_short() -> Vec<Act> {
    vec![
        shirts(),
        Act::Count { place: "sz-1", sku: "TEE-M", on_hand: 1 },
        Act::Count { place: "sz-1", sku: "TEE-M", on_hand: 8 },
    ]
}

/// A life, made anew for each test.
pub type Life = fn() -> Vec<Act>;

/// A count finds fewer than what is promised, and the warehouse ships all the same: they were there.
pub fn shipped_more_than_counted() -> Vec<Act> {
    vec![
        shirts(),
        paid("evt_1", "pi_1", "186.00"),
        Act::Count { place: "sz-1", sku: "TEE-M", on_hand: 1 },
        Act::shipped(1, "SF1", "r-1"),
    ]
}

/// Whether a life's act is the first of its kind: no earlier life begins with the same acts. Whatever looks at every act
/// of every life looks at each past only once.
pub fn is_new(name: &str, act: usize) -> bool {
    let begin = |life: fn() -> Vec<Act>| format!("{:?}", life().get(..=act));
    let at = ALL.iter().position(|life| life.0 == name).expect("a life");
    let own = begin(ALL[at].1);
    !ALL[..at].iter().any(|life| begin(life.1) == own)
}

/// Every life, by its name.
pub const ALL: &[(&str, Life)] = &[
    ("paid_and_delivered", paid_and_delivered),
    ("split", split),
    ("channel", channel),
    ("channel_cancelled", channel_cancelled),
    ("cash_on_delivery", cash_on_delivery),
    ("digital", digital),
    ("cancelled_after_payment", cancelled_after_payment),
    ("cancelled_unpaid", cancelled_unpaid),
    ("cancelled_in_part", cancelled_in_part),
    ("cancelled_part_by_part", cancelled_part_by_part),
    ("stopped_by_the_warehouse", stopped_by_the_warehouse),
    ("too_late_to_stop", too_late_to_stop),
    ("expired", expired),
    ("paid_too_late", paid_too_late),
    ("paid_while_it_expires", paid_while_it_expires),
    ("rejected", rejected),
    ("sold_out_and_paid", sold_out_and_paid),
    ("held_and_released", held_and_released),
    ("held_and_rejected", held_and_rejected),
    ("held_and_forgotten", held_and_forgotten),
    ("wrong_amount_accepted", wrong_amount_accepted),
    ("paid_twice", paid_twice),
    ("callback_before_its_order", callback_before_its_order),
    ("scan_before_its_report", scan_before_its_report),
    ("planned_elsewhere", planned_elsewhere),
    ("waits_for_stock", waits_for_stock),
    ("refunded_in_parts", refunded_in_parts),
    ("refunded_a_minute_apart", refunded_a_minute_apart),
    ("agreed_by_two", agreed_by_two),
    ("agreed_by_nobody", agreed_by_nobody),
    ("authorized_and_voided", authorized_and_voided),
    ("taken_when_released", taken_when_released),
    ("taken_when_shipped", taken_when_shipped),
    ("told_what_it_costs", told_what_it_costs),
    ("taken_and_cancelled", taken_and_cancelled),
    ("cancelled_before_it_is_taken", cancelled_before_it_is_taken),
    ("third_time_lucky", third_time_lucky),
    ("refunded_by_hand", refunded_by_hand),
    ("paid_in_two_ways", paid_in_two_ways),
    ("counted_short", counted_short),
    ("shipped_more_than_counted", shipped_more_than_counted),
    ("begun_and_changed", begun_and_changed),
    ("begun_and_expired", begun_and_expired),
    ("deposit_kept", deposit_kept),
    ("deposit_sent_back", deposit_sent_back),
];
