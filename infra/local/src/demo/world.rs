//! Everyone around the system: storefront, Stripe, warehouse, carrier, staff. Each speaks HTTP as it would to a deployed stack.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use local_stack::clock;
use local_stack::error::{LocalError, Result};
use local_stack::http;
use local_stack::signing;
use local_stack::stack_file::StackFile;
use local_stack::stripe_api::{Refund, StripeStandIn, events};
use serde_json::{Value, json};

use super::order::{Order, Shipment};

/// How often an order is looked at while something is awaited.
const PACE: Duration = Duration::from_millis(100);
/// How long anything prompt may take; the engine is a Python program on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct World {
    client: reqwest::Client,
    stack: StackFile,
    stripe: StripeStandIn,
    /// Makes numbers unique within this run; the start time makes them unique between runs.
    issued: AtomicU64,
    started: i64,
}

impl World {
    pub(crate) fn new(stack: StackFile, stripe: StripeStandIn) -> Result<Self> {
        let started = clock::now().as_millisecond();
        Ok(Self { client: http::client()?, stack, stripe, issued: AtomicU64::new(0), started })
    }

    pub(crate) fn stripe_url(&self) -> String {
        self.stripe.url()
    }

    pub(crate) fn stripe_violations(&self) -> Vec<String> {
        self.stripe.with(|ledger| ledger.violations().to_vec())
    }

    /// A number that was never used, such as `W-1795…-3`.
    pub(crate) fn number(&self, prefix: &str) -> String {
        format!("{prefix}-{}-{}", self.started, self.issued.fetch_add(1, Ordering::Relaxed))
    }

    /// A storefront or a marketplace places an order; the answer must be 202.
    pub(crate) async fn place(&self, credential: &str, body: &Value) -> Result<Order> {
        let answer = self.send("POST", "/v1/orders", credential, Some(body)).await?;
        let id = answer.get("order_id").and_then(Value::as_str).unwrap_or_default();
        say(&format!("{credential} posts the order: 202, {id}"));
        self.order(id).await
    }

    pub(crate) async fn order(&self, id: &str) -> Result<Order> {
        // Support sees the orders of every channel; a storefront only its own.
        self.send("GET", &format!("/v1/orders/{id}"), "support", None).await.map(Order)
    }

    /// Waits until the order is as described.
    pub(crate) async fn until(&self, id: &str, what: &str, is_so: impl Fn(&Order) -> bool) -> Result<Order> {
        self.until_within(PATIENCE, id, what, is_so).await
    }

    /// Waits this long at most.
    pub(crate) async fn until_within(
        &self,
        patience: Duration,
        id: &str,
        what: &str,
        is_so: impl Fn(&Order) -> bool,
    ) -> Result<Order> {
        let since = Instant::now();
        loop {
            let order = self.order(id).await?;
            if is_so(&order) {
                return Ok(order);
            }
            if since.elapsed() > patience {
                order.print_timeline();
                return Err(LocalError::Failed(format!("{id} should be {what} and is {}", order.states())));
            }
            tokio::time::sleep(PACE).await;
        }
    }

    /// The storefront opens a payment at Stripe, the buyer pays it, and Stripe tells the stack, three times as it happens.
    pub(crate) async fn pay(&self, order: &Order, reference: &str, cents: u32) -> Result<String> {
        let created = self.stripe.with(|ledger| {
            let parameters = [
                ("amount".to_owned(), cents.to_string()),
                ("currency".to_owned(), "cny".to_owned()),
                ("metadata[order_id]".to_owned(), order.id().to_owned()),
                ("metadata[payment_reference]".to_owned(), reference.to_owned()),
            ];
            ledger.create_intent(&parameters.into(), None)
        });
        let id = created.body.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let intent = self
            .stripe
            .with(|ledger| ledger.pay(&id, i64::from(cents)))
            .ok_or_else(|| LocalError::Failed(format!("the stand-in has no payment {id}")))?;
        let event = events::succeeded(&self.number("evt").replace('-', "_"), clock::now().as_second(), &intent);
        for _ in 0..3 {
            self.stripe_says(&event).await?;
        }
        say(&format!("the buyer pays {id}; Stripe says payment_intent.succeeded, three times"));
        Ok(id)
    }

    /// Refunds that Stripe made of a payment.
    pub(crate) fn refunds_of(&self, intent: &str) -> Vec<Refund> {
        self.stripe
            .with(|ledger| ledger.refunds().iter().filter(|refund| refund.payment_intent == intent).cloned().collect())
    }

    /// Stripe confirms a refund.
    pub(crate) async fn confirm_refund(&self, refund: &Refund) -> Result<()> {
        let id = self.number("evt").replace('-', "_");
        self.stripe_says(&events::refund_updated(&id, clock::now().as_second(), refund)).await?;
        say(&format!("Stripe says refund.updated for {}", refund.id));
        Ok(())
    }

