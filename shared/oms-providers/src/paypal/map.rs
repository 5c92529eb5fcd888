//! What PayPal's webhooks mean in our words. Pure.

use oms_domain::body::Provider;
use oms_domain::id::EventKey;
use oms_domain::money::Money;
use oms_domain::payment::{FeeFact, PaymentFact, PaymentFactKind, RefundFactStatus};
use serde::Deserialize;
use url::Url;

use super::currency::from_paypal;
use super::wire::{Amount, Breakdown, CheckoutOrder, Dispute, Disputed, Event, Link, Movement, Payee};
use crate::callback::{Callback, WhyUnhandled};
use crate::error::ProviderError;
use crate::ours::Named;
use crate::shown::short;

/// Whose webhooks are taken.
#[derive(Debug)]
pub(super) struct Shop {
    pub(super) merchant_id: String,
    pub(super) live: bool,
}

/// Reads the body of a verified webhook.
///
/// # Errors
/// [`ProviderError::NotAnEvent`] when it has no envelope; [`ProviderError::EventUnreadable`],
/// [`ProviderError::CurrencyUnsupported`] or [`ProviderError::AmountUnsupported`] when it is of a type that is used and
/// its resource cannot be read, or is not for us.
pub(super) fn events(shop: &Shop, body: &[u8]) -> Result<Vec<Callback>, ProviderError> {
    let event: Event<'_> = serde_json::from_slice(body).map_err(|_| not_an_event("it is no event of PayPal's"))?;
    if event.id.is_empty() {
        return Err(not_an_event("its id is empty"));
    }
    let key = EventKey::parse(format!("paypal:{}", event.id)).map_err(|error| not_an_event(&error.to_string()))?;
    let kind = event.event_type.as_str();
    let said = match kind {
        "PAYMENT.CAPTURE.COMPLETED"
        | "PAYMENT.CAPTURE.PENDING"
        | "PAYMENT.CAPTURE.DENIED"
        | "PAYMENT.CAPTURE.DECLINED" => vec![capture(kind, shop, &resource(&event)?)?],
        "PAYMENT.AUTHORIZATION.CREATED" | "PAYMENT.AUTHORIZATION.VOIDED" => {
            vec![authorization(kind, shop, &resource(&event)?)?]
        }
        "PAYMENT.CAPTURE.REFUNDED" => vec![refund(kind, shop, &resource(&event)?)?],
        "PAYMENT.CAPTURE.REVERSED" => vec![reversal(kind, shop, &resource(&event)?)?],
        "CUSTOMER.DISPUTE.CREATED" | "CUSTOMER.DISPUTE.UPDATED" | "CUSTOMER.DISPUTE.RESOLVED" => {
            disputes(kind, shop, &resource(&event)?)?
        }
        "CHECKOUT.ORDER.APPROVED" => vec![approval(kind, shop, &resource(&event)?)?],
        _ => return Ok(vec![Callback::Unhandled { key, kind: short(kind), why: WhyUnhandled::UnknownType }]),
    };
    check_mode(kind, shop, &event.links)?;
    let several = said.len() > 1;
    let said: Vec<Said> = said.into_iter().filter(|said| !said.payment.is_empty()).collect();
    if said.is_empty() {
        return Ok(vec![Callback::Unhandled { key, kind: short(kind), why: WhyUnhandled::NoPayment }]);
    }
    said.into_iter().map(|said| said.callback(shop, &key, several)).collect()
}

/// What a resource says: which payment, by which number of ours, what happened.
struct Said {
    payment: String,
    named: Named,
    fact: PaymentFactKind,
    fee: Option<FeeFact>,
}

impl Said {
    /// A number that is none of ours is of a payment that somebody else made through the same account: it is looked up by
    /// PayPal's id, and shown to people when nobody knows it.
    fn callback(self, shop: &Shop, key: &EventKey, several: bool) -> Result<Callback, ProviderError> {
        let key = if several {
            // One event about several payments, perhaps of one order: each is a fact of its own.
            EventKey::parse(format!("{key}:{}", self.payment)).map_err(|error| not_an_event(&error.to_string()))?
        } else {
            key.clone()
        };
        let order_id = self.named.order();
        let fact = PaymentFact {
            key,
            provider: Provider::Paypal,
            provider_payment_id: self.payment,
            reference: self.named.reference,
            live: shop.live,
            kind: self.fact,
            fees: self.fee.into_iter().collect(),
        };
        Ok(Callback::Fact { order_id, fact })
    }
}

/// The first of two texts that names an order of ours.
fn named(first: Option<&str>, second: Option<&str>) -> Named {
    let read = |text: Option<&str>| Named::by(text.unwrap_or_default());
    let of_ours = |named: &Named| named.order().is_some();
    Some(read(first)).filter(of_ours).or_else(|| Some(read(second)).filter(of_ours)).unwrap_or_default()
}

