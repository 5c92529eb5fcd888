//! Timers as rows of the orders table: a shard is a partition, the time begins the sort key.
//!
//! A timer costs one write when it is set and one when it is cleared, and nothing in between. An index over the orders' own
//! rows would cost two for each change of the time, and the row itself again.

use async_trait::async_trait;
use jiff::Timestamp;
use oms_app::error::StoreError;
use oms_app::timers::{Timer, TimerStore, Watched};

use crate::keys;
use crate::orders::DynamoOrders;
use crate::rows::{self, Item, Row};
use crate::table::{Query, Sort};

/// The most timers of one answer.
const MOST: u32 = 500;

#[async_trait]
impl TimerStore for DynamoOrders {
    fn shards(&self) -> u32 {
        keys::TIMER_SHARDS
    }

    async fn set(&self, timer: &Timer) -> Result<(), StoreError> {
        let (pk, sk) = key_of(timer);
        self.table.put(Row::new(pk, sk).body(&timer.of)?).await
    }

    async fn due(&self, shard: u32, now: Timestamp, limit: u32) -> Result<Vec<Timer>, StoreError> {
        let mut query = Query::rows(keys::timers(shard), Sort::UpTo(keys::timers_until(now)));
        query.limit = Some(limit.clamp(1, MOST) as usize);
        let mut timers = Vec::new();
        for item in self.table.query(query).await? {
            match timer(&item) {
                Ok(timer) => timers.push(timer),
                // One row that cannot be read must not hide those behind it.
                Err(error) => tracing::error!(%error, shard, "a timer cannot be read"),
            }
        }
        Ok(timers)
    }

    async fn clear(&self, shard: u32, timer: &Timer) -> Result<(), StoreError> {
        // In the shard where it was found: another release, or a person, may have had another idea of where it belongs.
        self.table.delete(&keys::timers(shard), &key_of(timer).1).await?;
        Ok(())
    }
}

fn key_of(timer: &Timer) -> (String, String) {
    let name = timer.of.name();
    (keys::timers(keys::shard(&name, keys::TIMER_SHARDS)), keys::timer(timer.at, &name))
}

fn timer(item: &Item) -> Result<Timer, StoreError> {
    let of: Watched = rows::body(item)?;
    Ok(Timer { at: rows::parsed(item, rows::SK, keys::timer_at)?, of })
}
