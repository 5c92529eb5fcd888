//! What events do to shipments and to the units promised to them.

use jiff::Timestamp;

use crate::event::{Allotment, OrderEvent, WITHDRAWN};
use crate::id::ShipmentId;
use crate::order::{Order, Reservation, Shipment};
use crate::status::{OrderStatus, ReservationStatus, ShipmentStatus};

impl Order {
    pub(super) fn apply_shipment(&mut self, event: &OrderEvent, at: Timestamp) {
        if let OrderEvent::ShipmentPlanned { shipment_id, location_id, lines } = event {
            self.plan_failure = None;
            for line in lines {
                self.commit_units(shipment_id, location_id, line);
            }
            self.shipments.push(Shipment {
                id: shipment_id.clone(),
                location_id: location_id.clone(),
                status: ShipmentStatus::Planned,
                lines: lines.clone(),
                carrier: None,
                tracking_number: None,
                planned_at: at,
                moved_at: at,
                out_for_delivery: false,
                cancel_requested_at: None,
                overdue: false,
                trouble_closed: false,
            });
            return;
        }
        let Some(id) = shipment_of(event) else { return };
        let Some(shipment) = self.shipments.iter_mut().find(|s| s.id == *id) else { return };
        if let OrderEvent::ShipmentMoved { to, carrier, tracking_number, detail, .. } = event {
            if carrier.is_some() {
                shipment.carrier.clone_from(carrier);
            }
            if tracking_number.is_some() {
                shipment.tracking_number.clone_from(tracking_number);
            }
            // A tracking number that is told late moves nothing.
            if shipment.status == *to {
                return;
            }
            let shipped_now = to.has_shipped() && !shipment.status.has_shipped();
            shipment.status = *to;
            shipment.moved_at = at;
            shipment.overdue = false;
            shipment.trouble_closed = false;
            shipment.out_for_delivery = false;
            let ended = if shipped_now {
                shipment.cancel_requested_at = None;
                Some(ReservationStatus::Consumed)
            } else if matches!(to, ShipmentStatus::Rejected | ShipmentStatus::Cancelled) {
                Some(ReservationStatus::Released)
            } else {
                None
            };
            // A location that stops by itself is not asked again; one that was asked to stop, or that we have taken the
            // shipment from, may be.
            let asked = self.status == OrderStatus::Cancelling
                || shipment.cancel_requested_at.is_some()
                || detail.as_deref() == Some(WITHDRAWN);
            let by_itself = *to == ShipmentStatus::Cancelled && !asked;
            if *to == ShipmentStatus::Rejected || by_itself {
                let location = shipment.location_id.clone();
                self.refusing_locations.insert(location);
            }
            if let Some(ended) = ended {
                for r in
                    self.reservations.iter_mut().filter(|r| r.shipment_id.as_ref() == Some(id) && r.status.is_active())
                {
                    r.status = ended;
                }
            }
        } else if let OrderEvent::OutForDelivery { .. } = event {
            shipment.out_for_delivery = true;
            shipment.moved_at = at;
        } else if let OrderEvent::ShipmentCancelRequested { .. } = event {
            shipment.cancel_requested_at = Some(at);
        } else if let OrderEvent::ShipmentCancelRefused { .. } = event {
            shipment.cancel_requested_at = None;
        } else if let OrderEvent::ShipmentOverdue { .. } = event {
            shipment.overdue = true;
        } else if let OrderEvent::ShipmentTroubleClosed { .. } = event {
            shipment.overdue = false;
            shipment.trouble_closed = true;
            // Silence is counted anew from here.
            shipment.moved_at = at;
        }
    }

    /// Binds units to a shipment: those held at its location first, then newly promised ones.
    fn commit_units(
        &mut self,
        shipment_id: &ShipmentId,
        location: &crate::id::LocationId,
        line: &crate::event::ShipmentLine,
    ) {
        let mut open = line.quantity;
        let mut remainders = Vec::new();
        for r in &mut self.reservations {
            let fits = r.status == ReservationStatus::Held
                && r.allotment.line_id == line.line_id
                && r.allotment.location_id == *location;
            if !fits || open == 0 {
                continue;
            }
            if r.allotment.quantity > open {
                let mut rest = r.clone();
                rest.allotment.quantity -= open;
                remainders.push(rest);
                r.allotment.quantity = open;
            }
            open -= r.allotment.quantity;
            r.status = ReservationStatus::Committed;
            r.shipment_id = Some(shipment_id.clone());
        }
        self.reservations.append(&mut remainders);
        if open > 0 {
            self.reservations.push(Reservation {
                allotment: Allotment {
                    line_id: line.line_id.clone(),
                    sku: line.sku.clone(),
                    location_id: location.clone(),
                    quantity: open,
                },
                status: ReservationStatus::Committed,
                shipment_id: Some(shipment_id.clone()),
            });
        }
    }
}

fn shipment_of(event: &OrderEvent) -> Option<&ShipmentId> {
    if let OrderEvent::ShipmentMoved { shipment_id, .. }
    | OrderEvent::OutForDelivery { shipment_id }
    | OrderEvent::ShipmentCancelRequested { shipment_id, .. }
    | OrderEvent::ShipmentCancelRefused { shipment_id }
    | OrderEvent::ShipmentOverdue { shipment_id }
    | OrderEvent::ShipmentTroubleClosed { shipment_id, .. } = event
    {
        Some(shipment_id)
    } else {
        None
    }
}
