//! Orders: one row for each commit.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use oms_app::error::StoreError;
use oms_app::ports::{Commit, LoadedOrder, OrderStore, ParkedFact, SideRow, WorkList};
use oms_domain::body::Provider;
use oms_domain::event::{CommitRecord, OrderEvent};
use oms_domain::id::{EventKey, OrderId};
use oms_domain::order::Order;
use oms_domain::task::Task;

use super::index::{Entry, due_place};
use super::{CommitRow, MOST_ACTIONS, MemoryStore, ParkedRow, State, TaskRow, read, write};

/// How long a commit's events may take to the bus before the row is due.
const PUBLISH_GRACE: SignedDuration = SignedDuration::from_secs(30);
/// Partitions of the due index.
pub(super) const DUE_SHARDS: u32 = 8;

/// The shard of a text. Which one is nobody's business, as long as it stays the same.
pub(super) fn shard(text: &str) -> u32 {
    text.bytes().fold(7_u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(u32::from(byte))) % DUE_SHARDS
}

#[async_trait]
impl OrderStore for MemoryStore {
    async fn load(&self, id: &OrderId) -> Result<Option<LoadedOrder>, StoreError> {
        let state = self.state();
        let Some(rows) = state.commits.get(id) else { return Ok(None) };
        let records: Vec<CommitRecord> = rows.values().map(|row| row.record.as_ref().clone()).collect();
        let mut parked: Vec<ParkedFact> = state
            .parked_facts
            .iter()
            .filter(|((order, _), _)| order == id)
            .map(|(_, row)| read(&row.body))
            .collect::<Result<_, _>>()?;
        parked.sort_by(|a, b| (a.at, &a.fact.key).cmp(&(b.at, &b.fact.key)));
        let order = Order::from_records(&records).map_err(|e| StoreError::Malformed(e.to_string()))?;
        Ok(Some(LoadedOrder { order, parked, records }))
    }

    async fn commit(&self, commit: &Commit) -> Result<(), StoreError> {
        self.state().commit(commit)
    }

    async fn park_fact(
        &self,
        order_id: &OrderId,
        parked: &ParkedFact,
        look_again_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let body = write(parked)?;
        let mut state = self.state();
        if state.commits.contains_key(order_id) {
            return Ok(false);
        }
        let key = (order_id.clone(), parked.fact.key.clone());
        state.forget_parked_fact(&key);
        let due_at = look_again_at.as_millisecond();
        let (partition, place) = due_place(shard(order_id.as_str()), due_at, &format!("{order_id}#{}", key.1));
        state.index.put(&partition, &place, Entry::Fact(key.0.clone(), key.1.clone()));
        state.parked_facts.insert(key, ParkedRow { body, due_at });
        Ok(true)
    }

    async fn order_of_payment(
        &self,
        provider: Provider,
        provider_payment_id: &str,
    ) -> Result<Option<OrderId>, StoreError> {
        let partition = payment_partition(provider, provider_payment_id);
        let found = self.state().index.query(&partition, None, true, 1);
        Ok(found.into_iter().find_map(|(_, entry)| if let Entry::Order(id) = entry { Some(id) } else { None }))
    }

    async fn note_unhandled(
        &self,
        provider: &str,
        key: &EventKey,
        kind: &str,
        _at: Timestamp,
    ) -> Result<(), StoreError> {
        self.state().unhandled.insert((provider.to_owned(), key.clone()), kind.to_owned());
        Ok(())
    }
}

fn payment_partition(provider: Provider, provider_payment_id: &str) -> String {
    format!("payment#{}#{provider_payment_id}", provider.name())
}

/// The content of a task that is to be opened.
fn task_body(row: &SideRow) -> Result<Option<String>, StoreError> {
    match row {
        SideRow::OpenTask(task) => write(task).map(Some),
        SideRow::CloseTask { .. }
        | SideRow::ListShipment { .. }
        | SideRow::IndexTracking { .. }
        | SideRow::DropParked { .. } => Ok(None),
    }
}

/// Which row a side row is: several words on one row are one action, and the last counts.
fn side_key(row: &SideRow) -> (u8, String) {
    match row {
        SideRow::OpenTask(task) => (0, task.task_id.clone()),
        SideRow::CloseTask { task_id } => (0, task_id.clone()),
        SideRow::ListShipment { shipment_id, .. } => (1, shipment_id.to_string()),
        SideRow::IndexTracking { carrier, tracking_number, .. } => (2, format!("{carrier}#{tracking_number}")),
        SideRow::DropParked { key } => (3, key.to_string()),
    }
}

impl State {
    /// Checks everything, then changes everything.
    fn commit(&mut self, commit: &Commit) -> Result<(), StoreError> {
        let stored: CommitRecord = read(&write(&commit.record)?)?;
        let record = &commit.record;
        // What cannot be written must fail before anything is.
        let bodies: Vec<Option<String>> = commit.rows.iter().map(task_body).collect::<Result<_, _>>()?;
        self.check_limits(commit)?;
        // A taken number outweighs short stock: the decision was made from old state.
        if self.commits.get(&record.order_id).is_some_and(|rows| rows.contains_key(&record.seq)) {
            return Err(StoreError::VersionTaken);
        }
        for change in &commit.stock {
            self.check_move(change)?;
        }
        self.write_record(commit, stored);
        for change in &commit.stock {
            self.apply_move(change);
        }
        for (row, body) in commit.rows.iter().zip(bodies) {
            self.write_side_row(&record.order_id, row, body);
        }
        Ok(())
    }

