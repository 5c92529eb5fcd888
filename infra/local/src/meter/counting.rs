//! What a DynamoDB call costs, from its request and its answer. Pure.
//!
//! Writes that succeed are taken from `ConsumedCapacity`, which the engine computes from the item before and after as AWS
//! documents it ("Read and write capacity unit consumption", Amazon DynamoDB Developer Guide): a unit for each started kilobyte of
//! the larger of both; for each index one for an entry that comes or goes, two for one whose key changes, none where the
//! projection stays the same; the table's part twice in a transaction, condition checks among it. `tests/meter.rs` checks the engine
//! against these rules. Where the engine is silent or rough the rule is applied here:
//!
//! - reads: the engine says one unit (or half) whatever was read. Here: started blocks of 4 KB of what was read, over all
//!   items of a query, item by item in a batch; an empty answer costs a block; half when eventually consistent;
//! - conditions that fail: the engine says nothing. The existing item is paid for, one unit at least; in a transaction every
//!   action twice.
//!
//! Index entries that a transaction writes are counted once, as the engine does: its authors compared with AWS. DynamoDB Local
//! counts them twice. [`Units::index_writes_of_transactions`] has how much that would add.

use rust_decimal::Decimal;
use serde_json::Value;

use super::sizes::{self, READ_BLOCK, WRITE_BLOCK};
use super::units::{Place, Units};

/// A call and its answer.
#[derive(Clone, Copy, Debug)]
pub struct Exchange<'a> {
    /// Such as `PutItem`.
    pub operation: &'a str,
    /// The request's body.
    pub request: &'a Value,
    /// Whether it was answered with 200.
    pub succeeded: bool,
    /// The answer's body.
    pub answer: &'a Value,
    /// For a read that shows only a part of the items: the answer that shows them whole.
    pub whole: Option<&'a Value>,
}

/// What the call consumed.
pub fn count(exchange: Exchange<'_>) -> Units {
    match exchange.operation {
        "GetItem" if exchange.succeeded => get(exchange),
        "Query" | "Scan" if exchange.succeeded => query(exchange),
        "BatchGetItem" if exchange.succeeded => batch_get(exchange),
        "PutItem" | "UpdateItem" | "DeleteItem" if exchange.succeeded => stated(exchange.answer, false),
        "PutItem" | "UpdateItem" | "DeleteItem" => refused(exchange),
        "BatchWriteItem" if exchange.succeeded => stated(exchange.answer, false),
        "TransactWriteItems" if exchange.succeeded => stated(exchange.answer, true),
        "TransactWriteItems" => cancelled(exchange),
        _ => Units::default(),
    }
}

/// The error's name without its namespace.
pub fn error_name(answer: &Value) -> &str {
    let name = answer.get("__type").and_then(Value::as_str).unwrap_or_default();
    name.rsplit('#').next().unwrap_or(name)
}

/// What `ConsumedCapacity` says, of one table or of several.
fn stated(answer: &Value, transaction: bool) -> Units {
    let mut units = Units::default();
    let capacity = answer.get("ConsumedCapacity");
    let list = capacity.and_then(Value::as_array).cloned().or_else(|| capacity.map(|one| vec![one.clone()]));
    for one in list.into_iter().flatten() {
        let name = text(&one, "TableName");
        let mut indexed = Decimal::ZERO;
        for kind in ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"] {
            for (index, part) in one.get(kind).and_then(Value::as_object).into_iter().flatten() {
                let part = number(part, "CapacityUnits");
                units.write(Place::index(name, index), part);
                indexed += part;
            }
        }
        // The total less the indexes: not every answer names the table's own part.
        units.write(Place::table(name), number(&one, "CapacityUnits") - indexed);
        if transaction {
            units.index_writes_of_transactions += indexed;
        }
    }
    units
}

fn get(exchange: Exchange<'_>) -> Units {
    let item = exchange.whole.unwrap_or(exchange.answer).get("Item");
    let blocks = sizes::blocks(item.map_or(0, sizes::item), READ_BLOCK);
    let mut units = Units::default();
    units.read(Place::table(text(exchange.request, "TableName")), read(blocks, exchange.request));
    units
}

fn query(exchange: Exchange<'_>) -> Units {
    let items = exchange.whole.unwrap_or(exchange.answer).get("Items").and_then(Value::as_array);
    let bytes = items.into_iter().flatten().map(sizes::item).sum();
    let table = text(exchange.request, "TableName");
    let place = match exchange.request.get("IndexName").and_then(Value::as_str) {
        Some(index) => Place::index(table, index),
        None => Place::table(table),
    };
    let mut units = Units::default();
    units.read(place, read(sizes::blocks(bytes, READ_BLOCK), exchange.request));
    units
}

fn batch_get(exchange: Exchange<'_>) -> Units {
    let mut units = Units::default();
    let answers = exchange.whole.unwrap_or(exchange.answer).get("Responses");
    for (table, request) in exchange.request.get("RequestItems").and_then(Value::as_object).into_iter().flatten() {
        let found = answers.and_then(|answers| answers.get(table)).and_then(Value::as_array);
        let found: Vec<u64> =
            found.into_iter().flatten().map(|item| sizes::blocks(sizes::item(item), READ_BLOCK)).collect();
        let asked = request.get("Keys").and_then(Value::as_array).map_or(0, Vec::len);
        let missing = u64::try_from(asked.saturating_sub(found.len())).unwrap_or(0);
        units.read(Place::table(table), read(found.iter().sum::<u64>() + missing, request));
    }
    units
}

/// A unit for each block, half where the read may be a moment old.
fn read(blocks: u64, request: &Value) -> Decimal {
    let consistent = request.get("ConsistentRead").and_then(Value::as_bool).unwrap_or_default();
    let blocks = Decimal::from(blocks);
    if consistent { blocks } else { blocks / Decimal::TWO }
}

/// A condition that failed is paid by the item that was there. Anything else that is refused, such as a malformed request, is free.
fn refused(exchange: Exchange<'_>) -> Units {
    let mut units = Units::default();
    if error_name(exchange.answer) == "ConditionalCheckFailedException" {
        let there = exchange.answer.get("Item").map_or(0, sizes::item);
        units.write(Place::table(text(exchange.request, "TableName")), written(there));
    }
    units
}

/// A transaction that was cancelled by a condition has been prepared all the same.
fn cancelled(exchange: Exchange<'_>) -> Units {
    let mut units = Units::default();
    if error_name(exchange.answer) != "TransactionCanceledException" {
        return units;
    }
    let actions = exchange.request.get("TransactItems").and_then(Value::as_array).into_iter().flatten();
    for action in actions.filter_map(|action| action.as_object()?.values().next()) {
        let bytes = action.get("Item").map_or(0, sizes::item);
        units.write(Place::table(text(action, "TableName")), written(bytes) * Decimal::TWO);
    }
    units
}

fn written(bytes: u64) -> Decimal {
    Decimal::from(sizes::blocks(bytes, WRITE_BLOCK))
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Units come as JSON numbers; their text is exact.
fn number(value: &Value, name: &str) -> Decimal {
    value.get(name).and_then(|number| number.to_string().parse().ok()).unwrap_or_default()
}

#[cfg(test)]
#[path = "counting_tests.rs"]
mod tests;
