//! Disputes that end: won, the goods go on; lost, the money is gone, and is not sent back a second time.

use oms_domain::command::{Command, RefundAnswered, RefundAsk};
use oms_domain::derived::{payment_status, totals};
use oms_domain::desk;
use oms_domain::event::OrderEvent;
use oms_domain::id::RefundId;
use oms_domain::payment::{PaymentFactKind, RefundFactStatus};
use oms_domain::refusal::Refusal;
use oms_domain::status::{HoldStatus, OrderStatus, PaymentStatus, RefundStatus, ShipmentStatus};

use crate::given::{cny, money, shirts};
use crate::world::{World, names};

const FULL: &str = "186.00";

fn disputed(amount: &str) -> PaymentFactKind {
    PaymentFactKind::Disputed { amount: cny(amount) }
}

fn lost(amount: &str) -> PaymentFactKind {
    PaymentFactKind::DisputeLost { amount: cny(amount) }
}

fn paid() -> World {
    let mut world = World::with(shirts()).paid();
    world.till.take("pi_1", cny(FULL));
    world
}

fn ask(world: &mut World, amount: &str) -> Result<Vec<OrderEvent>, Refusal> {
    let key = world.new_key();
    let ask = RefundAsk::Amount(cny(amount));
    world.act(Command::RequestRefund { key, ask, reason: "late".into(), by: "finance".into() })
}

fn refund(world: &World, n: usize) -> RefundId {
    RefundId::of(&world.order().id, n)
}

#[test]
fn won_lifts_its_hold_and_the_goods_go_on() {
    // Disputed before anything is set in motion, and while the parcel waits at its location.
    let mut world = World::with(shirts()).placed();
    world.stripe("pi_1", disputed(FULL));
    world.captured("pi_1", cny(FULL));
    world.stripe("pi_1", disputed(FULL));
    assert!(world.order().is_held());
    let events = world.stripe("pi_1", PaymentFactKind::DisputeWon);
    assert_eq!(names(&events)[..2], ["dispute_won", "hold_released"]);
    let order = world.order();
    assert_eq!((order.status, payment_status(order)), (OrderStatus::InFulfilment, "paid"));
    assert_eq!(order.shipments[0].status, ShipmentStatus::Released);
    assert!(order.holds[0].answer.as_deref().unwrap().contains("won"));
}

#[test]
fn one_dispute_won_of_two_lifts_nothing() {
    let mut world = paid();
    world.captured("pi_2", cny(FULL));
    for payment in ["pi_1", "pi_2"] {
        world.stripe(payment, disputed(FULL));
    }
    assert_eq!(names(&world.stripe("pi_2", PaymentFactKind::DisputeWon)), ["dispute_won"]);
    assert!(world.order().is_held());
    assert_eq!(names(&world.stripe("pi_1", PaymentFactKind::DisputeWon))[..2], ["dispute_won", "hold_released"]);
}

/// Told before the beginning, doubled, and late: one chargeback, whatever the order of the news.
#[test]
fn lost_is_gone_once_in_any_order() {
    for news in [
        vec![disputed(FULL), lost(FULL)],
        vec![lost(FULL)],
        vec![lost(FULL), disputed(FULL)],
        vec![disputed(FULL), lost(FULL), lost(FULL), disputed(FULL)],
    ] {
        let mut world = paid();
        for kind in &news {
            world.stripe("pi_1", kind.clone());
        }
        let order = world.order();
        let payment = &order.payments[0];
        assert_eq!((payment.status, payment.lost), (PaymentStatus::ChargedBack, cny(FULL)), "{news:?}");
        assert_eq!(payment_status(order), "charged_back");
        assert_eq!(totals(order).unwrap().charged_back, cny(FULL));
        assert!(order.kept().unwrap().is_zero() && order.refundable_total().unwrap().is_zero());
        assert!(!order.is_covered(), "{news:?}");
        assert_eq!(order.active_holds().count(), 1, "{news:?}: what has not left stays");
        assert!(order.anomalies.iter().any(|a| a.what == "payment_charged_back"));
        crate::invariants::machines(&world);
    }
}

#[test]
fn what_is_charged_back_is_not_refunded() {
    // Nobody can ask for it, and the cancelled order owes nothing.
    let mut world = paid();
    world.stripe("pi_1", lost(FULL));
    assert!(matches!(ask(&mut world, "0.01"), Err(Refusal::ExceedsRemaining { .. })));
    world.must(Command::Cancel { reason: "fraud".into() });
    world.settle(0);
    assert_eq!(world.order().status, OrderStatus::Cancelled);
    assert!(world.till.sent_back("pi_1").is_empty());
    // A refund that waits in any state but with the provider gives way.
    for state in ["approved", "manual", "requested"] {
        let mut world = paid();
        if state == "requested" {
            world.policy.refund_approval_above = vec![cny("1.00")];
        }
        ask(&mut world, "50.00").unwrap();
        if state == "manual" {
            let refund_id = refund(&world, 1);
            world.must(Command::SubmitRefund { refund_id: refund_id.clone() });
            let answer = RefundAnswered::Refused { reason: "charge_disputed".into() };
            world.must(Command::AnswerRefund { refund_id, answer });
        }
        world.stripe("pi_1", disputed(FULL));
        let events = world.stripe("pi_1", lost(FULL));
        assert!(names(&events).contains(&"refund_declined"), "{state}: {:?}", names(&events));
        assert_eq!(world.order().refunds[0].status, RefundStatus::Declined, "{state}");
        world.settle(0);
        assert!(world.till.sent_back("pi_1").is_empty(), "{state}");
        assert!(desk::tasks(world.order()).iter().all(|t| !t.task_id.contains(".r")), "{state}");
    }
}

