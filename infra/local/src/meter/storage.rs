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

/// Bytes that are kept.
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
    /// Adds a row and its entries.
    pub fn row(&mut self, item: &Value, indexes: &[Index], overhead: u64) {
        self.rows += 1;
        self.row_bytes += sizes::item(item) + overhead;
        self.entry_bytes +=
            indexes.iter().filter_map(|index| entry(item, index)).map(|bytes| bytes + overhead).sum::<u64>();
    }
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
        kept.row(&item, &indexes(&description), 100);
        // pk, sk, g, h, body; pk, sk and g; all of them.
        assert_eq!(kept, Kept { rows: 1, row_bytes: 124, entry_bytes: 108 + 124 });
    }
}
