//! When requests are due, whatever became of those before them: a slow answer must not slow the arrivals down. Pure.

use std::time::Duration;

/// A stretch of time with one rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Requests a minute: a local engine bears few enough for that to matter.
    pub per_minute: u32,
    /// For so many seconds.
    pub seconds: u32,
}

/// The moments of a stretch, from its beginning.
pub fn moments(stretch: Stretch) -> Vec<Duration> {
    let count = stretch.per_minute.saturating_mul(stretch.seconds) / 60;
    let apart = Duration::from_secs(60).checked_div(stretch.per_minute).unwrap_or_default();
    (0..count).map(|number| apart.saturating_mul(number)).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Stretch, moments};

    #[test]
    fn requests_are_evenly_spread() {
        let times = moments(Stretch { per_minute: 240, seconds: 2 });
        assert_eq!(times.len(), 8);
        assert_eq!(times.last(), Some(&Duration::from_millis(1750)));
        assert_eq!(moments(Stretch { per_minute: 6, seconds: 30 }).last(), Some(&Duration::from_secs(20)));
        assert!(moments(Stretch { per_minute: 0, seconds: 9 }).is_empty());
    }
}
