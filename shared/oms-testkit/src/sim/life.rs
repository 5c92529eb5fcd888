//! One life: who goes next, what becomes of it, and when it is over.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::task::Poll;

use jiff::Timestamp;
use oms_domain::command::Command;
use oms_domain::id::OrderId;
use oms_domain::order::Order;
use oms_domain::policy::Policy;
use oms_domain::status::RefundStatus;
use oms_domain::{desk, wake};
use serde_json::Value;

use crate::faults::{Fault, FaultPlan};
use crate::gateway::Script;
use crate::memory::Lag;
use crate::shop::acts::Act;
use crate::shop::order_id;
use crate::shop::work::{Failed, Message, Way, later};
use crate::sim::chance::{Chance, NOBODY, What};
use crate::sim::figures::Figures;
use crate::sim::trace::{Trace, label};
use crate::sim::turns::{Running, Turnstile};
use crate::sim::world::{Item, Todo, World, name};
use crate::sim::{buyers, staff, upkeep};

/// How many functions are at work at once at most.
const MOST_AT_ONCE: usize = 8;
/// How long a function may be at work, in seconds; then it dies where it stands.
const LONGEST: i64 = 30;
/// How often a message is received before it is put aside.
const MOST_RECEIVES: u32 = 5;
/// After how many calls the weather clears up, whatever is still to come.
const ROUGH_STEPS: u64 = 4_000;
/// After how many calls a life has to be over.
const MOST_STEPS: u64 = 30_000;

/// A function at work.
pub(super) struct Worker {
    running: Running<Result<(), Failed>>,
    pub(super) item: Item,
    name: &'static str,
    since: Timestamp,
    /// How many commits a batch of the stream has.
    batch: usize,
    /// Whether an order has changed by it.
    stored: bool,
}

/// A life that goes on.
pub struct Life {
    pub(super) world: World,
    pub(super) workers: Vec<Worker>,
    pub(super) trace: Trace,
    pub(super) figures: Figures,
    pub(super) told: BTreeMap<String, Value>,
    pub(super) heard: usize,
    pub(super) swept: Timestamp,
    pub(super) rough: bool,
}

impl Life {
    /// A life at its beginning.
    #[must_use]
    pub fn new(seed: u64, chance: Chance, text: bool) -> Self {
        let mut world = World::new(seed, chance);
        let orders: Vec<u16> = world.subjects().map(|(number, _)| number).collect();
        for order in orders {
            buyers::plan(&mut world, order);
        }
        staff::plan(&mut world);
        let swept = world.now();
        Self {
            world,
            workers: Vec::new(),
            trace: Trace::new(text),
            figures: Figures::default(),
            told: BTreeMap::new(),
            heard: 0,
            swept,
            rough: true,
        }
    }

    /// Lives it to the end.
    ///
    /// # Panics
    /// When anything is not as it must be.
    pub fn live(&mut self) {
        while self.turn() {
            if self.rough && self.figures.steps > ROUGH_STEPS {
                self.clear_up();
            }
            assert!(self.figures.steps < MOST_STEPS, "the life does not come to rest: {}", self.unrest());
        }
        self.end();
    }

    /// What keeps the life going.
    fn unrest(&self) -> String {
        let waits = self.world.subjects().filter_map(|(number, subject)| {
            let order = subject.seen.as_ref()?;
            let (at, work) = wake::next(order, &self.world.shop.policy)?;
            Some(format!("#{number} is {:?} and wants {} at {at}", order.status, work.name()))
        });
        waits.collect::<Vec<_>>().join("; ")
    }

    /// What it came to.
    #[must_use]
    pub fn figures(&self) -> Figures {
        self.figures
    }

    /// The world of this life.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }

    /// What happened.
    #[must_use]
    pub fn into_trace(self) -> Trace {
        self.trace
    }

    /// The hash of what has happened so far.
    #[must_use]
    pub fn hash(&self) -> u64 {
        self.trace.hash()
    }

