//! Orders in DynamoDB: one row for each commit, so that the number in its key is the lock, and one query reads an order.

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{ConditionCheck, Put, TransactWriteItem};
use jiff::{SignedDuration, Timestamp};
use oms_app::error::StoreError;
use oms_app::pointers::{Pointer, WorkEntry};
use oms_app::ports::{Commit, LoadedOrder, OrderStore, ParkedFact};
use oms_domain::body::Provider;
use oms_domain::event::CommitRecord;
use oms_domain::id::{EventKey, OrderId};
use oms_domain::order::Order;

use crate::commit::{self, Tables, Write};
use crate::errors;
use crate::keys;
use crate::rows::{self, Row};
use crate::table::{Query, Sort, Table};

/// How long marks of unknown external events are kept.
const UNHANDLED_KEPT: SignedDuration = SignedDuration::from_hours(24 * 90);

/// The orders table, and the stock table when commits move stock.
///
/// It is every port that the orders table serves: orders, lists, timers, tasks, tracking numbers and intake keys.
#[derive(Debug, Clone)]
pub struct DynamoOrders {
    pub(crate) table: Table,
    stock_table: Option<String>,
}

impl DynamoOrders {
    /// On a table; commits that move stock are refused until [`DynamoOrders::with_stock_table`].
    pub fn new(client: Client, orders_table: impl Into<String>) -> Self {
        Self { table: Table { client, name: orders_table.into() }, stock_table: None }
    }

    /// Lets commits move stock in a table.
    #[must_use]
    pub fn with_stock_table(mut self, stock_table: impl Into<String>) -> Self {
        self.stock_table = Some(stock_table.into());
        self
    }

    /// Opens the connection during init, so that the first request does not pay for it (see [`crate::clients::warm`]).
    pub async fn warm(&self) {
        crate::clients::warm(&self.table.client, &self.table.name).await;
    }

    /// An order from its rows.
    async fn read(&self, id: &OrderId, rows: Query) -> Result<Option<LoadedOrder>, StoreError> {
        let items = self.table.query(rows).await?;
        let mut records: Vec<CommitRecord> = Vec::with_capacity(items.len());
        let mut parked: Vec<ParkedFact> = Vec::new();
        let mut timers: Vec<Timestamp> = Vec::new();
        for item in &items {
            let sk = rows::text(item, rows::SK)?;
            if sk.starts_with(keys::PARKED_PREFIX) {
                parked.push(rows::body(item)?);
            } else {
                let record: CommitRecord = rows::body(item)?;
                let expected = u64::try_from(records.len()).unwrap_or(u64::MAX).saturating_add(1);
                if keys::seq_of(sk) != Some(record.seq) || record.seq != expected {
                    return Err(StoreError::Malformed(format!(
                        "order {id}: commit {expected} is missing or misplaced"
                    )));
                }
                records.push(record);
                timers.extend(rows::maybe_moment(item, rows::TIMER)?);
            }
        }
        if records.is_empty() {
            return Ok(None);
        }
        in_order(&mut parked);
        let order = Order::from_records(&records).map_err(|e| StoreError::Malformed(format!("order {id}: {e}")))?;
        Ok(Some(LoadedOrder { order, parked, records, timers }))
    }

    /// Sends a transaction of which the first action carries the only condition that matters.
    /// False when that condition failed.
    pub(crate) async fn transact_if(&self, actions: Vec<TransactWriteItem>) -> Result<bool, StoreError> {
        let result = self.table.client.transact_write_items().set_transact_items(Some(actions)).send().await;
        let Err(error) = result else { return Ok(true) };
        match error.as_service_error().and_then(|e| commit::refused(e, 0, &[])) {
            Some(Err(StoreError::VersionTaken)) => Ok(false),
            Some(refused) => refused.map(|()| true),
            None => Err(errors::store(error)),
        }
    }

    /// A condition that a row does not exist, as an action of a transaction.
    pub(crate) fn absent(&self, (pk, sk): (String, String)) -> Result<TransactWriteItem, StoreError> {
        let check = ConditionCheck::builder()
            .table_name(&self.table.name)
            .set_key(Some(rows::key(pk, sk)))
            .condition_expression(commit::UNWRITTEN)
            .build()
            .map_err(errors::build)?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }

    /// A row to write, as an action of a transaction.
    pub(crate) fn written(&self, row: Row) -> Result<TransactWriteItem, StoreError> {
        let put =
            Put::builder().table_name(&self.table.name).set_item(Some(row.item())).build().map_err(errors::build)?;
        Ok(TransactWriteItem::builder().put(put).build())
    }
}

/// Commits and parked facts are neighbours in the partition; tasks come after them.
fn order_rows(id: &OrderId) -> Query {
    Query::rows(keys::order(id), Sort::Between(keys::COMMIT_PREFIX, "P#\u{10ffff}"))
}

