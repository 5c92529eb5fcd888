//! Secrets as they lie in the secret store: JSON, parsed once at the start, never shown again.
//!
//! A provider that is enabled without its secrets stops the start: every constructor refuses an empty value.

mod adyen;
mod alipay;
mod benefits;
mod paypal;
mod standard;
mod stripe;
mod warehouse;
mod wechatpay;

pub use adyen::{AdyenCapture, AdyenSecrets};
pub use alipay::AlipaySecrets;
pub use benefits::BenefitsSecrets;
pub use paypal::PaypalSecrets;
pub use standard::StandardCarrierSecrets;
pub use stripe::StripeSecrets;
pub use warehouse::WarehouseSecrets;
pub use wechatpay::WechatpaySecrets;

use std::fmt;

use crate::error::ProviderError;

/// A secret text. It cannot be printed; whoever needs the value says so by calling [`Secret::expose`].
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes a text of visible ASCII characters.
    ///
    /// # Errors
    /// [`ProviderError::SecretEmpty`], or [`ProviderError::SecretMalformed`] for spaces, line ends and other
    /// characters that come from careless copying and would make every signature fail.
    pub fn parse(name: &'static str, text: impl Into<String>) -> Result<Self, ProviderError> {
        let text = text.into();
        if text.trim().is_empty() {
            return Err(ProviderError::SecretEmpty { name });
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            let reason = "must be visible ASCII characters without spaces".to_owned();
            return Err(ProviderError::SecretMalformed { name, reason });
        }
        Ok(Self(text))
    }

    /// The value, for a signature or an authorization header. Never for a log.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(redacted)")
    }
}

fn several(name: &'static str, texts: &[impl AsRef<str>]) -> Result<Vec<Secret>, ProviderError> {
    if texts.is_empty() {
        return Err(ProviderError::SecretEmpty { name });
    }
    texts.iter().map(|text| Secret::parse(name, text.as_ref())).collect()
}

fn stored<T: serde::de::DeserializeOwned>(name: &'static str, json: &str) -> Result<T, ProviderError> {
    serde_json::from_str(json).map_err(|error| {
        // The parser's own message may quote the value at fault, which is a secret; its place and class do not.
        let reason = format!(
            "is not JSON of the documented form ({:?} at line {} column {})",
            error.classify(),
            error.line(),
            error.column()
        );
        ProviderError::SecretMalformed { name, reason }
    })
}
