//! Putting commits on the bus. The table's stream brings each new commit here, and brings it again until it is dealt with;
//! what the bus does not take gets a timer, so that a bus that is down holds up neither the stream nor the orders. An entry
//! may leave twice, with the same id; it never fails to leave.

use std::sync::Arc;

use futures::future;
use oms_domain::event::CommitRecord;
use oms_domain::id::OrderId;
use oms_domain::outgoing::{Publish, outgoing};
use oms_domain::policy::Policy;
use serde::Serialize;

use crate::error::{AppError, PortError, StoreError};
use crate::ports::{Clock, EventBus};
use crate::receivers::Receivers;
use crate::timers::{Timer, TimerStore, Watched};

/// How soon what the bus did not take is offered to it again, in seconds.
const OFFER_AGAIN_SECONDS: i64 = 60;

/// The publisher.
#[derive(Clone)]
pub struct Publisher {
    /// The bus.
    pub bus: Arc<dyn EventBus>,
    /// What brings back what the bus did not take.
    pub timers: Arc<dyn TimerStore>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What leaves at all.
    pub publish: Publish,
    /// Whom deliveries are for.
    pub receivers: Receivers,
}

/// What became of a batch of commits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Published {
    /// Entries on the bus.
    pub entries: usize,
    /// Entries that got a timer instead.
    pub put_off: usize,
}

impl Publisher {
    /// Puts commits on the bus, in order, or sees to it that the sweep does.
    ///
    /// # Errors
    /// [`AppError`] when neither could be done: all of it may be tried again.
    pub async fn publish(&self, commits: &[CommitRecord]) -> Result<Published, AppError> {
        let mut leaving = Vec::new();
        let mut entries = Vec::new();
        for record in commits {
            if let Some(entry) = self.entry(record).await? {
                leaving.push(record);
                entries.push(entry);
            }
        }
        let Err(error) = self.bus.put(&entries).await else {
            return Ok(Published { entries: entries.len(), put_off: 0 });
        };
        tracing::error!(%error, entries = entries.len(), "the bus takes nothing; the sweep will offer it again");
        future::try_join_all(leaving.iter().map(|record| self.put_off(&record.order_id, record.seq))).await?;
        Ok(Published { entries: 0, put_off: leaving.len() })
    }

    /// Leaves a commit to the sweep.
    ///
    /// # Errors
    /// The store's error.
    pub async fn put_off(&self, order_id: &OrderId, seq: u64) -> Result<(), StoreError> {
        let at = Policy::after(self.clock.now(), OFFER_AGAIN_SECONDS);
        self.timers.set(&Timer { at, of: Watched::Entry { order_id: order_id.clone(), seq } }).await
    }

    /// Puts one commit on the bus that was put off.
    ///
    /// # Errors
    /// [`PortError`] when the bus does not take it.
    pub async fn put(&self, record: &CommitRecord) -> Result<(), PortError> {
        match self.entry(record).await? {
            Some(entry) => self.bus.put(&[entry]).await,
            None => Ok(()),
        }
    }

    async fn entry(&self, record: &CommitRecord) -> Result<Option<serde_json::Value>, PortError> {
        let Some(mut event) = outgoing(record, self.publish) else { return Ok(None) };
        event.webhook = self.receivers.hear_of(&event).await;
        let fail = |e: serde_json::Error| PortError { port: "event", detail: format!("{}: {e}", record.order_id) };
        serde_json::to_value(event).map(Some).map_err(fail)
    }
}