    /// Somebody does something, or time passes. False when nothing is left to do.
    fn turn(&mut self) -> bool {
        let now = self.world.now();
        if !self.workers.is_empty() && self.world.chance.hits(What::Jump, NOBODY, self.world.weather.jumps) {
            self.jump();
            return true;
        }
        let calls: usize = self.workers.iter().map(|w| w.running.calls()).sum();
        let ready: Vec<usize> = if self.workers.len() < MOST_AT_ONCE { self.ready(now) } else { Vec::new() };
        let choices = calls + ready.len();
        if choices == 0 {
            return self.pass();
        }
        let turns = self.world.weather.turns;
        let other = if choices > 1 { self.world.chance.sometimes(What::Turn, NOBODY, turns, choices) } else { None };
        self.figures.turns += u64::from(other.is_some());
        // Whoever began last goes on; then whatever is due longest is begun.
        let choice =
            other.unwrap_or(if calls > 0 { calls - self.workers.last().map_or(0, |w| w.running.calls()) } else { 0 });
        if choice < calls {
            self.step(choice);
        } else if let Some(at) = ready.get(choice - calls) {
            let item = self.world.pool.remove(*at);
            self.begin(item);
        }
        true
    }

    /// What can be begun now, in the order of its time. The stream is read by one at a time.
    fn ready(&self, now: Timestamp) -> Vec<usize> {
        let busy = self.workers.iter().any(|w| matches!(w.item.what, Todo::Stream(_)));
        let is_ready = |item: &Item| item.at <= now && !(busy && matches!(item.what, Todo::Stream(_)));
        let mut ready: Vec<usize> = (0..self.world.pool.len()).filter(|i| is_ready(&self.world.pool[*i])).collect();
        ready.sort_by_key(|i| self.world.pool[*i].at);
        ready
    }

    /// Time passes until something happens. False when nothing ever does.
    fn pass(&mut self) -> bool {
        let next = self.world.pool.iter().map(|item| item.at).min();
        let sweeping = self.world.pool.iter().any(|item| matches!(item.what, Todo::Sweep));
        let sweep = if sweeping { None } else { self.next_sweep() };
        match (next, sweep) {
            (None, None) if self.rough => self.clear_up(),
            (None, None) => return false,
            (next, Some(sweep)) if next.is_none_or(|at| sweep < at) => {
                self.world.pool.push(Item { at: sweep, order: NOBODY, what: Todo::Sweep });
                self.set_clock(sweep);
            }
            (Some(at), _) => self.set_clock(at),
            (None, Some(_)) => {}
        }
        true
    }

    fn set_clock(&mut self, at: Timestamp) {
        let passed = at.duration_since(self.world.now()).as_secs().max(0);
        self.figures.seconds += passed.unsigned_abs();
        if passed > 0 {
            self.world.shop.clock.set(at);
        }
    }

    /// The minute in which the sweep next finds something, if it ever does. In the end nobody waits for what only goods
    /// or people can help, once it was tried again.
    fn next_sweep(&self) -> Option<Timestamp> {
        let (now, policy) = (self.world.now(), &self.world.shop.policy);
        let from = |id: &OrderId| {
            let seen = self.world.number(id).and_then(|number| self.world.subject_of(number).seen.as_ref());
            let waits = |order: &&Order| !self.rough && wake::next_wake(order, policy).is_some_and(|at| at > now);
            seen.filter(waits).map_or(Some(Timestamp::MIN), |order| worth_a_look(order, policy))
        };
        let next = upkeep::next_look(&self.world.shop, from);
        next.map(|at| full_minute(at.max(later(self.swept, 60))))
    }

    /// The clock jumps while functions are at work; some have no time left.
    fn jump(&mut self) {
        let seconds = self.world.chance.weighted(What::Jump, NOBODY, &[(4, 1), (2, 4), (2, 11), (1, 29), (1, 31)]);
        let now = later(self.world.now(), seconds);
        self.set_clock(now);
        self.trace.line(format_args!("{now} +{seconds} s"));
        while let Some(at) = self.workers.iter().position(|w| now.duration_since(w.since).as_secs() > LONGEST) {
            let worker = self.workers.remove(at);
            self.figures.killed += 1;
            self.trace.line(format_args!("{now} {} is out of time", worker.name));
            self.finish(worker, Err(Failed::Died));
        }
    }

