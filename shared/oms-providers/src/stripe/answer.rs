//! What the answers of Stripe's API mean for money. Pure: status and bytes in, one of our answers out.
//!
//! The rule: only what Stripe says in so many words settles anything. Whatever is lost, late, unreadable or about the
//! request rather than the refund leaves it unknown, and unknown is asked about and never sent under another key.
//! Sources: <https://docs.stripe.com/api/errors>, <https://docs.stripe.com/error-low-level>.

use oms_app::ports::{CancelAnswer, CaptureAnswer, RefundAnswer};
use oms_domain::money::Money;
use oms_domain::payment::RefundFactStatus;

use super::currency::{from_stripe, to_stripe};
use super::map::refund_status;
use super::wire::{ApiError, Failure, List, PaymentIntent, Refund};
use crate::after::{AfterClose, AfterRefund};
use crate::shown::short;

/// An answer that arrived whole.
#[derive(Debug)]
pub(super) struct Reply {
    /// The HTTP status.
    pub(super) status: u16,
    /// Whether Stripe repeats what it once answered to the same idempotency key. Such a body is old: it says
    /// what was true then, perhaps that a refund succeeded which has failed since.
    pub(super) replayed: bool,
    /// The body.
    pub(super) body: Vec<u8>,
}

/// Reads the answer to `POST /v1/refunds`.
pub(super) fn refund(reply: &Reply) -> AfterRefund {
    if is_success(reply.status) {
        return match serde_json::from_slice::<Refund>(&reply.body) {
            Ok(_) if reply.replayed => AfterRefund::Look { otherwise: RefundAnswer::Unknown },
            Ok(refund) => AfterRefund::Settled(outcome(&refund)),
            Err(_) => AfterRefund::Settled(RefundAnswer::Unknown),
        };
    }
    match refusal(reply) {
        // Perhaps by this very refund, when the key has been forgotten (Stripe keeps it for a day or a little longer).
        Some(error) if error.code.as_deref() == Some("charge_already_refunded") => {
            AfterRefund::Look { otherwise: RefundAnswer::Refused { reason: reason(&error) } }
        }
        Some(error) => AfterRefund::Settled(RefundAnswer::Refused { reason: reason(&error) }),
        None => AfterRefund::Settled(RefundAnswer::Unknown),
    }
}

fn outcome(refund: &Refund) -> RefundAnswer {
    match refund_status(refund.status.as_deref()) {
        RefundFactStatus::Succeeded => RefundAnswer::Succeeded { reference: refund.id.clone() },
        RefundFactStatus::Pending => RefundAnswer::Pending { reference: refund.id.clone() },
        RefundFactStatus::Failed => {
            let reason = refund.failure_reason.as_deref().or(refund.status.as_deref()).unwrap_or("failed");
            RefundAnswer::Refused { reason: short(reason) }
        }
    }
}

/// A page of `GET /v1/refunds`.
pub(super) struct Page {
    /// Those that carry our refund's id.
    pub(super) ours: Vec<Refund>,
    /// The last id of the page, where there are more pages.
    pub(super) next: Option<String>,
}

/// Reads a page of `GET /v1/refunds`. None unless it is complete and readable.
pub(super) fn page(reply: &Reply, refund_id: &str) -> Option<Page> {
    if !is_success(reply.status) {
        return None;
    }
    let list: List<Refund> = serde_json::from_slice(&reply.body).ok()?;
    let next = match (list.has_more, list.data.last()) {
        (false, _) => None,
        (true, Some(last)) => Some(last.id.clone()),
        (true, None) => return None,
    };
    let is_ours = |refund: &Refund| {
        refund.metadata.as_ref().and_then(|metadata| metadata.refund_id.as_deref()) == Some(refund_id)
    };
    Some(Page { ours: list.data.into_iter().filter(is_ours).collect(), next })
}

/// What the refunds that carry our id say about it, read from a complete list.
///
/// There is more than one only when an earlier one failed and was sent again after Stripe had forgotten the key. One that
/// succeeded or is on its way outweighs those that failed. One of another amount is not what we asked for: unknown, for
/// people to look at.
pub(super) fn found(ours: &[Refund], amount: Money) -> RefundAnswer {
    let asked = to_stripe(amount).ok();
    let as_asked = |refund: &Refund| {
        Some(refund.amount) == asked && refund.currency.eq_ignore_ascii_case(amount.currency().code())
    };
    if !ours.iter().all(as_asked) {
        return RefundAnswer::Unknown;
    }
    let weight = |refund: &&Refund| match refund_status(refund.status.as_deref()) {
        RefundFactStatus::Succeeded => 2_u8,
        RefundFactStatus::Pending => 1,
        RefundFactStatus::Failed => 0,
    };
    ours.iter().max_by_key(weight).map_or(RefundAnswer::NotFound, outcome)
}

/// Reads the answer to `POST /v1/payment_intents/{id}/cancel`. A payment whose state does not allow it, or did not when
/// this answer was first given, has to be looked at.
pub(super) fn cancel(reply: &Reply) -> AfterClose {
    if is_success(reply.status) {
        return match intent(reply) {
            Some(intent) if intent.status.as_deref() == Some("canceled") => {
                AfterClose::Settled(CancelAnswer::Cancelled)
            }
            Some(intent) => AfterClose::Look { reason: short(intent.status.as_deref().unwrap_or("no status")) },
            None => AfterClose::Settled(CancelAnswer::Unknown),
        };
    }
    match refusal(reply) {
        Some(error) if reply.replayed || error.code.as_deref() == Some("payment_intent_unexpected_state") => {
            AfterClose::Look { reason: reason(&error) }
        }
        Some(error) => AfterClose::Settled(CancelAnswer::Refused { reason: reason(&error) }),
        None if reply.replayed => AfterClose::Look { reason: error_code(reply) },
        None => AfterClose::Settled(CancelAnswer::Unknown),
    }
}

