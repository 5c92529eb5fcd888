//! What providers say about payments. A capture is a fact and is always recorded; whether it pays for this order is
//! checked against the order: amount, currency, live or test, reference.

use jiff::Timestamp;

use crate::body::Provider;
use crate::capture::is_relied_on;
use crate::decide::holds::{self, anomaly};
use crate::decide::refund_fact::{self, Told};
use crate::decide::{capture, dispute, fee};
use crate::event::OrderEvent;
use crate::id::PaymentId;
use crate::machine::Machine;
use crate::money::Money;
use crate::order::{Order, Payment};
use crate::payment::{PaymentFact, PaymentFactKind};
use crate::policy::Context;
use crate::promise;
use crate::refusal::Refusal;
use crate::status::{CaptureStatus, HoldKind, OrderStatus, PaymentStatus};

pub(super) fn record(order: &Order, fact: &PaymentFact, ctx: &Context<'_>) -> Result<Vec<OrderEvent>, Refusal> {
    if order.applied.contains(&fact.key) {
        return Ok(Vec::new());
    }
    if fact.live != ctx.policy.live {
        let mode = if fact.live { "live" } else { "test" };
        let detail = format!("{} {} is of {mode} mode", fact.provider.name(), fact.provider_payment_id);
        return Ok(vec![anomaly(order, 0, "payment_mode", detail)]);
    }
    let mut events = match &fact.kind {
        PaymentFactKind::Other { name } => vec![note("provider_event", name.clone())],
        PaymentFactKind::Captured { amount } => captured(order, fact, *amount, ctx)?,
        PaymentFactKind::Authorized { amount, expires_at } => {
            authorized(order, fact, *amount, promise::credible(*expires_at, ctx.now), ctx)?
        }
        PaymentFactKind::Pending | PaymentFactKind::Failed { .. } | PaymentFactKind::Cancelled => {
            lesser(order, fact, ctx)
        }
        PaymentFactKind::DisputeWon => dispute::won(order, fact, lesser(order, fact, ctx), ctx)?,
        PaymentFactKind::DisputeLost { amount } => dispute::lost(order, fact, *amount, ctx)?,
        PaymentFactKind::Disputed { amount } => dispute::opened(order, fact, *amount, ctx),
        PaymentFactKind::CaptureFailed { amount, reason } => capture::failed_there(order, fact, *amount, reason, ctx),
        PaymentFactKind::Refund { refund_id, provider_refund_id, amount, status } => {
            let told = Told { refund_id: refund_id.as_ref(), provider_refund_id, amount: *amount, status: *status };
            refund_fact::record(order, fact, &told, ctx)?
        }
    };
    events.extend(fee::told(order, fact, &events, ctx));
    Ok(events)
}

pub(super) fn note(what: &str, detail: impl Into<String>) -> OrderEvent {
    OrderEvent::Noted { what: what.into(), detail: detail.into(), released: None }
}

/// The attempt that a fact is about: by the provider's own id, else one that has none yet and is ours to collect, whose
/// reference is not another and whose amount fits best.
pub(super) fn attempt<'a>(order: &'a Order, fact: &PaymentFact) -> Option<&'a Payment> {
    let same = || order.payments.iter().filter(|p| p.provider == fact.provider);
    let open = || {
        let ours = |p: &&Payment| p.provider_payment_id.is_none() && !order.is_collected_by_channel(p);
        same().filter(ours).filter(|p| fact.reference.as_ref().is_none_or(|r| *r == p.reference))
    };
    let told = amount_of(&fact.kind);
    same()
        .find(|p| p.provider_payment_id.as_deref() == Some(fact.provider_payment_id.as_str()))
        .or_else(|| same().find(|p| p.former_ids.contains(&fact.provider_payment_id)))
        .or_else(|| same().find(|p| is_its_capture(p, fact)))
        .or_else(|| open().find(|p| told == Some(p.amount)))
        .or_else(|| open().next())
}

/// PayPal gives a payment another id when its promise is taken, and tells our reference with both: a capture under the
/// reference of a payment that is only promised is the capture of that.
fn is_its_capture(payment: &Payment, fact: &PaymentFact) -> bool {
    let is_capture = matches!(fact.kind, PaymentFactKind::Captured { .. });
    let is_promised = payment.status == PaymentStatus::Authorized && payment.provider_payment_id.is_some();
    let same = fact.reference.as_ref() == Some(&payment.reference);
    fact.provider == Provider::Paypal && is_capture && is_promised && same
}

