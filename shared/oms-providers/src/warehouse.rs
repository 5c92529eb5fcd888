//! Outbound webhooks to a location's own system, signed by Standard Webhooks.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use oms_app::error::PortError;
use oms_app::ports::WebhookSender;
use reqwest::header::CONTENT_TYPE;

use crate::error::ProviderError;
use crate::http_client;
use crate::secret::WarehouseSecrets;
use crate::standard_webhooks::{ID_HEADER, SIGNATURE_HEADER, SigningKey, TIMESTAMP_HEADER};

/// A body that is larger is not sent: what we send are single shipments, far below it.
pub const LARGEST_BODY: usize = 256 * 1024;

/// How webhooks are sent.
#[derive(Debug, Clone)]
pub struct WarehouseConfig {
    /// Whether plain http to this very machine is allowed; only for the local stack and tests.
    pub allow_loopback: bool,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// How long a whole exchange may take.
    pub timeout: Duration,
}

impl Default for WarehouseConfig {
    fn default() -> Self {
        Self { allow_loopback: false, connect_timeout: Duration::from_secs(3), timeout: Duration::from_secs(10) }
    }
}

/// Sends webhooks to warehouses.
///
/// Addresses come from staff, so they are held to https (a warehouse cannot be spoofed, and the metadata services of
/// clouds speak plain http), redirects are not followed, and of the answer nothing but the status is read.
#[derive(Debug)]
pub struct WarehouseWebhooks {
    http: reqwest::Client,
    key: SigningKey,
    allow_loopback: bool,
}

impl WarehouseWebhooks {
    /// Sets it up.
    ///
    /// # Errors
    /// [`ProviderError::SecretEmpty`], [`ProviderError::SecretMalformed`] or [`ProviderError::ClientNotBuilt`].
    pub fn new(secrets: &WarehouseSecrets, config: &WarehouseConfig) -> Result<Self, ProviderError> {
        Ok(Self {
            http: http_client::build(config.connect_timeout, config.timeout)?,
            key: SigningKey::new("warehouse.webhook_secret", &secrets.webhook_secret)?,
            allow_loopback: config.allow_loopback,
        })
    }
}

/// Checks an address before it is stored with a location: https, or plain http to this machine where that is allowed.
///
/// # Errors
/// [`ProviderError::AddressRefused`].
pub fn check_address(url: &str, allow_loopback: bool) -> Result<(), ProviderError> {
    match http_client::address(url, allow_loopback) {
        Ok(_) => Ok(()),
        Err(reason) => Err(ProviderError::AddressRefused { name: "webhook_url", reason }),
    }
}

#[async_trait]
impl WebhookSender for WarehouseWebhooks {
    /// `at` is the time of this attempt, not of the event: receivers refuse what was signed more than five minutes ago.
    async fn post(&self, url: &str, id: &str, at: Timestamp, body: &[u8]) -> Result<(), PortError> {
        let url =
            http_client::address(url, self.allow_loopback).map_err(|reason| failed(format!("its address {reason}")))?;
        if body.len() > LARGEST_BODY {
            return Err(failed(format!("a body of {} bytes is too large to send", body.len())));
        }
        let answer = self
            .http
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header(ID_HEADER, id)
            .header(TIMESTAMP_HEADER, at.as_second())
            .header(SIGNATURE_HEADER, self.key.sign(id, at, body))
            .body(body.to_vec())
            .send()
            .await
            .map_err(|error| failed(http_client::explain(error)))?;
        // The answer's body is dropped unread: a receiver cannot fill our memory or keep us waiting.
        if answer.status().is_success() {
            Ok(())
        } else {
            Err(failed(format!("answered {}", answer.status().as_u16())))
        }
    }
}

fn failed(detail: String) -> PortError {
    PortError { port: "webhook", detail }
}
