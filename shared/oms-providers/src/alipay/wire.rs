//! What Alipay's API answers: only the fields that are used. Unknown fields are passed over.
//!
//! Sources: <https://opendocs.alipay.com/open/f60979b3_alipay.trade.refund>,
//! <https://opendocs.alipay.com/open/8c776df6_alipay.trade.fastpay.refund.query>,
//! <https://opendocs.alipay.com/open/82ea786a_alipay.trade.query>.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

/// An answer: one node by the method's name, and the signature of its text.
pub(super) type Envelope<'a> = BTreeMap<&'a str, &'a RawValue>;

/// What every node has.
#[derive(Debug, Deserialize)]
pub(super) struct Outcome {
    /// `10000` when the call was carried out, `40004` when it was refused for a reason of the trade's.
    pub(super) code: String,
    /// The stable name of the reason.
    #[serde(default)]
    pub(super) sub_code: String,
    /// The reason in words.
    #[serde(default)]
    pub(super) sub_msg: String,
}

/// The answer to `alipay.trade.refund`.
#[derive(Debug, Deserialize)]
pub(super) struct Refunded {
    /// Alipay's id of the payment.
    pub(super) trade_no: String,
    /// `Y` when this very call moved money.
    pub(super) fund_change: Option<String>,
}

/// The answer to `alipay.trade.fastpay.refund.query`: without a state there is no such refund.
#[derive(Debug, Deserialize)]
pub(super) struct RefundFound {
    /// Our id of the refund.
    pub(super) out_request_no: Option<String>,
    /// How much, in yuan.
    pub(super) refund_amount: Option<String>,
    /// `REFUND_SUCCESS`.
    pub(super) refund_status: Option<String>,
}

/// The answer to `alipay.trade.query`.
#[derive(Debug, Deserialize)]
pub(super) struct Trade {
    /// Alipay's id.
    pub(super) trade_no: Option<String>,
    /// Our reference.
    pub(super) out_trade_no: String,
    /// `WAIT_BUYER_PAY`, `TRADE_SUCCESS`, `TRADE_FINISHED`, `TRADE_CLOSED`.
    pub(super) trade_status: String,
    /// In yuan.
    pub(super) total_amount: Option<String>,
}

/// The answer to `alipay.trade.precreate`.
#[derive(Debug, Deserialize)]
pub(super) struct QrCode {
    /// Our reference.
    pub(super) out_trade_no: String,
    /// What the code says.
    pub(super) qr_code: String,
}
