//! Fees that providers tell: booked once, by the provider's own id of them, and seen in the books alone.

use oms_domain::command::{CaptureAnswered, Command, RefundAnswered};
use oms_domain::derived::{self, totals};
use oms_domain::event::OrderEvent;
use oms_domain::ledger::{Account, Balances};
use oms_domain::order::Order;
use oms_domain::payment::{FeeFact, PaymentFact, PaymentFactKind, RefundFactStatus};
use oms_domain::status::OrderStatus;

use crate::given::{cny, fact, money, shirts};
use crate::world::{World, names};

/// A fee under a name of the provider's, such as `txn_1 5.70`; one that is given back with a minus.
pub fn fee(text: &str) -> FeeFact {
    let (reference, amount) = text.split_once(' ').unwrap();
    let amount_of = |text: &str| cny(text);
    let is_returned = amount.starts_with('-');
    FeeFact { reference: reference.into(), is_returned, amount: amount_of(amount.trim_start_matches('-')) }
}

/// The provider tells something, and fees with it.
pub fn told(world: &mut World, payment: &str, kind: PaymentFactKind, fees: &[FeeFact]) -> Vec<OrderEvent> {
    let key = world.new_key();
    let fees = fees.to_vec();
    world.must(Command::RecordPayment(PaymentFact { key, fees, ..fact("any", payment, kind) }))
}

pub fn captured() -> PaymentFactKind {
    PaymentFactKind::Captured { amount: cny("186.00") }
}

fn disputed() -> PaymentFactKind {
    PaymentFactKind::Disputed { amount: cny("10.00") }
}

fn sent_back(amount: &str) -> PaymentFactKind {
    PaymentFactKind::Refund {
        refund_id: None,
        provider_refund_id: "re_9".into(),
        amount: cny(amount),
        status: RefundFactStatus::Succeeded,
    }
}

fn kept(order: &Order) -> i128 {
    Balances::of(order).get(Account::Fee)
}

fn noted(events: &[OrderEvent]) -> Vec<String> {
    let of = |e: &OrderEvent| {
        let OrderEvent::Noted { what, detail, .. } = e else { return None };
        (what == "fee_not_booked").then(|| detail.clone())
    };
    events.iter().filter_map(of).collect()
}

#[test]
fn a_fee_changes_nothing_but_the_books() {
    let mut with = World::with(shirts()).placed();
    let events = told(&mut with, "pi_1", captured(), &[fee("txn_1 5.70")]);
    assert_eq!(names(&events)[..3], ["payment_identified", "payment_captured", "fee_charged"]);
    let mut without = World::with(shirts()).placed();
    told(&mut without, "pi_1", captured(), &[]);
    let (a, b) = (with.order(), without.order());
    assert_eq!((a.status, a.version), (b.status, b.version), "and no commit more");
    assert_eq!(derived::payment_status(a), derived::payment_status(b));
    assert_eq!(totals(a).unwrap(), totals(b).unwrap());
    assert_eq!(a.refundable_total().unwrap(), cny("186.00"), "the buyer's money goes back whole");
    assert_eq!(a.kept().unwrap(), cny("186.00"));
    assert_eq!((kept(a), kept(b)), (570, 0));
    let names = |order: &Order| Balances::of(order).entries().map(|e| e.account.to_string()).collect::<Vec<_>>();
    assert_eq!(names(b), ["captured:stripe", "sales", "discount", "shipping"], "nothing is written where none is told");
}

#[test]
fn a_fee_is_booked_once_however_often_and_by_whatever_it_is_told() {
    let mut world = World::with(shirts()).placed();
    told(&mut world, "pi_1", captured(), &[fee("txn_1 5.70"), fee("txn_1 5.70")]);
    for kind in [captured(), disputed(), PaymentFactKind::Other { name: "charge.updated".into() }] {
        let events = told(&mut world, "pi_1", kind, &[fee("txn_1 5.70")]);
        assert!(!names(&events).contains(&"fee_charged"), "{events:?}");
    }
    assert_eq!(kept(world.order()), 570);
    // Another one is another one, also of the same amount.
    told(&mut world, "pi_1", captured(), &[fee("txn_2 5.70")]);
    assert_eq!(kept(world.order()), 1_140);
}

/// The money was found by a question, or by our own capture, and the event that tells the fee comes later.
#[test]
fn a_fee_that_comes_after_the_money_is_booked_all_the_same() {
    let mut world = World::with(shirts()).placed();
    told(&mut world, "pi_1", captured(), &[]);
    let events = told(&mut world, "pi_1", captured(), &[fee("txn_1 5.70")]);
    assert_eq!(names(&events), ["noted", "fee_charged"]);
    assert_eq!((kept(world.order()), world.order().captured().unwrap()), (570, cny("186.00")));
    let mut world = World::with(shirts()).placed();
    world.policy.capture_when.otherwise = oms_domain::capture::CaptureMoment::Release;
    world.stripe("pi_1", PaymentFactKind::Authorized { amount: cny("186.00"), expires_at: None });
    let capture_id = world.order().captures[0].id.clone();
    world.must(Command::SubmitCapture { capture_id: capture_id.clone() });
    let answer = CaptureAnswered::Captured { amount: cny("186.00"), reference: None, payment: None };
    world.must(Command::AnswerCapture { capture_id, answer });
    told(&mut world, "pi_1", captured(), &[fee("txn_1 5.70")]);
    assert_eq!((kept(world.order()), world.order().status), (570, OrderStatus::InFulfilment));
}

