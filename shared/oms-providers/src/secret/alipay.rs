//! The secret of Alipay.

use serde::Deserialize;

use super::{several, stored};
use crate::error::ProviderError;
use crate::verified::{RsaKey, RsaSigner};

/// What Alipay needs; `docs/payment-providers.md` shows the JSON.
#[derive(Debug, Clone)]
pub struct AlipaySecrets {
    /// Our app.
    pub(crate) app_id: String,
    /// The accounts that take money through it.
    pub(crate) seller_ids: Vec<String>,
    /// The private key of the app.
    pub(crate) app_key: RsaSigner,
    /// Alipay's public key for the app (two while it is being changed). Not the app's own public key, which the console
    /// shows beside it.
    pub(crate) alipay_keys: Vec<RsaKey>,
    /// Whether it is real money. A notification does not say; the sandbox has an app of its own.
    pub(crate) live: bool,
}

impl AlipaySecrets {
    /// Parses the stored JSON.
    ///
    /// # Errors
    /// [`ProviderError::SecretEmpty`] or [`ProviderError::SecretMalformed`].
    pub fn parse(json: &str) -> Result<Self, ProviderError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Stored {
            app_id: String,
            seller_ids: Vec<String>,
            app_private_key: String,
            alipay_public_keys: Vec<String>,
            live: bool,
        }
        let stored: Stored = stored("the alipay secret", json)?;
        let seller_ids = several("alipay.seller_ids", &stored.seller_ids)?;
        if stored.alipay_public_keys.is_empty() {
            return Err(ProviderError::SecretEmpty { name: "alipay.alipay_public_keys" });
        }
        let keys = stored.alipay_public_keys.iter().map(|text| RsaKey::public("alipay.alipay_public_keys", text));
        Ok(Self {
            app_id: super::Secret::parse("alipay.app_id", stored.app_id)?.expose().to_owned(),
            seller_ids: seller_ids.iter().map(|id| id.expose().to_owned()).collect(),
            app_key: RsaSigner::private("alipay.app_private_key", &stored.app_private_key)?,
            alipay_keys: keys.collect::<Result<_, _>>()?,
            live: stored.live,
        })
    }
}
