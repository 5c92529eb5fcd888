//! Stock rows against what all orders together hold and have committed.
//!
//! A scan of orders takes its time, and a shop does not stop for it. Every change of a stock row raises its version, and is one
//! transaction with the order's commit. So the stock is read before the orders and after them: a row whose version is the same
//! did not move in between, and its sums must be right to the unit; of one that moved nothing is said.

use std::collections::BTreeMap;

use oms_aws::keys;
use oms_aws::rows::Item;
use oms_domain::id::{LocationId, Sku};
use oms_domain::order::Order;
use oms_domain::status::ReservationStatus;

use crate::item;
use crate::report::{Check, Violation};

/// A SKU at a location.
pub type Shelf = (Sku, LocationId);

/// A stock row's counters as they are stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockRow {
    /// Counted on the shelf.
    pub on_hand: i64,
    /// Set aside.
    pub held: i64,
    /// In planned shipments.
    pub committed: i64,
    /// Never promised.
    pub safety_stock: i64,
    /// What may still be promised, kept beside the others.
    pub free: i64,
    /// Raised by every change.
    pub version: i64,
}

/// All stock rows at one time.
#[derive(Debug, Clone, Default)]
pub struct Stock {
    /// By shelf.
    pub rows: BTreeMap<Shelf, StockRow>,
    /// What could not be read.
    pub unreadable: Vec<Violation>,
}

impl Stock {
    /// Takes a row of the stock table; products and locations have no counters.
    pub fn add(&mut self, row: &Item) {
        let (pk, sk) = (item::partition(row), item::place(row));
        let Some(location) = sk.strip_prefix(keys::LEVEL_PREFIX) else { return };
        let count = |name| item::number(row, name);
        let shelf = pk
            .strip_prefix("SKU#")
            .and_then(|sku| Sku::parse(sku).ok())
            .and_then(|sku| LocationId::parse(location).ok().map(|location| (sku, location)));
        let level = (|| {
            Some(StockRow {
                on_hand: count("on_hand")?,
                held: count("held")?,
                committed: count("committed")?,
                safety_stock: count("safety_stock")?,
                free: count("free")?,
                version: count("version")?,
            })
        })();
        match (shelf, level) {
            (Some(shelf), Some(level)) => {
                self.rows.insert(shelf, level);
            }
            (None, _) | (_, None) => {
                let subject = format!("{pk} {sk}");
                self.unreadable.push(Violation::new(Check::Unreadable, subject, "a counter is missing"));
            }
        }
    }
}

/// What orders hold and have committed, by shelf.
#[derive(Debug, Clone, Default)]
pub struct Promises(BTreeMap<Shelf, (i64, i64)>);

impl Promises {
    /// Adds what an order has set aside.
    pub fn add(&mut self, order: &Order) {
        for reservation in order.live_reservations() {
            let units = i64::from(reservation.allotment.quantity);
            let shelf = (reservation.allotment.sku.clone(), reservation.allotment.location_id.clone());
            let sum = self.0.entry(shelf).or_default();
            match reservation.status {
                ReservationStatus::Held => sum.0 += units,
                ReservationStatus::Committed => sum.1 += units,
                ReservationStatus::Consumed | ReservationStatus::Released | ReservationStatus::Expired => {}
            }
        }
    }

    /// Compares them with the stock before and after they were read. How many rows could be compared, and how many moved.
    pub fn compare(&self, before: &Stock, after: &Stock, violations: &mut Vec<Violation>) -> (u64, u64) {
        violations.extend(after.unreadable.iter().cloned());
        let (mut compared, mut moving) = (0, 0);
        for (shelf, row) in &after.rows {
            counters(shelf, row, violations);
            if before.rows.get(shelf).map(|before| before.version) != Some(row.version) {
                moving += 1;
                continue;
            }
            compared += 1;
            let (held, committed) = self.0.get(shelf).copied().unwrap_or_default();
            if (row.held, row.committed) != (held, committed) {
                violations.push(Violation::new(
                    Check::Promises,
                    name(shelf),
                    format!(
                        "the row has {} held and {} committed, all orders together {held} and {committed}",
                        row.held, row.committed
                    ),
                ));
            }
        }
        for (shelf, (held, committed)) in &self.0 {
            if !after.rows.contains_key(shelf) {
                let detail = format!("orders hold {held} and have committed {committed} where there is no stock row");
                violations.push(Violation::new(Check::Promises, name(shelf), detail));
            }
        }
        (compared, moving)
    }
}

fn counters(shelf: &Shelf, row: &StockRow, violations: &mut Vec<Violation>) {
    for (counter, value) in [("on_hand", row.on_hand), ("held", row.held), ("committed", row.committed)] {
        if value < 0 {
            violations.push(Violation::new(Check::StockRow, name(shelf), format!("{counter} is {value}")));
        }
    }
    let free = row.on_hand - row.held - row.committed - row.safety_stock;
    if row.free != free {
        let detail = format!("free is {}, the other counters make it {free}", row.free);
        violations.push(Violation::new(Check::StockRow, name(shelf), detail));
    }
}

fn name((sku, location): &Shelf) -> String {
    format!("{sku} at {location}")
}
