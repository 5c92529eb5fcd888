//! The sweep: whatever should have happened by now and has not is done again. Queues make Waybill prompt; this makes
//! it sure.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::stream::{self, StreamExt};
use jiff::{SignedDuration, Timestamp};
use oms_domain::command::Command;
use oms_domain::id::OrderId;
use oms_domain::task::{Role, TaskKind};
use oms_domain::wake;
use serde::Serialize;

use crate::carriers::{Carriers, TRY_AGAIN_SECONDS};
use crate::engine::Origin;
use crate::error::{AppError, StoreError};
use crate::ports::{DueItem, DueStore, ParkedFact, ParkedScan, Stimulus, TaskStore};
use crate::publish::{Publisher, Unsent};
use crate::unmatched::unmatched;

/// How many rows of a shard are read at once.
const ROWS: u32 = 200;
/// How many of them are worked on at once.
const ROWS_AT_ONCE: usize = 16;
/// How long queues and the stream have for what is due before the sweep does it, in seconds.
const GRACE_SECONDS: i64 = 20;
/// When an order that was stimulated is looked at again, in seconds.
const LOOK_AGAIN_SECONDS: i64 = 60;
/// How long something without an order or a number is tried before people hear of it, in seconds.
const A_DAY: i64 = 86_400;

/// What a sweep did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Swept {
    /// Rows looked at.
    pub rows: usize,
    /// Commits whose events were put on the bus.
    pub published: usize,
    /// Orders sent to their work again.
    pub stimulated: usize,
    /// Rows that were out of date.
    pub stale: usize,
    /// Things given to people.
    pub tasks: usize,
    /// Rows that failed and are tried again.
    pub failed: usize,
    /// How overdue the most overdue row was, in seconds.
    pub oldest_seconds: i64,
}

impl Swept {
    /// Adds what another part of the sweep did.
    pub fn add(&mut self, other: Self) {
        self.rows += other.rows;
        self.published += other.published;
        self.stimulated += other.stimulated;
        self.stale += other.stale;
        self.tasks += other.tasks;
        self.failed += other.failed;
        self.oldest_seconds = self.oldest_seconds.max(other.oldest_seconds);
    }
}

/// The sweep.
#[derive(Clone)]
pub struct Sweep {
    /// Shipments and orders.
    pub carriers: Carriers,
    /// Due rows.
    pub due: Arc<dyn DueStore>,
    /// Tasks without an order.
    pub tasks: Arc<dyn TaskStore>,
    /// The way out.
    pub publisher: Publisher,
}

impl Sweep {
    /// Looks at one shard, page by page, until nothing is due in it or the time is over.
    ///
    /// # Errors
    /// [`StoreError`] when the due rows cannot be read; a single row that fails is logged, counted and tried again.
    pub async fn shard(&self, shard: u32, until: Timestamp) -> Result<Swept, StoreError> {
        let clock = &self.carriers.engine.clock;
        let mut swept = Swept::default();
        let mut seen = BTreeSet::new();
        loop {
            let now = clock.now();
            // Whoever has just decided something is given time to send it on.
            let before = now.checked_sub(SignedDuration::from_secs(GRACE_SECONDS)).unwrap_or(now);
            let page = self.due.due(shard, before, ROWS).await?;
            let full = page.len() >= ROWS as usize;
            // The index is a moment behind: what was looked at in this sweep is not looked at again.
            let fresh: Vec<DueItem> = page.into_iter().filter(|item| seen.insert(name(item))).collect();
            if fresh.is_empty() {
                return Ok(swept);
            }
            let looks = fresh.iter().map(|item| async move {
                let mut one = Swept { rows: 1, ..Swept::default() };
                if let Err(error) = self.item(item, now, &mut one).await {
                    one.failed += 1;
                    tracing::error!(%error, shard, item = kind(item), "a due row failed");
                }
                one
            });
            let done: Vec<Swept> = stream::iter(looks).buffer_unordered(ROWS_AT_ONCE).collect().await;
            for one in done {
                swept.add(one);
            }
            if !full || clock.now() >= until {
                return Ok(swept);
            }
        }
    }

    async fn item(&self, item: &DueItem, now: Timestamp, swept: &mut Swept) -> Result<(), AppError> {
        match item {
            DueItem::Commit { order_id, seq, unsent, work_at } => {
                self.commit(order_id, *seq, *unsent, *work_at, now, swept).await
            }
            DueItem::ParkedFact { order_id, parked } => self.fact(order_id, parked, now, swept).await,
            DueItem::ParkedScan(scan) => self.scan(scan, now, swept).await,
        }
    }

