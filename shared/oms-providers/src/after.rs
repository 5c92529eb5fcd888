//! What to do after an answer: it is final, or it has to be held against the provider's own books first.
//!
//! Every provider may refuse what it has carried out before, under the same number, and repeat an old answer. So a refusal
//! sends us to look, and only what the look shows is said.

use std::future::Future;

use oms_app::ports::{CancelAnswer, RefundAnswer};

/// After the answer to a refund.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum AfterRefund {
    /// This is the answer.
    Settled(RefundAnswer),
    /// It is or may be about an earlier request under the same number: look at the refund itself.
    Look {
        /// The answer when there is no such refund.
        otherwise: RefundAnswer,
    },
}

impl AfterRefund {
    /// The answer in the end. `look_up` asks the provider about the refund, and does so only when it is awaited, which is
    /// only when there is something to look for.
    pub(crate) async fn settle(self, look_up: impl Future<Output = RefundAnswer>) -> RefundAnswer {
        match self {
            Self::Settled(answer) => answer,
            Self::Look { otherwise } => match look_up.await {
                RefundAnswer::NotFound => otherwise,
                found @ (RefundAnswer::Succeeded { .. }
                | RefundAnswer::Pending { .. }
                | RefundAnswer::Refused { .. }
                | RefundAnswer::Unknown) => found,
            },
        }
    }
}

/// After an attempt to call a payment off.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum AfterClose {
    /// This is the answer.
    Settled(CancelAnswer),
    /// It could not be called off: look how the payment stands.
    Look {
        /// Why not, for whoever is told when the payment is still open.
        reason: String,
    },
}
