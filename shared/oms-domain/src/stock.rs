//! Stock at a location: what is there, what is promised, and how a change of reservations moves it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::{LocationId, Sku};
use crate::order::Reservation;
use crate::status::ReservationStatus;

/// The counters of one SKU at one location, in units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockLevel {
    /// Where.
    pub location_id: LocationId,
    /// What.
    pub sku: Sku,
    /// Counted on the shelf.
    pub on_hand: i64,
    /// Set aside for orders that are not covered yet.
    pub held: i64,
    /// Part of planned shipments.
    pub committed: i64,
    /// Never promised.
    pub safety_stock: i64,
    /// Raised by every change; the `ETag` of the row.
    pub version: u64,
}

impl StockLevel {
    /// An empty shelf.
    #[must_use]
    pub fn empty(location_id: LocationId, sku: Sku) -> Self {
        Self { location_id, sku, on_hand: 0, held: 0, committed: 0, safety_stock: 0, version: 0 }
    }

    /// On hand − held − committed − safety stock; below zero when a count came in under what is promised.
    #[must_use]
    pub fn free(&self) -> i64 {
        self.on_hand.saturating_sub(self.held).saturating_sub(self.committed).saturating_sub(self.safety_stock)
    }

    /// What may still be promised.
    #[must_use]
    pub fn available(&self) -> u32 {
        u32::try_from(self.free().max(0)).unwrap_or(u32::MAX)
    }

    /// How many promised units the shelf does not have.
    #[must_use]
    pub fn short(&self) -> i64 {
        self.held.saturating_add(self.committed).saturating_sub(self.on_hand).max(0)
    }
}

/// One conditional change of one stock row, in units. The store refuses it when `on_hand`, `held` or `committed`
/// would fall below zero, or when `takes` is more than is free.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockMove {
    /// Where.
    pub location_id: LocationId,
    /// What.
    pub sku: Sku,
    /// Change of what is on the shelf.
    pub on_hand: i64,
    /// Change of what is set aside.
    pub held: i64,
    /// Change of what is in planned shipments.
    pub committed: i64,
    /// Newly promised units, which must be free; 0 when nothing new is promised.
    pub takes: i64,
}

impl StockMove {
    /// The change of the free units that follows.
    #[must_use]
    pub fn free(&self) -> i64 {
        self.on_hand.saturating_sub(self.held).saturating_sub(self.committed)
    }
}

/// Units of one SKU at one location by what the reservations say of them: held, committed, gone.
type Promised = BTreeMap<(LocationId, Sku), (i64, i64, i64)>;

fn promised<'a>(reservations: impl IntoIterator<Item = &'a Reservation>) -> Promised {
    let mut sums = Promised::new();
    for r in reservations {
        let units = i64::from(r.allotment.quantity);
        let (held, committed, gone) = match r.status {
            ReservationStatus::Held => (units, 0, 0),
            ReservationStatus::Committed => (0, units, 0),
            ReservationStatus::Consumed => (0, 0, units),
            ReservationStatus::Released | ReservationStatus::Expired => continue,
        };
        let sum = sums.entry((r.allotment.location_id.clone(), r.allotment.sku.clone())).or_default();
        *sum = (sum.0 + held, sum.1 + committed, sum.2 + gone);
    }
    sums
}

/// How stock moves when an order's reservations change: one move for each row, since a transaction may touch a row
/// only once (an order can have two lines of one SKU).
#[must_use]
pub fn moves<'a>(
    before: impl IntoIterator<Item = &'a Reservation>,
    after: impl IntoIterator<Item = &'a Reservation>,
) -> Vec<StockMove> {
    let before = promised(before);
    let mut changes = promised(after);
    for (row, (held, committed, gone)) in before {
        let change = changes.entry(row).or_default();
        *change = (change.0 - held, change.1 - committed, change.2 - gone);
    }
    changes
        .into_iter()
        .filter(|(_, change)| *change != (0, 0, 0))
        .map(|((location_id, sku), (held, committed, gone))| StockMove {
            location_id,
            sku,
            on_hand: -gone,
            held,
            committed,
            takes: (held + committed + gone).max(0),
        })
        .collect()
}
