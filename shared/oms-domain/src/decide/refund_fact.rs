//! What providers say about refunds: those of ours, and those that somebody made in the provider's own console.

use crate::body::Provider;
use crate::decide::holds::anomaly;
use crate::decide::payment::{attempt, mismatch, note};
use crate::decide::refund::approve;
use crate::event::{OrderEvent, RefundCause, Released};
use crate::id::RefundId;
use crate::machine::Machine;
use crate::money::Money;
use crate::order::{Order, Payment, Refund};
use crate::payment::{PaymentFact, RefundFactStatus};
use crate::policy::Context;
use crate::refusal::Refusal;
use crate::status::RefundStatus;

/// What a fact tells of a refund.
pub(super) struct Told<'a> {
    /// Our id, when the provider carries it.
    pub(super) refund_id: Option<&'a RefundId>,
    /// The provider's id.
    pub(super) provider_refund_id: &'a str,
    /// How much.
    pub(super) amount: Money,
    /// How far it has come.
    pub(super) status: RefundFactStatus,
}

pub(super) fn record(
    order: &Order,
    fact: &PaymentFact,
    told: &Told<'_>,
    ctx: &Context<'_>,
) -> Result<Vec<OrderEvent>, Refusal> {
    if let Some(ours) = told.refund_id.and_then(|id| order.refund(id)) {
        return Ok(moved(order, 0, ours, told, ctx));
    }
    // One refund at the provider is two of ours where it sent back more than came in twice: they move together.
    let is_it = |r: &&Refund| r.provider_reference.as_deref() == Some(told.provider_refund_id);
    let mut parts = order.refunds.iter().filter(is_it).peekable();
    if parts.peek().is_none() {
        return made_elsewhere(order, fact, told, ctx);
    }
    let mut events = Vec::new();
    for part in parts {
        let ahead = events.iter().filter(|e| matches!(e, OrderEvent::AnomalyRaised { .. })).count();
        events.extend(moved(order, ahead, part, told, ctx));
    }
    Ok(events)
}

/// What a fact does to a refund that is known; `ahead` counts the anomalies that were raised in the same go.
fn moved(order: &Order, ahead: usize, ours: &Refund, told: &Told<'_>, ctx: &Context<'_>) -> Vec<OrderEvent> {
    let refund_id = ours.id.clone();
    let late = || vec![note("late_refund_event", format!("{refund_id}: {:?}, is {}", told.status, ours.status.name()))];
    match told.status {
        RefundFactStatus::Pending => late(),
        RefundFactStatus::Succeeded if ours.status == RefundStatus::Succeeded => late(),
        RefundFactStatus::Succeeded if ours.status.can_become(RefundStatus::Succeeded) && !ours.refused => {
            let provider_reference = Some(told.provider_refund_id.to_owned());
            vec![OrderEvent::RefundSucceeded { refund_id, provider_reference }]
        }
        RefundFactStatus::Failed if matches!(ours.status, RefundStatus::Failed | RefundStatus::Manual) => late(),
        RefundFactStatus::Failed if ours.status.can_become(RefundStatus::Failed) => {
            let reason = "refused or bounced at the provider".to_owned();
            vec![
                OrderEvent::RefundFailed {
                    refund_id: refund_id.clone(),
                    reason: reason.clone(),
                    retry_at: ctx.after(60),
                },
                OrderEvent::RefundManual { refund_id, reason, by_hand: false },
            ]
        }
        // After a refusal a success may be old news that was overtaken: money that came back bounces after it was
        // sent, never before. A person looks.
        RefundFactStatus::Succeeded | RefundFactStatus::Failed => {
            let detail = format!("{refund_id} is {}, then came {:?}", ours.status.name(), told.status);
            vec![anomaly(order, ahead, "unexpected_refund_event", detail)]
        }
    }
}

/// Money that somebody sent back in the provider's own console counts like any other refund.
fn made_elsewhere(
    order: &Order,
    fact: &PaymentFact,
    told: &Told<'_>,
    ctx: &Context<'_>,
) -> Result<Vec<OrderEvent>, Refusal> {
    let amount = told.amount;
    let what = format!("{} refund {} of {amount}", fact.provider.name(), told.provider_refund_id);
    if told.status != RefundFactStatus::Succeeded {
        return Ok(vec![note("refund_elsewhere", format!("{what}: {:?}", told.status))]);
    }
    let payment = attempt(order, fact).filter(|p| p.provider_payment_id.is_some());
    let Some(payment) = payment.filter(|_| amount.currency() == order.body.currency) else {
        return Ok(vec![anomaly(order, 0, "refund_elsewhere", what)]);
    };
    if fact.provider == Provider::Stripe && lets_go(payment, told)? {
        let (payment_id, provider_refund_id) = (payment.id.clone(), told.provider_refund_id.to_owned());
        let released = Some(Released { payment_id, provider_refund_id, amount });
        return Ok(vec![OrderEvent::Noted { what: "promise_released".into(), detail: what, released }]);
    }
    if amount.compare(order.refundable(payment)?)?.is_gt() || !amount.is_positive() {
        return Ok(vec![anomaly(order, 0, "refund_elsewhere", format!("{what}: more than remains"))]);
    }
    // Whoever sends money back sends back first what came in twice, as with a refund that is asked for here: what is beyond
    // that is a refund like any other.
    let twice = amount.min(order.suspense()?)?;
    let mut events = Vec::new();
    let parts = [(RefundCause::Excess, twice), (RefundCause::Requested, amount.sub(twice)?)];
    for (ahead, (cause, part)) in parts.into_iter().filter(|(_, part)| part.is_positive()).enumerate() {
        let refund_id = RefundId::of(&order.id, order.refunds.len() + ahead + 1);
        let provider_reference = Some(told.provider_refund_id.to_owned());
        events.push(approve(order, ahead, payment, part, cause, "made at the provider"));
        events.push(OrderEvent::RefundSubmitted { refund_id: refund_id.clone() });
        events.push(OrderEvent::RefundSucceeded { refund_id, provider_reference });
    }
    // Whoever sends everything back in the console means to cancel, and cannot say so there: the goods wait.
    let state = super::after(order, &events, ctx.now);
    if !state.has_shipped() && state.refundable_total()?.is_zero() {
        events.extend(mismatch(order, format!("{what}: everything is sent back"), ctx));
    }
    Ok(events)
}

/// Stripe writes a promise that is let go as a refund, be it all of it or what a capture has left: nothing of that was taken,
/// so that nothing has gone back. It lets the rest go once: a second refund of the same amount was made by somebody.
fn lets_go(payment: &Payment, told: &Told<'_>) -> Result<bool, Refusal> {
    if !payment.authorized.is_positive() {
        return Ok(false);
    }
    // Nothing is known to be taken yet. Should this be money all the same, the next event about it is read by what is
    // known then.
    if payment.captured.is_zero() {
        return Ok(true);
    }
    let rest = payment.authorized.sub(payment.captured)?;
    let is_another = |(id, amount): (&String, &Money)| id.as_str() != told.provider_refund_id && *amount == rest;
    Ok(rest.is_positive() && told.amount == rest && !payment.released.iter().any(is_another))
}