    /// A function begins.
    fn begin(&mut self, item: Item) {
        let now = self.world.now();
        let order = item.order;
        if let Todo::AtProvider(what) = &item.what {
            self.trace.line(format_args!("{now} #{order} at the provider: {what:?}"));
            buyers::happens(&mut self.world, order, what);
            return;
        }
        if self.is_moot(&item) {
            return;
        }
        if matches!(item.what, Todo::Message(_)) {
            let copies = self.world.weather.copies / 2;
            if let Some(how) = self.world.chance.sometimes(What::Delivery, order, copies, 3) {
                let mut twin = item.clone();
                twin.at = later(now, [0, 20, 1_000][how]);
                self.world.pool.push(twin);
            }
        }
        let turnstile = Turnstile::default();
        let mut worker = self.world.shop.colleague();
        worker.plan = FaultPlan::directed(Arc::new(turnstile.clone()));
        // What is about no order is given one that does not exist.
        let about = |order: u16| self.world.subject_of(order).id.clone();
        worker.about = Some(if order == NOBODY { order_id("web", "nobody") } else { about(order) });
        let again = matches!(item.what, Todo::Message(_)) && self.world.chance.hits(What::Delivery, order, 400);
        worker.way = if again { Way::Message } else { Way::Step };
        let name = name(label(&item));
        let mut batch = 0;
        let running = match &item.what {
            Todo::Request(act, _) => {
                let act = act.clone();
                Running::new(turnstile, async move { worker.try_act(&act).await })
            }
            Todo::Message(message) => {
                let stimulus = message.stimulus.clone();
                Running::new(turnstile, async move { worker.run(&stimulus).await })
            }
            Todo::Stream(_) => {
                let mut commits = upkeep::unread(&self.world.shop);
                let most = [100, 1, 3][self.world.chance.pick(What::Delivery, NOBODY, 3)];
                commits.truncate(most);
                batch = commits.len();
                Running::new(turnstile, upkeep::publish(worker, commits))
            }
            Todo::Sweep => Running::new(turnstile, upkeep::sweep(worker)),
            Todo::AtProvider(_) => return,
        };
        self.trace.line(format_args!("{now} {name} begins"));
        let mut worker = Worker { running, item, name, since: now, batch, stored: false };
        match worker.running.run() {
            Poll::Ready(done) => self.finish(worker, done),
            Poll::Pending => self.workers.push(worker),
        }
    }

    /// Whether whoever wanted something wants it no longer: people look again before they send money by hand.
    fn is_moot(&self, item: &Item) -> bool {
        let Todo::Request(act, _) = &item.what else { return false };
        let Act::Ask(command) = act.as_ref() else { return false };
        let (Command::SettleRefund { refund_id, .. } | Command::DeclineRefund { refund_id, .. }) = command.as_ref()
        else {
            return false;
        };
        let ours = self.world.subject_of(item.order).seen.as_ref().and_then(|o| o.refund(refund_id));
        let theirs = self.world.shop.stripe.refunds().get(refund_id).is_some_and(|r| r.succeeded != Some(false));
        let by_hand = matches!(command.as_ref(), Command::SettleRefund { .. });
        theirs || (by_hand && ours.is_none_or(|r| r.status != RefundStatus::Manual))
    }

    /// One call of one function.
    fn step(&mut self, choice: usize) {
        let mut call = choice;
        let mut at = 0;
        while call >= self.workers[at].running.calls() {
            call -= self.workers[at].running.calls();
            at += 1;
        }
        let now = self.world.now();
        let Worker { item, name, .. } = &self.workers[at];
        let (order, name) = (item.order, *name);
        let called = self.workers[at].running.call(call);
        let fault = self.world.weather.fault(&mut self.world.chance, order, called, now);
        if let Some(fault) = fault {
            let kind = Fault::ALL.iter().position(|f| *f == fault).unwrap_or(0);
            self.figures.faults[kind] += 1;
        } else if called == "gateway.refund" {
            self.answer(order);
        } else if called == "gateway.capture" {
            self.answer_capture(order);
        }
        self.figures.steps += 1;
        match fault {
            None => self.trace.line(format_args!("{now} {name}: {called}")),
            Some(fault) => self.trace.line(format_args!("{now} {name}: {called} {fault:?}")),
        }
        let polled = self.workers[at].running.step(call, fault);
        let what = self.workers[at].item.what.clone();
        let commits = self.figures.commits;
        self.look(order, called, &what);
        self.workers[at].stored |= self.figures.commits > commits;
        if let Poll::Ready(done) = polled {
            let worker = self.workers.remove(at);
            self.finish(worker, done);
        }
    }

