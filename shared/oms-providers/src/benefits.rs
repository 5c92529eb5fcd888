//! The service that keeps count of coupons, points and gift cards, over HTTP. The protocol is ours (`docs/benefits.md`): POSTs
//! below `reservations/{order_id}`, signed by Standard Webhooks.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use oms_app::error::PortError;
use oms_app::ports::{BenefitRequest, BenefitReturn, BenefitService, Clock, SecretStore};
use oms_domain::benefit::{Spent, SpentKind};
use oms_domain::command::BenefitAnswered;
use oms_domain::id::OrderId;
use reqwest::StatusCode;
use reqwest::header::CONTENT_TYPE;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::error::ProviderError;
use crate::http_client;
use crate::secret::BenefitsSecrets;
use crate::shown::short;
use crate::standard_webhooks::{ID_HEADER, SIGNATURE_HEADER, SigningKey, TIMESTAMP_HEADER};

/// The most of an answer that is read, in bytes.
const LARGEST_ANSWER: usize = 16 * 1024;

/// Where the service is, and how it is called.
pub struct BenefitsConfig {
    /// Its address, without a slash at the end, a query or a fragment: https, or plain http to this very machine.
    pub url: String,
    /// The name of its secret.
    pub secret: String,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// How long a whole exchange may take.
    pub timeout: Duration,
}

impl BenefitsConfig {
    /// A service at an address, with the usual patience.
    #[must_use]
    pub fn at(url: String, secret: String) -> Self {
        Self { url, secret, connect_timeout: Duration::from_secs(2), timeout: Duration::from_secs(5) }
    }
}

/// The service. Its secret is read when the first order needs it, so that orders without coupons never wait for it.
pub struct Benefits {
    http: reqwest::Client,
    config: BenefitsConfig,
    secrets: Arc<dyn SecretStore>,
    clock: Arc<dyn Clock>,
    key: Mutex<Option<SigningKey>>,
}

impl fmt::Debug for Benefits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Benefits").field("url", &self.config.url).finish_non_exhaustive()
    }
}

#[derive(Serialize)]
struct Item<'a> {
    kind: SpentKind,
    code: &'a str,
    amount: oms_domain::money::Money,
}

impl<'a> From<&'a Spent> for Item<'a> {
    fn from(spent: &'a Spent) -> Self {
        Self { kind: spent.kind, code: &spent.code, amount: spent.amount }
    }
}

#[derive(Deserialize)]
struct Refusal {
    reason: String,
}

impl Benefits {
    /// Sets it up; nothing is called or read yet.
    ///
    /// # Errors
    /// [`ProviderError::AddressRefused`] or [`ProviderError::ClientNotBuilt`].
    pub fn new(
        config: BenefitsConfig,
        secrets: Arc<dyn SecretStore>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ProviderError> {
        let refused = |reason| ProviderError::AddressRefused { name: "benefits.url", reason };
        let url = http_client::address(&config.url, true).map_err(refused)?;
        // What is said has a path of its own, which goes behind the address.
        if url.query().is_some() || url.fragment().is_some() {
            return Err(refused("must not carry a query or a fragment"));
        }
        let http = http_client::build(config.connect_timeout, config.timeout)?;
        Ok(Self { http, config, secrets, clock, key: Mutex::default() })
    }

    fn known_key(&self) -> MutexGuard<'_, Option<SigningKey>> {
        self.key.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn key(&self) -> Result<SigningKey, PortError> {
        if let Some(key) = self.known_key().clone() {
            return Ok(key);
        }
        let text = self.secrets.secret(&self.config.secret).await?;
        let key = BenefitsSecrets::parse(&text)
            .and_then(|secrets| SigningKey::new("benefits.webhook_secret", &secrets.webhook_secret))
            .map_err(|error| failed(error.to_string()))?;
        *self.known_key() = Some(key.clone());
        Ok(key)
    }

    /// Says something about an order below its address. The message's id ends with `which`: the same for every repetition.
    async fn say(
        &self,
        order_id: &OrderId,
        place: &str,
        which: &str,
        body: &Value,
    ) -> Result<BenefitAnswered, PortError> {
        let key = self.key().await?;
        let (id, at, body) = (format!("{order_id}-{which}"), self.clock.now(), body.to_string().into_bytes());
        let answer = self
            .http
            .post(format!("{}/reservations/{order_id}{place}", self.config.url))
            .header(CONTENT_TYPE, "application/json")
            .header(ID_HEADER, &id)
            .header(TIMESTAMP_HEADER, at.as_second())
            .header(SIGNATURE_HEADER, key.sign(&id, at, &body))
            .body(body)
            .send()
            .await
            .map_err(|error| failed(http_client::explain(error)))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(BenefitAnswered::Done);
        }
        // Only these two are a no. Anything else, a wrong address above all, must not reject a buyer's order.
        if !matches!(status, StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY) {
            return Err(failed(format!("answered {} to {which}", status.as_u16())));
        }
        let text = http_client::read(answer, LARGEST_ANSWER).await;
        let refusal = text.and_then(|text| serde_json::from_slice::<Refusal>(&text).ok());
        let refusal = refusal.ok_or_else(|| failed(format!("refused {which} without a reason")))?;
        Ok(BenefitAnswered::Refused { reason: short(&refusal.reason) })
    }
}

#[async_trait]
impl BenefitService for Benefits {
    async fn reserve(&self, request: &BenefitRequest) -> Result<BenefitAnswered, PortError> {
        let items: Vec<Item<'_>> = request.items.iter().map(Item::from).collect();
        let body = json!({
            "order_id": request.order_id,
            "channel": request.channel,
            "customer_id": request.customer_id,
            "items": items,
        });
        self.say(&request.order_id, "", "reserve", &body).await
    }

    async fn commit(&self, order_id: &OrderId) -> Result<BenefitAnswered, PortError> {
        self.say(order_id, "/commit", "commit", &json!({ "order_id": order_id })).await
    }

    async fn release(&self, order_id: &OrderId, kept: &[SpentKind]) -> Result<BenefitAnswered, PortError> {
        // What nothing is kept of says what it always said.
        let body = match kept {
            [] => json!({ "order_id": order_id }),
            kept => json!({ "order_id": order_id, "keep": kept }),
        };
        self.say(order_id, "/release", "release", &body).await
    }

    async fn give_back(&self, request: &BenefitReturn) -> Result<BenefitAnswered, PortError> {
        let items: Vec<Item<'_>> = request.items.iter().map(Item::from).collect();
        let body = json!({ "order_id": request.order_id, "return_id": request.return_id, "items": items });
        self.say(&request.order_id, "/returns", request.return_id.as_str(), &body).await
    }
}

fn failed(detail: String) -> PortError {
    PortError { port: "benefits", detail }
}
