//! The secret of calls to the service that keeps count of coupons and points.

use serde::Deserialize;

use super::{Secret, stored};
use crate::error::ProviderError;

/// What signs calls to that service: `{"webhook_secret": "whsec_<base64>"}`.
#[derive(Debug, Clone)]
pub struct BenefitsSecrets {
    pub(crate) webhook_secret: Secret,
}

impl BenefitsSecrets {
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
        let stored: Stored = stored("the benefit service's secret", json)?;
        Ok(Self { webhook_secret: Secret::parse("benefits.webhook_secret", stored.webhook_secret)? })
    }
}
