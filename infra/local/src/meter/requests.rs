//! What the proxy reads from requests, and the one thing that it adds. Pure.

use axum::body::Bytes;
use serde_json::{Value, json};

/// The request with the wish to be told, by index, what it consumed.
pub fn asking_for_capacity(request: &Value) -> Option<Bytes> {
    let mut request = request.clone();
    request.as_object_mut()?.insert("ReturnConsumedCapacity".to_owned(), json!("INDEXES"));
    Some(Bytes::from(request.to_string()))
}

/// For a read that shows only parts of items: the one that shows them whole.
pub fn whole(operation: &str, request: &Value) -> Option<Value> {
    let hides = ["ProjectionExpression", "FilterExpression", "AttributesToGet", "Select"];
    match operation {
        "GetItem" if hides.iter().any(|name| request.get(name).is_some()) => {
            Some(kept(request, &["TableName", "Key", "ConsistentRead"]))
        }
        "Query" if hides.iter().any(|name| request.get(name).is_some()) => {
            let kept_names = [
                "TableName",
                "IndexName",
                "ConsistentRead",
                "KeyConditionExpression",
                "ScanIndexForward",
                "Limit",
                "ExclusiveStartKey",
            ];
            let mut whole = kept(request, &kept_names);
            let condition =
                request.get("KeyConditionExpression").and_then(Value::as_str).unwrap_or_default().to_owned();
            for name in ["ExpressionAttributeNames", "ExpressionAttributeValues"] {
                // One that no expression uses is refused.
                let used = request.get(name).and_then(Value::as_object).into_iter().flatten();
                let used = used.filter(|(placeholder, _)| condition.contains(placeholder.as_str()));
                let used: serde_json::Map<String, Value> = used.map(|(k, v)| (k.clone(), v.clone())).collect();
                if let Some(object) = whole.as_object_mut().filter(|_| !used.is_empty()) {
                    object.insert(name.to_owned(), Value::Object(used));
                }
            }
            Some(whole)
        }
        _ => None,
    }
}

fn kept(request: &Value, names: &[&str]) -> Value {
    let entries = request.as_object().into_iter().flatten();
    entries.filter(|(name, _)| names.contains(&name.as_str())).map(|(k, v)| (k.clone(), v.clone())).collect()
}

/// The rows that a write leaves or takes away: the table and the key, as JSON text.
pub fn rows_written(operation: &str, request: &Value) -> Vec<(String, String)> {
    let row = |action: &Value| {
        let table = action.get("TableName")?.as_str()?;
        let key = action.get("Key").or_else(|| action.get("Item"))?;
        Some((table.to_owned(), json!({ "pk": key.get("pk")?, "sk": key.get("sk")? }).to_string()))
    };
    match operation {
        "PutItem" | "UpdateItem" | "DeleteItem" => row(request).into_iter().collect(),
        "TransactWriteItems" => {
            let actions = request.get("TransactItems").and_then(Value::as_array).into_iter().flatten();
            actions.filter_map(|action| row(action.as_object()?.values().next()?)).collect()
        }
        "BatchWriteItem" => {
            let tables = request.get("RequestItems").and_then(Value::as_object).into_iter().flatten();
            let writes = tables.flat_map(|(table, writes)| {
                writes.as_array().into_iter().flatten().map(move |write| (table.clone(), write))
            });
            writes
                .filter_map(|(table, write)| {
                    let mut action = write.as_object()?.values().next()?.clone();
                    action.as_object_mut()?.insert("TableName".to_owned(), json!(table));
                    row(&action)
                })
                .collect()
        }
        _ => Vec::new(),
    }
}

/// The events of a PutEvents request as rules see them, each once for every 64 KB: what is billed as one event.
pub fn events(request: &Value) -> Vec<Value> {
    let entries = request.get("Entries").and_then(Value::as_array).into_iter().flatten();
    let text = |entry: &Value, name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    entries
        .filter(|entry| entry.get("DetailType").is_some())
        .flat_map(|entry| {
            let (kind, source, detail) = (text(entry, "DetailType"), text(entry, "Source"), text(entry, "Detail"));
            let bytes = kind.len() + source.len() + detail.len();
            let detail: Value = serde_json::from_str(&detail).unwrap_or_default();
            let event = json!({
                "id": "1", "account": "000000000000", "region": "us-east-1", "time": "2026-01-01T00:00:00Z",
                "resources": [], "source": source, "detail-type": kind, "detail": detail,
            });
            // Only the first part is an event that a rule can match.
            let rest = std::iter::repeat_n(Value::Null, bytes.div_ceil(64 * 1024).max(1) - 1);
            std::iter::once(event).chain(rest)
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use serde_json::{Value, json};

    use super::{asking_for_capacity, events, rows_written, whole};

    #[test]
    fn the_wish_is_added() {
        let bytes = asking_for_capacity(&json!({ "TableName": "t" })).unwrap();
        let request: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(request["ReturnConsumedCapacity"], "INDEXES");
    }

    #[test]
    fn reads_that_hide_something_are_repeated_without_it() {
        let get = json!({ "TableName": "t", "Key": 1, "ConsistentRead": true, "ProjectionExpression": "#p",
            "ExpressionAttributeNames": { "#p": "pk" } });
        assert_eq!(whole("GetItem", &get), Some(json!({ "TableName": "t", "Key": 1, "ConsistentRead": true })));
        let query = json!({ "TableName": "t", "KeyConditionExpression": "#p = :p", "FilterExpression": "#x = :x",
            "ExpressionAttributeNames": { "#p": "pk", "#x": "x" }, "ExpressionAttributeValues": { ":p": 1, ":x": 2 } });
        let repeated = whole("Query", &query).unwrap();
        assert_eq!(repeated["ExpressionAttributeNames"], json!({ "#p": "pk" }));
        assert_eq!(repeated["ExpressionAttributeValues"], json!({ ":p": 1 }));
        assert_eq!(whole("Query", &json!({ "TableName": "t", "KeyConditionExpression": "#p = :p" })), None);
    }

    #[test]
    fn written_rows_are_found_in_every_kind_of_write() {
        let key = json!({ "pk": { "S": "a" }, "sk": { "S": "b" } });
        let expected = vec![("t".to_owned(), key.to_string())];
        for (operation, request) in [
            (
                "PutItem",
                json!({ "TableName": "t", "Item": { "pk": { "S": "a" }, "sk": { "S": "b" }, "x": { "N": "1" } } }),
            ),
            ("UpdateItem", json!({ "TableName": "t", "Key": key })),
            ("TransactWriteItems", json!({ "TransactItems": [{ "Delete": { "TableName": "t", "Key": key } }] })),
            ("BatchWriteItem", json!({ "RequestItems": { "t": [{ "PutRequest": { "Item": key } }] } })),
        ] {
            assert_eq!(rows_written(operation, &request), expected, "{operation}");
        }
    }

    #[test]
    fn an_event_is_billed_by_64_kilobytes() {
        let event =
            |bytes: usize| json!({ "DetailType": "a", "Detail": json!({ "x": "x".repeat(bytes) }).to_string() });
        let events = events(&json!({ "Entries": [event(10), event(65 * 1024)] }));
        assert_eq!(events.len(), 3);
        assert_eq!(events[0]["detail-type"], "a");
        assert_eq!(events[0]["detail"]["x"], "xxxxxxxxxx");
        assert!(events[2].is_null());
    }
}
