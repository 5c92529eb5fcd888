//! What the answers of WeChat Pay's API mean for money. Pure: status and bytes in, one of our answers out.
//!
//! The rule: only what WeChat Pay says in so many words settles anything. Whatever is lost, late, unsigned, unreadable or
//! about the request rather than the refund leaves it unknown, and unknown is asked about under the same number.
//! Sources: <https://pay.weixin.qq.com/doc/v3/merchant/4012791883> (refund),
//! <https://pay.weixin.qq.com/doc/v3/merchant/4012791884> (query), <https://pay.weixin.qq.com/doc/v3/merchant/4012791860>
//! (close).

use oms_app::ports::{CancelAnswer, RefundAnswer};
use oms_domain::money::Money;
use oms_domain::payment::RefundFactStatus;

use super::map::refund_status;
use super::wire::{Failure, Refund, Transaction};
use super::{fen, money};
use crate::after::{AfterClose, AfterRefund};
use crate::shown::short;

/// An answer that arrived whole, and whose signature was checked (see [`super::client`] for errors).
#[derive(Debug)]
pub(super) struct Reply {
    /// The HTTP status.
    pub(super) status: u16,
    /// The body.
    pub(super) body: Vec<u8>,
}

/// Reads the answer to `POST /v3/refund/domestic/refunds`. The same number sent twice is one refund, and the second
/// answer says how it stands then.
pub(super) fn refund(reply: &Reply, number: &str, amount: Money) -> AfterRefund {
    if is_success(reply.status) {
        return AfterRefund::Settled(outcome(reply, number, amount));
    }
    match refusal(reply) {
        // Perhaps because it went through before.
        Some(error) => AfterRefund::Look { otherwise: RefundAnswer::Refused { reason: reason(&error) } },
        None => AfterRefund::Settled(RefundAnswer::Unknown),
    }
}

/// Reads the answer to `GET /v3/refund/domestic/refunds/{out_refund_no}`.
pub(super) fn queried(reply: &Reply, number: &str, amount: Money) -> RefundAnswer {
    if is_success(reply.status) {
        return outcome(reply, number, amount);
    }
    match failure(reply) {
        Some(error) if reply.status == 404 && error.code == "RESOURCE_NOT_EXISTS" => RefundAnswer::NotFound,
        Some(_) | None => RefundAnswer::Unknown,
    }
}

/// One of another number or amount is not what we asked for: unknown, for people to look at.
fn outcome(reply: &Reply, number: &str, amount: Money) -> RefundAnswer {
    let Ok(refund) = serde_json::from_slice::<Refund>(&reply.body) else {
        return RefundAnswer::Unknown;
    };
    let currency = refund.amount.currency.as_deref().unwrap_or("CNY");
    let as_asked = currency == "CNY" && fen(amount).is_ok_and(|fen| fen == refund.amount.refund);
    if refund.out_refund_no != number || !as_asked || refund.refund_id.is_empty() {
        return RefundAnswer::Unknown;
    }
    match refund_status(&refund.status) {
        RefundFactStatus::Succeeded => RefundAnswer::Succeeded { reference: refund.refund_id },
        RefundFactStatus::Pending => RefundAnswer::Pending { reference: refund.refund_id },
        RefundFactStatus::Failed => RefundAnswer::Refused { reason: short(&refund.status) },
    }
}

/// Reads the answer to `POST /v3/pay/transactions/out-trade-no/{out_trade_no}/close`, which is 204 without a body.
pub(super) fn closed(reply: &Reply) -> AfterClose {
    if is_success(reply.status) {
        return AfterClose::Settled(CancelAnswer::Cancelled);
    }
    match refusal(reply) {
        Some(error) => AfterClose::Look { reason: reason(&error) },
        None => AfterClose::Settled(CancelAnswer::Unknown),
    }
}

/// Reads the answer to `GET /v3/pay/transactions/out-trade-no/{out_trade_no}`: how an order stands that could not be closed.
///
/// An order that WeChat Pay does not know was never begun there: nobody can pay it, so it is called off. Whoever begins
/// one under the same reference after that and pays it has paid an order that is undone, and gets the money back.
pub(super) fn standing(reply: &Reply, out_trade_no: &str, mchid: &str, reason: String) -> CancelAnswer {
    if !is_success(reply.status) {
        return match failure(reply) {
            Some(error) if reply.status == 404 && is_unknown_order(&error.code) => CancelAnswer::Cancelled,
            Some(_) | None => CancelAnswer::Unknown,
        };
    }
    let Ok(transaction) = serde_json::from_slice::<Transaction>(&reply.body) else {
        return CancelAnswer::Unknown;
    };
    if transaction.out_trade_no != out_trade_no || transaction.mchid != mchid {
        return CancelAnswer::Unknown;
    }
    match transaction.trade_state.as_str() {
        "SUCCESS" | "REFUND" => {
            let amount = transaction.amount.and_then(|amount| money(amount.total?, amount.currency.as_deref()).ok());
            match (amount, transaction.transaction_id.filter(|id| !id.is_empty())) {
                (Some(amount), Some(provider_payment_id)) => CancelAnswer::Found { provider_payment_id, amount },
                (Some(_), None) | (None, _) => CancelAnswer::Unknown,
            }
        }
        "CLOSED" | "REVOKED" => CancelAnswer::Cancelled,
        "NOTPAY" | "PAYERROR" => CancelAnswer::Refused { reason },
        // USERPAYING: the buyer is typing the password. Asked again later, like a state that we do not know.
        _ => CancelAnswer::Unknown,
    }
}

/// The documentation has the name in both spellings.
fn is_unknown_order(code: &str) -> bool {
    matches!(code, "ORDER_NOT_EXIST" | "ORDERNOTEXIST" | "RESOURCE_NOT_EXISTS")
}

/// WeChat Pay's refusal, where the answer is one in so many words. None: the answer says nothing about what became of it.
///
/// - 401, and the codes below: our key, our certificate or our contract is refused, not this refund.
/// - 408, 409, 425, 429 and 5xx: not now, or not known.
pub(super) fn refusal(reply: &Reply) -> Option<Failure> {
    match reply.status {
        401 | 408 | 409 | 425 | 429 => None,
        400..=499 => failure(reply).filter(|error| !is_about_us(&error.code) && !is_for_later(&error.code)),
        _ => None,
    }
}

/// Codes that say that we are not who we ought to be, or may not do this at all.
pub(super) fn is_about_us(code: &str) -> bool {
    matches!(code, "SIGN_ERROR" | "NO_AUTH" | "MCH_NOT_EXISTS" | "APPID_MCHID_NOT_MATCH")
}

fn is_for_later(code: &str) -> bool {
    matches!(
        code,
        "SYSTEM_ERROR" | "SYSTEMERROR" | "FREQUENCY_LIMITED" | "FREQUENCY_LIMIT_EXCEED" | "BIZERR_NEED_RETRY"
    )
}

fn failure(reply: &Reply) -> Option<Failure> {
    serde_json::from_slice::<Failure>(&reply.body).ok().filter(|error| !error.code.is_empty())
}

/// The error of any answer, for the log.
pub(super) fn error_code(reply: &Reply) -> String {
    failure(reply).map_or_else(|| "unreadable".to_owned(), |error| short(&error.code))
}

pub(super) fn reason(error: &Failure) -> String {
    if error.message.is_empty() { short(&error.code) } else { short(&format!("{}: {}", error.code, error.message)) }
}

pub(super) fn is_success(status: u16) -> bool {
    (200..=299).contains(&status)
}
