//! Reading the two tables: page by page, consistently.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use oms_app::timers::Watched;
use oms_aws::keys;
use oms_aws::rows::{Item, PK, SK};
use oms_domain::id::OrderId;

use crate::beside::Key;
use crate::error::AuditError;
use crate::rows::OrderRows;

/// The most keys of one BatchGetItem.
const BATCH: usize = 100;
/// How often keys that DynamoDB left unread are asked for again.
const BATCH_ROUNDS: u32 = 8;

/// The tables of one stack.
#[derive(Debug, Clone)]
pub struct Tables {
    /// DynamoDB.
    pub client: Client,
    /// Orders and all that belongs to them.
    pub orders: String,
    /// Stock, catalogue, locations.
    pub stock: String,
}

/// A place in a scan.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) items: Vec<Item>,
    /// Where the next page begins; none at the end.
    pub(crate) next: Option<Item>,
}

impl Tables {
    /// The next page of a table. Rows of one partition follow one another, over pages too.
    #[allow(clippy::disallowed_methods, reason = "an operator's tool that looks at everything, and no request path")]
    pub(crate) async fn scan(&self, table: &str, from: Option<Item>) -> Result<Page, AuditError> {
        let call = self.client.scan().table_name(table).consistent_read(true).set_exclusive_start_key(from);
        let page = call.send().await.map_err(AuditError::read("Scan", table))?;
        let next = page.last_evaluated_key.filter(|key| !key.is_empty());
        Ok(Page { items: page.items.unwrap_or_default(), next })
    }

    /// Everything of one order, read anew.
    pub(crate) async fn order(&self, id: &OrderId) -> Result<OrderRows, AuditError> {
        let mut rows = OrderRows::new(id.clone());
        let mut from = None;
        loop {
            let page = self.partition(keys::order(id), from).await?;
            page.items.into_iter().for_each(|item| rows.add(item));
            from = page.next;
            if from.is_none() {
                return Ok(rows);
            }
        }
    }

    /// The next page of a partition of the orders table.
    async fn partition(&self, pk: String, from: Option<Item>) -> Result<Page, AuditError> {
        let call = self
            .client
            .query()
            .table_name(&self.orders)
            .consistent_read(true)
            .key_condition_expression("#p = :p")
            .expression_attribute_names("#p", PK)
            .expression_attribute_values(":p", AttributeValue::S(pk))
            .set_exclusive_start_key(from);
        let page = call.send().await.map_err(AuditError::read("Query", &self.orders))?;
        let next = page.last_evaluated_key.filter(|key| !key.is_empty());
        Ok(Page { items: page.items.unwrap_or_default(), next })
    }

    /// The first commits of these orders, by order; those that do not exist are left out.
    pub(crate) async fn first_commits(&self, ids: &[OrderId]) -> Result<HashMap<OrderId, Item>, AuditError> {
        let wanted = ids.iter().map(|id| (keys::order(id), keys::commit(1))).collect();
        let found = self.batch(wanted).await?.into_iter();
        Ok(found.filter_map(|item| Some((keys::order_of(crate::item::partition(&item))?, item))).collect())
    }

    /// Which of these rows are there.
    pub(crate) async fn which(&self, wanted: BTreeSet<Key>) -> Result<BTreeSet<Key>, AuditError> {
        let key = |item: &Item| (crate::item::partition(item).to_owned(), crate::item::place(item).to_owned());
        Ok(self.batch(wanted).await?.iter().map(key).collect())
    }

    /// The orders that a timer brings back.
    pub(crate) async fn timed(&self) -> Result<BTreeSet<OrderId>, AuditError> {
        let mut timed = BTreeSet::new();
        for shard in 0..keys::TIMER_SHARDS {
            let mut from = None;
            loop {
                let page = self.partition(keys::timers(shard), from).await?;
                // A timer that cannot be read wakes nobody; its order tells.
                timed.extend(page.items.iter().filter_map(|row| match crate::item::body::<Watched>(row) {
                    Ok(Watched::Order { order_id }) => Some(order_id),
                    Ok(Watched::Entry { .. } | Watched::Fact { .. } | Watched::Scan { .. }) | Err(_) => None,
                }));
                from = page.next;
                if from.is_none() {
                    break;
                }
            }
        }
        Ok(timed)
    }

    /// The rows with these keys that are there.
    async fn batch(&self, wanted: BTreeSet<Key>) -> Result<Vec<Item>, AuditError> {
        let wanted: Vec<Key> = wanted.into_iter().collect();
        let mut found = Vec::new();
        for chunk in wanted.chunks(BATCH) {
            let text = |text: &String| AttributeValue::S(text.clone());
            let key = |(pk, sk): &Key| HashMap::from([(PK.to_owned(), text(pk)), (SK.to_owned(), text(sk))]);
            let mut left: Vec<Item> = chunk.iter().map(key).collect();
            for round in 0..BATCH_ROUNDS {
                if left.is_empty() {
                    break;
                }
                tokio::time::sleep(std::time::Duration::from_millis(25 << round) * u32::from(round > 0)).await;
                let request = KeysAndAttributes::builder()
                    .set_keys(Some(left))
                    .consistent_read(true)
                    .build()
                    .map_err(AuditError::read("BatchGetItem", &self.orders))?;
                let call = self.client.batch_get_item().request_items(&self.orders, request);
                let output = call.send().await.map_err(AuditError::read("BatchGetItem", &self.orders))?;
                found.extend(output.responses.unwrap_or_default().into_values().flatten());
                let unread = output.unprocessed_keys.unwrap_or_default().into_values();
                left = unread.flat_map(|unread: KeysAndAttributes| unread.keys).collect();
            }
            if !left.is_empty() {
                return Err(AuditError::Read {
                    call: "BatchGetItem",
                    table: self.orders.clone(),
                    cause: "keeps leaving keys unread".into(),
                });
            }
        }
        Ok(found)
    }
}
