//! What Alipay's notifications mean in our words. Pure.

use oms_domain::body::Provider;
use oms_domain::id::{EventKey, PaymentReference};
use oms_domain::money::Money;
use oms_domain::payment::{PaymentFact, PaymentFactKind, RefundFactStatus};

use super::signature::{Pairs, pairs, value};
use super::yuan;
use crate::callback::{Callback, WhyUnhandled};
use crate::error::ProviderError;
use crate::ours;
use crate::shown::short;

/// Whose notifications are taken.
#[derive(Debug)]
pub(super) struct Shop {
    pub(super) app_id: String,
    pub(super) seller_ids: Vec<String>,
    pub(super) live: bool,
}

/// Reads the body of a verified notification.
///
/// # Errors
/// [`ProviderError::NotAnEvent`] when it has no id; [`ProviderError::EventUnreadable`] or
/// [`ProviderError::CurrencyUnsupported`] when it is of a type that is used and cannot be read, or is not for us.
pub(super) fn event(shop: &Shop, body: &[u8]) -> Result<Callback, ProviderError> {
    let form = pairs(body)?;
    let id =
        value(&form, "notify_id").filter(|id| !id.is_empty()).ok_or_else(|| not_an_event(&"it has no notify_id"))?;
    let key = EventKey::parse(format!("alipay:{id}")).map_err(|error| not_an_event(&error))?;
    let kind = value(&form, "notify_type").unwrap_or_default();
    let unhandled = |why| Ok(Callback::Unhandled { key: key.clone(), kind: short(kind), why });
    if kind != "trade_status_sync" {
        return unhandled(WhyUnhandled::UnknownType);
    }
    let status = value(&form, "trade_status").unwrap_or_default();
    check_recipient(status, shop, &form)?;
    let Some(payment) = value(&form, "trade_no").filter(|id| !id.is_empty()) else {
        return unhandled(WhyUnhandled::NoPayment);
    };
    // A trade that somebody else began for the same account has a number that is none of our references: it is looked
    // up by Alipay's id, and shown to people when nobody knows it.
    let reference = value(&form, "out_trade_no").and_then(|text| PaymentReference::parse(text).ok());
    let fact = PaymentFact {
        key,
        provider: Provider::Alipay,
        provider_payment_id: payment.to_owned(),
        reference: reference.clone(),
        live: shop.live,
        kind: fact(status, &form)?,
        fees: Vec::new(),
    };
    Ok(Callback::Fact { order_id: reference.as_ref().and_then(PaymentReference::order), fact })
}

fn fact(status: &str, form: &Pairs) -> Result<PaymentFactKind, ProviderError> {
    let refunded = match value(form, "refund_fee") {
        Some(text) => Some(amount(status, "refund_fee", text)?).filter(|sum| sum.is_positive()),
        None => None,
    };
    match (status, refunded) {
        ("TRADE_SUCCESS" | "TRADE_CLOSED", Some(sum)) => refund(status, sum, form),
        // FINISHED comes months later, when nothing can be refunded any more.
        ("TRADE_SUCCESS" | "TRADE_FINISHED", _) => Ok(PaymentFactKind::Captured { amount: total(status, form)? }),
        ("TRADE_CLOSED", None) => Ok(PaymentFactKind::Cancelled),
        // WAIT_BUYER_PAY, and whatever comes next year.
        (_, _) => Ok(PaymentFactKind::Pending),
    }
}

/// A notification of a refund names all that has gone back so far, not what this refund brought. For a refund of ours
/// that does not matter: its amount is known. One that was made in the console can be counted when everything is back,
/// and otherwise it is only noted (as pending), since its amount would be a guess.
fn refund(status: &str, sum: Money, form: &Pairs) -> Result<PaymentFactKind, ProviderError> {
    let number = value(form, "out_biz_no").filter(|number| !number.is_empty());
    let refund_id = number.and_then(ours::refund);
    let is_told = refund_id.is_some() || sum == total(status, form)?;
    let trade = value(form, "trade_no").unwrap_or_default();
    Ok(PaymentFactKind::Refund {
        refund_id,
        provider_refund_id: number.map_or_else(|| format!("{trade}-{}", sum.amount()), str::to_owned),
        amount: sum,
        status: if is_told { RefundFactStatus::Succeeded } else { RefundFactStatus::Pending },
    })
}

fn total(status: &str, form: &Pairs) -> Result<Money, ProviderError> {
    let text = value(form, "total_amount").ok_or_else(|| unreadable(status, "total_amount is missing"))?;
    amount(status, "total_amount", text)
}

fn amount(status: &str, field: &str, text: &str) -> Result<Money, ProviderError> {
    let amount = yuan(text).map_err(|error| unreadable(status, &format!("{field}: {error}")))?;
    if amount.is_negative() { Err(unreadable(status, &format!("{field} is negative"))) } else { Ok(amount) }
}

/// What Alipay signed with the key of our app and names another app or seller tells of a mistake in the configuration.
/// It is refused as unreadable, not acknowledged: it comes again until somebody has put that right.
fn check_recipient(status: &str, shop: &Shop, form: &Pairs) -> Result<(), ProviderError> {
    if value(form, "app_id") != Some(shop.app_id.as_str()) {
        return Err(unreadable(status, "its app_id is not the one that is configured"));
    }
    if !value(form, "seller_id").is_some_and(|seller| shop.seller_ids.iter().any(|ours| ours == seller)) {
        return Err(unreadable(status, "its seller_id is none of those that are configured"));
    }
    // Only cross-border contracts have another currency, in which total_amount is not.
    match value(form, "trans_currency") {
        None | Some("" | "CNY") => Ok(()),
        Some(code) => Err(ProviderError::CurrencyUnsupported { provider: "alipay", code: short(code) }),
    }
}

fn not_an_event(detail: &impl ToString) -> ProviderError {
    ProviderError::NotAnEvent { detail: detail.to_string() }
}

fn unreadable(kind: &str, detail: &str) -> ProviderError {
    ProviderError::EventUnreadable { kind: short(kind), detail: detail.to_owned() }
}
