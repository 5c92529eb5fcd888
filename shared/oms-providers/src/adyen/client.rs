//! Adyen's Checkout API, as far as an order system needs it: payments begun, refunds, captures and cancellations, each safe
//! to repeat.
//!
//! It calls `POST /payments/{id}/refunds`, `POST /payments/{id}/captures`, `POST /payments/{id}/cancels`, `POST /cancels`, and
//! `POST`, `GET` and `PATCH` of `/paymentLinks`, version 71. Nothing is retried
//! here: a lost answer is [`RefundAnswer::Unknown`], and the order's own work comes back to it later. Adyen cannot be asked
//! about a refund. What it can do is answer the same request under the same key as it did before, so that is how a lost
//! answer is found again, for as long as Adyen surely keeps the key.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::SignedDuration;
use oms_app::ports::{
    CancelAnswer, CancelRequest, CaptureAnswer, CaptureRequest, Clock, PaymentGateway, RefundAnswer, RefundRequest,
    StartAnswer, StartRequest,
};
use oms_domain::body::Provider;
use oms_domain::money::Money;
use reqwest::RequestBuilder;
use serde::Serialize;
use url::Url;

use super::answer::{self, Reply};
use super::currency::to_adyen;
use super::start;
use crate::error::ProviderError;
use crate::http_client;
use crate::resend;
use crate::secret::{AdyenCapture, AdyenSecrets, Secret};

/// The shape of requests and answers.
const VERSION: &str = "v71";

/// An answer is a handful of fields.
const LARGEST_ANSWER: usize = 256 * 1024;

/// Adyen keeps keys for seven days at least. The seventh is left for clocks that differ and requests that take their time.
const KEY_IS_KEPT: SignedDuration = SignedDuration::from_hours(6 * 24);

/// Where and how Adyen's API is called.
#[derive(Debug, Clone)]
pub struct AdyenConfig {
    /// Its base address without the version: https, or plain http to this very machine (a stand-in). Without it, the test
    /// environment's or the company's own live one, as the secret says.
    pub api_base: Option<String>,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// How long a whole exchange may take.
    pub timeout: Duration,
}

impl Default for AdyenConfig {
    fn default() -> Self {
        Self { api_base: None, connect_timeout: Duration::from_secs(3), timeout: Duration::from_secs(10) }
    }
}

/// Adyen's API.
pub struct AdyenClient {
    http: reqwest::Client,
    base: Url,
    api_key: Secret,
    merchant_account: String,
    capture: AdyenCapture,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for AdyenClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdyenClient").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MoveBody<'a> {
    merchant_account: &'a str,
    amount: MoveBodyAmount,
    reference: &'a str,
}

#[derive(Serialize)]
struct MoveBodyAmount {
    value: i64,
    currency: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CancelBody<'a> {
    merchant_account: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_reference: Option<&'a str>,
    reference: &'a str,
}

impl AdyenClient {
    /// Sets it up. The clock tells whether a refund may still be sent again.
    ///
    /// # Errors
    /// [`ProviderError::AddressRefused`] when the key would travel in the clear, or [`ProviderError::ClientNotBuilt`].
    pub fn new(secrets: &AdyenSecrets, config: &AdyenConfig, clock: Arc<dyn Clock>) -> Result<Self, ProviderError> {
        let base = config.api_base.clone().unwrap_or_else(|| match &secrets.live_prefix {
            Some(prefix) => format!("https://{prefix}-checkout-live.adyenpayments.com/checkout"),
            None => "https://checkout-test.adyen.com".to_owned(),
        });
        let base = http_client::address(&base, true)
            .map_err(|reason| ProviderError::AddressRefused { name: "adyen.api_base", reason })?;
        Ok(Self {
            http: http_client::build(config.connect_timeout, config.timeout)?,
            base,
            api_key: secrets.api_key.clone(),
            merchant_account: secrets.merchant_account.clone(),
            capture: secrets.capture,
            clock,
        })
    }

