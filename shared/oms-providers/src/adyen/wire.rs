//! What Adyen sends: only the fields that are used. Unknown fields are passed over.
//!
//! Source: <https://docs.adyen.com/development-resources/webhooks/webhook-types>, and the OpenAPI documents of the standard
//! webhooks (version 1) and of the Checkout API (version 71).

use serde::Deserialize;

/// A webhook: one item, or several at once.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Notification {
    /// `true` or `false`, as a text. Not signed.
    pub(super) live: String,
    /// What happened.
    pub(super) notification_items: Vec<Wrapped>,
}

/// Every item stands in an object of its own.
#[derive(Debug, Deserialize)]
pub(super) struct Wrapped {
    #[serde(rename = "NotificationRequestItem")]
    pub(super) item: Item,
}

/// Something that happened to a payment. All but `reason` and `additionalData` is signed.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Item {
    /// Adyen's id of whatever this is about: a payment, or a request to change one.
    pub(super) psp_reference: String,
    /// Adyen's id of the payment that was changed; none where the item is about the payment itself.
    pub(super) original_reference: Option<String>,
    /// Whose it is.
    pub(super) merchant_account_code: String,
    /// Our reference of the payment; of a refund that we asked for, our id of that.
    pub(super) merchant_reference: Option<String>,
    /// How much.
    pub(super) amount: Amount,
    /// What happened.
    pub(super) event_code: String,
    /// `true` or `false`, as a text.
    pub(super) success: String,
    /// In words, why it did not succeed. Not signed.
    pub(super) reason: Option<String>,
    /// The signature is in here.
    pub(super) additional_data: Option<AdditionalData>,
}

/// What comes with an item.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AdditionalData {
    /// Base64 of the item's HMAC.
    pub(super) hmac_signature: Option<String>,
}

/// An amount in Adyen's minor units.
#[derive(Debug, Deserialize)]
pub(super) struct Amount {
    /// The units.
    pub(super) value: i64,
    /// The currency's code.
    pub(super) currency: String,
}

/// The answer to a request to change a payment.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Modification {
    /// Adyen's id of the request.
    #[serde(default)]
    pub(super) psp_reference: String,
    /// Adyen's id of the payment.
    pub(super) payment_psp_reference: Option<String>,
    /// Our reference of the payment, where it was named by that.
    pub(super) payment_reference: Option<String>,
    /// Always `received`.
    pub(super) status: String,
    /// How much is to go back.
    pub(super) amount: Option<Amount>,
}

/// An error of the API.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Failure {
    /// Adyen's number of the error.
    #[serde(default)]
    pub(super) error_code: String,
    /// `validation`, `security`, `configuration`, `internal`.
    #[serde(default)]
    pub(super) error_type: String,
    /// In words.
    #[serde(default)]
    pub(super) message: String,
}
