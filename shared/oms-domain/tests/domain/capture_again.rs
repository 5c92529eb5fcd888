//! Captures that are not settled by their first answer: when the provider is asked again, and whether a person may have one
//! sent again.

use jiff::SignedDuration;
use oms_domain::body::Provider;
use oms_domain::capture::CaptureMoment;
use oms_domain::command::{CaptureAnswered, Command, Report};
use oms_domain::desk;
use oms_domain::id::CaptureId;
use oms_domain::payment::{PaymentFact, PaymentFactKind};
use oms_domain::refusal::Refusal;
use oms_domain::status::CaptureStatus;
use oms_domain::task::TaskKind;
use oms_domain::wake;

use crate::given::{cny, fact, shirts};
use crate::world::{World, names};

const FULL: &str = "186.00";

fn tell(world: &mut World, event: &str, provider: Provider, kind: PaymentFactKind) {
    let reference = Some(world.order().payments[0].reference.clone());
    world.must(Command::RecordPayment(PaymentFact { provider, reference, ..fact(event, "PSP", kind) }));
}

/// An order whose promise is being taken at its provider.
fn submitted(provider: Provider) -> (World, CaptureId) {
    let mut body = shirts();
    body.payments[0].provider = provider;
    let mut world = World::with(body);
    world.policy.capture_when.otherwise = CaptureMoment::Release;
    let mut world = world.placed();
    tell(&mut world, "e1", provider, PaymentFactKind::Authorized { amount: cny(FULL), expires_at: None });
    let capture_id = world.order().captures[0].id.clone();
    world.must(Command::SubmitCapture { capture_id: capture_id.clone() });
    (world, capture_id)
}

fn pending() -> CaptureAnswered {
    CaptureAnswered::Pending { reference: "CAP".into() }
}

/// The provider has it and tells by itself when the money is there: the questions are for the callback that never comes.
#[test]
fn questions_about_a_capture_grow_apart() {
    let doubling = [10, 20, 40, 80, 160, 320, 640, 1_280, 2_560, 5_120, 10_240, 20_480, 21_600, 21_600];
    for (said, longest) in [(pending(), 21_600), (CaptureAnswered::Unknown, 900)] {
        let (mut world, capture_id) = submitted(Provider::Adyen);
        for wait in doubling {
            world.must(Command::AnswerCapture { capture_id: capture_id.clone(), answer: said.clone() });
            let asked_at = world.order().captures[0].retry_at.unwrap();
            assert_eq!(asked_at.as_second() - world.now.as_second(), wait.min(longest), "{said:?}");
        }
    }
}

/// Whoever has not answered can be asked again: PayPal tells how its capture stands, Adyen tells by itself alone.
#[test]
fn silence_is_no_refusal() {
    for (provider, offered) in [(Provider::Paypal, true), (Provider::Adyen, false)] {
        let (mut world, capture_id) = submitted(provider);
        for answer in [pending()].into_iter().chain(std::iter::repeat_n(CaptureAnswered::Unknown, 20)) {
            world.must(Command::AnswerCapture { capture_id: capture_id.clone(), answer });
        }
        assert_eq!(world.order().captures[0].status, CaptureStatus::Manual);
        assert_eq!(world.decide(0, &Command::RetryCapture { capture_id }).is_ok(), offered, "{provider:?}");
    }
}

/// Adyen and PayPal answer what they know under an id of their own, and nothing is sent: a person takes the money there.
#[test]
fn what_a_provider_only_repeats_is_not_sent_again() {
    for (provider, known, offered) in [
        (Provider::Stripe, true, ["retry", "withdraw"].as_slice()),
        (Provider::Adyen, true, &["withdraw"]),
        (Provider::Adyen, false, &["retry", "withdraw"]),
        (Provider::Paypal, true, &["withdraw"]),
        (Provider::Paypal, false, &["retry", "withdraw"]),
    ] {
        let label = format!("{provider:?}, known: {known}");
        let (mut world, capture_id) = submitted(provider);
        let answers = [known.then(pending), Some(CaptureAnswered::Refused { reason: "no".into() })];
        for answer in answers.into_iter().flatten() {
            world.must(Command::AnswerCapture { capture_id: capture_id.clone(), answer });
        }
        let task = desk::tasks(world.order()).into_iter().find(|t| t.kind == TaskKind::Capture).unwrap();
        let found: Vec<&str> = task.answers.iter().map(|a| a.answer.as_str()).collect();
        assert_eq!(found, offered, "{label}");
        let retried = world.decide(0, &Command::RetryCapture { capture_id });
        if offered.contains(&"retry") {
            assert_eq!(names(&retried.unwrap()), ["capture_submitted"], "{label}");
        } else {
            let Err(Refusal::NotOffered(why)) = retried else { panic!("{label}: {retried:?}") };
            assert!(why.contains("the provider's own console"), "{label}: {why}");
        }
        // Whoever takes it there, or has taken it, settles it by the provider's event.
        tell(&mut world, "e2", provider, PaymentFactKind::Captured { amount: cny(FULL) });
        assert_eq!(world.order().captures[0].status, CaptureStatus::Succeeded, "{label}");
        assert!(!world.order().is_held() && desk::tasks(world.order()).is_empty(), "{label}");
    }
}

