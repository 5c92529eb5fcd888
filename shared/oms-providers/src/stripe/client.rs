//! Stripe's API, as far as an order system needs it: payments begun, refunds, captures and cancellations, each safe to repeat.
//!
//! It calls `POST /v1/payment_intents`, `POST /v1/refunds`, `GET /v1/refunds`, `POST /v1/payment_intents/{id}/capture`,
//! `POST /v1/payment_intents/{id}/cancel` and `GET /v1/payment_intents/{id}`. Nothing is retried here: a lost answer is [`RefundAnswer::Unknown`], and the order's own
//! work asks about it later, by the same id.

use std::time::Duration;

use async_trait::async_trait;
use oms_app::ports::{
    CancelAnswer, CancelRequest, CaptureAnswer, CaptureRequest, PaymentGateway, RefundAnswer, RefundRequest,
    StartAnswer, StartRequest,
};
use oms_domain::body::Provider;
use reqwest::RequestBuilder;
use url::Url;

use super::answer::{self, Reply, Standing};
use super::currency::to_stripe;
use super::start;
use crate::after::AfterClose;
use crate::error::ProviderError;
use crate::http_client;
use crate::secret::{Secret, StripeSecrets};

/// The shape of the answers is pinned, so that an upgrade of the account's default version changes nothing here.
const API_VERSION: &str = "2024-10-28.acacia";

/// A page of 100 refunds is well below this.
const LARGEST_ANSWER: usize = 4 * 1024 * 1024;

/// More refunds of one payment than any shop makes; a list that goes on is taken as unreadable.
const MOST_PAGES: usize = 20;

/// Where and how Stripe's API is called.
#[derive(Debug, Clone)]
pub struct StripeConfig {
    /// Its base address: https, or plain http to this very machine (a stand-in).
    pub api_base: String,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// How long a whole exchange may take.
    pub timeout: Duration,
}

impl Default for StripeConfig {
    fn default() -> Self {
        Self {
            api_base: "https://api.stripe.com".to_owned(),
            connect_timeout: Duration::from_secs(3),
            timeout: Duration::from_secs(10),
        }
    }
}

/// Stripe's API.
#[derive(Debug)]
pub struct StripeClient {
    pub(super) http: reqwest::Client,
    base: Url,
    api_key: Secret,
}

impl StripeClient {
    /// Sets it up.
    ///
    /// # Errors
    /// [`ProviderError::AddressRefused`] when the key would travel in the clear, or [`ProviderError::ClientNotBuilt`].
    pub fn new(secrets: &StripeSecrets, config: &StripeConfig) -> Result<Self, ProviderError> {
        let base = http_client::address(&config.api_base, true)
            .map_err(|reason| ProviderError::AddressRefused { name: "stripe.api_base", reason })?;
        let http = http_client::build(config.connect_timeout, config.timeout)?;
        Ok(Self { http, base, api_key: secrets.api_key.clone() })
    }

    pub(super) fn endpoint(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}/{path}", self.base.path().trim_end_matches('/')));
        url
    }

    /// Sends a request. None when no whole answer came back: then nobody knows whether it was carried out.
    pub(super) async fn send(&self, request: RequestBuilder, what: &'static str, about: &str) -> Option<Reply> {
        let request = request.bearer_auth(self.api_key.expose()).header("stripe-version", API_VERSION);
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => {
                let error = http_client::explain(error);
                tracing::warn!(provider = "stripe", what, about, error, "stripe: no answer to {what} of {about}");
                return None;
            }
        };
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let request_id = header("request-id").unwrap_or_default();
        let replayed = header("idempotent-replayed").as_deref() == Some("true");
        let status = response.status().as_u16();
        let Some(body) = http_client::read(response, LARGEST_ANSWER).await else {
            tracing::warn!(
                provider = "stripe",
                what,
                about,
                status,
                request_id,
                "stripe: answer to {what} of {about} broke off"
            );
            return None;
        };
        let reply = Reply { status, replayed, body };
        match status {
            200..=299 => {
                tracing::info!(
                    provider = "stripe",
                    what,
                    about,
                    status,
                    replayed,
                    request_id,
                    "stripe: {what} of {about}"
                );
            }
            // Our key is wrong or may not do this: every payment is affected, so this one is loud.
            401 | 403 => {
                let code = answer::error_code(&reply);
                tracing::error!(
                    provider = "stripe",
                    what,
                    about,
                    status,
                    code,
                    request_id,
                    "stripe refuses our API key"
                );
            }
            _ => {
                let code = answer::error_code(&reply);
                tracing::warn!(
                    provider = "stripe",
                    what,
                    about,
                    status,
                    replayed,
                    code,
                    request_id,
                    "stripe: {what} of {about} not done"
                );
            }
        }
        Some(reply)
    }

    /// Reads the whole list of a payment's refunds and says what ours has come to.
    async fn look_up(&self, request: &RefundRequest) -> RefundAnswer {
        let mut ours = Vec::new();
        let mut after: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let mut url = self.endpoint("v1/refunds");
            {
                let mut query = url.query_pairs_mut();
                query.append_pair("payment_intent", &request.provider_payment_id).append_pair("limit", "100");
                if let Some(after) = &after {
                    query.append_pair("starting_after", after);
                }
            }
            let reply = self.send(self.http.get(url), "refund list", request.refund_id.as_str()).await;
            let Some(page) = reply.and_then(|reply| answer::page(&reply, request.refund_id.as_str())) else {
                return RefundAnswer::Unknown;
            };
            ours.extend(page.ours);
            match page.next {
                Some(next) => after = Some(next),
                None => {
                    let found = answer::found(&ours, request.amount);
                    if found == RefundAnswer::Unknown {
                        let refund_id = request.refund_id.as_str();
                        tracing::error!(
                            provider = "stripe",
                            refund_id,
                            "stripe has refund {refund_id} with another amount"
                        );
                    }
                    return found;
                }
            }
        }
        RefundAnswer::Unknown
    }

    async fn post_cancel(&self, id: &str, key: Option<&str>) -> Option<Reply> {
        let mut request = self.http.post(self.endpoint(&format!("v1/payment_intents/{id}/cancel")));
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        self.send(request, "cancel", id).await
    }

    async fn standing(&self, id: &str) -> Standing {
        let reply = self.send(self.http.get(self.endpoint(&format!("v1/payment_intents/{id}"))), "payment", id).await;
        reply.map_or(Standing::Settled(CancelAnswer::Unknown), |reply| answer::standing(&reply))
    }
}