fn amount_of(kind: &PaymentFactKind) -> Option<Money> {
    match kind {
        PaymentFactKind::Captured { amount } | PaymentFactKind::Authorized { amount, .. } => Some(*amount),
        PaymentFactKind::Pending
        | PaymentFactKind::CaptureFailed { .. }
        | PaymentFactKind::Failed { .. }
        | PaymentFactKind::Cancelled
        | PaymentFactKind::Refund { .. }
        | PaymentFactKind::Disputed { .. }
        | PaymentFactKind::DisputeWon
        | PaymentFactKind::DisputeLost { .. }
        | PaymentFactKind::Other { .. } => None,
    }
}

/// The attempt's id, and the events that make it known: a second payment gets an attempt of its own.
fn identified(order: &Order, fact: &PaymentFact, amount: Money) -> (PaymentId, bool, Vec<OrderEvent>) {
    let id = |payment_id: &PaymentId| OrderEvent::PaymentIdentified {
        payment_id: payment_id.clone(),
        provider_payment_id: fact.provider_payment_id.clone(),
    };
    match attempt(order, fact) {
        Some(payment) => {
            // What is told under a former id is of the same payment, which has moved on.
            let known = payment.provider_payment_id.is_some() && !is_its_capture(payment, fact);
            let same = payment.provider_payment_id.as_deref() == Some(fact.provider_payment_id.as_str());
            (payment.id.clone(), true, if known || same { Vec::new() } else { vec![id(&payment.id)] })
        }
        None => {
            let payment_id = PaymentId::number(order.payments.len() + 1);
            let added =
                OrderEvent::PaymentAdded { payment_id: payment_id.clone(), provider: fact.provider, amount, key: None };
            let events = vec![added, id(&payment_id)];
            (payment_id, false, events)
        }
    }
}

/// Why an amount cannot count at all: it is in another currency, or no amount. Raised to people.
pub(super) fn unusable(order: &Order, fact: &PaymentFact, amount: Money, ctx: &Context<'_>) -> Option<Vec<OrderEvent>> {
    if amount.currency() != order.body.currency {
        let detail = format!("{} tells of {amount}, the order is in {}", fact.provider.name(), order.body.currency);
        let mut events = vec![anomaly(order, 0, "payment_currency", detail.clone())];
        events.extend(mismatch(order, detail, ctx));
        return Some(events);
    }
    if !amount.is_positive() {
        let detail = format!("{} {}: {amount}", fact.provider.name(), fact.provider_payment_id);
        return Some(vec![anomaly(order, 0, "payment_amount", detail)]);
    }
    None
}

/// What an attempt should have brought, when it brought something else: its declared amount; or, for one that the
/// order did not declare, what is still owed. Once nothing is owed any amount is a second payment, which goes back.
fn expected(order: &Order, payment: Option<&Payment>, amount: Money) -> Result<Option<Money>, Refusal> {
    let ours = payment.and_then(|p| order.capture_of(p)).filter(|c| c.status != CaptureStatus::Withdrawn);
    let wanted = match (ours, payment.filter(|p| p.declared)) {
        (Some(capture), _) => capture.amount,
        // Units were cancelled while the buyer paid: whoever paid for them as well gets that back, and no person is needed.
        (None, Some(payment))
            if amount.compare(payment.amount)?.is_le() && amount.compare(order.due(payment)?)?.is_ge() =>
        {
            return Ok(None);
        }
        (None, Some(payment)) => payment.amount,
        (None, None) => {
            let others = order.payments.iter().filter(|p| payment.is_none_or(|own| own.id != p.id));
            let secured = Money::sum(order.body.currency, others.map(|p| order.secured(p)))?;
            let owed = order.worth()?.sub(secured)?;
            let fits = order.payments.iter().any(|p| p.declared && p.amount == amount && order.secured(p).is_zero());
            if fits || !owed.is_positive() {
                return Ok(None);
            }
            owed
        }
    };
    Ok((wanted != amount).then_some(wanted))
}

