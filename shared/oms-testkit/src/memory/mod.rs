//! A store in memory that behaves as DynamoDB does, at the level of the ports: the same conditions, the same errors, commits
//! that happen as a whole or not at all, limits on items and transactions, times kept in milliseconds, and lists that may
//! be a moment behind.
//!
//! Everything is under one lock, so transactions never conflict here; [`crate::faults`] injects conflicts and throttling.
//! Rows are kept as JSON texts, or as read back from one, so that what cannot be stored and read again fails here as well.

mod index;
mod keys;
mod lists;
mod orders;
mod stock;
mod timers;
mod tracking;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use oms_app::error::StoreError;
use oms_app::pointers::{WorkEntry, WorkList};
use oms_domain::event::CommitRecord;
use oms_domain::id::{Carrier, EventKey, LocationId, OrderId, ShipmentId, Sku, TrackingNumber};
use oms_domain::stock::StockLevel;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use index::Lag;

/// The largest item that DynamoDB takes, in bytes.
const LARGEST_ITEM: usize = 400 * 1024;
/// What a row's keys and attributes need beside its body, generously.
const ROW_OVERHEAD: usize = 1024;
/// The most actions of one transaction.
const MOST_ACTIONS: usize = 100;

/// Every store port in memory. Clones share the rows.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore(Arc<Mutex<State>>);

#[derive(Debug, Clone, Default)]
struct State {
    commits: BTreeMap<OrderId, BTreeMap<u64, CommitRow>>,
    /// New commits, in the order in which they were stored: the table's stream.
    stream: Vec<Arc<CommitRecord>>,
    /// Parked facts, as JSON.
    parked_facts: BTreeMap<(OrderId, EventKey), String>,
    /// Tasks by order (none for those without one) and id, as JSON.
    tasks: BTreeMap<(Option<OrderId>, String), TaskRow>,
    /// The locations' lists, by place.
    work: BTreeMap<(LocationId, WorkList), BTreeMap<String, WorkEntry>>,
    tracking: BTreeMap<(Carrier, TrackingNumber), ShipmentId>,
    /// Parked scans, as JSON.
    parked_scans: BTreeMap<(Carrier, TrackingNumber, EventKey), String>,
    /// What timers are for, as JSON.
    timers: BTreeMap<timers::TimerKey, String>,
    unhandled: BTreeMap<(String, EventKey), String>,
    keys: BTreeMap<(String, String), keys::KeyRow>,
    levels: BTreeMap<(Sku, LocationId), StockLevel>,
    products: BTreeMap<Sku, String>,
    locations: BTreeMap<LocationId, String>,
    index: index::Indexes,
}

#[derive(Debug, Clone)]
struct CommitRow {
    /// As it was read back from its JSON when it was written.
    record: Arc<CommitRecord>,
    /// Epoch milliseconds, as the table has them.
    timer: Option<i64>,
}

#[derive(Debug, Clone)]
struct TaskRow {
    body: String,
    list: String,
    place: String,
}

impl MemoryStore {
    /// With nothing in it.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A store of its own with the same rows: the same past, from which a test goes on in several ways.
    #[must_use]
    pub fn fork(&self) -> Self {
        Self(Arc::new(Mutex::new(self.state().clone())))
    }

    /// How far lists and replicas may be behind the rows; not at all to begin with.
    pub fn lag(&self, lag: Lag) {
        self.state().index.lag(lag);
    }

    /// Ids of all orders, for checks over everything.
    #[must_use]
    pub fn order_ids(&self) -> Vec<OrderId> {
        self.state().commits.keys().cloned().collect()
    }

    /// All stock rows, for checks over everything.
    #[must_use]
    pub fn all_levels(&self) -> Vec<StockLevel> {
        self.state().levels.values().cloned().collect()
    }

    /// The keys of all events that wait for their order or their number.
    #[must_use]
    pub fn all_parked(&self) -> Vec<EventKey> {
        let state = self.state();
        let facts = state.parked_facts.keys().map(|(_, key)| key.clone());
        facts.chain(state.parked_scans.keys().map(|(_, _, key)| key.clone())).collect()
    }

    /// What the table's stream has brought from a position on, oldest first.
    #[must_use]
    pub fn stream(&self, from: usize) -> Vec<CommitRecord> {
        self.state().stream.iter().skip(from).map(|record| record.as_ref().clone()).collect()
    }

    /// External events that were acknowledged without an effect: provider, key and kind.
    #[must_use]
    pub fn unhandled(&self) -> Vec<(String, EventKey, String)> {
        let state = self.state();
        state.unhandled.iter().map(|((provider, key), kind)| (provider.clone(), key.clone(), kind.clone())).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A row's content.
fn write(value: &impl Serialize) -> Result<String, StoreError> {
    let body = serde_json::to_string(value).map_err(|e| StoreError::Malformed(e.to_string()))?;
    if body.len() + ROW_OVERHEAD > LARGEST_ITEM {
        return Err(StoreError::Malformed("item size has exceeded the maximum allowed size".into()));
    }
    Ok(body)
}

/// What a row's content says.
fn read<T: DeserializeOwned>(body: &str) -> Result<T, StoreError> {
    serde_json::from_str(body).map_err(|e| StoreError::Malformed(e.to_string()))
}
