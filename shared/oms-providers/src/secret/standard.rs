//! The secret of the `standard` carrier.

use serde::Deserialize;

use super::{Secret, several, stored};
use crate::error::ProviderError;

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
