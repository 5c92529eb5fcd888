//! Promises that the shop takes itself: when, how much, and what becomes of the call.

use oms_domain::body::Provider;
use oms_domain::capture::CaptureMoment;
use oms_domain::command::{CallOffAnswered, CaptureAnswered, Command, Report, Scan};
use oms_domain::desk;
use oms_domain::event::{CaptureEvent, OrderEvent};
use oms_domain::id::CaptureId;
use oms_domain::money::Money;
use oms_domain::order::{Capture, Order};
use oms_domain::payment::{PaymentFact, PaymentFactKind};
use oms_domain::refusal::Refusal;
use oms_domain::status::{CaptureStatus, HoldKind, OrderStatus, PaymentStatus};
use oms_domain::task::{Role, TaskKind};
use oms_domain::wake;

use crate::given::{cny, due, fact, key, reference, shirts};
use crate::world::{World, names};

const FULL: &str = "186.00";

pub fn promise(amount: &str) -> PaymentFactKind {
    PaymentFactKind::Authorized { amount: cny(amount), expires_at: None }
}

/// A shop that takes money at a moment, with an order that is promised in full.
pub fn promised(moment: CaptureMoment) -> World {
    let mut world = World::with(shirts());
    world.policy.capture_when.otherwise = moment;
    let mut world = world.placed();
    world.stripe("pi_1", promise(FULL));
    world
}

/// The same, at the release of its goods, with the call under way.
pub fn submitted() -> World {
    let mut world = promised(CaptureMoment::Release);
    let capture_id = only(&world).id.clone();
    world.must(Command::SubmitCapture { capture_id });
    world
}

pub fn only(world: &World) -> &Capture {
    let [capture] = world.order().captures.as_slice() else { panic!("{:?}", world.order().captures) };
    capture
}

fn taken(amount: &str) -> CaptureAnswered {
    CaptureAnswered::Captured { amount: cny(amount), reference: Some("py_1".into()), payment: None }
}

pub fn answer(world: &mut World, answer: CaptureAnswered) -> Vec<OrderEvent> {
    let capture_id = only(world).id.clone();
    world.must(Command::AnswerCapture { capture_id, answer })
}

pub fn refused() -> CaptureAnswered {
    CaptureAnswered::Refused { reason: "card_declined".into() }
}

fn cancel() -> Command {
    Command::Cancel { reason: "changed my mind".into() }
}

fn tasks(order: &Order) -> Vec<(TaskKind, Vec<String>)> {
    let answers = |t: &oms_domain::task::Task| t.answers.iter().map(|a| a.answer.clone()).collect();
    desk::tasks(order).iter().map(|t| (t.kind, answers(t))).collect()
}

#[test]
fn a_promise_is_taken_at_its_moment_and_once() {
    type Act = fn(&mut World);
    let way: [(&str, Act); 4] = [
        ("accepted", |w| _ = w.report(1, Report::Accepted)),
        ("shipped", |w| _ = w.shipped(1)),
        ("scanned", |w| _ = w.scan(1, Scan::InTransit)),
        ("delivered", |w| _ = w.scan(1, Scan::Delivered)),
    ];
    for (moment, expected) in [
        (CaptureMoment::Provider, None),
        (CaptureMoment::Release, Some("promised")),
        (CaptureMoment::Shipped, Some("shipped")),
        (CaptureMoment::Delivered, Some("delivered")),
    ] {
        let mut world = promised(moment);
        let mut begun = (!world.order().captures.is_empty()).then_some("promised");
        for (name, act) in way {
            act(&mut world);
            begun = begun.or((!world.order().captures.is_empty()).then_some(name));
        }
        assert_eq!(begun, expected, "{moment:?}");
        assert_eq!(world.order().captures.len(), usize::from(expected.is_some()), "{moment:?}");
        assert_eq!(world.order().status, OrderStatus::Completed, "{moment:?}");
        assert_eq!(CaptureMoment::from_name(moment.name()), Some(moment));
    }
}

#[test]
fn a_channel_has_a_moment_of_its_own() {
    for (channel, expected) in [("web", 1), ("tmall", 0)] {
        let mut world = World::with(shirts());
        world.policy.capture_when.channels =
            [(oms_domain::id::Channel::parse(channel).unwrap(), CaptureMoment::Release)].into();
        let mut world = world.placed();
        world.stripe("pi_1", promise(FULL));
        assert_eq!(world.order().captures.len(), expected, "{channel}");
    }
}