#[async_trait]
impl PaymentGateway for StripeClient {
    fn provider(&self) -> Provider {
        Provider::Stripe
    }

    /// The refund's id is the idempotency key and travels in the metadata as well, because Stripe forgets keys after a
    /// day and a refund is asked about for longer than that.
    async fn refund(&self, request: &RefundRequest) -> RefundAnswer {
        if !is_id(&request.provider_payment_id) {
            return RefundAnswer::Refused { reason: "the payment has no id of Stripe's".to_owned() };
        }
        // Never sent, so certainly not done.
        let units = match to_stripe(request.amount) {
            Ok(units) => units.to_string(),
            Err(error) => return RefundAnswer::Refused { reason: error.to_string() },
        };
        let form = [
            ("payment_intent", request.provider_payment_id.as_str()),
            ("amount", units.as_str()),
            ("metadata[refund_id]", request.refund_id.as_str()),
            ("metadata[order_id]", request.order_id.as_str()),
        ];
        let refund_id = request.refund_id.as_str();
        let post = self.http.post(self.endpoint("v1/refunds")).header("idempotency-key", refund_id).form(&form);
        let Some(reply) = self.send(post, "refund", refund_id).await else {
            return RefundAnswer::Unknown;
        };
        answer::refund(&reply).settle(self.look_up(request)).await
    }

    async fn query_refund(&self, request: &RefundRequest) -> RefundAnswer {
        if !is_id(&request.provider_payment_id) {
            return RefundAnswer::NotFound;
        }
        self.look_up(request).await
    }

    async fn capture(&self, request: &CaptureRequest) -> CaptureAnswer {
        self.take(request).await
    }

    async fn query_capture(&self, request: &CaptureRequest) -> CaptureAnswer {
        self.what_became_of(request).await
    }

    /// Stripe repeats for a day whatever it first answered to the key, also "not in this state" of a payment whose state
    /// has changed since. So a refusal is checked against the payment itself, and one that is open by now is cancelled
    /// once more without the key, which is safe: cancelling twice is cancelling.
    async fn cancel_payment(&self, request: &CancelRequest) -> CancelAnswer {
        let id = request.provider_payment_id.as_deref().unwrap_or_default();
        if !is_id(id) {
            return CancelAnswer::Refused { reason: "the payment has no id of Stripe's".to_owned() };
        }
        let Some(first) = self.post_cancel(id, Some(&format!("cancel-{id}"))).await else {
            return CancelAnswer::Unknown;
        };
        if let AfterClose::Settled(answer) = answer::cancel(&first) {
            return answer;
        }
        if let Standing::Settled(answer) = self.standing(id).await {
            return answer;
        }
        let Some(second) = self.post_cancel(id, None).await else {
            return CancelAnswer::Unknown;
        };
        match answer::cancel(&second) {
            AfterClose::Settled(answer) => answer,
            // It moved between the two calls. Open again would be a third change within a second: asked later.
            AfterClose::Look { reason } => match self.standing(id).await {
                Standing::Settled(answer) => answer,
                Standing::Open => {
                    tracing::warn!(provider = "stripe", id, reason, "stripe: {id} is open, and cannot be cancelled");
                    CancelAnswer::Unknown
                }
            },
        }
    }

    async fn start(&self, request: &StartRequest) -> StartAnswer {
        start::begin(self, request).await
    }
}

/// An id of Stripe's is letters, digits and underscores. Anything else would change the path that it is put into.
pub(super) fn is_id(text: &str) -> bool {
    (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
