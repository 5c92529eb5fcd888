//! Somebody who listens to the bus: a queue of the test's own behind a rule for one order.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::shared::Local;
use crate::world::{Order, eventually};

/// Events that alone are no news for other systems: a commit of nothing else stays.
const QUIET: &[&str] = &[
    "order_received",
    "payment_identified",
    "payment_pending",
    "shipment_accepted",
    "shipment_packed",
    "shipment_in_transit",
    "shipment_out_for_delivery",
    "noted",
    "order_closed",
];

/// Hears the commits of one order, from the first on.
pub struct Listener<'a> {
    local: &'a Local,
    queue: String,
    heard: Vec<Value>,
}

impl<'a> Listener<'a> {
    /// Begins before the order is placed: by its number at its channel.
    pub async fn to(local: &'a Local, channel_order_id: &str) -> Self {
        let engine = &local.engine;
        let name = format!("listener-{channel_order_id}");
        let queue = engine.call("AmazonSQS.CreateQueue", &json!({ "QueueName": name })).await;
        let queue = queue["QueueUrl"].as_str().unwrap().to_owned();
        let attributes = json!({ "QueueUrl": queue, "AttributeNames": ["QueueArn"] });
        let attributes = engine.call("AmazonSQS.GetQueueAttributes", &attributes).await;
        let pattern = json!({ "detail": { "data": { "channel_order_id": [channel_order_id] } } }).to_string();
        let rule = json!({ "Name": name, "EventBusName": engine.bus(), "EventPattern": pattern });
        engine.call("AWSEvents.PutRule", &rule).await;
        let targets = json!([{ "Id": "queue", "Arn": attributes["Attributes"]["QueueArn"] }]);
        let targets = json!({ "Rule": name, "EventBusName": engine.bus(), "Targets": targets });
        engine.call("AWSEvents.PutTargets", &targets).await;
        Self { local, queue, heard: Vec::new() }
    }

    /// What was heard until now.
    pub async fn so_far(&mut self) -> Vec<Value> {
        self.heard.extend(take(self.local, &self.queue).await);
        self.heard.clone()
    }

    /// What is news in the order's timeline and was not heard yet.
    pub async fn missing(&mut self, order: &Order) -> Vec<String> {
        let heard = self.so_far().await;
        let heard: BTreeSet<u64> = heard.iter().flat_map(events).map(|event| number(&event["number"])).collect();
        let timeline = (1..).zip(order.list("/timeline"));
        let name = |entry: &Value| entry["event"].as_str().unwrap().to_owned();
        let named = timeline.map(|(number, entry)| (number, name(entry)));
        let missing = named.filter(|(number, name)| !heard.contains(number) && !QUIET.contains(&name.as_str()));
        missing.map(|(number, name)| format!("{number} {name}")).collect()
    }

    /// Waits until all that is news in the order's timeline is heard, whatever its order and however often: the entries.
    pub async fn all_of(&mut self, order: &Order) -> Vec<Value> {
        eventually("all news is on the bus", async || {
            let missing = self.missing(order).await;
            if missing.is_empty() { Ok(()) } else { Err(format!("missing {missing:?}")) }
        })
        .await;
        self.heard.clone()
    }
}

/// The events of an entry, in order.
pub fn events(entry: &Value) -> Vec<Value> {
    entry["data"]["events"].as_array().unwrap().clone()
}

/// A number, also where CloudEvents wants it as a text.
pub fn number(value: &Value) -> u64 {
    value.as_u64().or_else(|| value.as_str()?.parse().ok()).unwrap_or_default()
}

async fn take(local: &Local, queue: &str) -> Vec<Value> {
    let mut entries = Vec::new();
    loop {
        let request = json!({ "QueueUrl": queue, "MaxNumberOfMessages": 10 });
        let answer = local.engine.call("AmazonSQS.ReceiveMessage", &request).await;
        let Some(messages) = answer["Messages"].as_array().filter(|messages| !messages.is_empty()) else { break };
        for message in messages {
            let envelope: Value = serde_json::from_str(message["Body"].as_str().unwrap()).unwrap();
            let entry = envelope["detail"].clone();
            assert_eq!(
                (&entry["specversion"], &entry["type"]),
                (&json!("1.0"), &envelope["detail-type"]),
                "{envelope}"
            );
            entries.push(entry);
            let receipt = json!({ "QueueUrl": queue, "ReceiptHandle": message["ReceiptHandle"] });
            local.engine.call("AmazonSQS.DeleteMessage", &receipt).await;
        }
    }
    entries
}
