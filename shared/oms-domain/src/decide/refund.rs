//! Money on its way back. A refund keeps one id, which is also the provider's key: whatever happens, it is one refund.

use jiff::Timestamp;

use crate::body::Provider;
use crate::command::{RefundAnswered, RefundAsk};
use crate::event::{OrderEvent, RefundCause};
use crate::id::{EventKey, RefundId};
use crate::machine::Machine;
use crate::money::Money;
use crate::order::{Order, Payment, Refund};
use crate::policy::Context;
use crate::refund_pace;
use crate::refund_share::{self, Back};
use crate::refusal::Refusal;
use crate::status::RefundStatus;
use crate::wake;

/// After so many lost answers in a row a person takes over. "Not yet" is an answer, and the provider may say it for days.
const MOST_LOST_ANSWERS: u32 = 20;
/// What the wait before the next question doubles from, in seconds.
const FIRST_WAIT_SECONDS: i64 = 5;
/// The longest wait where nobody knows whether the provider has the refund, in seconds.
const LONGEST_WAIT_UNKNOWN: i64 = 900;
/// The longest wait where the provider has it and the money is on its way, in seconds. That can take days, and the provider
/// tells us by itself when it has arrived: questions are for the callback that never comes.
const LONGEST_WAIT_PENDING: i64 = 6 * 3_600;
/// How often the wait doubles: more would change nothing.
const MOST_DOUBLINGS: u32 = 13;

/// When the provider is asked again about what was sent so often, a refund or a capture: after a lost answer, and where it
/// has it and has not settled it.
pub(super) fn asked_again(attempts: u32, ctx: &Context<'_>) -> (Timestamp, Timestamp) {
    let wait = FIRST_WAIT_SECONDS.saturating_mul(1 << attempts.min(MOST_DOUBLINGS));
    (ctx.after(wait.min(LONGEST_WAIT_UNKNOWN)), ctx.after(wait.min(LONGEST_WAIT_PENDING)))
}

/// A refund of a payment, under the order's next refund number; `ahead` counts those decided in the same go.
pub(super) fn approve(
    order: &Order,
    ahead: usize,
    payment: &Payment,
    amount: Money,
    cause: RefundCause,
    reason: &str,
) -> OrderEvent {
    OrderEvent::RefundApproved {
        refund_id: RefundId::of(&order.id, order.refunds.len() + ahead + 1),
        payment_id: payment.id.clone(),
        amount,
        cause,
        reason: reason.into(),
        lines: Vec::new(),
        points_back: Vec::new(),
        key: None,
        by: None,
    }
}

pub(super) fn request(
    order: &Order,
    key: &EventKey,
    ask: &RefundAsk,
    reason: &str,
    who: &str,
    ctx: &Context<'_>,
) -> Result<Vec<OrderEvent>, Refusal> {
    if order.applied.contains(key) {
        return Ok(Vec::new());
    }
    let (Back { amount, points }, lines) = match ask {
        RefundAsk::Amount(amount) => (Back { amount: *amount, points: Vec::new() }, Vec::new()),
        RefundAsk::Lines(lines) => (refund_share::of_lines(order, lines)?, lines.clone()),
    };
    if amount.currency() != order.body.currency {
        let reason = format!("must be in the order's currency, {}", order.body.currency);
        return Err(Refusal::Field { field: "amount.currency".into(), reason });
    }
    let remaining = order.refundable_total()?;
    if amount.compare(remaining)?.is_gt() {
        return Err(Refusal::ExceedsRemaining { what: amount.to_string(), remaining: remaining.to_string() });
    }
    if !amount.is_positive() {
        return Err(Refusal::Field { field: "amount".into(), reason: "must be above zero".into() });
    }
    // Money that came in twice stands apart and goes back in any case: whoever asks for an amount gets that first, so
    // that it does not go back a second time. Units of lines are worth what was paid for them, whatever came in twice.
    let twice = if lines.is_empty() { amount.min(order.suspense()?)? } else { Money::zero(order.body.currency) };
    let mut parts = Parts { order, left: Vec::new(), events: Vec::new() };
    for payment in &order.payments {
        parts.left.push((payment, order.refundable(payment)?));
    }
    let first = ctx.policy.refund_first;
    parts.left.reverse();
    first.sort(&mut parts.left, |(payment, _)| payment.provider);
    parts.take(twice, RefundCause::Excess, reason)?;
    parts.left.reverse();
    first.sort(&mut parts.left, |(payment, _)| payment.provider);
    parts.take(amount.sub(twice)?, RefundCause::Requested, reason)?;
    let mut events = parts.events;
    for event in &mut events {
        if let OrderEvent::RefundApproved { by, .. } = event {
            *by = Some(who.into());
        }
    }
    if let Some(OrderEvent::RefundApproved { key: k, lines: l, points_back: p, .. }) = events.first_mut() {
        *k = Some(key.clone());
        (*l, *p) = (lines, points);
    }
    Ok(events)
}

