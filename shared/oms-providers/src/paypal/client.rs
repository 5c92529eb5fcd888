//! PayPal's API, as far as an order system needs it: payments begun, refunds, captures of authorizations and their end, each
//! safe to repeat, and how a capture stands. What concerns authorizations is in [`super::authorization`].
//!
//! It calls `POST /v1/oauth2/token`, `POST /v2/payments/captures/{id}/refund`, `GET /v2/payments/refunds/{id}` and
//! `GET /v2/payments/captures/{id}`. Nothing is retried here but a request whose access token had run out, which PayPal
//! refuses before it does anything. A lost answer is [`RefundAnswer::Unknown`], and the order's own work asks about it later:
//! by PayPal's id of the refund if we know it, and else by the same request under the same id, for as long as PayPal surely
//! keeps that.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::SignedDuration;
use oms_app::ports::{
    CancelAnswer, CancelRequest, CaptureAnswer, CaptureRequest, Clock, PaymentGateway, RefundAnswer, RefundRequest,
    StartAnswer, StartRequest,
};
use oms_domain::body::Provider;
use reqwest::RequestBuilder;
use serde::Serialize;
use url::Url;

use super::answer::{self, AccessToken, Reply};
use super::currency::to_paypal;
use super::start;
use crate::error::ProviderError;
use crate::http_client;
use crate::resend;
use crate::secret::{PaypalSecrets, Secret};

/// An answer is an object of some dozen fields.
const LARGEST_ANSWER: usize = 256 * 1024;

/// PayPal keeps the ids of requests for 45 days. Five are left for clocks that differ and requests that take their time.
pub(super) const ID_IS_KEPT: SignedDuration = SignedDuration::from_hours(40 * 24);

/// Where and how PayPal's API is called.
#[derive(Debug, Clone)]
pub struct PaypalConfig {
    /// Its base address: https, or plain http to this very machine (a stand-in). Without it, the live one or the sandbox's,
    /// as the secret says.
    pub api_base: Option<String>,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// How long a whole exchange may take.
    pub timeout: Duration,
}

impl Default for PaypalConfig {
    fn default() -> Self {
        Self { api_base: None, connect_timeout: Duration::from_secs(3), timeout: Duration::from_secs(10) }
    }
}

/// PayPal's API.
pub struct PaypalClient {
    pub(super) http: reqwest::Client,
    base: Url,
    merchant_id: String,
    client_id: String,
    client_secret: Secret,
    token: Mutex<Option<AccessToken>>,
    pub(super) clock: Arc<dyn Clock>,
}

impl fmt::Debug for PaypalClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PaypalClient").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

#[derive(Serialize)]
struct RefundBody<'a> {
    amount: RefundBodyAmount<'a>,
    custom_id: &'a str,
    invoice_id: &'a str,
}

#[derive(Serialize)]
struct RefundBodyAmount<'a> {
    value: &'a str,
    currency_code: &'static str,
}

impl PaypalClient {
    /// Sets it up. The clock tells how long an access token is good, and whether a refund may still be sent again.
    ///
    /// # Errors
    /// [`ProviderError::AddressRefused`] when the secret would travel in the clear, or [`ProviderError::ClientNotBuilt`].
    pub fn new(secrets: &PaypalSecrets, config: &PaypalConfig, clock: Arc<dyn Clock>) -> Result<Self, ProviderError> {
        let usual = if secrets.live { "https://api-m.paypal.com" } else { "https://api-m.sandbox.paypal.com" };
        let base = http_client::address(config.api_base.as_deref().unwrap_or(usual), true)
            .map_err(|reason| ProviderError::AddressRefused { name: "paypal.api_base", reason })?;
        Ok(Self {
            http: http_client::build(config.connect_timeout, config.timeout)?,
            base,
            merchant_id: secrets.merchant_id.clone(),
            client_id: secrets.client_id.clone(),
            client_secret: secrets.client_secret.clone(),
            token: Mutex::new(None),
            clock,
        })
    }

