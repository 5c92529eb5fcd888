//! A table and the handful of calls that the stores make of it.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, ReturnValue, ReturnValuesOnConditionCheckFailure};
use oms_app::error::StoreError;

use crate::errors;
use crate::rows::{self, Item, Row};

/// The most keys of one BatchGetItem.
const BATCH: usize = 100;
/// How often keys that DynamoDB left unread are asked for again.
const BATCH_ROUNDS: u32 = 5;

/// A table.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub(crate) client: Client,
    pub(crate) name: String,
}

/// Which rows of a partition.
#[derive(Debug)]
pub(crate) enum Sort {
    /// Sort keys that begin with a text.
    Begins(&'static str),
    /// Sort keys between two texts, both included.
    Between(&'static str, &'static str),
    /// All, or those beyond a place, in the direction of the query.
    Beyond(&'static str, Option<String>),
    /// From a place to another, both included, by the attribute that sorts them.
    Within(&'static str, String, String),
    /// Sort keys up to a text, included.
    UpTo(String),
    /// All.
    All,
}

/// A query of one partition.
#[derive(Debug)]
pub(crate) struct Query {
    /// The index, or none for the table itself.
    pub(crate) index: Option<&'static str>,
    /// Everything that was written before, not what one replica has of it, for twice the price. An index cannot be read so.
    pub(crate) consistent: bool,
    /// The partition key's attribute.
    pub(crate) partition: &'static str,
    /// The partition.
    pub(crate) value: String,
    /// Which rows.
    pub(crate) sort: Sort,
    /// Ascending by sort key.
    pub(crate) forward: bool,
    /// At most so many.
    pub(crate) limit: Option<usize>,
}

impl Query {
    /// All rows of a partition of the table whose sort keys match, read consistently.
    pub(crate) fn rows(pk: String, sort: Sort) -> Self {
        Self { index: None, consistent: true, partition: rows::PK, value: pk, sort, forward: true, limit: None }
    }

    /// The same as one replica has them.
    pub(crate) fn on_a_replica(self) -> Self {
        Self { consistent: false, ..self }
    }
}

impl Table {
    /// A row, read consistently.
    pub(crate) async fn get(&self, pk: &str, sk: &str) -> Result<Option<Item>, StoreError> {
        self.read(pk, sk, true).await
    }

    /// A row that is written once and stays as it is. The first look costs half and may miss one that is a moment old; only then
    /// is it read consistently.
    pub(crate) async fn get_lasting(&self, pk: &str, sk: &str) -> Result<Option<Item>, StoreError> {
        match self.read(pk, sk, false).await? {
            Some(item) => Ok(Some(item)),
            None => self.read(pk, sk, true).await,
        }
    }

    async fn read(&self, pk: &str, sk: &str, consistent: bool) -> Result<Option<Item>, StoreError> {
        let output = self
            .client
            .get_item()
            .table_name(&self.name)
            .set_key(Some(rows::key(pk, sk)))
            .consistent_read(consistent)
            .send()
            .await
            .map_err(errors::store)?;
        Ok(output.item)
    }

    /// Whether a row exists, read consistently.
    pub(crate) async fn exists(&self, pk: &str, sk: &str) -> Result<bool, StoreError> {
        let output = self
            .client
            .get_item()
            .table_name(&self.name)
            .set_key(Some(rows::key(pk, sk)))
            .consistent_read(true)
            .projection_expression("#p")
            .expression_attribute_names("#p", rows::PK)
            .send()
            .await
            .map_err(errors::store)?;
        Ok(output.item.is_some())
    }

    /// Writes a row, whatever was there.
    pub(crate) async fn put(&self, row: Row) -> Result<(), StoreError> {
        self.client.put_item().table_name(&self.name).set_item(Some(row.item())).send().await.map_err(errors::store)?;
        Ok(())
    }

    /// Writes a row under a condition. `Err` holds the row that was in the way, if there was one.
    pub(crate) async fn put_if(
        &self,
        item: Item,
        condition: &str,
        names: &[(&str, &str)],
        values: Vec<(&str, AttributeValue)>,
    ) -> Result<Result<(), Item>, StoreError> {
        let mut call = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item))
            .condition_expression(condition)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        for (name, attribute) in names {
            call = call.expression_attribute_names(*name, *attribute);
        }
        for (name, value) in values {
            call = call.expression_attribute_values(name, value);
        }
        match call.send().await {
            Ok(_) => Ok(Ok(())),
            Err(error) => {
                if let Some(PutItemError::ConditionalCheckFailedException(failed)) = error.as_service_error() {
                    return Ok(Err(failed.item.clone().unwrap_or_default()));
                }
                Err(errors::store(error))
            }
        }
    }

    /// Deletes a row. False when there was none.
    pub(crate) async fn delete(&self, pk: &str, sk: &str) -> Result<bool, StoreError> {
        let output = self
            .client
            .delete_item()
            .table_name(&self.name)
            .set_key(Some(rows::key(pk, sk)))
            .return_values(ReturnValue::AllOld)
            .send()
            .await
            .map_err(errors::store)?;
        Ok(output.attributes.is_some_and(|item| !item.is_empty()))
    }

    /// The rows of a partition, over as many pages as it takes.
    pub(crate) async fn query(&self, query: Query) -> Result<Vec<Item>, StoreError> {
        let mut items: Vec<Item> = Vec::new();
        let mut start: Option<Item> = None;
        loop {
            let mut call = self
                .client
                .query()
                .table_name(&self.name)
                .set_index_name(query.index.map(str::to_owned))
                .consistent_read(query.consistent)
                .scan_index_forward(query.forward)
                .expression_attribute_names("#p", query.partition)
                .expression_attribute_values(":p", rows::s(&query.value))
                .set_exclusive_start_key(start.take());
            if let Some(limit) = query.limit {
                let left = limit.saturating_sub(items.len());
                call = call.limit(i32::try_from(left).unwrap_or(i32::MAX));
            }
            let mut condition = String::from("#p = :p");
            match &query.sort {
                Sort::All => {}
                Sort::Begins(prefix) => {
                    condition.push_str(" AND begins_with(#s, :a)");
                    call = call
                        .expression_attribute_names("#s", rows::SK)
                        .expression_attribute_values(":a", rows::s(*prefix));
                }
                Sort::Between(first, last) => {
                    condition.push_str(" AND #s BETWEEN :a AND :b");
                    call = call
                        .expression_attribute_names("#s", rows::SK)
                        .expression_attribute_values(":a", rows::s(*first))
                        .expression_attribute_values(":b", rows::s(*last));
                }
                Sort::Beyond(_, None) => {}
                Sort::Beyond(attribute, Some(place)) => {
                    condition.push_str(if query.forward { " AND #s > :a" } else { " AND #s < :a" });
                    call = call
                        .expression_attribute_names("#s", *attribute)
                        .expression_attribute_values(":a", rows::s(place));
                }
                Sort::Within(attribute, first, last) => {
                    condition.push_str(" AND #s BETWEEN :a AND :b");
                    call = call
                        .expression_attribute_names("#s", *attribute)
                        .expression_attribute_values(":a", rows::s(first))
                        .expression_attribute_values(":b", rows::s(last));
                }
                Sort::UpTo(last) => {
                    condition.push_str(" AND #s <= :a");
                    call = call
                        .expression_attribute_names("#s", rows::SK)
                        .expression_attribute_values(":a", rows::s(last));
                }
            }
            let output = call.key_condition_expression(condition).send().await.map_err(errors::store)?;
            items.extend(output.items.unwrap_or_default());
            start = output.last_evaluated_key.filter(|key| !key.is_empty());
            if start.is_none() || query.limit.is_some_and(|limit| items.len() >= limit) {
                return Ok(items);
            }
        }
    }

    /// The rows with these keys, read consistently, in no particular order; those that do not exist are left out. Keys must
    /// differ from one another.
    pub(crate) async fn batch_get(&self, keys: Vec<Item>) -> Result<Vec<Item>, StoreError> {
        let mut items = Vec::with_capacity(keys.len());
        for chunk in keys.chunks(BATCH) {
            let mut left = chunk.to_vec();
            let mut round = 0;
            while !left.is_empty() {
                if round == BATCH_ROUNDS {
                    return Err(StoreError::Unavailable("BatchGetItem keeps leaving keys unread".into()));
                }
                if round > 0 {
                    tokio::time::sleep(Duration::from_millis(20 << round)).await;
                }
                round += 1;
                let request = KeysAndAttributes::builder()
                    .set_keys(Some(left))
                    .consistent_read(true)
                    .build()
                    .map_err(errors::build)?;
                let output = self
                    .client
                    .batch_get_item()
                    .request_items(&self.name, request)
                    .send()
                    .await
                    .map_err(errors::store)?;
                items.extend(output.responses.unwrap_or_default().into_values().flatten());
                left = output
                    .unprocessed_keys
                    .unwrap_or_default()
                    .into_values()
                    .flat_map(|unread: KeysAndAttributes| unread.keys)
                    .collect();
            }
        }
        Ok(items)
    }
}