/// Refunds of an order's payments that are decided in one go.
struct Parts<'a> {
    order: &'a Order,
    /// What remains of each payment, the first to be taken from first.
    left: Vec<(&'a Payment, Money)>,
    events: Vec<OrderEvent>,
}

impl Parts<'_> {
    /// Takes an amount from the payments in turn.
    fn take(&mut self, amount: Money, cause: RefundCause, reason: &str) -> Result<(), Refusal> {
        let mut open = amount;
        for (payment, left) in &mut self.left {
            let part = open.min(*left)?;
            if !part.is_positive() {
                continue;
            }
            (open, *left) = (open.sub(part)?, left.sub(part)?);
            self.events.push(approve(self.order, self.events.len(), payment, part, cause, reason));
        }
        Ok(())
    }
}

pub(super) fn find<'a>(order: &'a Order, id: &RefundId) -> Result<&'a Refund, Refusal> {
    order.refund(id).ok_or_else(|| Refusal::Unknown { kind: "refund", id: id.to_string() })
}

/// A call is about to go out, if the provider takes one now; nothing where another has to go first.
pub(super) fn submit(order: &Order, id: &RefundId, ctx: &Context<'_>) -> Result<Vec<OrderEvent>, Refusal> {
    let refund = find(order, id)?;
    let refund_id = id.clone();
    match refund.status {
        RefundStatus::Approved | RefundStatus::Unknown | RefundStatus::Failed => {
            if let Some(reason) = refund_pace::refusal(order, refund, ctx.now) {
                return Ok(given_up(order, refund, reason, ctx));
            }
            // Not its turn yet; or somebody else has just sent it, and it is asked about before it is sent again.
            if refund.status != RefundStatus::Failed && !wake::is_refund_due(order, refund, ctx.now) {
                return Ok(Vec::new());
            }
            Ok(vec![OrderEvent::RefundSubmitted { refund_id }])
        }
        // It was asked about and never arrived, and meanwhile the bank took the money back.
        RefundStatus::Submitted
            if refund_pace::is_charged_back(order, refund) && wake::is_refund_due(order, refund, ctx.now) =>
        {
            Ok(given_up(order, refund, "charged back before it arrived".into(), ctx))
        }
        RefundStatus::Submitted
        | RefundStatus::Succeeded
        | RefundStatus::Manual
        | RefundStatus::Requested
        | RefundStatus::Declined => Ok(Vec::new()),
    }
}

/// A refund that is not sent (again). One that was never sent, or refused, is done with where its money is gone; one that
/// may still arrive is for a person to look at.
fn given_up(order: &Order, refund: &Refund, reason: String, ctx: &Context<'_>) -> Vec<OrderEvent> {
    let refund_id = refund.id.clone();
    let unanswered = matches!(refund.status, RefundStatus::Submitted | RefundStatus::Unknown);
    if refund_pace::is_charged_back(order, refund) && !unanswered {
        return vec![OrderEvent::RefundDeclined { refund_id, reason }];
    }
    let mut events = Vec::new();
    if refund.status == RefundStatus::Submitted {
        events.push(OrderEvent::RefundUnknown { refund_id: refund_id.clone(), retry_at: ctx.now });
    }
    events.push(OrderEvent::RefundManual { refund_id, reason, by_hand: false });
    events
}

