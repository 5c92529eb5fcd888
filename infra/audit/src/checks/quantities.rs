//! Units of lines, of shipments, and of promises. What is open, shipped and cancelled of a line follows from its shipments, so it is
//! the shipments that must not carry more than was ordered.

use oms_domain::order::{Order, Shipment};
use oms_domain::status::{ReservationStatus, ShipmentStatus};

use super::Findings;
use crate::report::Check;

pub(super) fn check(order: &Order, findings: &mut Findings<'_>) {
    for line in &order.body.lines {
        let id = &line.line_id;
        let promised = |wanted: &[ReservationStatus]| -> u32 {
            let of_line = order.reservations.iter().filter(|r| r.allotment.line_id == *id);
            of_line.filter(|r| wanted.contains(&r.status)).map(|r| r.allotment.quantity).sum()
        };
        let living = order.units(id, lives);
        let cancelled = order.cancelled_units(id);
        findings.hold(Check::Quantities, cancelled <= line.quantity, || {
            format!("line {id}: {cancelled} units cancelled, {} ordered", line.quantity)
        });
        let wanted = order.wanted(line);
        findings.hold(Check::Quantities, living <= wanted, || {
            format!("line {id}: {living} units in shipments, {wanted} ordered")
        });
        let bound = promised(&[ReservationStatus::Committed, ReservationStatus::Consumed]);
        findings.hold(Check::Quantities, bound == living, || {
            format!("line {id}: {bound} units committed or consumed, {living} in shipments")
        });
        let held = promised(&[ReservationStatus::Held]);
        findings.hold(Check::Quantities, held + living <= wanted, || {
            format!("line {id}: {held} units held and {living} in shipments, {wanted} ordered")
        });
    }
    for shipment in &order.shipments {
        let fits = !shipment.lines.is_empty()
            && shipment.lines.iter().all(|part| {
                order.body.line(&part.line_id).is_some_and(|line| line.sku == part.sku && line.is_stocked())
            });
        findings.hold(Check::Quantities, fits, || format!("{} carries what was not ordered", shipment.id));
    }
    for reservation in &order.reservations {
        let line = order.body.line(&reservation.allotment.line_id);
        let fits = reservation.allotment.quantity > 0 && line.is_some_and(|l| l.sku == reservation.allotment.sku);
        findings.hold(Check::Quantities, fits, || {
            format!("{} of {} promised to no line", reservation.allotment.quantity, reservation.allotment.sku)
        });
    }
}

fn lives(shipment: &Shipment) -> bool {
    !matches!(shipment.status, ShipmentStatus::Rejected | ShipmentStatus::Cancelled)
}
