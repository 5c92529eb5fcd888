//! How long a refund may be sent again under its own key, at providers that are asked in no other way.

use jiff::{SignedDuration, Timestamp};
use oms_app::ports::RefundRequest;

/// Whether the provider surely still knows the refund's key, if the refund ever arrived. After that, sending it again
/// might send the money again: only a person can find out then.
pub(crate) fn is_safe(request: &RefundRequest, now: Timestamp, kept: SignedDuration) -> bool {
    now.duration_since(request.first_sent_at) < kept
}