    /// What DynamoDB refuses whatever the table holds.
    fn check_limits(&self, commit: &Commit) -> Result<(), StoreError> {
        let rows: BTreeSet<_> = commit.stock.iter().map(|change| (&change.sku, &change.location_id)).collect();
        if rows.len() < commit.stock.len() {
            return Err(StoreError::Malformed("a stock row is moved twice".into()));
        }
        let side_rows: BTreeSet<_> = commit.rows.iter().map(side_key).collect();
        if 1 + commit.stock.len() + side_rows.len() > MOST_ACTIONS {
            return Err(StoreError::Malformed(format!("a transaction has at most {MOST_ACTIONS} actions")));
        }
        Ok(())
    }

    fn write_record(&mut self, commit: &Commit, stored: CommitRecord) {
        let record = &commit.record;
        let id = &record.order_id;
        for event in &record.events {
            if let OrderEvent::Received { body } = event {
                let place = format!("{:.3}#{id}", record.at);
                if !body.customer.id.is_empty() {
                    self.index.put(&format!("customer#{}", body.customer.id), &place, Entry::Order(id.clone()));
                }
                let date = body.placed_at.unwrap_or(record.at).strftime("%Y-%m-%d");
                self.index.put(&format!("day#{date}#{}", record.channel), &place, Entry::Order(id.clone()));
            }
        }
        if let Some(payment) = &commit.payment {
            let partition = payment_partition(payment.0, &payment.1);
            self.index.put(&partition, &format!("{id}#{:08}", record.seq), Entry::Order(id.clone()));
        }
        let published_by = record.at.checked_add(PUBLISH_GRACE).unwrap_or(record.at);
        let due_at = commit.work_at.map_or(published_by, |work_at| work_at.min(published_by)).as_millisecond();
        let work_at = commit.work_at.map(Timestamp::as_millisecond);
        let row = CommitRow { record: Arc::new(stored), unsent: true, work_at, due_at: None };
        self.commits.entry(id.clone()).or_default().insert(record.seq, row);
        self.set_commit_due(id, record.seq, Some(due_at));
    }

    /// Moves a commit's place in the due index, and brings what the index says of it up to date.
    pub(super) fn set_commit_due(&mut self, id: &OrderId, seq: u64, due_at: Option<i64>) {
        let Some(row) = self.commits.get_mut(id).and_then(|rows| rows.get_mut(&seq)) else { return };
        let what = format!("{id}#{seq:08}");
        if let Some(before) = row.due_at {
            let (partition, place) = due_place(shard(id.as_str()), before, &what);
            self.index.remove(&partition, &place);
        }
        row.due_at = due_at;
        if let Some(due_at) = due_at {
            let (partition, place) = due_place(shard(id.as_str()), due_at, &what);
            let entry = Entry::Commit { order_id: id.clone(), seq, unsent: row.unsent, work_at: row.work_at };
            self.index.put(&partition, &place, entry);
        }
    }

    fn write_side_row(&mut self, order_id: &OrderId, row: &SideRow, body: Option<String>) {
        match row {
            SideRow::OpenTask(task) => self.open_task(Some(order_id.clone()), task, body.unwrap_or_default()),
            SideRow::CloseTask { task_id } => {
                self.close_task(Some(order_id.clone()), task_id);
            }
            SideRow::ListShipment { shipment_id, location_id, list, since } => {
                let list = super::lists::work_list(location_id, *list);
                let place = format!("{since:.3}#{shipment_id}");
                if let Some((list, place)) = self.shipments.insert(shipment_id.clone(), (list.clone(), place.clone())) {
                    self.index.remove(&list, &place);
                }
                self.index.put(&list, &place, Entry::Shipment(shipment_id.clone()));
            }
            SideRow::IndexTracking { carrier, tracking_number, shipment_id } => {
                self.tracking.insert((carrier.clone(), tracking_number.clone()), shipment_id.clone());
            }
            SideRow::DropParked { key } => self.forget_parked_fact(&(order_id.clone(), key.clone())),
        }
    }

    pub(super) fn forget_parked_fact(&mut self, key: &(OrderId, EventKey)) {
        if let Some(row) = self.parked_facts.remove(key) {
            let (partition, place) = due_place(shard(key.0.as_str()), row.due_at, &format!("{}#{}", key.0, key.1));
            self.index.remove(&partition, &place);
        }
    }

    pub(super) fn open_task(&mut self, order_id: Option<OrderId>, task: &Task, body: String) {
        self.close_task(order_id.clone(), &task.task_id);
        let list = super::lists::task_list(task.role);
        let place =
            format!("{:.3}#{}#{}", task.since, task.order_id.as_ref().map_or("", OrderId::as_str), task.task_id);
        self.index.put(&list, &place, Entry::Task(body.clone()));
        self.tasks.insert((order_id, task.task_id.clone()), TaskRow { body, list, place });
    }

    pub(super) fn close_task(&mut self, order_id: Option<OrderId>, task_id: &str) -> bool {
        let Some(row) = self.tasks.remove(&(order_id, task_id.to_owned())) else { return false };
        self.index.remove(&row.list, &row.place);
        true
    }
}

impl MemoryStore {
    /// The open tasks of an order, as its own rows have them.
    #[must_use]
    pub fn tasks_of(&self, order_id: &OrderId) -> Vec<Task> {
        let state = self.state();
        let rows = state.tasks.iter().filter(|((order, _), _)| order.as_ref() == Some(order_id));
        rows.filter_map(|(_, row)| read(&row.body).ok()).collect()
    }

    /// Where a shipment stands in a location's list, as its own row has it.
    #[must_use]
    pub fn is_listed(&self, shipment: &oms_domain::id::ShipmentId, list: WorkList) -> bool {
        let state = self.state();
        let suffix = match list {
            WorkList::Open => "#open",
            WorkList::Done => "#done",
        };
        state.shipments.get(shipment).is_some_and(|(list, _)| list.ends_with(suffix))
    }
}
