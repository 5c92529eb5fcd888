//! Fees, as far as providers tell them. One is booked once, by the provider's own id of it: the event that tells it may
//! come twice, and may come long after the money was known by another way.

use crate::decide::payment::note;
use crate::event::OrderEvent;
use crate::money::Money;
use crate::order::{Order, Payment};
use crate::payment::{FeeFact, PaymentFact, PaymentFactKind};
use crate::policy::Context;

/// The fees that a fact tells, given what else follows from it.
pub(super) fn told(order: &Order, fact: &PaymentFact, events: &[OrderEvent], ctx: &Context<'_>) -> Vec<OrderEvent> {
    if fact.fees.is_empty() {
        return Vec::new();
    }
    let mut state = super::after(order, events, ctx.now);
    let mut booked = Vec::new();
    for fee in fact.fees.iter().filter(|fee| !fee.amount.is_zero()) {
        if state.has_fee(fact.provider, &fee.reference) {
            continue;
        }
        let event = match payment_of(&state, fact) {
            Ok(payment) => {
                why_not(&state, fact, fee).map_or_else(|| charged(payment, fee), |why| unbooked(fact, fee, why))
            }
            Err(why) => unbooked(fact, fee, why),
        };
        state.apply(&event, ctx.now);
        booked.push(event);
    }
    booked
}

fn payment_of<'a>(order: &'a Order, fact: &PaymentFact) -> Result<&'a Payment, &'static str> {
    let id = &fact.provider_payment_id;
    let is_it = |p: &&Payment| p.provider_payment_id.as_ref() == Some(id) || p.former_ids.contains(id);
    let mut of_theirs = order.payments.iter().filter(|p| p.provider == fact.provider);
    of_theirs.find(is_it).ok_or("of a payment that is not known")
}

/// Why a fee that a provider tells is not booked. A dispute's is a fixed price, and may be more than what is disputed.
fn why_not(order: &Order, fact: &PaymentFact, fee: &FeeFact) -> Option<&'static str> {
    if fee.amount.currency() != order.body.currency {
        return Some("not in the order's currency");
    }
    if !fee.amount.is_positive() {
        return Some("not an amount");
    }
    let is_more = |than: Money| fee.amount.compare(than).is_ok_and(std::cmp::Ordering::is_gt);
    most_of(&fact.kind, fee.is_returned).is_some_and(is_more).then_some("more than the money that it is of")
}

/// The most that a fee of what has happened can be. An event about a refund may tell the fee of the payment as well.
fn most_of(kind: &PaymentFactKind, is_returned: bool) -> Option<Money> {
    match kind {
        PaymentFactKind::Captured { amount } => Some(*amount),
        PaymentFactKind::Refund { amount, .. } => is_returned.then_some(*amount),
        PaymentFactKind::Pending
        | PaymentFactKind::Authorized { .. }
        | PaymentFactKind::CaptureFailed { .. }
        | PaymentFactKind::Failed { .. }
        | PaymentFactKind::Cancelled
        | PaymentFactKind::Disputed { .. }
        | PaymentFactKind::DisputeWon
        | PaymentFactKind::DisputeLost { .. }
        | PaymentFactKind::Other { .. } => None,
    }
}

fn charged(payment: &Payment, fee: &FeeFact) -> OrderEvent {
    let (payment_id, reference, amount) = (payment.id.clone(), fee.reference.clone(), fee.amount);
    if fee.is_returned {
        OrderEvent::FeeReturned { payment_id, reference, amount }
    } else {
        OrderEvent::FeeCharged { payment_id, reference, amount }
    }
}

fn unbooked(fact: &PaymentFact, fee: &FeeFact, why: &str) -> OrderEvent {
    let (provider, verb) = (fact.provider.name(), if fee.is_returned { "gives back" } else { "keeps" });
    note("fee_not_booked", format!("{provider} {verb} {} by {}: {why}", fee.amount, fee.reference))
}
