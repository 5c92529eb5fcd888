//! What providers say about payments. A capture is a fact and is always recorded; whether it pays for this order is
//! checked against the order: amount, currency, live or test, reference.

use crate::body::Provider;
use crate::command::CallOffAnswered;
use crate::decide::holds::anomaly;
use crate::event::{OrderEvent, RefundCause};
use crate::id::{HoldId, PaymentId, RefundId};
use crate::machine::Machine;
use crate::money::Money;
use crate::order::{Order, Payment};
use crate::payment::{PaymentFact, PaymentFactKind, RefundFactStatus};
use crate::policy::Context;
use crate::refusal::Refusal;
use crate::status::{HoldKind, OrderStatus, PaymentStatus, RefundStatus};

pub(super) fn record(order: &Order, fact: &PaymentFact, ctx: &Context<'_>) -> Result<Vec<OrderEvent>, Refusal> {
    if order.applied.contains(&fact.key) {
        return Ok(Vec::new());
    }
    if fact.live != ctx.policy.live {
        let mode = if fact.live { "live" } else { "test" };
        let detail = format!("{} {} is of {mode} mode", fact.provider.name(), fact.provider_payment_id);
        return Ok(vec![anomaly(order, 0, "payment_mode", detail)]);
    }
    Ok(match &fact.kind {
        PaymentFactKind::Other { name } => vec![note("provider_event", name.clone())],
        PaymentFactKind::Captured { amount } => captured(order, fact, *amount, ctx)?,
        PaymentFactKind::Authorized { amount } => authorized(order, fact, *amount, ctx),
        PaymentFactKind::Pending => lesser(order, fact, PaymentStatus::RequiresAction),
        PaymentFactKind::Failed { .. } => lesser(order, fact, PaymentStatus::Failed),
        PaymentFactKind::Cancelled => lesser(order, fact, PaymentStatus::Expired),
        PaymentFactKind::Disputed { amount } => disputed(order, fact, *amount, ctx),
        PaymentFactKind::DisputeWon => lesser(order, fact, PaymentStatus::Captured),
        PaymentFactKind::Refund { refund_id, provider_refund_id, amount, status } => {
            refund(order, fact, refund_id.as_ref(), provider_refund_id, *amount, *status, ctx)?
        }
    })
}

fn note(what: &str, detail: impl Into<String>) -> OrderEvent {
    OrderEvent::Noted { what: what.into(), detail: detail.into() }
}

/// The attempt that a fact is about: by the provider's own id, else the one that has none yet and fits.
fn attempt<'a>(order: &'a Order, fact: &PaymentFact) -> Option<&'a Payment> {
    let same = |p: &&Payment| p.provider == fact.provider;
    let known = order
        .payments
        .iter()
        .filter(same)
        .find(|p| p.provider_payment_id.as_deref() == Some(fact.provider_payment_id.as_str()));
    known.or_else(|| {
        order
            .payments
            .iter()
            .filter(same)
            .find(|p| p.provider_payment_id.is_none() && fact.reference.as_ref().is_none_or(|r| *r == p.reference))
    })
}

/// The attempt's id, and the events that make it known: a second payment gets an attempt of its own.
fn identified(order: &Order, fact: &PaymentFact, amount: Money) -> (PaymentId, bool, Vec<OrderEvent>) {
    let id = |payment_id: &PaymentId| OrderEvent::PaymentIdentified {
        payment_id: payment_id.clone(),
        provider_payment_id: fact.provider_payment_id.clone(),
    };
    match attempt(order, fact) {
        Some(payment) if payment.provider_payment_id.is_some() => (payment.id.clone(), true, Vec::new()),
        Some(payment) => (payment.id.clone(), true, vec![id(&payment.id)]),
        None => {
            let payment_id = PaymentId::number(order.payments.len() + 1);
            let added = OrderEvent::PaymentAdded { payment_id: payment_id.clone(), provider: fact.provider, amount };
            let events = vec![added, id(&payment_id)];
            (payment_id, false, events)
        }
    }
}

