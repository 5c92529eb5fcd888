//! What a provider tells us about a payment, in our words.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::body::Provider;
use crate::id::{EventKey, PaymentReference, RefundId};
use crate::money::Money;

/// A verified event of a provider about one payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentFact {
    /// The provider's event id with the provider's name before it: the fact has its effect once.
    pub key: EventKey,
    /// Who says so.
    pub provider: Provider,
    /// The provider's own id of the payment.
    pub provider_payment_id: String,
    /// Our reference, where the event carries one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<PaymentReference>,
    /// Whether it is real money (the provider's live mode).
    pub live: bool,
    /// What happened.
    pub kind: PaymentFactKind,
    /// What the provider keeps for it or gives back of that, where the event says so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fees: Vec<FeeFact>,
}

/// A provider's fee, as one of its events tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeeFact {
    /// The provider's own id of what it charges by: a fee is booked once under it, whichever event tells it first.
    pub reference: String,
    /// Whether the provider gives it back.
    pub is_returned: bool,
    /// How much.
    pub amount: Money,
}

/// What happened to a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PaymentFactKind {
    /// The provider waits for the buyer.
    Pending,
    /// Promised.
    Authorized {
        /// How much.
        amount: Money,
        /// Until when, where the provider says so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires_at: Option<Timestamp>,
    },
    /// Taken: the sum so far for this payment.
    Captured {
        /// How much.
        amount: Money,
    },
    /// A capture failed, or money that was taken is not there after all.
    CaptureFailed {
        /// How much was to be taken.
        amount: Money,
        /// The provider's reason, safe to show to staff.
        reason: String,
    },
    /// It failed, for now.
    Failed {
        /// The provider's reason, safe to show to staff.
        reason: String,
    },
    /// The provider called it off.
    Cancelled,
    /// A refund moved.
    Refund {
        /// Our refund id, when the provider carries it; a refund made in the provider's own console has none.
        refund_id: Option<RefundId>,
        /// The provider's id of the refund.
        provider_refund_id: String,
        /// How much.
        amount: Money,
        /// How far it has come.
        status: RefundFactStatus,
    },
    /// The buyer's bank wants it back.
    Disputed {
        /// How much.
        amount: Money,
    },
    /// A dispute ended in the shop's favour.
    DisputeWon,
    /// A dispute ended in the buyer's favour: the bank has taken so much back.
    DisputeLost {
        /// How much.
        amount: Money,
    },
    /// A type of event that we do not use.
    Other {
        /// The provider's name of it.
        name: String,
    },
}

impl PaymentFactKind {
    /// The stable name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Authorized { .. } => "authorized",
            Self::Captured { .. } => "captured",
            Self::CaptureFailed { .. } => "capture_failed",
            Self::Failed { .. } => "failed",
            Self::Cancelled => "cancelled",
            Self::Refund { .. } => "refund",
            Self::Disputed { .. } => "disputed",
            Self::DisputeWon => "dispute_won",
            Self::DisputeLost { .. } => "dispute_lost",
            Self::Other { .. } => "other",
        }
    }
}

/// How far a refund has come, by the provider. Anything not known yet is pending: only an explicit answer settles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundFactStatus {
    /// On its way.
    Pending,
    /// Done.
    Succeeded,
    /// Refused or bounced.
    Failed,
}
