//! The parts of Stripe's objects that are used. Everything else is passed over, so that a new field or API version of
//! Stripe's changes nothing here. Source: <https://docs.stripe.com/api/events/object> and the objects' own pages.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::lenient::maybe;

/// The envelope. The object inside is parsed only for types that are used.
#[derive(Debug, Deserialize)]
pub(super) struct Event<'a> {
    /// `evt_…`.
    pub(super) id: String,
    /// `payment_intent.succeeded`, ….
    #[serde(rename = "type")]
    pub(super) kind: String,
    /// Whether it is about real money. What does not say so is not.
    #[serde(default)]
    pub(super) livemode: Option<bool>,
    /// Not there in Stripe's "thin" events.
    #[serde(borrow, default)]
    pub(super) data: Option<Data<'a>>,
}

/// What the event is about.
#[derive(Debug, Deserialize)]
pub(super) struct Data<'a> {
    /// The object as it was when the event happened.
    #[serde(borrow)]
    pub(super) object: &'a RawValue,
}

/// What the shop attached to an object when it made it.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Metadata {
    /// Our order.
    #[serde(default)]
    pub(super) order_id: Option<String>,
    /// Our reference of the payment attempt.
    #[serde(default)]
    pub(super) payment_reference: Option<String>,
    /// Our refund, on refunds that we made.
    #[serde(default)]
    pub(super) refund_id: Option<String>,
}

/// Another object: its id, or the object itself where it was asked to be expanded.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Reference {
    /// The id.
    Id(String),
    /// The object.
    Expanded {
        /// Its id.
        id: String,
    },
}

impl Reference {
    /// The id.
    pub(super) fn id(&self) -> &str {
        match self {
            Self::Id(id) | Self::Expanded { id } => id,
        }
    }
}

/// `payment_intent`. Amounts are integers of the unit in [`super::currency`].
#[derive(Debug, Deserialize)]
pub(super) struct PaymentIntent {
    /// `pi_…`.
    pub(super) id: String,
    /// What is to be paid.
    #[serde(default)]
    pub(super) amount: Option<i64>,
    /// What was taken so far.
    #[serde(default)]
    pub(super) amount_received: Option<i64>,
    /// What is promised and not taken yet.
    #[serde(default)]
    pub(super) amount_capturable: Option<i64>,
    /// Lower case.
    #[serde(default)]
    pub(super) currency: String,
    /// `succeeded`, `canceled`, `processing`, `requires_…`.
    #[serde(default)]
    pub(super) status: Option<String>,
    /// Ours.
    #[serde(default)]
    pub(super) metadata: Option<Metadata>,
    /// Why the last attempt failed.
    #[serde(default)]
    pub(super) last_payment_error: Option<PaymentError>,
    /// What was taken; an id, unless it is expanded.
    #[serde(default, deserialize_with = "maybe")]
    pub(super) latest_charge: Option<LatestCharge>,
}

/// The `charge` of a payment intent, where it is expanded.
#[derive(Debug, Deserialize)]
pub(super) struct LatestCharge {
    /// What it moved; an id, unless it is expanded.
    #[serde(default, deserialize_with = "maybe")]
    pub(super) balance_transaction: Option<BalanceTransaction>,
    /// How it was paid.
    #[serde(default)]
    payment_method_details: Option<Value>,
}

/// `balance_transaction`: what moved on the shop's balance at Stripe, in the currency of that balance.
#[derive(Debug, Deserialize)]
pub(super) struct BalanceTransaction {
    /// `txn_…`.
    pub(super) id: String,
    /// What Stripe keeps; below zero where it gives back.
    pub(super) fee: i64,
    /// Lower case.
    pub(super) currency: String,
}

impl PaymentIntent {
    /// Until when it can be captured, where its charge stands in it.
    pub(super) fn capture_before(&self) -> Option<Timestamp> {
        capture_before(self.latest_charge.as_ref()?.payment_method_details.as_ref()?)
    }
}

/// Until when a card's promise is good. Whatever else stands there, the event is read all the same.
fn capture_before(payment_method_details: &Value) -> Option<Timestamp> {
    Timestamp::from_second(payment_method_details.pointer("/card/capture_before")?.as_i64()?).ok()
}

/// Why a payment failed. Codes only: messages are for the buyer and in the buyer's language.
#[derive(Debug, Deserialize)]
pub(super) struct PaymentError {
    /// `card_declined`, ….
    #[serde(default)]
    pub(super) code: Option<String>,
    /// `insufficient_funds`, ….
    #[serde(default)]
    pub(super) decline_code: Option<String>,
}