#[test]
fn what_is_taken_is_what_is_still_wanted() {
    let parts = |a: (Provider, &str), b: (Provider, &str)| {
        let mut body = shirts();
        let part = |(provider, amount), n| due(provider, cny(amount), reference(0, n));
        body.payments = vec![part(a, 1), part(b, 2)];
        body
    };
    let half = || parts((Provider::Stripe, "86.00"), (Provider::Stripe, "100.00"));
    let cash = || parts((Provider::Stripe, "86.00"), (Provider::Cod, "100.00"));
    type Promises = &'static [(&'static str, &'static str)];
    let cases: [(&str, oms_domain::body::OrderBody, Promises, &[&str]); 5] = [
        ("the whole", shirts(), &[("pi_1", "186.00")], &["186.00"]),
        ("two parts", half(), &[("pi_1", "86.00"), ("pi_2", "100.00")], &["86.00", "100.00"]),
        ("the rest is due at the door", cash(), &[("pi_1", "86.00")], &["86.00"]),
        ("promised twice", shirts(), &[("pi_1", "186.00"), ("pi_2", "186.00")], &["186.00"]),
        ("too little", shirts(), &[("pi_1", "100.00")], &[]),
    ];
    for (name, body, promises, expected) in cases {
        let mut world = World::with(body);
        world.policy.capture_when.otherwise = CaptureMoment::Release;
        let mut world = world.placed();
        for (payment, amount) in promises {
            world.stripe(payment, promise(amount));
        }
        let found: Vec<Money> = world.order().captures.iter().map(|c| c.amount).collect();
        assert_eq!(found, expected.iter().map(|a| cny(a)).collect::<Vec<_>>(), "{name}");
    }
}

/// The id is the provider's key, and only whoever stores "submitted" sends.
#[test]
fn a_capture_is_submitted_by_one_worker_under_its_own_id() {
    let mut world = promised(CaptureMoment::Release);
    let capture_id = CaptureId::of(&world.order().id, 1);
    assert_eq!((only(&world).id.clone(), only(&world).status), (capture_id.clone(), CaptureStatus::Requested));
    assert_eq!(capture_id.order(), Some(world.order().id.clone()));
    assert!(wake::is_capture_due(world.order(), only(&world), world.now));
    let submit = Command::SubmitCapture { capture_id };
    assert_eq!(names(&world.must(submit.clone())), ["capture_submitted"]);
    assert_eq!(world.decide(0, &submit), Ok(Vec::new()));
    assert!(!wake::is_capture_due(world.order(), only(&world), world.now), "its sender has time to record the answer");
}

#[test]
fn the_answer_and_the_callback_come_in_any_order() {
    let mut world = submitted();
    assert_eq!(names(&answer(&mut world, taken(FULL))), ["payment_captured", "capture_succeeded"]);
    let late = world.captured("pi_1", cny(FULL));
    assert_eq!(names(&late), ["noted"]);

    let mut world = submitted();
    assert_eq!(names(&world.captured("pi_1", cny(FULL))), ["payment_captured", "capture_succeeded"]);
    assert!(answer(&mut world, taken(FULL)).is_empty());
    assert!(answer(&mut world, refused()).is_empty(), "an old refusal changes nothing");
    let order = world.order();
    assert_eq!((order.payments[0].status, order.captured().unwrap()), (PaymentStatus::Captured, cny(FULL)));
    assert!(!order.is_held() && tasks(order).is_empty());
}

/// Somebody takes it in the provider's own console before we do.
#[test]
fn what_was_taken_by_another_way_is_not_taken_again() {
    let mut world = promised(CaptureMoment::Release);
    let events = world.captured("pi_1", cny(FULL));
    assert_eq!(names(&events), ["payment_captured", "capture_succeeded"]);
    let capture_id = only(&world).id.clone();
    assert_eq!(world.decide(0, &Command::SubmitCapture { capture_id }), Ok(Vec::new()));
}

#[test]
fn a_capture_that_fails_holds_what_has_not_left_until_it_is_taken() {
    let mut world = submitted();
    let events = answer(&mut world, refused());
    assert_eq!(names(&events), ["capture_failed", "capture_manual", "hold_placed"]);
    let expected = [(TaskKind::Hold, vec!["release", "reject"]), (TaskKind::Capture, vec!["retry", "withdraw"])];
    let expected = expected.map(|(kind, answers)| (kind, answers.into_iter().map(str::to_owned).collect::<Vec<_>>()));
    assert_eq!(tasks(world.order()), expected);
    assert!(desk::tasks(world.order()).iter().any(|t| t.kind == TaskKind::Capture && t.role == Role::Finance));
    let capture_id = only(&world).id.clone();
    assert_eq!(names(&world.must(Command::RetryCapture { capture_id: capture_id.clone() })), ["capture_submitted"]);
    assert!(matches!(world.act(Command::RetryCapture { capture_id }), Err(Refusal::ThingState { .. })));
    let events = answer(&mut world, taken(FULL));
    assert_eq!(names(&events), ["payment_captured", "capture_succeeded", "hold_released"]);
    assert!(!world.order().is_held() && tasks(world.order()).is_empty());
}