fn capture(kind: &str, shop: &Shop, capture: &Movement) -> Result<Said, ProviderError> {
    check_merchant(kind, shop, capture.payee.as_ref())?;
    let fact = match kind {
        "PAYMENT.CAPTURE.COMPLETED" => PaymentFactKind::Captured { amount: amount(kind, capture.amount.as_ref())? },
        "PAYMENT.CAPTURE.PENDING" => PaymentFactKind::Pending,
        _ => {
            let reason = capture.status_details.as_ref().and_then(|details| details.reason.as_deref());
            PaymentFactKind::Failed { reason: short(reason.unwrap_or("declined")) }
        }
    };
    let named = named(capture.custom_id.as_deref(), capture.invoice_id.as_deref());
    let is_taken = matches!(fact, PaymentFactKind::Captured { .. });
    let fee = fee(capture, capture.seller_receivable_breakdown.as_ref(), false).filter(|_| is_taken);
    Ok(Said { payment: capture.id.clone(), named, fact, fee })
}

/// What PayPal keeps of a capture, or gives back with a refund: under the id of that, for each has one fee. None where it
/// says none, or says zero.
fn fee(of: &Movement, parts: Option<&Breakdown>, is_returned: bool) -> Option<FeeFact> {
    let amount = from_paypal(parts?.paypal_fee.as_ref()?).ok()?;
    Some(FeeFact { reference: of.id.clone(), is_returned, amount })
}

/// A promise, or its end. PayPal calls one that it still looks at created too, with another status.
fn authorization(kind: &str, shop: &Shop, told: &Movement) -> Result<Said, ProviderError> {
    check_merchant(kind, shop, told.payee.as_ref())?;
    let fact = match (kind, told.status.as_deref()) {
        ("PAYMENT.AUTHORIZATION.VOIDED", _) => PaymentFactKind::Cancelled,
        (_, Some("CREATED")) => {
            let (amount, expires_at) = (amount(kind, told.amount.as_ref())?, told.expires_at());
            PaymentFactKind::Authorized { amount, expires_at }
        }
        _ => PaymentFactKind::Pending,
    };
    let named = named(told.custom_id.as_deref(), told.invoice_id.as_deref());
    Ok(Said { payment: told.id.clone(), named, fact, fee: None })
}

fn refund(kind: &str, shop: &Shop, refund: &Movement) -> Result<Said, ProviderError> {
    check_merchant(kind, shop, refund.payee.as_ref())?;
    if refund.id.is_empty() {
        return Err(unreadable(kind, "the refund's id is empty"));
    }
    let named = named(refund.custom_id.as_deref(), refund.invoice_id.as_deref());
    // The type of the event is an explicit answer too.
    let status = refund.status.as_deref().map_or(RefundFactStatus::Succeeded, refund_status);
    let fact = PaymentFactKind::Refund {
        refund_id: named.refund_id.clone(),
        provider_refund_id: refund.id.clone(),
        amount: amount(kind, refund.amount.as_ref())?,
        status,
    };
    let is_done = status == RefundFactStatus::Succeeded;
    let fee = fee(refund, refund.seller_payable_breakdown.as_ref(), true).filter(|_| is_done);
    Ok(Said { payment: of_capture(refund), named, fact, fee })
}

/// PayPal has taken the money back by itself: for people, like a dispute that is lost before it was told.
fn reversal(kind: &str, shop: &Shop, reversal: &Movement) -> Result<Said, ProviderError> {
    check_merchant(kind, shop, reversal.payee.as_ref())?;
    let named = named(reversal.custom_id.as_deref(), reversal.invoice_id.as_deref());
    let fact = PaymentFactKind::Disputed { amount: amount(kind, reversal.amount.as_ref())? };
    let fee = fee(reversal, reversal.seller_payable_breakdown.as_ref(), true);
    Ok(Said { payment: of_capture(reversal), named, fact, fee })
}