#[test]
fn what_is_no_fee_of_this_payment_is_noted_and_not_booked() {
    let dollars = FeeFact { amount: money("0.80", "USD"), ..fee("txn_1 0.80") };
    let negative = FeeFact { amount: cny("0").sub(cny("1.00")).unwrap(), ..fee("txn_1 1.00") };
    for (kind, fee, why) in [
        (captured(), dollars, "stripe keeps 0.80 USD by txn_1: not in the order's currency"),
        (captured(), negative, "stripe keeps -1.00 CNY by txn_1: not an amount"),
        (captured(), fee("txn_1 186.01"), "stripe keeps 186.01 CNY by txn_1: more than the money that it is of"),
        (sent_back("6.00"), fee("re_9 -6.01"), "stripe gives back 6.01 CNY by re_9: more than the money that it is of"),
    ] {
        let mut world = World::with(shirts()).paid();
        let events = told(&mut world, "pi_1", kind, &[fee]);
        assert_eq!(noted(&events), [why]);
        assert_eq!(kept(world.order()), 0, "{why}");
    }
    let mut world = World::with(shirts()).paid();
    let events = told(&mut world, "pi_9", disputed(), &[fee("txn_1 15.00")]);
    assert_eq!(noted(&events), ["stripe keeps 15.00 CNY by txn_1: of a payment that is not known"]);
    let zero = FeeFact { amount: cny("0"), ..fee("txn_2 1.00") };
    assert!(noted(&told(&mut world, "pi_1", captured(), &[zero])).is_empty(), "no fee is no news");
    // One that is as much as the money, and a refund's event that tells the fee of the payment.
    told(&mut world, "pi_1", captured(), &[fee("txn_3 186.00")]);
    told(&mut world, "pi_1", sent_back("6.00"), &[fee("txn_4 7.00")]);
    assert_eq!(kept(world.order()), 19_300);
}

/// Play money, and money in another currency, has no fee either.
#[test]
fn what_pays_for_nothing_costs_nothing() {
    let mut world = World::with(shirts()).placed();
    let key = world.new_key();
    let live = PaymentFact { key, live: true, fees: vec![fee("txn_1 5.70")], ..fact("any", "pi_1", captured()) };
    world.must(Command::RecordPayment(live));
    told(&mut world, "pi_1", PaymentFactKind::Captured { amount: money("186.00", "USD") }, &[fee("txn_1 5.70")]);
    assert_eq!(kept(world.order()), 0);
}

/// A bank's dispute has a fixed price, which may be more than what is disputed.
#[test]
fn the_price_of_a_dispute_is_booked_beside_the_money() {
    let mut world = World::with(shirts()).paid();
    let events = told(&mut world, "pi_1", disputed(), &[fee("txn_1 15.00")]);
    assert!(names(&events).contains(&"fee_charged"), "{events:?}");
    told(&mut world, "pi_1", PaymentFactKind::DisputeWon, &[fee("txn_1 15.00"), fee("txn_2 -15.00")]);
    let books = Balances::of(world.order());
    assert_eq!((books.get(Account::Fee), books.get(Account::Chargeback), books.sum()), (0, 0, 0));
}

/// An order that came to nothing has cost its fee: the buyer has all of the money, and the provider's balance is short.
#[test]
fn the_fee_of_an_order_that_is_undone_stays() {
    let mut world = World::with(shirts()).placed();
    told(&mut world, "pi_1", captured(), &[fee("txn_1 5.70")]);
    world.till.take("pi_1", cny("186.00"));
    world.must(Command::Cancel { reason: "no".into() });
    world.must(Command::Compensate);
    let refund_id = world.order().refunds[0].id.clone();
    assert_eq!(world.order().refunds[0].amount, cny("186.00"));
    world.must(Command::SubmitRefund { refund_id: refund_id.clone() });
    world.must(Command::AnswerRefund { refund_id, answer: RefundAnswered::Succeeded { reference: None } });
    let left: Vec<_> = Balances::of(world.order()).entries().map(|e| (e.account.to_string(), e.minor)).collect();
    assert_eq!(left, [("captured:stripe".to_owned(), -570), ("fee".to_owned(), 570)]);
}

/// Facts that were parked, and commits that were stored, before fees were known.
#[test]
fn what_was_stored_without_fees_reads_as_having_none() {
    let plain = fact("evt_1", "pi_1", captured());
    let text = serde_json::to_string(&plain).unwrap();
    assert!(!text.contains("fee"), "what has none costs nothing: {text}");
    assert_eq!(serde_json::from_str::<PaymentFact>(&text).unwrap(), plain);
    let with = PaymentFact { fees: vec![fee("txn_1 5.70")], ..plain };
    assert_eq!(serde_json::from_str::<PaymentFact>(&serde_json::to_string(&with).unwrap()).unwrap(), with);
}
