//! What is due.

use async_trait::async_trait;
use jiff::Timestamp;
use oms_app::error::StoreError;
use oms_app::ports::{DueItem, DueStore};
use oms_domain::id::{EventKey, OrderId};

use super::index::{Entry, due_end};
use super::orders::DUE_SHARDS;
use super::{MemoryStore, State, read};

#[async_trait]
impl DueStore for MemoryStore {
    fn shards(&self) -> u32 {
        DUE_SHARDS
    }

    async fn due(&self, shard: u32, now: Timestamp, limit: u32) -> Result<Vec<DueItem>, StoreError> {
        let mut state = self.state();
        let end = due_end(now);
        let mut found = state.index.query(&format!("due#{shard}"), None, true, limit.max(1) as usize);
        found.retain(|(place, _)| *place <= end);
        found.into_iter().filter_map(|(_, entry)| state.due_item(entry).transpose()).collect()
    }

    async fn mark_sent(&self, order_id: &OrderId, seq: u64, work_at: Option<Timestamp>) -> Result<(), StoreError> {
        let mut state = self.state();
        let Some(row) = state.commits.get_mut(order_id).and_then(|rows| rows.get_mut(&seq)) else { return Ok(()) };
        if row.unsent {
            row.unsent = false;
            // A row that was taken from the index meanwhile does not come back.
            let due_at = row.due_at.and(work_at).map(Timestamp::as_millisecond);
            state.set_commit_due(order_id, seq, due_at);
        }
        Ok(())
    }

    async fn supersede(&self, order_id: &OrderId, seq: u64) -> Result<(), StoreError> {
        let mut state = self.state();
        let sent = state.commits.get(order_id).and_then(|rows| rows.get(&seq)).is_some_and(|row| !row.unsent);
        if sent {
            state.set_commit_due(order_id, seq, None);
        }
        Ok(())
    }

    async fn set_due(&self, order_id: &OrderId, seq: u64, at: Option<Timestamp>) -> Result<(), StoreError> {
        self.state().set_commit_due(order_id, seq, at.map(Timestamp::as_millisecond));
        Ok(())
    }

    async fn drop_parked_fact(&self, order_id: &OrderId, key: &EventKey) -> Result<(), StoreError> {
        self.state().forget_parked_fact(&(order_id.clone(), key.clone()));
        Ok(())
    }
}

impl State {
    /// What an index entry stands for; nothing when the table no longer has it.
    fn due_item(&self, entry: Entry) -> Result<Option<DueItem>, StoreError> {
        Ok(match entry {
            Entry::Commit { order_id, seq, unsent, work_at } => {
                let work_at = work_at.and_then(|ms| Timestamp::from_millisecond(ms).ok());
                Some(DueItem::Commit { order_id, seq, unsent, work_at })
            }
            Entry::Fact(order_id, key) => match self.parked_facts.get(&(order_id.clone(), key)) {
                Some(row) => Some(DueItem::ParkedFact { order_id, parked: read(&row.body)? }),
                None => None,
            },
            Entry::Scan(carrier, number, event) => match self.parked_scans.get(&(carrier, number, event)) {
                Some(row) => Some(DueItem::ParkedScan(read(&row.body)?)),
                None => None,
            },
            Entry::Order(_) | Entry::Task(_) | Entry::Shipment(_) => None,
        })
    }
}
