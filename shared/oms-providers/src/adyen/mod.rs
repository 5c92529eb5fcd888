//! Adyen: webhooks in, refunds and cancellations out.
//!
//! A payment is known by Adyen's id of it (`pspReference`) and by our reference (`merchantReference`), a refund by our own
//! id, which is its `reference`.
//! Sources: <https://docs.adyen.com/development-resources/webhooks>, Adyen's OpenAPI documents, and the packages
//! `@adyen/api-library` (npm) and `Adyen` (PyPI), which sign what we verify and verify what we sign in
//! `tests/providers/cross_check_adyen.rs`.
//!
//! Not confirmed by code that we did not write:
//! - that the pair of `pspReference` and `eventCode`, with the outcome, is never used for two different events;
//! - that a REFUND webhook brings back the refund's own `reference` and not the payment's. Either way the refund is found: by
//!   our id, or by Adyen's, which the answer to the request told us;
//! - how long keys are kept: seven days by the documentation of today, thirty-one by an older one;
//! - the numbers and types of errors.

mod answer;
pub mod client;
mod currency;
mod map;
pub mod signature;
mod start;
mod wire;

pub use client::{AdyenClient, AdyenConfig};

use http::{HeaderMap, StatusCode};
use jiff::Timestamp;

use crate::callback::{Answer, Callback, CallbackProvider};
use crate::error::ProviderError;
use crate::secret::AdyenSecrets;
use crate::verified::{MacKeys, Verified};

/// Adyen's webhooks, for payments, refunds and disputes.
#[derive(Debug)]
pub struct AdyenCallbacks {
    keys: MacKeys,
    shop: map::Shop,
}

impl AdyenCallbacks {
    /// Sets it up.
    ///
    /// # Errors
    /// [`ProviderError::SecretMalformed`].
    pub fn new(secrets: &AdyenSecrets) -> Result<Self, ProviderError> {
        let (merchant_account, live, capture) = (secrets.merchant_account.clone(), secrets.live, secrets.capture);
        Ok(Self { keys: signature::keys(&secrets.hmac_keys)?, shop: map::Shop { merchant_account, live, capture } })
    }
}

impl CallbackProvider for AdyenCallbacks {
    type Said = Vec<Callback>;

    /// Adyen signs no time. A replay has the key of its event, and with it no second effect.
    fn verify<'a>(
        &self,
        _headers: &HeaderMap,
        raw_body: &'a [u8],
        _now: Timestamp,
    ) -> Result<Verified<'a>, ProviderError> {
        signature::check(&self.keys, raw_body)
    }

    fn interpret(&self, verified: Verified<'_>) -> Result<Vec<Callback>, ProviderError> {
        map::events(&self.shop, verified.body())
    }

    /// Accounts of today look at the status, those of before at these ten characters.
    fn accepted(&self) -> Answer {
        Answer { status: StatusCode::OK, content_type: "text/plain; charset=utf-8", body: "[accepted]".into() }
    }

    fn refused(&self, error: &ProviderError) -> Answer {
        Answer::error(Answer::money_status(error), error)
    }

    /// Adyen tries again after some seconds, and then from a queue for days.
    fn unavailable(&self) -> Answer {
        Answer::json(StatusCode::SERVICE_UNAVAILABLE, r#"{"error":"Unavailable"}"#)
    }
}
