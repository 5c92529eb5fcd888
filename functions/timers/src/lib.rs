//! The sweep, once a minute: whatever is overdue is done again.

use oms_app::sweep::{Sweep, Swept};
use oms_lambda::metrics::Metrics;
use serde::Serialize;

/// What a sweep over all shards did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Rows looked at.
    pub rows: usize,
    /// Commits published late.
    pub published: usize,
    /// Orders sent to their work again.
    pub stimulated: usize,
    /// Things given to people.
    pub tasks: usize,
    /// Rows or shards that failed.
    pub failed: usize,
    /// How overdue the most overdue order was, in seconds.
    pub oldest_seconds: i64,
}

/// Sweeps all shards. A shard that fails is counted, and does not keep the others from being swept.
pub async fn handle(sweep: &Sweep, stage: &str) -> Report {
    let mut report = Report::default();
    for shard in 0..sweep.due.shards() {
        match sweep.shard(shard).await {
            Ok(swept) => add(&mut report, swept),
            Err(error) => {
                report.failed += 1;
                tracing::error!(shard, %error, "a shard was not swept");
            }
        }
    }
    let Report { rows, published, stimulated, tasks, failed, oldest_seconds } = report;
    tracing::info!(
        rows,
        published,
        stimulated,
        tasks,
        failed,
        oldest_seconds,
        "swept {rows} due rows, {failed} failed"
    );
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    Metrics::new("timers", stage)
        .count("OverdueRows", count(rows))
        .count("SweepFailures", count(failed))
        .count("OldestOverdueSeconds", u64::try_from(oldest_seconds).unwrap_or(0))
        .emit();
    report
}

fn add(report: &mut Report, swept: Swept) {
    report.rows += swept.rows;
    report.published += swept.published;
    report.stimulated += swept.stimulated;
    report.tasks += swept.tasks;
    report.failed += swept.failed;
    report.oldest_seconds = report.oldest_seconds.max(swept.oldest_seconds);
}
