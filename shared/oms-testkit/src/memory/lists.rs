//! Lists that people look at, and tasks that belong to no order.

use async_trait::async_trait;
use oms_app::error::StoreError;
use oms_app::pointers::{WorkEntry, WorkList};
use oms_app::ports::{ListKey, OrderLists, Page, Span, TaskStore};
use oms_domain::event::CommitRecord;
use oms_domain::id::{LocationId, OrderId};
use oms_domain::task::{Role, Task};

use super::index::Entry;
use super::{MemoryStore, read, write};

/// What a cursor begins with here.
const CURSOR: &str = "memory.";

/// The list of commits that moved money.
pub(super) const LEDGER: &str = "ledger";

pub(super) fn task_list(role: Role) -> String {
    format!("task#{}", role.name())
}

/// An entry's place in its list.
pub(super) fn work_place(entry: &WorkEntry) -> String {
    format!("{:.3}#{}", entry.since, entry.shipment_id)
}

impl MemoryStore {
    fn page<T>(
        &self,
        list: &str,
        cursor: Option<&str>,
        limit: u32,
        forward: bool,
        read: impl Fn(Entry) -> Result<T, StoreError>,
    ) -> Result<Page<T>, StoreError> {
        let limit = limit.clamp(1, 200) as usize;
        let wrong = || StoreError::BadCursor;
        let beyond = cursor.map(|cursor| cursor.strip_prefix(CURSOR).ok_or_else(wrong)).transpose()?;
        let mut found = self.state().index.query(list, beyond, forward, limit + 1);
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| more).map(|(place, _)| format!("{CURSOR}{place}"));
        let items = found.into_iter().map(|(_, entry)| read(entry)).collect::<Result<_, _>>()?;
        Ok(Page { items, next })
    }
}

fn wrong_kind() -> StoreError {
    StoreError::Malformed("something else stands in this list".into())
}

#[async_trait]
impl OrderLists for MemoryStore {
    async fn orders(&self, key: &ListKey, cursor: Option<&str>, limit: u32) -> Result<Page<OrderId>, StoreError> {
        let list = match key {
            ListKey::Customer(customer) => format!("customer#{customer}"),
            ListKey::Day(date, channel) => format!("day#{date}#{channel}"),
        };
        self.page(
            &list,
            cursor,
            limit,
            false,
            |entry| if let Entry::Order(id) = entry { Ok(id) } else { Err(wrong_kind()) },
        )
    }

    async fn tasks(&self, role: Role, cursor: Option<&str>, limit: u32) -> Result<Page<Task>, StoreError> {
        let list = task_list(role);
        self.page(&list, cursor, limit, true, |entry| {
            if let Entry::Task(body) = entry { read(&body) } else { Err(wrong_kind()) }
        })
    }

    async fn shipments(
        &self,
        location: &LocationId,
        list: WorkList,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page<WorkEntry>, StoreError> {
        let limit = limit.clamp(1, 200) as usize;
        let beyond = cursor.map(|cursor| cursor.strip_prefix(CURSOR).ok_or(StoreError::BadCursor)).transpose()?;
        let state = self.state();
        let entries = state.work.get(&(location.clone(), list)).into_iter().flatten();
        let mut found: Vec<(&String, &WorkEntry)> =
            entries.filter(|(place, _)| beyond.is_none_or(|beyond| place.as_str() > beyond)).take(limit + 1).collect();
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| more).map(|(place, _)| format!("{CURSOR}{place}"));
        Ok(Page { items: found.into_iter().map(|(_, entry)| entry.clone()).collect(), next })
    }

    async fn ledger(&self, span: &Span, cursor: Option<&str>, limit: u32) -> Result<Page<CommitRecord>, StoreError> {
        let (first, end) = (format!("{:.3}", span.from), format!("{:.3}", span.until));
        let beyond = cursor.map(|cursor| cursor.strip_prefix(CURSOR).ok_or(StoreError::BadCursor)).transpose()?;
        if beyond.is_some_and(|beyond| beyond >= end.as_str()) {
            return Err(StoreError::BadCursor);
        }
        let limit = limit.clamp(1, 200) as usize;
        let from = beyond.filter(|beyond| *beyond > first.as_str()).unwrap_or(&first);
        let mut state = self.state();
        let mut found = state.index.query(LEDGER, Some(from), true, limit + 1);
        found.retain(|(place, _)| *place < end);
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| more).map(|(place, _)| format!("{CURSOR}{place}"));
        let read = |entry: Entry| {
            let Entry::Commit(id, seq) = entry else { return Err(wrong_kind()) };
            let row = state.commits.get(&id).and_then(|rows| rows.get(&seq)).ok_or_else(wrong_kind)?;
            Ok(row.record.as_ref().clone())
        };
        let items = found.into_iter().map(|(_, entry)| read(entry)).collect::<Result<_, _>>()?;
        Ok(Page { items, next })
    }
}

#[async_trait]
impl TaskStore for MemoryStore {
    async fn open(&self, task: &Task) -> Result<(), StoreError> {
        let body = write(task)?;
        let mut state = self.state();
        if !state.tasks.contains_key(&(None, task.task_id.clone())) {
            state.open_task(None, task, body);
        }
        Ok(())
    }

    async fn close(&self, task_id: &str) -> Result<bool, StoreError> {
        Ok(self.state().close_task(None, task_id))
    }
}
