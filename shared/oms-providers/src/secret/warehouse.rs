//! The secret of webhooks to warehouses.

use serde::Deserialize;

use super::{Secret, stored};
use crate::error::ProviderError;

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
