//! What Adyen's webhooks mean in our words. Pure.
//!
//! Two things are read that no signature covers. `live` can only have an item refused: what counts is the mode of our own
//! configuration, and a test webhook has a key of its own. `reason` is shown to staff and decides nothing.

use oms_domain::body::Provider;
use oms_domain::id::EventKey;
use oms_domain::money::Money;
use oms_domain::payment::{PaymentFact, PaymentFactKind, RefundFactStatus};

use super::currency::from_adyen;
use super::signature::read;
use super::wire::Item;
use crate::callback::{Callback, WhyUnhandled};
use crate::error::ProviderError;
use crate::ours::Named;
use crate::secret::AdyenCapture;
use crate::shown::short;

/// Whose webhooks are taken, and what an authorisation is worth.
#[derive(Debug)]
pub(super) struct Shop {
    pub(super) merchant_account: String,
    pub(super) live: bool,
    pub(super) capture: AdyenCapture,
}

/// Reads the body of a verified webhook: one callback for every item.
///
/// # Errors
/// [`ProviderError::NotAnEvent`] when an item has no id; [`ProviderError::EventUnreadable`],
/// [`ProviderError::CurrencyUnsupported`] or [`ProviderError::AmountUnsupported`] when it is of a type that is used and
/// cannot be read, or is not for us.
pub(super) fn events(shop: &Shop, body: &[u8]) -> Result<Vec<Callback>, ProviderError> {
    let notification = read(body)?;
    let items = notification.notification_items.iter().map(|wrapped| &wrapped.item);
    items.map(|item| event(shop, &notification.live, item)).collect()
}

/// An event has no id of its own. The same request of Adyen's is told about once with each outcome, so that is the key.
fn key(item: &Item) -> Result<EventKey, ProviderError> {
    if item.psp_reference.is_empty() {
        return Err(not_an_event(&"its pspReference is empty"));
    }
    EventKey::parse(format!("adyen:{}:{}:{}", item.psp_reference, item.event_code, item.success))
        .map_err(|error| not_an_event(&error))
}

fn event(shop: &Shop, live: &str, item: &Item) -> Result<Callback, ProviderError> {
    let key = key(item)?;
    let kind = item.event_code.as_str();
    let Some(meaning) = meaning(kind) else {
        return Ok(Callback::Unhandled { key, kind: short(kind), why: WhyUnhandled::UnknownType });
    };
    check_recipient(shop, live, item)?;
    // What changes a payment names it; what does not is about the payment itself. Some webhooks about disputes leave it
    // out: their payment is found by our reference.
    let payment = item.original_reference.as_deref().filter(|id| !id.is_empty()).unwrap_or(&item.psp_reference);
    // A number that is none of ours is of a payment that somebody else made through the same account: it is looked up by
    // Adyen's id, and shown to people when nobody knows it.
    let named = Named::by(item.merchant_reference.as_deref().unwrap_or_default());
    let order_id = named.order();
    let fact = PaymentFact {
        key,
        provider: Provider::Adyen,
        provider_payment_id: payment.to_owned(),
        reference: named.reference.clone(),
        live: shop.live,
        kind: fact(shop, item, meaning, named)?,
        fees: Vec::new(),
    };
    Ok(Callback::Fact { order_id, fact })
}

/// What a type of event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// The buyer's bank has promised the money, or not.
    Authorisation,
    /// A promise was turned into money, or not.
    Capture,
    /// Money that was ours, or was about to be, is not.
    CaptureFailed,
    /// A promise is over.
    Cancellation,
    /// Money went back, or not.
    Refund,
    /// Money that went back has come to us again.
    RefundBounced,
    /// The buyer's bank wants it back.
    Dispute,
    /// A dispute is over, for us.
    DisputeWon,
    /// The provider waits for the buyer.
    Pending,
    /// Worth a line in the order's timeline.
    Note,
}

