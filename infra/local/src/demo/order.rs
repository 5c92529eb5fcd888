//! An order as the API shows it, and its timeline on the terminal.

use jiff::Timestamp;
use serde_json::Value;

/// What `GET /v1/orders/{order_id}` answered.
#[derive(Debug, Clone)]
pub(crate) struct Order(pub(crate) Value);

/// A shipment's place in the world.
#[derive(Debug, Clone)]
pub(crate) struct Shipment {
    pub(crate) id: String,
    pub(crate) location: String,
    pub(crate) status: String,
    pub(crate) cancel_requested: bool,
}

impl Order {
    pub(crate) fn id(&self) -> &str {
        self.text("/order_id")
    }

    /// A text by JSON pointer; empty if there is none.
    pub(crate) fn text(&self, pointer: &str) -> &str {
        self.0.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    pub(crate) fn status(&self) -> &str {
        self.text("/status")
    }

    /// How many items a list has.
    pub(crate) fn count(&self, list: &str) -> usize {
        self.0.get(list).and_then(Value::as_array).map_or(0, Vec::len)
    }

    pub(crate) fn shipments(&self) -> Vec<Shipment> {
        let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let list = self.0.get("shipments").and_then(Value::as_array);
        list.into_iter()
            .flatten()
            .map(|shipment| Shipment {
                id: text(shipment, "shipment_id"),
                location: text(shipment, "location_id"),
                status: text(shipment, "status"),
                cancel_requested: shipment.get("cancel_requested").and_then(Value::as_bool).unwrap_or_default(),
            })
            .collect()
    }

    /// Whether something of this name has happened.
    pub(crate) fn happened(&self, event: &str) -> bool {
        let list = self.0.get("timeline").and_then(Value::as_array);
        list.into_iter().flatten().any(|entry| entry.get("event").and_then(Value::as_str) == Some(event))
    }

    /// Its three states in one line, for the reader and for failures.
    pub(crate) fn states(&self) -> String {
        format!(
            "{}, payment {}, goods {}",
            self.status(),
            self.text("/payment_status"),
            self.text("/fulfilment_status")
        )
    }

    pub(crate) fn print_timeline(&self) {
        let list = self.0.get("timeline").and_then(Value::as_array).cloned().unwrap_or_default();
        let part = |entry: &Value, key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        println!("\n  Timeline of {}:", self.id());
        for entry in &list {
            let (at, event) = (part(entry, "at"), part(entry, "event"));
            println!("    {} {event:26} {:16} {}", time_of_day(&at), part(entry, "actor"), part(entry, "detail"));
        }
        println!("  => {}", self.states());
    }
}

/// `2026-11-21T23:26:00.574Z` as `23:26:00.574`; what is no time as it stands.
fn time_of_day(at: &str) -> String {
    at.parse::<Timestamp>().map_or_else(|_| at.to_owned(), |at| at.strftime("%H:%M:%S%.3f").to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Order, time_of_day};

    #[test]
    fn times_are_cut_to_milliseconds() {
        assert_eq!(time_of_day("2026-11-21T23:26:00.574123Z"), "23:26:00.574");
        assert_eq!(time_of_day("2026-11-21T23:26:00.5Z"), "23:26:00.500");
        assert_eq!(time_of_day("soon"), "soon");
    }

    #[test]
    fn what_the_walks_look_at_is_found() {
        let order = Order(json!({
            "status": "in_fulfilment", "holds": [{}],
            "shipments": [{"shipment_id": "s1", "location_id": "sz-1", "status": "released", "cancel_requested": true}],
            "timeline": [{"event": "placed"}],
        }));
        assert_eq!((order.status(), order.count("holds"), order.count("refunds")), ("in_fulfilment", 1, 0));
        assert!(order.happened("placed") && !order.happened("confirmed"));
        let shipments = order.shipments();
        assert_eq!(shipments.first().map(|s| (s.id.as_str(), s.cancel_requested)), Some(("s1", true)));
    }
}
