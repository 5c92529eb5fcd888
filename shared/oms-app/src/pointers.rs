//! Pointers: rows by which something is found, beside the orders that they lead to.
//!
//! A pointer is written before the commit that it points to, and one that is out of date is taken away after the commit that
//! made it so. So whatever crashes, what is stored can be found; and what is found may be not so (yet, or any more), which
//! every reader sees by the order itself. That costs one write where a row within the commit's transaction would cost two,
//! and its index entry one more.

use jiff::Timestamp;
use oms_domain::id::{Carrier, LocationId, ShipmentId, TrackingNumber};
use oms_domain::order::{Order, Shipment};

/// Where a shipment stands in its location's work list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum WorkList {
    /// The location has to do something.
    Open,
    /// It has left, or was withdrawn.
    Done,
}

impl WorkList {
    /// The list that a shipment belongs in.
    #[must_use]
    pub fn of(shipment: &Shipment) -> Self {
        if shipment.status.is_open_at_location() { Self::Open } else { Self::Done }
    }
}

/// A shipment's entry in a list of its location.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct WorkEntry {
    /// Whose list.
    pub location_id: LocationId,
    /// Which list.
    pub list: WorkList,
    /// Its place in the list: when it was planned, to the millisecond.
    pub since: Timestamp,
    /// The shipment.
    pub shipment_id: ShipmentId,
}

impl WorkEntry {
    fn of(shipment: &Shipment, list: WorkList) -> Self {
        Self {
            location_id: shipment.location_id.clone(),
            list,
            since: shipment.planned_at,
            shipment_id: shipment.id.clone(),
        }
    }
}

/// A row to find something by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pointer {
    /// A shipment, by its location.
    Work(WorkEntry),
    /// A shipment, by its tracking number. A number that a carrier gives out again leads to the newest parcel.
    Tracking {
        /// The carrier.
        carrier: Carrier,
        /// The number.
        tracking_number: TrackingNumber,
        /// Whose parcel.
        shipment_id: ShipmentId,
    },
}

/// What a commit needs to be found by, and the list entries that it puts out of date.
pub(crate) fn pointers(before: &Order, after: &Order) -> (Vec<Pointer>, Vec<WorkEntry>) {
    let mut points = Vec::new();
    let mut stale = Vec::new();
    for shipment in &after.shipments {
        let was = before.shipment(&shipment.id);
        let list = WorkList::of(shipment);
        let old = was.map(WorkList::of);
        if old != Some(list) {
            points.push(Pointer::Work(WorkEntry::of(shipment, list)));
            stale.extend(old.map(|old| WorkEntry::of(shipment, old)));
        }
        if let (Some(carrier), Some(tracking_number)) = (&shipment.carrier, &shipment.tracking_number)
            && was.is_none_or(|w| w.tracking_number.is_none())
        {
            points.push(Pointer::Tracking {
                carrier: carrier.clone(),
                tracking_number: tracking_number.clone(),
                shipment_id: shipment.id.clone(),
            });
        }
    }
    (points, stale)
}
