//! Holds: what keeps goods where they are, who lifts it, and what happens when nobody does.

use oms_domain::body::{OrderBody, Provider};
use oms_domain::command::{Command, Report};
use oms_domain::id::HoldId;
use oms_domain::payment::PaymentFactKind;
use oms_domain::refusal::Refusal;
use oms_domain::status::{HoldKind, HoldStatus, OrderStatus, ShipmentStatus};
use oms_domain::task::TaskKind;
use oms_domain::wake::Work;

use crate::given::{at, cny, line, order_of, shirts};
use crate::world::{World, names};

fn large() -> OrderBody {
    order_of(vec![line(1, "TEE-M", 1, cny("6000.00"))], Provider::Stripe)
}

fn release(n: usize) -> Command {
    Command::ReleaseHold { hold_id: HoldId::number(n), reason: "known customer".into() }
}

fn reject(n: usize) -> Command {
    Command::RejectHold { hold_id: HoldId::number(n), reason: "stolen card".into() }
}

#[test]
fn releasing_lets_the_order_go_on_and_says_why() {
    let mut world = World::with(large()).placed();
    assert_eq!(names(&world.must(release(1))), ["hold_released", "payment_requested"]);
    assert_eq!(world.order().holds[0].answer.as_deref(), Some("known customer"));
    let mut world = World::with(large()).placed();
    world.captured("pi_1", cny("6000.00"));
    assert_eq!(world.order().status, OrderStatus::Validated, "a held order may be paid, and waits");
    assert_eq!(names(&world.must(release(1)))[..2], ["hold_released", "order_confirmed"]);
}

#[test]
fn an_answer_is_given_once() {
    let mut world = World::with(large()).placed();
    world.must(release(1));
    for command in [release(1), reject(1)] {
        let refusal = world.act(command).unwrap_err();
        assert!(matches!(refusal, Refusal::ThingState { kind: "hold", status: "released", .. }), "{refusal}");
    }
    assert!(matches!(world.act(release(2)), Err(Refusal::Unknown { kind: "hold", .. })));
}

#[test]
fn rejecting_undoes_the_order_and_refunds() {
    let mut world = World::with(large()).placed();
    world.captured("pi_1", cny("6000.00"));
    world.till.take("pi_1", cny("6000.00"));
    assert_eq!(names(&world.must(reject(1)))[..2], ["hold_rejected", "order_rejected"]);
    world.settle(0);
    let order = world.order();
    assert_eq!((order.status, order.refunded().unwrap()), (OrderStatus::Rejected, cny("6000.00")));
    assert!(world.stock.values().all(|l| l.held == 0 && l.committed == 0));
}

#[test]
fn a_hold_that_nobody_answers_rejects_at_its_deadline() {
    let mut world = World::with(large()).placed();
    world.captured("pi_1", cny("6000.00"));
    world.till.take("pi_1", cny("6000.00"));
    world.pass(86_399);
    assert_eq!((world.due(0), world.must(Command::Compensate).len()), (None, 0));
    world.pass(1);
    assert_eq!(world.due(0), Some(Work::Reversal));
    world.settle(0);
    let order = world.order();
    assert_eq!((order.holds[0].status, order.status), (HoldStatus::Expired, OrderStatus::Rejected));
    assert_eq!(order.refunded().unwrap(), cny("6000.00"));
    assert_eq!(world.open_tasks(0), 0);
}

#[test]
fn nothing_moves_to_a_warehouse_while_a_hold_is_active() {
    let mut world = World::with(shirts()).paid();
    world.plan();
    world.stripe("pi_1", PaymentFactKind::Disputed { amount: cny("186.00") });
    assert!(world.order().is_held());
    assert_eq!((world.release().len(), world.due(0)), (0, None));
    assert_eq!(world.order().shipments[0].status, ShipmentStatus::Planned);
    let hold = world.order().active_holds().next().unwrap().id.clone();
    world.must(Command::ReleaseHold { hold_id: hold, reason: "the buyer withdrew it".into() });
    assert_eq!(names(&world.release()), ["shipment_released", "fulfilment_started"]);
}

#[test]
fn a_location_that_means_to_go_on_with_a_held_order_is_told_to_stop() {
    let mut world = World::with(shirts()).released();
    world.stripe("pi_1", PaymentFactKind::Disputed { amount: cny("186.00") });
    let shipment_id = world.shipment(1);
    for report in [Report::Accepted, Report::Packed] {
        let refusal = world.act(Command::Report { shipment_id: shipment_id.clone(), report }).unwrap_err();
        assert!(matches!(refusal, Refusal::ThingState { status: "on hold", .. }));
    }
    // What has left has left: that is recorded, and raised.
    let events = world.shipped(1);
    assert_eq!(names(&events)[..2], ["shipment_shipped", "anomaly_raised"]);
    assert_eq!(world.order().anomalies.last().unwrap().what, "shipped_while_held");
}

