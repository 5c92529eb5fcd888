//! Secondary indexes: places in lists, written behind the rows.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;

use oms_domain::id::OrderId;

use crate::seeded::Seeded;

/// The most commits of one order that a replica lacks.
const MOST_BEHIND: usize = 3;

/// How far lists, and the replicas of rows, may be behind what was written.
#[derive(Debug, Clone, Default)]
pub enum Lag {
    /// Every query sees every write.
    #[default]
    None,
    /// No query sees a write from now on, until the lag is set anew; a replica lacks an order's newest commit.
    Frozen,
    /// In so many of a thousand queries, what was written since the last one is not seen yet.
    Sometimes(Seeded, u32),
}

/// What stands at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entry {
    Order(OrderId),
    Task(String),
    /// A commit, by its number.
    Commit(OrderId, u64),
}

/// A partition and a sort key.
type Place = (String, String);

/// All indexes, told apart by what their partitions begin with.
#[derive(Debug, Clone, Default)]
pub(super) struct Indexes {
    entries: BTreeMap<Place, Entry>,
    behind: VecDeque<(Place, Option<Entry>)>,
    lag: Lag,
}

impl Indexes {
    pub(super) fn lag(&mut self, lag: Lag) {
        self.lag = lag;
    }

    /// Puts something at a place.
    pub(super) fn put(&mut self, partition: &str, place: &str, entry: Entry) {
        self.behind.push_back(((partition.to_owned(), place.to_owned()), Some(entry)));
    }

    /// Clears a place.
    pub(super) fn remove(&mut self, partition: &str, place: &str) {
        self.behind.push_back(((partition.to_owned(), place.to_owned()), None));
    }

    /// What a partition has beyond a place, in either direction.
    pub(super) fn query(
        &mut self,
        partition: &str,
        beyond: Option<&str>,
        forward: bool,
        limit: usize,
    ) -> Vec<(String, Entry)> {
        self.catch_up();
        let place = |sort: &str| (partition.to_owned(), sort.to_owned());
        let end = Bound::Excluded((format!("{partition}\0"), String::new()));
        let found = |((_, sort), entry): (&Place, &Entry)| (sort.clone(), entry.clone());
        if forward {
            let start = beyond.map_or(Bound::Included(place("")), |sort| Bound::Excluded(place(sort)));
            self.entries.range((start, end)).take(limit).map(found).collect()
        } else {
            let end = beyond.map_or(end, |sort| Bound::Excluded(place(sort)));
            self.entries.range((Bound::Included(place("")), end)).rev().take(limit).map(found).collect()
        }
    }

    /// How many of an order's newest commits the replica that is asked does not have yet.
    pub(super) fn behind_by(&mut self) -> usize {
        match &self.lag {
            Lag::None => 0,
            Lag::Frozen => 1,
            Lag::Sometimes(chance, per_mille) => (0..MOST_BEHIND).take_while(|_| chance.per_mille(*per_mille)).count(),
        }
    }

    fn catch_up(&mut self) {
        let behind = match &self.lag {
            Lag::None => false,
            Lag::Frozen => true,
            Lag::Sometimes(chance, per_mille) => chance.per_mille(*per_mille),
        };
        if behind {
            return;
        }
        for (place, entry) in self.behind.drain(..) {
            match entry {
                Some(entry) => self.entries.insert(place, entry),
                None => self.entries.remove(&place),
            };
        }
    }
}
