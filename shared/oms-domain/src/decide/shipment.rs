//! What locations and carriers report. Events apply by rank: a late one never takes a shipment back.

use crate::body::Provider;
use crate::command::{Report, Scan};
use crate::decide::holds::anomaly;
use crate::event::{OrderEvent, WITHDRAWN};
use crate::id::{Carrier, ShipmentId, TrackingNumber};
use crate::machine::Machine;
use crate::order::{Order, Shipment};
use crate::refusal::Refusal;
use crate::status::{OrderStatus, ShipmentStatus};

fn find<'a>(order: &'a Order, id: &ShipmentId) -> Result<&'a Shipment, Refusal> {
    order.shipment(id).ok_or_else(|| Refusal::Unknown { kind: "shipment", id: id.to_string() })
}

fn moved(shipment: &Shipment, to: ShipmentStatus, detail: Option<String>) -> OrderEvent {
    let names_lines = matches!(to, ShipmentStatus::Shipped | ShipmentStatus::Cancelled | ShipmentStatus::Rejected);
    OrderEvent::ShipmentMoved {
        shipment_id: shipment.id.clone(),
        to,
        carrier: None,
        tracking_number: None,
        detail,
        lines: if names_lines { shipment.lines.clone() } else { Vec::new() },
        location_id: names_lines.then(|| shipment.location_id.clone()),
    }
}

pub(super) fn withdrawn(shipment: &Shipment) -> OrderEvent {
    moved(shipment, ShipmentStatus::Cancelled, Some(WITHDRAWN.into()))
}

pub(super) fn report(order: &Order, id: &ShipmentId, report: &Report) -> Result<Vec<OrderEvent>, Refusal> {
    let shipment = find(order, id)?;
    match report {
        Report::Accepted => intent(order, shipment, ShipmentStatus::Accepted),
        Report::Packed => intent(order, shipment, ShipmentStatus::Packed),
        Report::Shipped { carrier, tracking_number } => Ok(shipped(order, shipment, carrier, tracking_number)),
        Report::Delivered => Ok(fact(order, shipment, ShipmentStatus::Delivered, None)),
        Report::Rejected { reason } => Ok(rejected(order, shipment, reason.clone())),
        Report::Cancelled => Ok(fact(order, shipment, ShipmentStatus::Cancelled, Some("by the location".into()))),
        Report::CancelRefused => Ok(cancel_refused(order, shipment)),
        Report::Collected { amount } => collected(order, shipment, *amount),
    }
}

/// Something that a location means to do: it is told to stop when it should not.
fn intent(order: &Order, shipment: &Shipment, to: ShipmentStatus) -> Result<Vec<OrderEvent>, Refusal> {
    if matches!(shipment.status, ShipmentStatus::Cancelled | ShipmentStatus::Rejected) {
        return Err(Refusal::ThingState {
            kind: "shipment",
            id: shipment.id.to_string(),
            status: shipment.status.name(),
        });
    }
    if order.is_held() {
        return Err(Refusal::ThingState { kind: "shipment", id: shipment.id.to_string(), status: "on hold" });
    }
    Ok(fact(order, shipment, to, None))
}

/// Something that has happened: it moves the shipment where the table knows the move, is noted where it comes late,
/// and is shown to people where the table knows nothing.
fn fact(order: &Order, shipment: &Shipment, to: ShipmentStatus, detail: Option<String>) -> Vec<OrderEvent> {
    let now = shipment.status;
    if now == to {
        return Vec::new();
    }
    if now.can_become(to) {
        let mut events = vec![moved(shipment, to, detail)];
        if to.has_shipped() && !now.has_shipped() && order.is_held() {
            events.push(anomaly(
                order,
                0,
                "shipped_while_held",
                format!("{} left while the order is held", shipment.id),
            ));
        }
        if to == ShipmentStatus::Delivered && order.status == OrderStatus::Cancelled {
            let what = format!("{} arrived all the same", shipment.id);
            events.push(anomaly(order, 0, "delivered_after_cancellation", what));
        }
        return events;
    }
    let what = format!("{} is {}, then came {}", shipment.id, now.name(), to.name());
    // Of lower rank it is late. Of the same rank it is another end than the one that is known.
    if to.rank() < now.rank() && (now.has_shipped() || now.is_open_at_location()) {
        return vec![OrderEvent::Noted { what: "late_shipment_event".into(), detail: what, released: None }];
    }
    vec![anomaly(order, 0, "unexpected_shipment_event", what)]
}

fn shipped(order: &Order, shipment: &Shipment, carrier: &Carrier, number: &TrackingNumber) -> Vec<OrderEvent> {
    // A scan or a delivery may come first; the number is still news.
    if shipment.status.has_shipped() && shipment.tracking_number.is_none() {
        return vec![OrderEvent::ShipmentMoved {
            shipment_id: shipment.id.clone(),
            to: shipment.status,
            carrier: Some(carrier.clone()),
            tracking_number: Some(number.clone()),
            detail: Some("tracking number told late".into()),
            lines: shipment.lines.clone(),
            location_id: Some(shipment.location_id.clone()),
        }];
    }
    let mut events = fact(order, shipment, ShipmentStatus::Shipped, None);
    if let Some(OrderEvent::ShipmentMoved { carrier: c, tracking_number: n, .. }) = events.first_mut() {
        *c = Some(carrier.clone());
        *n = Some(number.clone());
    }
    events
}

