//! The sweep, once a minute: whatever has a timer that has come is looked at.

use jiff::SignedDuration;
use oms_app::sweep::{Sweep, Swept};
use oms_lambda::metrics::Metrics;

/// How long a sweep goes on to further pages, in seconds; the rest of the function's time is for the page at hand.
const BUDGET_SECONDS: i64 = 35;

/// Sweeps all shards. A shard that fails is counted, and does not keep the others from being swept.
pub async fn handle(sweep: &Sweep, stage: &str) -> Swept {
    let start = sweep.carriers.engine.clock.now();
    let until = start.checked_add(SignedDuration::from_secs(BUDGET_SECONDS)).unwrap_or(start);
    let mut all = Swept::default();
    for shard in 0..sweep.shards() {
        match sweep.shard(shard, until).await {
            Ok(swept) => all.add(swept),
            Err(error) => {
                all.failed += 1;
                tracing::error!(shard, %error, "a shard was not swept");
            }
        }
    }
    let Swept { timers, published, stimulated, tasks, payments, failed, oldest_seconds } = all;
    tracing::info!(timers, published, stimulated, tasks, failed, oldest_seconds, "{timers} timers, {failed} failed");
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    Metrics::new("timers", stage)
        .count("Timers", count(timers))
        .count("Stimulated", count(stimulated))
        .count("SweepFailures", count(failed))
        .count("OldestOverdueSeconds", u64::try_from(oldest_seconds).unwrap_or(0))
        .emit();
    // Only when it happens: the alarm takes silence for good news, and a line a minute would be paid for.
    if payments > 0 {
        Metrics::money_waits("timers", stage, payments).emit();
    }
    all
}
