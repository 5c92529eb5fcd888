//! What has to be on the shelves: counted once, less what left, and promised as the orders say. Kept beside the tables
//! and compared with them after every change.

use std::collections::{BTreeMap, BTreeSet};

use oms_domain::order::Order;
use oms_domain::status::ReservationStatus;
use oms_domain::stock::StockLevel;

/// A location and a SKU.
type Row = (String, String);

/// What has to be there.
#[derive(Debug, Default)]
pub struct Shelves {
    on_hand: BTreeMap<Row, i64>,
    /// Held and committed units by order number.
    promised: BTreeMap<u16, BTreeMap<Row, (i64, i64)>>,
    /// Rows that people have counted: only there may fewer lie than are promised.
    counted: BTreeSet<Row>,
}

fn row(level: &StockLevel) -> Row {
    (level.location_id.to_string(), level.sku.to_string())
}

impl Shelves {
    /// As they are at the beginning.
    #[must_use]
    pub fn new(levels: Vec<StockLevel>) -> Self {
        let on_hand = levels.iter().map(|level| (row(level), level.on_hand)).collect();
        Self { on_hand, ..Self::default() }
    }

    /// An order has changed.
    ///
    /// # Panics
    /// When more left than lay there, and nobody had counted wrong.
    pub fn moved(&mut self, order: u16, before: Option<&Order>, after: &Order) {
        let mut promised: BTreeMap<Row, (i64, i64)> = BTreeMap::new();
        for reservation in &after.reservations {
            let a = &reservation.allotment;
            let sum = promised.entry((a.location_id.to_string(), a.sku.to_string())).or_default();
            match reservation.status {
                ReservationStatus::Held => sum.0 += i64::from(a.quantity),
                ReservationStatus::Committed => sum.1 += i64::from(a.quantity),
                ReservationStatus::Consumed | ReservationStatus::Released | ReservationStatus::Expired => {}
            }
        }
        self.promised.insert(order, promised);
        let was = before.map(gone).unwrap_or_default();
        for (row, units) in gone(after) {
            let left = units - was.get(&row).copied().unwrap_or(0);
            let there = self.on_hand.entry(row.clone()).or_default();
            *there -= left;
            if *there < 0 {
                assert!(self.counted.contains(&row), "{left} left {row:?} where fewer lay");
                *there = 0;
            }
        }
    }

    /// People have counted: the table shows what they found, or what it did before.
    ///
    /// # Panics
    /// When it shows something else.
    pub fn counted(&mut self, levels: &[StockLevel], place: &str, sku: &str, found: u32) {
        let at = (place.to_owned(), sku.to_owned());
        let Some(level) = levels.iter().find(|level| row(level) == at) else { return };
        let expected = self.on_hand.entry(at.clone()).or_default();
        assert!([*expected, i64::from(found)].contains(&level.on_hand), "{at:?}: counted {found}, {level:?}");
        if level.on_hand != *expected {
            *expected = level.on_hand;
            self.counted.insert(at);
        }
    }

    /// Whether the tables agree.
    ///
    /// # Panics
    /// When they do not.
    pub fn check(&self, levels: &[StockLevel]) {
        for level in levels {
            let row = row(level);
            let sum = |sum: (i64, i64), (held, committed): &(i64, i64)| (sum.0 + held, sum.1 + committed);
            let promised = self.promised.values().filter_map(|rows| rows.get(&row)).fold((0, 0), sum);
            assert_eq!((level.held, level.committed), promised, "held and committed of {row:?}");
            assert!(level.on_hand >= 0, "{row:?}: {} on hand", level.on_hand);
            assert_eq!(Some(&level.on_hand), self.on_hand.get(&row), "on hand of {row:?}");
            assert!(level.free() >= 0 || self.counted.contains(&row), "{row:?} is oversold: {level:?}");
        }
    }
}

/// Units that have left for good.
fn gone(order: &Order) -> BTreeMap<Row, i64> {
    let mut gone = BTreeMap::new();
    for reservation in order.reservations.iter().filter(|r| r.status == ReservationStatus::Consumed) {
        let a = &reservation.allotment;
        *gone.entry((a.location_id.to_string(), a.sku.to_string())).or_default() += i64::from(a.quantity);
    }
    gone
}