fn captured(order: &Order, fact: &PaymentFact, amount: Money, ctx: &Context<'_>) -> Result<Vec<OrderEvent>, Refusal> {
    if amount.currency() != order.body.currency {
        let detail = format!("{} took {amount}, the order is in {}", fact.provider.name(), order.body.currency);
        let mut events = vec![anomaly(order, 0, "payment_currency", detail.clone())];
        events.extend(mismatch(order, detail, ctx));
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
    if let Some(payment) = payment.filter(|p| p.declared)
        && amount != payment.amount
    {
        events.extend(mismatch(order, format!("{payment_id}: {amount} instead of {}", payment.amount), ctx));
    }
    if let Some(reference) = fact.reference.as_ref().filter(|r| !order.payments.iter().any(|p| p.reference == **r)) {
        events.extend(mismatch(order, format!("{payment_id}: reference {reference} is not this order's"), ctx));
    }
    Ok(events)
}

/// A hold until a person has looked at what was paid; none where one waits already, or where the order is undone and
/// everything goes back anyway.
fn mismatch(order: &Order, reason: String, ctx: &Context<'_>) -> Option<OrderEvent> {
    let held = order.active_holds().any(|h| h.kind == HoldKind::PaymentMismatch);
    let over = order.is_undone() || matches!(order.status, OrderStatus::Completed | OrderStatus::Closed);
    (!held && !over).then(|| hold(order, HoldKind::PaymentMismatch, reason, ctx))
}

fn hold(order: &Order, kind: HoldKind, reason: String, ctx: &Context<'_>) -> OrderEvent {
    OrderEvent::HoldPlaced {
        hold_id: HoldId::number(order.holds.len() + 1),
        kind,
        reason,
        deadline: ctx.after(ctx.policy.hold_window_seconds),
    }
}

fn authorized(order: &Order, fact: &PaymentFact, amount: Money, ctx: &Context<'_>) -> Vec<OrderEvent> {
    if amount.currency() != order.body.currency {
        let detail = format!("{} authorized {amount}, the order is in {}", fact.provider.name(), order.body.currency);
        let mut events = vec![anomaly(order, 0, "payment_currency", detail.clone())];
        events.extend(mismatch(order, detail, ctx));
        return events;
    }
    let (payment_id, _, mut events) = identified(order, fact, amount);
    let payment = order.payment(&payment_id);
    let status = payment.map_or(PaymentStatus::Created, |p| p.status);
    if status.can_become(PaymentStatus::Authorized) {
        events.push(OrderEvent::PaymentAuthorized { payment_id: payment_id.clone(), amount });
        if let Some(payment) = payment.filter(|p| p.declared && p.amount != amount) {
            events.extend(mismatch(order, format!("{payment_id}: {amount} instead of {}", payment.amount), ctx));
        }
    } else {
        events.push(note("late_payment_event", format!("{payment_id}: authorized, is {}", status.name())));
    }
    events
}

/// Facts that move no money towards the order: applied where the table knows the move, noted where they come late.
fn lesser(order: &Order, fact: &PaymentFact, to: PaymentStatus) -> Vec<OrderEvent> {
    let Some(payment) = attempt(order, fact) else {
        return vec![note(
            "payment_event",
            format!("{} {}: {}", fact.provider.name(), fact.provider_payment_id, to.name()),
        )];
    };
    let mut events = Vec::new();
    if payment.provider_payment_id.is_none() {
        events.push(OrderEvent::PaymentIdentified {
            payment_id: payment.id.clone(),
            provider_payment_id: fact.provider_payment_id.clone(),
        });
    }
    let payment_id = payment.id.clone();
    if payment.status == to || !payment.status.can_become(to) {
        events.push(note("late_payment_event", format!("{payment_id}: {}, is {}", to.name(), payment.status.name())));
        return events;
    }
    events.push(match &fact.kind {
        PaymentFactKind::Failed { reason } => OrderEvent::PaymentFailed { payment_id, reason: reason.clone() },
        PaymentFactKind::Cancelled => OrderEvent::PaymentExpired { payment_id },
        PaymentFactKind::DisputeWon => OrderEvent::DisputeWon { payment_id },
        PaymentFactKind::Pending
        | PaymentFactKind::Authorized { .. }
        | PaymentFactKind::Captured { .. }
        | PaymentFactKind::Refund { .. }
        | PaymentFactKind::Disputed { .. }
        | PaymentFactKind::Other { .. } => OrderEvent::PaymentPending { payment_id },
    });
    events
}

fn disputed(order: &Order, fact: &PaymentFact, amount: Money, ctx: &Context<'_>) -> Vec<OrderEvent> {
    let detail = format!("{} {}: {amount} disputed", fact.provider.name(), fact.provider_payment_id);
    let mut events = vec![anomaly(order, 0, "payment_disputed", detail.clone())];
    let known = attempt(order, fact).filter(|p| p.provider_payment_id.is_some());
    if let Some(payment) = known.filter(|p| p.status.can_become(PaymentStatus::Disputed)) {
        events.push(OrderEvent::PaymentDisputed { payment_id: payment.id.clone(), amount });
    }
    if !order.is_undone() && !order.has_shipped() {
        events.push(hold(order, HoldKind::Fraud, "the buyer's bank disputes the payment".into(), ctx));
    }
    events
}

#[allow(clippy::too_many_arguments, reason = "the fields of one fact")]
fn refund(
    order: &Order,
    fact: &PaymentFact,
    refund_id: Option<&RefundId>,
    provider_refund_id: &str,
    amount: Money,
    status: RefundFactStatus,
    ctx: &Context<'_>,
) -> Result<Vec<OrderEvent>, Refusal> {
    let ours = refund_id
        .and_then(|id| order.refund(id))
        .or_else(|| order.refunds.iter().find(|r| r.provider_reference.as_deref() == Some(provider_refund_id)));
    let Some(ours) = ours else {
        return made_elsewhere(order, fact, provider_refund_id, amount, status);
    };
    let id = ours.id.clone();
    let late = || vec![note("late_refund_event", format!("{id}: {status:?}, is {}", ours.status.name()))];
    Ok(match status {
        RefundFactStatus::Pending => late(),
        RefundFactStatus::Succeeded if ours.status == RefundStatus::Succeeded => late(),
        RefundFactStatus::Succeeded if ours.status.can_become(RefundStatus::Succeeded) => {
            let provider_reference = Some(provider_refund_id.to_owned());
            vec![OrderEvent::RefundSucceeded { refund_id: ours.id.clone(), provider_reference }]
        }
        RefundFactStatus::Failed if ours.status.can_become(RefundStatus::Failed) => vec![
            OrderEvent::RefundFailed {
                refund_id: ours.id.clone(),
                reason: "refused or bounced at the provider".into(),
                retry_at: ctx.after(60),
            },
            OrderEvent::RefundManual {
                refund_id: ours.id.clone(),
                reason: "refused or bounced at the provider".into(),
            },
        ],
        RefundFactStatus::Failed if matches!(ours.status, RefundStatus::Failed | RefundStatus::Manual) => late(),
        RefundFactStatus::Succeeded | RefundFactStatus::Failed => {
            let detail = format!("{id} is {}, then came {status:?}", ours.status.name());
            vec![anomaly(order, 0, "unexpected_refund_event", detail)]
        }
    })
}

/// Money that somebody sent back in the provider's own console counts like any other refund.
fn made_elsewhere(
    order: &Order,
    fact: &PaymentFact,
    provider_refund_id: &str,
    amount: Money,
    status: RefundFactStatus,
) -> Result<Vec<OrderEvent>, Refusal> {
    let what = format!("{} refund {provider_refund_id} of {amount}", fact.provider.name());
    if status != RefundFactStatus::Succeeded {
        return Ok(vec![note("refund_elsewhere", format!("{what}: {status:?}"))]);
    }
    let payment = attempt(order, fact).filter(|p| p.provider_payment_id.is_some());
    let Some(payment) = payment.filter(|_| amount.currency() == order.body.currency) else {
        return Ok(vec![anomaly(order, 0, "refund_elsewhere", what)]);
    };
    if amount.compare(order.refundable(payment)?)?.is_gt() || !amount.is_positive() {
        return Ok(vec![anomaly(order, 0, "refund_elsewhere", format!("{what}: more than remains"))]);
    }
    let refund_id = RefundId::of(&order.id, order.refunds.len() + 1);
    Ok(vec![
        OrderEvent::RefundApproved {
            refund_id: refund_id.clone(),
            payment_id: payment.id.clone(),
            amount,
            cause: RefundCause::Requested,
            reason: "made at the provider".into(),
            lines: Vec::new(),
            key: None,
        },
        OrderEvent::RefundSubmitted { refund_id: refund_id.clone() },
        OrderEvent::RefundSucceeded { refund_id, provider_reference: Some(provider_refund_id.to_owned()) },
    ])
}

pub(super) fn identify(
    order: &Order,
    provider: Provider,
    amount: Money,
    provider_payment_id: &str,
) -> Result<Vec<OrderEvent>, Refusal> {
    let same = |p: &&Payment| p.provider == provider;
    if order.payments.iter().filter(same).any(|p| p.provider_payment_id.as_deref() == Some(provider_payment_id)) {
        return Ok(Vec::new());
    }
    let Some(payment) = order.payments.iter().filter(same).find(|p| p.provider_payment_id.is_none()) else {
        return Err(Refusal::NotOffered("further payment attempts are not offered yet".into()));
    };
    if payment.amount != amount {
        let reason = format!("must be {}, the amount of {}", payment.amount, payment.id);
        return Err(Refusal::Field { field: "amount".into(), reason });
    }
    if provider.is_promise() {
        return Err(Refusal::Field { field: "provider".into(), reason: "has no payment ids".into() });
    }
    Ok(vec![OrderEvent::PaymentIdentified {
        payment_id: payment.id.clone(),
        provider_payment_id: provider_payment_id.into(),
    }])
}

pub(super) fn answer_call_off(
    order: &Order,
    id: &PaymentId,
    answer: &CallOffAnswered,
    ctx: &Context<'_>,
) -> Result<Vec<OrderEvent>, Refusal> {
    let payment = order.payment(id).ok_or_else(|| Refusal::Unknown { kind: "payment", id: id.to_string() })?;
    let payment_id = id.clone();
    let promised =
        matches!(payment.status, PaymentStatus::Authorized | PaymentStatus::Voiding | PaymentStatus::Unknown);
    Ok(match answer {
        CallOffAnswered::Done if promised => {
            let mut events = Vec::new();
            if payment.status == PaymentStatus::Authorized {
                events.push(OrderEvent::PaymentVoiding { payment_id: payment_id.clone() });
            }
            events.push(OrderEvent::PaymentVoided { payment_id });
            events
        }
        CallOffAnswered::Done if payment.status.can_become(PaymentStatus::Expired) => {
            vec![OrderEvent::PaymentExpired { payment_id }]
        }
        CallOffAnswered::Captured(amount) if amount.compare(payment.captured).is_ok_and(std::cmp::Ordering::is_gt) => {
            vec![OrderEvent::PaymentCaptured { payment_id, captured: *amount }]
        }
        CallOffAnswered::Refused { reason } if payment.status.can_become(PaymentStatus::Expired) => vec![
            anomaly(order, 0, "call_off_refused", format!("{payment_id}: {reason}")),
            OrderEvent::PaymentExpired { payment_id },
        ],
        CallOffAnswered::Unknown if payment.status == PaymentStatus::Authorized => vec![
            OrderEvent::PaymentVoiding { payment_id: payment_id.clone() },
            OrderEvent::PaymentUnknown { payment_id, retry_at: ctx.after(30) },
        ],
        CallOffAnswered::Refused { reason } if promised => vec![
            anomaly(order, 0, "void_refused", format!("{payment_id}: {reason}")),
            OrderEvent::PaymentFailed { payment_id, reason: reason.clone() },
        ],
        CallOffAnswered::Done
        | CallOffAnswered::Captured(_)
        | CallOffAnswered::Refused { .. }
        | CallOffAnswered::Unknown => Vec::new(),
    })
}
