//! Putting events on the bus. The table's stream makes it prompt; the mark on the row, which the sweep also knows,
//! makes it sure. An event may leave twice, with the same id; it never fails to leave.

use std::sync::Arc;

use jiff::Timestamp;
use oms_domain::event::CommitRecord;
use oms_domain::outgoing::outgoing;

use crate::error::{AppError, PortError, StoreError};
use crate::ports::{DueStore, EventBus};

/// A commit whose events have to leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsent {
    /// The commit.
    pub record: CommitRecord,
    /// When it says that the order needs work.
    pub work_at: Option<Timestamp>,
    /// Whether it puts the due time of the commit before it out of force.
    pub supersedes: bool,
}

/// The publisher.
#[derive(Clone)]
pub struct Publisher {
    /// The bus.
    pub bus: Arc<dyn EventBus>,
    /// Where marks are.
    pub due: Arc<dyn DueStore>,
}

impl Publisher {
    /// Puts the events of commits on the bus, in order, and marks the commits as sent. Only an order's latest commit
    /// stays due for its work: what it supersedes leaves the index here, so that the sweep finds there only what was
    /// really missed, however many orders a promotion brings.
    ///
    /// # Errors
    /// [`AppError`] when something was not put or not marked: all of it may be tried again.
    pub async fn publish(&self, commits: &[Unsent]) -> Result<usize, AppError> {
        let mut events = Vec::new();
        for Unsent { record, .. } in commits {
            for event in outgoing(record) {
                let json = serde_json::to_value(event)
                    .map_err(|e| PortError { port: "event", detail: format!("{}: {e}", record.order_id) })?;
                events.push(json);
            }
        }
        self.bus.put(&events).await?;
        let marks = commits.iter().map(|commit| async move {
            let Unsent { record, work_at, supersedes } = commit;
            let is_last = !commits.iter().any(|c| c.record.order_id == record.order_id && c.record.seq > record.seq);
            self.due.mark_sent(&record.order_id, record.seq, work_at.filter(|_| is_last)).await?;
            let before = record.seq.saturating_sub(1);
            let is_first = !commits.iter().any(|c| c.record.order_id == record.order_id && c.record.seq == before);
            if *supersedes && is_first {
                self.due.supersede(&record.order_id, before).await?;
            }
            Ok::<(), StoreError>(())
        });
        futures::future::try_join_all(marks).await?;
        Ok(events.len())
    }
}
