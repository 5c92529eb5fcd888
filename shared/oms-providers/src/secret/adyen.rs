//! The secret of Adyen.

use serde::Deserialize;

use super::{Secret, several, stored};
use crate::adyen::signature;
use crate::error::ProviderError;

/// When money that was promised is taken, as the merchant account is set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdyenCapture {
    /// With the authorisation or a fixed time after it, by Adyen itself: an authorisation that succeeds is money.
    Automatic,
    /// When it is asked for: an authorisation is a promise, and the capture is told by an event of its own.
    Manual,
}

/// What Adyen needs; `docs/payment-providers.md` shows the JSON.
#[derive(Debug, Clone)]
pub struct AdyenSecrets {
    /// The key of the API credential.
    pub(crate) api_key: Secret,
    /// The HMAC keys of the webhook (two while one is being changed), in hex.
    pub(crate) hmac_keys: Vec<Secret>,
    /// The account that takes the money.
    pub(crate) merchant_account: String,
    /// Whether it is real money. Adyen says it too, but does not sign it.
    pub(crate) live: bool,
    /// What the live address of the API begins with: every company has its own.
    pub(crate) live_prefix: Option<String>,
    /// When money that was promised is taken.
    pub(crate) capture: AdyenCapture,
}

impl AdyenSecrets {
    /// Parses the stored JSON.
    ///
    /// # Errors
    /// [`ProviderError::SecretEmpty`] or [`ProviderError::SecretMalformed`].
    pub fn parse(json: &str) -> Result<Self, ProviderError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Stored {
            api_key: String,
            hmac_keys: Vec<String>,
            merchant_account: String,
            live: bool,
            live_prefix: Option<String>,
            capture: AdyenCapture,
        }
        let stored: Stored = stored("the adyen secret", json)?;
        let hmac_keys = several("adyen.hmac_keys", &stored.hmac_keys)?;
        hmac_keys.iter().try_for_each(|key| signature::key(key).map(drop))?;
        let live_prefix = live_prefix(stored.live, stored.live_prefix)?;
        Ok(Self {
            api_key: Secret::parse("adyen.api_key", stored.api_key)?,
            hmac_keys,
            merchant_account: Secret::parse("adyen.merchant_account", stored.merchant_account)?.expose().to_owned(),
            live: stored.live,
            live_prefix,
            capture: stored.capture,
        })
    }
}

/// It becomes part of a host's name, so it is letters, digits and hyphens.
fn live_prefix(live: bool, prefix: Option<String>) -> Result<Option<String>, ProviderError> {
    let name = "adyen.live_prefix";
    let malformed = |reason: &str| Err(ProviderError::SecretMalformed { name, reason: reason.to_owned() });
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    match (live, prefix) {
        (false, None) => Ok(None),
        (false, Some(_)) => malformed("is for the live environment only"),
        (true, None) => Err(ProviderError::SecretEmpty { name }),
        (true, Some(prefix)) if prefix.is_empty() => Err(ProviderError::SecretEmpty { name }),
        (true, Some(prefix)) if prefix.len() <= 40 && prefix.bytes().all(fits) => Ok(Some(prefix)),
        (true, Some(_)) => malformed("has characters that it cannot have"),
    }
}
