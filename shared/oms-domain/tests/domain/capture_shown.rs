//! What people see of captures: the hold of one that failed, and the timeline's words.

use oms_domain::body::Provider;
use oms_domain::capture::CaptureMoment;
use oms_domain::command::{CaptureAnswered, Command};
use oms_domain::event::OrderEvent;
use oms_domain::id::CaptureId;
use oms_domain::status::HoldKind;

use crate::captures::{answer, only, promise, promised, refused, submitted};
use crate::given::{cny, due, line, order_of, reference, shirts};
use crate::world::{World, names};

const FULL: &str = "186.00";

fn held_for(world: &World) -> Vec<(HoldKind, &str)> {
    world.order().active_holds().map(|h| (h.kind, h.reason.as_str())).collect()
}

/// Two cards, of which the first is declined: the money of the second does not let the goods go.
#[test]
fn the_hold_of_one_payment_is_lifted_by_its_own_money_alone() {
    let mut body = shirts();
    let part_of = |amount, n| due(Provider::Stripe, cny(amount), reference(0, n));
    body.payments = vec![part_of("86.00", 1), part_of("100.00", 2)];
    let mut world = World::with(body);
    world.policy.capture_when.otherwise = CaptureMoment::Release;
    let mut world = world.placed();
    for (payment, amount) in [("pi_1", "86.00"), ("pi_2", "100.00")] {
        world.stripe(payment, promise(amount));
    }
    let ids: Vec<CaptureId> = world.order().captures.iter().map(|c| c.id.clone()).collect();
    for capture_id in ids.clone() {
        world.must(Command::SubmitCapture { capture_id });
    }
    world.must(Command::AnswerCapture { capture_id: ids[0].clone(), answer: refused() });
    let reason = "p1: the promised money could not be taken: card_declined";
    assert_eq!(held_for(&world), [(HoldKind::PaymentMismatch, reason)]);
    assert_eq!(names(&world.captured("pi_2", cny("100.00"))), ["payment_captured", "capture_succeeded"]);
    assert_eq!(held_for(&world), [(HoldKind::PaymentMismatch, reason)]);
    let events = world.captured("pi_1", cny("86.00"));
    assert_eq!(names(&events), ["payment_captured", "capture_succeeded", "hold_released"]);
    assert_eq!(held_for(&world), []);
}

/// Twelve shirts, of which no location has more than ten: one parcel has left, and the other can still be kept.
#[test]
fn a_capture_that_fails_after_a_part_has_left_holds_the_rest() {
    let mut world = World::with(order_of(vec![line(1, "TEE-M", 12, cny("15.50"))], Provider::Stripe));
    world.policy.capture_when.otherwise = CaptureMoment::Shipped;
    let mut world = world.placed();
    world.stripe("pi_1", promise(FULL));
    world.shipped(1);
    let capture_id = only(&world).id.clone();
    world.must(Command::SubmitCapture { capture_id });
    assert_eq!(names(&answer(&mut world, refused())), ["capture_failed", "capture_manual", "hold_placed"]);
    assert!(world.order().is_held());
}

#[test]
fn the_timeline_says_which_capture_and_how_much_and_why_not() {
    let mut world = submitted();
    let id = only(&world).id.clone();
    let submit = Command::SubmitCapture { capture_id: id.clone() };
    answer(&mut world, CaptureAnswered::Unknown);
    world.pass(900);
    world.must(submit);
    answer(&mut world, CaptureAnswered::Pending { reference: "py_1".into() });
    answer(&mut world, refused());
    world.must(Command::WithdrawCapture { capture_id: id.clone(), reason: "paid by bank".into() });
    let mut other = promised(CaptureMoment::Release);
    other.captured("pi_1", cny(FULL));
    let events = world.lives[0].records.iter().chain(other.lives[0].records.last()).flat_map(|r| &r.events);
    let told = events.filter(|e| matches!(e, OrderEvent::Capture(_))).map(|e| (e.name(), e.detail()));
    let expected = [
        ("capture_requested", format!("{id}: 186.00 CNY of p1")),
        ("capture_submitted", id.to_string()),
        ("capture_unknown", id.to_string()),
        ("capture_submitted", id.to_string()),
        ("capture_pending", id.to_string()),
        ("capture_failed", format!("{id}: card_declined")),
        ("capture_manual", format!("{id}: card_declined")),
        ("capture_withdrawn", format!("{id}: paid by bank")),
        ("capture_succeeded", id.to_string()),
    ];
    assert_eq!(told.collect::<Vec<_>>(), expected);
}
