//! Functions at work, one call at a time. A function's future runs until it stands before a port call and waits there for
//! a permit; whoever holds the life gives permits one by one. All on one thread and without a clock, so the same permits
//! make the same life.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use async_trait::async_trait;

use crate::faults::{Director, Fault};

/// Where the calls of one function wait.
#[derive(Debug, Clone, Default)]
pub struct Turnstile(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    waiting: BTreeMap<u32, Call>,
    next: u32,
}

#[derive(Debug)]
struct Call {
    name: &'static str,
    permit: Option<Option<Fault>>,
    waker: Option<Waker>,
}

impl Turnstile {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many calls wait.
    fn len(&self) -> usize {
        self.state().waiting.len()
    }

    /// The name of a waiting call.
    fn name(&self, at: usize) -> &'static str {
        self.state().waiting.values().nth(at).map_or("", |call| call.name)
    }

    /// Lets a call go on.
    fn permit(&self, at: usize, fault: Option<Fault>) {
        let waker = self.state().waiting.values_mut().nth(at).and_then(|call| {
            call.permit = Some(fault);
            call.waker.take()
        });
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

#[async_trait]
impl Director for Turnstile {
    async fn permit(&self, call: &'static str) -> Option<Fault> {
        let number = {
            let mut state = self.state();
            state.next += 1;
            let number = state.next;
            state.waiting.insert(number, Call { name: call, permit: None, waker: None });
            number
        };
        Waiting { turnstile: self, number }.await
    }
}

/// A call before its turn. One that is dropped, since its function died, waits no longer.
struct Waiting<'a> {
    turnstile: &'a Turnstile,
    number: u32,
}

impl Future for Waiting<'_> {
    type Output = Option<Fault>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Fault>> {
        let mut state = self.turnstile.state();
        let Some(call) = state.waiting.get_mut(&self.number) else { return Poll::Pending };
        match call.permit.take() {
            Some(fault) => Poll::Ready(fault),
            None => {
                call.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.turnstile.state().waiting.remove(&self.number);
    }
}

/// Whether anybody has asked for another look.
#[derive(Debug, Default)]
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A function at work.
pub struct Running<T> {
    future: Pin<Box<dyn Future<Output = T>>>,
    turnstile: Turnstile,
    flag: Arc<Flag>,
}

impl<T> Running<T> {
    /// Starts a function whose calls wait at a turnstile.
    pub fn new(turnstile: Turnstile, future: impl Future<Output = T> + 'static) -> Self {
        Self { future: Box::pin(future), turnstile, flag: Arc::default() }
    }

    /// How many of its calls wait for a permit.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.turnstile.len()
    }

    /// The name of a waiting call.
    #[must_use]
    pub fn call(&self, at: usize) -> &'static str {
        self.turnstile.name(at)
    }

    /// Permits one call and runs until the next stands, or to the end.
    ///
    /// # Panics
    /// When the function waits for something that is not a call: it would wait for ever.
    pub fn step(&mut self, at: usize, fault: Option<Fault>) -> Poll<T> {
        self.turnstile.permit(at, fault);
        self.run()
    }

    /// Runs until a call stands, or to the end.
    ///
    /// # Panics
    /// See [`Running::step`].
    pub fn run(&mut self) -> Poll<T> {
        let waker = Waker::from(Arc::clone(&self.flag));
        loop {
            self.flag.0.store(false, Ordering::Relaxed);
            if let Poll::Ready(done) = self.future.as_mut().poll(&mut Context::from_waker(&waker)) {
                return Poll::Ready(done);
            }
            // A pause before another try takes no time here: whoever pauses asks for another look at once.
            let again = self.flag.0.load(Ordering::Relaxed);
            if !again && self.calls() > 0 {
                return Poll::Pending;
            }
            assert!(again, "a function waits for nothing");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doubles::RecordingQueue;
    use crate::faults::{FaultPlan, Faulty, Run};
    use crate::seeded::SeededIds;
    use oms_app::ports::{Stimulus, StimulusQueue};
    use oms_domain::wake::Work;

    fn function(queue: &RecordingQueue) -> Running<Run<usize>> {
        let turnstile = Turnstile::default();
        let plan = FaultPlan::directed(Arc::new(turnstile.clone()));
        let port = Faulty::new(queue.clone(), &plan);
        let stimulus = Stimulus { order_id: SeededIds::new(1).order_id(), work: Work::Placement };
        Running::new(turnstile, async move {
            plan.run(async {
                let both = futures::future::join(port.send(&stimulus, 0), port.send(&stimulus, 1)).await;
                usize::from(both.0.is_ok()) + usize::from(both.1.is_ok())
            })
            .await
        })
    }

    #[test]
    fn calls_go_on_one_by_one_and_in_any_order() {
        let queue = RecordingQueue::new();
        let mut running = function(&queue);
        assert!(running.run().is_pending());
        assert_eq!((running.calls(), running.call(1)), (2, "queue.send"));
        assert!(running.step(1, None).is_pending());
        assert_eq!(queue.sent()[0].1, 1);
        assert_eq!(running.step(0, Some(Fault::After)), Poll::Ready(Run::Done(1)));
        assert_eq!(queue.sent().len(), 2);
    }

    #[test]
    fn a_function_that_dies_leaves_no_call_behind() {
        let queue = RecordingQueue::new();
        let mut running = function(&queue);
        assert!(running.run().is_pending());
        assert_eq!(running.step(0, Some(Fault::CrashAfter)), Poll::Ready(Run::Crashed));
        assert_eq!((running.calls(), queue.sent().len()), (0, 1));
    }
}
