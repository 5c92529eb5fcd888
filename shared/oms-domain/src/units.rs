//! How far the units of an order have come: in shipments, promised, still to be planned, still to leave.

use crate::body::{DeliveryType, Line};
use crate::id::LineId;
use crate::order::{Order, Reservation, Shipment};
use crate::status::ShipmentStatus;

impl Order {
    /// Whether any line leaves a shelf.
    #[must_use]
    pub fn needs_stock(&self) -> bool {
        self.body.delivery.kind != DeliveryType::Digital && self.body.lines.iter().any(Line::is_stocked)
    }

    /// Units of a line that a shipment in one of the wanted states carries.
    #[must_use]
    pub fn units(&self, line: &LineId, wanted: impl Fn(&Shipment) -> bool) -> u32 {
        self.shipments
            .iter()
            .filter(|s| wanted(s))
            .flat_map(|s| s.lines.iter())
            .filter(|l| l.line_id == *line)
            .fold(0, |sum, l| sum.saturating_add(l.quantity))
    }

    /// Units of a stocked line that no living shipment carries yet.
    #[must_use]
    pub fn unplanned(&self, line: &Line) -> u32 {
        if !line.is_stocked() || !self.needs_stock() {
            return 0;
        }
        let planned = self.units(&line.line_id, |s| match s.status {
            ShipmentStatus::Rejected | ShipmentStatus::Cancelled => false,
            ShipmentStatus::Backordered
            | ShipmentStatus::Scheduled
            | ShipmentStatus::Planned
            | ShipmentStatus::Released
            | ShipmentStatus::Accepted
            | ShipmentStatus::Packed
            | ShipmentStatus::Shipped
            | ShipmentStatus::InTransit
            | ShipmentStatus::Delivered
            | ShipmentStatus::Exception
            | ShipmentStatus::Lost
            | ShipmentStatus::ReturnedToSender => true,
        });
        self.wanted(line).saturating_sub(planned)
    }

    /// Whether any unit still has to be planned.
    #[must_use]
    pub fn has_unplanned(&self) -> bool {
        self.body.lines.iter().any(|l| self.unplanned(l) > 0)
    }

    /// Promised units that have not ended.
    pub fn live_reservations(&self) -> impl Iterator<Item = &Reservation> {
        self.reservations.iter().filter(|r| r.status.is_active())
    }

    /// Whether a location still has to answer a request to stop: until then nothing is compensated.
    #[must_use]
    pub fn awaits_location(&self) -> bool {
        self.shipments.iter().any(|s| s.cancel_requested_at.is_some() && s.status.is_open_at_location())
    }

    /// Whether anything still has to leave a location.
    #[must_use]
    pub fn has_unshipped(&self) -> bool {
        self.has_unplanned() || self.shipments.iter().any(|s| s.status.is_open_at_location())
    }

    /// Whether all that left is lost or on its way back, and nothing is left to leave: no unit arrived or will.
    #[must_use]
    pub fn came_to_nothing(&self) -> bool {
        let mut left = self.shipments.iter().filter(|s| s.status.has_shipped()).peekable();
        left.peek().is_some()
            && left.all(|s| matches!(s.status, ShipmentStatus::Lost | ShipmentStatus::ReturnedToSender))
            && !self.has_unshipped()
    }

    /// Whether a part has left and another part has not: too late to undo the order, early enough to keep the rest.
    #[must_use]
    pub fn is_partly_shipped(&self) -> bool {
        self.has_shipped() && self.has_unshipped()
    }
}