    /// The account that takes the money.
    pub(super) fn merchant_id(&self) -> &str {
        &self.merchant_id
    }

    pub(super) fn endpoint(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}/{path}", self.base.path().trim_end_matches('/')));
        url
    }

    /// A token that is good for a while yet. None when there is none to be had: then nothing is sent.
    async fn access_token(&self) -> Option<Secret> {
        let now = self.clock.now();
        let kept = self.token.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(kept) = kept.filter(|kept| now < kept.until) {
            return Some(kept.token);
        }
        let request = self
            .http
            .post(self.endpoint("v1/oauth2/token"))
            .basic_auth(&self.client_id, Some(self.client_secret.expose()))
            .form(&[("grant_type", "client_credentials")]);
        let reply = self.exchange(request, "access token", "us").await?;
        let Some(token) = answer::token(&reply, now) else {
            if reply.is_success() {
                tracing::error!(provider = "paypal", "paypal's access token is unreadable");
            }
            return None;
        };
        *self.token.lock().unwrap_or_else(PoisonError::into_inner) = Some(token.clone());
        Some(token.token)
    }

    /// Forgets a token that PayPal no longer takes, unless another was fetched meanwhile.
    fn forget(&self, refused: &Secret) {
        let mut kept = self.token.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.as_ref().is_some_and(|kept| kept.token == *refused) {
            *kept = None;
        }
    }

    /// Sends a request with a token, and once more with a new one if PayPal does not take the first. None when no whole
    /// answer came back: then nobody knows whether it was carried out.
    pub(super) async fn send(
        &self,
        request: impl Fn() -> RequestBuilder,
        what: &'static str,
        about: &str,
    ) -> Option<Reply> {
        let token = self.access_token().await?;
        let reply = self.exchange(request().bearer_auth(token.expose()), what, about).await?;
        if reply.status != 401 {
            return Some(reply);
        }
        self.forget(&token);
        let token = self.access_token().await?;
        self.exchange(request().bearer_auth(token.expose()), what, about).await
    }

    async fn exchange(&self, request: RequestBuilder, what: &'static str, about: &str) -> Option<Reply> {
        let response = match request.header("accept", "application/json").send().await {
            Ok(response) => response,
            Err(error) => {
                let error = http_client::explain(error);
                tracing::warn!(provider = "paypal", what, about, error, "paypal: no answer to {what} of {about}");
                return None;
            }
        };
        let debug_id = response.headers().get("paypal-debug-id").and_then(|value| value.to_str().ok());
        let debug_id = debug_id.unwrap_or_default().to_owned();
        let status = response.status().as_u16();
        let Some(body) = http_client::read(response, LARGEST_ANSWER).await else {
            tracing::warn!(provider = "paypal", what, about, status, debug_id, "paypal: answer to {what} broke off");
            return None;
        };
        let reply = Reply { status, body };
        let code = if reply.is_success() { String::new() } else { reply.error_code() };
        match status {
            200..=299 => {
                tracing::info!(provider = "paypal", what, about, status, debug_id, "paypal: {what} of {about}")
            }
            // Our credentials are wrong or may not do this: every payment is affected, so this one is loud.
            401 | 403 => {
                tracing::error!(provider = "paypal", what, about, status, code, debug_id, "paypal refuses us");
            }
            _ => tracing::warn!(
                provider = "paypal",
                what,
                about,
                status,
                code,
                debug_id,
                "paypal: {what} of {about} not done"
            ),
        }
        Some(reply)
    }

    /// Sends a refund for the first time or again: under its id that is the same to PayPal.
    async fn send_refund(&self, request: &RefundRequest, value: &str, again: bool) -> RefundAnswer {
        if !resend::is_safe(request.first_sent_at, self.clock.now(), ID_IS_KEPT) {
            return RefundAnswer::Unknown;
        }
        let refund_id = request.refund_id.as_str();
        let body = RefundBody {
            amount: RefundBodyAmount { value, currency_code: request.amount.currency().code() },
            // The webhook brings it back, and with it finds the order and the refund.
            custom_id: refund_id,
            // PayPal refuses a second refund under the same number, even when it has forgotten the request.
            invoice_id: refund_id,
        };
        let url = self.endpoint(&format!("v2/payments/captures/{}/refund", request.provider_payment_id));
        let post = || {
            let post = self.http.post(url.clone()).header("paypal-request-id", refund_id);
            post.header("prefer", "return=representation").json(&body)
        };
        let Some(reply) = self.send(post, "refund", refund_id).await else {
            return RefundAnswer::Unknown;
        };
        let answer = answer::refund(&reply, request.amount);
        match &answer {
            // What PayPal repeats may be old: the refund itself says how it stands.
            RefundAnswer::Succeeded { reference } | RefundAnswer::Pending { reference }
                if again || reply.is_repeated() =>
            {
                self.look_up(request, reference).await
            }
            RefundAnswer::Succeeded { .. }
            | RefundAnswer::Pending { .. }
            | RefundAnswer::Refused { .. }
            | RefundAnswer::NotFound
            | RefundAnswer::Unknown => answer,
        }
    }

    async fn look_up(&self, request: &RefundRequest, id: &str) -> RefundAnswer {
        if !is_id(id) {
            return RefundAnswer::Unknown;
        }
        let url = self.endpoint(&format!("v2/payments/refunds/{id}"));
        let reply = self.send(|| self.http.get(url.clone()), "refund query", request.refund_id.as_str()).await;
        reply.map_or(RefundAnswer::Unknown, |reply| answer::looked_up(&reply, id, request.amount))
    }
}

