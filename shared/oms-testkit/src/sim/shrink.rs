//! A failing life made as short as can be found: its decisions are taken back, many at once and then few, as long as it
//! still fails in the same place (delta debugging).

use std::time::{Duration, Instant};

use crate::sim::chance::{About, Decisions, NOBODY, What};
use crate::sim::run::{Ended, Failure, replay};

/// A shorter life that fails in the same place.
#[derive(Debug)]
pub struct Shorter {
    /// Its decisions.
    pub decisions: Decisions,
    /// How it ends.
    pub ended: Ended,
    /// How many lives were tried.
    pub tries: usize,
}

/// Takes decisions back until no more can be, or the time is over.
#[must_use]
pub fn shrink(seed: u64, failed: &Ended, budget: Duration) -> Option<Shorter> {
    let failure = failed.failure.as_ref()?;
    let mut search = Search { seed, failure, best: failed.decisions.clone(), tries: 0, until: Instant::now() + budget };
    search.whole_groups();
    // Those that were left may be fewer than thought: what a decision led to is gone with it.
    loop {
        let before = search.best.len();
        search.halves();
        if search.best.len() == before || search.is_over() {
            break;
        }
    }
    let ended = replay(seed, search.best.clone(), true);
    Some(Shorter { decisions: search.best, ended, tries: search.tries })
}

struct Search<'a> {
    seed: u64,
    failure: &'a Failure,
    best: Decisions,
    tries: usize,
    until: Instant,
}

impl Search<'_> {
    fn is_over(&self) -> bool {
        Instant::now() >= self.until
    }

    /// Tries without some decisions; keeps what still fails in the same place.
    fn without(&mut self, gone: impl Fn(&About) -> bool) -> bool {
        let kept: Decisions = self.best.iter().filter(|(about, _)| !gone(about)).map(|(a, v)| (*a, *v)).collect();
        if kept.len() == self.best.len() || self.is_over() {
            return false;
        }
        self.tries += 1;
        let ended = replay(self.seed, kept, false);
        let same = ended.failure.as_ref().is_some_and(|failure| failure.place == self.failure.place);
        if same {
            // Only what the life still asked for.
            self.best = ended.decisions;
        }
        same
    }

    /// Whole kinds, and whole orders.
    fn whole_groups(&mut self) {
        let kinds = [
            What::Turn,
            What::Jump,
            What::Fault,
            What::Delivery,
            What::Staff,
            What::Parcel,
            What::Location,
            What::Answer,
        ];
        for kind in kinds {
            self.without(|about| about.what == kind);
        }
        for order in 0..64 {
            self.without(|about| about.order == order);
        }
        for order in (0..64).chain([NOBODY]) {
            for kind in kinds {
                self.without(|about| about.order == order && about.what == kind);
            }
        }
    }

    /// Halves, quarters, … single ones, from the last to the first.
    fn halves(&mut self) {
        let mut size = self.best.len().div_ceil(2);
        while size > 0 && !self.is_over() {
            let keys: Vec<About> = self.best.keys().copied().collect();
            for part in keys.rchunks(size) {
                self.without(|about| part.contains(about));
            }
            size /= 2;
        }
    }
}
