//! The event bus: CloudEvents on EventBridge.

use async_trait::async_trait;
use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::primitives::DateTime;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use jiff::Timestamp;
use oms_app::error::PortError;
use oms_app::ports::EventBus;
use serde_json::Value;

use crate::errors;

const PORT: &str = "event bus";
/// The most entries of one PutEvents.
const MOST_ENTRIES: usize = 10;
/// The most bytes of one PutEvents, counted as AWS counts them: source, detail type, detail, and 14 for the time.
const MOST_BYTES: usize = 256 * 1024;
const TIME_BYTES: usize = 14;

/// An EventBridge bus.
#[derive(Debug, Clone)]
pub struct EventBridgeBus {
    client: Client,
    bus_name: String,
}

impl EventBridgeBus {
    /// On a bus, by name or ARN.
    pub fn new(client: Client, bus_name: impl Into<String>) -> Self {
        Self { client, bus_name: bus_name.into() }
    }
}

/// An event ready to be sent, and its size.
#[derive(Debug, PartialEq)]
struct Entry {
    source: String,
    detail_type: String,
    detail: String,
    time: Option<Timestamp>,
}

impl Entry {
    /// A CloudEvent as an entry: `type` becomes the detail type, by which rules choose, and the whole event the detail.
    fn new(event: &Value) -> Result<Self, PortError> {
        let field = |name: &str| event.get(name).and_then(Value::as_str);
        let wanted = |name: &str| {
            field(name)
                .map(str::to_owned)
                .ok_or_else(|| PortError { port: PORT, detail: format!("an event has no {name}") })
        };
        Ok(Self {
            source: wanted("source")?,
            detail_type: wanted("type")?,
            detail: event.to_string(),
            time: field("time").and_then(|time| time.parse().ok()),
        })
    }

    fn bytes(&self) -> usize {
        let time = if self.time.is_some() { TIME_BYTES } else { 0 };
        self.source.len() + self.detail_type.len() + self.detail.len() + time
    }

    fn request(self, bus_name: &str) -> PutEventsRequestEntry {
        PutEventsRequestEntry::builder()
            .event_bus_name(bus_name)
            .source(self.source)
            .detail_type(self.detail_type)
            .detail(self.detail)
            .set_time(self.time.map(|time| DateTime::from_millis(time.as_millisecond())))
            .build()
    }
}

/// Consecutive entries that fit one call.
fn batches(entries: Vec<Entry>) -> Vec<Vec<Entry>> {
    let mut batches: Vec<Vec<Entry>> = Vec::new();
    let mut bytes = 0;
    for entry in entries {
        let size = entry.bytes();
        match batches.last_mut() {
            Some(batch) if batch.len() < MOST_ENTRIES && bytes + size <= MOST_BYTES => {
                bytes += size;
                batch.push(entry);
            }
            Some(_) | None => {
                bytes = size;
                batches.push(vec![entry]);
            }
        }
    }
    batches
}

#[async_trait]
impl EventBus for EventBridgeBus {
    async fn put(&self, events: &[Value]) -> Result<(), PortError> {
        let entries = events.iter().map(Entry::new).collect::<Result<Vec<_>, _>>()?;
        // One call after the other, and none after a failure: an order's later events must not overtake its earlier ones.
        for batch in batches(entries) {
            let sent = batch.len();
            let requests = batch.into_iter().map(|entry| entry.request(&self.bus_name)).collect();
            let output = self
                .client
                .put_events()
                .set_entries(Some(requests))
                .send()
                .await
                .map_err(|e| errors::port(PORT, &e))?;
            if output.failed_entry_count > 0 {
                let codes: Vec<&str> = output.entries().iter().filter_map(|entry| entry.error_code()).collect();
                let detail = format!("{} of {sent} events failed: {}", output.failed_entry_count, codes.join(", "));
                return Err(PortError { port: PORT, detail });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use serde_json::json;

    fn event(size: usize) -> Entry {
        Entry::new(&json!({"source": "waybill", "type": "t", "data": "x".repeat(size)})).unwrap()
    }

    #[test]
    fn batches_keep_to_ten_and_to_the_size() {
        let sizes = |events: Vec<Entry>| batches(events).iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(sizes((0..23).map(|_| event(10)).collect()), [10, 10, 3]);
        assert_eq!(sizes((0..3).map(|_| event(100_000)).collect()), [2, 1]);
        // One that is too large goes alone, so that the others are not refused with it.
        assert_eq!(sizes(vec![event(10), event(300_000), event(10)]), [1, 1, 1]);
        assert_eq!(sizes(vec![]), Vec::<usize>::new());
    }

    #[test]
    fn an_entry_is_the_cloud_event() {
        let entry = Entry::new(
            &json!({"source": "/orders", "type": "waybill.order.received.v1", "time": "2025-11-11T00:00:00Z"}),
        );
        let entry = entry.unwrap();
        assert_eq!((entry.source.as_str(), entry.detail_type.as_str()), ("/orders", "waybill.order.received.v1"));
        assert_eq!(entry.time.unwrap().as_millisecond(), 1_762_819_200_000);
        assert!(Entry::new(&json!({"source": "x"})).is_err());
    }
}