/// The types that say something about an order's money. Reports, contracts and payouts are not among them.
fn meaning(kind: &str) -> Option<Meaning> {
    Some(match kind {
        "AUTHORISATION" => Meaning::Authorisation,
        "CAPTURE" => Meaning::Capture,
        "CAPTURE_FAILED" => Meaning::CaptureFailed,
        "CANCELLATION" | "TECHNICAL_CANCEL" | "EXPIRE" => Meaning::Cancellation,
        "REFUND" => Meaning::Refund,
        "REFUND_FAILED" | "REFUNDED_REVERSED" => Meaning::RefundBounced,
        "NOTIFICATION_OF_CHARGEBACK"
        | "CHARGEBACK"
        | "SECOND_CHARGEBACK"
        | "PREARBITRATION_OPEN"
        | "PREARBITRATION_LOST"
        | "SCHEME_ARBITRATION_LOST" => Meaning::Dispute,
        "CHARGEBACK_REVERSED"
        | "PREARBITRATION_WON"
        | "PREARBITRATION_ISSUER_WITHDRAWN"
        | "SCHEME_ARBITRATION_WON"
        | "ISSUER_RESPONSE_TIMEFRAME_EXPIRED" => Meaning::DisputeWon,
        "PENDING" => Meaning::Pending,
        // CANCEL_OR_REFUND: which of the two it was is said in a field that is not signed.
        "CANCEL_OR_REFUND"
        | "AUTHORISATION_ADJUSTMENT"
        | "POSTPONED_REFUND"
        | "OFFER_CLOSED"
        | "MANUAL_REVIEW_ACCEPT"
        | "MANUAL_REVIEW_REJECT"
        | "REQUEST_FOR_INFORMATION"
        | "INFORMATION_SUPPLIED"
        | "DISPUTE_DEFENSE_PERIOD_ENDED"
        | "ISSUER_COMMENTS"
        | "PREARBITRATION_ACCEPTED"
        | "PREARBITRATION_DECLINED"
        | "SCHEME_ARBITRATION"
        | "NOTIFICATION_OF_FRAUD" => Meaning::Note,
        _ => return None,
    })
}

fn fact(shop: &Shop, item: &Item, meaning: Meaning, named: Named) -> Result<PaymentFactKind, ProviderError> {
    let succeeded = match item.success.as_str() {
        "true" => true,
        "false" => false,
        _ => return Err(unreadable(item, "its success is neither true nor false")),
    };
    let note = || PaymentFactKind::Other { name: item.event_code.clone() };
    Ok(match (meaning, succeeded) {
        // Checking a card without taking anything.
        (Meaning::Authorisation, true) if item.amount.value == 0 => note(),
        (Meaning::Authorisation, true) => match shop.capture {
            AdyenCapture::Automatic => PaymentFactKind::Captured { amount: amount(item)? },
            // Until when, no webhook of Adyen's says: `expiryDate` is that of the card.
            AdyenCapture::Manual => PaymentFactKind::Authorized { amount: amount(item)?, expires_at: None },
        },
        (Meaning::Authorisation, false) => PaymentFactKind::Failed { reason: reason(item) },
        (Meaning::Capture, true) => PaymentFactKind::Captured { amount: amount(item)? },
        // Goods may be moving on it: nothing more ships, and people look.
        (Meaning::Capture, false) | (Meaning::CaptureFailed, true) => {
            PaymentFactKind::CaptureFailed { amount: amount(item)?, reason: reason(item) }
        }
        (Meaning::Cancellation, true) => PaymentFactKind::Cancelled,
        (Meaning::Refund, _) => refund(item, named, succeeded)?,
        (Meaning::RefundBounced, true) => refund(item, named, false)?,
        (Meaning::Dispute, true) => PaymentFactKind::Disputed { amount: amount(item)? },
        (Meaning::DisputeWon, true) => PaymentFactKind::DisputeWon,
        (Meaning::Pending, true) => PaymentFactKind::Pending,
        // Something else did not happen, so nothing has changed.
        (
            Meaning::CaptureFailed
            | Meaning::Cancellation
            | Meaning::RefundBounced
            | Meaning::Dispute
            | Meaning::DisputeWon
            | Meaning::Pending,
            false,
        )
        | (Meaning::Note, _) => note(),
    })
}

fn refund(item: &Item, named: Named, succeeded: bool) -> Result<PaymentFactKind, ProviderError> {
    Ok(PaymentFactKind::Refund {
        refund_id: named.refund_id,
        provider_refund_id: item.psp_reference.clone(),
        amount: amount(item)?,
        status: if succeeded { RefundFactStatus::Succeeded } else { RefundFactStatus::Failed },
    })
}

fn amount(item: &Item) -> Result<Money, ProviderError> {
    from_adyen(item.amount.value, &item.amount.currency)
}

fn reason(item: &Item) -> String {
    match item.reason.as_deref() {
        None | Some("" | "null") => "refused".to_owned(),
        Some(reason) => short(reason),
    }
}

/// What was signed with our key and names another account, or comes from the other environment, tells of a mistake in the
/// configuration. It is refused as unreadable, not acknowledged: it comes again until somebody has put that right.
fn check_recipient(shop: &Shop, live: &str, item: &Item) -> Result<(), ProviderError> {
    if item.merchant_account_code != shop.merchant_account {
        return Err(unreadable(item, "its merchantAccountCode is not the one that is configured"));
    }
    let expected = if shop.live { "true" } else { "false" };
    if live == expected { Ok(()) } else { Err(unreadable(item, "its live is not what is configured")) }
}

fn not_an_event(detail: &impl ToString) -> ProviderError {
    ProviderError::NotAnEvent { detail: detail.to_string() }
}

fn unreadable(item: &Item, detail: &str) -> ProviderError {
    ProviderError::EventUnreadable { kind: short(&item.event_code), detail: detail.to_owned() }
}
