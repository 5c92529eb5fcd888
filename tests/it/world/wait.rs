//! Waiting for what happens by itself: looking again and again until a deadline, never sleeping for a fixed time and hoping.

use std::time::{Duration, Instant};

/// How long anything prompt may take. The engine is a Python program that may share two cores with a compiler.
pub const PATIENCE: Duration = Duration::from_secs(90);
/// How soon it is looked at again, at first and at most.
const PACE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_millis(500));

/// Looks until there is something to see. `look` tells what it saw instead, for the one who reads the failure.
pub async fn eventually<T>(what: &str, look: impl AsyncFnMut() -> Result<T, String>) -> T {
    eventually_within(PATIENCE, what, look).await
}

/// The same for this long.
pub async fn eventually_within<T>(
    patience: Duration,
    what: &str,
    mut look: impl AsyncFnMut() -> Result<T, String>,
) -> T {
    let since = Instant::now();
    let mut pace = PACE.0;
    loop {
        let seen = match look().await {
            Ok(found) => return found,
            Err(seen) => seen,
        };
        assert!(since.elapsed() < patience, "not within {} s: {what}\n{seen}", patience.as_secs());
        tokio::time::sleep(pace).await;
        pace = (pace * 3 / 2).min(PACE.1);
    }
}
