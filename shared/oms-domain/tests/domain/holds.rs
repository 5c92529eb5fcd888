//! Holds: what keeps goods where they are, who lifts it, and what happens when nobody does.

use oms_domain::body::{DeclaredStatus, OrderBody, Provider};
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
    let mut world = World::with(shirts()).placed();
    world.stripe("pi_1", PaymentFactKind::Disputed { amount: cny("186.00") });
    world.captured("pi_1", cny("186.00"));
    assert!(world.order().is_covered() && world.order().is_held());
    assert_eq!((world.order().shipments.len(), world.plan().len(), world.due(0)), (0, 0, None));
    let expected = ["hold_released", "order_confirmed", "shipment_planned", "shipment_released", "fulfilment_started"];
    assert_eq!(names(&world.must(release(1)))[..5], expected);
    assert_eq!((world.order().shipments[0].status, world.due(0)), (ShipmentStatus::Released, None));
}

#[test]
fn what_a_hold_caught_between_two_steps_of_the_version_before_goes_on_without_it() {
    for planned in [false, true] {
        let mut world = World::with(shirts()).older().paid();
        if planned {
            assert_eq!(names(&world.plan()), ["shipment_planned"]);
        }
        world.stripe("pi_1", PaymentFactKind::Disputed { amount: cny("186.00") });
        let mut world = world.updated();
        assert_eq!((world.plan().len(), world.due(0)), (0, None), "held");
        // Nothing is with a location yet, so nothing has begun, whatever else comes in.
        world.stripe("pi_1", PaymentFactKind::Other { name: "charge.updated".into() });
        assert_eq!(world.order().status, OrderStatus::Confirmed);
        let events = world.must(release(1));
        let expected: &[&str] = if planned {
            &["hold_released", "shipment_released", "fulfilment_started"]
        } else {
            &["hold_released", "shipment_planned", "shipment_released", "fulfilment_started"]
        };
        assert_eq!(names(&events), expected);
        assert_eq!(world.order().shipments[0].status, ShipmentStatus::Released);
    }
}

#[test]
fn a_location_that_means_to_go_on_with_a_held_order_is_told_to_stop() {
    let mut world = World::with(shirts()).paid();
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
    assert_eq!(world.order().status, OrderStatus::InFulfilment);
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
    let mut world = World::with(body).paid();
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

#[test]
fn two_reasons_to_look_are_two_holds_with_ids_of_their_own() {
    let mut body = large();
    body.payments[0].provider = Provider::Channel;
    body.payments[0].status = DeclaredStatus::Captured;
    body.payments[0].collected_by_channel = true;
    body.shipping_address.as_mut().unwrap().lines.clear();
    let world = World::with(body).placed();
    let holds: Vec<_> = world.order().holds.iter().map(|h| (h.id.clone(), h.kind)).collect();
    assert_eq!(holds, [(HoldId::number(1), HoldKind::Address), (HoldId::number(2), HoldKind::ManualReview)]);
}

#[test]
fn an_order_is_let_go_by_whoever_lifts_the_last_of_its_holds() {
    let mut world = World::with(shirts()).placed();
    world.stripe("pi_9", PaymentFactKind::Captured { amount: crate::given::money("26.00", "USD") });
    world.stripe("pi_1", PaymentFactKind::Disputed { amount: cny("186.00") });
    assert_eq!(world.order().active_holds().count(), 2);
    world.pass(7_200);
    assert_eq!(names(&world.must(release(1))), ["hold_released"], "the other hold still keeps it");
    assert_eq!(world.order().payment_deadline, Some(at(1_800)));
    assert_eq!(names(&world.must(release(2))), ["hold_released", "payment_requested"]);
    // Paid meanwhile, it needs no new window.
    let mut world = World::with(shirts()).placed();
    world.stripe("pi_1", PaymentFactKind::Disputed { amount: cny("186.00") });
    world.captured("pi_1", cny("186.00"));
    world.pass(7_200);
    assert_eq!(names(&world.must(release(1)))[..2], ["hold_released", "order_confirmed"]);
}

/// A hold about one thing does not hide another.
#[test]
fn a_wrong_amount_holds_an_order_that_is_held_for_something_else() {
    let mut world = World::with(shirts()).placed();
    world.stripe("pi_1", PaymentFactKind::Disputed { amount: cny("186.00") });
    world.captured("pi_1", cny("50.00"));
    let kinds = |world: &World| world.order().active_holds().map(|h| h.kind).collect::<Vec<_>>();
    assert_eq!(kinds(&world), [HoldKind::Fraud, HoldKind::PaymentMismatch]);
    // And one about the same thing is not placed twice.
    world.captured("pi_1", cny("60.00"));
    assert_eq!(kinds(&world), [HoldKind::Fraud, HoldKind::PaymentMismatch]);
}
