//! Chance and ids from a seed: the same seed gives the same run.

use std::sync::{Arc, Mutex, PoisonError};

use oms_domain::id::{EventKey, OrderId};

/// SplitMix64: small, fast, and good enough to shuffle faults. Clones draw from the same sequence.
#[derive(Debug, Clone)]
pub struct Seeded(Arc<Mutex<u64>>);

impl Seeded {
    /// From a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(seed)))
    }

    /// The next number.
    #[must_use]
    pub fn next(&self) -> u64 {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = *state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`; 0 when that is 0.
    #[must_use]
    pub fn below(&self, bound: u64) -> u64 {
        self.next().checked_rem(bound).unwrap_or(0)
    }

    /// True in so many of a thousand cases.
    #[must_use]
    pub fn per_mille(&self, cases: u32) -> bool {
        self.below(1000) < u64::from(cases)
    }

    /// One of the items.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn pick<'a, T>(&self, items: &'a [T]) -> &'a T {
        &items[usize::try_from(self.below(items.len() as u64)).expect("an index")]
    }

    /// Puts the items in another order.
    pub fn shuffle<T>(&self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, usize::try_from(self.below(i as u64 + 1)).expect("an index"));
        }
    }
}

/// Ids from a seed.
#[derive(Debug, Clone)]
pub struct SeededIds(Seeded);

impl SeededIds {
    /// From a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(Seeded::new(seed))
    }

    /// Letters and digits.
    #[must_use]
    pub fn text(&self, length: usize) -> String {
        const LETTERS: &[u8] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        (0..length).map(|_| char::from(*self.0.pick(LETTERS))).collect()
    }

    /// An order's id, of 26 characters as Waybill's own.
    #[must_use]
    pub fn order_id(&self) -> OrderId {
        OrderId::parse(self.text(26)).expect("an order id")
    }

    /// The key of a provider's event.
    #[must_use]
    pub fn event_key(&self, provider: &str) -> EventKey {
        EventKey::parse(format!("{provider}:evt_{}", self.text(16))).expect("an event key")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_one_sequence() {
        let draw = |seed| (0..5).map(|_| Seeded::new(seed).next()).collect::<Vec<_>>();
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        let seeded = Seeded::new(1);
        let hits = (0..10_000).filter(|_| seeded.per_mille(250)).count();
        assert!((2_200..2_800).contains(&hits), "{hits}");
    }
}
