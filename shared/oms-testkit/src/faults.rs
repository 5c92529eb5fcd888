//! Faults at port calls: which call fails, and how.
//!
//! [`Faulty`] wraps a port and asks a [`FaultPlan`] before every call. The plan also keeps a trace of the calls, so that a
//! test can run once without faults, read how many calls there were, and then run once for each of them with a fault there
//! ([`FaultPlan::fail_nth`]): a call that is added later is covered without anyone remembering.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tokio::sync::Notify;

use crate::seeded::Seeded;

/// How a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// It has no effect and answers that the port is down.
    Before,
    /// It has its effect, and the answer is lost: the caller is told that the port is down.
    After,
    /// It has no effect and is throttled.
    Throttled,
    /// It has no effect, since another transaction touches the same rows (stores only; others are throttled).
    Contended,
    /// The caller dies before the call (see [`FaultPlan::run`]).
    CrashBefore,
    /// The caller dies after the effect, before it hears of it.
    CrashAfter,
}

impl Fault {
    /// Every kind.
    pub const ALL: &'static [Self] =
        &[Self::Before, Self::After, Self::Throttled, Self::Contended, Self::CrashBefore, Self::CrashAfter];
}

/// How a run under a plan ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Run<T> {
    /// It came to its end.
    Done(T),
    /// It died at a call.
    Crashed,
}

impl<T> Run<T> {
    /// The result.
    ///
    /// # Panics
    /// When the run crashed.
    pub fn done(self) -> T {
        match self {
            Self::Done(value) => value,
            Self::Crashed => panic!("the run crashed"),
        }
    }
}

/// Somebody who says of every call when it goes on, and how it fails.
#[async_trait]
pub trait Director: Send + Sync + std::fmt::Debug {
    /// Waits until the call may go on.
    async fn permit(&self, call: &'static str) -> Option<Fault>;
}

/// Which calls fail. Clones share the plan; to begin with none does.
#[derive(Debug, Clone, Default)]
pub struct FaultPlan {
    state: Arc<Mutex<Plan>>,
    director: Option<Arc<dyn Director>>,
    crash: Arc<Notify>,
    stalled: Arc<Notify>,
    go_on: Arc<Notify>,
}

#[derive(Debug, Default)]
struct Plan {
    trace: Vec<&'static str>,
    counts: BTreeMap<&'static str, u64>,
    nth: BTreeMap<u64, Fault>,
    nth_of: BTreeMap<(&'static str, u64), Fault>,
    always: BTreeMap<&'static str, Fault>,
    chance: Option<(Seeded, u32, Vec<Fault>)>,
    stall: Option<u64>,
    mix: Option<Seeded>,
    off: bool,
}

impl FaultPlan {
    /// Without a fault.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// With a fault in so many of a thousand calls, of the kinds given, by a seed.
    #[must_use]
    pub fn seeded(seed: u64, per_mille: u32, kinds: &[Fault]) -> Self {
        let plan = Self::default();
        plan.plan().chance = Some((Seeded::new(seed), per_mille, kinds.to_vec()));
        plan
    }

    /// As somebody else says.
    #[must_use]
    pub fn directed(director: Arc<dyn Director>) -> Self {
        Self { director: Some(director), ..Self::default() }
    }

    /// The n-th call from here on fails, counted from 1 over all ports.
    pub fn fail_nth(&self, n: u64, fault: Fault) {
        let mut plan = self.plan();
        let n = plan.trace.len() as u64 + n;
        plan.nth.insert(n, fault);
    }

    /// The n-th call of this name from here on fails, counted from 1.
    pub fn fail_call(&self, call: &'static str, n: u64, fault: Fault) {
        let mut plan = self.plan();
        let n = plan.counts.get(call).copied().unwrap_or(0) + n;
        plan.nth_of.insert((call, n), fault);
    }

    /// Every call of this name fails from here on.
    pub fn fail_every(&self, call: &'static str, fault: Fault) {
        self.plan().always.insert(call, fault);
    }

    /// The n-th call from here on waits, before it has its effect, until [`FaultPlan::go_on`]: time for somebody else to
    /// come between.
    pub fn stall_nth(&self, n: u64) {
        let mut plan = self.plan();
        plan.stall = Some(plan.trace.len() as u64 + n);
    }

    /// Waits until a call stalls.
    pub async fn stalled(&self) {
        self.stalled.notified().await;
    }

    /// Lets the stalled call go on.
    pub fn go_on(&self) {
        self.go_on.notify_one();
    }

    /// Before every call from here on others may go first, by a seed: tasks that run at once are mixed anew for each seed.
    pub fn mix(&self, seed: u64) {
        self.plan().mix = Some(Seeded::new(seed));
    }

    /// No further call fails; the trace goes on.
    pub fn stop(&self) {
        self.plan().off = true;
    }

