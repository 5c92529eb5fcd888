//! Carriers: what their callbacks say, in our words.

pub mod standard;

use jiff::Timestamp;
use oms_domain::id::{Carrier, EventKey, TrackingNumber};

use crate::callback::CallbackProvider;

/// A carrier's callbacks.
pub type CarrierCallbackProvider = dyn CallbackProvider<Said = CarrierCallback>;

/// What a carrier said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CarrierCallback {
    /// A parcel was seen somewhere.
    Scan(CarrierScan),
    /// Genuine, but with a status that we do not know: recorded and acknowledged. It is never taken as progress.
    Unhandled {
        /// The event's key.
        key: EventKey,
        /// The carrier's name of the status.
        kind: String,
    },
}

/// A parcel was seen somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarrierScan {
    /// The carrier's id of the event with the carrier's name before it: the scan has its effect once.
    pub event_id: EventKey,
    /// Whose number it is.
    pub carrier: Carrier,
    /// Which parcel.
    pub tracking_number: TrackingNumber,
    /// How it fares: a name that [`oms_domain::command::Scan`] knows.
    pub status: String,
    /// When it happened by the carrier's clock; scans arrive in any order.
    pub occurred_at: Timestamp,
}
