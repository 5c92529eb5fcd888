//! What carries orders on: messages through the steps as the state machines run them, the table's stream to the bus,
//! the sweep once a minute. And how work that failed comes back.

use jiff::{SignedDuration, Timestamp};
use oms_app::engine::Outcome;
use oms_app::error::AppError;
use oms_app::intake::IntakeError;
use oms_app::ports::{Clock, LoadedOrder, OrderStore, Stimulus};
use oms_app::timers::{Timer, Watched};
use oms_app::{fulfilment, placement, reversal};
use oms_domain::wake::{self, Work};

use crate::faults::Run;
use crate::shop::Shop;

/// After how many seconds a message that was not handled is seen again.
const VISIBILITY: i64 = 30;
/// How often a message is received before it is put aside.
const MOST_RECEIVES: u32 = 8;
/// How often the stream brings a batch before something must be wrong.
const MOST_BATCHES: usize = 20;
/// How many minutes may pass before the shop has to be quiet.
const MOST_ROUNDS: usize = 40;

/// How work that failed comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The workflow tries the step again at once.
    Step,
    /// The queue brings the message again, the stream the commit.
    Message,
    /// Nothing brings it again: the message is lost. The sweep has to find it.
    Sweep,
}

impl Way {
    /// Every way.
    pub const ALL: [Self; 3] = [Self::Step, Self::Message, Self::Sweep];
}

/// A message in the queue.
#[derive(Debug, Clone)]
pub struct Message {
    /// What it carries.
    pub stimulus: Stimulus,
    /// From when it can be received.
    pub seen_from: Timestamp,
    /// How often it was received.
    pub receives: u32,
}

/// A shop at a moment.
pub struct Look {
    /// All orders.
    pub orders: Vec<LoadedOrder>,
    /// The timers until `far`.
    pub timers: Vec<Timer>,
    /// A hundred days ahead.
    pub far: Timestamp,
}

/// Why something was not done.
#[derive(Debug)]
pub enum Failed {
    /// The function died, or ran out of time.
    Died,
    /// It said why.
    Error(AppError),
    /// The order was not taken in, and will not be.
    NotTaken(IntakeError),
}

impl Shop {
    /// A call of a function, which a crash may end.
    pub async fn call<T>(&self, function: impl Future<Output = Result<T, AppError>>) -> Result<T, Failed> {
        // Boxed, for the stack of a test's thread is small.
        match Box::pin(self.plan.run(function)).await {
            Run::Done(Ok(value)) => Ok(value),
            Run::Done(Err(error)) => Err(Failed::Error(error)),
            Run::Crashed => Err(Failed::Died),
        }
    }

    /// A step of a workflow, with its retries where they are wanted.
    async fn step<F>(&self, step: impl Fn() -> F) -> Result<Outcome, Failed>
    where
        F: Future<Output = Result<Outcome, AppError>>,
    {
        let tries = if self.way == Way::Step { 3 } else { 1 };
        let mut last = Failed::Died;
        for _ in 0..tries {
            match self.call(step()).await {
                Ok(outcome) => return Ok(outcome),
                Err(Failed::Error(error)) if !error.is_transient() => return Err(Failed::Error(error)),
                Err(failed) => last = failed,
            }
        }
        Err(last)
    }

    /// Runs a workflow, step by step as its state machine does.
    pub async fn run(&self, stimulus: &Stimulus) -> Result<(), Failed> {
        let (engine, id) = (self.engine(), &stimulus.order_id);
        match stimulus.work {
            Work::Placement => {
                let benefits = self.benefit_service();
                self.step(|| placement::validate(&engine, Some(benefits.as_ref()), id)).await.map(|_| ())
            }
            Work::Fulfilment => self.step(|| fulfilment::plan(&engine, id)).await.map(|_| ()),
            Work::Reversal => {
                let (gateways, benefits) = (self.gateways(), self.benefit_service());
                let compensated =
                    self.step(|| reversal::compensate(&engine, &gateways, Some(benefits.as_ref()), id)).await;
                if let Err(Failed::Error(error)) = &compensated
                    && !error.is_transient()
                {
                    return compensated.map(|_| ());
                }
                // Stock goes back also where money did not; the workflow fails all the same.
                self.step(|| reversal::release_stock(&engine, id)).await?;
                compensated.map(|_| ())
            }
        }
    }