    async fn stripe_says(&self, event: &Value) -> Result<()> {
        let body = event.to_string();
        let signature =
            signing::stripe(&self.stack.providers.stripe.webhook_secret, clock::now().as_second(), body.as_bytes());
        let request = self
            .client
            .post(format!("{}/v1/payments/stripe/callbacks", self.stack.api_url))
            .header("stripe-signature", signature)
            .header("content-type", "application/json")
            .body(body);
        answer("Stripe's callback", request).await.map(drop)
    }

    /// The warehouse reports on a shipment.
    pub(crate) async fn warehouse(&self, shipment: &Shipment, report: &Value) -> Result<()> {
        self.send("POST", &format!("/v1/shipments/{}/events", shipment.id), "warehouse", Some(report)).await?;
        let event = report.get("event").and_then(Value::as_str).unwrap_or_default();
        say(&format!("{} reports {}: {event}", shipment.location, shipment.id));
        Ok(())
    }

    /// The warehouse takes the shipment on, packs it and hands it over; the tracking number comes back.
    pub(crate) async fn ship(&self, shipment: &Shipment) -> Result<String> {
        let tracking = self.number("SF").replace('-', "");
        self.warehouse(shipment, &json!({ "event": "accepted" })).await?;
        self.warehouse(shipment, &json!({ "event": "packed" })).await?;
        let shipped = json!({ "event": "shipped", "carrier": "standard", "tracking_number": tracking });
        self.warehouse(shipment, &shipped).await?;
        Ok(tracking)
    }

    /// The carrier scans the parcel on its way and at the door.
    pub(crate) async fn carry(&self, tracking: &str) -> Result<()> {
        for status in ["in_transit", "out_for_delivery", "delivered"] {
            let id = self.number("scan");
            let body = json!({
                "event_id": id, "tracking_number": tracking, "status": status, "occurred_at": clock::now().to_string(),
            })
            .to_string();
            let secret = &self.stack.carriers.standard.webhook_secret;
            let headers = signing::standard_webhook(secret, &id, clock::now().as_second(), body.as_bytes())?;
            let mut request = self
                .client
                .post(format!("{}/v1/carriers/standard/callbacks", self.stack.api_url))
                .header("content-type", "application/json")
                .body(body);
            for (name, value) in headers {
                request = request.header(name, value);
            }
            answer("the carrier's callback", request).await?;
        }
        say(&format!("the carrier scans {tracking}: in_transit, out_for_delivery, delivered"));
        Ok(())
    }

    /// A member of staff gives an order.
    pub(crate) async fn command(&self, credential: &str, path: &str, body: &Value) -> Result<Value> {
        let answer = self.send("POST", path, credential, Some(body)).await?;
        let short = path.rsplit('/').next().unwrap_or(path);
        say(&format!("{credential}: {short}, \"{}\"", body.get("reason").and_then(Value::as_str).unwrap_or_default()));
        Ok(answer)
    }

    /// Units of a SKU that are promised to orders, over all locations.
    pub(crate) async fn promised(&self, sku: &str) -> Result<u64> {
        let stock = self.send("GET", &format!("/v1/stock/{sku}"), "manager", None).await?;
        let locations = stock.get("locations").and_then(Value::as_array).cloned().unwrap_or_default();
        let count = |location: &Value, key: &str| location.get(key).and_then(Value::as_u64).unwrap_or_default();
        Ok(locations.iter().map(|location| count(location, "held") + count(location, "committed")).sum())
    }

    async fn send(&self, method: &str, path: &str, credential: &str, body: Option<&Value>) -> Result<Value> {
        let url = format!("{}{path}", self.stack.api_url);
        let request = if method == "GET" { self.client.get(url) } else { self.client.post(url) };
        let mut request = request.bearer_auth(self.stack.token(credential)?);
        if let Some(body) = body {
            request = request.header("idempotency-key", self.number("demo")).json(body);
        }
        answer(&format!("{method} {path}"), request).await
    }
}

/// Sends, and takes any answer but 2xx for a failure. An empty body is `null`.
async fn answer(what: &str, request: reqwest::RequestBuilder) -> Result<Value> {
    let answer = request.send().await.map_err(LocalError::engine(what))?;
    let status = answer.status();
    let text = answer.text().await.map_err(LocalError::engine(what))?;
    if !status.is_success() {
        return Err(LocalError::call(what, format!("{status} {text}")));
    }
    Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
}

/// Tells the reader what somebody does.
pub(crate) fn say(what: &str) {
    println!("  · {what}");
}