/// With the provider: what it says counts. What never arrived is not sent again; what arrived is shown to people.
#[test]
fn a_refund_on_its_way_meets_the_chargeback() {
    let sent = || {
        let mut world = paid();
        ask(&mut world, FULL).unwrap();
        let refund_id = refund(&world, 1);
        world.must(Command::SubmitRefund { refund_id });
        world.stripe("pi_1", lost(FULL));
        world
    };
    let refused = RefundAnswered::Refused { reason: "charge_disputed".into() };
    // Refused.
    let mut world = sent();
    let refund_id = refund(&world, 1);
    let events = world.must(Command::AnswerRefund { refund_id: refund_id.clone(), answer: refused });
    assert_eq!(names(&events), ["refund_failed", "refund_declined"]);
    // Lost on its way, while nobody knows and after somebody has asked.
    for unknown in [false, true] {
        let mut world = sent();
        if unknown {
            world.must(Command::AnswerRefund { refund_id: refund_id.clone(), answer: RefundAnswered::Unknown });
        }
        world.pass(900);
        let submit = Command::SubmitRefund { refund_id: refund_id.clone() };
        let events = world.must(submit);
        assert_eq!(names(&events).last(), Some(&"refund_manual"), "unknown: {unknown}");
        // It may arrive all the same: a person looks, and nobody sends it again.
        let task = desk::tasks(world.order()).into_iter().find(|t| t.task_id.ends_with(".r1")).unwrap();
        assert_eq!(task.answers.iter().map(|a| a.answer.as_str()).collect::<Vec<_>>(), ["settle", "decline"]);
        let retried = world.act(Command::RetryRefund { refund_id: refund_id.clone() });
        assert!(matches!(retried, Err(Refusal::NotOffered(_))));
        if unknown {
            let refund = PaymentFactKind::Refund {
                refund_id: Some(refund_id.clone()),
                provider_refund_id: "re_1".into(),
                amount: cny(FULL),
                status: RefundFactStatus::Succeeded,
            };
            assert_eq!(names(&world.stripe("pi_1", refund))[0], "refund_succeeded");
        } else {
            let decline = Command::DeclineRefund { refund_id: refund_id.clone(), reason: "never arrived".into() };
            assert_eq!(names(&world.must(decline)), ["refund_declined"]);
        }
    }
    // It went out: money went back twice, and people hear of it.
    let mut world = sent();
    let answer = RefundAnswered::Succeeded { reference: None };
    world.must(Command::AnswerRefund { refund_id, answer });
    assert!(world.order().anomalies.iter().any(|a| a.what == "payment_back_twice"));
    assert!(world.order().kept().unwrap().is_negative() && world.order().refundable_total().unwrap().is_zero());
}

#[test]
fn a_part_that_is_charged_back_leaves_the_rest() {
    let mut world = paid();
    world.stripe("pi_1", lost("100.00"));
    assert!(matches!(ask(&mut world, "86.01"), Err(Refusal::ExceedsRemaining { .. })));
    ask(&mut world, "86.00").unwrap();
    world.settle(0);
    assert_eq!(world.till.sent_back("pi_1"), [cny("86.00")]);
    // Given back by the bank after all: it is the shop's again, and owed if the order is undone.
    world.must(Command::Cancel { reason: "no".into() });
    world.settle(0);
    assert_eq!(world.order().status, OrderStatus::Cancelled);
    world.stripe("pi_1", PaymentFactKind::DisputeWon);
    assert_eq!(world.order().payments[0].status, PaymentStatus::Captured);
    world.settle(0);
    assert_eq!(world.till.sent_back("pi_1"), [cny("86.00"), cny("100.00")]);
}

#[test]
fn what_has_shipped_is_only_raised() {
    let mut world = paid();
    world.shipped(1);
    assert_eq!(names(&world.stripe("pi_1", lost(FULL))), ["anomaly_raised", "payment_disputed", "dispute_lost"]);
    assert!(world.order().holds.iter().all(|h| h.status != HoldStatus::Active));
}

#[test]
fn a_loss_that_cannot_be_one_moves_nothing() {
    for (payment, kind) in [
        ("pi_9", lost(FULL)),
        ("pi_1", PaymentFactKind::DisputeLost { amount: money("1.00", "USD") }),
        ("pi_1", lost("0.00")),
    ] {
        let mut world = paid();
        let events = world.stripe(payment, kind.clone());
        assert_eq!(names(&events)[0], "anomaly_raised", "{kind:?}");
        assert_eq!(world.order().payments[0].status, PaymentStatus::Captured, "{kind:?}");
    }
}