/// What has left cannot be held: a person looks, and may give the money up.
#[test]
fn a_capture_that_fails_after_shipping_is_a_task_alone() {
    let mut world = promised(CaptureMoment::Shipped);
    world.shipped(1);
    let capture_id = only(&world).id.clone();
    world.must(Command::SubmitCapture { capture_id: capture_id.clone() });
    assert_eq!(names(&answer(&mut world, refused())), ["capture_failed", "capture_manual"]);
    let withdraw = Command::WithdrawCapture { capture_id, reason: "paid by bank".into() };
    assert_eq!(names(&world.must(withdraw.clone())), ["capture_withdrawn"]);
    assert!(matches!(world.act(withdraw), Err(Refusal::ThingState { .. })));
    world.scan(1, Scan::Delivered);
    assert_eq!(world.order().captures.len(), 1, "what was given up is not begun again");
    assert!(tasks(world.order()).is_empty());
}

/// The hold of a failed capture is answered like others: whoever rejects it undoes the order, and the promise is called off.
#[test]
fn a_failed_capture_may_undo_its_order() {
    let mut world = submitted();
    answer(&mut world, refused());
    let hold = world.order().active_holds().next().unwrap();
    assert_eq!(hold.kind, HoldKind::PaymentMismatch);
    let hold_id = hold.id.clone();
    world.must(Command::RejectHold { hold_id, reason: "no money".into() });
    assert_eq!(only(&world).status, CaptureStatus::Withdrawn);
    assert_eq!(wake::to_call_off(world.order()).count(), 1);
}

#[test]
fn an_order_that_is_cancelled_first_is_called_off_and_not_taken() {
    let mut world = promised(CaptureMoment::Release);
    assert_eq!(only(&world).status, CaptureStatus::Requested);
    let events = world.must(cancel());
    assert!(names(&events).contains(&"capture_withdrawn"), "{events:?}");
    let payment_id = wake::to_call_off(world.order()).next().unwrap().id.clone();
    world.must(Command::AnswerCallOff { payment_id, answer: CallOffAnswered::Done });
    assert_eq!(world.order().payments[0].status, PaymentStatus::Voided);
    world.must(Command::ReleaseStock);
    assert_eq!(world.order().status, OrderStatus::Cancelled);
}

/// What is being captured is not called off: first its answer is known, and either way no money is kept.
#[test]
fn an_order_that_is_cancelled_while_it_is_taken_waits_for_the_answer() {
    let mut world = submitted();
    world.must(cancel());
    assert_eq!((only(&world).status, wake::to_call_off(world.order()).count()), (CaptureStatus::Submitted, 0));
    world.must(Command::ReleaseStock);
    assert_eq!(world.order().status, OrderStatus::Cancelling);
    answer(&mut world, taken(FULL));
    world.must(Command::Compensate);
    assert_eq!(world.order().refunds.len(), 1, "what was taken goes back");

    let mut world = submitted();
    world.must(cancel());
    let submit = Command::SubmitCapture { capture_id: only(&world).id.clone() };
    assert_eq!(world.decide(0, &submit), Ok(Vec::new()), "whoever sent it has time for the answer");
    world.pass(31);
    // The provider was asked, and has never heard of it.
    assert_eq!(names(&world.must(submit)), ["capture_withdrawn"]);
    assert_eq!(wake::to_call_off(world.order()).count(), 1);
}

/// A location that was asked to stop may have shipped: until it answers nothing is given up.
#[test]
fn a_capture_waits_with_the_location() {
    let mut world = promised(CaptureMoment::Release);
    world.report(1, Report::Packed);
    world.must(cancel());
    let capture_id = only(&world).id.clone();
    assert_eq!(only(&world).status, CaptureStatus::Requested);
    assert_eq!(world.decide(0, &Command::SubmitCapture { capture_id: capture_id.clone() }), Ok(Vec::new()));
    world.report(1, Report::CancelRefused);
    world.shipped(1);
    assert_eq!(world.order().status, OrderStatus::InFulfilment);
    assert_eq!(names(&world.must(Command::SubmitCapture { capture_id })), ["capture_submitted"]);
}

