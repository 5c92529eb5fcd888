//! Lists that people look at: sparse indexes, read a page at a time.
//!
//! A page is asked for with one item more than shown, which tells whether there is a next one. The next page begins beyond
//! the last item shown, by its place in the list, not at a key that DynamoDB gave: so the parts of a list that is spread
//! over partitions can be merged and continued by one cursor, and a row that has gone meanwhile spoils nothing.

use async_trait::async_trait;
use futures::future;
use oms_app::error::StoreError;
use oms_app::pointers::{WorkEntry, WorkList};
use oms_app::ports::{ListKey, OrderLists, Page};
use oms_domain::id::{LocationId, OrderId};
use oms_domain::task::{Role, Task};

use crate::cursor;
use crate::keys;
use crate::orders::DynamoOrders;
use crate::rows::{self, Item};
use crate::table::{Query, Sort};

/// The longest page.
const LONGEST_PAGE: u32 = 200;

/// One partition of a list.
struct Part {
    /// None for the table itself.
    index: Option<&'static str>,
    partition: &'static str,
    value: String,
    place: &'static str,
    forward: bool,
}

impl DynamoOrders {
    /// A page of a list that is spread over partitions.
    async fn page<T>(
        &self,
        parts: Vec<Part>,
        cursor: Option<&str>,
        limit: u32,
        read: impl Fn(&Item) -> Result<T, StoreError>,
    ) -> Result<Page<T>, StoreError> {
        let limit = limit.clamp(1, LONGEST_PAGE) as usize;
        let after = cursor.map(cursor::decode).transpose()?;
        let (place, forward) = parts.first().map_or((rows::SK, true), |part| (part.place, part.forward));
        let queries = parts.into_iter().map(|part| {
            self.table.query(Query {
                index: part.index,
                partition: part.partition,
                value: part.value,
                sort: Sort::Beyond(part.place, after.clone()),
                forward: part.forward,
                limit: Some(limit + 1),
            })
        });
        let mut found: Vec<(String, Item)> = Vec::new();
        for item in future::try_join_all(queries).await?.into_iter().flatten() {
            found.push((rows::text(&item, place)?.to_owned(), item));
        }
        if forward {
            found.sort_by(|a, b| a.0.cmp(&b.0));
        } else {
            found.sort_by(|a, b| b.0.cmp(&a.0));
        }
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| more).map(|(place, _)| cursor::encode(place));
        let items = found.iter().map(|(_, item)| read(item)).collect::<Result<_, _>>()?;
        Ok(Page { items, next })
    }
}

#[async_trait]
impl OrderLists for DynamoOrders {
    async fn orders(&self, key: &ListKey, cursor: Option<&str>, limit: u32) -> Result<Page<OrderId>, StoreError> {
        let part = |index, partition, value| Part {
            index: Some(index),
            partition,
            value,
            place: rows::G_CREATED,
            forward: false,
        };
        let parts = match key {
            ListKey::Customer(customer) => {
                keys::customer(customer).map(|value| part("customer", rows::G_CUSTOMER, value)).into_iter().collect()
            }
            ListKey::Day(date, channel) => {
                (0..keys::DAY_SHARDS).map(|shard| part("day", rows::G_DAY, keys::day(date, channel, shard))).collect()
            }
        };
        self.page(parts, cursor, limit, |item| rows::parsed(item, rows::PK, keys::order_of)).await
    }

    async fn tasks(&self, role: Role, cursor: Option<&str>, limit: u32) -> Result<Page<Task>, StoreError> {
        let part = Part {
            index: Some("tasks"),
            partition: rows::G_TASK,
            value: keys::tasks_of(role),
            place: rows::G_TASK_SINCE,
            forward: true,
        };
        self.page(vec![part], cursor, limit, rows::body).await
    }

    async fn shipments(
        &self,
        location: &LocationId,
        list: WorkList,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page<WorkEntry>, StoreError> {
        let part = Part {
            index: None,
            partition: rows::PK,
            value: keys::work(location, list),
            place: rows::SK,
            forward: true,
        };
        self.page(vec![part], cursor, limit, |item| {
            let (since, shipment_id) = rows::parsed(item, rows::SK, keys::work_of)?;
            Ok(WorkEntry { location_id: location.clone(), list, since, shipment_id })
        })
        .await
    }
}
