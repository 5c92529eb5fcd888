//! Deposit and balance: paid in parts, one at once and the rest by a time of its own.

use jiff::{SignedDuration, Timestamp};
use oms_domain::body::{DeclaredStatus, OrderBody, PaymentPurpose, PlacedOrder, Provider};
use oms_domain::command::Command;
use oms_domain::derived;
use oms_domain::event::OrderEvent;
use oms_domain::id::PaymentId;
use oms_domain::payment::{PaymentFact, PaymentFactKind};
use oms_domain::payment_start::{PayerClient, ends_at, payable};
use oms_domain::status::{OrderStatus, RefundStatus};

use crate::given::{at, cny, due, fact, reference, shirts};
use crate::part_cancelled::part;
use crate::world::{World, names};

/// Well after the payment window of half an hour.
pub const BALANCE_DUE: i64 = 500_000;

/// 50.00 at once, 136.00 by a day to come.
pub fn presale() -> OrderBody {
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

pub fn pays(world: &mut World, part: usize, amount: &str) -> Vec<OrderEvent> {
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

/// The provider is told an end once, whatever becomes of the order's own deadline: another under the same number is refused.
#[test]
fn a_balance_has_one_end_at_its_provider_before_and_after_the_deposit() {
    let day = 86_400;
    let midnight = at(-15 * 3_600);
    for (provider, due, told) in [
        (Provider::Wechatpay, BALANCE_DUE, at(BALANCE_DUE)),
        (Provider::Wechatpay, 20 * day, midnight + SignedDuration::from_hours(7 * 24)),
        (Provider::Alipay, 20 * day, midnight + SignedDuration::from_hours(15 * 24)),
        (Provider::Adyen, 20 * day, at(20 * day)),
        (Provider::Adyen, 90 * day, midnight + SignedDuration::from_hours(70 * 24)),
    ] {
        let mut body = presale();
        body.payments[1].provider = provider;
        body.payments[1].due_at = Some(at(due));
        let mut world = World::with(body).placed();
        let end = |world: &World| ends_at(world.order(), &world.order().payments[1], world.now);
        assert_eq!(end(&world), told, "{provider:?} {due}");
        // Its answer was lost, and it is asked for again.
        world.pass(600);
        assert_eq!(end(&world), told, "{provider:?} {due}: the same again");
        let expires_at = end(&world);
        world.must(start(2, expires_at));
        pays(&mut world, 1, "50.00");
        assert_eq!((deadline(&world), end(&world)), (Some(at(due)), told), "{provider:?}: after the deposit");
        world.pass(2 * day);
        assert_eq!(end(&world), told, "{provider:?}: and days later");
        assert!(payable(world.order(), &PaymentId::number(2), PayerClient::Qr, world.now).is_ok());
        // What the provider has ended is not gone on with, though the order still waits.
        let over = payable(world.order(), &PaymentId::number(2), PayerClient::Qr, told);
        assert!(over.is_err(), "{provider:?}: {over:?}");
    }
}

/// Stripe and PayPal are told no end: their payments may be paid for as long as the order waits.
#[test]
fn a_provider_that_is_told_no_end_goes_by_the_order() {
    let mut world = World::with(presale()).placed();
    let end = |world: &World| ends_at(world.order(), &world.order().payments[1], world.now);
    assert_eq!(end(&world), at(1800));
    let events = world.must(start(2, at(1800)));
    assert!(matches!(&events[0], OrderEvent::PaymentStarted { expires_at: None, .. }), "{events:?}");
    pays(&mut world, 1, "50.00");
    assert_eq!(end(&world), at(BALANCE_DUE));
}

/// As stored by a version that kept no end with what it began: it had told the order's deadline.
#[test]
fn what_an_older_version_began_goes_on() {
    let mut body = shirts();
    body.payments[0].provider = Provider::Wechatpay;
    let mut world = World::with(body).placed();
    let text = r#"{"type":"payment_started","payment_id":"p1","client":"qr"}"#;
    let event: OrderEvent = serde_json::from_str(text).unwrap();
    world.lives[0].order.apply(&event, at(0));
    assert_eq!(ends_at(world.order(), &world.order().payments[0], at(60)), at(1800));
    assert!(payable(world.order(), &PaymentId::number(1), PayerClient::Qr, at(60)).is_ok());
}

fn start(payment: usize, expires_at: Timestamp) -> Command {
    let (payment_id, client) = (PaymentId::number(payment), PayerClient::Qr);
    Command::StartPayment { payment_id, client, provider_payment_id: None, object: None, expires_at }
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

/// A hold over the balance's day gives the buyer time after it, and the provider is told no end that is over.
#[test]
fn a_balance_that_was_held_over_its_day_ends_with_the_orders_time() {
    let mut body = presale();
    body.payments[1].provider = Provider::Wechatpay;
    body.payments[1].due_at = Some(at(BALANCE_DUE));
    let mut world = World::with(body).placed();
    pays(&mut world, 1, "50.01");
    world.pass(BALANCE_DUE + 60);
    let hold_id = world.order().active_holds().next().expect("a hold").id.clone();
    world.must(Command::ReleaseHold { hold_id, reason: "fine".into() });
    let end = at(BALANCE_DUE + 60 + world.policy.payment_window_seconds);
    assert_eq!(ends_at(world.order(), &world.order().payments[1], world.now), end);
}

/// What was cancelled has made the balance needless; that the deposit brought something else is for a person, not for the buyer.
#[test]
fn a_buyer_whose_payment_is_looked_at_is_not_asked_for_a_balance_that_nobody_is_owed() {
    let mut world = World::with(presale()).placed();
    world.must(part(&[(1, 1)]));
    assert_eq!(world.order().worth().unwrap(), cny("93.00"));
    let events = pays(&mut world, 1, "100.00");
    assert!(world.order().is_held() && world.order().is_covered());
    assert!(!names(&events).contains(&"payment_requested"));
    assert_eq!(deadline(&world), Some(at(1800)));
}
