//! The tasks that an order's state asks people to do, each with the answers that are possible.

use jiff::Timestamp;

use crate::decide::may_retry_capture;
use crate::event::{CaptureEvent, OrderEvent};
use crate::machine::Machine;
use crate::order::{Capture, Order, Refund};
use crate::refund_pace;
use crate::status::{CaptureStatus, HoldKind, RefundStatus, ShipmentStatus};
use crate::task::{Answer, Role, Task, TaskKind};

/// Everything about the order that waits for a person.
#[must_use]
pub fn tasks(order: &Order) -> Vec<Task> {
    let mut tasks = holds(order);
    tasks.extend(shipments(order));
    tasks.extend(captures(order));
    tasks.extend(refunds(order));
    tasks.extend(approvals(order));
    if let Some(failure) = &order.plan_failure
        && order.has_unplanned()
        && !order.is_undone()
        && !order.is_held()
    {
        let mut answers = vec![post(order, "retry", "allocation/retry")];
        if !order.has_shipped() {
            answers.push(post(order, "cancel", "cancellation"));
        }
        tasks.push(task(order, "plan", TaskKind::Unplaceable, Role::Support, &failure.detail, failure.since, answers));
    }
    for anomaly in order.anomalies.iter().filter(|a| !a.closed) {
        let role = if is_of_money(&anomaly.what) { Role::Finance } else { Role::Support };
        let answers = vec![post(order, "acknowledge", &format!("anomalies/{}/acknowledge", anomaly.id))];
        let reason = format!("{}: {}", anomaly.what, anomaly.detail);
        tasks.push(task(order, &anomaly.id, TaskKind::Anomaly, role, &reason, anomaly.since, answers));
    }
    tasks
}

/// Whether money waits for a person because of this event, and nobody has asked for it: whoever watches the shop has to hear of
/// it. A refund that one person asked for and another has to agree to, or that is done by hand in any case, is no news to them;
/// a refund or a capture that fails becomes a manual one in the same commit.
#[must_use]
pub fn money_waits(event: &OrderEvent) -> bool {
    if let OrderEvent::AnomalyRaised { what, .. } = event {
        return is_of_money(what);
    }
    matches!(
        event,
        OrderEvent::HoldPlaced { kind: HoldKind::PaymentMismatch, .. }
            | OrderEvent::RefundManual { by_hand: false, .. }
            | OrderEvent::Capture(CaptureEvent::Manual { .. })
    )
}

/// Whether an anomaly is about money, by its name.
fn is_of_money(what: &str) -> bool {
    ["payment", "refund", "cash"].iter().any(|part| what.contains(part))
}

/// A hold on an order that is undone holds nothing. Of one that has left in part, the rest can only be let go.
fn holds(order: &Order) -> Vec<Task> {
    order
        .active_holds()
        .filter(|_| !order.is_undone())
        .map(|h| {
            let mut answers = vec![post(order, "release", &format!("holds/{}/release", h.id))];
            if !order.is_partly_shipped() {
                answers.push(post(order, "reject", &format!("holds/{}/reject", h.id)));
            }
            let reason = format!("{}: {}", h.kind.name(), h.reason);
            task(order, h.id.as_str(), TaskKind::Hold, Role::Support, &reason, h.since, answers)
        })
        .collect()
}

fn shipments(order: &Order) -> Vec<Task> {
    let mut tasks = Vec::new();
    for s in &order.shipments {
        let number = s.id.as_str().rsplit_once('-').map_or("0", |(_, n)| n);
        let report = |answer: &str, event: &str| {
            Answer::post(answer, format!("/v1/shipments/{}/events", s.id))
                .with_body(format!("{{\"event\":\"{event}\"}}"))
        };
        let close = post(order, "close", &format!("shipments/{}/close", s.id));
        if let Some(since) = s.cancel_requested_at.filter(|_| s.status.is_open_at_location()) {
            let answers = vec![report("cancelled", "cancelled"), report("cancel_refused", "cancel_refused")];
            let reason = format!("{} is asked to stop {}", s.location_id, s.id);
            tasks.push(task(
                order,
                &format!("c{number}"),
                TaskKind::CancelRequest,
                Role::Warehouse,
                &reason,
                since,
                answers,
            ));
        }
        if s.overdue {
            let reason = format!("nothing heard of {} since {}", s.id, s.moved_at);
            let mut answers = vec![close.clone()];
            let role = if s.status.is_open_at_location() { Role::Warehouse } else { Role::Support };
            // Only a location reports on shipments: support closes the task, and waits or asks the carrier.
            if s.status.is_open_at_location() {
                let event = if s.status.can_become(ShipmentStatus::Rejected) { "rejected" } else { "cancelled" };
                answers.push(report(event, event));
            }
            tasks.push(task(
                order,
                &format!("o{number}"),
                TaskKind::ShipmentOverdue,
                role,
                &reason,
                s.moved_at,
                answers,
            ));
        }
        let in_trouble =
            matches!(s.status, ShipmentStatus::Exception | ShipmentStatus::Lost | ShipmentStatus::ReturnedToSender);
        let keeps_money = order.refundable_total().is_ok_and(|m| m.is_positive());
        // An order that keeps money for parcels of which none arrived is not dealt with by closing a task.
        let owes_all = order.came_to_nothing() && !order.is_undone() && keeps_money;
        if in_trouble && (!s.trouble_closed || owes_all) {
            let reason = format!("{} from {}: {}", s.id, s.location_id, s.status.name());
            // Support deals with the buyer first; what money is then still kept is for finance to send back.
            let (role, answers) = if s.trouble_closed {
                (Role::Finance, vec![post(order, "refund", "refunds")])
            } else {
                (Role::Support, vec![close])
            };
            tasks.push(task(
                order,
                &format!("t{number}"),
                TaskKind::ShipmentTrouble,
                role,
                &reason,
                s.moved_at,
                answers,
            ));
        }
    }
    tasks
}