#[test]
fn one_event_places_one_hold_and_every_hold_has_an_id_of_its_own() {
    let mut world = World::with(shirts()).placed();
    world.stripe("pi_1", PaymentFactKind::Pending);
    // The payment is known by its id; the event has another order's reference and another amount.
    let key = world.new_key();
    let mut fact = crate::given::fact("any", "pi_1", PaymentFactKind::Captured { amount: cny("50.00") });
    fact.key = key;
    fact.reference = Some(crate::given::reference(7, 1));
    world.must(Command::RecordPayment(fact));
    let order = world.order();
    assert_eq!(order.holds.len(), 1, "{:?}", order.holds);
    assert!(order.holds[0].reason.contains("50.00") && order.holds[0].reason.contains("reference"));
    world.must(release(1));
    assert!(!world.order().is_held());
    // Two events of one dispute are one matter for one person.
    world.stripe("pi_1", PaymentFactKind::Disputed { amount: cny("50.00") });
    world.stripe("pi_1", PaymentFactKind::Disputed { amount: cny("50.00") });
    assert_eq!(world.order().active_holds().count(), 1);
}

#[test]
fn an_order_released_after_its_payment_window_may_still_be_paid() {
    let mut world = World::with(shirts()).placed();
    world.stripe("pi_9", PaymentFactKind::Captured { amount: crate::given::money("26.00", "USD") });
    assert_eq!(world.order().active_holds().next().unwrap().kind, HoldKind::PaymentMismatch);
    world.pass(7_200);
    assert_eq!((world.due(0), world.must(Command::Compensate).len()), (None, 0), "a held order does not expire");
    let events = world.must(release(1));
    assert_eq!(names(&events), ["hold_released", "payment_requested"], "whoever lets it go on lets it be paid");
    assert_eq!(world.order().payment_deadline, Some(at(9_000)));
    world.captured("pi_1", cny("186.00"));
    assert_eq!(world.order().status, OrderStatus::Confirmed);
}

#[test]
fn a_hold_within_the_payment_window_keeps_the_window() {
    let mut world = World::with(shirts()).placed();
    world.stripe("pi_9", PaymentFactKind::Captured { amount: crate::given::money("26.00", "USD") });
    world.pass(60);
    assert_eq!(names(&world.must(release(1))), ["hold_released"]);
    assert_eq!(world.order().payment_deadline, Some(at(1_800)));
}

/// Two parcels, the first shipped, then a payment that does not fit: the second stays where it is.
fn half_shipped() -> World {
    let body = order_of(vec![line(1, "TEE-M", 12, cny("10.00"))], Provider::Stripe);
    let mut world = World::with(body).released();
    assert_eq!(world.order().shipments.len(), 2);
    world.shipped(1);
    world.stripe("pi_7", PaymentFactKind::Captured { amount: crate::given::money("1.00", "USD") });
    assert!(world.order().is_held());
    world
}

#[test]
fn what_has_not_left_yet_stays_held_until_somebody_says_so() {
    let mut world = half_shipped();
    // It cannot be undone any more, so rejecting is no answer, and silence does not let goods go.
    assert_eq!(world.act(reject(1)), Err(Refusal::AlreadyShipped));
    let tasks = oms_domain::desk::tasks(world.order());
    let hold = tasks.iter().find(|t| t.kind == TaskKind::Hold).unwrap();
    let answers: Vec<_> = hold.answers.iter().map(|a| a.answer.as_str()).collect();
    assert_eq!(answers, ["release"]);
    world.pass(86_400);
    world.settle(0);
    assert_eq!(world.order().holds[0].status, HoldStatus::Active);
    world.must(release(1));
    assert!(!world.order().is_held());
}

#[test]
fn a_hold_on_an_order_that_has_shipped_whole_ends_with_a_note_to_people() {
    let mut world = half_shipped();
    world.shipped(2);
    world.pass(86_400);
    world.settle(0);
    let order = world.order();
    assert!(!order.is_held());
    assert_eq!(order.anomalies.last().unwrap().what, "hold_rejected_after_shipping");
    assert_eq!(order.status, OrderStatus::InFulfilment);
}

#[test]
fn an_order_that_is_undone_asks_nobody_about_its_holds() {
    let mut world = World::with(large()).placed();
    world.must(Command::Cancel { reason: "changed my mind".into() });
    assert!(world.order().is_held());
    assert_eq!(world.open_tasks(0), 0);
    world.settle(0);
    assert_eq!(world.order().status, OrderStatus::Cancelled);
    // Its deadline comes and changes nothing but the hold.
    world.pass(86_400);
    world.settle(0);
    assert_eq!(world.order().status, OrderStatus::Cancelled);
    assert_eq!(world.next_wake(0), None);
}
