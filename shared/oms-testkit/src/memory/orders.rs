//! Orders: one row for each commit.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use oms_app::error::StoreError;
use oms_app::pointers::{Pointer, WorkEntry, WorkList};
use oms_app::ports::{Commit, LoadedOrder, OrderStore, ParkedFact, SideRow};
use oms_domain::body::Provider;
use oms_domain::event::{CommitRecord, OrderEvent};
use oms_domain::id::{EventKey, OrderId, ShipmentId};
use oms_domain::order::Order;
use oms_domain::task::Task;

use super::index::Entry;
use super::lists::work_place;
use super::{CommitRow, MOST_ACTIONS, MemoryStore, State, TaskRow, read, write};

#[async_trait]
impl OrderStore for MemoryStore {
    async fn load(&self, id: &OrderId) -> Result<Option<LoadedOrder>, StoreError> {
        self.state().load(id, 0)
    }

    async fn load_from_replica(&self, id: &OrderId) -> Result<Option<LoadedOrder>, StoreError> {
        let mut state = self.state();
        let missing = state.index.behind_by();
        state.load(id, missing)
    }

    async fn commit(&self, commit: &Commit) -> Result<(), StoreError> {
        self.state().commit(commit)
    }

    async fn point(&self, pointer: &Pointer) -> Result<(), StoreError> {
        let mut state = self.state();
        match pointer {
            Pointer::Work(entry) => {
                let list = state.work.entry((entry.location_id.clone(), entry.list)).or_default();
                list.insert(work_place(entry), entry.clone());
            }
            Pointer::Tracking { carrier, tracking_number, shipment_id } => {
                state.tracking.insert((carrier.clone(), tracking_number.clone()), shipment_id.clone());
            }
        }
        Ok(())
    }

    async fn leave(&self, entry: &WorkEntry) -> Result<(), StoreError> {
        if let Some(list) = self.state().work.get_mut(&(entry.location_id.clone(), entry.list)) {
            list.remove(&work_place(entry));
        }
        Ok(())
    }

    async fn park_fact(&self, order_id: &OrderId, parked: &ParkedFact) -> Result<bool, StoreError> {
        let body = write(parked)?;
        let mut state = self.state();
        if state.commits.contains_key(order_id) {
            return Ok(false);
        }
        state.parked_facts.insert((order_id.clone(), parked.fact.key.clone()), body);
        Ok(true)
    }

    async fn parked_facts(&self, order_id: &OrderId) -> Result<Vec<ParkedFact>, StoreError> {
        self.state().parked(order_id)
    }

    async fn drop_fact(&self, order_id: &OrderId, key: &EventKey) -> Result<(), StoreError> {
        self.state().parked_facts.remove(&(order_id.clone(), key.clone()));
        Ok(())
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
        SideRow::CloseTask { .. } | SideRow::DropParked { .. } => Ok(None),
    }
}

/// Which row a side row is: several words on one row are one action, and the last counts.
fn side_key(row: &SideRow) -> (u8, String) {
    match row {
        SideRow::OpenTask(task) => (0, task.task_id.clone()),
        SideRow::CloseTask { task_id } => (0, task_id.clone()),
        SideRow::DropParked { key } => (1, key.to_string()),
    }
}

impl State {
    /// The order without the newest so many of its commits.
    fn load(&self, id: &OrderId, missing: usize) -> Result<Option<LoadedOrder>, StoreError> {
        let Some(rows) = self.commits.get(id) else { return Ok(None) };
        let rows: Vec<&CommitRow> = rows.values().take(rows.len().saturating_sub(missing)).collect();
        if rows.is_empty() {
            return Ok(None);
        }
        let records: Vec<CommitRecord> = rows.iter().map(|row| row.record.as_ref().clone()).collect();
        let parked = self.parked(id)?;
        let timers = rows.iter().filter_map(|row| Timestamp::from_millisecond(row.timer?).ok()).collect();
        let order = Order::from_records(&records).map_err(|e| StoreError::Malformed(e.to_string()))?;
        Ok(Some(LoadedOrder { order, parked, records, timers }))
    }

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
        if !record.postings.is_empty() {
            let place = format!("{:.3}#{id}#{:08}", record.at, record.seq);
            self.index.put(super::lists::LEDGER, &place, Entry::Commit(id.clone(), record.seq));
        }
        let stored = Arc::new(stored);
        let row = CommitRow { record: stored.clone(), timer: commit.timer.map(Timestamp::as_millisecond) };
        self.commits.entry(id.clone()).or_default().insert(record.seq, row);
        self.stream.push(stored);
    }

    /// The parked facts of an order, in the order in which they came.
    fn parked(&self, id: &OrderId) -> Result<Vec<ParkedFact>, StoreError> {
        let rows = self.parked_facts.iter().filter(|((order, _), _)| order == id);
        let mut parked: Vec<ParkedFact> = rows.map(|(_, body)| read(body)).collect::<Result<_, _>>()?;
        parked.sort_by(|a, b| (a.at, &a.fact.key).cmp(&(b.at, &b.fact.key)));
        Ok(parked)
    }

    fn write_side_row(&mut self, order_id: &OrderId, row: &SideRow, body: Option<String>) {
        match row {
            SideRow::OpenTask(task) => self.open_task(Some(order_id.clone()), task, body.unwrap_or_default()),
            SideRow::CloseTask { task_id } => {
                self.close_task(Some(order_id.clone()), task_id);
            }
            SideRow::DropParked { key } => {
                self.parked_facts.remove(&(order_id.clone(), key.clone()));
            }
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

    /// Whether a shipment stands in a list of some location.
    #[must_use]
    pub fn is_listed(&self, shipment: &ShipmentId, list: WorkList) -> bool {
        let state = self.state();
        let lists = state.work.iter().filter(|((_, l), _)| *l == list);
        lists.flat_map(|(_, entries)| entries.values()).any(|entry| entry.shipment_id == *shipment)
    }
}
