//! What is asked of a payment provider, and how it answers.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use oms_domain::body::Provider;
use oms_domain::id::{CaptureId, OrderId, PaymentReference, RefundId};
use oms_domain::money::Money;
use oms_domain::payment_start::{PayerClient, Taking};
use serde::{Deserialize, Serialize};

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

/// A promise of money to take, or to ask about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaptureRequest {
    /// Our id: the provider's idempotency key.
    pub capture_id: CaptureId,
    /// The order.
    pub order_id: OrderId,
    /// Our reference of the payment.
    pub payment_reference: PaymentReference,
    /// The provider's id of the promise.
    pub provider_payment_id: String,
    /// The provider's own id of the capture, where a former answer told it.
    pub provider_capture_id: Option<String>,
    /// All that was promised.
    pub authorized: Money,
    /// How much of it; the rest is let go.
    pub amount: Money,
    /// When it was sent for the first time; now, if that is just about to happen.
    pub first_sent_at: Timestamp,
}

/// How a provider answers a request for promised money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaptureAnswer {
    /// Taken.
    Captured {
        /// All that was taken of the payment, by whomever.
        amount: Money,
        /// The provider's own id of the capture, where there is one.
        reference: Option<String>,
        /// The payment's id from now on, at a provider that gives a new one.
        payment: Option<String>,
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
    /// The promise stands and nothing was taken of it (only to a query).
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
    /// The provider's own id of what Waybill began, where that is not the payment's.
    pub object: Option<String>,
    /// What the payment is meant to bring.
    pub amount: Money,
    /// Whether its money is promised: some providers call a promise off in another way than a payment that is open.
    pub is_promised: bool,
}

/// How a provider answers the calling off of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CancelAnswer {
    /// Called off.
    Cancelled,
    /// Too late: so much was captured.
    Captured(Money),
    /// The same of a payment whose id at the provider was not known before.
    Found {
        /// The provider's own id of it.
        provider_payment_id: String,
        /// So much was captured.
        amount: Money,
    },
    /// It cannot be called off for another reason.
    Refused {
        /// Why.
        reason: String,
    },
    /// The answer was lost.
    Unknown,
}

/// A payment attempt to begin. All that is sent to the provider follows from the order and its first request, so that a
/// repetition is the same to the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartRequest {
    /// Our reference of the attempt: the provider's idempotency key, and its number of the payment.
    pub payment_reference: PaymentReference,
    /// The order.
    pub order_id: OrderId,
    /// What it is to bring.
    pub amount: Money,
    /// What the buyer reads beside the amount. Free of personal data.
    pub description: String,
    /// When the money is taken. Providers that know no promises take it at once.
    pub taking: Taking,
    /// With what the buyer pays.
    pub client: PayerClient,
    /// Where the buyer goes afterwards, for providers that send the buyer somewhere.
    pub return_url: Option<String>,
    /// Who pays, as far as the provider wants to know.
    pub payer: Payer,
    /// Until when it may be paid.
    pub expires_at: Timestamp,
    /// The provider's own id of what was begun before, or of the payment: that is gone on with, and nothing new is made.
    pub known: Option<String>,
}

/// Who pays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Payer {
    /// Who the buyer is to a mini program.
    pub openid: Option<String>,
    /// To which mini program, where the shop has several.
    pub appid: Option<String>,
    /// From where the buyer calls.
    pub ip: Option<String>,
}

/// A secret of one payment's, for the buyer's browser alone. It is written into the answer to the storefront and cannot be
/// printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BuyerSecret(String);

impl From<String> for BuyerSecret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for BuyerSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BuyerSecret(redacted)")
    }
}

/// What the storefront does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NextAction {
    /// It hands this to the provider's own script.
    ClientSecret {
        /// A secret of this payment's, for the buyer's browser alone.
        value: BuyerSecret,
    },
    /// It shows this as a code to scan.
    QrCode {
        /// What the code says.
        url: String,
    },
    /// It has the browser send this form.
    Form {
        /// Where to.
        action: String,
        /// `GET` or `POST`.
        method: &'static str,
        /// What is in it.
        fields: BTreeMap<String, String>,
    },
    /// It sends the buyer there.
    Redirect {
        /// Where.
        url: String,
    },
    /// It calls the provider's app with these.
    Invoke {
        /// By the names that the app wants.
        fields: BTreeMap<String, String>,
    },
    /// Nothing: the buyer has done all, and the provider's word is on its way.
    Wait,
}

/// What was begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Started {
    /// The provider's own id of the payment, where it has one before it is paid.
    pub provider_payment_id: Option<String>,
    /// The provider's own id of what was begun, where that is another and is needed later.
    pub object: Option<String>,
    /// What the storefront does next.
    pub next: NextAction,
}

/// How a provider answers the beginning of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartAnswer {
    /// It is begun.
    Started(Started),
    /// It is not, with a reason that is safe to show; or it cannot be begun for this kind of client.
    Refused {
        /// Why.
        reason: String,
    },
    /// The answer was lost or unreadable: it may or may not be begun. The same request again tells.
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
    /// Takes a promise under the capture's id as idempotency key. A lost answer is `Unknown`, never an error or a refusal.
    async fn capture(&self, request: &CaptureRequest) -> CaptureAnswer;
    /// Asks what became of a capture.
    async fn query_capture(&self, request: &CaptureRequest) -> CaptureAnswer;
    /// Calls a payment off that was not captured. One without a provider's id is called off by our reference where the
    /// provider knows it by that, and refused where it does not.
    async fn cancel_payment(&self, request: &CancelRequest) -> CancelAnswer;
    /// Begins a payment under our reference, or goes on with one that was begun. Sent again it is the same payment. A lost
    /// answer is `Unknown`, never a refusal.
    async fn start(&self, request: &StartRequest) -> StartAnswer;
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
