//! Providers' APIs, each set up when the first order needs it: its secret is read then and not before, so that a start
//! costs no more for every provider that a shop has, and one broken secret stops nobody else's refunds.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use oms_app::error::PortError;
use oms_app::ports::{Gateways, PaymentGateway, SecretStore};
use oms_domain::body::Provider;

use crate::connected::{Connected, Surroundings};

/// A provider that is configured.
#[derive(Debug, Clone)]
pub struct Configured {
    /// Where its secret lies.
    pub secret: String,
    /// What its client is told besides.
    pub surroundings: Surroundings,
}

/// The APIs of all configured providers.
pub struct OnDemand {
    secrets: Arc<dyn SecretStore>,
    configured: BTreeMap<Provider, Configured>,
    ready: Mutex<BTreeMap<Provider, Arc<dyn PaymentGateway>>>,
}

impl fmt::Debug for OnDemand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnDemand").field("configured", &self.configured.keys()).finish_non_exhaustive()
    }
}

impl OnDemand {
    /// For these providers; nothing is read yet.
    #[must_use]
    pub fn new(secrets: Arc<dyn SecretStore>, configured: BTreeMap<Provider, Configured>) -> Self {
        Self { secrets, configured, ready: Mutex::default() }
    }

    fn ready(&self) -> MutexGuard<'_, BTreeMap<Provider, Arc<dyn PaymentGateway>>> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn set_up(&self, provider: Provider, of: &Configured) -> Result<Arc<dyn PaymentGateway>, String> {
        let connected = Connected::of(provider).ok_or("is not connected")?;
        let secret = self.secrets.secret(&of.secret).await.map_err(|error| error.to_string())?;
        connected.gateway(&secret, of.surroundings.clone()).map_err(|error| error.to_string())
    }
}

#[async_trait]
impl Gateways for OnDemand {
    async fn gateway(&self, provider: Provider) -> Result<Option<Arc<dyn PaymentGateway>>, PortError> {
        let Some(configured) = self.configured.get(&provider) else { return Ok(None) };
        if let Some(gateway) = self.ready().get(&provider) {
            return Ok(Some(gateway.clone()));
        }
        match self.set_up(provider, configured).await {
            Ok(gateway) => {
                self.ready().insert(provider, gateway.clone());
                Ok(Some(gateway))
            }
            // Not kept: once somebody has mended the secret, the next order finds it.
            Err(reason) => {
                let name = provider.name();
                tracing::error!(provider = name, reason, "{name} is configured and cannot be called: {reason}");
                let detail = format!("{name} is configured and cannot be called: {reason}");
                Err(PortError { port: "payment gateway", detail })
            }
        }
    }
}
