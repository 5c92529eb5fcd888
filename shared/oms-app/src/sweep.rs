//! The sweep: looks at whatever has a timer that has come, and does again what should have happened by now and has not.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::stream::{self, StreamExt};
use jiff::Timestamp;
use oms_domain::command::Command;
use oms_domain::id::{EventKey, OrderId};
use oms_domain::policy::Policy;
use oms_domain::task::{Role, TaskKind};
use oms_domain::wake;
use serde::Serialize;

use crate::carriers::{Carriers, TRY_AGAIN_SECONDS};
use crate::engine::Origin;
use crate::error::{AppError, StoreError};
use crate::ports::{ParkedScan, Stimulus, TaskStore};
use crate::publish::Publisher;
use crate::timers::{Timer, TimerStore, Watched};
use crate::unmatched::unmatched;

/// How many timers of a shard are read at once.
const TIMERS: u32 = 200;
/// How many of them are worked on at once.
const AT_ONCE: usize = 16;
/// How long a delayed message that comes when a timer does has to be faster, in seconds.
const GRACE_SECONDS: i64 = 20;
/// When an order that was stimulated is looked at again at the earliest, in seconds. One that nothing helps is looked at
/// less and less often, so that it does not fill the queues while, say, a provider is down.
const LOOK_AGAIN_SECONDS: i64 = 60;
/// When it is looked at again at the latest, in seconds.
const LOOK_AGAIN_AT_MOST: i64 = 900;
/// How long something without an order or a number is tried before people hear of it, in seconds.
const A_DAY: i64 = 86_400;

/// What a sweep did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Swept {
    /// Timers that had come.
    pub timers: usize,
    /// Entries put on the bus that it did not take at first.
    pub published: usize,
    /// Orders sent to their work again.
    pub stimulated: usize,
    /// Things given to people.
    pub tasks: usize,
    /// Of these, payments without an order.
    pub payments: usize,
    /// Looks that failed and are tried again.
    pub failed: usize,
    /// How overdue the most overdue work was, in seconds.
    pub oldest_seconds: i64,
}

impl Swept {
    /// Adds what another part of the sweep did.
    pub fn add(&mut self, other: Self) {
        self.timers += other.timers;
        self.published += other.published;
        self.stimulated += other.stimulated;
        self.tasks += other.tasks;
        self.payments += other.payments;
        self.failed += other.failed;
        self.oldest_seconds = self.oldest_seconds.max(other.oldest_seconds);
    }
}

/// The sweep.
#[derive(Clone)]
pub struct Sweep {
    /// Shipments and orders.
    pub carriers: Carriers,
    /// Tasks without an order.
    pub tasks: Arc<dyn TaskStore>,
    /// The way out.
    pub publisher: Publisher,
}

impl Sweep {
    /// How many shards there are to sweep.
    #[must_use]
    pub fn shards(&self) -> u32 {
        self.timers().shards()
    }

    fn timers(&self) -> &dyn TimerStore {
        self.carriers.engine.timers.as_ref()
    }

    /// Looks at one shard, page by page, until no timer has come in it or the time is over.
    ///
    /// # Errors
    /// [`StoreError`] when the timers cannot be read; a single look that fails is logged, counted and tried again.
    pub async fn shard(&self, shard: u32, until: Timestamp) -> Result<Swept, StoreError> {
        let clock = &self.carriers.engine.clock;
        let mut swept = Swept::default();
        let mut seen = BTreeSet::new();
        let mut looked_at = BTreeSet::new();
        loop {
            let now = clock.now();
            let page = self.timers().due(shard, earlier(now, GRACE_SECONDS), TIMERS).await?;
            let full = page.len() >= TIMERS as usize;
            // What failed in this sweep stands there still; it is the next sweep's.
            let fresh: Vec<Timer> = page.into_iter().filter(|timer| seen.insert(timer.clone())).collect();
            if fresh.is_empty() {
                return Ok(swept);
            }
            // One look is enough, however many timers call for it.
            let first: Vec<bool> = fresh.iter().map(|timer| looked_at.insert(timer.of.clone())).collect();
            let looks = fresh.iter().zip(first).map(|(timer, first)| async move {
                let mut one = Swept { timers: 1, ..Swept::default() };
                let done = if first { self.look(timer, now, &mut one).await } else { Ok(()) };
                let cleared = match done {
                    Ok(()) => self.timers().clear(shard, timer).await.map_err(AppError::from),
                    Err(error) => Err(error),
                };
                if let Err(error) = cleared {
                    one.failed += 1;
                    tracing::error!(%error, shard, timer = timer.of.kind(), "a look failed");
                }
                one
            });
            let done: Vec<Swept> = stream::iter(looks).buffer_unordered(AT_ONCE).collect().await;
            for one in done {
                swept.add(one);
            }
            if !full || clock.now() >= until {
                return Ok(swept);
            }
        }
    }

    /// Looks, and sets the next timer if there is to be another look. Only then may this one be cleared.
    async fn look(&self, timer: &Timer, now: Timestamp, swept: &mut Swept) -> Result<(), AppError> {
        let again = match &timer.of {
            Watched::Order { order_id } => self.order(order_id, now, swept).await?,
            Watched::Entry { order_id, seq } => self.entry(order_id, *seq, timer.at, now, swept).await?,
            Watched::Fact { order_id, key } => self.fact(order_id, key, now, swept).await?,
            Watched::Scan { .. } => self.scan(&timer.of, now, swept).await?,
        };
        if let Some(at) = again {
            self.timers().set(&Timer { at, of: timer.of.clone() }).await?;
        }
        Ok(())
    }