/// `charge`, as `charge.refunded` and `charge.succeeded` carry it.
#[derive(Debug, Deserialize)]
pub(super) struct Charge {
    /// `ch_…` or `py_…`.
    pub(super) id: String,
    /// The payment intent behind it.
    #[serde(default)]
    pub(super) payment_intent: Option<Reference>,
    /// Copied from the payment intent when the charge is made.
    #[serde(default)]
    pub(super) metadata: Option<Metadata>,
    /// Only up to API version 2022-08-01, or where expanded.
    #[serde(default)]
    pub(super) refunds: Option<List<Refund>>,
    /// What it moved; an id, unless it is expanded.
    #[serde(default, deserialize_with = "maybe")]
    pub(super) balance_transaction: Option<BalanceTransaction>,
    /// What was promised or taken.
    #[serde(default)]
    pub(super) amount: Option<i64>,
    /// What of it was taken.
    #[serde(default)]
    amount_captured: Option<i64>,
    /// What of it went back, with what was promised and not taken.
    #[serde(default)]
    amount_refunded: Option<i64>,
    /// Lower case.
    #[serde(default)]
    pub(super) currency: String,
    /// Whether the money is taken. What does not say so is.
    #[serde(default)]
    captured: Option<bool>,
    /// Whether all of it went back; a promise that is let go reads so too.
    #[serde(default)]
    refunded: Option<bool>,
    /// `succeeded`, `pending` or `failed`.
    #[serde(default)]
    status: Option<String>,
    /// How it was paid.
    #[serde(default)]
    payment_method_details: Option<Value>,
}

impl Charge {
    /// Whether nothing of what was taken has gone back: what reads as a refund was a promise, or what a capture left of one.
    pub(super) fn is_only_let_go(&self) -> bool {
        if self.captured == Some(false) {
            return true;
        }
        let (Some(amount), Some(taken), Some(back)) = (self.amount, self.amount_captured, self.amount_refunded) else {
            return false;
        };
        taken < amount && back <= amount.saturating_sub(taken)
    }

    /// Until when it can be captured, where it is only promised, and the promise stands.
    pub(super) fn capture_before(&self) -> Option<Timestamp> {
        let stands = self.refunded != Some(true) && self.status.as_deref().is_none_or(|status| status == "succeeded");
        let details = self.payment_method_details.as_ref().filter(|_| self.captured == Some(false))?;
        if stands { capture_before(details) } else { None }
    }
}

/// `refund`.
#[derive(Debug, Deserialize)]
pub(super) struct Refund {
    /// `re_…`.
    pub(super) id: String,
    /// How much goes back.
    pub(super) amount: i64,
    /// Lower case.
    pub(super) currency: String,
    /// `pending`, `requires_action`, `succeeded`, `failed`, `canceled`.
    #[serde(default)]
    pub(super) status: Option<String>,
    /// Why it failed: `expired_or_canceled_card`, ….
    #[serde(default)]
    pub(super) failure_reason: Option<String>,
    /// The payment intent that it is of.
    #[serde(default)]
    pub(super) payment_intent: Option<Reference>,
    /// The charge that it is of.
    #[serde(default)]
    pub(super) charge: Option<Reference>,
    /// Seconds since 1970.
    #[serde(default)]
    pub(super) created: Option<i64>,
    /// Ours, on refunds that we made.
    #[serde(default)]
    pub(super) metadata: Option<Metadata>,
}

/// `dispute`.
#[derive(Debug, Deserialize)]
pub(super) struct Dispute {
    /// How much the bank wants back.
    pub(super) amount: i64,
    /// Lower case.
    pub(super) currency: String,
    /// `needs_response`, `won`, `lost`, `warning_closed`, ….
    #[serde(default)]
    pub(super) status: Option<String>,
    /// The payment intent that it is about.
    #[serde(default)]
    pub(super) payment_intent: Option<Reference>,
    /// The charge that it is about.
    #[serde(default)]
    pub(super) charge: Option<Reference>,
    /// Its own: Stripe does not copy the payment's.
    #[serde(default)]
    pub(super) metadata: Option<Metadata>,
    /// What it moved: none while nothing did, two once it is won.
    #[serde(default, deserialize_with = "maybe")]
    pub(super) balance_transactions: Option<Vec<BalanceTransaction>>,
}

/// A page of a list.
#[derive(Debug, Deserialize)]
pub(super) struct List<T> {
    /// The items, newest first.
    pub(super) data: Vec<T>,
    /// Whether there are more.
    #[serde(default)]
    pub(super) has_more: bool,
}

/// The body of an answer that is not 2xx.
#[derive(Debug, Deserialize)]
pub(super) struct Failure {
    /// What went wrong.
    pub(super) error: ApiError,
}

/// What went wrong. Source: <https://docs.stripe.com/api/errors>.
#[derive(Debug, Deserialize)]
pub(super) struct ApiError {
    /// `invalid_request_error`, `card_error`, `idempotency_error`, `api_error`.
    #[serde(rename = "type", default)]
    pub(super) kind: String,
    /// `charge_already_refunded`, ….
    #[serde(default)]
    pub(super) code: Option<String>,
    /// For developers and staff, in English.
    #[serde(default)]
    pub(super) message: Option<String>,
}