pub(super) fn answer(
    order: &Order,
    id: &RefundId,
    answer: &RefundAnswered,
    ctx: &Context<'_>,
) -> Result<Vec<OrderEvent>, Refusal> {
    let refund = find(order, id)?;
    let refund_id = id.clone();
    let (retry_at, look_at) = asked_again(refund.attempts, ctx);
    // Answers come to calls: a refund that is settled, or with a person, no longer waits for one.
    match refund.status {
        RefundStatus::Approved if matches!(answer, RefundAnswered::NoGateway { .. }) => {}
        RefundStatus::Submitted | RefundStatus::Unknown => {}
        RefundStatus::Approved
        | RefundStatus::Requested
        | RefundStatus::Declined
        | RefundStatus::Succeeded
        | RefundStatus::Failed
        | RefundStatus::Manual => return Ok(Vec::new()),
    }
    Ok(match answer {
        RefundAnswered::Succeeded { reference } => {
            vec![OrderEvent::RefundSucceeded { refund_id, provider_reference: reference.clone() }]
        }
        RefundAnswered::Pending { reference } => {
            let pending = OrderEvent::RefundPending {
                refund_id: refund_id.clone(),
                provider_reference: reference.clone(),
                retry_at: look_at,
            };
            // The provider has it after all: what was unknown is submitted again, without a new call.
            if refund.status == RefundStatus::Unknown {
                vec![OrderEvent::RefundSubmitted { refund_id }, pending]
            } else {
                vec![pending]
            }
        }
        RefundAnswered::Refused { reason } if refund_pace::is_charged_back(order, refund) => vec![
            OrderEvent::RefundFailed { refund_id: refund_id.clone(), reason: reason.clone(), retry_at },
            OrderEvent::RefundDeclined { refund_id, reason: reason.clone() },
        ],
        RefundAnswered::Refused { reason } => vec![
            OrderEvent::RefundFailed { refund_id: refund_id.clone(), reason: reason.clone(), retry_at },
            // The same key would bring the same answer: a person looks at the reason.
            OrderEvent::RefundManual { refund_id, reason: reason.clone(), by_hand: false },
        ],
        RefundAnswered::Unknown if refund.lost_answers + 1 >= MOST_LOST_ANSWERS => {
            let mut events = Vec::new();
            if refund.status == RefundStatus::Submitted {
                events.push(OrderEvent::RefundUnknown { refund_id: refund_id.clone(), retry_at });
            }
            let reason = "the provider does not answer".into();
            events.push(OrderEvent::RefundManual { refund_id, reason, by_hand: false });
            events
        }
        RefundAnswered::Unknown => vec![OrderEvent::RefundUnknown { refund_id, retry_at }],
        RefundAnswered::NoGateway { reason } => {
            let by_hand = order.payment(&refund.payment_id).is_some_and(|payment| payment.provider == Provider::Cod);
            let manual = OrderEvent::RefundManual { refund_id: refund_id.clone(), reason: reason.clone(), by_hand };
            if refund.status == RefundStatus::Submitted {
                vec![OrderEvent::RefundFailed { refund_id, reason: reason.clone(), retry_at }, manual]
            } else {
                vec![manual]
            }
        }
    })
}

pub(super) fn retry(order: &Order, id: &RefundId, ctx: &Context<'_>) -> Result<Vec<OrderEvent>, Refusal> {
    let refund = find(order, id)?;
    if let Some(reason) = refund_pace::refusal(order, refund, ctx.now) {
        return Err(Refusal::NotOffered(reason));
    }
    match refund.status {
        RefundStatus::Manual | RefundStatus::Failed => Ok(vec![OrderEvent::RefundSubmitted { refund_id: id.clone() }]),
        RefundStatus::Requested
        | RefundStatus::Approved
        | RefundStatus::Declined
        | RefundStatus::Submitted
        | RefundStatus::Succeeded
        | RefundStatus::Unknown => Err(state(refund)),
    }
}

pub(super) fn settle(order: &Order, id: &RefundId, reason: &str) -> Result<Vec<OrderEvent>, Refusal> {
    let refund = find(order, id)?;
    match refund.status {
        RefundStatus::Manual => Ok(vec![OrderEvent::RefundSucceeded {
            refund_id: id.clone(),
            provider_reference: Some(format!("manual: {reason}")),
        }]),
        RefundStatus::Requested
        | RefundStatus::Approved
        | RefundStatus::Declined
        | RefundStatus::Submitted
        | RefundStatus::Succeeded
        | RefundStatus::Failed
        | RefundStatus::Unknown => Err(state(refund)),
    }
}

pub(super) fn state(refund: &Refund) -> Refusal {
    Refusal::ThingState { kind: "refund", id: refund.id.to_string(), status: refund.status.name() }
}
