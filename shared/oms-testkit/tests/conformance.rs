//! The store in memory keeps what every store must keep.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use oms_testkit::memory::{Lag, MemoryStore};
use oms_testkit::seeded::Seeded;

mod prompt {
    use super::MemoryStore;

    #[allow(clippy::unused_async, reason = "the suite awaits it")]
    async fn memory(_case: &str) -> Option<(MemoryStore, MemoryStore)> {
        let store = MemoryStore::new();
        Some((store.clone(), store))
    }

    oms_testkit::conformance_tests!(memory);
}

/// With lists that are behind more often than not.
mod lagging {
    use super::{Lag, MemoryStore, Seeded};

    #[allow(clippy::unused_async, reason = "the suite awaits it")]
    async fn memory(_case: &str) -> Option<(MemoryStore, MemoryStore)> {
        let store = MemoryStore::new();
        store.lag(Lag::Sometimes(Seeded::new(11), 600));
        Some((store.clone(), store))
    }

    oms_testkit::conformance_tests!(memory);
}
