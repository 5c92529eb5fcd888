//! What comes twice, asked of the decisions themselves: without the engine's own look at the keys before them.

use oms_domain::command::{Command, RefundAnswered, RefundAsk};
use oms_domain::desk;
use oms_domain::event::{OrderEvent, RefundLine};
use oms_domain::id::{LineId, RefundId};
use oms_domain::payment::{PaymentFactKind, RefundFactStatus};
use oms_domain::refusal::Refusal;
use oms_domain::status::RefundStatus;
use oms_domain::task::TaskKind;

use crate::given::{cny, fact, key, shirts};
use crate::world::{World, names};

/// A command that was taken leaves nothing to decide when it comes again.
fn decided_once(world: &mut World, command: Command) {
    assert!(!world.must(command.clone()).is_empty());
    assert_eq!(world.decide(0, &command), Ok(Vec::new()), "{command:?}");
}

fn undone(paid: &[&str]) -> World {
    let mut world = World::with(shirts()).placed();
    for payment in paid {
        world.captured(payment, cny("186.00"));
    }
    world.must(Command::Cancel { reason: "changed my mind".into() });
    world.must(Command::Compensate);
    world
}

#[test]
fn a_fact_is_decided_once() {
    let mut world = World::with(shirts()).placed();
    for kind in [
        PaymentFactKind::Captured { amount: cny("186.00") },
        PaymentFactKind::Disputed { amount: cny("186.00") },
        PaymentFactKind::Other { name: "charge.updated".into() },
    ] {
        let fact = fact(kind.name(), "pi_1", kind);
        decided_once(&mut world, Command::RecordPayment(fact));
    }
}

#[test]
fn a_request_for_a_refund_is_decided_once() {
    let mut world = World::with(shirts()).paid();
    let ask = RefundAsk::Amount(cny("6.00"));
    decided_once(
        &mut world,
        Command::RequestRefund { key: key("refund:1"), ask, reason: "late".into(), by: "finance".into() },
    );
}

/// Only whoever stores "submitted" calls the provider.
#[test]
fn a_refund_is_submitted_by_one_worker() {
    let mut world = undone(&["pi_1"]);
    let refund_id = world.order().refunds[0].id.clone();
    decided_once(&mut world, Command::SubmitRefund { refund_id });
}

/// The id is the provider's key: two refunds under one would be one.
#[test]
fn refunds_of_one_decision_have_ids_of_their_own() {
    let world = undone(&["pi_1", "pi_2"]);
    let refunds = &world.order().refunds;
    assert_eq!(refunds.len(), 2);
    assert_ne!(refunds[0].id, refunds[1].id);
    assert_ne!(refunds[0].payment_id, refunds[1].payment_id);
}

#[test]
fn a_refund_that_the_provider_refuses_is_with_a_person_at_once() {
    let mut world = undone(&["pi_1"]);
    let refund_id = world.order().refunds[0].id.clone();
    world.must(Command::SubmitRefund { refund_id: refund_id.clone() });
    let answer = RefundAnswered::Refused { reason: "charge_disputed".into() };
    let events = world.must(Command::AnswerRefund { refund_id, answer });
    assert!(matches!(events[..], [OrderEvent::RefundFailed { .. }, OrderEvent::RefundManual { .. }]));
    assert_eq!(world.order().refunds[0].status, RefundStatus::Manual);
    let kinds: Vec<_> = desk::tasks(world.order()).iter().map(|t| t.kind).collect();
    assert_eq!(kinds, [TaskKind::Refund]);
}

/// Two parts of one request count as one after the other.
#[test]
fn a_unit_comes_back_once_also_within_one_request() {
    let world = World::with(shirts()).paid();
    let part = |quantity| RefundLine { line_id: LineId::number(1), quantity };
    let ask = |parts| Command::RequestRefund {
        key: key("refund:1"),
        ask: RefundAsk::Lines(parts),
        reason: "broken".into(),
        by: "finance".into(),
    };
    assert!(world.decide(0, &ask(vec![part(1), part(1)])).is_ok());
    let refusal = world.decide(0, &ask(vec![part(1), part(2)])).unwrap_err();
    assert!(matches!(refusal, Refusal::ExceedsRemaining { ref remaining, .. } if remaining == "1 units"), "{refusal}");
}

/// In the provider's console refunds are made one after the other; each has an id of its own here.
#[test]
fn refunds_made_in_the_console_have_ids_of_their_own() {
    let mut world = World::with(shirts()).paid();
    for id in ["re_1", "re_2"] {
        let status = RefundFactStatus::Succeeded;
        let refund =
            PaymentFactKind::Refund { refund_id: None, provider_refund_id: id.into(), amount: cny("6.00"), status };
        world.stripe("pi_1", refund);
    }
    let ids: Vec<_> = world.order().refunds.iter().map(|r| r.id.clone()).collect();
    assert_eq!(ids, [RefundId::of(&world.order().id, 1), RefundId::of(&world.order().id, 2)]);
    assert_eq!(world.order().refunded().unwrap(), cny("12.00"));
}

#[test]
fn whoever_never_answers_is_unknown_before_a_person_takes_over() {
    let refund_id = undone(&["pi_1"]).order().refunds[0].id.clone();
    let unknown = || Command::AnswerRefund { refund_id: refund_id.clone(), answer: RefundAnswered::Unknown };
    // Asked for the twentieth time just after it was sent once more, or while it is unknown.
    for (sent_again, expected) in [(true, ["refund_unknown", "refund_manual"].as_slice()), (false, &["refund_manual"])]
    {
        let mut world = undone(&["pi_1"]);
        world.must(Command::SubmitRefund { refund_id: refund_id.clone() });
        while world.order().refunds[0].attempts < 20 {
            world.must(unknown());
        }
        if sent_again {
            world.pass(86_400);
            world.must(Command::SubmitRefund { refund_id: refund_id.clone() });
        }
        assert_eq!(names(&world.must(unknown())), expected);
    }
}
