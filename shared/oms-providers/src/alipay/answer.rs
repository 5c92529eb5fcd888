//! What the answers of Alipay's API mean for money. Pure: bytes in, one of our answers out.
//!
//! The rule: only what Alipay signed and says in so many words settles anything. Whatever is lost, late, unsigned,
//! unreadable or about the request rather than the refund leaves it unknown, and unknown is asked about under the same
//! number.

use oms_app::ports::{CancelAnswer, RefundAnswer};
use oms_domain::money::Money;
use serde::de::DeserializeOwned;

use super::signature::check_node;
use super::wire::{Envelope, Outcome, QrCode, RefundFound, Refunded, Trade};
use super::yuan;
use crate::after::{AfterClose, AfterRefund};
use crate::error::ProviderError;
use crate::shown::short;
use crate::verified::RsaKey;

/// The node of an answer, whose signature was checked, and what every node says.
#[derive(Debug)]
pub(super) struct Reply {
    outcome: Outcome,
    node: String,
}

/// Reads an answer to a method. The gateway's own errors are in another node, and often unsigned: they are no answer.
pub(super) fn read(body: &[u8], method: &str, keys: &[RsaKey]) -> Result<Reply, ProviderError> {
    let not_one = |detail: &str| ProviderError::NotAnEvent { detail: detail.to_owned() };
    let envelope: Envelope<'_> =
        serde_json::from_slice(body).map_err(|_| not_one("it is no answer of the gateway's"))?;
    let name = format!("{}_response", method.replace('.', "_"));
    let node = envelope.get(name.as_str()).ok_or_else(|| not_one("it has no answer to the method"))?;
    let sign = envelope.get("sign").ok_or(ProviderError::SignatureMissing { header: "sign" })?;
    let sign: String = serde_json::from_str(sign.get()).map_err(|_| not_one("its sign is no text"))?;
    let verified = check_node(keys, node.get(), &sign)?;
    let outcome = serde_json::from_slice(verified.body()).map_err(|_| not_one("it has no code"))?;
    Ok(Reply { outcome, node: node.get().to_owned() })
}

impl Reply {
    /// Whether the call was carried out.
    pub(super) fn is_done(&self) -> bool {
        self.outcome.code == "10000"
    }

    /// The error, for the log.
    pub(super) fn error_code(&self) -> String {
        short(&format!("{} {}", self.outcome.code, self.outcome.sub_code))
    }

    /// Whether it is we who are refused: 40001 and 40002 without a reason of the trade's, 40006, 20001.
    pub(super) fn is_about_us(&self) -> bool {
        !self.is_done() && self.outcome.code != "40004" && self.outcome.code.starts_with("40")
            || self.outcome.code == "20001"
    }

    /// Alipay's refusal, where the answer is one in so many words. None: it says nothing about what became of it.
    ///
    /// Only 40004 with a reason of the trade's (`ACQ.…`) is; 20000, 10003 and a system error are for later, and the other
    /// codes are about our signature, our parameters' form or our contract.
    fn refusal(&self) -> Option<&Outcome> {
        let code = self.outcome.sub_code.as_str();
        let is_one = self.outcome.code == "40004" && code.starts_with("ACQ.");
        Some(&self.outcome).filter(|_| is_one && !matches!(code, "ACQ.SYSTEM_ERROR" | "ACQ.ACCESS_FORBIDDEN"))
    }

    fn is_unknown_trade(&self) -> bool {
        self.refusal().is_some_and(|error| error.sub_code == "ACQ.TRADE_NOT_EXIST")
    }

    fn object<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_str(&self.node).ok()
    }
}

/// Reads the answer to `alipay.trade.refund`. Alipay has no id of its own for a refund.
pub(super) fn refund(reply: &Reply, number: &str, trade_no: &str) -> AfterRefund {
    if reply.is_done() {
        return match reply.object::<Refunded>() {
            Some(refund) if refund.trade_no != trade_no => AfterRefund::Settled(RefundAnswer::Unknown),
            Some(refund) if refund.fund_change.as_deref() == Some("Y") => {
                AfterRefund::Settled(RefundAnswer::Succeeded { reference: number.to_owned() })
            }
            Some(_) => AfterRefund::Look { otherwise: RefundAnswer::Unknown },
            None => AfterRefund::Settled(RefundAnswer::Unknown),
        };
    }
    match reply.refusal() {
        Some(error) => AfterRefund::Look { otherwise: RefundAnswer::Refused { reason: reason(error) } },
        None => AfterRefund::Settled(RefundAnswer::Unknown),
    }
}

