//! Many lives, on all cores, until one fails.

use std::cell::RefCell;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, Once, PoisonError};

use crate::sim::chance::{Chance, Decisions};
use crate::sim::figures::Figures;
use crate::sim::life::Life;

/// How a life ended.
#[derive(Debug)]
pub struct Ended {
    /// The seed.
    pub seed: u64,
    /// The hash of its trace.
    pub hash: u64,
    /// Its trace, where it was wanted.
    pub lines: Vec<String>,
    /// What was decided otherwise than plainly.
    pub decisions: Decisions,
    /// The numbers.
    pub figures: Figures,
    /// What went wrong, if anything did.
    pub failure: Option<Failure>,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// In words.
    pub message: String,
    /// Where it was noticed, as file and line: lives that fail in one place fail by one cause.
    pub place: String,
}

/// The life of a seed.
#[must_use]
pub fn live(seed: u64, text: bool) -> Ended {
    ended(seed, Chance::new(seed), text)
}

/// The life of a seed with only these of its decisions.
#[must_use]
pub fn replay(seed: u64, decisions: Decisions, text: bool) -> Ended {
    ended(seed, Chance::replay(seed, decisions), text)
}

fn ended(seed: u64, chance: Chance, text: bool) -> Ended {
    let mut life = Life::new(seed, chance, text);
    let failure = caught(|| life.live());
    let decisions = life.world().chance.taken().clone();
    let (hash, figures) = (life.hash(), life.figures());
    Ended { seed, hash, lines: life.into_trace().into_lines(), decisions, figures, failure }
}

thread_local! {
    /// Whether a panic of this thread is part of a life, and what the last one said.
    static CAUGHT: RefCell<Option<Option<Failure>>> = const { RefCell::new(None) };
}

/// Runs something, and catches what a check says.
fn caught(life: impl FnOnce()) -> Option<Failure> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let ours = CAUGHT.with_borrow_mut(|caught| {
                let Some(slot) = caught else { return false };
                let place = info.location().map(|l| format!("{}:{}", l.file(), l.line())).unwrap_or_default();
                let message = info.payload_as_str().unwrap_or("a panic without words").to_owned();
                *slot = Some(Failure { message, place });
                true
            });
            if !ours {
                usual(info);
            }
        }));
    });
    CAUGHT.set(Some(None));
    let done = catch_unwind(AssertUnwindSafe(life));
    let failure = CAUGHT.take().flatten();
    done.err().and(failure)
}

/// What many lives came to.
#[derive(Debug, Default)]
pub struct Sum {
    /// How many lives.
    pub lives: u64,
    /// All their numbers.
    pub figures: Figures,
    /// All their hashes in one, whatever their order.
    pub hash: u64,
    /// The first that failed, by its seed.
    pub failed: Option<Ended>,
}

/// Lives the lives of these seeds on so many threads; no further ones are begun after one has failed. `progress` hears
/// how many are over.
pub fn run(seeds: Range<u64>, threads: usize, progress: impl Fn(u64) + Sync) -> Sum {
    let next = AtomicU64::new(seeds.start);
    let sum = Mutex::new(Sum::default());
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                return;
            }
            let ended = live(seed, false);
            let mut sum = sum.lock().unwrap_or_else(PoisonError::into_inner);
            sum.lives += 1;
            sum.figures.add(&ended.figures);
            sum.hash ^= ended.hash.wrapping_mul(seed.wrapping_mul(2).wrapping_add(1));
            progress(sum.lives);
            if ended.failure.is_some() {
                next.store(seeds.end, Ordering::Relaxed);
                if sum.failed.as_ref().is_none_or(|first| ended.seed < first.seed) {
                    sum.failed = Some(ended);
                }
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(work);
        }
    });
    sum.into_inner().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_one_life() {
        for seed in 0..6 {
            let (first, second) = (live(seed, false), live(seed, true));
            assert_eq!(first.failure, None, "seed {seed}");
            assert_eq!((first.hash, first.figures), (second.hash, second.figures), "seed {seed}");
            assert_eq!(replay(seed, first.decisions, false).hash, first.hash, "seed {seed} replayed");
        }
    }
}