    /// What the provider makes of a refund that it has not seen before.
    fn answer(&mut self, order: u16) {
        let script = match self.world.chance.sometimes(What::Answer, order, 250, 4) {
            None => return,
            Some(0..=2) => Script::Pending,
            Some(_) if self.world.shop.stripe.refunds().is_empty() => Script::Refuse("try again later".into()),
            Some(_) => return,
        };
        self.world.shop.stripe.script([script]);
    }

    /// What the provider makes of a promise that is to be taken: mostly what it was asked.
    fn answer_capture(&mut self, order: u16) {
        let script = match self.world.chance.sometimes(What::Answer, order, 300, 3) {
            None => return,
            Some(0 | 1) => Script::Pending,
            Some(_) => Script::Refuse("card_declined".into()),
        };
        self.world.shop.stripe.script([script]);
    }

    /// A function has come to its end.
    fn finish(&mut self, worker: Worker, done: Result<(), Failed>) {
        let now = self.world.now();
        let Worker { item, name, batch, stored, .. } = worker;
        self.figures.handled += 1;
        match &done {
            Ok(()) => self.trace.line(format_args!("{now} {name} ends")),
            Err(failed) => self.trace.line(format_args!("{now} {name} fails: {failed:?}")),
        }
        let order = item.order;
        match item.what {
            Todo::Request(act, tries) => match done {
                Ok(()) => self.acknowledged(order, &act),
                Err(failed) if upkeep::lasts(&failed) => {
                    assert!(!stored, "{name} has had its effect and is refused: {failed:?}");
                }
                Err(_) => {
                    let wait = [1, 31, 31, 60, 300][usize::try_from(tries).unwrap_or(4).min(4)];
                    self.world.after(wait, order, Todo::Request(act, tries + 1));
                }
            },
            Todo::Message(message) => {
                if let Err(failed) = done {
                    self.again(order, message, &failed);
                }
            }
            Todo::Stream(_) if done.is_ok() => {
                self.world.shop.streamed += batch;
                if !upkeep::unread(&self.world.shop).is_empty() {
                    self.world.after(0, NOBODY, Todo::Stream(0));
                }
            }
            // The stream brings a batch until it is dealt with.
            Todo::Stream(tries) => self.world.after(1, NOBODY, Todo::Stream(tries + 1)),
            Todo::Sweep => self.swept = now,
            Todo::AtProvider(_) => {}
        }
        self.world.fetch();
    }

    /// A message comes back, later and later, or is put aside.
    fn again(&mut self, order: u16, message: Message, failed: &Failed) {
        let receives = message.receives + 1;
        if receives >= MOST_RECEIVES {
            self.figures.put_aside += 1;
            return;
        }
        let first = if upkeep::lasts(failed) { 1 } else { 15 };
        let wait = (first << (receives - 1)).min(900);
        let seen_from = later(self.world.now(), wait);
        self.world.after(wait, order, Todo::Message(Message { seen_from, receives, ..message }));
    }

    /// No more faults, nobody goes first, what the queue has is lost or not, and new stock comes or not. Time passes.
    fn clear_up(&mut self) {
        self.rough = false;
        for what in [What::Turn, What::Jump, What::Fault, What::Delivery, What::Answer] {
            self.world.chance.calm(what);
        }
        self.world.weather.clear_up();
        self.world.shop.store.lag(Lag::None);
        if self.world.weather.mail_lost {
            self.world.pool.retain(|item| !matches!(item.what, Todo::Message(_)));
        }
        if self.world.weather.restocked {
            staff::restock(&mut self.world);
        }
        let now = self.world.now();
        self.trace.line(format_args!("{now} the weather clears up"));
    }
}

/// From when on a look at an order may change it. A place to ship from is looked for every hour, for ever, while a task is
/// open: where that is all, no look is worth it.
fn worth_a_look(order: &Order, policy: &Policy) -> Option<Timestamp> {
    let mut otherwise = order.clone();
    match &mut otherwise.plan_failure {
        Some(failure) if order.has_unplanned() && !desk::tasks(order).is_empty() => failure.retry_at = Timestamp::MAX,
        Some(_) | None => return Some(Timestamp::MIN),
    }
    wake::next_wake(&otherwise, policy).filter(|at| *at != Timestamp::MAX)
}

fn full_minute(at: Timestamp) -> Timestamp {
    let over = at.as_second().rem_euclid(60);
    if over == 0 { at } else { later(at, 60 - over) }
}
