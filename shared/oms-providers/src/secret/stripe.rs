//! The secret of Stripe.

use serde::Deserialize;

use super::{Secret, several, stored};
use crate::error::ProviderError;

/// What Stripe needs: `{"api_key": "sk_…", "webhook_secrets": ["whsec_…"]}`.
#[derive(Debug, Clone)]
pub struct StripeSecrets {
    pub(crate) api_key: Secret,
    pub(crate) webhook_secrets: Vec<Secret>,
}

impl StripeSecrets {
    /// Takes the API key and the signing secrets of the webhook endpoint (two while one is being rolled).
    ///
    /// # Errors
    /// [`ProviderError::SecretEmpty`] or [`ProviderError::SecretMalformed`].
    pub fn new(api_key: &str, webhook_secrets: &[impl AsRef<str>]) -> Result<Self, ProviderError> {
        Ok(Self {
            api_key: Secret::parse("stripe.api_key", api_key)?,
            webhook_secrets: several("stripe.webhook_secrets", webhook_secrets)?,
        })
    }

    /// Parses the stored JSON.
    ///
    /// # Errors
    /// [`ProviderError::SecretEmpty`] or [`ProviderError::SecretMalformed`].
    pub fn parse(json: &str) -> Result<Self, ProviderError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Stored {
            api_key: String,
            webhook_secrets: Vec<String>,
        }
        let stored: Stored = stored("the stripe secret", json)?;
        Self::new(&stored.api_key, &stored.webhook_secrets)
    }
}