/// A name for one call of `commit`, stored with the row that it writes.
///
/// The SDK sends a write again when its answer is lost. If the first one had its effect, the second meets its own row, and
/// "the version is taken" would be a lie that makes the caller decide anew, about a change that is its own. DynamoDB's
/// client token, which the SDK makes for every transaction and keeps over its own retries, covers that for transactions
/// only, and only for ten minutes; a PutItem has none. So the row carries the name of the call that wrote it, a failed
/// condition returns the row that is in the way, and the two are compared. Content alone would not do: two workers that
/// decide the same in the same instant write the same bytes, and only one of them may win.
///
/// A call that gives up leaves the question open: the caller loads again, and finds its effect as a version that moved.
pub(crate) fn writer() -> Result<[u8; 8], StoreError> {
    let mut name = [0; 8];
    getrandom::fill(&mut name).map_err(|e| StoreError::Unavailable(format!("no randomness: {e}")))?;
    Ok(name)
}

/// Parked facts, in the order in which they came.
fn in_order(parked: &mut [ParkedFact]) {
    parked.sort_by(|a, b| (a.at, &a.fact.key).cmp(&(b.at, &b.fact.key)));
}

#[async_trait]
impl OrderStore for DynamoOrders {
    async fn load(&self, id: &OrderId) -> Result<Option<LoadedOrder>, StoreError> {
        self.read(id, order_rows(id)).await
    }

    async fn load_from_replica(&self, id: &OrderId) -> Result<Option<LoadedOrder>, StoreError> {
        self.read(id, order_rows(id).on_a_replica()).await
    }

    async fn commit(&self, commit: &Commit) -> Result<(), StoreError> {
        let writer = writer()?;
        let tables = Tables { orders: &self.table.name, stock: self.stock_table.as_deref() };
        match commit::build(commit, &tables, &writer)? {
            Write::One(row) => match self.table.put_if(row, commit::UNWRITTEN, &[], vec![]).await? {
                Ok(()) => Ok(()),
                Err(row) if commit::is_own(Some(&row), &writer) => Ok(()),
                Err(_) => Err(StoreError::VersionTaken),
            },
            Write::Many(actions) => {
                let result = self.table.client.transact_write_items().set_transact_items(Some(actions)).send().await;
                let Err(error) = result else { return Ok(()) };
                match error.as_service_error().and_then(|e| commit::refused(e, commit.stock.len(), &writer)) {
                    Some(refused) => refused,
                    None => Err(errors::store(error)),
                }
            }
        }
    }

    async fn point(&self, pointer: &Pointer) -> Result<(), StoreError> {
        let row = match pointer {
            Pointer::Work(entry) => Row::new(keys::work(&entry.location_id, entry.list), keys::work_place(entry)),
            Pointer::Tracking { carrier, tracking_number, shipment_id } => {
                Row::new(keys::tracking(carrier, tracking_number), keys::ALONE)
                    .text("shipment_id", shipment_id.as_str())
            }
        };
        self.table.put(row).await
    }

    async fn leave(&self, entry: &WorkEntry) -> Result<(), StoreError> {
        self.table.delete(&keys::work(&entry.location_id, entry.list), &keys::work_place(entry)).await?;
        Ok(())
    }

    async fn park_fact(&self, order_id: &OrderId, parked: &ParkedFact) -> Result<bool, StoreError> {
        let row = Row::new(keys::order(order_id), keys::parked(&parked.fact.key)).body(parked)?;
        // The condition on the order's first row conflicts with the put that creates it: one of the two comes first.
        self.transact_if(vec![self.absent(commit::first_commit(order_id))?, self.written(row)?]).await
    }

    async fn parked_facts(&self, order_id: &OrderId) -> Result<Vec<ParkedFact>, StoreError> {
        let query = Query::rows(keys::order(order_id), Sort::Begins(keys::PARKED_PREFIX));
        let mut parked = self.table.query(query).await?.iter().map(rows::body).collect::<Result<Vec<_>, _>>()?;
        in_order(&mut parked);
        Ok(parked)
    }

    async fn drop_fact(&self, order_id: &OrderId, key: &EventKey) -> Result<(), StoreError> {
        self.table.delete(&keys::order(order_id), &keys::parked(key)).await?;
        Ok(())
    }

    async fn order_of_payment(
        &self,
        provider: Provider,
        provider_payment_id: &str,
    ) -> Result<Option<OrderId>, StoreError> {
        let query = Query {
            index: Some("payment"),
            consistent: false,
            partition: rows::G_PAYMENT,
            value: keys::payment(provider, provider_payment_id),
            sort: Sort::All,
            forward: true,
            limit: Some(1),
        };
        let items = self.table.query(query).await?;
        items.first().map(|item| rows::parsed(item, rows::PK, keys::order_of)).transpose()
    }

    async fn note_unhandled(
        &self,
        provider: &str,
        key: &EventKey,
        kind: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let kept_until = at.checked_add(UNHANDLED_KEPT).unwrap_or(at).as_second();
        let row = Row::new(keys::unhandled(provider, key), keys::ALONE)
            .text("kind", kind)
            .text("at", at.to_string())
            .number(rows::TTL, kept_until);
        self.table.put(row).await
    }
}
