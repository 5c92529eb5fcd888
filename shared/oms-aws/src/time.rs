//! The machine's clock, and waiting between tries.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use oms_app::ports::{Backoff, Clock};

/// The machine's clock, in whole milliseconds (what people and tables can use): the one place where it is read.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "this is the clock")]
    fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }
}

/// Waits longer for later tries, with full jitter, so that writers who met once do not meet again.
#[derive(Debug, Clone, Copy, Default)]
pub struct JitteredBackoff;

/// The longest wait before the second try, in milliseconds; it doubles up to [`LONGEST_MS`].
const FIRST_MS: u64 = 20;
/// The longest wait, in milliseconds: twelve tries stay well within a step's time-out.
const LONGEST_MS: u64 = 400;

#[async_trait]
impl Backoff for JitteredBackoff {
    async fn pause(&self, attempt: u32) {
        let most = FIRST_MS.saturating_mul(1 << attempt.min(10)).min(LONGEST_MS);
        let random = getrandom::u32().map_or(most / 2, u64::from);
        tokio::time::sleep(Duration::from_millis(random % (most + 1))).await;
    }
}