    async fn order(
        &self,
        order_id: &OrderId,
        now: Timestamp,
        swept: &mut Swept,
    ) -> Result<Option<Timestamp>, AppError> {
        let engine = &self.carriers.engine;
        // None when the commit that the timer was set for was never stored.
        let Some(loaded) = engine.orders.load(order_id).await? else { return Ok(None) };
        let Some(at) = wake::next_wake(&loaded.order, &engine.policy) else { return Ok(None) };
        if at > now {
            // To the millisecond, as timers are: one that a commit has set comes no earlier than any that is set here.
            let is_set = loaded.timers.iter().any(|set| *set > now && *set <= at);
            return Ok((!is_set).then_some(at));
        }
        for work in wake::due(&loaded.order, &engine.policy, now) {
            engine.queue.send(&Stimulus { order_id: order_id.clone(), work }, 0).await?;
            swept.stimulated += 1;
        }
        let overdue = now.duration_since(at).as_secs();
        swept.oldest_seconds = swept.oldest_seconds.max(overdue);
        Ok(Some(again(now, overdue)))
    }

    async fn entry(
        &self,
        order_id: &OrderId,
        seq: u64,
        put_off: Timestamp,
        now: Timestamp,
        swept: &mut Swept,
    ) -> Result<Option<Timestamp>, AppError> {
        let loaded = self.carriers.engine.orders.load(order_id).await?;
        let Some(record) = loaded.and_then(|l| l.records.into_iter().find(|r| r.seq == seq)) else { return Ok(None) };
        let overdue = now.duration_since(record.at).as_secs();
        if let Err(error) = self.publisher.put(&record).await {
            swept.failed += 1;
            tracing::error!(%error, %order_id, seq, since = %put_off, "the bus still does not take an entry");
            return Ok(Some(again(now, overdue)));
        }
        swept.published += 1;
        swept.oldest_seconds = swept.oldest_seconds.max(overdue);
        Ok(None)
    }

    async fn fact(
        &self,
        order_id: &OrderId,
        key: &EventKey,
        now: Timestamp,
        swept: &mut Swept,
    ) -> Result<Option<Timestamp>, AppError> {
        let orders = &self.carriers.engine.orders;
        let parked = orders.parked_facts(order_id).await?;
        let Some(parked) = parked.into_iter().find(|p| p.fact.key == *key) else { return Ok(None) };
        let fact = &parked.fact;
        let origin = Origin::outside(fact.provider.name(), Some(key.clone()));
        match self.carriers.engine.execute(order_id, &Command::RecordPayment(fact.clone()), &origin).await {
            // The commit drops what it applies; what was applied before is dropped here.
            Ok(_) => return Ok(orders.drop_fact(order_id, key).await.map(|()| None)?),
            Err(AppError::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
        if now.duration_since(parked.at).as_secs() < A_DAY {
            return Ok(Some(Policy::after(now, TRY_AGAIN_SECONDS)));
        }
        let reason = format!(
            "{} {} names order {order_id}, which does not exist",
            fact.provider.name(),
            fact.provider_payment_id
        );
        let task = unmatched(key.as_str(), TaskKind::UnmatchedPayment, Role::Finance, reason, parked.at);
        self.tasks.open(&task).await?;
        swept.tasks += 1;
        swept.payments += 1;
        // It stays parked all the same: should the order come after all, its placement finds the fact.
        Ok(None)
    }

    async fn scan(&self, of: &Watched, now: Timestamp, swept: &mut Swept) -> Result<Option<Timestamp>, AppError> {
        let Watched::Scan { carrier, tracking_number, event_id } = of else { return Ok(None) };
        let tracking = &self.carriers.tracking;
        let parked = tracking.parked_scans(carrier, tracking_number).await?;
        let Some(scan) = parked.into_iter().find(|s| s.event_id == *event_id) else { return Ok(None) };
        if self.carriers.try_apply(&scan).await?.is_some() {
            return Ok(tracking.drop_scan(&scan).await.map(|()| None)?);
        }
        if now.duration_since(scan.at).as_secs() < A_DAY {
            return Ok(Some(Policy::after(now, TRY_AGAIN_SECONDS)));
        }
        self.tasks.open(&lost(&scan)).await?;
        swept.tasks += 1;
        Ok(tracking.drop_scan(&scan).await.map(|()| None)?)
    }
}

fn lost(scan: &ParkedScan) -> oms_domain::task::Task {
    let reason = format!("{} {}: {}", scan.carrier, scan.tracking_number, scan.status);
    unmatched(scan.event_id.as_str(), TaskKind::UnmatchedTracking, Role::Warehouse, reason, scan.at)
}

/// When something is looked at again that has been overdue for so long.
fn again(now: Timestamp, overdue_seconds: i64) -> Timestamp {
    Policy::after(now, (overdue_seconds / 4).clamp(LOOK_AGAIN_SECONDS, LOOK_AGAIN_AT_MOST))
}

fn earlier(now: Timestamp, seconds: i64) -> Timestamp {
    now.checked_sub(jiff::SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MIN)
}
