//! WeChat Pay 微信支付, API v3 for merchants of mainland China: callbacks in, refunds and closed orders out.
//!
//! A payment is known by our own reference (`out_trade_no`), a refund by our own id (`out_refund_no`).
//! Source: <https://pay.weixin.qq.com/doc/v3/merchant/4012365342>, and the packages `wechatpayv3` (PyPI) and
//! `wechatpay-axios-plugin` (npm), which sign what we verify and verify what we sign in
//! `tests/providers/cross_check_wechatpay.rs` and `cross_check_node.rs`.
//!
//! Not confirmed by code that we did not write:
//! - the body of a refusal (`{"code":"FAIL","message":…}`), and that WeChat Pay reads no more than the status;
//! - whether answers of an error status are signed: where they are, the signature is checked, and where they are not, TLS
//!   alone says who answered (the vendor's own packages check 2xx only);
//! - the codes of errors, which the packages hand on unread.

mod answer;
pub mod client;
mod map;
pub mod resource;
pub mod signature;
mod start;
mod wire;

pub use client::{WechatpayClient, WechatpayConfig};

use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use oms_domain::money::{Currency, Money};

use crate::callback::{Answer, Callback, CallbackProvider};
use crate::error::ProviderError;
use crate::secret::WechatpaySecrets;
use crate::shown::short;
use crate::verified::Verified;
use resource::ResourceKeys;
use signature::PlatformKeys;

/// WeChat Pay's callbacks, for payments and for refunds.
#[derive(Debug)]
pub struct WechatpayCallbacks {
    platform: PlatformKeys,
    resources: ResourceKeys,
    shop: map::Shop,
}

impl WechatpayCallbacks {
    /// Sets it up.
    ///
    /// # Errors
    /// [`ProviderError::SecretMalformed`].
    pub fn new(secrets: &WechatpaySecrets) -> Result<Self, ProviderError> {
        Ok(Self {
            platform: PlatformKeys::new(secrets),
            resources: ResourceKeys::new(&secrets.api_v3_keys)?,
            shop: map::Shop { mchid: secrets.mchid.clone(), appids: secrets.appids.clone(), live: secrets.live },
        })
    }
}

impl CallbackProvider for WechatpayCallbacks {
    type Said = Vec<Callback>;

    fn verify<'a>(
        &self,
        headers: &HeaderMap,
        raw_body: &'a [u8],
        now: Timestamp,
    ) -> Result<Verified<'a>, ProviderError> {
        self.platform.check(headers, raw_body, now)
    }

    fn interpret(&self, verified: Verified<'_>) -> Result<Vec<Callback>, ProviderError> {
        Ok(vec![map::event(&self.shop, &self.resources, verified.body())?])
    }

    /// 200 or 204 without a body, within five seconds.
    fn accepted(&self) -> Answer {
        Answer::json(StatusCode::OK, "")
    }

    /// Also the answer to the wrong signatures that WeChat Pay sends now and then to see whether they are refused.
    fn refused(&self, error: &ProviderError) -> Answer {
        let body = format!(r#"{{"code":"FAIL","message":"{}"}}"#, error.name());
        Answer::json(Answer::money_status(error), body)
    }

    /// WeChat Pay tries again some fifteen times in about a day.
    fn unavailable(&self) -> Answer {
        Answer::json(StatusCode::SERVICE_UNAVAILABLE, r#"{"code":"FAIL","message":"Unavailable"}"#)
    }
}

/// Amounts are whole 分 of CNY. A notification of a refund names no currency, because there is no other.
fn money(fen: i64, currency: Option<&str>) -> Result<Money, ProviderError> {
    let code = currency.unwrap_or("CNY");
    if code != "CNY" {
        let code = short(code);
        return Err(ProviderError::CurrencyUnsupported { provider: "wechatpay", code });
    }
    let reason = "is no amount of WeChat Pay's";
    let unsupported = || ProviderError::AmountUnsupported { amount: fen.to_string(), currency: code.into(), reason };
    if fen < 0 {
        return Err(unsupported());
    }
    Currency::parse(code).and_then(|cny| Money::from_minor(fen, cny)).map_err(|_| unsupported())
}

/// An amount as WeChat Pay counts it.
fn fen(amount: Money) -> Result<i64, ProviderError> {
    let currency = amount.currency().code();
    if currency != "CNY" {
        return Err(ProviderError::CurrencyUnsupported { provider: "wechatpay", code: currency.to_owned() });
    }
    i64::try_from(amount.minor()).ok().filter(|fen| *fen > 0).ok_or_else(|| ProviderError::AmountUnsupported {
        amount: amount.amount().to_string(),
        currency: currency.to_owned(),
        reason: "must be above zero",
    })
}
