//! What the answers of Adyen's API mean for money. Pure: status and bytes in, one of our answers out.
//!
//! The rule: only what Adyen says in so many words settles anything. Its answer to a refund is never more than *received*;
//! whether the money goes is told by a webhook.
//! Sources: <https://docs.adyen.com/online-payments/refund>, <https://docs.adyen.com/online-payments/cancel>,
//! <https://docs.adyen.com/development-resources/error-codes>,
//! <https://docs.adyen.com/development-resources/api-idempotency>.

use oms_app::ports::{CancelAnswer, CaptureAnswer, RefundAnswer};
use oms_domain::money::Money;

use super::currency::from_adyen;
use super::wire::{Failure, Modification};
use crate::shown::short;

/// An answer that arrived whole.
#[derive(Debug)]
pub(super) struct Reply {
    /// The HTTP status.
    pub(super) status: u16,
    /// Whether Adyen says that the same request may go through later (`transient-error: true`).
    pub(super) transient: bool,
    /// The body.
    pub(super) body: Vec<u8>,
}

impl Reply {
    pub(super) fn is_success(&self) -> bool {
        (200..=299).contains(&self.status)
    }

    /// The request that was received. One that is in no state that we know is none.
    fn received(&self) -> Option<Modification> {
        let modification: Modification = serde_json::from_slice(&self.body).ok()?;
        Some(modification).filter(|m| self.is_success() && m.status == "received" && !m.psp_reference.is_empty())
    }

    /// Adyen's refusal, where the answer is one in so many words. None: it says nothing about what became of the request.
    ///
    /// - 401, 403 and everything that is not of the type `validation`: our key, our account or Adyen itself is at fault,
    ///   not this request.
    /// - 704, 409 and what is called transient: another request with this key is at work, or was.
    pub(super) fn refusal(&self) -> Option<Failure> {
        if self.transient || !matches!(self.status, 400 | 422) {
            return None;
        }
        let failure: Failure = serde_json::from_slice(&self.body).ok()?;
        Some(failure).filter(|failure| failure.error_type == "validation" && failure.error_code != "704")
    }

    /// Whether Adyen says in so many words that there is no such thing. A 404 without that may be somebody's on the way.
    pub(super) fn is_gone(&self) -> bool {
        self.status == 404 && serde_json::from_slice::<Failure>(&self.body).is_ok_and(|f| !f.error_type.is_empty())
    }

    /// The error of any answer, for the log.
    pub(super) fn error_code(&self) -> String {
        match serde_json::from_slice::<Failure>(&self.body) {
            Ok(failure) => short(&format!("{} {}", failure.error_type, failure.error_code)),
            Err(_) => "unreadable".to_owned(),
        }
    }
}

/// Reads the answer to `POST /payments/{id}/refunds`. One about another payment or amount is not what we asked for:
/// unknown, for people to look at.
pub(super) fn refund(reply: &Reply, payment: &str, amount: Money) -> RefundAnswer {
    if let Some(failure) = reply.refusal() {
        return RefundAnswer::Refused { reason: reason(&failure) };
    }
    match reply.received().filter(|m| is_as_asked(m, payment, amount)) {
        Some(received) => RefundAnswer::Pending { reference: received.psp_reference },
        None => RefundAnswer::Unknown,
    }
}

/// Reads the answer to `POST /payments/{id}/captures`, by the same rule.
pub(super) fn capture(reply: &Reply, payment: &str, amount: Money) -> CaptureAnswer {
    if let Some(failure) = reply.refusal() {
        return CaptureAnswer::Refused { reason: reason(&failure) };
    }
    match reply.received().filter(|m| is_as_asked(m, payment, amount)) {
        Some(received) => CaptureAnswer::Pending { reference: received.psp_reference },
        None => CaptureAnswer::Unknown,
    }
}

fn is_as_asked(told: &Modification, payment: &str, amount: Money) -> bool {
    let sum = told.amount.as_ref().map(|told| from_adyen(told.value, &told.currency));
    told.payment_psp_reference.as_deref() == Some(payment) && sum == Some(Ok(amount))
}

/// Reads the answer to `POST /payments/{id}/cancels`, or to `POST /cancels` with our reference of the payment.
///
/// What was received counts as called off. If it comes too late nevertheless, the capture is told by a webhook, and the
/// money goes back like any that comes after an order is undone.
pub(super) fn cancel(reply: &Reply, payment: Option<&str>, reference: &str) -> CancelAnswer {
    if let Some(failure) = reply.refusal() {
        return CancelAnswer::Refused { reason: reason(&failure) };
    }
    let as_asked = |m: &Modification| match payment {
        Some(payment) => m.payment_psp_reference.as_deref() == Some(payment),
        None => m.payment_reference.as_deref() == Some(reference),
    };
    match reply.received().filter(as_asked) {
        Some(_) => CancelAnswer::Cancelled,
        None => CancelAnswer::Unknown,
    }
}

pub(super) fn reason(failure: &Failure) -> String {
    if failure.message.is_empty() {
        short(&failure.error_code)
    } else {
        short(&format!("{}: {}", failure.error_code, failure.message))
    }
}