    /// Handles everything that can be handled now: messages whose time has come, and the stream.
    pub async fn drain(&mut self) {
        loop {
            self.fetch();
            self.stream().await;
            let now = self.clock.now();
            let Some(next) = self.mail.iter().position(|m| m.seen_from <= now) else { return };
            let message = self.mail.remove(next);
            for _ in 1..self.copies {
                // A copy that fails is not missed.
                let _ = Box::pin(self.run(&message.stimulus)).await;
            }
            if let Err(failed) = Box::pin(self.run(&message.stimulus)).await
                && self.way != Way::Sweep
            {
                let receives = message.receives + 1;
                assert!(receives < MOST_RECEIVES, "{:?} ends in the dead-letter queue: {failed:?}", message.stimulus);
                self.mail.push(Message { seen_from: later(now, VISIBILITY), receives, ..message });
            }
        }
    }

    /// Takes what was sent.
    pub fn fetch(&mut self) {
        let now = self.clock.now();
        for (stimulus, delay) in self.queue.take() {
            self.mail.push(Message { stimulus, seen_from: later(now, i64::from(delay)), receives: 0 });
        }
    }

    /// Publishes new commits, in order, as the table's stream brings them; it brings a batch again until it is taken.
    pub async fn stream(&mut self) {
        let commits = self.store.stream(self.streamed);
        if commits.is_empty() {
            return;
        }
        for _ in 0..MOST_BATCHES {
            if self.call(self.publisher().publish(&commits)).await.is_ok() {
                self.streamed += commits.len();
                return;
            }
        }
        panic!("the stream is stuck");
    }

    /// One run of the timers function: every shard, whatever becomes of the others.
    pub async fn sweep_all(&self) {
        let sweep = self.sweep();
        let until = later(self.clock.now(), 50);
        let _ = self
            .plan
            .run(async {
                for shard in 0..sweep.shards() {
                    let _ = sweep.shard(shard, until).await;
                }
            })
            .await;
    }

    /// Time passes; then the sweep runs, and what it found is handled.
    pub async fn pass(&mut self, seconds: i64) {
        self.clock.advance_seconds(seconds);
        self.drain().await;
        self.sweep_all().await;
        self.drain().await;
    }

    /// Lets minutes pass until nothing is left to do now.
    pub async fn settle(&mut self) {
        for _ in 0..MOST_ROUNDS {
            self.pass(61).await;
            if self.is_quiet().await {
                return;
            }
        }
        panic!("never quiet; due: {:?}; mail: {:?}", self.timers(self.clock.now()), self.mail);
    }

    async fn is_quiet(&self) -> bool {
        let now = self.clock.now();
        // A row that was swept is due again later, also when what the sweep sent was lost; an answer that was lost is
        // asked for within the minute.
        let soon = later(now, 60);
        let rests = |loaded: &LoadedOrder| wake::next_wake(&loaded.order, &self.policy).is_none_or(|at| at > soon);
        let put_off = |timer: &Timer| matches!(timer.of, Watched::Entry { .. });
        self.timers(now).is_empty()
            && !self.store.all_timers().iter().any(put_off)
            && self.mail.iter().all(|m| m.seen_from > now && m.receives == 0)
            && self.store.stream(self.streamed).is_empty()
            && self.orders().await.iter().all(rests)
    }

    /// Timers up to a time, past all faults.
    #[must_use]
    pub fn timers(&self, until: Timestamp) -> Vec<Timer> {
        let mut timers = self.store.all_timers();
        timers.retain(|timer| timer.at <= until);
        timers
    }

    /// All orders, and all timers within a hundred days, past all faults.
    pub async fn look(&self) -> Look {
        let far = later(self.clock.now(), 100 * 86_400);
        Look { orders: self.orders().await, timers: self.timers(far), far }
    }

    /// All orders, past all faults.
    pub async fn orders(&self) -> Vec<LoadedOrder> {
        let mut orders = Vec::new();
        for id in self.store.order_ids() {
            orders.push(self.store.load(&id).await.unwrap().unwrap());
        }
        orders
    }
}

/// So many seconds later.
#[must_use]
pub fn later(now: Timestamp, seconds: i64) -> Timestamp {
    now.checked_add(SignedDuration::from_secs(seconds)).unwrap()
}
