//! Stripe: callbacks in, refunds and cancellations out.

mod answer;
pub mod capture;
mod client;
pub(crate) mod currency;
mod map;
pub mod signature;
mod start;
mod wire;

pub use client::{StripeClient, StripeConfig};

use http::{HeaderMap, StatusCode};
use jiff::Timestamp;

use crate::callback::{Answer, Callback, CallbackProvider};
use crate::error::ProviderError;
use crate::secret::StripeSecrets;
use crate::verified::{MacKeys, Verified};

/// Stripe's callbacks.
#[derive(Debug)]
pub struct StripeCallbacks {
    keys: MacKeys,
}

impl StripeCallbacks {
    /// Sets it up.
    ///
    /// # Errors
    /// [`ProviderError::SecretEmpty`].
    pub fn new(secrets: &StripeSecrets) -> Result<Self, ProviderError> {
        Ok(Self { keys: signature::keys(&secrets.webhook_secrets)? })
    }
}

impl CallbackProvider for StripeCallbacks {
    type Said = Vec<Callback>;

    fn verify<'a>(
        &self,
        headers: &HeaderMap,
        raw_body: &'a [u8],
        now: Timestamp,
    ) -> Result<Verified<'a>, ProviderError> {
        signature::check(&self.keys, headers, raw_body, now)
    }

    fn interpret(&self, verified: Verified<'_>) -> Result<Vec<Callback>, ProviderError> {
        Ok(vec![map::event(verified.body())?])
    }

    /// Stripe reads the status alone.
    fn accepted(&self) -> Answer {
        Answer::json(StatusCode::OK, r#"{"received":true}"#)
    }

    fn refused(&self, error: &ProviderError) -> Answer {
        Answer::error(Answer::money_status(error), error)
    }

    /// Stripe tries again with growing pauses for up to three days.
    fn unavailable(&self) -> Answer {
        Answer::json(StatusCode::SERVICE_UNAVAILABLE, r#"{"error":"Unavailable"}"#)
    }
}
