//! Alipay's API, as far as an order system needs it: payments begun, refunds and closed trades, each safe to repeat.
//!
//! It calls `alipay.trade.refund`, `alipay.trade.fastpay.refund.query`, `alipay.trade.close` and `alipay.trade.query` at
//! the one gateway. Every request is signed by us, every answer by Alipay; an answer whose signature does not fit is as
//! good as none. Nothing is retried here: a lost answer is [`RefundAnswer::Unknown`], and the order's own work asks about
//! it later, by the same number.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::tz::Offset;
use oms_app::ports::{
    CancelAnswer, CancelRequest, CaptureAnswer, CaptureRequest, Clock, PaymentGateway, RefundAnswer, RefundRequest,
    StartAnswer, StartRequest,
};
use oms_domain::body::Provider;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use url::{Url, form_urlencoded};

use super::answer::{self, Reply};
use super::signature;
use super::start;
use super::written;
use crate::after::AfterClose;
use crate::error::ProviderError;
use crate::http_client;
use crate::secret::AlipaySecrets;
use crate::verified::{RsaKey, RsaSigner};

/// A single refund or trade is well below this.
const LARGEST_ANSWER: usize = 256 * 1024;

/// Times in requests are those of Beijing.
pub(super) const BEIJING: Offset = Offset::constant(8);

/// The parameter that holds what a call is about.
pub(super) const CONTENT: &str = "biz_content";

/// Where and how Alipay's API is called.
#[derive(Debug, Clone)]
pub struct AlipayConfig {
    /// The address of the gateway: https, or plain http to this very machine (a stand-in).
    pub gateway: String,
    /// Where payments that are begun here are notified; without it, where the app's settings say.
    pub callback_url: Option<String>,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// How long a whole exchange may take.
    pub timeout: Duration,
}

impl Default for AlipayConfig {
    fn default() -> Self {
        Self {
            gateway: "https://openapi.alipay.com/gateway.do".to_owned(),
            callback_url: None,
            connect_timeout: Duration::from_secs(3),
            timeout: Duration::from_secs(10),
        }
    }
}

/// Alipay's API.
pub struct AlipayClient {
    http: reqwest::Client,
    gateway: Url,
    app_id: String,
    key: RsaSigner,
    alipay_keys: Vec<RsaKey>,
    callback_url: Option<String>,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for AlipayClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AlipayClient").field("gateway", &self.gateway.as_str()).finish_non_exhaustive()
    }
}

impl AlipayClient {
    /// Sets it up. The clock tells when a request is signed.
    ///
    /// # Errors
    /// [`ProviderError::AddressRefused`] for an address that is not https, or [`ProviderError::ClientNotBuilt`].
    pub fn new(secrets: &AlipaySecrets, config: &AlipayConfig, clock: Arc<dyn Clock>) -> Result<Self, ProviderError> {
        let gateway = http_client::address(&config.gateway, true)
            .map_err(|reason| ProviderError::AddressRefused { name: "alipay.gateway", reason })?;
        Ok(Self {
            http: http_client::build(config.connect_timeout, config.timeout)?,
            gateway,
            app_id: secrets.app_id.clone(),
            key: secrets.app_key.clone(),
            alipay_keys: secrets.alipay_keys.clone(),
            callback_url: config.callback_url.clone(),
            clock,
        })
    }

    /// The address and the body of a call: what describes the call goes into the address, because the gateway has to know
    /// the charset before it reads the body.
    pub(super) fn signed(
        &self,
        method: &str,
        content: &Value,
        addresses: &[(&str, &str)],
    ) -> Result<(Url, String), ProviderError> {
        let at: Timestamp = self.clock.now();
        let pairs = [
            ("app_id", self.app_id.clone()),
            ("method", method.to_owned()),
            ("format", "JSON".to_owned()),
            ("charset", "utf-8".to_owned()),
            ("sign_type", "RSA2".to_owned()),
            ("timestamp", BEIJING.to_datetime(at).strftime("%Y-%m-%d %H:%M:%S").to_string()),
            ("version", "1.0".to_owned()),
            (CONTENT, content.to_string()),
        ];
        let addresses = addresses.iter().map(|(key, value)| (*key, (*value).to_owned()));
        let pairs = pairs.into_iter().chain(addresses).map(|(key, value)| (key.to_owned(), value)).collect();
        let (body, query): (Vec<_>, Vec<_>) =
            signature::sign(&self.key, pairs)?.into_iter().partition(|(key, _)| key == CONTENT);
        let mut url = self.gateway.clone();
        url.query_pairs_mut().extend_pairs(query);
        Ok((url, form_urlencoded::Serializer::new(String::new()).extend_pairs(body).finish()))
    }

    /// Calls a method. None when no whole answer of Alipay's came back: then nobody knows whether it was carried out.
    async fn call(&self, method: &'static str, content: &Value, about: &str) -> Option<Reply> {
        self.call_with(method, content, &[], about).await
    }

