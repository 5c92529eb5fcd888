//! What people in the shop do: they answer tasks or do not, send money back, count shelves.

use oms_domain::command::Command;
use oms_domain::decide::may_retry_capture;
use oms_domain::desk;
use oms_domain::id::{CaptureId, RefundId, ReturnId};
use oms_domain::order::Order;
use oms_domain::refund_pace;
use oms_domain::status::{HoldStatus, RefundStatus};
use oms_domain::task::{Role, Task, TaskKind};

use crate::shop::acts::Act;
use crate::sim::chance::{NOBODY, What};
use crate::sim::world::{GOODS, PLACES, Todo, World, name};

/// How often staff deal with one order before they leave it.
const MOST_ANSWERS: u32 = 10;

/// People will count a few shelves.
pub fn plan(world: &mut World) {
    for count in 0..3 {
        if !world.chance.hits(What::Staff, NOBODY, 250) {
            continue;
        }
        let (place, ..) = PLACES[world.chance.pick(What::Staff, NOBODY, 2)];
        let (sku, _) = GOODS[world.chance.pick(What::Staff, NOBODY, GOODS.len())];
        let on_hand = world.chance.weighted(What::Staff, NOBODY, &[(2, 5), (1, 0), (1, 1), (1, 12)]);
        let when = [200, 4_000, 90_000][count];
        let act = Act::Count { place, sku, on_hand };
        world.after(when, NOBODY, Todo::Request(Box::new(act), 0));
    }
}

/// New stock has come, and is counted.
pub fn restock(world: &mut World) {
    for level in world.shop.store.all_levels() {
        let act = Act::Count {
            place: name(level.location_id.to_string()),
            sku: name(level.sku.to_string()),
            on_hand: u32::try_from(level.on_hand).unwrap_or(0) + 40,
        };
        world.after(60, NOBODY, Todo::Request(Box::new(act), 0));
    }
}

/// Staff look at what has become of an order.
pub fn react(world: &mut World, order: u16, before: Option<&Order>, after: &Order) {
    let old = before.map(desk::tasks).unwrap_or_default();
    for task in desk::tasks(after) {
        let known = old.iter().any(|t| t.task_id == task.task_id && t.reason == task.reason && t.role == task.role);
        if !known {
            answer(world, order, after, &task);
        }
    }
    let captured = |o: &Order| o.captured().is_ok_and(|m| m.is_positive());
    if captured(after) && !before.is_some_and(captured) && world.chance.hits(What::Staff, order, 100) {
        let amount = world.chance.weighted(What::Staff, order, &[(2, "5.00"), (1, "38.10"), (1, "400.00")]);
        let wait = world.chance.weighted(What::Staff, order, &[(1, 100), (1, 30_000), (1, 400_000)]);
        refund(world, order, wait, amount);
    }
    if captured(after) && !before.is_some_and(captured) && world.chance.hits(What::Staff, order, 80) {
        let line = 1 + world.chance.pick(What::Staff, order, 2);
        let wait = world.chance.weighted(What::Staff, order, &[(1, 100), (1, 5), (1, 300_000)]);
        let key = name(format!("broken-{order}"));
        world.send(wait, order, Act::RefundLines { line, quantity: 1, key });
    }
}

fn refund(world: &mut World, order: u16, seconds: i64, amount: &'static str) {
    let asked = world.subject_of(order).answers;
    world.subject_mut(order).answers += 1;
    world.send(seconds, order, Act::Refund { amount, key: name(format!("refund-{order}-{asked}")) });
}

