//! What events do to payment attempts.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::event::{OrderEvent, Released};
use crate::id::{PaymentId, PaymentReference};
use crate::money::Money;
use crate::order::{Order, Payment};
use crate::payment_start::PaymentStart;
use crate::promise;
use crate::status::PaymentStatus;

impl Order {
    pub(super) fn apply_payment(&mut self, event: &OrderEvent, at: Timestamp) {
        let zero = Money::zero(self.body.currency);
        if let OrderEvent::PaymentAdded { payment_id, provider, amount, key } = event {
            let position = self.payments.len() + 1;
            self.payments.push(Payment {
                id: payment_id.clone(),
                provider: *provider,
                reference: PaymentReference::of(&self.id, position),
                provider_payment_id: None,
                former_ids: Vec::new(),
                amount: *amount,
                status: PaymentStatus::Created,
                authorized: zero,
                released: BTreeMap::new(),
                captured: zero,
                charged_back: zero,
                lost: zero,
                forfeited: zero,
                captured_at: None,
                expires_at: None,
                retry_at: None,
                declared: false,
                opened_by: key.clone(),
                started: None,
                fees: Vec::new(),
            });
            return;
        }
        let Some(payment) = payment_of(event).and_then(|id| self.payments.iter_mut().find(|p| p.id == *id)) else {
            return;
        };
        payment.retry_at = None;
        if let OrderEvent::PaymentIdentified { provider_payment_id, .. } = event {
            payment.former_ids.extend(payment.provider_payment_id.replace(provider_payment_id.clone()));
        } else if let OrderEvent::PaymentStarted { client, object, expires_at, .. } = event {
            let (client, object, expires_at) = (*client, object.clone(), *expires_at);
            payment.started = Some(PaymentStart { client, object, expires_at });
        } else if let OrderEvent::PaymentAuthorized { amount, expires_at, .. } = event {
            payment.status = PaymentStatus::Authorized;
            payment.authorized = *amount;
            payment.expires_at = expires_at.or_else(|| promise::ends(payment.provider, at));
        } else if let OrderEvent::PaymentCaptured { captured, .. } = event {
            payment.captured = *captured;
            payment.captured_at.get_or_insert(at);
            // Money that the buyer's bank wants back is contested however much of it was taken.
            if !matches!(payment.status, PaymentStatus::Disputed | PaymentStatus::ChargedBack) {
                payment.status = taken(payment);
            }
        } else if let OrderEvent::PaymentDisputed { amount, .. } = event {
            payment.status = PaymentStatus::Disputed;
            payment.charged_back = contested(payment, *amount);
        } else if let OrderEvent::DisputeWon { .. } = event {
            payment.lost = zero;
            payment.status = taken(payment);
            payment.charged_back = zero;
        } else if let OrderEvent::DisputeLost { amount, .. } = event {
            payment.lost = *amount;
            payment.charged_back = *amount;
            payment.status = PaymentStatus::ChargedBack;
        } else if let OrderEvent::DepositKept { amount, .. } = event {
            payment.forfeited = *amount;
        } else if let OrderEvent::PaymentUnknown { retry_at, .. } = event {
            payment.status = PaymentStatus::Unknown;
            payment.retry_at = Some(*retry_at);
        } else if let Some(status) = plain_status(event) {
            payment.status = status;
        }
    }

    /// The same refund that is told again changes nothing.
    pub(super) fn apply_release(&mut self, released: &Released) {
        if let Some(payment) = self.payments.iter_mut().find(|p| p.id == released.payment_id) {
            payment.released.insert(released.provider_refund_id.clone(), released.amount);
        }
    }
}

/// How an attempt stands by what it brought.
fn taken(payment: &Payment) -> PaymentStatus {
    let whole = payment.captured.compare(payment.amount).is_ok_and(std::cmp::Ordering::is_ge);
    if whole { PaymentStatus::Captured } else { PaymentStatus::PartiallyCaptured }
}

/// What a bank takes: the part that it names, as far as that can be one of what was captured, else all of it.
fn contested(payment: &Payment, amount: Money) -> Money {
    amount.min(payment.captured).ok().filter(|part| part.is_positive()).unwrap_or(payment.captured)
}

fn payment_of(event: &OrderEvent) -> Option<&PaymentId> {
    if let OrderEvent::PaymentIdentified { payment_id, .. }
    | OrderEvent::PaymentStarted { payment_id, .. }
    | OrderEvent::PaymentPending { payment_id }
    | OrderEvent::PaymentAuthorized { payment_id, .. }
    | OrderEvent::PaymentCaptured { payment_id, .. }
    | OrderEvent::PaymentFailed { payment_id, .. }
    | OrderEvent::PaymentExpired { payment_id }
    | OrderEvent::PaymentVoiding { payment_id }
    | OrderEvent::PaymentVoided { payment_id }
    | OrderEvent::PaymentUnknown { payment_id, .. }
    | OrderEvent::PaymentDisputed { payment_id, .. }
    | OrderEvent::DisputeWon { payment_id }
    | OrderEvent::DisputeLost { payment_id, .. }
    | OrderEvent::DepositKept { payment_id, .. } = event
    {
        Some(payment_id)
    } else {
        None
    }
}

fn plain_status(event: &OrderEvent) -> Option<PaymentStatus> {
    if let OrderEvent::PaymentPending { .. } = event {
        Some(PaymentStatus::RequiresAction)
    } else if let OrderEvent::PaymentFailed { .. } = event {
        Some(PaymentStatus::Failed)
    } else if let OrderEvent::PaymentExpired { .. } = event {
        Some(PaymentStatus::Expired)
    } else if let OrderEvent::PaymentVoiding { .. } = event {
        Some(PaymentStatus::Voiding)
    } else if let OrderEvent::PaymentVoided { .. } = event {
        Some(PaymentStatus::Voided)
    } else {
        None
    }
}
