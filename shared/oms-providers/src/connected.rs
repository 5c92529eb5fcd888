//! The payment providers that are connected, and how each is set up from its secret. An entry here makes a provider known
//! to the functions; whether it is on is the configuration's.

use std::fmt;
use std::sync::Arc;

use oms_app::ports::{Clock, PaymentGateway};
use oms_domain::body::Provider;

use crate::adyen::{AdyenCallbacks, AdyenClient, AdyenConfig};
use crate::alipay::{AlipayCallbacks, AlipayClient, AlipayConfig};
use crate::callback::PaymentCallbackProvider;
use crate::error::ProviderError;
use crate::paypal::{PaypalCallbacks, PaypalClient, PaypalConfig};
use crate::secret::{AdyenSecrets, AlipaySecrets, PaypalSecrets, StripeSecrets, WechatpaySecrets};
use crate::stripe::{StripeCallbacks, StripeClient, StripeConfig};
use crate::wechatpay::{WechatpayCallbacks, WechatpayClient, WechatpayConfig};

/// What a provider's client is told besides its secret.
#[derive(Clone)]
pub struct Surroundings {
    /// Where the provider's API is; none is the provider's own address, which some read from the secret.
    pub api_base: Option<String>,
    /// Where the provider finds us, for those that are told so with each request; none is what is entered at the provider.
    pub callback_url: Option<String>,
    /// When requests are signed, and how old the signatures of answers are.
    pub clock: Arc<dyn Clock>,
}

impl fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { api_base, callback_url, .. } = self;
        f.debug_struct("Surroundings").field("api_base", api_base).field("callback_url", callback_url).finish()
    }
}

type Callbacks = Result<Box<PaymentCallbackProvider>, ProviderError>;
type Gateway = Result<Arc<dyn PaymentGateway>, ProviderError>;

/// A payment provider.
#[derive(Debug)]
pub struct Connected {
    /// Which one.
    pub provider: Provider,
    callbacks: fn(&str) -> Callbacks,
    gateway: fn(&str, Surroundings) -> Gateway,
}

/// Every payment provider.
pub const CONNECTED: &[Connected] = &[
    Connected {
        provider: Provider::Stripe,
        callbacks: |secret| Ok(Box::new(StripeCallbacks::new(&StripeSecrets::parse(secret)?)?)),
        gateway: |secret, Surroundings { api_base, .. }| {
            let usual = StripeConfig::default();
            let config = StripeConfig { api_base: api_base.unwrap_or(usual.api_base), ..usual };
            Ok(Arc::new(StripeClient::new(&StripeSecrets::parse(secret)?, &config)?))
        },
    },
    Connected {
        provider: Provider::Wechatpay,
        callbacks: |secret| Ok(Box::new(WechatpayCallbacks::new(&WechatpaySecrets::parse(secret)?)?)),
        gateway: |secret, Surroundings { api_base, callback_url, clock }| {
            let usual = WechatpayConfig { callback_url, ..WechatpayConfig::default() };
            let config = WechatpayConfig { api_base: api_base.unwrap_or(usual.api_base), ..usual };
            Ok(Arc::new(WechatpayClient::new(&WechatpaySecrets::parse(secret)?, &config, clock)?))
        },
    },
    Connected {
        provider: Provider::Alipay,
        callbacks: |secret| Ok(Box::new(AlipayCallbacks::new(&AlipaySecrets::parse(secret)?))),
        gateway: |secret, Surroundings { api_base, callback_url, clock }| {
            let usual = AlipayConfig { callback_url, ..AlipayConfig::default() };
            // Its API is one address, the same below every host: the real one, the sandbox and a stand-in.
            let gateway = api_base.map_or(usual.gateway, |base| format!("{base}/gateway.do"));
            let config = AlipayConfig { gateway, ..usual };
            Ok(Arc::new(AlipayClient::new(&AlipaySecrets::parse(secret)?, &config, clock)?))
        },
    },
    Connected {
        provider: Provider::Adyen,
        callbacks: |secret| Ok(Box::new(AdyenCallbacks::new(&AdyenSecrets::parse(secret)?)?)),
        gateway: |secret, Surroundings { api_base, clock, .. }| {
            let config = AdyenConfig { api_base, ..AdyenConfig::default() };
            Ok(Arc::new(AdyenClient::new(&AdyenSecrets::parse(secret)?, &config, clock)?))
        },
    },
    Connected {
        provider: Provider::Paypal,
        callbacks: |secret| Ok(Box::new(PaypalCallbacks::new(&PaypalSecrets::parse(secret)?))),
        gateway: |secret, Surroundings { api_base, clock, .. }| {
            let config = PaypalConfig { api_base, ..PaypalConfig::default() };
            Ok(Arc::new(PaypalClient::new(&PaypalSecrets::parse(secret)?, &config, clock)?))
        },
    },
];

impl Connected {
    /// The entry of a provider; none for one that is not connected.
    #[must_use]
    pub fn of(provider: Provider) -> Option<&'static Self> {
        CONNECTED.iter().find(|each| each.provider == provider)
    }

    /// What takes its callbacks, from the text of its secret.
    ///
    /// # Errors
    /// [`ProviderError::SecretEmpty`] or [`ProviderError::SecretMalformed`].
    pub fn callbacks(&self, secret: &str) -> Result<Box<PaymentCallbackProvider>, ProviderError> {
        (self.callbacks)(secret)
    }

    /// What calls its API, from the text of its secret.
    ///
    /// # Errors
    /// As [`Connected::callbacks`], [`ProviderError::AddressRefused`] or [`ProviderError::ClientNotBuilt`].
    pub fn gateway(&self, secret: &str, surroundings: Surroundings) -> Result<Arc<dyn PaymentGateway>, ProviderError> {
        (self.gateway)(secret, surroundings)
    }
}
