//! WeChat Pay's API, as far as an order system needs it: payments begun, refunds and closed orders, each safe to repeat.
//!
//! It calls `POST /v3/refund/domestic/refunds`, `GET /v3/refund/domestic/refunds/{out_refund_no}`,
//! `POST /v3/pay/transactions/out-trade-no/{out_trade_no}/close` and
//! `GET /v3/pay/transactions/out-trade-no/{out_trade_no}`. Every request is signed by us, every answer by WeChat Pay; an
//! answer whose signature does not fit is as good as none. Nothing is retried here: a lost answer is
//! [`RefundAnswer::Unknown`], and the order's own work asks about it later, by the same number. That also keeps the
//! minute that WeChat Pay wants between two refunds of a payment: one that comes too early is answered 429.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use oms_app::ports::{
    CancelAnswer, CancelRequest, CaptureAnswer, CaptureRequest, Clock, PaymentGateway, RefundAnswer, RefundRequest,
    StartAnswer, StartRequest,
};
use oms_domain::body::Provider;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use serde::Serialize;
use url::Url;

use super::answer::{self, Reply};
use super::fen;
use super::signature::{Merchant, PlatformKeys, is_signed};
use super::start;
use crate::after::AfterClose;
use crate::error::ProviderError;
use crate::http_client;
use crate::secret::WechatpaySecrets;

/// A single refund or transaction is well below this.
const LARGEST_ANSWER: usize = 256 * 1024;

/// Where and how WeChat Pay's API is called.
#[derive(Debug, Clone)]
pub struct WechatpayConfig {
    /// Its base address: https, or plain http to this very machine (a stand-in).
    pub api_base: String,
    /// Where payments that are begun here and refunds are notified. Without it refunds are notified where the merchant
    /// console says, and no payment is begun: each has to name the address.
    pub callback_url: Option<String>,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// How long a whole exchange may take.
    pub timeout: Duration,
}

impl Default for WechatpayConfig {
    fn default() -> Self {
        Self {
            api_base: "https://api.mch.weixin.qq.com".to_owned(),
            callback_url: None,
            connect_timeout: Duration::from_secs(3),
            timeout: Duration::from_secs(10),
        }
    }
}

/// WeChat Pay's API.
pub struct WechatpayClient {
    http: reqwest::Client,
    base: Url,
    pub(super) merchant: Merchant,
    pub(super) appids: Vec<String>,
    platform: PlatformKeys,
    callback_url: Option<String>,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for WechatpayClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WechatpayClient").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

#[derive(Serialize)]
struct RefundBody<'a> {
    transaction_id: &'a str,
    out_refund_no: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    notify_url: Option<&'a str>,
    amount: RefundBodyAmount,
}

#[derive(Serialize)]
struct RefundBodyAmount {
    refund: i64,
    total: i64,
    currency: &'static str,
}

#[derive(Serialize)]
struct CloseBody<'a> {
    mchid: &'a str,
}

