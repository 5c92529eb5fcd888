//! Stock, catalogue and locations in DynamoDB.
//!
//! A stock row keeps `free` (on hand − held − committed − safety stock) beside the counters that it follows from, since a
//! condition cannot calculate. Every write that changes a counter changes `free` with it, in one expression.

use std::collections::BTreeSet;

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use futures::future;
use oms_app::error::StoreError;
use oms_app::ports::{Goods, StockStore};
use oms_domain::id::{LocationId, Sku};
use oms_domain::location::{Location, Product};
use oms_domain::stock::StockLevel;

use crate::commit::UNWRITTEN;
use crate::keys;
use crate::rows::{self, Item, Row};
use crate::table::{Query, Sort, Table};

/// How many SKUs are asked for at the same time.
const AT_ONCE: usize = 16;
/// How often a count is tried against goods that keep leaving the shelf.
const COUNT_ATTEMPTS: usize = 8;

/// The stock table.
#[derive(Debug, Clone)]
pub struct DynamoStock {
    table: Table,
}

impl DynamoStock {
    /// On a table.
    pub fn new(client: Client, stock_table: impl Into<String>) -> Self {
        Self { table: Table { client, name: stock_table.into() } }
    }

    /// Opens the connection during init, so that the first request does not pay for it (see [`crate::clients::warm`]).
    pub async fn warm(&self) {
        crate::clients::warm(&self.table.client, &self.table.name).await;
    }
}

/// A stock row's counters.
fn level(item: &Item) -> Result<StockLevel, StoreError> {
    Ok(StockLevel {
        location_id: rows::parsed(item, rows::SK, |sk| LocationId::parse(sk.strip_prefix(keys::LEVEL_PREFIX)?).ok())?,
        sku: rows::parsed(item, rows::PK, |pk| Sku::parse(pk.strip_prefix("SKU#")?).ok())?,
        on_hand: rows::number(item, "on_hand")?,
        held: rows::number(item, "held")?,
        committed: rows::number(item, "committed")?,
        safety_stock: rows::number(item, "safety_stock")?,
        version: rows::number(item, "version")?,
    })
}

impl DynamoStock {
    /// The rows of each SKU that `sort` names, a SKU at a time.
    async fn rows_of(&self, skus: &[Sku], sort: fn() -> Sort) -> Result<Vec<Item>, StoreError> {
        let skus: Vec<&Sku> = skus.iter().collect::<BTreeSet<_>>().into_iter().collect();
        let mut items = Vec::new();
        for chunk in skus.chunks(AT_ONCE) {
            let queries = chunk.iter().map(|sku| self.table.query(Query::rows(keys::sku(sku), sort())));
            items.extend(future::try_join_all(queries).await?.into_iter().flatten());
        }
        Ok(items)
    }
}

#[async_trait]
impl StockStore for DynamoStock {
    async fn levels(&self, skus: &[Sku]) -> Result<Vec<StockLevel>, StoreError> {
        self.rows_of(skus, || Sort::Begins(keys::LEVEL_PREFIX)).await?.iter().map(level).collect()
    }

    async fn goods(&self, skus: &[Sku]) -> Result<Goods, StoreError> {
        // Product and levels are neighbours in the partition: asked for together they are one read.
        let mut goods = Goods::default();
        for item in &self.rows_of(skus, || Sort::All).await? {
            if rows::text(item, rows::SK)? == keys::PRODUCT {
                goods.products.push(rows::body(item)?);
            } else {
                goods.levels.push(level(item)?);
            }
        }
        Ok(goods)
    }

    async fn locations(&self) -> Result<Vec<Location>, StoreError> {
        let query = Query::rows(keys::LOCATIONS.to_owned(), Sort::All);
        self.table.query(query).await?.iter().map(rows::body).collect()
    }

    async fn put_product(&self, product: &Product) -> Result<(), StoreError> {
        self.table.put(Row::new(keys::sku(&product.sku), keys::PRODUCT).body(product)?).await
    }

    async fn put_location(&self, location: &Location) -> Result<(), StoreError> {
        self.table.put(Row::new(keys::LOCATIONS, location.location_id.as_str()).body(location)?).await
    }

