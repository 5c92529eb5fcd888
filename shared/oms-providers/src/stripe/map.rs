//! What Stripe's events mean in our words. Pure.

use oms_domain::body::Provider;
use oms_domain::id::{EventKey, OrderId, PaymentReference, RefundId};
use oms_domain::money::Money;
use oms_domain::payment::{FeeFact, PaymentFact, PaymentFactKind, RefundFactStatus};
use serde::Deserialize;

use super::currency::from_stripe;
use super::wire::{
    BalanceTransaction, Charge, Dispute, Event, Metadata, PaymentError, PaymentIntent, Reference, Refund,
};
use crate::callback::{Callback, WhyUnhandled};
use crate::error::ProviderError;
use crate::shown::short;

/// Reads the body of a verified event.
///
/// # Errors
/// [`ProviderError::NotAnEvent`] when it has no envelope; [`ProviderError::EventUnreadable`],
/// [`ProviderError::CurrencyUnsupported`] or [`ProviderError::AmountUnsupported`] when it is of a type that is used and
/// its object cannot be read.
pub(super) fn event(body: &[u8]) -> Result<Callback, ProviderError> {
    let event: Event<'_> = serde_json::from_slice(body).map_err(|error| not_an_event(&error))?;
    if event.id.is_empty() {
        return Err(not_an_event(&"its id is empty"));
    }
    let key = EventKey::parse(format!("stripe:{}", event.id)).map_err(|error| not_an_event(&error))?;
    let kind = event.kind.as_str();
    let said = match kind {
        "payment_intent.created"
        | "payment_intent.processing"
        | "payment_intent.requires_action"
        | "payment_intent.amount_capturable_updated"
        | "payment_intent.succeeded"
        | "payment_intent.payment_failed"
        | "payment_intent.canceled" => payment_intent(kind, &object(&event)?)?,
        "charge.refunded" => charge_refunded(kind, &object(&event)?)?,
        // Its payment intent has events of its own: one that cannot be read is missed by nobody.
        "charge.succeeded" | "charge.updated" => match object(&event).ok().as_ref().and_then(promised_until) {
            Some(said) => said,
            None => return Ok(unhandled(key, kind, WhyUnhandled::UnknownType)),
        },
        "charge.refund.updated" | "refund.created" | "refund.updated" | "refund.failed" => {
            refund_moved(kind, &object(&event)?)?
        }
        "charge.dispute.created"
        | "charge.dispute.updated"
        | "charge.dispute.closed"
        | "charge.dispute.funds_withdrawn"
        | "charge.dispute.funds_reinstated" => dispute(kind, &object(&event)?)?,
        _ => return Ok(unhandled(key, kind, WhyUnhandled::UnknownType)),
    };
    let Some(payment) = said.payment.filter(|id| !id.is_empty()) else {
        return Ok(unhandled(key, kind, WhyUnhandled::NoPayment));
    };
    let Ok(order_id) = said.named.order() else {
        return Ok(unhandled(key, kind, WhyUnhandled::MalformedOrderId));
    };
    let fact = PaymentFact {
        key,
        provider: Provider::Stripe,
        provider_payment_id: payment,
        reference: said.named.reference,
        live: event.livemode.unwrap_or(false),
        kind: said.fact,
        fees: said.fees,
    };
    Ok(Callback::Fact { order_id, fact })
}

/// What an object says: which payment, whose order, what happened.
struct Said {
    payment: Option<String>,
    named: Named,
    fact: PaymentFactKind,
    fees: Vec<FeeFact>,
}

/// What Stripe keeps or gives back by what moved on the shop's balance. A fee is in the currency of that balance; one whose
/// amount cannot be read is not known.
fn fees<'a>(moved: impl IntoIterator<Item = &'a BalanceTransaction>) -> Vec<FeeFact> {
    let fee = |moved: &BalanceTransaction| {
        let amount = from_stripe(moved.fee.checked_abs()?, &moved.currency).ok()?;
        Some(FeeFact { reference: moved.id.clone(), is_returned: moved.fee.is_negative(), amount })
    };
    moved.into_iter().filter_map(fee).collect()
}

/// What the shop wrote on the object.
struct Named {
    order: Option<String>,
    reference: Option<PaymentReference>,
}