/// Reads the answer to `alipay.trade.fastpay.refund.query`. One without a state says that the refund was not received or
/// did not go through; to send it again under the same number and amount is what Alipay asks for then.
pub(super) fn queried(reply: &Reply, number: &str, amount: Money) -> RefundAnswer {
    if !reply.is_done() {
        return if reply.is_unknown_trade() { RefundAnswer::NotFound } else { RefundAnswer::Unknown };
    }
    let Some(refund) = reply.object::<RefundFound>() else {
        return RefundAnswer::Unknown;
    };
    let Some(status) = refund.refund_status.as_deref().filter(|status| !status.is_empty()) else {
        return RefundAnswer::NotFound;
    };
    // One of another number or amount is not what we asked for: unknown, for people to look at.
    let sum = refund.refund_amount.as_deref().and_then(|text| yuan(text).ok());
    if refund.out_request_no.as_deref() != Some(number) || sum != Some(amount) {
        return RefundAnswer::Unknown;
    }
    let reference = number.to_owned();
    match status {
        "REFUND_SUCCESS" => RefundAnswer::Succeeded { reference },
        _ => RefundAnswer::Pending { reference },
    }
}

/// How `alipay.trade.precreate` was answered.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Precreated {
    /// With what the code says.
    Code(String),
    /// The trade of this number is paid.
    Paid,
    /// With a no.
    Refused(String),
    /// Not in so many words.
    Unknown,
}

/// Reads the answer to `alipay.trade.precreate`.
pub(super) fn precreated(reply: &Reply, out_trade_no: &str) -> Precreated {
    if reply.is_done() {
        let code = reply.object::<QrCode>().filter(|code| code.out_trade_no == out_trade_no);
        return code.map_or(Precreated::Unknown, |code| Precreated::Code(code.qr_code));
    }
    match reply.refusal() {
        Some(error) if error.sub_code == "ACQ.TRADE_HAS_SUCCESS" => Precreated::Paid,
        Some(error) => Precreated::Refused(reason(error)),
        None => Precreated::Unknown,
    }
}

/// Reads the answer to `alipay.trade.close`.
pub(super) fn closed(reply: &Reply) -> AfterClose {
    if reply.is_done() {
        return AfterClose::Settled(CancelAnswer::Cancelled);
    }
    match reply.refusal() {
        Some(error) => AfterClose::Look { reason: reason(error) },
        None => AfterClose::Settled(CancelAnswer::Unknown),
    }
}

/// Reads the answer to `alipay.trade.query`: how a trade stands that could not be closed.
///
/// A trade begins when the buyer logs in at the cashier, so one that Alipay does not know has no buyer yet, and nothing
/// to call off. Whoever pays it after that has paid an order that is undone, and gets the money back.
pub(super) fn standing(reply: &Reply, out_trade_no: &str, reason: String) -> CancelAnswer {
    if !reply.is_done() {
        return if reply.is_unknown_trade() { CancelAnswer::Cancelled } else { CancelAnswer::Unknown };
    }
    let Some(trade) = reply.object::<Trade>().filter(|trade| trade.out_trade_no == out_trade_no) else {
        return CancelAnswer::Unknown;
    };
    match trade.trade_status.as_str() {
        "TRADE_SUCCESS" | "TRADE_FINISHED" => {
            let amount = trade.total_amount.and_then(|text| yuan(&text).ok());
            match (amount, trade.trade_no.filter(|id| !id.is_empty())) {
                (Some(amount), Some(provider_payment_id)) => CancelAnswer::Found { provider_payment_id, amount },
                (Some(_), None) | (None, _) => CancelAnswer::Unknown,
            }
        }
        // Never paid, or paid and wholly sent back: nothing is held either way.
        "TRADE_CLOSED" => CancelAnswer::Cancelled,
        "WAIT_BUYER_PAY" => CancelAnswer::Refused { reason },
        _ => CancelAnswer::Unknown,
    }
}

fn reason(error: &Outcome) -> String {
    if error.sub_msg.is_empty() {
        short(&error.sub_code)
    } else {
        short(&format!("{}: {}", error.sub_code, error.sub_msg))
    }
}