/// Work that is due and does nothing would be due for ever.
#[test]
fn a_capture_is_sent_again_in_the_very_second_in_which_it_is_due() {
    let (mut world, capture_id) = submitted(Provider::Stripe);
    world.must(Command::AnswerCapture { capture_id: capture_id.clone(), answer: CaptureAnswered::Unknown });
    let due_at = world.order().captures[0].retry_at.unwrap();
    for (seconds, sent) in [(-1, [].as_slice()), (0, &["capture_submitted"])] {
        world.now = due_at + SignedDuration::from_secs(seconds);
        let is_due = wake::is_capture_due(world.order(), &world.order().captures[0], world.now);
        let events = world.must(Command::SubmitCapture { capture_id: capture_id.clone() });
        assert_eq!((is_due, names(&events).as_slice()), (!sent.is_empty(), sent), "{seconds}");
    }
}

/// Each time it is sent again and its answer is lost again. Whoever has it sent by hand has looked at the provider: the
/// next lost answer is the first of another row.
#[test]
fn a_row_of_lost_answers_is_for_people_and_ends_when_they_send_it_again() {
    let (mut world, capture_id) = submitted(Provider::Stripe);
    for row in [1, 2] {
        for n in 1..=20 {
            let answer = CaptureAnswered::Unknown;
            let events = world.must(Command::AnswerCapture { capture_id: capture_id.clone(), answer });
            let expected = if n < 20 { ["capture_unknown"].as_slice() } else { &["capture_unknown", "capture_manual"] };
            assert!(names(&events).starts_with(expected), "{row}, {n}: {events:?}");
            let status = if n < 20 { CaptureStatus::Unknown } else { CaptureStatus::Manual };
            assert_eq!(world.order().captures[0].status, status, "{row}, {n}");
            if n < 20 {
                world.now = world.order().captures[0].retry_at.unwrap();
                world.must(Command::SubmitCapture { capture_id: capture_id.clone() });
            }
        }
        assert_eq!(names(&world.must(Command::RetryCapture { capture_id: capture_id.clone() })), ["capture_submitted"]);
    }
}

/// The location was asked to stop and has not answered: nobody takes money now for what may never leave.
#[test]
fn nobody_sends_a_capture_again_while_its_order_is_being_undone() {
    let (mut world, capture_id) = submitted(Provider::Stripe);
    world.report(1, Report::Packed);
    let answer = CaptureAnswered::Refused { reason: "no".into() };
    world.must(Command::AnswerCapture { capture_id: capture_id.clone(), answer });
    world.must(Command::Cancel { reason: "changed my mind".into() });
    let retry = Command::RetryCapture { capture_id };
    let offered = |world: &World| -> Vec<String> {
        let task = desk::tasks(world.order()).into_iter().find(|t| t.kind == TaskKind::Capture).unwrap();
        task.answers.iter().map(|a| a.answer.clone()).collect()
    };
    assert_eq!((world.order().captures[0].status, offered(&world)), (CaptureStatus::Manual, vec!["withdraw".into()]));
    assert!(matches!(world.act(retry.clone()), Err(Refusal::NotOffered(_))));
    // It will ship all the same: the money is wanted again.
    world.report(1, Report::CancelRefused);
    assert_eq!(offered(&world), ["retry", "withdraw"]);
    assert_eq!(names(&world.must(retry)), ["capture_submitted"]);
}