/// What is to go back as PayPal writes it, or why that cannot even be asked for.
fn value(request: &RefundRequest) -> Result<String, String> {
    if !is_id(&request.provider_payment_id) {
        return Err("the payment has no id of PayPal's".to_owned());
    }
    to_paypal(request.amount).map_err(|error| error.to_string())
}

#[async_trait]
impl PaymentGateway for PaypalClient {
    fn provider(&self) -> Provider {
        Provider::Paypal
    }

    async fn refund(&self, request: &RefundRequest) -> RefundAnswer {
        match value(request) {
            Ok(value) => self.send_refund(request, &value, false).await,
            // Never sent, so certainly not done.
            Err(reason) => RefundAnswer::Refused { reason },
        }
    }

    async fn query_refund(&self, request: &RefundRequest) -> RefundAnswer {
        let Ok(value) = value(request) else {
            return RefundAnswer::NotFound;
        };
        match &request.provider_refund_id {
            Some(id) => self.look_up(request, id).await,
            None => self.send_refund(request, &value, true).await,
        }
    }

    async fn capture(&self, request: &CaptureRequest) -> CaptureAnswer {
        self.take(request).await
    }

    async fn query_capture(&self, request: &CaptureRequest) -> CaptureAnswer {
        self.what_became_of(request).await
    }

    /// A promise is voided. Else PayPal's id of a payment is that of its capture, and a capture cannot be called off: what
    /// can be found out is whether there is anything to call off.
    async fn cancel_payment(&self, request: &CancelRequest) -> CancelAnswer {
        if let (None, Some(order)) = (&request.provider_payment_id, &request.object) {
            return start::end(self, order, request.payment_reference.as_str()).await;
        }
        let id = request.provider_payment_id.as_deref().unwrap_or_default();
        if !is_id(id) {
            return CancelAnswer::Refused { reason: "the payment has no id of PayPal's".to_owned() };
        }
        if request.is_promised {
            return self.void(id).await;
        }
        let url = self.endpoint(&format!("v2/payments/captures/{id}"));
        let reply = self.send(|| self.http.get(url.clone()), "capture", id).await;
        reply.map_or(CancelAnswer::Unknown, |reply| answer::standing(&reply, id))
    }

    async fn start(&self, request: &StartRequest) -> StartAnswer {
        start::begin(self, request).await
    }
}

/// An id of PayPal's is letters, digits and hyphens. Anything else would change the path that it is put into.
pub(super) fn is_id(text: &str) -> bool {
    (1..=50).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}
