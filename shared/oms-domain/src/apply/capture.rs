//! What events do to captures.

use jiff::Timestamp;

use crate::event::CaptureEvent;
use crate::order::{Capture, Order};
use crate::status::CaptureStatus;

impl Order {
    pub(super) fn apply_capture(&mut self, event: &CaptureEvent, at: Timestamp) {
        if let CaptureEvent::Requested { capture_id, payment_id, amount } = event {
            self.captures.push(Capture {
                id: capture_id.clone(),
                payment_id: payment_id.clone(),
                amount: *amount,
                status: CaptureStatus::Requested,
                reason: None,
                provider_reference: None,
                since: at,
                first_sent_at: None,
                retry_at: None,
                attempts: 0,
                lost_answers: 0,
            });
            return;
        }
        let Some(capture) = self.captures.iter_mut().find(|c| c.id == *event.capture_id()) else {
            return;
        };
        capture.since = at;
        capture.retry_at = None;
        match event {
            CaptureEvent::Requested { .. } => {}
            CaptureEvent::Submitted { .. } => {
                // Whoever sends it again by hand begins anew.
                if capture.status == CaptureStatus::Manual {
                    capture.lost_answers = 0;
                }
                capture.status = CaptureStatus::Submitted;
                capture.first_sent_at.get_or_insert(at);
                capture.attempts += 1;
            }
            CaptureEvent::Pending { provider_reference, retry_at, .. } => {
                capture.provider_reference = Some(provider_reference.clone());
                capture.retry_at = Some(*retry_at);
                capture.attempts += 1;
                capture.lost_answers = 0;
            }
            CaptureEvent::Succeeded { provider_reference, .. } => {
                capture.status = CaptureStatus::Succeeded;
                if provider_reference.is_some() {
                    capture.provider_reference.clone_from(provider_reference);
                }
            }
            CaptureEvent::Failed { reason, .. } => {
                capture.status = CaptureStatus::Failed;
                capture.reason = Some(reason.clone());
            }
            CaptureEvent::Unknown { retry_at, .. } => {
                capture.status = CaptureStatus::Unknown;
                capture.retry_at = Some(*retry_at);
                capture.attempts += 1;
                capture.lost_answers += 1;
            }
            CaptureEvent::Manual { reason, .. } => {
                capture.status = CaptureStatus::Manual;
                capture.reason = Some(reason.clone());
            }
            CaptureEvent::Withdrawn { reason, .. } => {
                capture.status = CaptureStatus::Withdrawn;
                capture.reason = Some(reason.clone());
            }
        }
    }
}
