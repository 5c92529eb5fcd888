//! Promises that nobody takes any more: given up by finance, called off as losers, or not needed when they are due.

use oms_domain::capture::CaptureMoment;
use oms_domain::command::{CallOffAnswered, Command, Scan};
use oms_domain::payment::{PaymentFact, PaymentFactKind};
use oms_domain::status::{CaptureStatus, HoldKind, OrderStatus, PaymentStatus};
use oms_domain::wake;

use crate::captures::{answer, only, promise, promised, refused, submitted};
use crate::given::{cny, fact, reference, shirts};
use crate::world::{World, names};

const FULL: &str = "186.00";

/// Finance gives up a capture that was refused: the promise secures nothing any more, and is called off, whatever people say
/// about the goods.
#[test]
fn a_promise_that_is_given_up_is_none() {
    for lifted_before in [false, true] {
        let mut world = submitted();
        answer(&mut world, refused());
        let hold = |world: &World| world.order().active_holds().map(|h| (h.kind, h.id.clone())).next();
        let lift = |world: &mut World| {
            let (kind, hold_id) = hold(world).expect("a hold");
            assert_eq!(kind, HoldKind::PaymentMismatch);
            world.must(Command::ReleaseHold { hold_id, reason: "paid by bank".into() })
        };
        if lifted_before {
            lift(&mut world);
            assert_eq!(world.order().let_off, cny("0.00"), "the promise still counts");
        }
        let capture_id = only(&world).id.clone();
        world.must(Command::WithdrawCapture { capture_id, reason: "paid by bank".into() });
        assert!(!world.order().is_secured() && world.order().is_held(), "{lifted_before}: goods wait for a word");
        assert_eq!(wake::to_call_off(world.order()).count(), 1, "nobody binds the buyer's money for nothing");
        let answer = CallOffAnswered::Done;
        world.must(Command::AnswerCallOff { payment_id: world.order().payments[0].id.clone(), answer });
        assert_eq!(world.order().payments[0].status, PaymentStatus::Voided);
        assert_eq!(world.order().active_holds().count(), 1, "{lifted_before}: and is asked once");
        lift(&mut world);
        assert_eq!(world.order().let_off, cny(FULL));
        world.shipped(1);
        world.scan(1, Scan::Delivered);
        assert_eq!(world.order().status, OrderStatus::Completed);
    }
}

/// With another promise in its place the other pays.
#[test]
fn another_promise_pays_for_one_that_is_given_up() {
    let mut world = submitted();
    world.stripe("pi_2", promise(FULL));
    answer(&mut world, refused());
    let capture_id = only(&world).id.clone();
    world.must(Command::WithdrawCapture { capture_id, reason: "card is gone".into() });
    let open: Vec<_> = wake::to_call_off(world.order()).map(|p| p.provider_payment_id.clone()).collect();
    assert_eq!(open, [Some("pi_1".to_owned())]);
    assert!(world.order().is_secured(), "the other covers it");
    let [_, second] = world.order().captures.as_slice() else { panic!("{:?}", world.order().captures) };
    assert_eq!((second.amount, second.status), (cny(FULL), CaptureStatus::Requested));
}

/// A loser that is called off may have become the only one in the moment of the call.
#[test]
fn a_promise_that_is_called_off_after_its_winner_went_holds_the_goods() {
    let refused = CallOffAnswered::Refused { reason: "not configured".into() };
    for answer in [CallOffAnswered::Done, CallOffAnswered::Unknown, refused] {
        let mut world = World::with(shirts());
        world.policy.capture_when.otherwise = CaptureMoment::Shipped;
        let mut world = world.placed();
        world.stripe("pi_1", promise(FULL));
        world.stripe("pi_2", promise(FULL));
        let loser = wake::to_call_off(world.order()).map(|p| p.id.clone()).next().expect("a loser");
        // The cancel of the second is under way when the first is cancelled at the provider.
        world.stripe("pi_1", PaymentFactKind::Cancelled);
        assert!(world.order().is_secured() && !world.order().is_held(), "the other stands in for it");
        world.must(Command::AnswerCallOff { payment_id: loser, answer: answer.clone() });
        assert!(!world.order().is_secured());
        let kinds: Vec<_> = world.order().active_holds().map(|h| h.kind).collect();
        assert_eq!(kinds, [HoldKind::PaymentMismatch], "{answer:?}");
    }
}

/// Asked for, and not sent yet when the buyer's other attempt pays: the buyer is not charged a second time.
#[test]
fn a_capture_that_is_not_wanted_any_more_is_not_sent() {
    let mut world = promised(CaptureMoment::Release);
    world.captured("pi_2", cny(FULL));
    let capture_id = only(&world).id.clone();
    let events = world.must(Command::SubmitCapture { capture_id });
    assert_eq!(names(&events)[0], "capture_withdrawn", "{events:?}");
    assert!(world.order().is_secured() && !world.order().is_held());
    let open: Vec<_> = wake::to_call_off(world.order()).map(|p| p.provider_payment_id.clone()).collect();
    assert_eq!(open, [Some("pi_1".to_owned())]);
}

/// While a person looks at a payment that does not fit nobody knows whether it pays: the capture goes its way.
#[test]
fn a_capture_is_sent_while_a_person_looks_at_another_payment() {
    let mut world = promised(CaptureMoment::Release);
    let others = Some(reference(9, 1));
    let paid = fact("e9", "pi_2", PaymentFactKind::Captured { amount: cny(FULL) });
    world.must(Command::RecordPayment(PaymentFact { reference: others, ..paid }));
    assert!(world.order().is_held());
    let capture_id = only(&world).id.clone();
    assert_eq!(names(&world.must(Command::SubmitCapture { capture_id })), ["capture_submitted"]);
}

/// The provider may tell of our cancel before its answer is stored: nobody misses what finance has given up.
#[test]
fn what_was_given_up_is_missed_by_nobody() {
    let mut world = submitted();
    answer(&mut world, refused());
    let hold_id = world.order().active_holds().next().expect("a hold").id.clone();
    world.must(Command::ReleaseHold { hold_id, reason: "paid by bank".into() });
    world.shipped(1);
    let capture_id = only(&world).id.clone();
    world.must(Command::WithdrawCapture { capture_id, reason: "paid by bank".into() });
    world.stripe("pi_1", PaymentFactKind::Cancelled);
    let order = world.order();
    assert_eq!((order.payments[0].status, order.anomalies.len()), (PaymentStatus::Expired, 0), "{:?}", order.anomalies);
}
