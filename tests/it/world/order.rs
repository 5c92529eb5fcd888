//! An order as `GET /v1/orders/{order_id}` shows it.

use serde_json::Value;

/// The whole answer.
#[derive(Clone, Debug)]
pub struct Order(pub Value);

/// One of its shipments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shipment {
    /// Its id.
    pub id: String,
    /// Where it leaves from.
    pub location: String,
    /// Where it stands.
    pub status: String,
}

impl Order {
    pub fn id(&self) -> &str {
        self.text("/order_id")
    }

    pub fn status(&self) -> &str {
        self.text("/status")
    }

    pub fn payment_status(&self) -> &str {
        self.text("/payment_status")
    }

    pub fn fulfilment_status(&self) -> &str {
        self.text("/fulfilment_status")
    }

    pub fn version(&self) -> u64 {
        self.0["version"].as_u64().unwrap()
    }

    /// The text at a JSON pointer; empty where there is none.
    pub fn text(&self, pointer: &str) -> &str {
        self.0.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    /// The list at a JSON pointer; empty where there is none.
    pub fn list(&self, pointer: &str) -> &[Value] {
        self.0.pointer(pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
    }

    /// How often something stands in the timeline.
    pub fn times(&self, event: &str) -> usize {
        self.list("/timeline").iter().filter(|entry| entry["event"] == event).count()
    }

    pub fn shipments(&self) -> Vec<Shipment> {
        let text = |shipment: &Value, name: &str| shipment[name].as_str().unwrap_or_default().to_owned();
        let shipment = |shipment: &Value| Shipment {
            id: text(shipment, "shipment_id"),
            location: text(shipment, "location_id"),
            status: text(shipment, "status"),
        };
        self.list("/shipments").iter().map(shipment).collect()
    }

    /// The states of the shipments, in order.
    pub fn shipped_as(&self) -> Vec<String> {
        self.shipments().into_iter().map(|shipment| shipment.status).collect()
    }

    /// The states of the refunds, in order.
    pub fn refunded_as(&self) -> Vec<&str> {
        self.list("/refunds").iter().filter_map(|refund| refund["status"].as_str()).collect()
    }

    /// Whether it is `confirmed` or further and all of this many shipments are with their locations.
    pub fn is_released(&self, shipments: usize) -> bool {
        let states = self.shipped_as();
        states.len() == shipments && states.iter().all(|status| status == "released")
    }

    /// The reason codes of a rejection, each with its line.
    pub fn rejections(&self) -> Vec<(&str, &str)> {
        self.list("/rejections")
            .iter()
            .map(|rejection| {
                (rejection["line_id"].as_str().unwrap_or_default(), rejection["code"].as_str().unwrap_or_default())
            })
            .collect()
    }

    /// Its states and its timeline, for the one who reads a failure.
    pub fn story(&self) -> String {
        let lines = self.list("/timeline").iter().map(|entry| {
            let text = |name: &str| entry[name].as_str().unwrap_or_default();
            format!("  {} {} ({}) {}", text("at"), text("event"), text("actor"), text("detail"))
        });
        let head = format!(
            "{}: {}, {}, {}, shipments {:?}, refunds {:?}",
            self.id(),
            self.status(),
            self.payment_status(),
            self.fulfilment_status(),
            self.shipped_as(),
            self.refunded_as()
        );
        std::iter::once(head).chain(lines).collect::<Vec<_>>().join("\n")
    }
}
