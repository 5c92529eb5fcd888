//! One decision as one write: a conditional PutItem when it touches the order's own row alone, otherwise one
//! TransactWriteItems. And what it means when DynamoDB says no.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    CancellationReason, Delete, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use jiff::Timestamp;
use oms_app::error::StoreError;
use oms_app::ports::{Commit, SideRow};
use oms_domain::event::{CommitRecord, OrderEvent};
use oms_domain::id::OrderId;
use oms_domain::outgoing::Publish;
use oms_domain::stock::StockMove;
use oms_domain::task::Task;

use crate::errors;
use crate::keys;
use crate::rows::{self, Item, Row};

/// The most actions of one transaction.
const MOST_ACTIONS: usize = 100;
/// The condition of every commit: nobody has this number yet. It is the order's optimistic lock.
pub(crate) const UNWRITTEN: &str = "attribute_not_exists(pk)";

/// Where a commit's parts go.
#[derive(Debug)]
pub(crate) struct Tables<'a> {
    pub(crate) orders: &'a str,
    pub(crate) stock: Option<&'a str>,
}

/// What is sent.
#[derive(Debug)]
pub(crate) enum Write {
    /// The order's row alone.
    One(Item),
    /// The order's row first, then stock, then side rows.
    Many(Vec<TransactWriteItem>),
}

/// The order's new row.
pub(crate) fn order_row(commit: &Commit, writer: &[u8]) -> Result<Item, StoreError> {
    let record = &commit.record;
    let mut row = Row::new(keys::order(&record.order_id), keys::commit(record.seq))
        .packed_body(record)?
        .number(rows::NO, record.first_event)
        .bytes(rows::WRITER, writer);
    if let Some(timer) = commit.timer {
        row = row.number(rows::TIMER, timer.as_millisecond());
    }
    if Publish::Milestones.takes(record) {
        row = row.text(rows::NEWS, "1");
    }
    if let Some(payment) = &commit.payment {
        row = row.text(rows::G_PAYMENT, keys::payment(payment.0, &payment.1));
    }
    if let Some((customer, placed_at)) = listed(record) {
        if let Some(customer) = keys::customer(customer) {
            row = row.text(rows::G_CUSTOMER, customer);
        }
        let date = placed_at.strftime("%Y-%m-%d").to_string();
        let shard = keys::shard(record.order_id.as_str(), keys::DAY_SHARDS);
        row = row
            .text(rows::G_DAY, keys::day(&date, &record.channel, shard))
            .text(rows::G_CREATED, keys::created(record.at, &record.order_id));
    }
    if !record.postings.is_empty() {
        row = row
            .text(rows::G_LEDGER, keys::ledger_of(record.at, &record.order_id))
            .text(rows::G_CREATED, keys::posted(record.at, &record.order_id, record.seq));
    }
    Ok(row.item())
}

/// What the lists need of an order's first commit: whose order, and the day that it counts for.
fn listed(record: &CommitRecord) -> Option<(&str, Timestamp)> {
    record.events.iter().find_map(|event| {
        let OrderEvent::Received { body } = event else { return None };
        Some((body.customer.id.as_str(), body.placed_at.unwrap_or(record.at)))
    })
}

/// Builds the write.
///
/// # Errors
/// [`StoreError::Malformed`] for a commit that DynamoDB could never take: a stock row moved twice, over 100 actions.
pub(crate) fn build(commit: &Commit, tables: &Tables<'_>, writer: &[u8]) -> Result<Write, StoreError> {
    let row = order_row(commit, writer)?;
    if commit.stock.is_empty() && commit.rows.is_empty() {
        return Ok(Write::One(row));
    }
    let order = Put::builder()
        .table_name(tables.orders)
        .set_item(Some(row))
        .condition_expression(UNWRITTEN)
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .build()
        .map_err(errors::build)?;
    let mut actions = vec![TransactWriteItem::builder().put(order).build()];
    let mut moved = BTreeSet::new();
    for change in &commit.stock {
        let Some(table) = tables.stock else {
            return Err(StoreError::Malformed("a commit moves stock where no stock table is configured".into()));
        };
        if !moved.insert((&change.sku, &change.location_id)) {
            return Err(StoreError::Malformed(format!("{} at {} is moved twice", change.sku, change.location_id)));
        }
        actions.push(TransactWriteItem::builder().update(stock_update(table, change)?).build());
    }
    for action in side_rows(commit, tables.orders)?.into_values() {
        actions.push(action);
    }
    if actions.len() > MOST_ACTIONS {
        let count = actions.len();
        return Err(StoreError::Malformed(format!("a commit of {count} rows is above DynamoDB's {MOST_ACTIONS}")));
    }
    Ok(Write::Many(actions))
}

