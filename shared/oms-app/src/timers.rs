//! Timers: what is looked at again, and when. Queues and the stream make Waybill prompt; timers make it sure.
//!
//! A timer is a row of its own, written before the commit that needs it and cleared by the sweep that it wakes. So it is
//! there whatever crashes between the two, and an order that keeps moving costs one small write and one delete, however
//! many commits it has in the meantime: a later commit relies on the timer that is set already.
//!
//! A timer says nothing but "look": what is to be done follows from the order as it is then.

use async_trait::async_trait;
use jiff::Timestamp;
use oms_domain::id::{Carrier, EventKey, OrderId, TrackingNumber};
use oms_domain::policy::Policy;
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::ports::ParkedScan;

/// What is looked at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum Watched {
    /// An order that may need work, or may not exist: the commit that it was set for can have failed.
    Order {
        /// The order.
        order_id: OrderId,
    },
    /// A commit whose entry the bus did not take.
    Entry {
        /// The order.
        order_id: OrderId,
        /// The commit's number.
        seq: u64,
    },
    /// A payment fact that came before its order.
    Fact {
        /// The order that it names.
        order_id: OrderId,
        /// Its key.
        key: EventKey,
    },
    /// A scan that came before its number was known.
    Scan {
        /// The carrier.
        carrier: Carrier,
        /// The number.
        tracking_number: TrackingNumber,
        /// The carrier's id of the event.
        event_id: EventKey,
    },
}

impl Watched {
    /// A scan that waits.
    #[must_use]
    pub fn scan(scan: &ParkedScan) -> Self {
        Self::Scan {
            carrier: scan.carrier.clone(),
            tracking_number: scan.tracking_number.clone(),
            event_id: scan.event_id.clone(),
        }
    }

    /// What it is called: two timers of one name and time are one timer.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Order { order_id } => format!("O#{order_id}"),
            Self::Entry { order_id, seq } => format!("E#{order_id}#{seq}"),
            Self::Fact { order_id, key } => format!("P#{order_id}#{key}"),
            Self::Scan { carrier, tracking_number, event_id } => format!("N#{carrier}#{tracking_number}#{event_id}"),
        }
    }

    /// Its kind, for logs.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Order { .. } => "order",
            Self::Entry { .. } => "entry",
            Self::Fact { .. } => "fact",
            Self::Scan { .. } => "scan",
        }
    }
}

/// A time to look at something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timer {
    /// When, to the millisecond.
    pub at: Timestamp,
    /// At what.
    pub of: Watched,
}

/// Timers, in shards.
#[async_trait]
pub trait TimerStore: Send + Sync {
    /// How many shards there are.
    fn shards(&self) -> u32;
    /// Sets a timer; setting it again changes nothing.
    async fn set(&self, timer: &Timer) -> Result<(), StoreError>;
    /// Timers of a shard at or before `now`, earliest first, read consistently.
    async fn due(&self, shard: u32, now: Timestamp, limit: u32) -> Result<Vec<Timer>, StoreError>;
    /// Clears a timer that was found in a shard; one that is gone already is no error.
    async fn clear(&self, shard: u32, timer: &Timer) -> Result<(), StoreError>;
}

/// When a commit needs a timer of its own: none if the order needs nothing, or if one that is set already comes in time.
///
/// A timer is set at least `lookout_seconds` ahead, and one that is set counts only if it is at least half of that ahead.
/// No function runs for that long, so when a timer comes, the commit that relies on it is stored or never will be.
#[must_use]
pub fn timer_for(work_at: Option<Timestamp>, set: &[Timestamp], now: Timestamp, policy: &Policy) -> Option<Timestamp> {
    let at = work_at?.max(Policy::after(now, policy.lookout_seconds));
    let reliable = Policy::after(now, policy.lookout_seconds / 2);
    let covered = set.iter().any(|t| (reliable..=at).contains(t));
    (!covered).then_some(at)
}