    fn endpoint(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}/{VERSION}/{path}", self.base.path().trim_end_matches('/')));
        url
    }

    /// Whose payments they are.
    pub(super) fn merchant_account(&self) -> &str {
        &self.merchant_account
    }

    /// When the account takes what was promised.
    pub(super) fn capture(&self) -> AdyenCapture {
        self.capture
    }

    /// Asks about something.
    pub(super) async fn get(&self, path: &str, what: &'static str, about: &str) -> Option<Reply> {
        self.exchange(self.http.get(self.endpoint(path)), what, about).await
    }

    /// Changes something that can be changed again and again.
    pub(super) async fn patch(
        &self,
        path: &str,
        body: &(impl Serialize + Sync),
        what: &'static str,
        about: &str,
    ) -> Option<Reply> {
        self.exchange(self.http.patch(self.endpoint(path)).json(body), what, about).await
    }

    /// Sends a request under its key.
    pub(super) async fn post(
        &self,
        path: &str,
        key: &str,
        body: &(impl Serialize + Sync),
        what: &'static str,
        about: &str,
    ) -> Option<Reply> {
        let request = self.http.post(self.endpoint(path)).header("idempotency-key", key);
        self.exchange(request.json(body), what, about).await
    }

    /// Sends a request. None when no whole answer came back: then nobody knows whether it was carried out.
    async fn exchange(&self, request: RequestBuilder, what: &'static str, about: &str) -> Option<Reply> {
        let response = match request.header("x-api-key", self.api_key.expose()).send().await {
            Ok(response) => response,
            Err(error) => {
                let error = http_client::explain(error);
                tracing::warn!(provider = "adyen", what, about, error, "adyen: no answer to {what} of {about}");
                return None;
            }
        };
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let request_id = header("pspreference").unwrap_or_default();
        let transient = header("transient-error").as_deref() == Some("true");
        let status = response.status().as_u16();
        let Some(body) = http_client::read(response, LARGEST_ANSWER).await else {
            tracing::warn!(provider = "adyen", what, about, status, "adyen: answer to {what} of {about} broke off");
            return None;
        };
        let reply = Reply { status, transient, body };
        let code = if reply.is_success() { String::new() } else { reply.error_code() };
        match status {
            200..=299 => {
                tracing::info!(provider = "adyen", what, about, status, request_id, "adyen: {what} of {about}")
            }
            // Our key is wrong or may not do this: every payment is affected, so this one is loud.
            401 | 403 => {
                tracing::error!(provider = "adyen", what, about, status, code, request_id, "adyen refuses our API key");
            }
            _ => tracing::warn!(
                provider = "adyen",
                what,
                about,
                status,
                transient,
                code,
                request_id,
                "adyen: {what} of {about} not done"
            ),
        }
        Some(reply)
    }

    /// Sends a refund for the first time or again: under its key that is the same to Adyen.
    async fn send(&self, request: &RefundRequest, units: i64) -> RefundAnswer {
        if !resend::is_safe(request.first_sent_at, self.clock.now(), KEY_IS_KEPT) {
            return RefundAnswer::Unknown;
        }
        let (payment, refund_id) = (request.provider_payment_id.as_str(), request.refund_id.as_str());
        let body = MoveBody {
            merchant_account: &self.merchant_account,
            amount: MoveBodyAmount { value: units, currency: request.amount.currency().code() },
            // The webhook brings it back, and with it finds the order and the refund.
            reference: refund_id,
        };
        let reply = self.post(&format!("payments/{payment}/refunds"), refund_id, &body, "refund", refund_id).await;
        reply.map_or(RefundAnswer::Unknown, |reply| answer::refund(&reply, payment, request.amount))
    }
}

impl AdyenClient {
    /// Sends a capture for the first time or again: under its key that is the same to Adyen.
    async fn take(&self, request: &CaptureRequest, units: i64) -> CaptureAnswer {
        if !resend::is_safe(request.first_sent_at, self.clock.now(), KEY_IS_KEPT) {
            return CaptureAnswer::Unknown;
        }
        let (payment, capture_id) = (request.provider_payment_id.as_str(), request.capture_id.as_str());
        let body = MoveBody {
            merchant_account: &self.merchant_account,
            amount: MoveBodyAmount { value: units, currency: request.amount.currency().code() },
            // The webhook brings it back, and with it finds the order and the payment.
            reference: request.payment_reference.as_str(),
        };
        let reply = self.post(&format!("payments/{payment}/captures"), capture_id, &body, "capture", capture_id).await;
        reply.map_or(CaptureAnswer::Unknown, |reply| answer::capture(&reply, payment, request.amount))
    }
}

