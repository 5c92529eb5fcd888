//! Capacity units by where they were consumed.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Serialize;

/// A table, or one of its indexes.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The table's name.
    pub table: String,
    /// The index's; none for the table itself.
    pub index: Option<String>,
}

impl Place {
    /// A table itself.
    pub fn table(name: &str) -> Self {
        Self { table: name.to_owned(), index: None }
    }

    /// A table's index.
    pub fn index(table: &str, index: &str) -> Self {
        Self { table: table.to_owned(), index: Some(index.to_owned()) }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.index {
            Some(index) => write!(f, "{} / {index}", self.table),
            None => f.write_str(&self.table),
        }
    }
}

impl Serialize for Place {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What calls consumed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Units {
    /// Write units.
    pub writes: BTreeMap<Place, Decimal>,
    /// Read units.
    pub reads: BTreeMap<Place, Decimal>,
    /// Of the write units, those of index entries that a transaction wrote: they are counted once (see `counting`).
    pub index_writes_of_transactions: Decimal,
}

impl Units {
    /// Adds write units somewhere.
    pub fn write(&mut self, place: Place, units: Decimal) {
        if !units.is_zero() {
            *self.writes.entry(place).or_default() += units;
        }
    }

    /// Adds read units somewhere.
    pub fn read(&mut self, place: Place, units: Decimal) {
        if !units.is_zero() {
            *self.reads.entry(place).or_default() += units;
        }
    }

    /// Adds what other calls consumed.
    pub fn add(&mut self, other: &Self) {
        for (place, units) in &other.writes {
            self.write(place.clone(), *units);
        }
        for (place, units) in &other.reads {
            self.read(place.clone(), *units);
        }
        self.index_writes_of_transactions += other.index_writes_of_transactions;
    }

    /// All write units.
    pub fn written(&self) -> Decimal {
        self.writes.values().sum()
    }

    /// All read units.
    pub fn read_units(&self) -> Decimal {
        self.reads.values().sum()
    }

    /// With the tables' physical names replaced by those of `stack.json`.
    pub fn named(&self, name: impl Fn(&str) -> String) -> Self {
        let mut named = Self { index_writes_of_transactions: self.index_writes_of_transactions, ..Self::default() };
        let place = |place: &Place| Place { table: name(&place.table), index: place.index.clone() };
        for (at, units) in &self.writes {
            named.write(place(at), *units);
        }
        for (at, units) in &self.reads {
            named.read(place(at), *units);
        }
        named
    }
}