fn rejected(order: &Order, shipment: &Shipment, reason: Option<String>) -> Vec<OrderEvent> {
    // Asked to stop, a location may as well say that it never began.
    if order.status == OrderStatus::Cancelling && shipment.status.is_open_at_location() {
        return vec![moved(shipment, ShipmentStatus::Cancelled, reason)];
    }
    fact(order, shipment, ShipmentStatus::Rejected, reason)
}

fn cancel_refused(order: &Order, shipment: &Shipment) -> Vec<OrderEvent> {
    if shipment.cancel_requested_at.is_some() && shipment.status.is_open_at_location() {
        let mut events = vec![OrderEvent::ShipmentCancelRefused { shipment_id: shipment.id.clone() }];
        if order.status == OrderStatus::Cancelling {
            events.push(OrderEvent::CancellationRefused);
        }
        return events;
    }
    if shipment.status == ShipmentStatus::Cancelled {
        let detail = format!("{} was withdrawn, then came cancel_refused", shipment.id);
        return vec![anomaly(order, 0, "unexpected_shipment_event", detail)];
    }
    let detail = format!("{} was not asked to stop", shipment.id);
    vec![OrderEvent::Noted { what: "cancel_refused".into(), detail, released: None }]
}

fn collected(order: &Order, shipment: &Shipment, amount: crate::money::Money) -> Result<Vec<OrderEvent>, Refusal> {
    let Some(payment) = order.payments.iter().find(|p| p.provider == Provider::Cod) else {
        return Err(Refusal::Field { field: "event".into(), reason: "this order is not paid on delivery".into() });
    };
    if amount.currency() != order.body.currency || !amount.is_positive() {
        let reason = format!("must be above zero and in {}", order.body.currency);
        return Err(Refusal::Field { field: "amount".into(), reason });
    }
    let captured = payment.captured.add(amount)?;
    let mut events = vec![OrderEvent::PaymentCaptured { payment_id: payment.id.clone(), captured }];
    let due = order.due(payment)?;
    if captured.compare(due)?.is_gt() {
        let detail = format!("{}: {captured} collected, {due} due", shipment.id);
        events.push(anomaly(order, 0, "cash_above_due", detail));
    }
    Ok(events)
}

pub(super) fn scan(order: &Order, id: &ShipmentId, scan: Scan) -> Result<Vec<OrderEvent>, Refusal> {
    let shipment = find(order, id)?;
    Ok(match scan {
        Scan::InTransit => fact(order, shipment, ShipmentStatus::InTransit, None),
        Scan::Delivered => fact(order, shipment, ShipmentStatus::Delivered, None),
        Scan::Exception => fact(order, shipment, ShipmentStatus::Exception, None),
        Scan::Lost => fact(order, shipment, ShipmentStatus::Lost, None),
        Scan::ReturnedToSender => fact(order, shipment, ShipmentStatus::ReturnedToSender, None),
        Scan::OutForDelivery => out_for_delivery(order, shipment),
    })
}

fn out_for_delivery(order: &Order, shipment: &Shipment) -> Vec<OrderEvent> {
    if shipment.out_for_delivery {
        return Vec::new();
    }
    let mut events = match shipment.status {
        ShipmentStatus::InTransit => Vec::new(),
        ShipmentStatus::Backordered
        | ShipmentStatus::Scheduled
        | ShipmentStatus::Planned
        | ShipmentStatus::Released
        | ShipmentStatus::Accepted
        | ShipmentStatus::Packed
        | ShipmentStatus::Shipped
        | ShipmentStatus::Delivered
        | ShipmentStatus::Rejected
        | ShipmentStatus::Cancelled
        | ShipmentStatus::Exception
        | ShipmentStatus::Lost
        | ShipmentStatus::ReturnedToSender => fact(order, shipment, ShipmentStatus::InTransit, None),
    };
    let on_its_way = events.is_empty() || matches!(events.first(), Some(OrderEvent::ShipmentMoved { .. }));
    if on_its_way {
        events.push(OrderEvent::OutForDelivery { shipment_id: shipment.id.clone() });
    }
    events
}

pub(super) fn close_trouble(order: &Order, id: &ShipmentId, reason: &str) -> Result<Vec<OrderEvent>, Refusal> {
    let shipment = find(order, id)?;
    let in_trouble =
        matches!(shipment.status, ShipmentStatus::Exception | ShipmentStatus::Lost | ShipmentStatus::ReturnedToSender);
    if shipment.overdue || (in_trouble && !shipment.trouble_closed) {
        Ok(vec![OrderEvent::ShipmentTroubleClosed { shipment_id: id.clone(), reason: reason.into() }])
    } else {
        Ok(Vec::new())
    }
}
