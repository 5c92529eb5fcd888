//! Lists that people look at: sparse indexes, read a page at a time.
//!
//! A page is asked for with one item more than shown, which tells whether there is a next one. The next page begins beyond
//! the last item shown, by its place in the list, not at a key that DynamoDB gave: so the parts of a list that is spread
//! over partitions can be merged and continued by one cursor, and a row that has gone meanwhile spoils nothing.

use std::collections::BTreeMap;

use async_trait::async_trait;
use futures::future;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use oms_app::error::StoreError;
use oms_app::pointers::{WorkEntry, WorkList};
use oms_app::ports::{ListKey, OrderLists, Page, Span};
use oms_domain::event::CommitRecord;
use oms_domain::id::{LocationId, OrderId};
use oms_domain::task::{Role, Task};

use crate::cursor;
use crate::keys;
use crate::orders::DynamoOrders;
use crate::rows::{self, Item};
use crate::table::{Query, Sort};

/// The longest page.
const LONGEST_PAGE: u32 = 200;
/// The most days (UTC) that one page of the ledger looks at: anybody's day lies in two of them.
const MOST_DAYS: usize = 2;

/// One partition of a list.
struct Part {
    /// None for the table itself.
    index: Option<&'static str>,
    partition: &'static str,
    value: String,
    place: &'static str,
    forward: bool,
    /// Where it begins and ends, if not with its partition; for lists that are read forward.
    between: Option<(String, String)>,
}

impl Part {
    /// Its rows beyond the place of a cursor.
    fn beyond(&self, after: Option<String>) -> Sort {
        let Some((first, last)) = &self.between else { return Sort::Beyond(self.place, after) };
        let begin = after.map(|place| keys::just_beyond(&place)).filter(|begin| begin > first);
        Sort::Within(self.place, begin.unwrap_or(first.clone()), last.clone())
    }
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
        let page = self.rows(parts, cursor, limit).await?;
        let items = page.items.iter().map(read).collect::<Result<_, _>>()?;
        Ok(Page { items, next: page.next })
    }

    /// The rows of such a page.
    async fn rows(&self, parts: Vec<Part>, cursor: Option<&str>, limit: u32) -> Result<Page<Item>, StoreError> {
        let limit = limit.clamp(1, LONGEST_PAGE) as usize;
        let after = cursor.map(cursor::decode).transpose()?;
        let (place, forward) = parts.first().map_or((rows::SK, true), |part| (part.place, part.forward));
        let queries = parts.into_iter().map(|part| {
            let sort = part.beyond(after.clone());
            self.table.query(Query {
                index: part.index,
                consistent: part.index.is_none(),
                partition: part.partition,
                value: part.value,
                sort,
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
        Ok(Page { items: found.into_iter().map(|(_, item)| item).collect(), next })
    }

    /// Commits whose keys an index gave, in its order.
    async fn commits(&self, found: &[Item]) -> Result<Vec<CommitRecord>, StoreError> {
        let place = |item: &Item| -> Result<(String, String), StoreError> {
            Ok((rows::text(item, rows::PK)?.to_owned(), rows::text(item, rows::SK)?.to_owned()))
        };
        let wanted = found.iter().map(place).collect::<Result<Vec<_>, _>>()?;
        let keys = wanted.iter().map(|(pk, sk)| rows::key(pk, sk)).collect();
        let mut stored = BTreeMap::new();
        for item in self.table.batch_get(keys).await? {
            stored.insert(place(&item)?, item);
        }
        let missing = |sk| StoreError::Malformed(format!("commit {sk} is in the ledger and not in the table"));
        wanted.iter().map(|key| rows::body(stored.get(key).ok_or_else(|| missing(&key.1))?)).collect()
    }
}

/// The partitions of the ledger that a span of time touches, and the part of each that lies within.
fn ledger_parts(span: &Span) -> Vec<Part> {
    let day = |at: Timestamp| at.to_zoned(TimeZone::UTC).date();
    let last = span.until.checked_sub(SignedDuration::from_millis(1)).unwrap_or(span.until);
    let between = (keys::places_from(span.from), keys::places_from(span.until));
    let mut parts = Vec::new();
    for date in day(span.from).series(1.days()).take_while(|date| *date <= day(last)).take(MOST_DAYS) {
        parts.extend((0..keys::LEDGER_SHARDS).map(|shard| Part {
            index: Some("ledger"),
            partition: rows::G_LEDGER,
            value: keys::ledger(&date.strftime("%Y-%m-%d").to_string(), shard),
            place: rows::G_CREATED,
            forward: true,
            between: Some(between.clone()),
        }));
    }
    parts
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
            between: None,
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
            between: None,
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
            between: None,
        };
        self.page(vec![part], cursor, limit, |item| {
            let (since, shipment_id) = rows::parsed(item, rows::SK, keys::work_of)?;
            Ok(WorkEntry { location_id: location.clone(), list, since, shipment_id })
        })
        .await
    }

    async fn ledger(&self, span: &Span, cursor: Option<&str>, limit: u32) -> Result<Page<CommitRecord>, StoreError> {
        // Beyond the span's end there is nothing, and DynamoDB takes no range that ends before it begins.
        if cursor.map(cursor::decode).transpose()?.is_some_and(|place| place >= keys::places_from(span.until)) {
            return Err(StoreError::BadCursor);
        }
        let page = self.rows(ledger_parts(span), cursor, limit).await?;
        Ok(Page { items: self.commits(&page.items).await?, next: page.next })
    }
}
