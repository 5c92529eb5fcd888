//! The sweep's view: a sparse index over rows whose time comes, in shards.

use std::collections::HashMap;

use async_trait::async_trait;
use jiff::Timestamp;
use oms_app::error::StoreError;
use oms_app::ports::{DueItem, DueStore};
use oms_domain::id::{EventKey, OrderId};

use crate::keys;
use crate::orders::DynamoOrders;
use crate::rows::{self, Item};
use crate::table::{Query, Sort};

/// The most rows of one answer.
const MOST: u32 = 500;

#[async_trait]
impl DueStore for DynamoOrders {
    fn shards(&self) -> u32 {
        keys::DUE_SHARDS
    }

    async fn due(&self, shard: u32, now: Timestamp, limit: u32) -> Result<Vec<DueItem>, StoreError> {
        let query = Query {
            index: Some("due"),
            partition: rows::G_DUE,
            value: keys::due(shard),
            sort: Sort::UpTo(rows::G_DUE_AT, now.as_millisecond()),
            forward: true,
            limit: Some(limit.clamp(1, MOST) as usize),
        };
        let entries = self.table.query(query).await?;
        // The index has what the sweep needs of a commit; parked events are rare, and read from the table.
        let parked: Vec<Item> = entries.iter().filter(|entry| !is_commit(entry)).map(key_of).collect();
        let mut bodies: HashMap<(String, String), Item> = HashMap::new();
        for item in self.table.batch_get(parked).await? {
            bodies.insert((rows::text(&item, rows::PK)?.to_owned(), rows::text(&item, rows::SK)?.to_owned()), item);
        }
        let mut due = Vec::with_capacity(entries.len());
        for entry in &entries {
            // The index is a moment behind: what is gone from the table is no longer due.
            match decode(entry, &bodies) {
                Ok(Some(item)) => due.push(item),
                Ok(None) => {}
                // One row that cannot be read must not hide those behind it.
                Err(error) => tracing::error!(%error, shard, "a due row cannot be read"),
            }
        }
        Ok(due)
    }

    async fn mark_sent(&self, order_id: &OrderId, seq: u64, work_at: Option<Timestamp>) -> Result<(), StoreError> {
        let key = rows::key(keys::order(order_id), keys::commit(seq));
        let mut names = vec![("#unsent", rows::UNSENT), ("#at", rows::G_DUE_AT)];
        let mut values = Vec::new();
        let update = if let Some(work_at) = work_at {
            values.push((":at", rows::ms(work_at)));
            "SET #at = :at REMOVE #unsent"
        } else {
            names.push(("#due", rows::G_DUE));
            "REMOVE #unsent, #due, #at"
        };
        // Conditional on the mark, so that a second publisher neither brings a deleted row back nor undoes a later `set_due`.
        self.table.update_if(key, update, "attribute_exists(#unsent)", &names, values).await?;
        Ok(())
    }

    async fn supersede(&self, order_id: &OrderId, seq: u64) -> Result<(), StoreError> {
        let key = rows::key(keys::order(order_id), keys::commit(seq));
        let names = [("#due", rows::G_DUE), ("#at", rows::G_DUE_AT), ("#unsent", rows::UNSENT)];
        // Conditional on the mark: what has not left stays due until it has.
        let condition = "attribute_exists(pk) AND attribute_not_exists(#unsent)";
        self.table.update_if(key, "REMOVE #due, #at", condition, &names, vec![]).await?;
        Ok(())
    }

    async fn set_due(&self, order_id: &OrderId, seq: u64, at: Option<Timestamp>) -> Result<(), StoreError> {
        let key = rows::key(keys::order(order_id), keys::commit(seq));
        let names = [("#due", rows::G_DUE), ("#at", rows::G_DUE_AT)];
        let (update, values) = match at {
            Some(at) => {
                let shard = keys::due(keys::shard(order_id.as_str(), keys::DUE_SHARDS));
                ("SET #due = :due, #at = :at", vec![(":due", rows::s(shard)), (":at", rows::ms(at))])
            }
            None => ("REMOVE #due, #at", vec![]),
        };
        self.table.update_if(key, update, "attribute_exists(pk)", &names, values).await?;
        Ok(())
    }

    async fn drop_parked_fact(&self, order_id: &OrderId, key: &EventKey) -> Result<(), StoreError> {
        self.table.delete(&keys::order(order_id), &keys::parked(key)).await?;
        Ok(())
    }
}

fn is_commit(entry: &Item) -> bool {
    rows::text(entry, rows::SK).is_ok_and(|sk| sk.starts_with(keys::COMMIT_PREFIX))
}

fn key_of(entry: &Item) -> Item {
    [rows::PK, rows::SK].iter().filter_map(|name| Some(((*name).to_owned(), entry.get(*name)?.clone()))).collect()
}

fn decode(entry: &Item, bodies: &HashMap<(String, String), Item>) -> Result<Option<DueItem>, StoreError> {
    let pk = rows::text(entry, rows::PK)?;
    if is_commit(entry) {
        return Ok(Some(DueItem::Commit {
            order_id: rows::parsed(entry, rows::PK, keys::order_of)?,
            seq: rows::parsed(entry, rows::SK, keys::seq_of)?,
            unsent: rows::flag(entry, rows::UNSENT),
            work_at: rows::maybe_moment(entry, rows::WORK_AT)?,
        }));
    }
    let sk = rows::text(entry, rows::SK)?;
    let Some(item) = bodies.get(&(pk.to_owned(), sk.to_owned())) else { return Ok(None) };
    Ok(Some(if keys::is_tracking(pk) {
        DueItem::ParkedScan(rows::body(item)?)
    } else {
        DueItem::ParkedFact { order_id: rows::parsed(entry, rows::PK, keys::order_of)?, parked: rows::body(item)? }
    }))
}