impl Named {
    fn by(metadata: Option<&Metadata>) -> Self {
        let order = metadata.and_then(|m| m.order_id.clone());
        let reference = metadata.and_then(|m| m.payment_reference.clone());
        Self { order, reference: reference.and_then(|text| PaymentReference::parse(text).ok()) }
    }

    /// The order by its own id, or else by our reference, which holds it.
    fn order(&self) -> Result<Option<OrderId>, WhyUnhandled> {
        match &self.order {
            Some(text) => OrderId::parse(text.as_str()).map(Some).map_err(|_| WhyUnhandled::MalformedOrderId),
            None => Ok(self.reference.as_ref().and_then(PaymentReference::order)),
        }
    }
}

fn payment_intent(kind: &str, intent: &PaymentIntent) -> Result<Said, ProviderError> {
    let fact = match kind {
        "payment_intent.succeeded" => {
            // Every real succeeded intent has `amount_received`; `amount` is what it was to be.
            let units = intent.amount_received.or(intent.amount);
            PaymentFactKind::Captured { amount: amount(kind, "amount_received", units, &intent.currency)? }
        }
        "payment_intent.amount_capturable_updated" => match intent.amount_capturable {
            // Sent again with 0 when the last of it is captured or let go; that has an event of its own.
            Some(0) => PaymentFactKind::Other { name: kind.to_owned() },
            units => {
                let amount = amount(kind, "amount_capturable", units, &intent.currency)?;
                PaymentFactKind::Authorized { amount, expires_at: intent.capture_before() }
            }
        },
        "payment_intent.payment_failed" => {
            PaymentFactKind::Failed { reason: failure(intent.last_payment_error.as_ref()) }
        }
        "payment_intent.canceled" => PaymentFactKind::Cancelled,
        // created, processing, requires_action: nothing has happened but that Stripe knows the payment, and we its id.
        _ => PaymentFactKind::Pending,
    };
    let moved = intent.latest_charge.as_ref().and_then(|charge| charge.balance_transaction.as_ref());
    Ok(Said { payment: Some(intent.id.clone()), named: Named::by(intent.metadata.as_ref()), fact, fees: fees(moved) })
}

/// A card's charge says until when its promise is good; the payment intent, which says the rest, does not.
fn promised_until(charge: &Charge) -> Option<Said> {
    let expires_at = Some(charge.capture_before()?);
    let amount = from_stripe(charge.amount?, &charge.currency).ok()?;
    let payment = Some(charge.payment_intent.as_ref()?.id().to_owned());
    let fact = PaymentFactKind::Authorized { amount, expires_at };
    Some(Said { payment, named: Named::by(charge.metadata.as_ref()), fact, fees: fees(&charge.balance_transaction) })
}

/// The refunds' own events are the truth. This one is it too where the endpoint's API version still puts the list of
/// refunds into it; without the list it only tells a sum, which could be counted twice, so it is merely recorded.
fn charge_refunded(kind: &str, charge: &Charge) -> Result<Said, ProviderError> {
    let refunds = charge.refunds.as_ref().map(|list| list.data.as_slice()).unwrap_or_default();
    // The newest one set this event off; the others had events of their own. Stripe lists the newest first.
    let newest = refunds.iter().rev().max_by_key(|refund| refund.created);
    let fact = match newest {
        // Stripe writes a promise that is let go as a refund, and what a partial capture leaves of one. That stands in the
        // list before anything that was taken can go back, so that it is never the newest where something has.
        Some(refund) if !charge.is_only_let_go() => refund_fact(kind, refund)?,
        Some(_) | None => PaymentFactKind::Other { name: kind.to_owned() },
    };
    let payment = charge.payment_intent.as_ref().map_or(charge.id.as_str(), Reference::id);
    let fees = fees(&charge.balance_transaction);
    Ok(Said { payment: Some(payment.to_owned()), named: Named::by(charge.metadata.as_ref()), fact, fees })
}

fn refund_moved(kind: &str, refund: &Refund) -> Result<Said, ProviderError> {
    let payment = refund.payment_intent.as_ref().or(refund.charge.as_ref()).map(|of| of.id().to_owned());
    let fact = refund_fact(kind, refund)?;
    Ok(Said { payment, named: Named::by(refund.metadata.as_ref()), fact, fees: Vec::new() })
}