/// Promises that could not be taken.
fn captures(order: &Order) -> Vec<Task> {
    let waits = |c: &&Capture| matches!(c.status, CaptureStatus::Manual | CaptureStatus::Failed);
    let shown = |c: &Capture| {
        let number = c.id.as_str().rsplit_once("-c").map_or("0", |(_, n)| n);
        let mut answers = vec![post(order, "withdraw", &format!("captures/{}/withdraw", c.id))];
        if may_retry_capture(order, c) {
            answers.insert(0, post(order, "retry", &format!("captures/{}/retry", c.id)));
        }
        let why = c.reason.as_deref().unwrap_or("failed");
        let reason = format!("{} of {}: {why}", c.id, c.amount);
        task(order, &format!("k{number}"), TaskKind::Capture, Role::Finance, &reason, c.since, answers)
    };
    order.captures.iter().filter(waits).map(shown).collect()
}

fn refunds(order: &Order) -> Vec<Task> {
    order
        .refunds
        .iter()
        .filter(|r| matches!(r.status, RefundStatus::Manual | RefundStatus::Failed))
        .map(|r| {
            let number = r.id.as_str().rsplit_once("-r").map_or("0", |(_, n)| n);
            let mut answers = vec![post(order, "settle", &format!("refunds/{}/settle", r.id))];
            let refusal = refund_pace::refusal(order, r, r.since);
            if refusal.is_none() {
                answers.insert(0, post(order, "retry", &format!("refunds/{}/retry", r.id)));
            }
            if refund_pace::is_charged_back(order, r) {
                answers.push(post(order, "decline", &format!("refunds/{}/decline", r.id)));
            }
            let why = refusal.map(|no| format!(" ({no})")).unwrap_or_default();
            let reason = format!("{} of {}: {}{why}", r.id, r.amount, r.reason);
            task(order, &format!("r{number}"), TaskKind::Refund, Role::Finance, &reason, r.since, answers)
        })
        .collect()
}

/// Refunds that one person asked for and another has to agree to. Of an order that is undone all is owed and goes back, but for a
/// deposit that is kept.
fn approvals(order: &Order) -> Vec<Task> {
    let is_free = |r: &Refund| !order.is_undone() || order.is_of_kept_deposit(r);
    let waits = |r: &&Refund| r.status == RefundStatus::Requested && is_free(r);
    let shown = |r: &Refund| {
        let number = r.id.as_str().rsplit_once("-r").map_or("0", |(_, n)| n);
        let answers = vec![
            post(order, "approve", &format!("refunds/{}/approval", r.id)),
            post(order, "decline", &format!("refunds/{}/decline", r.id)),
        ];
        let by = r.asked_by.as_deref().unwrap_or("somebody");
        let reason = format!("{} of {}, asked for by {by}: {}", r.id, r.amount, r.reason);
        task(order, &format!("s{number}"), TaskKind::RefundApproval, Role::Finance, &reason, r.since, answers)
    };
    order.refunds.iter().filter(waits).map(shown).collect()
}

fn post(order: &Order, answer: &str, path: &str) -> Answer {
    Answer::post(answer, format!("/v1/orders/{}/{path}", order.id))
}

fn task(
    order: &Order,
    part: &str,
    kind: TaskKind,
    role: Role,
    reason: &str,
    since: Timestamp,
    answers: Vec<Answer>,
) -> Task {
    Task {
        task_id: format!("{}.{part}", order.id),
        kind,
        role,
        order_id: Some(order.id.clone()),
        reason: reason.into(),
        since,
        answers,
    }
}
