//! Disputes: the buyer's bank wants a payment back, and gets it or does not.

use crate::decide::holds::{self, anomaly};
use crate::decide::payment::{attempt, note, unusable};
use crate::event::OrderEvent;
use crate::machine::Machine;
use crate::money::Money;
use crate::order::{Hold, Order, Payment};
use crate::payment::PaymentFact;
use crate::policy::Context;
use crate::refusal::Refusal;
use crate::status::{HoldKind, PaymentStatus, RefundStatus};

/// The words of the holds of a dispute, by which they are known when it is won: that it has begun, or that it is lost, which may
/// be told without its beginning, and is no more the end than any other news.
const DISPUTED: &str = "the buyer's bank disputes the payment";
const TAKEN_BACK: &str = "the buyer's bank has taken the payment back";

/// A dispute begins: what has not left stays.
pub(super) fn opened(order: &Order, fact: &PaymentFact, amount: Money, ctx: &Context<'_>) -> Vec<OrderEvent> {
    let known = attempt(order, fact).filter(|p| p.provider_payment_id.is_some());
    // Told late: it has ended.
    if let Some(payment) = known.filter(|p| p.status == PaymentStatus::ChargedBack) {
        return vec![note("late_payment_event", format!("{}: disputed, is charged back", payment.id))];
    }
    let detail = format!("{} {}: {amount} disputed", fact.provider.name(), fact.provider_payment_id);
    let mut events = vec![anomaly(order, 0, "payment_disputed", detail)];
    if let Some(payment) = known.filter(|p| p.status.can_become(PaymentStatus::Disputed)) {
        events.push(OrderEvent::PaymentDisputed { payment_id: payment.id.clone(), amount });
    }
    events.extend(hold(order, DISPUTED, ctx));
    events
}

/// A hold on what has not left, unless one is there.
fn hold(order: &Order, reason: &str, ctx: &Context<'_>) -> Option<OrderEvent> {
    let held = order.active_holds().any(|h| h.kind == HoldKind::Fraud);
    let waits = !order.is_undone() && (!order.has_shipped() || order.has_unshipped());
    (!held && waits).then(|| holds::place(order, 0, HoldKind::Fraud, reason.into(), ctx))
}

/// A dispute is won: `events` say so, and its hold is lifted, if no other payment is in dispute.
pub(super) fn won(
    order: &Order,
    fact: &PaymentFact,
    mut events: Vec<OrderEvent>,
    ctx: &Context<'_>,
) -> Result<Vec<OrderEvent>, Refusal> {
    let after = super::after(order, &events, ctx.now);
    let contested = |p: &Payment| matches!(p.status, PaymentStatus::Disputed | PaymentStatus::ChargedBack);
    let settled = events.iter().any(|e| matches!(e, OrderEvent::DisputeWon { .. }));
    if settled && !after.payments.iter().any(contested) {
        let ours = |h: &&Hold| [DISPUTED, TAKEN_BACK].contains(&h.reason.as_str());
        if let Some(hold) = after.active_holds().find(ours) {
            let reason = format!("{} says that the dispute is won", fact.provider.name());
            events.extend(holds::release(&after, &hold.id, &reason, ctx)?);
        }
    }
    Ok(events)
}

/// A dispute is lost: the money is gone. What was to go back of it and was not sent stays, what has not left is held,
/// and people hear of it.
pub(super) fn lost(
    order: &Order,
    fact: &PaymentFact,
    amount: Money,
    ctx: &Context<'_>,
) -> Result<Vec<OrderEvent>, Refusal> {
    if let Some(events) = unusable(order, fact, amount, ctx) {
        return Ok(events);
    }
    let known = attempt(order, fact).filter(|p| p.provider_payment_id.is_some());
    if let Some(payment) = known.filter(|p| p.status == PaymentStatus::ChargedBack) {
        return Ok(vec![note("late_payment_event", format!("{}: charged back before", payment.id))]);
    }
    let detail = format!("{} {}: {amount} charged back", fact.provider.name(), fact.provider_payment_id);
    let mut events = vec![anomaly(order, 0, "payment_charged_back", detail)];
    let contestable =
        |p: &&Payment| p.status == PaymentStatus::Disputed || p.status.can_become(PaymentStatus::Disputed);
    if let Some(payment) = known.filter(contestable) {
        let payment_id = payment.id.clone();
        if payment.status != PaymentStatus::Disputed {
            events.push(OrderEvent::PaymentDisputed { payment_id: payment_id.clone(), amount });
        }
        let gone = amount.min(payment.captured)?;
        events.push(OrderEvent::DisputeLost { payment_id, amount: gone });
        events.extend(unsent(order, payment, gone)?);
    }
    events.extend(hold(order, TAKEN_BACK, ctx));
    Ok(events)
}

/// Refunds of a payment that were not sent and whose money is gone, the latest first.
fn unsent(order: &Order, payment: &Payment, gone: Money) -> Result<Vec<OrderEvent>, Refusal> {
    let claims = order.refunds.iter().filter(|r| r.payment_id == payment.id && r.status.claims_money());
    let mut left = payment.captured.sub(gone)?.sub(Money::sum(order.body.currency, claims.map(|r| r.amount))?)?;
    let mut events = Vec::new();
    for refund in order.refunds.iter().rev().filter(|r| r.payment_id == payment.id) {
        let waits = match refund.status {
            RefundStatus::Requested | RefundStatus::Approved => true,
            // One that was never answered may have gone out.
            RefundStatus::Failed | RefundStatus::Manual => refund.refused || refund.attempts == 0,
            RefundStatus::Declined | RefundStatus::Submitted | RefundStatus::Succeeded | RefundStatus::Unknown => false,
        };
        if waits && left.is_negative() {
            left = left.add(refund.amount)?;
            let (refund_id, reason) = (refund.id.clone(), "the buyer's bank has taken this money back".to_owned());
            events.push(OrderEvent::RefundDeclined { refund_id, reason });
        }
    }
    if left.is_negative() {
        let detail = format!("{}: {left} went back by the bank, and by a refund or may have", payment.id);
        events.push(anomaly(order, 1, "payment_back_twice", detail));
    }
    Ok(events)
}
