//! The one loop by which orders change: load, decide, store, and decide again when somebody else was faster.

use std::sync::Arc;

use async_trait::async_trait;
use futures::future;
use jiff::Timestamp;
use oms_domain::command::Command;
use oms_domain::decide::decide;
use oms_domain::event::{Actor, CommitRecord, OrderEvent};
use oms_domain::id::{EventKey, OrderId, Sku};
use oms_domain::order::Order;
use oms_domain::policy::{Context, Policy};
use oms_domain::stock::StockMove;
use oms_domain::wake::{self, Work};

use crate::commit::commit;
use crate::error::{AppError, StoreError};
use crate::ports::{Backoff, Clock, Commit, LoadedOrder, OrderStore, SideRow, Stimulus, StimulusQueue, StockStore};
use crate::timers::{Timer, TimerStore, Watched, timer_for};

/// How often a lost race is decided again before the caller hears of it.
const MOST_TRIES: u32 = 12;
/// How long a delayed message may wait, in seconds: SQS takes no more.
const LONGEST_DELAY: i64 = 900;

/// What every use case that changes orders needs.
#[derive(Clone)]
pub struct Engine {
    /// Orders.
    pub orders: Arc<dyn OrderStore>,
    /// Stock, catalogue, locations.
    pub stock: Arc<dyn StockStore>,
    /// What brings orders back.
    pub timers: Arc<dyn TimerStore>,
    /// Where stimuli go.
    pub queue: Arc<dyn StimulusQueue>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Waiting between tries.
    pub backoff: Arc<dyn Backoff>,
    /// The shop's settings.
    pub policy: Policy,
}

/// Who asks, under which key, and within which workflow.
#[derive(Debug, Clone)]
pub struct Origin {
    /// Who.
    pub actor: Actor,
    /// The external event or request: it has its effect once.
    pub cause: Option<EventKey>,
    /// The workflow that is running: its own further steps need no new message.
    pub within: Option<Work>,
}

impl Origin {
    /// A step of a workflow.
    #[must_use]
    pub fn step(work: Work) -> Self {
        Self { actor: Actor::system(), cause: None, within: Some(work) }
    }

    /// A request or event from outside.
    pub fn outside(actor: impl Into<String>, cause: Option<EventKey>) -> Self {
        Self { actor: Actor::named(actor), cause, within: None }
    }
}

/// Where a command comes from: many are known beforehand, some need to look at stock first.
#[async_trait]
pub trait CommandSource: Send + Sync {
    /// The command for the order as it is now.
    async fn command(&self, order: &Order) -> Result<Command, AppError>;
}

#[async_trait]
impl CommandSource for Command {
    async fn command(&self, _order: &Order) -> Result<Command, AppError> {
        Ok(self.clone())
    }
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The order now.
    pub order: Order,
    /// What happened; empty when there was nothing (left) to do.
    pub events: Vec<OrderEvent>,
}

impl Engine {
    /// Carries out a command on an order, exactly once in effect, and sends it on to its next work.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for an id never issued, [`AppError::Refused`] for the domain's no, and the store's error
    /// when it fails for longer than we retry; in that last case the command may or may not have had its effect.
    pub async fn execute(
        &self,
        id: &OrderId,
        source: &dyn CommandSource,
        origin: &Origin,
    ) -> Result<Outcome, AppError> {
        // On the heap: what awaits it would otherwise be as large as an order with its history, several times over.
        Box::pin(self.execute_from(None, id, source, origin)).await
    }

    /// The same for whoever has just loaded the order, so that it is not read twice. An order that has moved since fails the
    /// commit's condition and is loaded again.
    pub(crate) async fn execute_from(
        &self,
        mut just_loaded: Option<LoadedOrder>,
        id: &OrderId,
        source: &dyn CommandSource,
        origin: &Origin,
    ) -> Result<Outcome, AppError> {
        let mut last = StoreError::VersionTaken;
        let mut short = false;
        let mut unanswered: Option<(CommitRecord, Order)> = None;
        for attempt in 1..=MOST_TRIES {
            let mut from_replica = false;
            let loaded = match just_loaded.take() {
                Some(loaded) => Ok(Some(loaded)),
                None if attempt == 1 && origin.within.is_none() => {
                    from_replica = true;
                    self.orders.load_from_replica(id).await
                }
                None => self.orders.load(id).await,
            };
            let loaded = match loaded {
                Ok(Some(loaded)) => loaded,
                Ok(None) | Err(StoreError::Malformed(_)) if from_replica => continue,
                Ok(None) => return Err(AppError::NotFound("order")),
                Err(error @ (StoreError::Malformed(_) | StoreError::BadCursor)) => return Err(error.into()),
                Err(error) => {
                    last = error;
                    self.backoff.pause(attempt).await;
                    continue;
                }
            };
            if let Some((record, before)) = unanswered.take()
                && loaded.records.contains(&record)
            {
                // Stored after all: only the answer was lost, and deciding again would refuse what is done.
                self.send_on(&before, &loaded.order, origin.within).await;
                return Ok(Outcome { order: loaded.order, events: record.events });
            }
            let now = self.clock.now();
            let events = match self.decided(&loaded.order, source, origin, now).await {
                // What a replica says may be out of date. Only a commit shows that it is not: by its number.
                Err(_) if from_replica => continue,
                Ok(events) if events.is_empty() && from_replica => continue,
                decided => decided?,
            };
            let order = loaded.order;
            if events.is_empty() {
                return Ok(Outcome { order, events });
            }
            let (mut commit, after) =
                commit(&order, events.clone(), &origin.actor, origin.cause.clone(), &self.policy, now);
            if let Some(cause) = origin.cause.as_ref().filter(|c| loaded.parked.iter().any(|p| p.fact.key == **c)) {
                commit.rows.push(SideRow::DropParked { key: cause.clone() });
            }
            if short {
                self.take_what_is_there(&mut commit).await?;
            }
            match self.store(&mut commit, &loaded.timers, now).await {
                Ok(()) => {
                    self.send_on(&order, &after, origin.within).await;
                    return Ok(Outcome { order: after, events });
                }
                Err(error @ (StoreError::Malformed(_) | StoreError::BadCursor)) => return Err(error.into()),
                Err(error) => {
                    short = matches!(error, StoreError::StockShort);
                    unanswered = matches!(error, StoreError::Unavailable(_)).then_some((commit.record, order));
                    last = error;
                    self.backoff.pause(attempt).await;
                }
            }
        }
        Err(last.into())
    }