/// How a payment stands that could not be cancelled.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// This is the answer.
    Settled(CancelAnswer),
    /// It can be cancelled now.
    Open,
}

/// Reads the answer to `GET /v1/payment_intents/{id}`.
pub(super) fn standing(reply: &Reply) -> Standing {
    let intent = if is_success(reply.status) { intent(reply) } else { None };
    let Some(intent) = intent else {
        return Standing::Settled(CancelAnswer::Unknown);
    };
    match intent.status.as_deref() {
        Some("succeeded") => Standing::Settled(
            intent
                .amount_received
                .and_then(|units| from_stripe(units, &intent.currency).ok())
                .map_or(CancelAnswer::Unknown, CancelAnswer::Captured),
        ),
        Some("canceled") => Standing::Settled(CancelAnswer::Cancelled),
        Some("requires_payment_method" | "requires_confirmation" | "requires_action" | "requires_capture") => {
            Standing::Open
        }
        // `processing`: the buyer's bank has it and may still pay. Or a state that we do not know.
        Some(status) => Standing::Settled(CancelAnswer::Refused { reason: short(status) }),
        None => Standing::Settled(CancelAnswer::Unknown),
    }
}

/// After the answer to a capture.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum AfterCapture {
    /// This is the answer.
    Settled(CaptureAnswer),
    /// It was not taken, or was before: look at the payment.
    Look {
        /// Why not.
        reason: String,
    },
}

/// Reads the answer to `POST /v1/payment_intents/{id}/capture`.
pub(super) fn capture(reply: &Reply) -> AfterCapture {
    if is_success(reply.status) && !reply.replayed {
        return match intent(reply) {
            Some(intent) if intent.status.as_deref() == Some("succeeded") => AfterCapture::Settled(received(&intent)),
            Some(intent) => AfterCapture::Look { reason: short(intent.status.as_deref().unwrap_or("no status")) },
            None => AfterCapture::Settled(CaptureAnswer::Unknown),
        };
    }
    match refusal(reply) {
        Some(error) => AfterCapture::Look { reason: reason(&error) },
        None if reply.replayed => AfterCapture::Look { reason: error_code(reply) },
        None => AfterCapture::Settled(CaptureAnswer::Unknown),
    }
}

/// How a promise stands.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Promise {
    /// It is no promise any more, or nobody knows.
    Settled(CaptureAnswer),
    /// It can be taken.
    Stands,
}

/// Reads the answer to `GET /v1/payment_intents/{id}` of a payment that is to be captured.
pub(super) fn promise(reply: &Reply) -> Promise {
    let intent = if is_success(reply.status) { intent(reply) } else { None };
    let Some(intent) = intent else {
        return Promise::Settled(CaptureAnswer::Unknown);
    };
    Promise::Settled(match intent.status.as_deref() {
        Some("requires_capture") => return Promise::Stands,
        Some("succeeded") => received(&intent),
        Some("processing") => CaptureAnswer::Pending { reference: intent.id },
        Some(status @ ("canceled" | "requires_payment_method" | "requires_confirmation" | "requires_action")) => {
            CaptureAnswer::Refused { reason: short(status) }
        }
        Some(_) | None => CaptureAnswer::Unknown,
    })
}

/// All that Stripe has taken of a payment.
fn received(intent: &PaymentIntent) -> CaptureAnswer {
    let amount = intent.amount_received.and_then(|units| from_stripe(units, &intent.currency).ok());
    amount.map_or(CaptureAnswer::Unknown, |amount| CaptureAnswer::Captured { amount, reference: None, payment: None })
}

fn intent(reply: &Reply) -> Option<PaymentIntent> {
    serde_json::from_slice(&reply.body).ok()
}

/// Stripe's refusal, where the answer is one in so many words. None: the answer says nothing about what became of it.
///
/// - 401 and 403: our key, not the refund, is refused; it is sent again once the key is right.
/// - 408, 424, 425, 429 and 5xx: not now, or not known. (429 is answered before anything is done.)
/// - 409, and `idempotency_error`: another request holds or has used this key. What that one did is the question.
pub(super) fn refusal(reply: &Reply) -> Option<ApiError> {
    match reply.status {
        401 | 403 | 408 | 409 | 424 | 425 | 429 => None,
        400..=499 => {
            let Failure { error } = serde_json::from_slice(&reply.body).ok()?;
            if error.kind == "idempotency_error" || error.kind == "api_error" { None } else { Some(error) }
        }
        _ => None,
    }
}

/// The error of any answer, for the log.
pub(super) fn error_code(reply: &Reply) -> String {
    match serde_json::from_slice::<Failure>(&reply.body) {
        Ok(Failure { error }) => short(error.code.as_deref().unwrap_or(&error.kind)),
        Err(_) => "unreadable".to_owned(),
    }
}

pub(super) fn reason(error: &ApiError) -> String {
    let name = error.code.as_deref().unwrap_or(&error.kind);
    match error.message.as_deref() {
        Some(message) if !name.is_empty() => short(&format!("{name}: {message}")),
        Some(message) => short(message),
        None if name.is_empty() => "refused".to_owned(),
        None => short(name),
    }
}

pub(super) fn is_success(status: u16) -> bool {
    (200..=299).contains(&status)
}
