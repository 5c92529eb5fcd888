//! Secrets as they lie in the secret store: JSON, parsed once at the start, never shown again.
//!
//! A provider that is enabled without its secrets stops the start: every constructor refuses an empty value.

use std::fmt;

use serde::Deserialize;

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

/// What the `standard` carrier needs: `{"webhook_secrets": ["whsec_<base64>"]}`.
#[derive(Debug, Clone)]
pub struct StandardCarrierSecrets {
    pub(crate) webhook_secrets: Vec<Secret>,
}

impl StandardCarrierSecrets {
    /// Takes the signing secrets (two while one is being rotated).
    ///
    /// # Errors
    /// [`ProviderError::SecretEmpty`] or [`ProviderError::SecretMalformed`].
    pub fn new(webhook_secrets: &[impl AsRef<str>]) -> Result<Self, ProviderError> {
        Ok(Self { webhook_secrets: several("standard.webhook_secrets", webhook_secrets)? })
    }

    /// Parses the stored JSON.
    ///
    /// # Errors
    /// [`ProviderError::SecretEmpty`] or [`ProviderError::SecretMalformed`].
    pub fn parse(json: &str) -> Result<Self, ProviderError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Stored {
            webhook_secrets: Vec<String>,
        }
        let stored: Stored = stored("the standard carrier's secret", json)?;
        Self::new(&stored.webhook_secrets)
    }
}

/// What signs webhooks to warehouses: `{"webhook_secret": "whsec_<base64>"}`.
#[derive(Debug, Clone)]
pub struct WarehouseSecrets {
    pub(crate) webhook_secret: Secret,
}

impl WarehouseSecrets {
    /// Takes the signing secret.
    ///
    /// # Errors
    /// [`ProviderError::SecretEmpty`] or [`ProviderError::SecretMalformed`].
    pub fn new(webhook_secret: &str) -> Result<Self, ProviderError> {
        Ok(Self { webhook_secret: Secret::parse("warehouse.webhook_secret", webhook_secret)? })
    }

    /// Parses the stored JSON.
    ///
    /// # Errors
    /// [`ProviderError::SecretEmpty`] or [`ProviderError::SecretMalformed`].
    pub fn parse(json: &str) -> Result<Self, ProviderError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Stored {
            webhook_secret: String,
        }
        let stored: Stored = stored("the warehouse webhook's secret", json)?;
        Self::new(&stored.webhook_secret)
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