    /// Where a payment that is begun is notified, and where the buyer goes afterwards.
    pub(super) fn addresses<'a>(&'a self, return_url: Option<&'a str>) -> Vec<(&'static str, &'a str)> {
        let notify = self.callback_url.as_deref().map(|url| ("notify_url", url));
        notify.into_iter().chain(return_url.map(|url| ("return_url", url))).collect()
    }

    /// The same with addresses that belong to the payment.
    pub(super) async fn call_with(
        &self,
        method: &'static str,
        content: &Value,
        addresses: &[(&str, &str)],
        about: &str,
    ) -> Option<Reply> {
        let (url, body) = match self.signed(method, content, addresses) {
            Ok(signed) => signed,
            Err(error) => {
                tracing::error!(provider = "alipay", method, about, %error, "alipay: {method} not signed");
                return None;
            }
        };
        let request = self.http.post(url).header(CONTENT_TYPE, "application/x-www-form-urlencoded;charset=utf-8");
        let response = match request.body(body).send().await {
            Ok(response) => response,
            Err(error) => {
                let error = http_client::explain(error);
                tracing::warn!(provider = "alipay", method, about, error, "alipay: no answer to {method} of {about}");
                return None;
            }
        };
        let status = response.status().as_u16();
        // The gateway answers 200 whatever it says; another status is not the gateway's.
        if status != 200 {
            tracing::warn!(provider = "alipay", method, about, status, "alipay: {method} of {about} not answered");
            return None;
        }
        let Some(body) = http_client::read(response, LARGEST_ANSWER).await else {
            tracing::warn!(provider = "alipay", method, about, status, "alipay: answer to {method} broke off");
            return None;
        };
        match answer::read(&body, method, &self.alipay_keys) {
            Ok(reply) => {
                let code = reply.error_code();
                if reply.is_done() {
                    tracing::info!(provider = "alipay", method, about, "alipay: {method} of {about}");
                } else if reply.is_about_us() {
                    tracing::error!(provider = "alipay", method, about, code, "alipay refuses our credentials");
                } else {
                    tracing::warn!(provider = "alipay", method, about, code, "alipay: {method} of {about} not done");
                }
                Some(reply)
            }
            Err(error) => {
                tracing::error!(
                    provider = "alipay",
                    method,
                    about,
                    %error,
                    "alipay: answer to {method} of {about} is not taken: {error}"
                );
                None
            }
        }
    }

    async fn look_up(&self, request: &RefundRequest) -> RefundAnswer {
        let number = request.refund_id.as_str();
        let content = json!({"trade_no": request.provider_payment_id, "out_request_no": number});
        let reply = self.call("alipay.trade.fastpay.refund.query", &content, number).await;
        reply.map_or(RefundAnswer::Unknown, |reply| answer::queried(&reply, number, request.amount))
    }
}

#[async_trait]
impl PaymentGateway for AlipayClient {
    fn provider(&self) -> Provider {
        Provider::Alipay
    }

    /// The refund's id is its number at Alipay, for good: the same number is one refund however often it is sent.
    async fn refund(&self, request: &RefundRequest) -> RefundAnswer {
        let number = request.refund_id.as_str();
        // Never sent, so certainly not done.
        let amount = match written(request.amount) {
            Ok(amount) => amount,
            Err(error) => return RefundAnswer::Refused { reason: error.to_string() },
        };
        let trade_no = request.provider_payment_id.as_str();
        if trade_no.is_empty() {
            return RefundAnswer::Refused { reason: "the payment has no id of Alipay's".to_owned() };
        }
        let content = json!({"trade_no": trade_no, "refund_amount": amount, "out_request_no": number});
        let Some(reply) = self.call("alipay.trade.refund", &content, number).await else {
            return RefundAnswer::Unknown;
        };
        answer::refund(&reply, number, trade_no).settle(self.look_up(request)).await
    }

    async fn query_refund(&self, request: &RefundRequest) -> RefundAnswer {
        if request.provider_payment_id.is_empty() {
            return RefundAnswer::NotFound;
        }
        self.look_up(request).await
    }

    /// Alipay takes the money when the buyer pays: there is no promise to take.
    async fn capture(&self, _request: &CaptureRequest) -> CaptureAnswer {
        CaptureAnswer::Refused { reason: "Alipay takes the money at once, it keeps no promise".to_owned() }
    }

    async fn query_capture(&self, request: &CaptureRequest) -> CaptureAnswer {
        self.capture(request).await
    }

    /// Closes the trade by our reference, by which alone it is known until it is paid.
    async fn cancel_payment(&self, request: &CancelRequest) -> CancelAnswer {
        let number = request.payment_reference.as_str();
        let content = json!({"out_trade_no": number});
        let Some(reply) = self.call("alipay.trade.close", &content, number).await else {
            return CancelAnswer::Unknown;
        };
        match answer::closed(&reply) {
            AfterClose::Settled(answer) => answer,
            AfterClose::Look { reason } => {
                let reply = self.call("alipay.trade.query", &content, number).await;
                reply.map_or(CancelAnswer::Unknown, |reply| answer::standing(&reply, number, reason))
            }
        }
    }

    async fn start(&self, request: &StartRequest) -> StartAnswer {
        start::begin(self, request).await
    }
}
