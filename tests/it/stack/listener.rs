//! Somebody who listens to the bus: a queue of the test's own behind a rule for one order.

use serde_json::{Value, json};

use super::shared::Local;
use crate::world::eventually;

/// Hears the events of one order, from the first on.
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

    /// Waits until the order's events are heard from the first to this one, whatever their order and however often.
    pub async fn all_until(&mut self, sequence: u64) -> Vec<Value> {
        let (local, queue, heard) = (self.local, &self.queue, &mut self.heard);
        eventually(&format!("events 1 to {sequence} on the bus"), async || {
            heard.extend(take(local, queue).await);
            let missing: Vec<u64> = (1..=sequence).filter(|n| !heard.iter().any(|e| number(e) == *n)).collect();
            if missing.is_empty() { Ok(heard.clone()) } else { Err(format!("missing {missing:?}")) }
        })
        .await
    }
}

/// An event's number in its order.
pub fn number(event: &Value) -> u64 {
    event["sequence"].as_str().and_then(|text| text.parse().ok()).unwrap_or_default()
}

async fn take(local: &Local, queue: &str) -> Vec<Value> {
    let mut events = Vec::new();
    loop {
        let request = json!({ "QueueUrl": queue, "MaxNumberOfMessages": 10 });
        let answer = local.engine.call("AmazonSQS.ReceiveMessage", &request).await;
        let Some(messages) = answer["Messages"].as_array().filter(|messages| !messages.is_empty()) else { break };
        for message in messages {
            let envelope: Value = serde_json::from_str(message["Body"].as_str().unwrap()).unwrap();
            let event = envelope["detail"].clone();
            assert_eq!(
                (&event["specversion"], &event["type"]),
                (&json!("1.0"), &envelope["detail-type"]),
                "{envelope}"
            );
            events.push(event);
            let receipt = json!({ "QueueUrl": queue, "ReceiptHandle": message["ReceiptHandle"] });
            local.engine.call("AmazonSQS.DeleteMessage", &receipt).await;
        }
    }
    events
}
