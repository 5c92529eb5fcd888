//! Timers.

use async_trait::async_trait;
use jiff::Timestamp;
use oms_app::error::StoreError;
use oms_app::timers::{Timer, TimerStore, Watched};

use super::{MemoryStore, read, write};

/// Partitions of the timers.
const SHARDS: u32 = 8;

/// The shard of a text. Which one is nobody's business, as long as it stays the same.
fn shard(text: &str) -> u32 {
    text.bytes().fold(7_u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(u32::from(byte))) % SHARDS
}

/// A shard, a time in milliseconds, and what it is for.
pub(super) type TimerKey = (u32, i64, String);

fn key_of(timer: &Timer) -> TimerKey {
    let name = timer.of.name();
    (shard(&name), timer.at.as_millisecond(), name)
}

#[async_trait]
impl TimerStore for MemoryStore {
    fn shards(&self) -> u32 {
        SHARDS
    }

    async fn set(&self, timer: &Timer) -> Result<(), StoreError> {
        let body = write(&timer.of)?;
        self.state().timers.insert(key_of(timer), body);
        Ok(())
    }

    async fn due(&self, shard: u32, now: Timestamp, limit: u32) -> Result<Vec<Timer>, StoreError> {
        let state = self.state();
        let first = (shard, i64::MIN, String::new());
        let beyond = (shard, now.as_millisecond().saturating_add(1), String::new());
        let rows = state.timers.range(first..beyond).take(limit.max(1) as usize);
        rows.map(|((_, at, _), body)| {
            let of: Watched = read(body)?;
            let at = Timestamp::from_millisecond(*at).map_err(|e| StoreError::Malformed(e.to_string()))?;
            Ok(Timer { at, of })
        })
        .collect()
    }

    async fn clear(&self, shard: u32, timer: &Timer) -> Result<(), StoreError> {
        let (_, at, name) = key_of(timer);
        self.state().timers.remove(&(shard, at, name));
        Ok(())
    }
}

impl MemoryStore {
    /// All timers, earliest first, for checks over everything.
    #[must_use]
    pub fn all_timers(&self) -> Vec<Timer> {
        let state = self.state();
        let rows = state.timers.iter().filter_map(|((_, at, _), body)| {
            Some(Timer { at: Timestamp::from_millisecond(*at).ok()?, of: read(body).ok()? })
        });
        let mut timers: Vec<Timer> = rows.collect();
        timers.sort();
        timers
    }
}
