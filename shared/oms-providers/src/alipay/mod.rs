//! Alipay 支付宝, the gateway of mainland China with keys (not certificates): notifications in, refunds and closed trades
//! out.
//!
//! A payment is known by our own reference (`out_trade_no`), a refund by our own id (`out_request_no`).
//! Sources: <https://opendocs.alipay.com/open/270/105902> (notifications), <https://opendocs.alipay.com/common/02mse7>
//! (signatures), and the packages `python-alipay-sdk` (PyPI) and `alipay-sdk` (npm, Alipay's own), which sign what we verify
//! and verify what we sign in `tests/providers/cross_check_alipay.rs` and `cross_check_node.rs`.
//!
//! Not confirmed by code that we did not write:
//! - that `sign_type` is no part of what is signed in a notification of a payment: Alipay's own package tries both ways;
//! - that a refund is notified as TRADE_SUCCESS or TRADE_CLOSED with `refund_fee`, the sum of all refunds, and
//!   `out_biz_no`, our id of this one;
//! - that a refund that is sent again is answered `fund_change=N`; such an answer is never believed without a query;
//! - the codes of errors, which the package hands on unread.

mod answer;
pub mod client;
mod map;
pub mod signature;
mod start;
mod wire;

pub use client::{AlipayClient, AlipayConfig};

use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use oms_domain::money::{Currency, Money, MoneyError};

use crate::callback::{Answer, Callback, CallbackProvider};
use crate::error::ProviderError;
use crate::secret::AlipaySecrets;
use crate::verified::{RsaKey, Verified};

/// Alipay's notifications, for payments and for refunds.
#[derive(Debug)]
pub struct AlipayCallbacks {
    keys: Vec<RsaKey>,
    shop: map::Shop,
}

impl AlipayCallbacks {
    /// Sets it up.
    #[must_use]
    pub fn new(secrets: &AlipaySecrets) -> Self {
        let (app_id, seller_ids) = (secrets.app_id.clone(), secrets.seller_ids.clone());
        Self { keys: secrets.alipay_keys.clone(), shop: map::Shop { app_id, seller_ids, live: secrets.live } }
    }
}

impl CallbackProvider for AlipayCallbacks {
    type Said = Vec<Callback>;

    /// Alipay signs no time that could be held against ours: `notify_time` is when this attempt was made, but nothing
    /// says how late one may come. A replay has its notification's id, and with it no second effect.
    fn verify<'a>(
        &self,
        _headers: &HeaderMap,
        raw_body: &'a [u8],
        _now: Timestamp,
    ) -> Result<Verified<'a>, ProviderError> {
        signature::check(&self.keys, raw_body)
    }

    fn interpret(&self, verified: Verified<'_>) -> Result<Vec<Callback>, ProviderError> {
        Ok(vec![map::event(&self.shop, verified.body())?])
    }

    /// These seven characters and nothing else; after anything else Alipay sends the notification again.
    fn accepted(&self) -> Answer {
        text(StatusCode::OK, "success")
    }

    fn refused(&self, error: &ProviderError) -> Answer {
        text(Answer::money_status(error), "fail")
    }

    /// Alipay tries again some seven times in about a day.
    fn unavailable(&self) -> Answer {
        text(StatusCode::SERVICE_UNAVAILABLE, "fail")
    }
}

fn text(status: StatusCode, body: &'static str) -> Answer {
    Answer { status, content_type: "text/plain; charset=utf-8", body: body.into() }
}

/// An amount as Alipay writes it: yuan with at most two decimals.
fn yuan(text: &str) -> Result<Money, MoneyError> {
    Money::parse(text, Currency::parse("CNY")?)
}

/// Whether an amount can be said to Alipay, and how.
fn written(amount: Money) -> Result<String, ProviderError> {
    let currency = amount.currency().code();
    if currency != "CNY" {
        return Err(ProviderError::CurrencyUnsupported { provider: "alipay", code: currency.to_owned() });
    }
    if !amount.is_positive() {
        let (amount, currency) = (amount.amount().to_string(), currency.to_owned());
        return Err(ProviderError::AmountUnsupported { amount, currency, reason: "must be above zero" });
    }
    Ok(amount.amount().to_string())
}
