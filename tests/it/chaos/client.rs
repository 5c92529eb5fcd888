//! A client as real ones are: it takes no answer for an answer, waits, and sends the very same again.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use local_stack::clock;
use serde_json::{Value, json};

use crate::world::{Intent, Order, Shipment, World};

/// How long a client tries before it calls the shop broken. A key whose holder was killed is leased for half a minute; an order
/// whose message died with its holder is looked at after the look-out time, and then about every eighty seconds.
const PATIENCE: Duration = Duration::from_secs(600);
/// How long it waits after a first failure, and at most.
const WAITS: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(3));

/// Sends requests until they are answered.
pub struct Client<'a> {
    pub world: &'a World,
    /// Requests that got no answer, or one that says "again".
    pub repeated: AtomicU64,
    /// Requests in all.
    pub sent: AtomicU64,
}

/// An answer that settles a request.
#[derive(Debug)]
pub struct Settled {
    pub status: u16,
    pub body: Value,
}

impl<'a> Client<'a> {
    pub fn new(world: &'a World) -> Self {
        Self { world, repeated: AtomicU64::new(0), sent: AtomicU64::new(0) }
    }

    /// Requests that were answered.
    pub fn answered(&self) -> u64 {
        self.sent.load(Ordering::Relaxed).saturating_sub(self.repeated.load(Ordering::Relaxed))
    }

    /// Sends what `request` makes until something other than "not now" comes back.
    async fn insist(&self, what: &str, request: impl Fn() -> reqwest::RequestBuilder) -> Settled {
        let since = Instant::now();
        let mut wait = WAITS.0;
        loop {
            self.sent.fetch_add(1, Ordering::Relaxed);
            let last = match answer(request()).await {
                Ok(settled) if !is_not_now(&settled) => return settled,
                Ok(settled) => format!("{} {}", settled.status, settled.body),
                Err(error) => error.to_string(),
            };
            self.repeated.fetch_add(1, Ordering::Relaxed);
            assert!(since.elapsed() < PATIENCE, "{what} got no answer: {last}");
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(WAITS.1);
        }
    }

    /// Posts under one key, however often.
    pub async fn post(&self, who: &str, path: &str, body: &Value) -> Settled {
        let key = self.world.number("key");
        let request = || self.world.request_by(who, "POST", path).header("idempotency-key", &key).json(body);
        self.insist(path, request).await
    }

    /// The same, and it must be taken.
    pub async fn must(&self, who: &str, path: &str, body: &Value) -> Value {
        let settled = self.post(who, path, body).await;
        assert!((200..300).contains(&settled.status), "{path}: {} {}", settled.status, settled.body);
        settled.body
    }

    /// Reads.
    pub async fn get(&self, who: &str, path: &str) -> Value {
        let settled = self.insist(path, || self.world.request_by(who, "GET", path)).await;
        assert_eq!(settled.status, 200, "{path}: {}", settled.body);
        settled.body
    }

    /// The order now: an order that was accepted is always there.
    pub async fn order(&self, id: &str) -> Order {
        Order(self.get("support", &format!("/v1/orders/{id}")).await)
    }

    /// Looks until the order is as described.
    pub async fn until(&self, id: &str, what: &str, is_so: impl Fn(&Order) -> bool) -> Order {
        let since = Instant::now();
        let mut wait = Duration::from_millis(300);
        loop {
            let order = self.order(id).await;
            if is_so(&order) {
                return order;
            }
            assert!(since.elapsed() < PATIENCE, "{id} is not {what}\n{}", order.story());
            tokio::time::sleep(wait).await;
            wait = (wait * 3 / 2).min(Duration::from_millis(1500));
        }
    }

    /// Stripe tells an event until it is acknowledged, and then once more or twice: it promises no less than once.
    pub async fn stripe_tells(&self, event: &Value, times: u64) {
        let body = event.to_string();
        for _ in 0..times.max(1) {
            let settled = self
                .insist("a callback of Stripe's", || {
                    let request = self.world.request("POST", "/v1/payments/stripe/callbacks");
                    // Signed anew for each delivery, since the signature carries the time.
                    let request = request.header("stripe-signature", self.world.stripe_signature(&body));
                    request.header("content-type", "application/json").body(body.clone())
                })
                .await;
            assert_eq!((settled.status, &settled.body), (200, &json!({ "received": true })));
        }
    }

    /// Stripe tells that the buyer has paid.
    pub async fn paid(&self, intent: &Intent, times: u64) {
        let paid = Intent { received: intent.amount, status: "succeeded", ..intent.clone() };
        self.stripe_tells(&self.world.event("payment_intent.succeeded", &paid), times).await;
    }

    /// The warehouse reports on a shipment.
    pub async fn reports(&self, shipment: &Shipment, report: &Value) {
        self.must("warehouse", &format!("/v1/shipments/{}/events", shipment.id), report).await;
    }

    /// The carrier tells of a parcel until it is heard.
    pub async fn scans(&self, tracking: &str, status: &str, times: u64) {
        let id = self.world.number("scan");
        let body = json!({
            "event_id": id, "tracking_number": tracking, "status": status, "occurred_at": clock::now().to_string(),
        })
        .to_string();
        for _ in 0..times.max(1) {
            let settled = self
                .insist("a callback of the carrier's", || {
                    let secret = &self.world.stack.carriers.standard.webhook_secret;
                    let headers = self.world.signer.standard(secret, &id, &body);
                    let request = self.world.request("POST", "/v1/carriers/standard/callbacks");
                    let request = request.header("content-type", "application/json").body(body.clone());
                    headers.iter().fold(request, |request, (name, value)| request.header(*name, value))
                })
                .await;
            assert_eq!(settled.status, 200, "{}", settled.body);
        }
    }
}

async fn answer(request: reqwest::RequestBuilder) -> Result<Settled, reqwest::Error> {
    let answer = request.send().await?;
    let status = answer.status().as_u16();
    let text = answer.text().await?;
    Ok(Settled { status, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) })
}

/// What a client may send again as it is: the gateway lost the function, or the first try still holds the key.
fn is_not_now(settled: &Settled) -> bool {
    let kind = settled.body["type"].as_str().unwrap_or_default();
    settled.status >= 500 || settled.status == 429 || (settled.status == 409 && kind.ends_with("request-in-flight"))
}