#[test]
fn a_parcel_that_left_all_the_same_is_paid_for() {
    let mut world = promised(CaptureMoment::Release);
    world.report(1, Report::Packed);
    world.must(cancel());
    // Not "we cannot stop", but at once: it has left.
    world.shipped(1);
    assert_eq!((world.order().status, only(&world).status), (OrderStatus::InFulfilment, CaptureStatus::Requested));
}

#[test]
fn a_lost_answer_is_asked_about_and_sent_again_under_the_same_id() {
    let mut world = submitted();
    assert_eq!(names(&answer(&mut world, CaptureAnswered::Unknown)), ["capture_unknown"]);
    let submit = Command::SubmitCapture { capture_id: only(&world).id.clone() };
    assert_eq!(world.decide(0, &submit), Ok(Vec::new()), "not before its time");
    world.pass(900);
    assert!(wake::is_capture_due(world.order(), only(&world), world.now));
    assert_eq!(names(&world.must(submit)), ["capture_submitted"]);
    // Accepted, and final later.
    let pending = CaptureAnswered::Pending { reference: "psp_1".into() };
    assert_eq!(names(&answer(&mut world, pending)), ["capture_pending"]);
    assert_eq!(only(&world).provider_reference.as_deref(), Some("psp_1"));
    // Accepted however often is an answer; a row of lost ones is none.
    for (answers, said, status) in [
        (30, CaptureAnswered::Pending { reference: "psp_1".into() }, CaptureStatus::Submitted),
        (19, CaptureAnswered::Unknown, CaptureStatus::Unknown),
        (1, CaptureAnswered::Unknown, CaptureStatus::Manual),
    ] {
        (0..answers).for_each(|_| _ = answer(&mut world, said.clone()));
        assert_eq!(only(&world).status, status, "{said:?}");
    }
    assert_eq!(only(&world).status, CaptureStatus::Manual);
    assert!(world.order().is_held(), "nobody knows whether the money came");
}

#[test]
fn answers_that_do_not_fit_are_for_people() {
    for (told, expected) in [
        (taken("100.00"), ["payment_captured", "capture_failed", "capture_manual", "hold_placed"].as_slice()),
        (CaptureAnswered::NoGateway { reason: "none".into() }, &["capture_failed", "capture_manual", "hold_placed"]),
        (
            CaptureAnswered::Captured { amount: crate::given::money(FULL, "USD"), reference: None, payment: None },
            &["capture_unknown"],
        ),
    ] {
        assert_eq!(names(&answer(&mut submitted(), told.clone())), expected, "{told:?}");
    }
    // Nobody to send it to, before anything was sent.
    let mut world = promised(CaptureMoment::Release);
    let events = answer(&mut world, CaptureAnswered::NoGateway { reason: "none".into() });
    assert_eq!(names(&events), ["capture_manual", "hold_placed"]);
    let unknown = Command::SubmitCapture { capture_id: CaptureId::of(&world.order().id, 9) };
    assert!(matches!(world.act(unknown), Err(Refusal::Unknown { kind: "capture", .. })));
}

/// The provider says later that it could not take the money.
#[test]
fn a_failure_that_is_told_later() {
    let failed = || PaymentFactKind::CaptureFailed { amount: cny(FULL), reason: "refused".into() };
    let mut world = submitted();
    assert_eq!(names(&world.stripe("pi_1", failed())), ["capture_failed", "capture_manual", "hold_placed"]);
    assert_eq!(names(&world.stripe("pi_1", failed())), ["noted"], "told twice");
    // After it was taken, or where somebody else has taken it, it is like a dispute.
    for mut world in [promised(CaptureMoment::Provider), submitted()] {
        world.captured("pi_1", cny(FULL));
        world.stripe("pi_1", failed());
        assert_eq!(world.order().payments[0].status, PaymentStatus::Disputed);
        assert!(world.order().is_held());
    }
}