/// The capture that a refund or reversal leads up to. One that names none is told under its own id, which nobody knows, so
/// that it comes to people: money has moved.
fn of_capture(movement: &Movement) -> String {
    let up = movement.links.iter().filter(|link| link.rel == "up");
    let mut captures = up.filter_map(|link| {
        let (_, id) = link.href.rsplit_once("/captures/")?;
        Some(id).filter(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'))
    });
    captures.next_back().unwrap_or(&movement.id).to_owned()
}

/// Only an explicit answer settles: a status that we do not know is pending.
pub(super) fn refund_status(status: &str) -> RefundFactStatus {
    match status {
        "COMPLETED" => RefundFactStatus::Succeeded,
        "FAILED" | "CANCELLED" => RefundFactStatus::Failed,
        _ => RefundFactStatus::Pending,
    }
}

/// A dispute names the payments that it is about, mostly one.
fn disputes(kind: &str, shop: &Shop, dispute: &Dispute) -> Result<Vec<Said>, ProviderError> {
    let alone = dispute.disputed_transactions.len() == 1;
    let of = |disputed: &Disputed| {
        check_merchant(kind, shop, disputed.seller.as_ref())?;
        let whole = Some(disputed).filter(|_| !alone).and_then(|disputed| disputed.gross_amount.as_ref());
        Ok(Said {
            payment: disputed.seller_transaction_id.clone(),
            named: named(disputed.custom.as_deref(), disputed.invoice_number.as_deref()),
            fact: dispute_fact(kind, dispute, whole.or(dispute.dispute_amount.as_ref()))?,
            fee: None,
        })
    };
    dispute.disputed_transactions.iter().map(of).collect()
}

/// It is over for us when PayPal says so in so many words, or when the buyer took it back. Any other end is shown once
/// more: what it means for the money has to be looked at.
fn dispute_fact(kind: &str, dispute: &Dispute, disputed: Option<&Amount>) -> Result<PaymentFactKind, ProviderError> {
    let outcome = dispute.dispute_outcome.as_ref().and_then(|outcome| outcome.outcome_code.as_deref());
    Ok(match (kind, outcome) {
        ("CUSTOMER.DISPUTE.RESOLVED", Some("RESOLVED_SELLER_FAVOUR" | "CANCELED_BY_BUYER")) => {
            PaymentFactKind::DisputeWon
        }
        ("CUSTOMER.DISPUTE.UPDATED", _) => PaymentFactKind::Other { name: kind.to_owned() },
        _ => PaymentFactKind::Disputed { amount: amount(kind, disputed)? },
    })
}

/// The buyer has agreed, and the storefront has to capture now: until it does no money moves.
fn approval(kind: &str, shop: &Shop, order: &CheckoutOrder) -> Result<Said, ProviderError> {
    let unit = order.purchase_units.first();
    check_merchant(kind, shop, unit.and_then(|unit| unit.payee.as_ref()))?;
    let named = unit.map(|unit| named(unit.custom_id.as_deref(), unit.invoice_id.as_deref())).unwrap_or_default();
    Ok(Said { payment: order.id.clone(), named, fact: PaymentFactKind::Other { name: kind.to_owned() }, fee: None })
}

fn amount(kind: &str, amount: Option<&Amount>) -> Result<Money, ProviderError> {
    from_paypal(amount.ok_or_else(|| unreadable(kind, "its amount is missing"))?)
}

/// What was signed for our webhook and names another merchant tells of a mistake in the configuration. It is refused as
/// unreadable, not acknowledged: it comes again until somebody has put that right.
fn check_merchant(kind: &str, shop: &Shop, payee: Option<&Payee>) -> Result<(), ProviderError> {
    match payee.and_then(|payee| payee.merchant_id.as_deref()) {
        Some(id) if id != shop.merchant_id => Err(unreadable(kind, "its merchant is not the one that is configured")),
        Some(_) | None => Ok(()),
    }
}

/// An event does not say whether it is about real money, but its own address does: play money must not pay an order.
fn check_mode(kind: &str, shop: &Shop, links: &[Link]) -> Result<(), ProviderError> {
    let is_sandbox = |link: &Link| {
        Url::parse(&link.href).is_ok_and(|url| url.host_str().is_some_and(|host| host.ends_with(".sandbox.paypal.com")))
    };
    if shop.live && links.iter().any(is_sandbox) {
        return Err(unreadable(kind, "it comes from the sandbox, and live is configured"));
    }
    Ok(())
}

fn resource<'a, T: Deserialize<'a>>(event: &Event<'a>) -> Result<T, ProviderError> {
    let resource = event.resource.ok_or_else(|| unreadable(&event.event_type, "its resource is missing"))?;
    serde_json::from_str(resource.get()).map_err(|error| {
        // The parser's own message may quote what the buyer wrote; where and of which kind the fault is does not.
        let (class, line, column) = (error.classify(), error.line(), error.column());
        unreadable(&event.event_type, &format!("its resource is unreadable ({class:?} at {line}:{column})"))
    })
}

fn not_an_event(detail: &str) -> ProviderError {
    ProviderError::NotAnEvent { detail: detail.to_owned() }
}

fn unreadable(kind: &str, detail: &str) -> ProviderError {
    ProviderError::EventUnreadable { kind: short(kind), detail: detail.to_owned() }
}
