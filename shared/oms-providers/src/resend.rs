//! How long a request may be sent again under its own key, at providers that are asked in no other way.

use jiff::{SignedDuration, Timestamp};

/// Whether the provider surely still knows the key of a request that was first sent then, if it ever arrived. After that,
/// sending it again might move the money again: only a person can find out then.
pub(crate) fn is_safe(first_sent_at: Timestamp, now: Timestamp, kept: SignedDuration) -> bool {
    now.duration_since(first_sent_at) < kept
}
