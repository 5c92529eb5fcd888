//! What the answers of PayPal's API mean for money. Pure: status and bytes in, one of our answers out.
//!
//! The rule: only what PayPal says in so many words settles anything. Whatever is lost, late, unreadable or about the
//! request rather than the refund leaves it unknown, and unknown is asked about under the same id.
//! Sources: <https://developer.paypal.com/docs/api/payments/v2/#captures_refund>,
//! <https://developer.paypal.com/api/rest/responses/>.

use jiff::{SignedDuration, Timestamp};
use oms_app::ports::{CancelAnswer, CaptureAnswer, RefundAnswer};
use oms_domain::money::Money;
use oms_domain::payment::RefundFactStatus;

use super::currency::from_paypal;
use super::map::refund_status;
use super::wire::{Failure, Movement, Token};
use crate::secret::Secret;
use crate::shown::short;

/// An answer that arrived whole.
#[derive(Debug)]
pub(super) struct Reply {
    /// The HTTP status.
    pub(super) status: u16,
    /// The body.
    pub(super) body: Vec<u8>,
}

impl Reply {
    pub(super) fn is_success(&self) -> bool {
        (200..=299).contains(&self.status)
    }

    /// Whether a request that makes something made nothing new: it was made before, under the same id.
    pub(super) fn is_repeated(&self) -> bool {
        self.status == 200
    }

    fn movement(&self) -> Option<Movement> {
        let movement: Movement = serde_json::from_slice(&self.body).ok()?;
        Some(movement).filter(|movement| self.is_success() && !movement.id.is_empty())
    }

    /// What was asked for by its id. That PayPal does not know an id that it gave us, or answers with another, settles nothing.
    fn movement_of(&self, id: &str) -> Option<Movement> {
        self.movement().filter(|movement| movement.id == id)
    }

    /// PayPal's refusal, where the answer is one in so many words. None: it says nothing about what became of the request.
    ///
    /// - 401 and 403: our credentials are refused, not this refund.
    /// - 409, and a number that was used before: another request of ours is at work, or was.
    /// - 408, 429 and 5xx: not now, or not known.
    pub(super) fn refusal(&self) -> Option<Failure> {
        if !matches!(self.status, 400 | 404 | 422) {
            return None;
        }
        let failure: Failure = serde_json::from_slice(&self.body).ok()?;
        let of_ours = |issue: &str| matches!(issue, "DUPLICATE_INVOICE_ID" | "PREVIOUS_REQUEST_IN_PROGRESS");
        let settled = !failure.name.is_empty() && !failure.details.iter().any(|detail| of_ours(&detail.issue));
        Some(failure).filter(|_| settled)
    }

    /// Whether PayPal says in so many words that there is no such thing. A 404 without that may be somebody's on the way.
    pub(super) fn is_gone(&self) -> bool {
        self.status == 404 && self.refusal().is_some()
    }

    /// The error of any answer, for the log.
    pub(super) fn error_code(&self) -> String {
        match serde_json::from_slice::<Failure>(&self.body) {
            Ok(failure) => match failure.details.first() {
                Some(detail) => short(&format!("{} {}", failure.name, detail.issue)),
                None => short(&failure.name),
            },
            Err(_) => "unreadable".to_owned(),
        }
    }
}

/// Reads the answer to `POST /v2/payments/captures/{id}/refund`.
pub(super) fn refund(reply: &Reply, amount: Money) -> RefundAnswer {
    match reply.refusal() {
        Some(failure) => RefundAnswer::Refused { reason: reason(&failure) },
        None => reply.movement().map_or(RefundAnswer::Unknown, |refund| outcome(refund, amount)),
    }
}

/// Reads the answer to `GET /v2/payments/refunds/{id}`.
pub(super) fn looked_up(reply: &Reply, id: &str, amount: Money) -> RefundAnswer {
    reply.movement_of(id).map_or(RefundAnswer::Unknown, |refund| outcome(refund, amount))
}

/// One of another amount is not what we asked for: unknown, for people to look at.
fn outcome(refund: Movement, amount: Money) -> RefundAnswer {
    let told = refund.amount.as_ref().map(from_paypal);
    if told != Some(Ok(amount)) {
        return RefundAnswer::Unknown;
    }
    let status = refund.status.as_deref().unwrap_or_default();
    match refund_status(status) {
        RefundFactStatus::Succeeded => RefundAnswer::Succeeded { reference: refund.id },
        RefundFactStatus::Pending => RefundAnswer::Pending { reference: refund.id },
        RefundFactStatus::Failed => {
            let why = refund.status_details.and_then(|details| details.reason);
            RefundAnswer::Refused { reason: short(&why.unwrap_or_else(|| status.to_owned())) }
        }
    }
}

