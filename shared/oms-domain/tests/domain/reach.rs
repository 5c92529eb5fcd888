//! What the random lives reach, so that the properties over them are not about nothing; and that every answer which a
//! task offers can be given in the state that offers it.

use std::collections::BTreeSet;

use oms_domain::desk;
use oms_domain::event::OrderEvent;
use oms_domain::machine::Machine;
use oms_domain::order::Order;
use oms_domain::status::{
    CaptureStatus, HoldStatus, OrderStatus, PaymentStatus, RefundStatus, ReservationStatus, ShipmentStatus,
};
use oms_domain::task::TaskKind;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{TestRng, TestRunner};

use crate::answers;
use crate::bodies::shop_plan;
use crate::lives::{config, steps};
use crate::world::World;

/// Calls `look` with the shop after every step of so many random lives, which are the same on every run, until it has
/// seen enough.
fn for_each_state(lives: usize, mut look: impl FnMut(&mut World) -> bool) {
    let rng = TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config(1), rng);
    for _ in 0..lives {
        let plan = shop_plan(2).new_tree(&mut runner).unwrap().current();
        let steps = steps(80).new_tree(&mut runner).unwrap().current();
        let mut world = plan.world();
        for step in &steps {
            world.fresh.clear();
            world.take(step);
            if look(&mut world) {
                return;
            }
        }
    }
}

fn statuses(order: &Order, seen: &mut BTreeSet<String>) {
    let mut see = |machine: &str, state: &str| {
        seen.insert(format!("{machine} {state}"));
    };
    see(OrderStatus::NAME, order.status.name());
    order.holds.iter().for_each(|h| see(HoldStatus::NAME, h.status.name()));
    order.payments.iter().for_each(|p| see(PaymentStatus::NAME, p.status.name()));
    order.shipments.iter().for_each(|s| see(ShipmentStatus::NAME, s.status.name()));
    order.captures.iter().for_each(|c| see(CaptureStatus::NAME, c.status.name()));
    order.refunds.iter().for_each(|r| see(RefundStatus::NAME, r.status.name()));
    order.reservations.iter().for_each(|r| see(ReservationStatus::NAME, r.status.name()));
}

fn all<S: Machine>(states: &[S], never: &[S]) -> BTreeSet<String> {
    states.iter().filter(|s| !never.contains(s)).map(|s| format!("{} {}", S::NAME, s.name())).collect()
}

#[test]
fn the_random_lives_reach_every_state_and_every_kind_of_task() {
    let mut wanted = all(OrderStatus::ALL, &[]);
    wanted.extend(all(HoldStatus::ALL, &[]));
    // A void is answered in the commit that begins it.
    wanted.extend(all(PaymentStatus::ALL, &[PaymentStatus::Voiding]));
    // Presale and backorders come with their own rules; a refusal becomes a person's task in the same commit.
    wanted.extend(all(ShipmentStatus::ALL, &[ShipmentStatus::Backordered, ShipmentStatus::Scheduled]));
    wanted.extend(all(CaptureStatus::ALL, &[CaptureStatus::Failed]));
    wanted.extend(all(RefundStatus::ALL, &[RefundStatus::Failed]));
    wanted.extend(all(ReservationStatus::ALL, &[]));
    let of_orders = [
        TaskKind::Hold,
        TaskKind::CancelRequest,
        TaskKind::Unplaceable,
        TaskKind::Capture,
        TaskKind::Refund,
        TaskKind::RefundApproval,
        TaskKind::ShipmentOverdue,
        TaskKind::ShipmentTrouble,
        TaskKind::Anomaly,
    ];
    wanted.extend(of_orders.iter().map(|k| format!("task {}", k.name())));
    let mut seen = BTreeSet::new();
    for_each_state(3_000, |world| {
        for life in &world.lives {
            statuses(&life.order, &mut seen);
            seen.extend(desk::tasks(&life.order).iter().map(|t| format!("task {}", t.kind.name())));
        }
        wanted.is_subset(&seen)
    });
    let missing: Vec<_> = wanted.difference(&seen).collect();
    assert!(missing.is_empty(), "never reached: {missing:?}");
}

#[test]
fn every_answer_that_a_task_offers_can_be_given() {
    for_each_state(80, |world| {
        for life in 0..world.lives.len() {
            for task in desk::tasks(&world.lives[life].order) {
                for answer in &task.answers {
                    let events = answers::outcome(world, life, answer)
                        .unwrap_or_else(|no| panic!("{:?} offers {}: {no}", task.kind, answer.answer));
                    assert!(!events.is_empty(), "{:?} offers {}, which changes nothing", task.kind, answer.answer);
                    let odd = |e: &OrderEvent| matches!(e, OrderEvent::AnomalyRaised { what, .. } if what.starts_with("unexpected"));
                    assert!(!events.iter().any(odd), "{:?} offers {}, which is unexpected", task.kind, answer.answer);
                    assert_eq!((answer.method.as_str(), answer.path.starts_with("/v1/")), ("POST", true));
                }
            }
        }
        false
    });
}
