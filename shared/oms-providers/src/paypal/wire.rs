//! What PayPal sends: only the fields that are used. Unknown fields are passed over.
//!
//! Source: PayPal's OpenAPI documents of Payments v2, Disputes v1 and Webhooks v1, and
//! <https://developer.paypal.com/api/rest/webhooks/event-names/>.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::lenient::maybe;

/// A webhook. The resource is parsed only for types that are used.
#[derive(Debug, Deserialize)]
pub(super) struct Event<'a> {
    /// `WH-…`, the same when it is sent again.
    pub(super) id: String,
    /// What happened.
    pub(super) event_type: String,
    /// To what.
    #[serde(borrow, default)]
    pub(super) resource: Option<&'a RawValue>,
    /// Where the event itself can be read again.
    #[serde(default)]
    pub(super) links: Vec<Link>,
}

/// An address that belongs to an object. None is ever called.
#[derive(Debug, Deserialize)]
pub(super) struct Link {
    /// The address.
    #[serde(default)]
    pub(super) href: String,
    /// What is there: `self`, `up`, ….
    #[serde(default)]
    pub(super) rel: String,
}

/// A captured payment, a refund or a reversal: they have the same fields.
#[derive(Debug, Deserialize)]
pub(super) struct Movement {
    /// PayPal's id of it.
    #[serde(default)]
    pub(super) id: String,
    /// How far it has come.
    pub(super) status: Option<String>,
    /// Why it has come no further.
    pub(super) status_details: Option<StatusDetails>,
    /// How much.
    pub(super) amount: Option<Amount>,
    /// Our reference of the payment, or our id of the refund.
    pub(super) custom_id: Option<String>,
    /// The same, for shops that use this one.
    pub(super) invoice_id: Option<String>,
    /// Who gets the money.
    pub(super) payee: Option<Payee>,
    /// Until when an authorization is good, as a time in RFC 3339. Whatever else stands there, the rest is read all the same.
    #[serde(default)]
    expiration_time: Option<Value>,
    /// A refund's leads up to the capture.
    #[serde(default)]
    pub(super) links: Vec<Link>,
    /// What of a capture comes to the shop.
    #[serde(default, deserialize_with = "maybe")]
    pub(super) seller_receivable_breakdown: Option<Breakdown>,
    /// What a refund takes from the shop.
    #[serde(default, deserialize_with = "maybe")]
    pub(super) seller_payable_breakdown: Option<Breakdown>,
}

/// The parts of an amount.
#[derive(Debug, Deserialize)]
pub(super) struct Breakdown {
    /// What PayPal keeps of a capture, or gives back of that with a refund, in the currency of the payment.
    pub(super) paypal_fee: Option<Amount>,
}

impl Movement {
    /// Until when an authorization is good, where it says so.
    pub(super) fn expires_at(&self) -> Option<Timestamp> {
        self.expiration_time.as_ref()?.as_str()?.parse().ok()
    }
}

/// Why something is pending or was declined.
#[derive(Debug, Deserialize)]
pub(super) struct StatusDetails {
    /// `ECHECK`, `PENDING_REVIEW`, ….
    pub(super) reason: Option<String>,
}

/// An amount.
#[derive(Debug, Deserialize)]
pub(super) struct Amount {
    /// A decimal text.
    pub(super) value: String,
    /// The currency's code.
    pub(super) currency_code: String,
}

/// A merchant.
#[derive(Debug, Deserialize)]
pub(super) struct Payee {
    /// The account.
    pub(super) merchant_id: Option<String>,
}

/// An order at PayPal, which the buyer has approved and nobody has captured.
#[derive(Debug, Deserialize)]
pub(super) struct CheckoutOrder {
    /// PayPal's id of it.
    #[serde(default)]
    pub(super) id: String,
    /// What is to be paid. We make one.
    #[serde(default)]
    pub(super) purchase_units: Vec<PurchaseUnit>,
}

/// A part of an order at PayPal.
#[derive(Debug, Deserialize)]
pub(super) struct PurchaseUnit {
    /// Our reference.
    pub(super) custom_id: Option<String>,
    /// Our reference, for shops that use this one.
    pub(super) invoice_id: Option<String>,
    /// Who gets the money.
    pub(super) payee: Option<Payee>,
}

/// A dispute.
#[derive(Debug, Deserialize)]
pub(super) struct Dispute {
    /// What it is about.
    #[serde(default)]
    pub(super) disputed_transactions: Vec<Disputed>,
    /// How much the buyer wants back.
    pub(super) dispute_amount: Option<Amount>,
    /// How it ended.
    pub(super) dispute_outcome: Option<Outcome>,
}

/// A payment that is disputed.
#[derive(Debug, Deserialize)]
pub(super) struct Disputed {
    /// The capture.
    #[serde(default)]
    pub(super) seller_transaction_id: String,
    /// Our reference.
    pub(super) custom: Option<String>,
    /// Our reference, for shops that use this one.
    pub(super) invoice_number: Option<String>,
    /// What it came to.
    pub(super) gross_amount: Option<Amount>,
    /// Who got the money.
    pub(super) seller: Option<Payee>,
}

/// How a dispute ended.
#[derive(Debug, Deserialize)]
pub(super) struct Outcome {
    /// `RESOLVED_SELLER_FAVOUR`, ….
    pub(super) outcome_code: Option<String>,
}

/// An access token.
#[derive(Deserialize)]
pub(super) struct Token {
    /// The token.
    pub(super) access_token: String,
    /// For how many seconds it is good.
    pub(super) expires_in: i64,
}

/// An error of the API.
#[derive(Debug, Deserialize)]
pub(super) struct Failure {
    /// `UNPROCESSABLE_ENTITY`, ….
    #[serde(default)]
    pub(super) name: String,
    /// In words.
    #[serde(default)]
    pub(super) message: String,
    /// What exactly.
    #[serde(default)]
    pub(super) details: Vec<Detail>,
}

/// What exactly was wrong.
#[derive(Debug, Deserialize)]
pub(super) struct Detail {
    /// `CAPTURE_FULLY_REFUNDED`, ….
    #[serde(default)]
    pub(super) issue: String,
    /// In words.
    #[serde(default)]
    pub(super) description: String,
}
