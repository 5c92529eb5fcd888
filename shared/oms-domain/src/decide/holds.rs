//! Holds and anomalies: how they are raised, and what people's answers, or their silence, do.

use crate::capture::is_relied_on;
use crate::decide::compensate::begin_undoing;
use crate::event::{OrderEvent, Rejection, RejectionCode};
use crate::id::HoldId;
use crate::machine::Machine;
use crate::order::{Hold, Order};
use crate::policy::Context;
use crate::refusal::Refusal;
use crate::status::{HoldKind, HoldStatus, OrderStatus};

fn active<'a>(order: &'a Order, id: &HoldId) -> Result<&'a Hold, Refusal> {
    let hold = order.hold(id).ok_or_else(|| Refusal::Unknown { kind: "hold", id: id.to_string() })?;
    if hold.status == HoldStatus::Active {
        Ok(hold)
    } else {
        Err(Refusal::ThingState { kind: "hold", id: id.to_string(), status: hold.status.name() })
    }
}

pub(super) fn release(order: &Order, id: &HoldId, reason: &str, ctx: &Context<'_>) -> Result<Vec<OrderEvent>, Refusal> {
    let hold = active(order, id)?;
    let mut events = vec![OrderEvent::HoldReleased { hold_id: id.clone(), reason: reason.into() }];
    // Whoever lifts this hold says that what was paid settles the order, also where goods were promised for money that
    // did not come. Of an order that is not confirmed, and whose money is not there or on its way back, the hold was about
    // money that does not count: it stays unpaid.
    let is_short = is_relied_on(order) && !order.is_secured();
    let settles = is_short || order.refundable_total()?.is_positive();
    if hold.kind == HoldKind::PaymentMismatch && settles {
        events.push(OrderEvent::PaymentAccepted);
    }
    events.extend(time_to_pay(order, &events, ctx));
    Ok(events)
}

/// Whoever lets an order go on lets it be paid: it does not expire in the same moment.
pub(super) fn time_to_pay(order: &Order, lifted: &[OrderEvent], ctx: &Context<'_>) -> Option<OrderEvent> {
    let state = super::after(order, lifted, ctx.now);
    let unpaid = state.status == OrderStatus::AwaitingPayment && !state.is_held() && !state.is_covered();
    let is_over = unpaid && state.payment_deadline.is_some_and(|d| d <= ctx.now);
    let deadline = ctx.after(ctx.policy.payment_window_seconds);
    is_over.then_some(OrderEvent::PaymentRequested { deadline, terms: order.terms })
}

pub(super) fn reject(order: &Order, id: &HoldId, reason: &str) -> Result<Vec<OrderEvent>, Refusal> {
    active(order, id)?;
    // What has left cannot be undone, and what has not must not leave because somebody said no.
    if order.is_partly_shipped() && !order.is_undone() {
        return Err(Refusal::AlreadyShipped);
    }
    let mut events = vec![OrderEvent::HoldRejected { hold_id: id.clone(), reason: reason.into() }];
    events.extend(undo(order, reason));
    Ok(events)
}

/// Holds whose deadline has passed, and what follows. Silence never lets goods go: the rest of an order of which a
/// part has left stays held, since it can be neither undone nor released without a person.
pub(super) fn expire(order: &Order, ctx: &Context<'_>) -> Vec<OrderEvent> {
    let mut events: Vec<OrderEvent> = order
        .expiring_holds()
        .filter(|h| h.deadline <= ctx.now)
        .map(|h| OrderEvent::HoldExpired { hold_id: h.id.clone() })
        .collect();
    if !events.is_empty() {
        events.extend(undo(order, "nobody answered the hold in time"));
    }
    events
}

/// A hold under the order's next number; `ahead` counts those decided in the same go.
pub(super) fn place(order: &Order, ahead: usize, kind: HoldKind, reason: String, ctx: &Context<'_>) -> OrderEvent {
    OrderEvent::HoldPlaced {
        hold_id: HoldId::number(order.holds.len() + ahead + 1),
        kind,
        reason,
        deadline: ctx.after(ctx.policy.hold_window_seconds),
    }
}

/// What a rejected or expired hold does to its order.
fn undo(order: &Order, reason: &str) -> Vec<OrderEvent> {
    match order.status {
        OrderStatus::Received | OrderStatus::Validated => vec![OrderEvent::Rejected {
            reasons: vec![Rejection { line_id: None, code: RejectionCode::HoldRejected, detail: reason.into() }],
        }],
        OrderStatus::AwaitingPayment | OrderStatus::Confirmed | OrderStatus::InFulfilment if !order.has_shipped() => {
            begin_undoing(order, reason)
        }
        OrderStatus::AwaitingPayment
        | OrderStatus::Confirmed
        | OrderStatus::InFulfilment
        | OrderStatus::Completed
        | OrderStatus::Closed => vec![anomaly(order, 0, "hold_rejected_after_shipping", reason)],
        OrderStatus::Rejected | OrderStatus::Expired | OrderStatus::Cancelling | OrderStatus::Cancelled => Vec::new(),
    }
}

/// An anomaly event with the order's next number; `ahead` counts those already decided in the same go.
pub(super) fn anomaly(order: &Order, ahead: usize, what: &str, detail: impl Into<String>) -> OrderEvent {
    OrderEvent::AnomalyRaised {
        anomaly_id: format!("a{}", order.anomalies.len() + ahead + 1),
        what: what.into(),
        detail: detail.into(),
    }
}

pub(super) fn close_anomaly(order: &Order, id: &str, reason: &str) -> Result<Vec<OrderEvent>, Refusal> {
    let found = order.anomalies.iter().find(|a| a.id == id);
    let anomaly = found.ok_or_else(|| Refusal::Unknown { kind: "anomaly", id: id.to_owned() })?;
    if anomaly.closed {
        return Ok(Vec::new());
    }
    Ok(vec![OrderEvent::AnomalyClosed { anomaly_id: id.to_owned(), reason: reason.into() }])
}
