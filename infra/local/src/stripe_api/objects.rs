//! The objects of Stripe's API that the stand-in keeps.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// A payment intent.
#[derive(Clone, Debug, PartialEq)]
pub struct Intent {
    /// `pi_…`.
    pub id: String,
    /// Minor units.
    pub amount: i64,
    /// Minor units that were taken.
    pub received: i64,
    /// Minor units that are promised and not taken.
    pub capturable: i64,
    /// Whether the shop takes the money itself, once the buyer's bank has promised it.
    pub manual: bool,
    /// Lower case.
    pub currency: String,
    /// `requires_payment_method`, `requires_capture`, `succeeded` or `canceled`.
    pub status: &'static str,
    /// What the shop attached.
    pub metadata: BTreeMap<String, String>,
}

/// A refund.
#[derive(Clone, Debug, PartialEq)]
pub struct Refund {
    /// `re_…`.
    pub id: String,
    /// The intent that it is of.
    pub payment_intent: String,
    /// Minor units.
    pub amount: i64,
    /// Lower case.
    pub currency: String,
    /// `pending`, `succeeded` or `failed`.
    pub status: &'static str,
    /// What the shop attached.
    pub metadata: BTreeMap<String, String>,
}

impl Intent {
    /// As the API shows it.
    pub fn json(&self) -> Value {
        json!({
            "id": self.id, "object": "payment_intent", "amount": self.amount, "amount_received": self.received,
            "amount_capturable": self.capturable, "currency": self.currency, "status": self.status, "metadata": self.metadata,
            "livemode": false, "capture_method": if self.manual { "manual" } else { "automatic" },
            "client_secret": format!("{}_secret_standin", self.id),
        })
    }
}

impl Refund {
    /// As the API shows it.
    pub fn json(&self) -> Value {
        json!({
            "id": self.id, "object": "refund", "amount": self.amount, "currency": self.currency,
            "payment_intent": self.payment_intent, "status": self.status, "metadata": self.metadata,
            "reason": "requested_by_customer",
        })
    }
}