/// Reads the answer to `GET /v2/payments/captures/{id}`: how a payment stands that is to be called off. There is nothing at
/// PayPal by which a capture could be.
pub(super) fn standing(reply: &Reply, id: &str) -> CancelAnswer {
    let Some(capture) = reply.movement_of(id) else {
        return CancelAnswer::Unknown;
    };
    let amount = capture.amount.as_ref().and_then(|amount| from_paypal(amount).ok());
    match capture.status.as_deref() {
        Some("COMPLETED" | "PARTIALLY_REFUNDED" | "REFUNDED") => {
            amount.map_or(CancelAnswer::Unknown, CancelAnswer::Captured)
        }
        Some("DECLINED" | "FAILED") => CancelAnswer::Cancelled,
        // The buyer's bank or PayPal's own review has it, and may still pay.
        Some(status) => CancelAnswer::Refused { reason: short(status) },
        None => CancelAnswer::Unknown,
    }
}

/// Reads the answer to `POST /v2/payments/authorizations/{id}/capture`.
pub(super) fn capture(reply: &Reply) -> CaptureAnswer {
    match reply.refusal() {
        Some(failure) => CaptureAnswer::Refused { reason: reason(&failure) },
        None => reply.movement().map_or(CaptureAnswer::Unknown, taken),
    }
}

/// Reads the answer to `GET /v2/payments/captures/{id}` of a capture of ours.
pub(super) fn looked_up_capture(reply: &Reply, id: &str) -> CaptureAnswer {
    reply.movement_of(id).map_or(CaptureAnswer::Unknown, taken)
}

fn taken(capture: Movement) -> CaptureAnswer {
    let amount = capture.amount.as_ref().and_then(|amount| from_paypal(amount).ok());
    match (capture.status.as_deref(), amount) {
        (Some("COMPLETED" | "PARTIALLY_REFUNDED" | "REFUNDED"), Some(amount)) => {
            CaptureAnswer::Captured { amount, reference: Some(capture.id.clone()), payment: Some(capture.id) }
        }
        (Some("PENDING"), _) => CaptureAnswer::Pending { reference: capture.id },
        (Some(status @ ("DECLINED" | "FAILED")), _) => {
            let why = capture.status_details.and_then(|details| details.reason);
            CaptureAnswer::Refused { reason: short(&why.unwrap_or_else(|| status.to_owned())) }
        }
        (Some(_) | None, _) => CaptureAnswer::Unknown,
    }
}

/// How an authorization stands.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Authorization {
    /// Nothing was taken of it, and it can be.
    Stands,
    /// It was taken.
    Taken,
    /// It is no more.
    Over {
        /// In PayPal's word.
        reason: String,
    },
    /// Nobody knows.
    Unknown,
}

/// Reads the answer to `GET /v2/payments/authorizations/{id}`.
pub(super) fn authorization(reply: &Reply, id: &str) -> Authorization {
    let Some(told) = reply.movement_of(id) else {
        return Authorization::Unknown;
    };
    match told.status.as_deref() {
        Some("CREATED") => Authorization::Stands,
        Some("CAPTURED" | "PARTIALLY_CAPTURED") => Authorization::Taken,
        Some(status @ ("VOIDED" | "EXPIRED" | "DENIED")) => Authorization::Over { reason: short(status) },
        Some(_) | None => Authorization::Unknown,
    }
}

/// Reads the answer to `POST /v2/payments/authorizations/{id}/void`: 204, or the authorization where it is asked for.
pub(super) fn voided(reply: &Reply) -> CancelAnswer {
    if reply.is_success() {
        return CancelAnswer::Cancelled;
    }
    match reply.refusal() {
        Some(failure) if failure.details.iter().any(|detail| detail.issue == "PREVIOUSLY_VOIDED") => {
            CancelAnswer::Cancelled
        }
        Some(failure) => CancelAnswer::Refused { reason: reason(&failure) },
        None => CancelAnswer::Unknown,
    }
}

/// An access token, and until when it is used.
#[derive(Debug, Clone)]
pub(super) struct AccessToken {
    pub(super) token: Secret,
    pub(super) until: Timestamp,
}

/// A token is replaced so long before it runs out.
const MARGIN: SignedDuration = SignedDuration::from_secs(60);

/// Reads the answer to `POST /v1/oauth2/token`.
pub(super) fn token(reply: &Reply, asked_at: Timestamp) -> Option<AccessToken> {
    let token: Token = serde_json::from_slice(&reply.body).ok().filter(|_| reply.is_success())?;
    let good_for = SignedDuration::from_secs(token.expires_in).checked_sub(MARGIN)?;
    Some(AccessToken {
        token: Secret::parse("paypal.access_token", token.access_token).ok()?,
        until: asked_at.checked_add(good_for).ok()?,
    })
}

pub(super) fn reason(failure: &Failure) -> String {
    let (name, text) = match failure.details.first().filter(|detail| !detail.issue.is_empty()) {
        Some(detail) => (&detail.issue, &detail.description),
        None => (&failure.name, &failure.message),
    };
    if text.is_empty() { short(name) } else { short(&format!("{name}: {text}")) }
}
