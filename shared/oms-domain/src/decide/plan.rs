//! From confirmed to released: which location ships what. What is set aside follows by itself from whatever lets the
//! order go on ([`follow`]); only units that are set aside nowhere need somebody to look for stock ([`plan`]).

use std::collections::BTreeMap;

use crate::allocation::{self, Demand};
use crate::decide::placement::{MOST_STOCK_ROWS, stock_rows};
use crate::event::{Allotment, OrderEvent, ShipmentLine};
use crate::id::{LocationId, ShipmentId};
use crate::location::Location;
use crate::machine::Machine;
use crate::order::Order;
use crate::policy::Context;
use crate::refusal::Refusal;
use crate::status::{OrderStatus, ReservationStatus, ShipmentStatus};
use crate::stock::StockLevel;

/// The first wait before open quantity is planned again, in seconds; it doubles up to an hour.
const FIRST_RETRY_SECONDS: i64 = 60;

fn moves_goods(order: &Order) -> bool {
    let status = match order.status {
        OrderStatus::Confirmed | OrderStatus::InFulfilment => true,
        OrderStatus::Received
        | OrderStatus::Validated
        | OrderStatus::AwaitingPayment
        | OrderStatus::Completed
        | OrderStatus::Closed
        | OrderStatus::Rejected
        | OrderStatus::Expired
        | OrderStatus::Cancelling
        | OrderStatus::Cancelled => false,
    };
    status && !order.is_held()
}

/// What the order's own state is enough to decide: shipments for units that are set aside, and the handing over of
/// those that are planned. `decided` is what this decision has brought so far.
pub(super) fn follow(order: &Order, decided: &[OrderEvent]) -> Vec<OrderEvent> {
    if !moves_goods(order) {
        return Vec::new();
    }
    let released = release(order, decided);
    if !released.is_empty() {
        return released;
    }
    let (allotments, open) = from_reservations(order);
    if open.is_empty() { shipments(order, &allotments) } else { Vec::new() }
}

/// Shipments for everything that has none, wherever there is stock. What is planned already is handed over.
pub(super) fn plan(order: &Order, levels: &[StockLevel], locations: &[Location], ctx: &Context<'_>) -> Vec<OrderEvent> {
    if !moves_goods(order) {
        return Vec::new();
    }
    let (mut allotments, open) = from_reservations(order);
    let mut failed = None;
    if !open.is_empty() {
        let request = allocation::Request::new(order, locations, levels);
        match allocation::allocate(&open, &request) {
            // As at placement, a transaction has room for so many stock rows.
            Ok(found) if stock_rows(allotments.iter().chain(&found)) > MOST_STOCK_ROWS => {
                failed = Some("the stock for this is spread too thinly to plan it at once".into());
            }
            Ok(found) => allotments.extend(found),
            Err(short) => {
                let skus: Vec<String> = short.iter().map(ToString::to_string).collect();
                failed = Some(format!("no location can ship {}", skus.join(", ")));
            }
        }
    }
    let mut events = release(order, &[]);
    events.extend(shipments(order, &allotments));
    if let Some(detail) = failed {
        let attempts = order.plan_failure.as_ref().map_or(0, |f| f.attempts).min(6);
        let wait = FIRST_RETRY_SECONDS.saturating_mul(1 << attempts).min(3600);
        events.push(OrderEvent::PlanFailed { retry_at: ctx.after(wait), detail });
    }
    events
}

/// Open units for which stock is held already, and those for which it is not.
fn from_reservations(order: &Order) -> (Vec<Allotment>, Vec<Demand>) {
    let mut allotments = Vec::new();
    let mut open = Vec::new();
    for mut demand in allocation::demand(order) {
        let held = order
            .reservations
            .iter()
            .filter(|r| r.status == ReservationStatus::Held && r.allotment.line_id == demand.line_id);
        for reservation in held {
            let quantity = demand.quantity.min(reservation.allotment.quantity);
            if quantity > 0 {
                demand.quantity -= quantity;
                allotments.push(Allotment { quantity, ..reservation.allotment.clone() });
            }
        }
        if demand.quantity > 0 {
            open.push(demand);
        }
    }
    (allotments, open)
}

/// One shipment for each location.
fn shipments(order: &Order, allotments: &[Allotment]) -> Vec<OrderEvent> {
    let mut by_location: BTreeMap<&LocationId, Vec<ShipmentLine>> = BTreeMap::new();
    for allotment in allotments {
        let lines = by_location.entry(&allotment.location_id).or_default();
        if let Some(line) = lines.iter_mut().find(|l| l.line_id == allotment.line_id) {
            line.quantity += allotment.quantity;
            continue;
        }
        lines.push(ShipmentLine {
            line_id: allotment.line_id.clone(),
            channel_line_id: order.body.line(&allotment.line_id).and_then(|l| l.channel_line_id.clone()),
            sku: allotment.sku.clone(),
            quantity: allotment.quantity,
        });
    }
    by_location
        .into_iter()
        .enumerate()
        .map(|(i, (location_id, lines))| OrderEvent::ShipmentPlanned {
            shipment_id: ShipmentId::of(&order.id, order.shipments.len() + i + 1),
            location_id: location_id.clone(),
            lines,
        })
        .collect()
}

/// Planned shipments go to their locations. One that the same decision has planned is described there.
fn release(order: &Order, decided: &[OrderEvent]) -> Vec<OrderEvent> {
    let described = |id: &ShipmentId| {
        decided.iter().any(|e| matches!(e, OrderEvent::ShipmentPlanned { shipment_id, .. } if shipment_id == id))
    };
    order
        .shipments
        .iter()
        .filter(|s| s.status == ShipmentStatus::Planned)
        .map(|s| {
            let described = described(&s.id);
            OrderEvent::ShipmentMoved {
                shipment_id: s.id.clone(),
                to: ShipmentStatus::Released,
                carrier: None,
                tracking_number: None,
                detail: None,
                lines: if described { Vec::new() } else { s.lines.clone() },
                location_id: (!described).then(|| s.location_id.clone()),
            }
        })
        .collect()
}

pub(super) fn retry(order: &Order) -> Result<Vec<OrderEvent>, Refusal> {
    if order.plan_failure.is_some() && moves_goods(order) {
        Ok(vec![OrderEvent::PlanRetried])
    } else {
        Err(Refusal::WrongState { status: order.status.name() })
    }
}