/// The conditional change of one stock row. Conditions cannot calculate, so the row keeps `free` beside the counters that
/// it follows from.
fn stock_update(table: &str, change: &StockMove) -> Result<Update, StoreError> {
    let mut update = Update::builder()
        .table_name(table)
        .set_key(Some(rows::key(keys::sku(&change.sku), keys::level(&change.location_id))))
        .expression_attribute_names("#version", "version")
        .expression_attribute_values(":one", rows::n(1));
    let mut set = vec!["#version = #version + :one".to_owned()];
    // A row that was never counted has nothing to move.
    let mut conditions = vec!["attribute_exists(pk)".to_owned()];
    let counters = [("on_hand", change.on_hand), ("held", change.held), ("committed", change.committed)];
    for (name, delta) in counters.into_iter().chain([("free", change.free())]) {
        let takes = name == "free" && change.takes > 0;
        if delta != 0 || takes {
            update = update.expression_attribute_names(format!("#{name}"), name);
        }
        if delta != 0 {
            set.push(format!("#{name} = #{name} + :{name}"));
            update = update.expression_attribute_values(format!(":{name}"), rows::n(delta));
        }
        if takes {
            conditions.push("#free >= :takes".to_owned());
            update = update.expression_attribute_values(":takes", rows::n(change.takes));
        } else if name != "free" && delta < 0 {
            conditions.push(format!("#{name} >= :{name}_least"));
            update = update.expression_attribute_values(format!(":{name}_least"), rows::n(delta.saturating_neg()));
        }
    }
    update
        .update_expression(format!("SET {}", set.join(", ")))
        .condition_expression(conditions.join(" AND "))
        .build()
        .map_err(errors::build)
}

/// The side rows, one action for each key: a transaction may touch a row only once, and the last word on a row counts.
fn side_rows(commit: &Commit, table: &str) -> Result<BTreeMap<(String, String), TransactWriteItem>, StoreError> {
    let order = &commit.record.order_id;
    let mut actions = BTreeMap::new();
    for row in &commit.rows {
        let (key, action) = match row {
            SideRow::OpenTask(task) => {
                put(table, (keys::order(order), keys::task(&task.task_id)), |row| task_row(row, task))?
            }
            SideRow::CloseTask { task_id } => delete(table, (keys::order(order), keys::task(task_id)))?,
            SideRow::DropParked { key } => delete(table, (keys::order(order), keys::parked(key)))?,
        };
        actions.insert(key, action);
    }
    Ok(actions)
}

type Action = ((String, String), TransactWriteItem);

fn put(
    table: &str,
    key: (String, String),
    fill: impl FnOnce(Row) -> Result<Row, StoreError>,
) -> Result<Action, StoreError> {
    let row = fill(Row::new(&key.0, &key.1))?;
    let put = Put::builder().table_name(table).set_item(Some(row.item())).build().map_err(errors::build)?;
    Ok((key, TransactWriteItem::builder().put(put).build()))
}

fn delete(table: &str, key: (String, String)) -> Result<Action, StoreError> {
    let delete =
        Delete::builder().table_name(table).set_key(Some(rows::key(&key.0, &key.1))).build().map_err(errors::build)?;
    Ok((key, TransactWriteItem::builder().delete(delete).build()))
}

/// A task's content and its place on a desk.
pub(crate) fn task_row(row: Row, task: &Task) -> Result<Row, StoreError> {
    Ok(row
        .body(task)?
        .text(rows::G_TASK, keys::tasks_of(task.role))
        .text(rows::G_TASK_SINCE, keys::task_since(task.since, task.order_id.as_ref(), &task.task_id)))
}

/// What a refused transaction means, most telling reason first.
///
/// A taken version says that the decision was made from old state, so it outweighs the stock. A conflict says nothing about
/// the data and must never pass for "sold out"; a condition of the stock that was looked at and failed does.
pub(crate) fn refused(
    error: &TransactWriteItemsError,
    stock_moves: usize,
    writer: &[u8],
) -> Option<Result<(), StoreError>> {
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = error else { return None };
    let reasons = cancelled.cancellation_reasons();
    let failed = |reason: &CancellationReason| reason.code() == Some("ConditionalCheckFailed");
    let having = |codes: &[&str]| reasons.iter().any(|r| r.code().is_some_and(|code| codes.contains(&code)));
    if let Some(order) = reasons.first().filter(|reason| failed(reason)) {
        return Some(if is_own(order.item(), writer) { Ok(()) } else { Err(StoreError::VersionTaken) });
    }
    let codes: Vec<&str> = reasons.iter().filter_map(CancellationReason::code).filter(|code| *code != "None").collect();
    let text = format!("transaction cancelled: {}", codes.join(", "));
    Some(Err(if having(&["ValidationError", "ItemCollectionSizeLimitExceeded"]) {
        StoreError::Malformed(text)
    } else if having(&["TransactionConflict"]) {
        StoreError::Contended(text)
    } else if reasons.iter().skip(1).take(stock_moves).any(failed) {
        StoreError::StockShort
    } else {
        // ThrottlingError, ProvisionedThroughputExceeded, RequestLimitExceeded and whatever comes next.
        StoreError::Unavailable(text)
    }))
}

