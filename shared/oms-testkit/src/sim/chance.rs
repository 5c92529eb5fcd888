//! Everything that a life leaves to chance: drawn from a seed, remembered, and replayed.
//!
//! A decision is known by what it is about, for which order, and the how-manieth of its kind it is, and its value follows
//! from that and the seed alone. So one decision can be taken back without changing what the others come to. Zero is
//! always the plain choice: no fault, no copy, no delay, the one who is at work goes on. What is remembered are the others.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a decision is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// How the world is made: stock, how rough the weather is.
    World,
    /// Whether the order is there at all.
    Exists,
    /// What is ordered, how it is paid, when it is sent.
    Order,
    /// What buyer, storefront and provider do.
    Payment,
    /// What a location does with a shipment.
    Location,
    /// What becomes of a parcel.
    Parcel,
    /// What staff do.
    Staff,
    /// How often and how late something is delivered.
    Delivery,
    /// Who goes next.
    Turn,
    /// How the clock jumps.
    Jump,
    /// How a call fails.
    Fault,
    /// What the provider answers.
    Answer,
}

/// How many kinds there are.
const KINDS: usize = What::Answer as usize + 1;

/// One decision: what it is about, for which order, and the how-manieth of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct About {
    /// What.
    pub what: What,
    /// For which order; [`NOBODY`] where it is for none.
    pub order: u16,
    /// The how-manieth.
    pub nth: u32,
}

/// The order of decisions that are about none.
pub const NOBODY: u16 = u16::MAX;

/// Decisions that are not the plain ones.
pub type Decisions = BTreeMap<About, u32>;

/// Where decisions come from.
#[derive(Debug)]
pub struct Chance {
    seed: u64,
    /// Decisions to repeat; all others are the plain ones.
    replayed: Option<Decisions>,
    /// How many of each kind there were, by order.
    counts: BTreeMap<u16, [u32; KINDS]>,
    taken: Decisions,
    /// The kinds that are plain from now on.
    plain: [bool; KINDS],
}

impl Chance {
    /// From a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed, replayed: None, counts: BTreeMap::new(), taken: Decisions::new(), plain: [false; KINDS] }
    }

    /// The same life with only these of its decisions.
    #[must_use]
    pub fn replay(seed: u64, decisions: Decisions) -> Self {
        Self { replayed: Some(decisions), ..Self::new(seed) }
    }

    /// The decisions so far that were not the plain ones.
    #[must_use]
    pub fn taken(&self) -> &Decisions {
        &self.taken
    }

    /// Decisions of a kind are plain from now on.
    pub fn calm(&mut self, what: What) {
        self.plain[what as usize] = true;
    }

    fn decide(&mut self, what: What, order: u16, draw: impl FnOnce(u64) -> u64) -> u32 {
        let count = &mut self.counts.entry(order).or_default()[what as usize];
        let about = About { what, order, nth: *count };
        *count += 1;
        if self.plain[what as usize] {
            return 0;
        }
        let value = match &self.replayed {
            Some(decisions) => decisions.get(&about).copied().unwrap_or(0),
            None => u32::try_from(draw(mixed(self.seed, about))).unwrap_or(u32::MAX),
        };
        if value != 0 {
            self.taken.insert(about, value);
        }
        value
    }

    /// Yes in so many of a thousand cases; no is plain.
    pub fn hits(&mut self, what: What, order: u16, per_mille: u32) -> bool {
        self.decide(what, order, |drawn| u64::from(drawn % 1000 < u64::from(per_mille))) != 0
    }

    /// One of `count` choices; the first is plain.
    pub fn pick(&mut self, what: What, order: u16, count: usize) -> usize {
        let last = count.saturating_sub(1);
        let value = self.decide(what, order, |drawn| drawn % (last as u64 + 1));
        usize::try_from(value).unwrap_or(last).min(last)
    }

    /// In so many of a thousand cases one of `count` choices; else none, which is plain.
    pub fn sometimes(&mut self, what: What, order: u16, per_mille: u32, count: usize) -> Option<usize> {
        let count = count.max(1);
        let draw = |drawn: u64| {
            if drawn % 1000 < u64::from(per_mille) { 1 + (drawn / 1000) % count as u64 } else { 0 }
        };
        let value = usize::try_from(self.decide(what, order, draw)).unwrap_or(count);
        value.checked_sub(1).map(|choice| choice.min(count - 1))
    }

    /// One of several, each as often as its weight says; the first is plain.
    pub fn weighted<T: Copy>(&mut self, what: What, order: u16, choices: &[(u32, T)]) -> T {
        let total: u64 = choices.iter().map(|(weight, _)| u64::from(*weight)).sum();
        let draw = |drawn: u64| {
            let mut left = drawn % total.max(1);
            let at = choices.iter().position(|(weight, _)| {
                let here = left < u64::from(*weight);
                left = left.saturating_sub(u64::from(*weight));
                here
            });
            at.unwrap_or(0) as u64
        };
        let at = usize::try_from(self.decide(what, order, draw)).unwrap_or(0);
        choices[at.min(choices.len() - 1)].1
    }
}

/// A number that follows from the seed and what it is for (SplitMix64's finaliser, twice).
fn mixed(seed: u64, about: About) -> u64 {
    let place = (about.what as u64) << 56 | u64::from(about.order) << 32 | u64::from(about.nth);
    finished(finished(seed.wrapping_add(0x9e37_79b9_7f4a_7c15)) ^ place)
}

fn finished(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draws(chance: &mut Chance) -> Vec<usize> {
        (0..40).map(|i| chance.pick(What::Turn, i % 3, 7)).collect()
    }

    #[test]
    fn a_seed_decides_and_its_decisions_repeat() {
        let mut chance = Chance::new(5);
        let first = draws(&mut chance);
        assert_eq!(first, draws(&mut Chance::new(5)));
        assert_ne!(first, draws(&mut Chance::new(6)));
        assert_eq!(first, draws(&mut Chance::replay(5, chance.taken().clone())));
        assert_eq!(draws(&mut Chance::replay(5, Decisions::new())), [0; 40]);
    }

    #[test]
    fn taking_one_back_leaves_the_others() {
        let mut chance = Chance::new(5);
        let first = draws(&mut chance);
        let mut kept = chance.taken().clone();
        let gone = *kept.keys().nth(3).unwrap();
        kept.remove(&gone);
        let second = draws(&mut Chance::replay(5, kept));
        assert_eq!(first.iter().zip(&second).filter(|(a, b)| a != b).count(), 1);
    }

    #[test]
    fn weights_are_kept() {
        let mut chance = Chance::new(1);
        let hits = (0..10_000).filter(|_| chance.weighted(What::Order, 0, &[(3, false), (1, true)])).count();
        assert!((2_300..2_700).contains(&hits), "{hits}");
        let sometimes = (0..10_000).filter_map(|_| chance.sometimes(What::Fault, 0, 100, 4)).collect::<Vec<_>>();
        assert!((850..1_150).contains(&sometimes.len()) && (0..4).all(|choice| sometimes.contains(&choice)));
    }
}
