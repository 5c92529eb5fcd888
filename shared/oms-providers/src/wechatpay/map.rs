//! What WeChat Pay's notifications mean in our words. Pure.

use oms_domain::body::Provider;
use oms_domain::id::{EventKey, PaymentReference};
use oms_domain::payment::{PaymentFact, PaymentFactKind, RefundFactStatus};
use serde::de::DeserializeOwned;

use super::money;
use super::resource::ResourceKeys;
use super::wire::{Event, RefundNotice, Transaction};
use crate::callback::{Callback, WhyUnhandled};
use crate::error::ProviderError;
use crate::ours;
use crate::shown::short;

/// Whose notifications are taken.
#[derive(Debug)]
pub(super) struct Shop {
    pub(super) mchid: String,
    pub(super) appids: Vec<String>,
    pub(super) live: bool,
}

/// Reads the body of a verified notification.
///
/// # Errors
/// [`ProviderError::NotAnEvent`] when it has no envelope; [`ProviderError::EventUnreadable`],
/// [`ProviderError::CurrencyUnsupported`] or [`ProviderError::AmountUnsupported`] when it is of a type that is used and
/// its object cannot be read, or is not for us.
pub(super) fn event(shop: &Shop, keys: &ResourceKeys, body: &[u8]) -> Result<Callback, ProviderError> {
    let event: Event = serde_json::from_slice(body).map_err(|error| not_an_event(&error))?;
    if event.id.is_empty() {
        return Err(not_an_event(&"its id is empty"));
    }
    let key = EventKey::parse(format!("wechatpay:{}", event.id)).map_err(|error| not_an_event(&error))?;
    let kind = event.event_type.as_str();
    let said = match kind {
        "TRANSACTION.SUCCESS" => transaction(kind, shop, &opened(keys, &event)?)?,
        "REFUND.SUCCESS" | "REFUND.ABNORMAL" | "REFUND.CLOSED" => refund(kind, shop, opened(keys, &event)?)?,
        _ => return Ok(Callback::Unhandled { key, kind: short(kind), why: WhyUnhandled::UnknownType }),
    };
    if said.payment.is_empty() {
        return Ok(Callback::Unhandled { key, kind: short(kind), why: WhyUnhandled::NoPayment });
    }
    // A payment that somebody else made for the same merchant has a number that is none of our references: it is
    // looked up by WeChat Pay's id, and shown to people when nobody knows it.
    let reference = PaymentReference::parse(said.out_trade_no).ok();
    let fact = PaymentFact {
        key,
        provider: Provider::Wechatpay,
        provider_payment_id: said.payment,
        reference: reference.clone(),
        live: shop.live,
        kind: said.fact,
        fees: Vec::new(),
    };
    Ok(Callback::Fact { order_id: reference.as_ref().and_then(PaymentReference::order), fact })
}

/// What an object says: which payment, by which number of ours, what happened.
struct Said {
    payment: String,
    out_trade_no: String,
    fact: PaymentFactKind,
}

fn transaction(kind: &str, shop: &Shop, transaction: &Transaction) -> Result<Said, ProviderError> {
    check_mchid(kind, shop, &transaction.mchid)?;
    // The same reasoning as for the merchant's number: an app that nobody entered is our mistake, and money came in.
    if transaction.appid.as_ref().is_none_or(|appid| !shop.appids.contains(appid)) {
        return Err(unreadable(kind, "its appid is none of those that are configured"));
    }
    let fact = match transaction.trade_state.as_str() {
        // REFUND: it was paid, and something went back since. Of that the refund's own notification tells.
        "SUCCESS" | "REFUND" => {
            let amount = transaction.amount.as_ref().ok_or_else(|| unreadable(kind, "its amount is missing"))?;
            let total = amount.total.ok_or_else(|| unreadable(kind, "its total is missing"))?;
            PaymentFactKind::Captured { amount: money(total, amount.currency.as_deref())? }
        }
        "CLOSED" | "REVOKED" => PaymentFactKind::Cancelled,
        "PAYERROR" => {
            PaymentFactKind::Failed { reason: short(transaction.trade_state_desc.as_deref().unwrap_or("PAYERROR")) }
        }
        // NOTPAY, USERPAYING, and whatever comes next year.
        _ => PaymentFactKind::Pending,
    };
    Ok(Said {
        payment: transaction.transaction_id.clone().unwrap_or_default(),
        out_trade_no: transaction.out_trade_no.clone(),
        fact,
    })
}

fn refund(kind: &str, shop: &Shop, refund: RefundNotice) -> Result<Said, ProviderError> {
    check_mchid(kind, shop, &refund.mchid)?;
    if refund.refund_id.is_empty() {
        return Err(unreadable(kind, "its refund_id is empty"));
    }
    let fact = PaymentFactKind::Refund {
        refund_id: ours::refund(&refund.out_refund_no),
        provider_refund_id: refund.refund_id,
        amount: money(refund.amount.refund, refund.amount.currency.as_deref())?,
        status: refund_status(&refund.refund_status),
    };
    Ok(Said { payment: refund.transaction_id, out_trade_no: refund.out_trade_no, fact })
}

/// ABNORMAL: the buyer's account did not take the money, and it is with WeChat Pay until the shop says where to. For the
/// order it bounced: a person has to see to it. A state that we do not know is pending: only an explicit answer settles.
pub(super) fn refund_status(status: &str) -> RefundFactStatus {
    match status {
        "SUCCESS" => RefundFactStatus::Succeeded,
        "CLOSED" | "ABNORMAL" => RefundFactStatus::Failed,
        _ => RefundFactStatus::Pending,
    }
}

/// What was deciphered with our key and names another merchant tells of a mistake in the configuration. It is refused as
/// unreadable, not acknowledged: it comes again until somebody has put that right.
fn check_mchid(kind: &str, shop: &Shop, mchid: &str) -> Result<(), ProviderError> {
    if mchid == shop.mchid { Ok(()) } else { Err(unreadable(kind, "its mchid is not the one that is configured")) }
}

fn opened<T: DeserializeOwned>(keys: &ResourceKeys, event: &Event) -> Result<T, ProviderError> {
    let plain = keys.open(&event.resource).map_err(|reason| unreadable(&event.event_type, reason))?;
    serde_json::from_slice(&plain).map_err(|error| {
        // The parser's own message may quote what the buyer wrote; where and of which kind the fault is does not.
        let (class, line, column) = (error.classify(), error.line(), error.column());
        unreadable(&event.event_type, &format!("its resource is unreadable ({class:?} at {line}:{column})"))
    })
}

fn not_an_event(detail: &impl ToString) -> ProviderError {
    ProviderError::NotAnEvent { detail: detail.to_string() }
}

fn unreadable(kind: &str, detail: &str) -> ProviderError {
    ProviderError::EventUnreadable { kind: short(kind), detail: detail.to_owned() }
}
