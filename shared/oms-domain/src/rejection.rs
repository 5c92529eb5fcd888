//! Why a line or an order is rejected.

use serde::{Deserialize, Serialize};

use crate::id::LineId;

/// A reason for a rejection, of a line or of the whole order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejection {
    /// The line, or none for the order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line_id: Option<LineId>,
    /// A stable code such as `unknown_sku`.
    pub code: RejectionCode,
    /// In words, safe to show.
    pub detail: String,
}

/// Why a line or an order is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RejectionCode {
    /// Not in the catalogue.
    UnknownSku,
    /// Not the catalogue's price.
    PriceChanged,
    /// More than one order may have.
    QuantityLimit,
    /// Not enough units anywhere.
    OutOfStock,
    /// The address lacks something.
    IncompleteAddress,
    /// Not offered here.
    PaymentMethod,
    /// A coupon or points that the buyer wanted to spend are not there.
    BenefitRefused,
    /// A person said no.
    HoldRejected,
}