    /// Calls may fail again.
    pub fn resume(&self) {
        self.plan().off = false;
    }

    /// The names of the calls so far, oldest first.
    #[must_use]
    pub fn trace(&self) -> Vec<&'static str> {
        self.plan().trace.clone()
    }

    /// Runs something that a crash may end: what it was doing stays undone from there on, as when a function dies.
    pub async fn run<F: Future>(&self, task: F) -> Run<F::Output> {
        tokio::select! {
            biased;
            value = task => Run::Done(value),
            () = self.crash.notified() => Run::Crashed,
        }
    }

    /// A call begins: waits where others go first, and says how it fails.
    pub(crate) async fn begin(&self, call: &'static str) -> Option<Fault> {
        if let Some(director) = &self.director {
            return director.permit(call).await;
        }
        let (fault, stalls, others) = self.next(call);
        for _ in 0..others {
            tokio::task::yield_now().await;
        }
        if stalls {
            self.stalled.notify_one();
            self.go_on.notified().await;
        }
        fault
    }

    /// Notes a call: how it fails, whether it stalls, and how often others go first.
    fn next(&self, call: &'static str) -> (Option<Fault>, bool, u64) {
        let mut plan = self.plan();
        plan.trace.push(call);
        let number = plan.trace.len() as u64;
        let count = plan.counts.entry(call).or_default();
        *count += 1;
        let count = *count;
        let stalls = plan.stall.is_some_and(|stall| stall == number);
        let others = plan.mix.as_ref().map_or(0, |seeded| seeded.below(3));
        if plan.off {
            return (None, stalls, others);
        }
        let by_chance = plan
            .chance
            .as_ref()
            .and_then(|(seeded, per_mille, kinds)| seeded.per_mille(*per_mille).then(|| *seeded.pick(kinds)));
        let planned =
            plan.nth.get(&number).or_else(|| plan.nth_of.get(&(call, count))).or_else(|| plan.always.get(call));
        (planned.copied().or(by_chance), stalls, others)
    }

    /// Ends the run that this call belongs to: never returns.
    pub(crate) async fn die(&self) -> ! {
        self.crash.notify_one();
        std::future::pending().await
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A port whose calls fail by a plan.
#[derive(Debug, Clone)]
pub struct Faulty<P> {
    /// The port.
    pub inner: P,
    /// The plan.
    pub plan: FaultPlan,
}

impl<P> Faulty<P> {
    /// Wraps a port.
    pub fn new(inner: P, plan: &FaultPlan) -> Self {
        Self { inner, plan: plan.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doubles::RecordingQueue;
    use crate::seeded::SeededIds;
    use oms_app::ports::{Stimulus, StimulusQueue};
    use oms_domain::wake::Work;

    fn stimulus() -> Stimulus {
        Stimulus { order_id: SeededIds::new(1).order_id(), work: Work::Placement }
    }

    #[tokio::test]
    async fn a_fault_is_before_or_after_the_effect() {
        let plan = FaultPlan::none();
        let queue = RecordingQueue::new();
        let faulty = Faulty::new(queue.clone(), &plan);
        plan.fail_nth(2, Fault::Before);
        plan.fail_call("queue.send", 3, Fault::After);
        assert!(faulty.send(&stimulus(), 0).await.is_ok());
        assert!(faulty.send(&stimulus(), 0).await.is_err());
        assert_eq!(queue.sent().len(), 1);
        assert!(faulty.send(&stimulus(), 0).await.is_err());
        assert_eq!(queue.sent().len(), 2);
        assert_eq!(plan.trace(), ["queue.send"; 3]);
    }

    #[tokio::test]
    async fn a_crash_ends_the_run() {
        let plan = FaultPlan::none();
        let queue = RecordingQueue::new();
        let faulty = Faulty::new(queue.clone(), &plan);
        plan.fail_nth(1, Fault::CrashAfter);
        plan.fail_nth(2, Fault::CrashBefore);
        let send = async || {
            faulty.send(&stimulus(), 0).await.unwrap();
            faulty.send(&stimulus(), 0).await.unwrap();
        };
        assert_eq!(plan.run(send()).await, Run::Crashed);
        assert_eq!(queue.sent().len(), 1);
        assert_eq!(plan.run(send()).await, Run::Crashed);
        assert_eq!(queue.sent().len(), 1);
        assert_eq!(plan.run(send()).await, Run::Done(()));
    }

    #[test]
    fn chance_follows_its_seed() {
        let faults = |seed| {
            let plan = FaultPlan::seeded(seed, 300, Fault::ALL);
            (0..50).map(|_| plan.next("x").0).collect::<Vec<_>>()
        };
        assert_eq!(faults(3), faults(3));
        assert_ne!(faults(3), faults(4));
    }
}
