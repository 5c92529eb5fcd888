//! Clocks whose hands the test turns, and waits that take no time.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use oms_app::ports::{Backoff, Clock};

/// A moment to begin with: the first second of a Singles' Day (UTC).
#[must_use]
pub fn start() -> Timestamp {
    "2026-11-11T00:00:00Z".parse().expect("a timestamp")
}

/// A clock that stands still.
#[derive(Debug, Clone, Copy)]
pub struct FixedClock(pub Timestamp);

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// A clock that moves when it is told to. Clones show the same time.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<Mutex<Timestamp>>);

impl ManualClock {
    /// Showing a time.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(now)))
    }

    /// Shows another time.
    pub fn set(&self, now: Timestamp) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }

    /// Goes on by a span.
    pub fn advance(&self, by: SignedDuration) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = now.checked_add(by).expect("the clock within jiff's range");
    }

    /// Goes on by seconds.
    pub fn advance_seconds(&self, seconds: i64) {
        self.advance(SignedDuration::from_secs(seconds));
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::at(start())
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits not at all, and lets others go first. Remembers how often; clones share that.
#[derive(Debug, Clone, Default)]
pub struct NoBackoff(Arc<Mutex<Vec<u32>>>);

impl NoBackoff {
    /// The attempts before which somebody would have waited.
    #[must_use]
    pub fn pauses(&self) -> Vec<u32> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Backoff for NoBackoff {
    async fn pause(&self, attempt: u32) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(attempt);
        tokio::task::yield_now().await;
    }
}