    /// What a command leads to in the order as it was read: nothing when its cause has had its effect.
    async fn decided(
        &self,
        order: &Order,
        source: &dyn CommandSource,
        origin: &Origin,
        now: Timestamp,
    ) -> Result<Vec<OrderEvent>, AppError> {
        if origin.cause.as_ref().is_some_and(|cause| order.applied.contains(cause)) {
            return Ok(Vec::new());
        }
        let command = source.command(order).await?;
        Ok(decide(order, &command, &Context { now, policy: &self.policy })?)
    }

    /// Stores a decision, once it is sure that somebody looks at the order when it next needs work, and that it is found.
    /// `set` are the timers that its earlier commits set.
    pub(crate) async fn store(&self, commit: &mut Commit, set: &[Timestamp], now: Timestamp) -> Result<(), StoreError> {
        commit.timer = timer_for(commit.work_at, set, now, &self.policy);
        let timer = async {
            let Some(at) = commit.timer else { return Ok(()) };
            self.timers.set(&Timer { at, of: Watched::Order { order_id: commit.record.order_id.clone() } }).await
        };
        let points = future::try_join_all(commit.points.iter().map(|pointer| self.orders.point(pointer)));
        future::try_join(timer, points).await?;
        self.orders.commit(commit).await?;
        for entry in &commit.stale {
            // Whoever reads the list sees by the order that the entry is out of date, and takes it away then.
            if let Err(error) = self.orders.leave(entry).await {
                tracing::warn!(%error, shipment_id = %entry.shipment_id, "an entry is left in its location's list");
            }
        }
        Ok(())
    }

    /// Sends an order to its next work. The commit stands whatever happens here: a message that is lost is sent again
    /// by the sweep, which the order's timer brings to it.
    pub(crate) async fn send_on(&self, before: &Order, after: &Order, within: Option<Work>) {
        let Some((at, work)) = wake::next(after, &self.policy) else { return };
        let wait = at.duration_since(self.clock.now()).as_secs();
        if wait <= 0 && within == Some(work) {
            return;
        }
        // The answer of a call that is under way comes sooner than a message would: should it not, the sweep looks.
        if within.is_some() && wake::is_in_flight(after, at) {
            return;
        }
        let known = wake::next(before, &self.policy) == Some((at, work)) && before.version > 0;
        if wait > LONGEST_DELAY || (wait > 0 && known) {
            return;
        }
        // A second later than due, so that the message does not come a moment too early.
        let delay = if wait > 0 { u32::try_from(wait + 1).unwrap_or(1).min(900) } else { 0 };
        let stimulus = Stimulus { order_id: after.id.clone(), work };
        if let Err(error) = self.queue.send(&stimulus, delay).await {
            tracing::warn!(order_id = %after.id, work = work.name(), %error, "stimulus not sent; the sweep will");
        }
    }

    /// A counter has less than this commit takes from it: goods left a shelf that, by its count, had fewer, or a row was
    /// changed by hand. What happened has happened all the same, a payment above all: such a counter stops at zero, and
    /// only for moves that promise nothing new. The audit tells rows that do not agree with the orders.
    async fn take_what_is_there(&self, commit: &mut Commit) -> Result<(), AppError> {
        let sinks = |m: &StockMove| m.takes == 0 && (m.on_hand < 0 || m.held < 0 || m.committed < 0);
        if !commit.stock.iter().any(sinks) {
            return Ok(());
        }
        let skus: Vec<Sku> = commit.stock.iter().map(|m| m.sku.clone()).collect();
        let levels = self.stock.levels(&skus).await?;
        for m in commit.stock.iter_mut().filter(|m| sinks(m)) {
            let level = levels.iter().find(|l| l.sku == m.sku && l.location_id == m.location_id);
            let (sku, location_id) = (m.sku.clone(), m.location_id.clone());
            let (on_hand, held, committed) = level.map_or((0, 0, 0), |l| (l.on_hand, l.held, l.committed));
            let counters = [
                ("on_hand", &mut m.on_hand, on_hand),
                ("held", &mut m.held, held),
                ("committed", &mut m.committed, committed),
            ];
            for (counter, change, there) in counters {
                let there = there.max(0);
                if *change + there < 0 {
                    tracing::error!(%sku, %location_id, counter, there, change, "a counter has less than is taken from it");
                    *change = -there;
                }
            }
        }
        Ok(())
    }
}
