//! Everything that can be read of a stack: logs, what functions said to other services, dead letters, rows.

use std::collections::BTreeMap;

use data_encoding::BASE64;
use local_stack::layout::Layout;
use local_stack::logs::Logs;
use local_stack::testing;
use oms_aws::packing;
use serde_json::{Value, json};

use crate::stack::shared::Local;
use crate::world::Order;

/// Where something was read, and what.
type Found = (String, String);

/// Every line of every log group since a moment: functions, workflows, the API's own.
pub async fn logs(local: &Local, since: i64) -> Vec<Found> {
    let engine = local.stack.engine_url.clone().unwrap();
    let mut logs = Logs::new(&engine, "/", since, &[], None).unwrap();
    let lines = logs.next().await.unwrap();
    lines.into_iter().map(|line| (format!("the log of {}", line.function), line.message)).collect()
}

/// What functions said to the queues, to the bus, to the workflows and to any other service but their tables and secrets, since the
/// engine was started: each call whole, with names and attributes.
pub fn said_by_functions(lives: &[Order]) -> Vec<Found> {
    if std::env::var_os(testing::STACK).is_some() {
        // A stack that was up before keeps no journal; the next full run of the tests has one.
        return Vec::new();
    }
    let journal = std::fs::read_to_string(Layout::named(testing::WHOLE_STACK).said()).unwrap();
    let said: Vec<Found> = journal
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .map(|entry| (format!("{} to {}", entry["role"], entry["target"]), entry.to_string()))
        .collect();
    for order in lives {
        for target in ["SendMessage", "PutEvents", "StartSyncExecution"] {
            let is_about = |(place, text): &&Found| place.contains(target) && text.contains(order.id());
            assert!(said.iter().any(|found| is_about(&found)), "nothing was said of {} by {target}", order.id());
        }
    }
    said
}

/// The messages that lie in the dead-letter queues.
pub async fn dead_letters(local: &Local) -> Vec<Found> {
    let mut found = Vec::new();
    for (name, queue) in &local.stack.dead_letter_queues {
        let bodies = local.engine.peek(queue).await;
        found.extend(bodies.into_iter().map(|body| (format!("the dead letters of {name}"), body)));
    }
    found
}

/// The first row of an order, as text.
pub async fn first_row(local: &Local, order: &Order) -> String {
    let key = json!({ "pk": { "S": format!("O#{}", order.id()) }, "sk": { "S": "E#00000001" } });
    let request = json!({ "TableName": local.stack.tables["orders"], "Key": key, "ConsistentRead": true });
    let answer = local.engine.call("DynamoDB_20120810.GetItem", &request).await;
    plain(&answer["Item"])
}

/// Every other row, and of the first rows what is not their body: keys and the attributes that indexes are made of.
pub async fn rows_but_the_first(local: &Local) -> Vec<Found> {
    let mut found = Vec::new();
    for table in local.stack.tables.values() {
        let mut from = Value::Null;
        loop {
            let mut request = json!({ "TableName": table });
            if !from.is_null() {
                request["ExclusiveStartKey"] = from;
            }
            let page = local.engine.call("DynamoDB_20120810.Scan", &request).await;
            for mut item in page["Items"].as_array().unwrap().iter().cloned() {
                let place = format!("{table}: {} {}", item["pk"]["S"], item["sk"]["S"]);
                if item["sk"]["S"] == "E#00000001" {
                    item.as_object_mut().unwrap().remove("body");
                }
                found.push((place, plain(&item)));
            }
            from = page["LastEvaluatedKey"].clone();
            if from.is_null() {
                break;
            }
        }
    }
    found
}

/// A row's attributes as texts, packed ones unpacked.
fn plain(item: &Value) -> String {
    let text = |value: &Value| match value["B"].as_str() {
        Some(coded) => {
            let bytes = BASE64.decode(coded.as_bytes()).unwrap();
            packing::unpack(&bytes).unwrap_or_else(|_| String::from_utf8_lossy(&bytes).into_owned())
        }
        None => value.to_string(),
    };
    let attributes: BTreeMap<&String, String> =
        item.as_object().into_iter().flatten().map(|(name, value)| (name, text(value))).collect();
    attributes.iter().map(|(name, text)| format!("{name}: {text}\n")).collect()
}
