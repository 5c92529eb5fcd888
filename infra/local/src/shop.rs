//! Everyone around the system, as HTTP: the storefront, Stripe, a warehouse, a carrier, staff. Each method is what one of them sends.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use crate::error::{LocalError, Result};
use crate::stack_file::StackFile;
use crate::stripe_api::{Refund, StripeStandIn, events};
use crate::wallets::{Signed, Wallet};
use crate::{catalogue, clock, http, signing};

/// A client that can play every part.
pub struct Shop {
    client: reqwest::Client,
    /// Addresses and credentials.
    pub stack: StackFile,
    /// Stripe, as far as a stack needs it.
    pub stripe: StripeStandIn,
    issued: AtomicU64,
    run: i64,
}

/// An order that was not posted yet.
#[derive(Clone, Debug)]
pub struct NewOrder {
    body: Value,
    key: String,
    cents: u32,
}

/// An order that was accepted.
#[derive(Clone, Debug)]
pub struct Placed {
    /// Its id.
    pub order_id: String,
    /// What a provider calls its payment.
    pub reference: String,
    /// What it comes to, in cents.
    pub cents: u32,
}

impl NewOrder {
    /// The same at this channel.
    #[must_use]
    pub fn at(mut self, channel: &str) -> Self {
        if let Some(body) = self.body.as_object_mut() {
            body.insert("channel".to_owned(), json!(channel));
        }
        self
    }
}

impl Shop {
    /// For a stack that calls this stand-in for Stripe.
    ///
    /// # Errors
    /// A client cannot be made.
    pub fn new(stack: StackFile, stripe: StripeStandIn) -> Result<Self> {
        let run = clock::now().as_millisecond();
        Ok(Self { client: http::client()?, stack, stripe, issued: AtomicU64::new(0), run })
    }

    /// A number that was never used.
    pub fn number(&self, prefix: &str) -> String {
        format!("{prefix}-{}-{}", self.run, self.issued.fetch_add(1, Ordering::Relaxed))
    }

    /// An order of these SKUs, paid as `provider` says, that nobody has posted yet.
    pub fn new_order(&self, lines: &[(&str, u32)], provider: &str) -> NewOrder {
        let (body, cents) = order(&self.number("M"), lines, provider);
        NewOrder { body, key: self.number("key"), cents }
    }

    /// Posts it: again, if it was posted before.
    ///
    /// # Errors
    /// It is not accepted.
    pub async fn post(&self, order: &NewOrder) -> Result<Placed> {
        let request = self.client.post(format!("{}/v1/orders", self.stack.api_url));
        let request = request.bearer_auth(self.stack.token("storefront")?).header("idempotency-key", &order.key);
        let answer = http::answer("POST /v1/orders", request.json(&order.body)).await?;
        let text = |name: &str| answer.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(Placed { order_id: text("order_id"), reference: text("payment_reference"), cents: order.cents })
    }

    /// Posts an order of these SKUs, one or more of each, paid as `provider` says.
    ///
    /// # Errors
    /// It is not accepted.
    pub async fn place(&self, lines: &[(&str, u32)], provider: &str) -> Result<Placed> {
        self.post(&self.new_order(lines, provider)).await
    }

    /// The storefront reads an order.
    ///
    /// # Errors
    /// It cannot.
    pub async fn read(&self, order_id: &str) -> Result<Value> {
        self.send("GET", &format!("/v1/orders/{order_id}"), "storefront", None).await
    }

    /// The buyer pays and Stripe tells, as often as that happens. The payment's id comes back.
    ///
    /// # Errors
    /// The callback is refused.
    pub async fn pay(&self, placed: &Placed, times: usize) -> Result<String> {
        let intent = self.stripe.with(|ledger| {
            let parameters = [
                ("amount".to_owned(), placed.cents.to_string()),
                ("currency".to_owned(), "cny".to_owned()),
                ("metadata[order_id]".to_owned(), placed.order_id.clone()),
                ("metadata[payment_reference]".to_owned(), placed.reference.clone()),
            ];
            let created = ledger.create_intent(&parameters.into(), None);
            let id = created.body.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
            ledger.pay(&id, i64::from(placed.cents))
        });
        let intent = intent.ok_or_else(|| LocalError::Failed("the stand-in takes no payment".to_owned()))?;
        let event = events::succeeded(&self.event_id(), clock::now().as_second(), &intent);
        for _ in 0..times {
            self.stripe_says(&event).await?;
        }
        Ok(intent.id)
    }

