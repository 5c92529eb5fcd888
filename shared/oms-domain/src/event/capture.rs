//! What happens to captures: promises of money that we take ourselves.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{CaptureId, PaymentId};
use crate::money::Money;

/// What happened to a capture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "capture", rename_all = "snake_case")]
#[allow(missing_docs, reason = "fields carry the ids and amounts that their names say")]
pub enum CaptureEvent {
    /// The moment has come: so much of the promise is to be taken.
    Requested { capture_id: CaptureId, payment_id: PaymentId, amount: Money },
    /// The call is about to go out.
    Submitted { capture_id: CaptureId },
    /// The provider has it and says nothing final: ask from `retry_at` on.
    Pending { capture_id: CaptureId, provider_reference: String, retry_at: Timestamp },
    /// The money is taken, by this call or by another way.
    Succeeded {
        capture_id: CaptureId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        provider_reference: Option<String>,
    },
    /// The provider refuses it.
    Failed { capture_id: CaptureId, reason: String },
    /// The answer was lost: ask from `retry_at` on.
    Unknown { capture_id: CaptureId, retry_at: Timestamp },
    /// A person has to look.
    Manual { capture_id: CaptureId, reason: String },
    /// It is wanted no longer: the order is undone, or a person has given it up.
    Withdrawn { capture_id: CaptureId, reason: String },
}

impl CaptureEvent {
    /// Which capture.
    #[must_use]
    pub fn capture_id(&self) -> &CaptureId {
        match self {
            Self::Requested { capture_id, .. }
            | Self::Submitted { capture_id }
            | Self::Pending { capture_id, .. }
            | Self::Succeeded { capture_id, .. }
            | Self::Failed { capture_id, .. }
            | Self::Unknown { capture_id, .. }
            | Self::Manual { capture_id, .. }
            | Self::Withdrawn { capture_id, .. } => capture_id,
        }
    }

    /// The stable name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Requested { .. } => "capture_requested",
            Self::Submitted { .. } => "capture_submitted",
            Self::Pending { .. } => "capture_pending",
            Self::Succeeded { .. } => "capture_succeeded",
            Self::Failed { .. } => "capture_failed",
            Self::Unknown { .. } => "capture_unknown",
            Self::Manual { .. } => "capture_manual",
            Self::Withdrawn { .. } => "capture_withdrawn",
        }
    }

    /// What the timeline says beside the name.
    #[must_use]
    pub fn detail(&self) -> String {
        match self {
            Self::Requested { capture_id, payment_id, amount } => format!("{capture_id}: {amount} of {payment_id}"),
            Self::Submitted { capture_id }
            | Self::Pending { capture_id, .. }
            | Self::Succeeded { capture_id, .. }
            | Self::Unknown { capture_id, .. } => capture_id.to_string(),
            Self::Failed { capture_id, reason }
            | Self::Manual { capture_id, reason }
            | Self::Withdrawn { capture_id, reason } => format!("{capture_id}: {reason}"),
        }
    }
}