fn refund_fact(kind: &str, refund: &Refund) -> Result<PaymentFactKind, ProviderError> {
    if refund.id.is_empty() {
        return Err(unreadable(kind, "the refund's id is empty"));
    }
    let refund_id = refund.metadata.as_ref().and_then(|m| m.refund_id.clone());
    Ok(PaymentFactKind::Refund {
        // A text that is no refund id of ours was written by somebody else: it is not our refund.
        refund_id: refund_id.and_then(|text| RefundId::parse(text).ok()),
        provider_refund_id: refund.id.clone(),
        amount: amount(kind, "amount", Some(refund.amount), &refund.currency)?,
        status: match (refund_status(refund.status.as_deref()), kind) {
            // The type of the event is an explicit answer too.
            (RefundFactStatus::Pending, "refund.failed") => RefundFactStatus::Failed,
            (status, _) => status,
        },
    })
}

/// Only an explicit answer settles: a status that we do not know is pending.
pub(super) fn refund_status(status: Option<&str>) -> RefundFactStatus {
    match status {
        Some("succeeded") => RefundFactStatus::Succeeded,
        Some("failed" | "canceled") => RefundFactStatus::Failed,
        Some(_) | None => RefundFactStatus::Pending,
    }
}

/// A dispute begins when it is created and ends in our favour when it is won, or when an inquiry (`warning_…`) is closed.
/// A lost one is the end of that money. Moves of funds accompany these and are recorded only, so that a late
/// `funds_withdrawn` cannot reopen what was won. A dispute carries no metadata of the payment.
fn dispute(kind: &str, dispute: &Dispute) -> Result<Said, ProviderError> {
    let fact = match (kind, dispute.status.as_deref()) {
        ("charge.dispute.closed" | "charge.dispute.funds_reinstated", Some("won"))
        | ("charge.dispute.closed", Some("warning_closed")) => PaymentFactKind::DisputeWon,
        ("charge.dispute.closed", Some("lost")) => {
            PaymentFactKind::DisputeLost { amount: amount(kind, "amount", Some(dispute.amount), &dispute.currency)? }
        }
        ("charge.dispute.created" | "charge.dispute.closed", _) => {
            PaymentFactKind::Disputed { amount: amount(kind, "amount", Some(dispute.amount), &dispute.currency)? }
        }
        _ => PaymentFactKind::Other { name: kind.to_owned() },
    };
    let payment = dispute.payment_intent.as_ref().or(dispute.charge.as_ref()).map(|of| of.id().to_owned());
    let fees = fees(dispute.balance_transactions.iter().flatten());
    Ok(Said { payment, named: Named::by(dispute.metadata.as_ref()), fact, fees })
}

fn failure(error: Option<&PaymentError>) -> String {
    let code = error.and_then(|e| e.code.as_deref());
    let decline = error.and_then(|e| e.decline_code.as_deref());
    let reason = match (code, decline) {
        (Some(code), Some(decline)) if code != decline => format!("{code}: {decline}"),
        (Some(code), _) | (None, Some(code)) => code.to_owned(),
        (None, None) => "payment_failed".to_owned(),
    };
    short(&reason)
}

fn amount(kind: &str, field: &str, units: Option<i64>, currency: &str) -> Result<Money, ProviderError> {
    let units = units.ok_or_else(|| unreadable(kind, &format!("{field} is missing")))?;
    from_stripe(units, currency)
}

fn object<'a, T: Deserialize<'a>>(event: &Event<'a>) -> Result<T, ProviderError> {
    let data = event.data.as_ref().ok_or_else(|| unreadable(&event.kind, "data is missing"))?;
    serde_json::from_str(data.object.get()).map_err(|error| unreadable(&event.kind, &error.to_string()))
}

fn unhandled(key: EventKey, kind: &str, why: WhyUnhandled) -> Callback {
    Callback::Unhandled { key, kind: short(kind), why }
}

fn not_an_event(detail: &impl ToString) -> ProviderError {
    ProviderError::NotAnEvent { detail: detail.to_string() }
}

fn unreadable(kind: &str, detail: &str) -> ProviderError {
    ProviderError::EventUnreadable { kind: short(kind), detail: detail.to_owned() }
}
