//! What events do to refunds.

use jiff::Timestamp;

use crate::event::OrderEvent;
use crate::id::RefundId;
use crate::order::{Order, Refund};
use crate::status::RefundStatus;

impl Order {
    pub(super) fn apply_refund(&mut self, event: &OrderEvent, at: Timestamp) {
        if let OrderEvent::RefundRequested {
            refund_id,
            payment_id,
            amount,
            cause,
            reason,
            lines,
            points_back,
            key,
            by,
        }
        | OrderEvent::RefundApproved {
            refund_id,
            payment_id,
            amount,
            cause,
            reason,
            lines,
            points_back,
            key,
            by,
        } = event
        {
            if let Some(key) = key {
                self.applied.insert(key.clone());
                self.refund_keys.entry(key.clone()).or_insert_with(|| refund_id.clone());
            }
            let waits = |r: &&mut Refund| r.id == *refund_id && r.status == RefundStatus::Requested;
            if let Some(waiting) = self.refunds.iter_mut().find(waits) {
                waiting.status = RefundStatus::Approved;
                waiting.since = at;
                waiting.approved_by.clone_from(by);
                return;
            }
            let is_asked = matches!(event, OrderEvent::RefundRequested { .. });
            self.refunds.push(Refund {
                id: refund_id.clone(),
                payment_id: payment_id.clone(),
                amount: *amount,
                status: if is_asked { RefundStatus::Requested } else { RefundStatus::Approved },
                cause: *cause,
                reason: reason.clone(),
                lines: lines.clone(),
                points_back: points_back.clone(),
                provider_reference: None,
                since: at,
                first_sent_at: None,
                retry_at: None,
                attempts: 0,
                lost_answers: 0,
                refused: false,
                sent_at: None,
                asked_by: by.clone(),
                approved_by: None,
            });
            return;
        }
        let Some(refund) = refund_of(event).and_then(|id| self.refunds.iter_mut().find(|r| r.id == *id)) else {
            return;
        };
        let was_in_flight = refund.is_in_flight();
        refund.since = at;
        refund.retry_at = None;
        if let OrderEvent::RefundSucceeded { provider_reference, .. } = event {
            refund.status = RefundStatus::Succeeded;
            if provider_reference.is_some() {
                refund.provider_reference.clone_from(provider_reference);
            }
        } else if let OrderEvent::RefundFailed { retry_at, .. } = event {
            refund.status = RefundStatus::Failed;
            refund.retry_at = Some(*retry_at);
            refund.refused = true;
        } else if let OrderEvent::RefundUnknown { retry_at, .. } = event {
            refund.status = RefundStatus::Unknown;
            refund.retry_at = Some(*retry_at);
            refund.attempts += 1;
            refund.lost_answers += 1;
        } else if let OrderEvent::RefundPending { provider_reference, retry_at, .. } = event {
            refund.provider_reference = Some(provider_reference.clone());
            refund.retry_at = Some(*retry_at);
            refund.attempts += 1;
            refund.lost_answers = 0;
        } else if let OrderEvent::RefundSubmitted { .. } = event {
            // Whoever sends it again by hand begins anew.
            if refund.status == RefundStatus::Manual {
                refund.lost_answers = 0;
            }
            refund.status = RefundStatus::Submitted;
            refund.first_sent_at.get_or_insert(at);
            refund.sent_at = Some(at);
            refund.attempts += 1;
            refund.refused = false;
        } else if let OrderEvent::RefundDeclined { .. } = event {
            refund.status = RefundStatus::Declined;
        } else {
            refund.status = RefundStatus::Manual;
        }
        // The call itself came some time between its submission and its answer.
        if was_in_flight && !refund.is_in_flight() {
            refund.sent_at = Some(at);
        }
    }
}

fn refund_of(event: &OrderEvent) -> Option<&RefundId> {
    if let OrderEvent::RefundSubmitted { refund_id }
    | OrderEvent::RefundSucceeded { refund_id, .. }
    | OrderEvent::RefundPending { refund_id, .. }
    | OrderEvent::RefundFailed { refund_id, .. }
    | OrderEvent::RefundUnknown { refund_id, .. }
    | OrderEvent::RefundDeclined { refund_id, .. }
    | OrderEvent::RefundManual { refund_id, .. } = event
    {
        Some(refund_id)
    } else {
        None
    }
}