    async fn commit(
        &self,
        order_id: &OrderId,
        seq: u64,
        unsent: bool,
        work_at: Option<Timestamp>,
        now: Timestamp,
        swept: &mut Swept,
    ) -> Result<(), AppError> {
        let engine = &self.carriers.engine;
        let loaded = engine.orders.load(order_id).await?.ok_or(AppError::NotFound("order"))?;
        let again = later(now, LOOK_AGAIN_SECONDS);
        // The order's work does not wait for the bus: what does not leave now makes the row come again, and no more.
        let mut unpublished = Ok(());
        if unsent && let Some(record) = loaded.records.iter().find(|r| r.seq == seq) {
            let late = Unsent { record: record.clone(), work_at, supersedes: false };
            unpublished = self.publisher.publish(&[late]).await.map(|_| swept.published += 1);
        }
        let publish_at = unpublished.is_err().then_some(again);
        if loaded.order.version != seq {
            // A later commit carries the order's due time.
            self.due.set_due(order_id, seq, publish_at).await?;
            swept.stale += 1;
            return unpublished;
        }
        let Some(work) = wake::work(&loaded.order, &engine.policy, now) else {
            let next = wake::next_wake(&loaded.order, &engine.policy);
            self.due.set_due(order_id, seq, [next, publish_at].into_iter().flatten().min()).await?;
            return unpublished;
        };
        if let Some(at) = work_at {
            swept.oldest_seconds = swept.oldest_seconds.max(now.duration_since(at).as_secs());
        }
        engine.queue.send(&Stimulus { order_id: order_id.clone(), work }, 0).await?;
        swept.stimulated += 1;
        self.due.set_due(order_id, seq, Some(again)).await?;
        unpublished
    }

    async fn fact(
        &self,
        order_id: &OrderId,
        parked: &ParkedFact,
        now: Timestamp,
        swept: &mut Swept,
    ) -> Result<(), AppError> {
        let engine = &self.carriers.engine;
        let origin = Origin::outside(parked.fact.provider.name(), Some(parked.fact.key.clone()));
        match engine.execute(order_id, &Command::RecordPayment(parked.fact.clone()), &origin).await {
            Ok(_) => return Ok(self.due.drop_parked_fact(order_id, &parked.fact.key).await?),
            Err(AppError::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
        if now.duration_since(parked.at).as_secs() < A_DAY {
            engine.orders.park_fact(order_id, parked, later(now, TRY_AGAIN_SECONDS)).await?;
            return Ok(());
        }
        let fact = &parked.fact;
        let reason = format!(
            "{} {} names order {order_id}, which does not exist",
            fact.provider.name(),
            fact.provider_payment_id
        );
        self.tasks
            .open(&unmatched(fact.key.as_str(), TaskKind::UnmatchedPayment, Role::Finance, reason, parked.at))
            .await?;
        swept.tasks += 1;
        // Kept all the same: should the order come after all, its placement finds the fact.
        engine.orders.park_fact(order_id, parked, later(now, 90 * A_DAY)).await?;
        Ok(())
    }

    async fn scan(&self, scan: &ParkedScan, now: Timestamp, swept: &mut Swept) -> Result<(), AppError> {
        let tracking = &self.carriers.tracking;
        if let Some(shipment_id) = tracking.shipment(&scan.carrier, &scan.tracking_number).await? {
            self.carriers.apply(&shipment_id, scan).await?;
            return Ok(tracking.drop_scan(scan).await?);
        }
        if now.duration_since(scan.at).as_secs() < A_DAY {
            tracking.park_scan(scan, later(now, TRY_AGAIN_SECONDS)).await?;
            return Ok(());
        }
        let reason = format!("{} {}: {}", scan.carrier, scan.tracking_number, scan.status);
        let task = unmatched(scan.event_id.as_str(), TaskKind::UnmatchedTracking, Role::Warehouse, reason, scan.at);
        self.tasks.open(&task).await?;
        swept.tasks += 1;
        Ok(tracking.drop_scan(scan).await?)
    }
}

fn kind(item: &DueItem) -> &'static str {
    match item {
        DueItem::Commit { .. } => "commit",
        DueItem::ParkedFact { .. } => "parked fact",
        DueItem::ParkedScan(_) => "parked scan",
    }
}

/// What a row is called within one sweep.
fn name(item: &DueItem) -> String {
    match item {
        DueItem::Commit { order_id, seq, .. } => format!("{order_id}#{seq}"),
        DueItem::ParkedFact { order_id, parked } => format!("{order_id}#{}", parked.fact.key),
        DueItem::ParkedScan(scan) => format!("{}#{}#{}", scan.carrier, scan.tracking_number, scan.event_id),
    }
}

fn later(now: Timestamp, seconds: i64) -> Timestamp {
    now.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}
