//! What happens to a parcel: the warehouse's reports and the carrier's scans.

use local_stack::clock;
use serde_json::{Value, json};

use super::{Answer, Shipment, World};

impl World {
    /// The warehouse reports on a shipment, which must be taken.
    pub async fn report(&self, shipment: &Shipment, report: &Value) {
        self.reports(&shipment.id, report).await.expect(202);
    }

    /// The warehouse reports on a shipment.
    pub async fn reports(&self, shipment_id: &str, report: &Value) -> Answer {
        self.post("warehouse", &format!("/v1/shipments/{shipment_id}/events"), report).await
    }

    /// The warehouse takes the shipment on, packs it and hands it over; the tracking number comes back.
    pub async fn ship(&self, shipment: &Shipment) -> String {
        let tracking = self.tracking_number();
        self.report(shipment, &json!({ "event": "accepted" })).await;
        self.report(shipment, &json!({ "event": "packed" })).await;
        self.report(shipment, &shipped(&tracking)).await;
        tracking
    }

    /// A number that no carrier has given out.
    pub fn tracking_number(&self) -> String {
        self.number("SF").replace('-', "")
    }

    /// The carrier scans a parcel, which must be heard.
    pub async fn scan(&self, tracking: &str, status: &str) {
        self.scans(&self.number("scan"), tracking, status).await.expect(200);
    }

    /// The carrier says this about a parcel, under the event's own id.
    pub async fn scans(&self, id: &str, tracking: &str, status: &str) -> Answer {
        let body = json!({
            "event_id": id, "tracking_number": tracking, "status": status, "occurred_at": clock::now().to_string(),
        })
        .to_string();
        let headers = self.signer.standard(&self.stack.carriers.standard.webhook_secret, id, &body);
        self.carrier_delivers(&headers, body).await
    }

    /// Delivers a body under these headers, whether they fit or not.
    pub async fn carrier_delivers(&self, headers: &[(&'static str, String)], body: String) -> Answer {
        let request =
            self.request("POST", "/v1/carriers/standard/callbacks").header("content-type", "application/json");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
        Answer::to(request.body(body)).await
    }

    /// Everything from the packing table to the buyer's hands.
    pub async fn deliver(&self, shipment: &Shipment) {
        let tracking = self.ship(shipment).await;
        for status in ["in_transit", "out_for_delivery", "delivered"] {
            self.scan(&tracking, status).await;
        }
    }
}

/// The warehouse's report that the carrier has it.
pub fn shipped(tracking: &str) -> Value {
    json!({ "event": "shipped", "carrier": "standard", "tracking_number": tracking })
}