fn captured(order: &Order, fact: &PaymentFact, amount: Money, ctx: &Context<'_>) -> Result<Vec<OrderEvent>, Refusal> {
    if let Some(events) = unusable(order, fact, amount, ctx) {
        return Ok(events);
    }
    let (payment_id, known, mut events) = identified(order, fact, amount);
    let payment = order.payment(&payment_id);
    let before = payment.map_or(Money::zero(order.body.currency), |p| p.captured);
    // The provider tells the sum so far: an older, smaller one is late.
    if amount.compare(before)?.is_le() && known {
        events.push(note("late_payment_event", format!("{payment_id}: captured {amount}, {before} is known")));
        return Ok(events);
    }
    events.push(OrderEvent::PaymentCaptured { payment_id: payment_id.clone(), captured: amount });
    events.extend(doubts(order, fact, &payment_id, amount, ctx)?);
    Ok(events)
}

/// One hold for everything about a payment that does not fit the order.
fn doubts(
    order: &Order,
    fact: &PaymentFact,
    payment_id: &PaymentId,
    amount: Money,
    ctx: &Context<'_>,
) -> Result<Option<OrderEvent>, Refusal> {
    let mut wrong = Vec::new();
    if let Some(expected) = expected(order, order.payment(payment_id), amount)? {
        wrong.push(format!("{amount} instead of {expected}"));
    }
    if let Some(reference) = fact.reference.as_ref().filter(|r| !order.payments.iter().any(|p| p.reference == **r)) {
        wrong.push(format!("reference {reference} is not this order's"));
    }
    if wrong.is_empty() {
        return Ok(None);
    }
    Ok(mismatch(order, format!("{payment_id}: {}", wrong.join("; ")), ctx))
}

/// A hold until a person has looked at what was paid; none where one waits already, or where the order is undone and
/// everything goes back anyway.
pub(super) fn mismatch(order: &Order, reason: String, ctx: &Context<'_>) -> Option<OrderEvent> {
    let held = order.active_holds().any(|h| h.kind == HoldKind::PaymentMismatch);
    let over = order.is_undone() || matches!(order.status, OrderStatus::Completed | OrderStatus::Closed);
    (!held && !over).then(|| holds::place(order, 0, HoldKind::PaymentMismatch, reason, ctx))
}

fn authorized(
    order: &Order,
    fact: &PaymentFact,
    amount: Money,
    expires_at: Option<Timestamp>,
    ctx: &Context<'_>,
) -> Result<Vec<OrderEvent>, Refusal> {
    if let Some(events) = unusable(order, fact, amount, ctx) {
        return Ok(events);
    }
    let (payment_id, _, mut events) = identified(order, fact, amount);
    let payment = order.payment(&payment_id);
    let status = payment.map_or(PaymentStatus::Created, |p| p.status);
    // Some tell by an event of its own until when a promise is good.
    let tells_its_end =
        |p: &&Payment| p.status == PaymentStatus::Authorized && expires_at.is_some_and(|end| p.expires_at != Some(end));
    if status.can_become(PaymentStatus::Authorized) {
        events.push(OrderEvent::PaymentAuthorized { payment_id: payment_id.clone(), amount, expires_at });
        events.extend(doubts(order, fact, &payment_id, amount, ctx)?);
    } else if let Some(known) = payment.filter(tells_its_end) {
        events.push(OrderEvent::PaymentAuthorized { payment_id, amount: known.authorized, expires_at });
    } else if payment.is_some_and(is_promised_too_late) {
        let detail = format!("{payment_id}: {amount} is authorized, and was called off: release it at the provider");
        events.push(anomaly(order, 0, "payment_promised_late", detail));
    } else {
        events.push(note("late_payment_event", format!("{payment_id}: authorized, is {}", status.name())));
    }
    Ok(events)
}

/// An authorization that was under way while its attempt was called off, at a provider whose end of an order or link does
/// not stop it. Nothing calls it off again, and it holds the buyer's money. (Stripe refuses it, and tells of things in any
/// order.)
fn is_promised_too_late(payment: &Payment) -> bool {
    let is_over = matches!(payment.status, PaymentStatus::Expired | PaymentStatus::Voided);
    let may_slip = matches!(payment.provider, Provider::Adyen | Provider::Paypal);
    is_over && may_slip && payment.authorized.is_zero() && payment.captured.is_zero()
}

