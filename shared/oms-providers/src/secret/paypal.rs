//! The secret of PayPal.

use serde::Deserialize;

use super::{Secret, stored};
use crate::error::ProviderError;
use crate::verified::{Certificate, RsaKey};

/// What PayPal needs; `docs/payment-providers.md` shows the JSON.
#[derive(Debug, Clone)]
pub struct PaypalSecrets {
    /// The app's name at PayPal.
    pub(crate) client_id: String,
    /// Its secret.
    pub(crate) client_secret: Secret,
    /// PayPal's id of the webhook, which is part of what it signs.
    pub(crate) webhook_id: String,
    /// The account that takes the money.
    pub(crate) merchant_id: String,
    /// The keys of the certificates that PayPal signs with (two while one is being replaced).
    pub(crate) keys: Vec<RsaKey>,
    /// Whether it is real money. A webhook does not say; the sandbox has an app of its own.
    pub(crate) live: bool,
}

impl PaypalSecrets {
    /// Parses the stored JSON.
    ///
    /// # Errors
    /// [`ProviderError::SecretEmpty`] or [`ProviderError::SecretMalformed`].
    pub fn parse(json: &str) -> Result<Self, ProviderError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Stored {
            client_id: String,
            client_secret: String,
            webhook_id: String,
            merchant_id: String,
            certificates: Vec<String>,
            live: bool,
        }
        let stored: Stored = stored("the paypal secret", json)?;
        let name = "paypal.certificates";
        if stored.certificates.is_empty() {
            return Err(ProviderError::SecretEmpty { name });
        }
        let keys =
            stored.certificates.iter().map(|text| Certificate::pem(name, text).map(|certificate| certificate.key));
        let plain = |name, text| Secret::parse(name, text).map(|text| text.expose().to_owned());
        Ok(Self {
            client_id: plain("paypal.client_id", stored.client_id)?,
            client_secret: Secret::parse("paypal.client_secret", stored.client_secret)?,
            webhook_id: plain("paypal.webhook_id", stored.webhook_id)?,
            merchant_id: plain("paypal.merchant_id", stored.merchant_id)?,
            keys: keys.collect::<Result<_, _>>()?,
            live: stored.live,
        })
    }
}
