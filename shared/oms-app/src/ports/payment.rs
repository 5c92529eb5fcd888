//! What is asked of a payment provider, and how it answers.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use oms_domain::body::Provider;
use oms_domain::id::{OrderId, PaymentReference, RefundId};
use oms_domain::money::Money;

use crate::error::PortError;

/// A refund to send or to ask about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundRequest {
    /// Our id: the provider's idempotency key.
    pub refund_id: RefundId,
    /// The order.
    pub order_id: OrderId,
    /// Our reference of the payment.
    pub payment_reference: PaymentReference,
    /// The provider's id of the payment.
    pub provider_payment_id: String,
    /// The provider's own id of the refund, where a former answer or a callback told it.
    pub provider_refund_id: Option<String>,
    /// All that was taken for the payment, whatever went back of it since: some providers want to be told.
    pub captured: Money,
    /// How much.
    pub amount: Money,
    /// When it was sent for the first time; now, if that is just about to happen. A provider without a query is asked by
    /// sending again under the same key, which is safe only for as long as it keeps the key.
    pub first_sent_at: Timestamp,
}

/// How a provider answers a request for money to go back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundAnswer {
    /// Done.
    Succeeded {
        /// The provider's own id.
        reference: String,
    },
    /// Accepted, the result comes later.
    Pending {
        /// The provider's own id.
        reference: String,
    },
    /// Refused, with a reason that is safe to show.
    Refused {
        /// Why.
        reason: String,
    },
    /// The provider has never heard of it (only to a query).
    NotFound,
    /// The answer was lost or unreadable: it may or may not have happened.
    Unknown,
}

/// A payment to call off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CancelRequest {
    /// The order.
    pub order_id: OrderId,
    /// Our reference of the payment; some providers know a payment by nothing else until it is paid.
    pub payment_reference: PaymentReference,
    /// The provider's id of the payment, once known.
    pub provider_payment_id: Option<String>,
    /// What the payment is meant to bring.
    pub amount: Money,
}

/// How a provider answers the calling off of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CancelAnswer {
    /// Called off.
    Cancelled,
    /// Too late: so much was captured.
    Captured(Money),
    /// It cannot be called off for another reason.
    Refused {
        /// Why.
        reason: String,
    },
    /// The answer was lost.
    Unknown,
}

/// A payment provider's API. One that is not configured is not there.
#[async_trait]
pub trait PaymentGateway: Send + Sync {
    /// Whose API it is.
    fn provider(&self) -> Provider;
    /// Sends a refund under its own id as idempotency key. A lost answer is `Unknown`, never an error or a refusal.
    async fn refund(&self, request: &RefundRequest) -> RefundAnswer;
    /// Asks what became of a refund.
    async fn query_refund(&self, request: &RefundRequest) -> RefundAnswer;
    /// Calls a payment off that was not captured. One without a provider's id is called off by our reference where the
    /// provider knows it by that, and refused where it does not.
    async fn cancel_payment(&self, request: &CancelRequest) -> CancelAnswer;
}

/// The APIs of the providers that are configured.
#[async_trait]
pub trait Gateways: Send + Sync {
    /// A provider's API; none when it is not configured.
    ///
    /// # Errors
    /// [`PortError`] when it is configured and cannot be set up, for example because its secret is not there: nothing was
    /// sent, and the same may well succeed later.
    async fn gateway(&self, provider: Provider) -> Result<Option<Arc<dyn PaymentGateway>>, PortError>;
}

/// APIs that are set up already.
#[async_trait]
impl Gateways for BTreeMap<Provider, Arc<dyn PaymentGateway>> {
    async fn gateway(&self, provider: Provider) -> Result<Option<Arc<dyn PaymentGateway>>, PortError> {
        Ok(self.get(&provider).cloned())
    }
}

/// Where secrets lie.
#[async_trait]
pub trait SecretStore: Send + Sync {
    /// The text of a secret.
    ///
    /// # Errors
    /// [`PortError`] when it cannot be read; the text itself is in no message.
    async fn secret(&self, name: &str) -> Result<String, PortError>;
}
