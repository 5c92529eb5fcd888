//! Captures that are not settled by their first answer: when the provider is asked again, and whether a person may have one
//! sent again.

use oms_domain::body::Provider;
use oms_domain::capture::CaptureMoment;
use oms_domain::command::{CaptureAnswered, Command};
use oms_domain::desk;
use oms_domain::id::CaptureId;
use oms_domain::payment::{PaymentFact, PaymentFactKind};
use oms_domain::refusal::Refusal;
use oms_domain::status::CaptureStatus;
use oms_domain::task::TaskKind;

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