/// A promise does not end while goods rely on it: it is taken an hour before, whatever its moment.
#[test]
fn a_promise_that_goods_rely_on_is_taken_before_it_ends() {
    const DAY: i64 = 86_400;
    for (moment, expected) in
        [(CaptureMoment::Delivered, true), (CaptureMoment::Shipped, true), (CaptureMoment::Provider, false)]
    {
        let mut world = promised(moment);
        let ends = world.order().payments[0].expires_at.unwrap();
        assert_eq!(ends, world.now + jiff::SignedDuration::from_secs(7 * DAY), "Stripe's cards");
        world.pass(7 * DAY - 3_601);
        let early = world.must(Command::Compensate);
        assert!(!names(&early).contains(&"capture_requested"), "{moment:?}");
        world.pass(1);
        assert_eq!(wake::work(world.order(), &world.policy, world.now).is_some(), expected, "{moment:?}");
        let events = world.must(Command::Compensate);
        assert_eq!(names(&events).contains(&"capture_requested"), expected, "{moment:?}");
        assert!(!names(&world.must(Command::Compensate)).contains(&"capture_requested"), "once");
    }
}

/// Nothing relies on it: it is over, and a capture that comes later is late.
#[test]
fn a_promise_that_nothing_relies_on_is_over() {
    let mut world = World::with(shirts());
    world.policy.capture_when.otherwise = CaptureMoment::Shipped;
    world.policy.payment_window_seconds = 10_000_000;
    let mut world = world.placed();
    world.stripe("pi_1", promise("100.00"));
    let hold_id = world.order().active_holds().next().unwrap().id.clone();
    world.must(Command::ReleaseHold { hold_id, reason: "the rest comes".into() });
    assert_eq!(world.order().status, OrderStatus::AwaitingPayment);
    world.pass(7 * 86_400);
    assert_eq!(names(&world.must(Command::Compensate)), ["payment_expired"]);
    assert_eq!(world.order().payments[0].status, PaymentStatus::Expired);
    assert_eq!(world.order().status, OrderStatus::AwaitingPayment, "it may be paid until its window ends");
    world.captured("pi_1", cny(FULL));
    assert_eq!(world.order().status, OrderStatus::InFulfilment, "late, and recorded all the same");
}

/// PayPal gives a payment another id when its promise is taken.
#[test]
fn a_payment_is_the_same_under_its_new_id() {
    let tell = |world: &mut World, event: &str, payment: &str, kind: PaymentFactKind| {
        let reference = Some(world.order().payments[0].reference.clone());
        let told = fact(event, payment, kind);
        world.must(Command::RecordPayment(PaymentFact { provider: Provider::Paypal, reference, ..told }))
    };
    let mut body = shirts();
    body.payments[0].provider = Provider::Paypal;
    for by_answer in [true, false] {
        let mut world = World::with(body.clone());
        world.policy.capture_when.otherwise = CaptureMoment::Release;
        let mut world = world.placed();
        tell(&mut world, "e1", "AUTH", promise(FULL));
        let capture_id = only(&world).id.clone();
        world.must(Command::SubmitCapture { capture_id });
        let captured = || PaymentFactKind::Captured { amount: cny(FULL) };
        if by_answer {
            let (amount, named) = (cny(FULL), Some("CAP".to_owned()));
            answer(&mut world, CaptureAnswered::Captured { amount, reference: named.clone(), payment: named });
            tell(&mut world, "e2", "CAP", captured());
        } else {
            tell(&mut world, "e2", "CAP", captured());
        }
        // The promise is told late, under its own id.
        assert_eq!(names(&tell(&mut world, "e3", "AUTH", promise(FULL))), ["noted"]);
        let [payment] = world.order().payments.as_slice() else { panic!("one payment: {:?}", world.order().payments) };
        assert_eq!((payment.provider_payment_id.as_deref(), payment.captured), (Some("CAP"), cny(FULL)));
        assert_eq!(only(&world).status, CaptureStatus::Succeeded);
        assert!(!world.order().is_held());
    }
}

/// What is stored stays readable.
#[test]
fn a_captures_events_are_stored_in_few_words() {
    let world = promised(CaptureMoment::Release);
    let id = world.order().id.clone();
    let text =
        serde_json::to_string(&OrderEvent::Capture(CaptureEvent::Submitted { capture_id: CaptureId::of(&id, 1) }))
            .unwrap();
    assert_eq!(text, format!(r#"{{"type":"capture","capture":"submitted","capture_id":"{id}-c1"}}"#));
    let stored = fact("evt", "pi_1", PaymentFactKind::CaptureFailed { amount: cny("1.00"), reason: "no".into() });
    let text = serde_json::to_string(&stored).unwrap();
    assert_eq!(serde_json::from_str::<PaymentFact>(&text).unwrap(), stored);
    assert_eq!(stored.key, key("stripe:evt"));
}