/// How many units are to move, or why that cannot even be asked for.
fn units(provider_payment_id: &str, amount: Money) -> Result<i64, String> {
    if !is_id(provider_payment_id) {
        return Err("the payment has no id of Adyen's".to_owned());
    }
    to_adyen(amount).map_err(|error| error.to_string())
}

#[async_trait]
impl PaymentGateway for AdyenClient {
    fn provider(&self) -> Provider {
        Provider::Adyen
    }

    async fn refund(&self, request: &RefundRequest) -> RefundAnswer {
        match units(&request.provider_payment_id, request.amount) {
            Ok(units) => self.send(request, units).await,
            // Never sent, so certainly not done.
            Err(reason) => RefundAnswer::Refused { reason },
        }
    }

    /// A refund that Adyen has received waits for its webhook, and there is nothing to ask. When that does not come for as
    /// long as the key is kept, nobody but a person can find out what became of it.
    async fn query_refund(&self, request: &RefundRequest) -> RefundAnswer {
        let Ok(units) = units(&request.provider_payment_id, request.amount) else {
            return RefundAnswer::NotFound;
        };
        match &request.provider_refund_id {
            Some(reference) if resend::is_safe(request.first_sent_at, self.clock.now(), KEY_IS_KEPT) => {
                RefundAnswer::Pending { reference: reference.clone() }
            }
            Some(_) => RefundAnswer::Unknown,
            None => self.send(request, units).await,
        }
    }

    /// Adyen's answer is never more than *received*: that the money is taken is told by the webhook `CAPTURE`.
    async fn capture(&self, request: &CaptureRequest) -> CaptureAnswer {
        match units(&request.provider_payment_id, request.amount) {
            Ok(units) => self.take(request, units).await,
            // Never sent, so certainly not done.
            Err(reason) => CaptureAnswer::Refused { reason },
        }
    }

    /// As with refunds there is nothing to ask: one that Adyen has received waits for its webhook, and one whose answer was
    /// lost is sent again under its key.
    async fn query_capture(&self, request: &CaptureRequest) -> CaptureAnswer {
        let is_kept = resend::is_safe(request.first_sent_at, self.clock.now(), KEY_IS_KEPT);
        match (&request.provider_capture_id, units(&request.provider_payment_id, request.amount)) {
            (Some(reference), _) if is_kept => CaptureAnswer::Pending { reference: reference.clone() },
            (Some(_), _) => CaptureAnswer::Unknown,
            (None, Ok(units)) => self.take(request, units).await,
            (None, Err(reason)) => CaptureAnswer::Refused { reason },
        }
    }

    /// By Adyen's id of the payment, or by our reference of it: the buyer may be about to pay, and the id is known only
    /// when that has happened. A link is ended first, also where a payment by it is known: that may be a card that was
    /// declined, after which the link still takes money.
    async fn cancel_payment(&self, request: &CancelRequest) -> CancelAnswer {
        let reference = request.payment_reference.as_str();
        let payment = request.provider_payment_id.as_deref();
        let ended = match request.object.as_deref() {
            Some(link) => start::end(self, link, reference).await,
            None => None,
        };
        if let (None, Some(answer)) = (payment, &ended) {
            return answer.clone();
        }
        let path = match payment {
            Some(id) if is_id(id) => format!("payments/{id}/cancels"),
            Some(_) => return CancelAnswer::Refused { reason: "the payment has no id of Adyen's".to_owned() },
            None => "cancels".to_owned(),
        };
        let payment_reference = if payment.is_none() { Some(reference) } else { None };
        let body = CancelBody { merchant_account: &self.merchant_account, payment_reference, reference };
        let key = format!("cancel-{}", payment.unwrap_or(reference));
        let reply = self.post(&path, &key, &body, "cancel", reference).await;
        // A link that may still be paid is not done with, whatever became of its payment: both are said again.
        if ended == Some(CancelAnswer::Unknown) {
            return CancelAnswer::Unknown;
        }
        reply.map_or(CancelAnswer::Unknown, |reply| answer::cancel(&reply, payment, reference))
    }

    async fn start(&self, request: &StartRequest) -> StartAnswer {
        start::begin(self, request).await
    }
}

/// An id of Adyen's is letters and digits. Anything else would change the path that it is put into.
fn is_id(text: &str) -> bool {
    (1..=50).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