/// Facts that move no money towards the order: applied where the table knows the move, noted where they come late.
fn lesser(order: &Order, fact: &PaymentFact, ctx: &Context<'_>) -> Vec<OrderEvent> {
    let Some(payment) = attempt(order, fact) else {
        let detail = format!("{} {}: {}", fact.provider.name(), fact.provider_payment_id, fact.kind.name());
        return vec![note("payment_event", detail)];
    };
    let mut events = Vec::new();
    if payment.provider_payment_id.is_none() {
        events.push(OrderEvent::PaymentIdentified {
            payment_id: payment.id.clone(),
            provider_payment_id: fact.provider_payment_id.clone(),
        });
    }
    let Some(event) = step(payment, &fact.kind) else {
        let detail = format!("{}: {}, is {}", payment.id, fact.kind.name(), payment.status.name());
        events.push(note("late_payment_event", detail));
        return events;
    };
    events.push(event);
    // What a person has given up is called off, and is missed by nobody.
    if payment.status == PaymentStatus::Authorized && !order.is_given_up(payment) {
        let detail = format!("{}: {} is no longer authorized", payment.id, payment.authorized);
        events.extend(lost_promise(order, detail, &events, ctx));
    }
    events
}

/// The move that a lesser fact makes, where it makes one.
fn step(payment: &Payment, kind: &PaymentFactKind) -> Option<OrderEvent> {
    let payment_id = payment.id.clone();
    match kind {
        PaymentFactKind::Pending if payment.status.can_become(PaymentStatus::RequiresAction) => {
            Some(OrderEvent::PaymentPending { payment_id })
        }
        // A card that was declined before another was accepted may be told late; a promise that lapses is "cancelled".
        PaymentFactKind::Failed { .. } if payment.status == PaymentStatus::Authorized => None,
        PaymentFactKind::Failed { reason } if payment.status.can_become(PaymentStatus::Failed) => {
            Some(OrderEvent::PaymentFailed { payment_id, reason: reason.clone() })
        }
        // Said by an event before the answer to our own call is known.
        PaymentFactKind::Cancelled if payment.status.can_become(PaymentStatus::Voided) => {
            Some(OrderEvent::PaymentVoided { payment_id })
        }
        PaymentFactKind::Cancelled if payment.status.can_become(PaymentStatus::Expired) => {
            Some(OrderEvent::PaymentExpired { payment_id })
        }
        // A dispute that is won gives nothing to an attempt that was not disputed.
        PaymentFactKind::DisputeWon
            if matches!(payment.status, PaymentStatus::Disputed | PaymentStatus::ChargedBack) =>
        {
            Some(OrderEvent::DisputeWon { payment_id })
        }
        PaymentFactKind::Pending
        | PaymentFactKind::Failed { .. }
        | PaymentFactKind::Cancelled
        | PaymentFactKind::DisputeWon
        | PaymentFactKind::Authorized { .. }
        | PaymentFactKind::Captured { .. }
        | PaymentFactKind::CaptureFailed { .. }
        | PaymentFactKind::Refund { .. }
        | PaymentFactKind::Disputed { .. }
        | PaymentFactKind::DisputeLost { .. }
        | PaymentFactKind::Other { .. } => None,
    }
}

/// A promise of money is gone on which goods were to move: what has not left stays, what has left is raised to people.
pub(super) fn lost_promise(order: &Order, detail: String, events: &[OrderEvent], ctx: &Context<'_>) -> Vec<OrderEvent> {
    // Whoever accepted what had come by then did not accept that this would not.
    if !is_relied_on(order) || super::after(order, events, ctx.now).is_secured() {
        return Vec::new();
    }
    let mut raised = Vec::new();
    if order.has_shipped() {
        let ahead = events.iter().filter(|e| matches!(e, OrderEvent::AnomalyRaised { .. })).count();
        raised.push(anomaly(order, ahead, "payment_promise_lost", detail.clone()));
    }
    if !order.has_shipped() || order.has_unshipped() {
        raised.extend(mismatch(order, detail, ctx));
    }
    raised
}
