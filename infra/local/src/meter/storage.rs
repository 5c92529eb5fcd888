//! What an order leaves behind in the tables. Pure.

use serde_json::{Value, json};

use super::sizes;

/// An index's key attributes and what it carries beside them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    keys: Vec<String>,
    projection: Projection,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Projection {
    All,
    These(Vec<String>),
}

/// The seconds of the month that storage is paid for.
const MONTH: u64 = 30 * 86_400;
/// How long a row may outlive its time: DynamoDB deletes within a few days
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html>).
const DELETED_WITHIN: u64 = 2 * 86_400;

/// Bytes that are kept for a month; of a row that goes sooner by itself, its part of the month.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Rows.
    pub rows: u64,
    /// Their bytes, with what storage adds to each.
    pub row_bytes: u64,
    /// The same of their entries in indexes.
    pub entry_bytes: u64,
}

/// The global indexes that a table's description has.
pub fn indexes(description: &Value) -> Vec<Index> {
    let texts = |list: Option<&Value>| -> Vec<String> {
        let list = list.and_then(Value::as_array).into_iter().flatten();
        list.filter_map(|value| value.as_str().map(str::to_owned)).collect()
    };
    let list = description.pointer("/Table/GlobalSecondaryIndexes").and_then(Value::as_array).into_iter().flatten();
    list.map(|index| {
        let keys = index.get("KeySchema").and_then(Value::as_array).into_iter().flatten();
        let projected = texts(index.pointer("/Projection/NonKeyAttributes"));
        Index {
            keys: keys.filter_map(|key| key.get("AttributeName")?.as_str().map(str::to_owned)).collect(),
            projection: match index.pointer("/Projection/ProjectionType").and_then(Value::as_str) {
                Some("KEYS_ONLY" | "INCLUDE") => Projection::These(projected),
                Some(_) | None => Projection::All,
            },
        }
    })
    .collect()
}

impl Kept {
    /// Adds a row and its entries, as they are at a time (epoch seconds).
    pub fn row(&mut self, item: &Value, indexes: &[Index], overhead: u64, now: u64) {
        let kept = seconds_kept(item, now);
        let part = |bytes: u64| (bytes * kept).div_ceil(MONTH);
        self.rows += 1;
        self.row_bytes += part(sizes::item(item) + overhead);
        let entries = indexes.iter().filter_map(|index| entry(item, index));
        self.entry_bytes += entries.map(|bytes| part(bytes + overhead)).sum::<u64>();
    }
}

/// How much of a month a row is kept, in seconds.
fn seconds_kept(item: &Value, now: u64) -> u64 {
    let until = item.pointer("/ttl/N").and_then(Value::as_str).and_then(|ttl| ttl.parse::<u64>().ok());
    until.map_or(MONTH, |until| (until.saturating_sub(now) + DELETED_WITHIN).min(MONTH))
}

/// The bytes of an item's entry; none when it has not all of the index's keys.
fn entry(item: &Value, index: &Index) -> Option<u64> {
    if index.keys.iter().any(|key| item.get(key).is_none()) {
        return None;
    }
    let mut shown = json!({});
    for (name, value) in item.as_object()? {
        let is_key = ["pk", "sk"].contains(&name.as_str()) || index.keys.contains(name);
        let carried = match &index.projection {
            Projection::All => true,
            Projection::These(names) => is_key || names.contains(name),
        };
        if carried && let Some(object) = shown.as_object_mut() {
            object.insert(name.clone(), value.clone());
        }
    }
    Some(sizes::item(&shown))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::sizes;
    use super::{Kept, indexes};

    #[test]
    fn rows_and_entries_are_added_up() {
        let description = json!({ "Table": { "GlobalSecondaryIndexes": [
            { "KeySchema": [{ "AttributeName": "g" }], "Projection": { "ProjectionType": "KEYS_ONLY" } },
            { "KeySchema": [{ "AttributeName": "h" }], "Projection": { "ProjectionType": "ALL" } },
            { "KeySchema": [{ "AttributeName": "none" }], "Projection": { "ProjectionType": "ALL" } },
        ] } });
        let text = |text: &str| json!({ "S": text });
        let item =
            json!({ "pk": text("a"), "sk": text("b"), "g": text("c"), "h": text("d"), "body": text("0123456789") });
        let mut kept = Kept::default();
        kept.row(&item, &indexes(&description), 100, 0);
        // pk, sk, g, h, body; pk, sk and g; all of them.
        assert_eq!(kept, Kept { rows: 1, row_bytes: 124, entry_bytes: 108 + 124 });
    }

    #[test]
    fn a_row_that_goes_sooner_is_paid_for_in_part() {
        // (when its time is over, in days from now; of 3,000 bytes a month)
        for (ttl_days, bytes) in [(0, 200), (7, 900), (28, 3000), (90, 3000)] {
            let now = 1_700_000_000;
            let ttl = (now + ttl_days * 86_400).to_string();
            let item = json!({ "pk": { "S": "a" }, "ttl": { "N": ttl } });
            let overhead = 3000 - sizes::item(&item);
            let mut kept = Kept::default();
            kept.row(&item, &[], overhead, now);
            assert_eq!(kept.row_bytes, bytes, "{ttl_days} days");
        }
    }
}
