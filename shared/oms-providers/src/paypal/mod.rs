//! PayPal, with orders that are captured at once: webhooks in, refunds out.
//!
//! A payment is known by PayPal's id of its capture and by our reference (`custom_id`, or `invoice_id`), a refund by our own
//! id, which is both of these and the `PayPal-Request-Id`.
//! Sources: <https://developer.paypal.com/api/rest/webhooks/>, and PayPal's OpenAPI documents of Payments v2 and Disputes v1.
//!
//! Not confirmed by code that we did not write, because no package of PayPal's verifies a webhook without calling PayPal:
//! - the text that is signed. Of its parts the CRC-32 and the RSA signature agree with Python's `zlib` and `cryptography`, in
//!   `tests/providers/cross_check_paypal.rs`;
//! - whether a later attempt to deliver is signed anew: the first one's time is taken for four days;
//! - what PAYMENT.CAPTURE.REVERSED carries, and that a refund's resource leads up to its capture;
//! - that a second refund under one `invoice_id` is refused also for full refunds: the documentation only lists the error.

mod answer;
pub mod authorization;
mod client;
mod currency;
mod map;
pub mod signature;
mod start;
mod wire;

pub use client::{PaypalClient, PaypalConfig};

use http::{HeaderMap, StatusCode};
use jiff::Timestamp;

use crate::callback::{Answer, Callback, CallbackProvider};
use crate::error::ProviderError;
use crate::secret::PaypalSecrets;
use crate::verified::Verified;
use signature::Webhook;

/// PayPal's webhooks, for payments, refunds and disputes.
#[derive(Debug)]
pub struct PaypalCallbacks {
    webhook: Webhook,
    shop: map::Shop,
}

impl PaypalCallbacks {
    /// Sets it up.
    #[must_use]
    pub fn new(secrets: &PaypalSecrets) -> Self {
        Self {
            webhook: Webhook { id: secrets.webhook_id.clone(), keys: secrets.keys.clone() },
            shop: map::Shop { merchant_id: secrets.merchant_id.clone(), live: secrets.live },
        }
    }
}

impl CallbackProvider for PaypalCallbacks {
    type Said = Vec<Callback>;

    fn verify<'a>(
        &self,
        headers: &HeaderMap,
        raw_body: &'a [u8],
        now: Timestamp,
    ) -> Result<Verified<'a>, ProviderError> {
        self.webhook.check(headers, raw_body, now)
    }

    fn interpret(&self, verified: Verified<'_>) -> Result<Vec<Callback>, ProviderError> {
        map::events(&self.shop, verified.body())
    }

    /// PayPal reads the status alone.
    fn accepted(&self) -> Answer {
        Answer::json(StatusCode::OK, r#"{"received":true}"#)
    }

    fn refused(&self, error: &ProviderError) -> Answer {
        Answer::error(Answer::money_status(error), error)
    }

    /// PayPal tries up to 25 times in three days.
    fn unavailable(&self) -> Answer {
        Answer::json(StatusCode::SERVICE_UNAVAILABLE, r#"{"error":"Unavailable"}"#)
    }
}