fn answer(world: &mut World, order: u16, state: &Order, task: &Task) {
    if world.subject_of(order).answers >= MOST_ANSWERS || !world.chance.hits(What::Staff, order, 750) {
        return;
    }
    let seconds = world.chance.weighted(What::Staff, order, &[(3, 600), (2, 5), (2, 30_000), (1, 100_000)]);
    let part = task.task_id.rsplit_once('.').map_or("", |(_, part)| part);
    let reason = || "looked at".to_owned();
    let other = world.chance.hits(What::Staff, order, 300);
    let command = match task.kind {
        TaskKind::Hold => {
            let Some(hold) = state.holds.iter().find(|h| h.id.as_str() == part && h.status == HoldStatus::Active)
            else {
                return;
            };
            let hold_id = hold.id.clone();
            if other {
                Command::RejectHold { hold_id, reason: reason() }
            } else {
                Command::ReleaseHold { hold_id, reason: reason() }
            }
        }
        TaskKind::Unplaceable if other => Command::Cancel { reason: reason() },
        TaskKind::Unplaceable => Command::RetryPlan,
        TaskKind::Capture => {
            let capture_id = CaptureId::of(&state.id, part.trim_start_matches('k').parse().unwrap_or(1));
            let stands = state.capture(&capture_id).is_some_and(|c| may_retry_capture(state, c));
            if stands && !other {
                Command::RetryCapture { capture_id }
            } else {
                Command::WithdrawCapture { capture_id, reason: reason() }
            }
        }
        TaskKind::Refund => by_hand(world, state, part),
        TaskKind::RefundApproval => second_person(world, order, state, part, other),
        TaskKind::ShipmentTrouble if task.role == Role::Finance => {
            let Ok(kept) = state.refundable_total() else { return };
            return refund(world, order, seconds, name(format!("{}.{:02}", kept.minor() / 100, kept.minor() % 100)));
        }
        TaskKind::ShipmentTrouble | TaskKind::ShipmentOverdue => {
            let number = part.trim_start_matches(|c: char| c.is_ascii_alphabetic());
            let Some(at) = number.parse::<usize>().ok().and_then(|n| n.checked_sub(1)) else { return };
            let Some(shipment) = state.shipments.get(at) else { return };
            Command::CloseTrouble { shipment_id: shipment.id.clone(), reason: reason() }
        }
        TaskKind::Anomaly => Command::CloseAnomaly { anomaly_id: part.to_owned(), reason: reason() },
        // Locations answer for themselves, and what belongs to no order is nobody's here.
        TaskKind::CancelRequest | TaskKind::UnmatchedPayment | TaskKind::UnmatchedTracking | TaskKind::StockShort => {
            return;
        }
    };
    world.subject_mut(order).answers += 1;
    world.send(seconds, order, Act::ask(command));
}

/// A refund that waits for a second person: mostly there is one, and now and then whoever asked tries it alone.
fn second_person(world: &mut World, order: u16, state: &Order, part: &str, declines: bool) -> Command {
    let refund_id = RefundId::of(&state.id, part.trim_start_matches('s').parse().unwrap_or(1));
    if declines {
        return Command::DeclineRefund { refund_id, reason: "not agreed".into() };
    }
    let by = world.chance.weighted(What::Staff, order, &[(4, "manager"), (1, "finance")]);
    Command::ApproveRefund { refund_id, by: by.into() }
}

/// A refund that needs a person: whoever sends money by hand looks first whether the provider has sent it.
fn by_hand(world: &World, state: &Order, part: &str) -> Command {
    let number = part.trim_start_matches('r').parse().unwrap_or(1);
    let refund_id = RefundId::of(&state.id, number);
    let at_card = world.shop.benefits.has_returned(&state.id, &ReturnId::from(&refund_id));
    let sent = at_card || world.shop.stripe.refunds().get(&refund_id).is_some_and(|r| r.succeeded != Some(false));
    let manual = state.refund(&refund_id).is_some_and(|r| r.status == RefundStatus::Manual);
    let gone = state.refund(&refund_id).is_some_and(|r| refund_pace::is_charged_back(state, r));
    if gone && !sent {
        Command::DeclineRefund { refund_id, reason: "the bank has it".into() }
    } else if sent || !manual {
        Command::RetryRefund { refund_id }
    } else {
        Command::SettleRefund { refund_id, reason: "by bank".into() }
    }
}