    /// The storefront has the stack begin the payment, as a web page does. The payment's id at Stripe comes back.
    ///
    /// # Errors
    /// It is refused, or answers something else.
    pub async fn begin(&self, placed: &Placed) -> Result<String> {
        let path = format!("/v1/orders/{}/payments/p1/start", placed.order_id);
        let answer = self.send("POST", &path, "storefront", Some(&json!({ "client": "web" }))).await?;
        let secret = answer.pointer("/next_action/value").and_then(Value::as_str).unwrap_or_default();
        let id = secret.split_once("_secret").map(|(id, _)| id.to_owned());
        id.ok_or_else(|| LocalError::Failed(format!("no client secret in {answer}")))
    }

    /// The buyer's bank promises the money, and Stripe tells.
    ///
    /// # Errors
    /// The callback is refused.
    pub async fn promise(&self, intent: &str, cents: u32) -> Result<()> {
        let promised = self.stripe.with(|ledger| ledger.promise(intent, i64::from(cents)));
        let promised = promised.ok_or_else(|| LocalError::Failed(format!("nothing can be promised for {intent}")))?;
        self.stripe_says(&events::promised(&self.event_id(), clock::now().as_second(), &promised)).await
    }

    /// Stripe tells that it has taken what was promised.
    ///
    /// # Errors
    /// It has not, or the callback is refused.
    pub async fn tell_taken(&self, intent: &str) -> Result<()> {
        let taken = self.stripe.with(|ledger| ledger.intent(intent).filter(|i| i.received > 0).cloned());
        let taken = taken.ok_or_else(|| LocalError::Failed(format!("nothing was taken of {intent}")))?;
        self.stripe_says(&events::succeeded(&self.event_id(), clock::now().as_second(), &taken)).await
    }

    /// Finance pays one unit of a line back.
    ///
    /// # Errors
    /// It is refused.
    pub async fn refund_unit(&self, order_id: &str, line: &str) -> Result<()> {
        let body = json!({ "reason": "does not fit", "lines": [{ "line_id": line, "quantity": 1 }] });
        self.send("POST", &format!("/v1/orders/{order_id}/refunds"), "finance", Some(&body)).await.map(drop)
    }

    /// The refunds that Stripe made of a payment.
    pub fn refunds_of(&self, intent: &str) -> Vec<Refund> {
        self.stripe
            .with(|ledger| ledger.refunds().iter().filter(|refund| refund.payment_intent == intent).cloned().collect())
    }

    /// Stripe confirms a refund.
    ///
    /// # Errors
    /// The callback is refused.
    pub async fn confirm(&self, refund: &Refund) -> Result<()> {
        self.stripe_says(&events::refund_updated(&self.event_id(), clock::now().as_second(), refund)).await
    }

    /// The warehouse reports on a shipment.
    ///
    /// # Errors
    /// The report is refused.
    pub async fn warehouse(&self, shipment: &str, report: &Value) -> Result<()> {
        self.send("POST", &format!("/v1/shipments/{shipment}/events"), "warehouse", Some(report)).await.map(drop)
    }

    /// The carrier scans a parcel.
    ///
    /// # Errors
    /// The callback is refused.
    pub async fn scan(&self, tracking: &str, status: &str) -> Result<()> {
        let id = self.number("scan");
        let body = json!({
            "event_id": id, "tracking_number": tracking, "status": status, "occurred_at": clock::now().to_string(),
        })
        .to_string();
        let secret = &self.stack.carriers.standard.webhook_secret;
        let headers = signing::standard_webhook(secret, &id, clock::now().as_second(), body.as_bytes())?;
        let mut request = self.callback("/v1/carriers/standard/callbacks").body(body);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        http::answer("the carrier's callback", request).await.map(drop)
    }

    /// The buyer calls an order off.
    ///
    /// # Errors
    /// It is refused.
    pub async fn cancel(&self, order_id: &str) -> Result<()> {
        let path = format!("/v1/orders/{order_id}/cancellation");
        self.send("POST", &path, "storefront", Some(&json!({ "reason": "changed my mind" }))).await.map(drop)
    }