    async fn set_count(
        &self,
        location: &LocationId,
        sku: &Sku,
        on_hand: u32,
        safety_stock: u32,
        expected: Option<u64>,
    ) -> Result<StockLevel, StoreError> {
        let (pk, sk) = (keys::sku(sku), keys::level(location));
        let mut row = self.table.get(&pk, &sk).await?;
        for _ in 0..COUNT_ATTEMPTS {
            let known = row.as_ref().map(level).transpose()?;
            if expected.is_some_and(|version| version != known.as_ref().map_or(0, |level| level.version)) {
                return Err(StoreError::VersionTaken);
            }
            let counted = match known {
                None => self.first_count(location, sku, on_hand, safety_stock).await?,
                Some(known) => self.count_again(&known, on_hand, safety_stock, expected).await?,
            };
            row = match counted {
                Ok(level) => return Ok(level),
                Err(found) => found,
            };
        }
        Err(StoreError::Contended(format!("{sku} at {location} moves faster than it can be counted")))
    }
}

/// A count that was stored, or the row that was found instead of the expected one.
type Counted = Result<StockLevel, Option<Item>>;

impl DynamoStock {
    /// The first count of a SKU at a location.
    async fn first_count(
        &self,
        location: &LocationId,
        sku: &Sku,
        on_hand: u32,
        safety_stock: u32,
    ) -> Result<Counted, StoreError> {
        let mut counted = StockLevel::empty(location.clone(), sku.clone());
        counted.on_hand = i64::from(on_hand);
        counted.safety_stock = i64::from(safety_stock);
        counted.version = 1;
        let row = Row::new(keys::sku(sku), keys::level(location))
            .number("on_hand", counted.on_hand)
            .number("held", 0)
            .number("committed", 0)
            .number("safety_stock", counted.safety_stock)
            .number("free", counted.free())
            .number("version", counted.version);
        Ok(self.table.put_if(row.item(), UNWRITTEN, &[], vec![]).await?.map(|()| counted).map_err(Some))
    }

    /// A further count. What is new is known only against what was there: so the condition is that the shelf still has what
    /// was read, and `free` moves by the difference. Reservations, which are far more frequent than goods leaving, go on
    /// beside it without failing it.
    async fn count_again(
        &self,
        known: &StockLevel,
        on_hand: u32,
        safety_stock: u32,
        expected: Option<u64>,
    ) -> Result<Counted, StoreError> {
        let (on_hand, safety_stock) = (i64::from(on_hand), i64::from(safety_stock));
        let change =
            on_hand.saturating_sub(known.on_hand).saturating_sub(safety_stock.saturating_sub(known.safety_stock));
        let mut condition = String::from("#on_hand = :on_hand_seen AND #safety = :safety_seen");
        let mut call = self
            .table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(rows::key(keys::sku(&known.sku), keys::level(&known.location_id))))
            .update_expression(
                "SET #on_hand = :on_hand, #safety = :safety, #free = #free + :change, #version = #version + :one",
            )
            .expression_attribute_names("#on_hand", "on_hand")
            .expression_attribute_names("#safety", "safety_stock")
            .expression_attribute_names("#free", "free")
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":on_hand", rows::n(on_hand))
            .expression_attribute_values(":on_hand_seen", rows::n(known.on_hand))
            .expression_attribute_values(":safety", rows::n(safety_stock))
            .expression_attribute_values(":safety_seen", rows::n(known.safety_stock))
            .expression_attribute_values(":change", rows::n(change))
            .expression_attribute_values(":one", rows::n(1))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        if let Some(version) = expected {
            condition.push_str(" AND #version = :expected");
            call = call.expression_attribute_values(":expected", rows::n(version));
        }
        match call.condition_expression(condition).send().await {
            Ok(output) => Ok(Ok(level(&output.attributes.unwrap_or_default())?)),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                    Ok(Err(failed.item.clone().filter(|item| !item.is_empty())))
                }
                Some(_) | None => Err(crate::errors::store(error)),
            },
        }
    }
}
