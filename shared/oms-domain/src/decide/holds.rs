//! Answers of people to holds and anomalies.

use crate::decide::compensate::begin_undoing;
use crate::event::{OrderEvent, Rejection, RejectionCode};
use crate::id::HoldId;
use crate::machine::Machine;
use crate::order::{Hold, Order};
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

pub(super) fn release(order: &Order, id: &HoldId, reason: &str) -> Result<Vec<OrderEvent>, Refusal> {
    let hold = active(order, id)?;
    let mut events = vec![OrderEvent::HoldReleased { hold_id: id.clone(), reason: reason.into() }];
    // Whoever lifts this hold says that what was paid settles the order. An order that nobody has paid for at all
    // stays unpaid: the hold was about money that does not count (another currency).
    if hold.kind == HoldKind::PaymentMismatch && order.captured()?.is_positive() {
        events.push(OrderEvent::PaymentAccepted);
    }
    Ok(events)
}

pub(super) fn reject(order: &Order, id: &HoldId, reason: &str) -> Result<Vec<OrderEvent>, Refusal> {
    active(order, id)?;
    let mut events = vec![OrderEvent::HoldRejected { hold_id: id.clone(), reason: reason.into() }];
    events.extend(undo(order, reason));
    Ok(events)
}

/// What a rejected or expired hold does to its order.
pub(super) fn undo(order: &Order, reason: &str) -> Vec<OrderEvent> {
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
