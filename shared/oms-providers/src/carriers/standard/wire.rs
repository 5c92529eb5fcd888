//! What the `standard` carrier sends. Unknown fields are passed over.

use jiff::Timestamp;
use serde::Deserialize;

/// One event of one parcel.
#[derive(Debug, Deserialize)]
pub(super) struct Event {
    /// The carrier's id of the event.
    pub(super) event_id: String,
    /// Which parcel.
    pub(super) tracking_number: String,
    /// How it fares; see [`oms_domain::command::Scan`].
    pub(super) status: String,
    /// When, RFC 3339.
    pub(super) occurred_at: Timestamp,
}
