//! What WeChat Pay sends: only the fields that are used. Unknown fields are passed over.
//!
//! Source: <https://pay.weixin.qq.com/doc/v3/merchant/4012791882> (payments) and
//! <https://pay.weixin.qq.com/doc/v3/merchant/4012791886> (refunds).

use serde::Deserialize;

/// A notification. What happened is in the enciphered resource.
#[derive(Debug, Deserialize)]
pub(super) struct Event {
    /// The notification's id, the same when it is sent again.
    pub(super) id: String,
    /// What happened.
    pub(super) event_type: String,
    /// The transaction or refund.
    pub(super) resource: Resource,
}

/// An enciphered object.
#[derive(Debug, Deserialize)]
pub(super) struct Resource {
    /// `AEAD_AES_256_GCM`.
    pub(super) algorithm: String,
    /// In base64, with the tag.
    pub(super) ciphertext: String,
    /// 12 characters.
    pub(super) nonce: String,
    /// Authenticated with it; may be missing.
    pub(super) associated_data: Option<String>,
}

/// A payment.
#[derive(Debug, Deserialize)]
pub(super) struct Transaction {
    /// Whose it is.
    pub(super) mchid: String,
    /// Through which app.
    pub(super) appid: Option<String>,
    /// Our reference.
    pub(super) out_trade_no: String,
    /// WeChat Pay's id; none before it is paid.
    pub(super) transaction_id: Option<String>,
    /// `SUCCESS`, `REFUND`, `NOTPAY`, `CLOSED`, `REVOKED`, `USERPAYING`, `PAYERROR`.
    pub(super) trade_state: String,
    /// The same in words.
    pub(super) trade_state_desc: Option<String>,
    /// How much.
    pub(super) amount: Option<Amount>,
}

/// The amount of a payment.
#[derive(Debug, Deserialize)]
pub(super) struct Amount {
    /// The order's sum in 分, also where a coupon of WeChat Pay's paid a part of it.
    pub(super) total: Option<i64>,
    /// `CNY`.
    pub(super) currency: Option<String>,
}

/// A refund in a notification, which calls its state `refund_status`.
#[derive(Debug, Deserialize)]
pub(super) struct RefundNotice {
    /// Whose it is.
    pub(super) mchid: String,
    /// Our reference of the payment.
    pub(super) out_trade_no: String,
    /// WeChat Pay's id of the payment.
    pub(super) transaction_id: String,
    /// Our id of the refund, or of whoever made it in the merchant console.
    pub(super) out_refund_no: String,
    /// WeChat Pay's id of the refund.
    pub(super) refund_id: String,
    /// `SUCCESS`, `CLOSED`, `ABNORMAL`.
    pub(super) refund_status: String,
    /// How much.
    pub(super) amount: RefundAmount,
}

/// A refund as the API answers it, with `status`.
#[derive(Debug, Deserialize)]
pub(super) struct Refund {
    /// Our id.
    pub(super) out_refund_no: String,
    /// WeChat Pay's id.
    pub(super) refund_id: String,
    /// `SUCCESS`, `CLOSED`, `PROCESSING`, `ABNORMAL`.
    pub(super) status: String,
    /// How much.
    pub(super) amount: RefundAmount,
}

/// The amount of a refund.
#[derive(Debug, Deserialize)]
pub(super) struct RefundAmount {
    /// In 分.
    pub(super) refund: i64,
    /// `CNY`, where it is said.
    pub(super) currency: Option<String>,
}

/// An error of the API.
#[derive(Debug, Deserialize)]
pub(super) struct Failure {
    /// The stable name.
    pub(super) code: String,
    /// In words, mostly Chinese.
    #[serde(default)]
    pub(super) message: String,
}
