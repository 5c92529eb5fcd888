//! Deposit and balance: paid in parts, one at once and the rest by a time of its own.

use jiff::Timestamp;
use oms_domain::body::{DeclaredStatus, OrderBody, PaymentPurpose, PlacedOrder, Provider};
use oms_domain::command::Command;
use oms_domain::derived;
use oms_domain::event::OrderEvent;
use oms_domain::payment::{PaymentFact, PaymentFactKind};
use oms_domain::status::{OrderStatus, RefundStatus};

use crate::given::{at, cny, due, fact, reference, shirts};
use crate::world::{World, names};

/// Well after the payment window of half an hour.
const BALANCE_DUE: i64 = 500_000;

/// 50.00 at once, 136.00 by a day to come.
fn presale() -> OrderBody {
    let mut body = shirts();
    body.payments = vec![
        due(Provider::Stripe, cny("50.00"), reference(0, 1)),
        due(Provider::Stripe, cny("136.00"), reference(0, 2)),
    ];
    body.payments[0].purpose = Some(PaymentPurpose::Deposit);
    body.payments[1].purpose = Some(PaymentPurpose::Balance);
    body.payments[1].due_at = Some(at(BALANCE_DUE));
    body
}

fn pays(world: &mut World, part: usize, amount: &str) -> Vec<OrderEvent> {
    let told = fact(&format!("evt-{part}"), &format!("pi_{part}"), PaymentFactKind::Captured { amount: cny(amount) });
    let reference = Some(world.order().payments[part - 1].reference.clone());
    world.must(Command::RecordPayment(PaymentFact { reference, ..told }))
}

fn deadline(world: &World) -> Option<Timestamp> {
    world.order().payment_deadline
}

#[test]
fn the_deposit_is_due_at_once_and_the_balance_by_its_day() {
    let mut world = World::with(presale()).placed();
    assert_eq!(deadline(&world), Some(at(1800)), "the deposit has the window of any payment");
    let events = pays(&mut world, 1, "50.00");
    assert_eq!(names(&events), ["payment_identified", "payment_captured", "payment_requested"]);
    assert_eq!((world.order().status, deadline(&world)), (OrderStatus::AwaitingPayment, Some(at(BALANCE_DUE))));
    assert_eq!(derived::payment_status(world.order()), "partially_paid");
    assert_eq!(world.order().live_reservations().count(), 1, "set aside");
    assert!(world.order().shipments.is_empty() && !world.order().is_held());
    // Nothing happens while it waits.
    world.pass(BALANCE_DUE - 1);
    assert!(world.must(Command::Compensate).is_empty());
    pays(&mut world, 2, "136.00");
    assert_eq!((world.order().status, world.order().captured().unwrap()), (OrderStatus::InFulfilment, cny("186.00")));
    assert!(world.order().refunds.is_empty());
}

#[test]
fn without_its_balance_the_order_expires_and_the_deposit_goes_back() {
    let mut world = World::with(presale()).placed();
    pays(&mut world, 1, "50.00");
    world.pass(BALANCE_DUE);
    let events = world.must(Command::Compensate);
    assert!(names(&events).starts_with(&["order_expired", "refund_approved"]), "{events:?}");
    assert_eq!((world.order().status, world.order().refunds[0].amount), (OrderStatus::Expired, cny("50.00")));
    assert_eq!(world.order().refunds[0].status, RefundStatus::Approved);
    world.must(Command::ReleaseStock);
    assert_eq!(world.order().live_reservations().count(), 0);
    // Whoever pays it after that gets it back.
    pays(&mut world, 2, "136.00");
    world.must(Command::Compensate);
    assert_eq!(world.order().refundable_total().unwrap(), cny("0.00"));
}

#[test]
fn without_its_deposit_the_order_has_the_payment_window_alone() {
    for first in [None, Some((2, "136.00"))] {
        let mut world = World::with(presale()).placed();
        if let Some((part, amount)) = first {
            pays(&mut world, part, amount);
        }
        assert_eq!(deadline(&world), Some(at(1800)));
        world.pass(1800);
        world.must(Command::Compensate);
        assert_eq!(world.order().status, OrderStatus::Expired, "{first:?}");
    }
}

#[test]
fn parts_have_their_days_one_after_the_other() {
    let mut body = presale();
    body.payments[1].amount = cny("36.00");
    body.payments.push(due(Provider::Stripe, cny("100.00"), reference(0, 3)));
    body.payments[2].due_at = Some(at(2 * BALANCE_DUE));
    let mut world = World::with(body).placed();
    pays(&mut world, 1, "50.00");
    assert_eq!(deadline(&world), Some(at(BALANCE_DUE)));
    pays(&mut world, 2, "36.00");
    assert_eq!(deadline(&world), Some(at(2 * BALANCE_DUE)));
    pays(&mut world, 3, "100.00");
    assert_eq!(world.order().status, OrderStatus::InFulfilment);
}

#[test]
fn what_is_no_deposit_and_balance_is_refused() {
    type Spoil = fn(&mut OrderBody);
    let cases: [(&str, Spoil); 6] = [
        ("payments", |b| b.payments[0] = b.payments[1].clone()),
        ("payments[1].due_at", |b| b.payments[1].provider = Provider::Cod),
        ("payments[1].due_at", |b| b.payments[1].status = DeclaredStatus::Captured),
        ("payments[1].due_at", |b| b.payments[1].collected_by_channel = true),
        ("payments[1].purpose", |b| b.payments[1].purpose = Some(PaymentPurpose::Deposit)),
        ("payments[0].purpose", |b| b.payments[0].purpose = Some(PaymentPurpose::Balance)),
    ];
    assert!(PlacedOrder::new(presale()).is_ok());
    for (field, spoil) in cases {
        let mut body = presale();
        spoil(&mut body);
        if field == "payments" {
            body.payments[0].amount = cny("50.00");
        }
        assert_eq!(PlacedOrder::new(body).unwrap_err().field, field);
    }
    assert_eq!((PaymentPurpose::Deposit.name(), PaymentPurpose::Balance.name()), ("deposit", "balance"));
}

#[test]
fn a_deposit_that_came_by_a_further_attempt_is_the_deposit() {
    let mut world = World::with(presale()).placed();
    world.must(Command::OpenPayment { provider: Provider::Stripe, amount: cny("50.00"), key: None });
    pays(&mut world, 3, "50.00");
    assert_eq!((world.order().status, deadline(&world)), (OrderStatus::AwaitingPayment, Some(at(BALANCE_DUE))));
    pays(&mut world, 2, "136.00");
    assert_eq!(world.order().status, OrderStatus::InFulfilment);
    assert!(world.order().refunds.is_empty());
}

#[test]
fn whoever_accepts_a_wrong_deposit_does_not_give_the_balance_away() {
    let mut world = World::with(presale()).placed();
    pays(&mut world, 1, "49.00");
    let hold_id = world.order().active_holds().next().expect("a hold").id.clone();
    world.must(Command::ReleaseHold { hold_id, reason: "a cent of the exchange".into() });
    assert_eq!((world.order().status, deadline(&world)), (OrderStatus::AwaitingPayment, Some(at(BALANCE_DUE))));
    assert_eq!(world.order().let_off, cny("1.00"));
    pays(&mut world, 2, "136.00");
    assert_eq!(world.order().status, OrderStatus::InFulfilment);
}
