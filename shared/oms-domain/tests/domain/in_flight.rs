//! Money on its way: whoever has sent a refund or a capture records its answer, and nobody else is called for that; and
//! what cannot be sent yet calls nobody.

use jiff::{SignedDuration, Timestamp};
use oms_domain::capture::CaptureMoment;
use oms_domain::command::{CaptureAnswered, Command, RefundAnswered, RefundAsk, Report};
use oms_domain::order::Order;
use oms_domain::status::{CaptureStatus, OrderStatus};
use oms_domain::wake::{self, Work};

use crate::captures::{answer, only, promised, refused, submitted};
use crate::given::{at, cny, shirts};
use crate::world::World;

/// Whether the answer of its sender is all that is waited for: in the moment itself, a second before it, and one after.
fn is_in_flight(order: &Order, moment: Timestamp) -> [bool; 3] {
    [0, -1, 1].map(|seconds| wake::is_in_flight(order, moment + SignedDuration::from_secs(seconds)))
}

const SENT: [bool; 3] = [true, false, false];
const NOT: [bool; 3] = [false; 3];

fn refund_sent() -> World {
    let mut world = World::with(shirts()).paid();
    let (key, ask) = (world.new_key(), RefundAsk::Amount(cny("10.00")));
    world.must(Command::RequestRefund { key, ask, reason: "late".into(), by: "finance".into() });
    let refund_id = world.order().refunds[0].id.clone();
    world.must(Command::SubmitRefund { refund_id });
    world
}

#[test]
fn the_answer_of_a_refund_comes_from_its_sender_unless_it_was_lost_or_is_for_later() {
    let reference = || "re_1".to_owned();
    for (answer, expected) in [
        (None, SENT),
        (Some(RefundAnswered::Pending { reference: reference() }), NOT),
        (Some(RefundAnswered::Unknown), NOT),
        (Some(RefundAnswered::Succeeded { reference: Some(reference()) }), NOT),
        (Some(RefundAnswered::Refused { reason: "charge_disputed".into() }), NOT),
    ] {
        let mut world = refund_sent();
        let refund_id = world.order().refunds[0].id.clone();
        if let Some(answer) = answer.clone() {
            world.must(Command::AnswerRefund { refund_id, answer });
        }
        let order = world.order();
        assert_eq!(is_in_flight(order, wake::asked_at(order, &order.refunds[0])), expected, "{answer:?}");
    }
}

#[test]
fn the_answer_of_a_capture_comes_from_its_sender_unless_it_was_lost_or_is_for_later() {
    let taken = CaptureAnswered::Captured { amount: cny("186.00"), reference: None, payment: None };
    for (told, expected) in [
        (None, SENT),
        (Some(CaptureAnswered::Pending { reference: "py_1".into() }), NOT),
        (Some(CaptureAnswered::Unknown), NOT),
        (Some(taken), NOT),
        (Some(refused()), NOT),
    ] {
        let mut world = submitted();
        if let Some(told) = told.clone() {
            answer(&mut world, told);
        }
        let (order, moment) = (world.order(), wake::asked_about_capture(only(&world)));
        assert_eq!(is_in_flight(order, moment), expected, "{told:?}");
    }
}

/// The location was asked to stop, and may have shipped: the capture is neither sent nor withdrawn before it answers.
#[test]
fn a_capture_calls_nobody_while_its_order_waits_for_the_location() {
    let mut world = promised(CaptureMoment::Release);
    world.report(1, Report::Packed);
    world.must(Command::Cancel { reason: "changed my mind".into() });
    assert_eq!((world.order().status, only(&world).status), (OrderStatus::Cancelling, CaptureStatus::Requested));
    assert_eq!((world.due(0), world.next_wake(0)), (None, Some(at(86_400))), "only a silent location is looked at");
    world.report(1, Report::CancelRefused);
    assert_eq!(world.due(0), Some(Work::Reversal));
}
