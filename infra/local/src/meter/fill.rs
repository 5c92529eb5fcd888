//! Orders that lie in the tables before anything is measured: copies of one that was walked, each under a name of its own.

use std::time::{Duration, Instant};

use futures::stream::{self, StreamExt, TryStreamExt};
use serde_json::{Value, json};

use super::engine_api::EngineApi;
use crate::error::Result;

/// Rows in one BatchWriteItem.
const BATCH: usize = 25;
/// Batches under way at once.
const PARALLEL: usize = 4;
/// How the partitions of timers begin (`docs/tables.md`). Copies have none: DynamoDB reads what is due of a shard and no more, but the
/// engine goes through all of it for every look, which with tens of thousands outlasts the function's patience.
const TIMERS: &str = "D#";

/// What was stored, and how.
#[derive(Clone, Copy, Debug)]
pub struct Filled {
    /// Orders.
    pub orders: u64,
    /// Rows.
    pub rows: u64,
    /// How long it took.
    pub took: Duration,
}

/// Stores up to so many copies of an order's rows, for as long as the time allows.
///
/// # Errors
/// The engine refuses.
pub async fn fill(
    engine: &EngineApi,
    table: &str,
    rows: &[Value],
    order_id: &str,
    wanted: u64,
    patience: Duration,
    told: impl Fn(u64),
) -> Result<Filled> {
    let since = Instant::now();
    let is_timer = |row: &&Value| row.pointer("/pk/S").and_then(Value::as_str).is_some_and(|pk| pk.starts_with(TIMERS));
    let texts: Vec<String> = rows.iter().filter(|row| !is_timer(row)).map(Value::to_string).collect();
    let mut orders = 0;
    let group = u64::try_from(BATCH * PARALLEL).unwrap_or(100);
    while orders < wanted && since.elapsed() < patience {
        let end = wanted.min(orders + group);
        let copies: Vec<Value> = (orders..end)
            .flat_map(|number| texts.iter().filter_map(move |text| copy(text, order_id, number)))
            .collect();
        let batches = copies.chunks(BATCH).map(|items| write(engine, table, items));
        stream::iter(batches).buffer_unordered(PARALLEL).try_for_each(|()| async { Ok(()) }).await?;
        orders = end;
        told(orders);
    }
    let per_order = u64::try_from(texts.len()).unwrap_or(0);
    Ok(Filled { orders, rows: orders * per_order, took: since.elapsed() })
}

async fn write(engine: &EngineApi, table: &str, items: &[Value]) -> Result<()> {
    let puts: Vec<Value> = items.iter().map(|item| json!({ "PutRequest": { "Item": item } })).collect();
    engine.call("DynamoDB_20120810.BatchWriteItem", &json!({ "RequestItems": { table: puts } })).await.map(drop)
}

/// The row under another order's id: as long, and as spread over shards, as a real one. A row whose key
/// does not name the order, such as a tracking number's, gets a key of its own.
fn copy(text: &str, order_id: &str, number: u64) -> Option<Value> {
    let unique = format!("{number:010}");
    let kept = order_id.get(..order_id.len().saturating_sub(unique.len()))?;
    let mut row: Value = serde_json::from_str(&text.replace(order_id, &format!("{kept}{unique}"))).ok()?;
    let original: Value = serde_json::from_str(text).ok()?;
    if row.get("pk") == original.get("pk") && row.get("sk") == original.get("sk") {
        let pk = format!("{}{unique}", row.pointer("/pk/S")?.as_str()?);
        row.as_object_mut()?.insert("pk".to_owned(), json!({ "S": pk }));
    }
    Some(row)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use serde_json::json;

    use super::copy;

    #[test]
    fn a_copy_has_another_id_of_the_same_length() {
        let row = json!({ "pk": { "S": "O#abcdefghijklmnop" }, "body": { "S": "abcdefghijklmnop" } });
        let copied = copy(&row.to_string(), "abcdefghijklmnop", 7).unwrap();
        assert_eq!(copied["pk"]["S"], "O#abcdef0000000007");
        assert_eq!(copied["body"]["S"], "abcdef0000000007");
        let tracked =
            json!({ "pk": { "S": "N#standard#SF1" }, "sk": { "S": "-" }, "order_id": { "S": "abcdefghijklmnop" } });
        let copied = copy(&tracked.to_string(), "abcdefghijklmnop", 7).unwrap();
        assert_eq!(copied["pk"]["S"], "N#standard#SF10000000007");
    }
}