    /// Puts this many units of a SKU on a location's shelf.
    ///
    /// # Errors
    /// It is refused.
    pub async fn count(&self, location: &str, sku: &str, units: u32) -> Result<()> {
        let request = self.client.put(format!("{}/v1/stock/{location}/{sku}", self.stack.api_url));
        let request = request.bearer_auth(self.stack.token("manager")?);
        http::answer("counting", request.json(&json!({ "on_hand": units, "safety_stock": 0 }))).await.map(drop)
    }

    fn event_id(&self) -> String {
        self.number("evt").replace('-', "_")
    }

    async fn stripe_says(&self, event: &Value) -> Result<()> {
        let body = event.to_string();
        let secret = &self.stack.providers.stripe.webhook_secret;
        let signature = signing::stripe(secret, clock::now().as_second(), body.as_bytes());
        let request = self.callback("/v1/payments/stripe/callbacks").header("stripe-signature", signature).body(body);
        http::answer("Stripe's callback", request).await.map(drop)
    }

    /// A wallet tells something, and must be heard.
    ///
    /// # Errors
    /// It is refused.
    pub async fn wallet_says(&self, wallet: Wallet, said: &Signed) -> Result<()> {
        let url = format!("{}/v1/payments/{}/callbacks", self.stack.api_url, wallet.name());
        let request =
            said.headers.iter().fold(self.client.post(url), |request, (name, value)| request.header(*name, value));
        let answer = request.body(said.body.clone()).send().await;
        let answer = answer.map_err(LocalError::engine(format!("a notification of {}", wallet.name())))?;
        let (status, text) = (answer.status().as_u16(), answer.text().await.unwrap_or_default());
        if (status, text.as_str()) == (200, wallet.heard()) {
            return Ok(());
        }
        Err(LocalError::Failed(format!("a notification of {} was answered {status} {text}", wallet.name())))
    }

    fn callback(&self, path: &str) -> reqwest::RequestBuilder {
        self.client.post(format!("{}{path}", self.stack.api_url)).header("content-type", "application/json")
    }

    /// A request in the name of a credential; an idempotency key goes with each body.
    ///
    /// # Errors
    /// Any answer but 2xx.
    pub async fn send(&self, method: &str, path: &str, credential: &str, body: Option<&Value>) -> Result<Value> {
        let url = format!("{}{path}", self.stack.api_url);
        let request = if method == "GET" { self.client.get(url) } else { self.client.post(url) };
        let mut request = request.bearer_auth(self.stack.token(credential)?);
        if let Some(body) = body {
            request = request.header("idempotency-key", self.number("key")).json(body);
        }
        http::answer(&format!("{method} {path}"), request).await
    }
}

/// The body of `POST /v1/orders` of the reference order's size, and its total in cents.
pub fn order(number: &str, lines: &[(&str, u32)], provider: &str) -> (Value, u32) {
    const SHIPPING: u32 = 800;
    let cents = |sku: &str| {
        let product = catalogue::product(sku);
        product.and_then(|product| product.amount.replace('.', "").parse::<u32>().ok()).unwrap_or_default()
    };
    let total = SHIPPING + lines.iter().map(|(sku, quantity)| cents(sku) * quantity).sum::<u32>();
    let yuan = |cents: u32| json!({ "amount": format!("{}.{:02}", cents / 100, cents % 100), "currency": "CNY" });
    let lines: Vec<Value> = lines
        .iter()
        .map(|(sku, quantity)| {
            let title = catalogue::product(sku).map(|product| product.title).unwrap_or_default();
            json!({ "sku": sku, "title": title, "quantity": quantity, "unit_price": yuan(cents(sku)) })
        })
        .collect();
    let body = json!({
        "channel": "web", "channel_order_id": number, "currency": "CNY",
        "customer": { "id": format!("c-{number}"), "name": "王芳", "email": "wang@example.com", "phone": "+8613800000000" },
        "shipping_address": {
            "name": "王芳", "phone": "+8613800000000", "country": "CN", "region": "广东省", "city": "深圳市",
            "district": "南山区", "lines": ["科技园路1号"], "postal_code": "518000",
        },
        "lines": lines,
        "shipping": { "method": "standard", "fee": yuan(SHIPPING) },
        "tax": yuan(0),
        "payment": { "provider": provider },
        "total": yuan(total),
        "client": { "ip": "203.0.113.7", "device_id": "d-9" },
    });
    (body, total)
}