/// Whether the row that is in the way was written by this very call.
pub(crate) fn is_own(item: Option<&Item>, writer: &[u8]) -> bool {
    item.and_then(|item| item.get(rows::WRITER))
        .and_then(|value| value.as_b().ok())
        .is_some_and(|bytes| bytes.as_ref() == writer)
}

/// The partition and the sort key of an order's first commit: where it is, the order is.
pub(crate) fn first_commit(order: &OrderId) -> (String, String) {
    (keys::order(order), keys::commit(1))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use aws_sdk_dynamodb::types::error::TransactionCanceledException;

    use super::*;

    const WRITER: &[u8] = b"writer-1";

    fn cancelled(codes: &[&str], in_the_way: Option<&[u8]>) -> Option<Result<(), StoreError>> {
        let reasons = codes.iter().enumerate().map(|(i, code)| {
            let row = in_the_way.filter(|_| i == 0).map(|by| Row::new("O#1", "E#1").bytes(rows::WRITER, by).item());
            CancellationReason::builder().code(*code).set_item(row).build()
        });
        let error = TransactionCanceledException::builder().set_cancellation_reasons(Some(reasons.collect())).build();
        // The order's row, two stock rows, and side rows after them.
        refused(&TransactWriteItemsError::TransactionCanceledException(error), 2, WRITER)
    }

    fn kind(codes: &[&str]) -> &'static str {
        match cancelled(codes, None) {
            Some(Err(StoreError::VersionTaken)) => "version taken",
            Some(Err(StoreError::StockShort)) => "stock short",
            Some(Err(StoreError::Contended(_))) => "contended",
            Some(Err(StoreError::Unavailable(_))) => "unavailable",
            Some(Err(StoreError::Malformed(_) | StoreError::BadCursor)) => "malformed",
            Some(Ok(())) | None => "none",
        }
    }

    #[test]
    fn the_most_telling_reason_counts() {
        const FAILED: &str = "ConditionalCheckFailed";
        const CONFLICT: &str = "TransactionConflict";
        let cases: &[(&[&str], &str)] = &[
            (&[FAILED, "None", "None"], "version taken"),
            (&[FAILED, FAILED, CONFLICT], "version taken"),
            (&["None", FAILED, "None"], "stock short"),
            (&["None", "None", FAILED], "stock short"),
            // A conflict is never "sold out".
            (&["None", FAILED, CONFLICT], "contended"),
            (&[CONFLICT, FAILED, "None"], "contended"),
            (&["None", CONFLICT, "None"], "contended"),
            (&["None", FAILED, "ThrottlingError"], "stock short"),
            (&["None", "ThrottlingError", "None"], "unavailable"),
            (&["None", "None", "ProvisionedThroughputExceeded"], "unavailable"),
            (&["RequestLimitExceeded", "None", "None"], "unavailable"),
            (&["None", "ValidationError", CONFLICT], "malformed"),
            // Side rows have no conditions: whatever this is, it is not stock.
            (&["None", "None", "None", FAILED], "unavailable"),
            (&[], "unavailable"),
        ];
        for (codes, expected) in cases {
            assert_eq!(kind(codes), *expected, "{codes:?}");
        }
    }

    #[test]
    fn a_call_that_meets_its_own_row_has_succeeded() {
        assert!(matches!(cancelled(&["ConditionalCheckFailed"], Some(WRITER)), Some(Ok(()))));
        assert!(matches!(
            cancelled(&["ConditionalCheckFailed"], Some(b"writer-2")),
            Some(Err(StoreError::VersionTaken))
        ));
        assert!(refused(&TransactWriteItemsError::unhandled("other"), 0, WRITER).is_none());
    }

    #[test]
    fn a_move_checks_what_it_takes_and_what_it_lowers() {
        let change = |on_hand, held, committed, takes| StockMove {
            location_id: oms_domain::id::LocationId::parse("sz-1").unwrap(),
            sku: oms_domain::id::Sku::parse("TEE-M").unwrap(),
            on_hand,
            held,
            committed,
            takes,
        };
        let update = |change| {
            let update = stock_update("stock", &change).unwrap();
            (update.update_expression, update.condition_expression.unwrap())
        };
        let (set, condition) = update(change(0, 3, 0, 3));
        assert_eq!(set, "SET #version = #version + :one, #held = #held + :held, #free = #free + :free");
        assert_eq!(condition, "attribute_exists(pk) AND #free >= :takes");
        // From held to committed: nothing is taken, so that a count below what is promised blocks no shipment.
        let (set, condition) = update(change(0, -3, 3, 0));
        assert_eq!(set, "SET #version = #version + :one, #held = #held + :held, #committed = #committed + :committed");
        assert_eq!(condition, "attribute_exists(pk) AND #held >= :held_least");
        let (_, condition) = update(change(-2, 0, -2, 0));
        assert_eq!(condition, "attribute_exists(pk) AND #on_hand >= :on_hand_least AND #committed >= :committed_least");
    }
}
