//! Putting events on the bus. The table's stream makes it prompt; the mark on the row, which the sweep also knows,
//! makes it sure. An event may leave twice, with the same id; it never fails to leave.

use std::sync::Arc;

use jiff::Timestamp;
use oms_domain::event::CommitRecord;
use oms_domain::outgoing::outgoing;

use crate::error::{AppError, PortError};
use crate::ports::{DueStore, EventBus};

/// The publisher.
#[derive(Clone)]
pub struct Publisher {
    /// The bus.
    pub bus: Arc<dyn EventBus>,
    /// Where marks are.
    pub due: Arc<dyn DueStore>,
}

impl Publisher {
    /// Puts the events of commits on the bus, in order, and marks the commits as sent.
    ///
    /// # Errors
    /// [`AppError`] when something was not put or not marked: all of it may be tried again.
    pub async fn publish(&self, commits: &[(CommitRecord, Option<Timestamp>)]) -> Result<usize, AppError> {
        let mut events = Vec::new();
        for (record, _) in commits {
            for event in outgoing(record) {
                let json = serde_json::to_value(event)
                    .map_err(|e| PortError { port: "event", detail: format!("{}: {e}", record.order_id) })?;
                events.push(json);
            }
        }
        self.bus.put(&events).await?;
        let marks = commits.iter().map(|(record, work_at)| self.due.mark_sent(&record.order_id, record.seq, *work_at));
        futures::future::try_join_all(marks).await?;
        Ok(events.len())
    }
}