impl WechatpayClient {
    /// Sets it up. The clock tells when a request is signed, and how old the signature of an answer is.
    ///
    /// # Errors
    /// [`ProviderError::AddressRefused`] for an address that is not https, or [`ProviderError::ClientNotBuilt`].
    pub fn new(
        secrets: &WechatpaySecrets,
        config: &WechatpayConfig,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ProviderError> {
        let base = http_client::address(&config.api_base, true)
            .map_err(|reason| ProviderError::AddressRefused { name: "wechatpay.api_base", reason })?;
        if let Some(url) = &config.callback_url {
            http_client::address(url, false)
                .map_err(|reason| ProviderError::AddressRefused { name: "wechatpay.callback_url", reason })?;
        }
        Ok(Self {
            http: http_client::build(config.connect_timeout, config.timeout)?,
            base,
            merchant: Merchant::new(secrets),
            appids: secrets.appids.clone(),
            platform: PlatformKeys::new(secrets),
            callback_url: config.callback_url.clone(),
            clock,
        })
    }

    /// Where WeChat Pay calls back, about payments as about refunds.
    pub(super) fn callback_url(&self) -> Option<&str> {
        self.callback_url.as_deref()
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Sends a request. None when no whole answer of WeChat Pay's came back: then nobody knows whether it was carried out.
    pub(super) async fn send(
        &self,
        body: Option<String>,
        path: &str,
        what: &'static str,
        about: &str,
    ) -> Option<Reply> {
        let mut url = self.base.clone();
        let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        url.set_path(&format!("{}{path}", self.base.path().trim_end_matches('/')));
        url.set_query(query);
        let signed_path = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        let method = if body.is_some() { "POST" } else { "GET" };
        let sent = body.as_deref().unwrap_or_default();
        let authorization = match self.merchant.authorization(method, &signed_path, self.clock.now(), sent) {
            Ok(authorization) => authorization,
            Err(error) => {
                tracing::error!(provider = "wechatpay", what, about, %error, "wechatpay: {what} not signed");
                return None;
            }
        };
        let request = match body {
            Some(body) => self.http.post(url).header(CONTENT_TYPE, "application/json").body(body),
            None => self.http.get(url),
        };
        let request = request.header(ACCEPT, "application/json").header(AUTHORIZATION, authorization);
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => {
                let error = http_client::explain(error);
                tracing::warn!(provider = "wechatpay", what, about, error, "wechatpay: no answer to {what} of {about}");
                return None;
            }
        };
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let Some(body) = http_client::read(response, LARGEST_ANSWER).await else {
            tracing::warn!(provider = "wechatpay", what, about, status, "wechatpay: answer to {what} broke off");
            return None;
        };
        // Whether errors are signed is not documented: where one carries a signature it must fit.
        let is_success = (200..=299).contains(&status);
        if (is_success || is_signed(&headers))
            && let Err(error) = self.platform.check(&headers, &body, self.clock.now())
        {
            tracing::error!(
                provider = "wechatpay",
                what,
                about,
                status,
                %error,
                "wechatpay: answer to {what} of {about} is not taken: {error}"
            );
            return None;
        }
        let reply = Reply { status, body };
        let code = if is_success { String::new() } else { answer::error_code(&reply) };
        if is_success {
            tracing::info!(provider = "wechatpay", what, about, status, "wechatpay: {what} of {about}");
        } else if status == 401 || answer::is_about_us(&code) {
            tracing::error!(provider = "wechatpay", what, about, status, code, "wechatpay refuses our credentials");
        } else {
            tracing::warn!(provider = "wechatpay", what, about, status, code, "wechatpay: {what} of {about} not done");
        }
        Some(reply)
    }

    async fn look_up(&self, request: &RefundRequest) -> RefundAnswer {
        let number = request.refund_id.as_str();
        let path = format!("/v3/refund/domestic/refunds/{number}");
        let reply = self.send(None, &path, "refund query", number).await;
        reply.map_or(RefundAnswer::Unknown, |reply| answer::queried(&reply, number, request.amount))
    }

    /// The body of a refund, or why there can be none.
    fn refund_body(&self, request: &RefundRequest) -> Result<String, String> {
        if !is_number(&request.provider_payment_id, 32) {
            return Err("the payment has no id of WeChat Pay's".to_owned());
        }
        if !is_number(request.refund_id.as_str(), 64) {
            return Err("the refund's id is no number that WeChat Pay takes".to_owned());
        }
        let units = |amount| fen(amount).map_err(|error| error.to_string());
        let body = RefundBody {
            transaction_id: &request.provider_payment_id,
            out_refund_no: request.refund_id.as_str(),
            notify_url: self.callback_url.as_deref(),
            amount: RefundBodyAmount {
                refund: units(request.amount)?,
                total: units(request.captured)?,
                currency: "CNY",
            },
        };
        serde_json::to_string(&body).map_err(|error| error.to_string())
    }
}

#[async_trait]
impl PaymentGateway for WechatpayClient {
    fn provider(&self) -> Provider {
        Provider::Wechatpay
    }

    /// The refund's id is its number at WeChat Pay, for good: the same number is one refund however often it is sent.
    async fn refund(&self, request: &RefundRequest) -> RefundAnswer {
        let number = request.refund_id.as_str();
        // Never sent, so certainly not done.
        let body = match self.refund_body(request) {
            Ok(body) => body,
            Err(reason) => return RefundAnswer::Refused { reason },
        };
        let Some(reply) = self.send(Some(body), "/v3/refund/domestic/refunds", "refund", number).await else {
            return RefundAnswer::Unknown;
        };
        answer::refund(&reply, number, request.amount).settle(self.look_up(request)).await
    }

    async fn query_refund(&self, request: &RefundRequest) -> RefundAnswer {
        if !is_number(request.refund_id.as_str(), 64) {
            return RefundAnswer::NotFound;
        }
        self.look_up(request).await
    }

    /// WeChat Pay takes the money when the buyer pays: there is no promise to take.
    async fn capture(&self, _request: &CaptureRequest) -> CaptureAnswer {
        CaptureAnswer::Refused { reason: "WeChat Pay takes the money at once, it keeps no promise".to_owned() }
    }

    async fn query_capture(&self, request: &CaptureRequest) -> CaptureAnswer {
        self.capture(request).await
    }

    /// Closes the order at WeChat Pay by our reference, by which alone it is known until it is paid.
    async fn cancel_payment(&self, request: &CancelRequest) -> CancelAnswer {
        let number = request.payment_reference.as_str();
        let mchid = self.merchant.mchid.as_str();
        let Ok(body) = serde_json::to_string(&CloseBody { mchid }) else {
            return CancelAnswer::Unknown;
        };
        let path = format!("/v3/pay/transactions/out-trade-no/{number}");
        let Some(reply) = self.send(Some(body), &format!("{path}/close"), "close", number).await else {
            return CancelAnswer::Unknown;
        };
        match answer::closed(&reply) {
            AfterClose::Settled(answer) => answer,
            AfterClose::Look { reason } => {
                let reply = self.send(None, &format!("{path}?mchid={mchid}"), "transaction", number).await;
                reply.map_or(CancelAnswer::Unknown, |reply| answer::standing(&reply, number, mchid, reason))
            }
        }
    }

    async fn start(&self, request: &StartRequest) -> StartAnswer {
        start::begin(self, request).await
    }
}

/// A number at WeChat Pay, ours or its own. Anything else would change the path that it is put into.
fn is_number(text: &str, longest: usize) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    (1..=longest).contains(&text.len()) && text.bytes().all(fits)
}
