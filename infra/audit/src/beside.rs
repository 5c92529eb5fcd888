//! What stands beside an order's own rows: timers that bring it back, and pointers by which its shipments are found.

use std::collections::BTreeSet;

use oms_app::pointers::{WorkEntry, WorkList};
use oms_aws::keys;
use oms_domain::id::OrderId;
use oms_domain::order::{Order, Shipment};

/// A row's key.
pub type Key = (String, String);

/// What was found beside the orders that are looked at.
#[derive(Debug, Default)]
pub struct Beside {
    /// Orders that a timer brings back.
    pub timed: BTreeSet<OrderId>,
    /// Pointers that are there, among those that should be.
    pub pointers: BTreeSet<Key>,
}

/// Where a shipment's entry in its location's list must be.
#[must_use]
pub fn entry(shipment: &Shipment) -> Key {
    let entry = WorkEntry {
        location_id: shipment.location_id.clone(),
        list: WorkList::of(shipment),
        since: shipment.planned_at,
        shipment_id: shipment.id.clone(),
    };
    (keys::work(&entry.location_id, entry.list), keys::work_place(&entry))
}

/// Where a shipment's tracking number must be, if it has one.
#[must_use]
pub fn number(shipment: &Shipment) -> Option<Key> {
    let (carrier, number) = (shipment.carrier.as_ref()?, shipment.tracking_number.as_ref()?);
    Some((keys::tracking(carrier, number), keys::ALONE.to_owned()))
}

/// All pointers that an order must have. One too many is legal: it is written before its commit, and taken away after.
#[must_use]
pub fn wanted(order: &Order) -> Vec<Key> {
    order.shipments.iter().flat_map(|s| std::iter::once(entry(s)).chain(number(s))).collect()
}
