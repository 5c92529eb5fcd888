//! What providers say about refunds: those of ours, and those that somebody made in the provider's own console.

use crate::body::Provider;
use crate::decide::holds::anomaly;
use crate::decide::payment::{attempt, mismatch, note};
use crate::event::{OrderEvent, RefundCause};
use crate::id::RefundId;
use crate::machine::Machine;
use crate::money::Money;
use crate::order::{Order, Refund};
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
    let by_reference =
        || order.refunds.iter().find(|r| r.provider_reference.as_deref() == Some(told.provider_refund_id));
    match told.refund_id.and_then(|id| order.refund(id)).or_else(by_reference) {
        Some(ours) => Ok(moved(order, ours, told, ctx)),
        None => made_elsewhere(order, fact, told, ctx),
    }
}

fn moved(order: &Order, ours: &Refund, told: &Told<'_>, ctx: &Context<'_>) -> Vec<OrderEvent> {
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
                OrderEvent::RefundManual { refund_id, reason },
            ]
        }
        // After a refusal a success may be old news that was overtaken: money that came back bounces after it was
        // sent, never before. A person looks.
        RefundFactStatus::Succeeded | RefundFactStatus::Failed => {
            let detail = format!("{refund_id} is {}, then came {:?}", ours.status.name(), told.status);
            vec![anomaly(order, 0, "unexpected_refund_event", detail)]
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
    // Stripe writes a promise that is let go as a refund: nothing was taken, so that nothing has gone back.
    if fact.provider == Provider::Stripe && payment.authorized.is_positive() && payment.captured.is_zero() {
        return Ok(vec![note("promise_released", what)]);
    }
    if amount.compare(order.refundable(payment)?)?.is_gt() || !amount.is_positive() {
        return Ok(vec![anomaly(order, 0, "refund_elsewhere", format!("{what}: more than remains"))]);
    }
    // Whoever sends back no more than what came in twice sends back that.
    let is_excess = amount.compare(order.suspense()?)?.is_le();
    let refund_id = RefundId::of(&order.id, order.refunds.len() + 1);
    let mut events = vec![
        OrderEvent::RefundApproved {
            refund_id: refund_id.clone(),
            payment_id: payment.id.clone(),
            amount,
            cause: if is_excess { RefundCause::Excess } else { RefundCause::Requested },
            reason: "made at the provider".into(),
            lines: Vec::new(),
            points_back: Vec::new(),
            key: None,
            by: None,
        },
        OrderEvent::RefundSubmitted { refund_id: refund_id.clone() },
        OrderEvent::RefundSucceeded { refund_id, provider_reference: Some(told.provider_refund_id.to_owned()) },
    ];
    // Whoever sends everything back in the console means to cancel, and cannot say so there: the goods wait.
    let state = super::after(order, &events, ctx.now);
    if !state.has_shipped() && state.refundable_total()?.is_zero() {
        events.extend(mismatch(order, format!("{what}: everything is sent back"), ctx));
    }
    Ok(events)
}
