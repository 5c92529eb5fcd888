//! Promises of money that we take ourselves. A capture keeps one id, which is also the provider's key, and a payment has
//! one capture: whatever happens, it is taken once.

use crate::body::Provider;
use crate::command::CaptureAnswered;
use crate::decide::payment::{attempt, lost_promise, mismatch, note};
use crate::decide::{dispute, refund};
use crate::event::{CaptureEvent, OrderEvent};
use crate::id::CaptureId;
use crate::machine::Machine;
use crate::money::Money;
use crate::order::{Capture, Order, Payment};
use crate::payment::PaymentFact;
use crate::payment_start::Taking;
use crate::policy::Context;
use crate::promise::{self, End};
use crate::refusal::Refusal;
use crate::status::{CaptureStatus, HoldKind, PaymentStatus};
use crate::wake;

/// After so many lost answers in a row a person takes over. "Not yet" is an answer.
const MOST_LOST_ANSWERS: u32 = 20;
/// Why people have a capture that nobody has refused.
const NO_ANSWER: &str = "the provider does not answer";
/// The words of a hold for a capture that failed, by which it is known when the money comes after all.
const NOT_TAKEN: &str = "the promised money could not be taken";

/// What follows by itself: captures that events have overtaken, and those whose moment has come.
pub(super) fn follow(order: &Order, ctx: &Context<'_>) -> Vec<OrderEvent> {
    let overtaken: Vec<OrderEvent> = order.captures.iter().flat_map(|c| overtaken(order, c)).collect();
    if overtaken.is_empty() { due(order, ctx) } else { overtaken }
}

/// The money is there, however it came; or nobody wants it any longer.
fn overtaken(order: &Order, capture: &Capture) -> Vec<OrderEvent> {
    let capture_id = capture.id.clone();
    if capture.status != CaptureStatus::Succeeded && is_taken(order, capture) {
        return succeeded(order, capture, None);
    }
    let waits = match capture.status {
        CaptureStatus::Requested | CaptureStatus::Failed | CaptureStatus::Manual => true,
        CaptureStatus::Submitted | CaptureStatus::Unknown | CaptureStatus::Succeeded | CaptureStatus::Withdrawn => {
            false
        }
    };
    // An order of which something has left after all goes on, and its promise is still to be taken.
    let goes_on = order.has_shipped() && !order.came_to_nothing();
    if waits && order.is_undone() && !order.awaits_location() && !goes_on {
        let reason = "the order is undone".to_owned();
        return vec![OrderEvent::Capture(CaptureEvent::Withdrawn { capture_id, reason })];
    }
    Vec::new()
}

fn is_taken(order: &Order, capture: &Capture) -> bool {
    let taken = order.payment(&capture.payment_id).map(|p| p.captured.compare(capture.amount));
    taken.is_some_and(|order| order.is_ok_and(std::cmp::Ordering::is_ge))
}

fn succeeded(order: &Order, capture: &Capture, provider_reference: Option<String>) -> Vec<OrderEvent> {
    let capture_id = capture.id.clone();
    let mut events = vec![OrderEvent::Capture(CaptureEvent::Succeeded { capture_id, provider_reference })];
    let words = not_taken(capture);
    let ours = |h: &&crate::order::Hold| h.kind == HoldKind::PaymentMismatch && h.reason.starts_with(&words);
    if let Some(hold) = order.active_holds().find(ours) {
        events.push(OrderEvent::HoldReleased { hold_id: hold.id.clone(), reason: "it was taken after all".into() });
    }
    events
}

fn not_taken(capture: &Capture) -> String {
    format!("{}: {NOT_TAKEN}", capture.payment_id)
}

/// Captures whose moment has come.
fn due(order: &Order, ctx: &Context<'_>) -> Vec<OrderEvent> {
    let ours = |p: &&Payment| {
        p.status == PaymentStatus::Authorized
            && p.provider.has_api()
            && !order.is_collected_by_channel(p)
            && order.capture_of(p).is_none()
            // Its provider was told to take it at once.
            && !(p.started.is_some() && order.taking(p) == Taking::AtOnce)
            && ctx.policy.capture_when.of(order, p).has_come(order)
    };
    // One at a time: what the next is to bring depends on it.
    let next = order.payments.iter().filter(ours).find_map(|payment| requested(order, payment));
    next.into_iter().collect()
}

/// Promises that end: one that goods rely on is taken before its moment, one that nothing relies on is over. Should it be
/// taken all the same, that is a fact like any late one.
pub(super) fn ending(order: &Order, ctx: &Context<'_>) -> Vec<OrderEvent> {
    let due = promise::endings(order, ctx.policy).filter(|(at, ..)| *at <= ctx.now);
    let mut events = Vec::new();
    for (_, payment_id, end) in due {
        let state = super::after(order, &events, ctx.now);
        match end {
            End::Take => events.extend(state.payment(payment_id).and_then(|payment| requested(&state, payment))),
            End::Over => events.push(OrderEvent::PaymentExpired { payment_id: payment_id.clone() }),
        }
    }
    events
}

fn requested(order: &Order, payment: &Payment) -> Option<OrderEvent> {
    let amount = order.wanted_of(payment).ok().filter(|wanted| wanted.is_positive())?;
    let capture_id = CaptureId::of(&order.id, order.captures.len() + 1);
    let payment_id = payment.id.clone();
    Some(OrderEvent::Capture(CaptureEvent::Requested { capture_id, payment_id, amount }))
}

fn is_looked_at(order: &Order) -> bool {
    order.active_holds().any(|hold| hold.kind == HoldKind::PaymentMismatch)
}

fn is_wanted(order: &Order, capture: &Capture) -> bool {
    let wanted = order.payment(&capture.payment_id).map(|payment| order.wanted_of(payment));
    wanted.is_some_and(|wanted| wanted.is_ok_and(Money::is_positive))
}

fn find<'a>(order: &'a Order, id: &CaptureId) -> Result<&'a Capture, Refusal> {
    order.capture(id).ok_or_else(|| Refusal::Unknown { kind: "capture", id: id.to_string() })
}

fn state(capture: &Capture) -> Refusal {
    Refusal::ThingState { kind: "capture", id: capture.id.to_string(), status: capture.status.name() }
}

/// A call is about to go out, for the first time or since the provider has never heard of it. An order that is undone
/// begins none, and lets one go that never arrived.
pub(super) fn submit(order: &Order, id: &CaptureId, ctx: &Context<'_>) -> Result<Vec<OrderEvent>, Refusal> {
    let capture = find(order, id)?;
    let capture_id = id.clone();
    let submitted = OrderEvent::Capture(CaptureEvent::Submitted { capture_id: capture_id.clone() });
    Ok(match capture.status {
        CaptureStatus::Requested if order.is_undone() => Vec::new(),
        // Another attempt has paid since: the buyer is not charged for what would only go back. While a person looks at a
        // payment that does not fit, nobody knows whether it has.
        CaptureStatus::Requested if !is_wanted(order, capture) && !is_looked_at(order) => {
            let reason = "nothing is owed any more".to_owned();
            vec![OrderEvent::Capture(CaptureEvent::Withdrawn { capture_id, reason })]
        }
        CaptureStatus::Requested => vec![submitted],
        CaptureStatus::Submitted | CaptureStatus::Unknown if wake::asked_about_capture(capture) > ctx.now => Vec::new(),
        CaptureStatus::Submitted | CaptureStatus::Unknown if order.is_undone() && !order.awaits_location() => {
            let reason = "the order is undone, and it never arrived".to_owned();
            vec![OrderEvent::Capture(CaptureEvent::Withdrawn { capture_id, reason })]
        }
        CaptureStatus::Unknown => vec![submitted],
        CaptureStatus::Submitted
        | CaptureStatus::Succeeded
        | CaptureStatus::Failed
        | CaptureStatus::Manual
        | CaptureStatus::Withdrawn => Vec::new(),
    })
}

pub(super) fn answer(
    order: &Order,
    id: &CaptureId,
    answer: &CaptureAnswered,
    ctx: &Context<'_>,
) -> Result<Vec<OrderEvent>, Refusal> {
    let capture = find(order, id)?;
    let payment = order
        .payment(&capture.payment_id)
        .ok_or_else(|| Refusal::Unknown { kind: "payment", id: capture.payment_id.to_string() })?;
    let is_open = match capture.status {
        CaptureStatus::Requested => matches!(answer, CaptureAnswered::NoGateway { .. }),
        CaptureStatus::Submitted | CaptureStatus::Unknown => true,
        CaptureStatus::Succeeded | CaptureStatus::Failed | CaptureStatus::Manual | CaptureStatus::Withdrawn => false,
    };
    let capture_id = id.clone();
    let (retry_at, look_at) = refund::asked_again(capture.attempts, ctx);
    let unknown = || OrderEvent::Capture(CaptureEvent::Unknown { capture_id: capture_id.clone(), retry_at });
    Ok(match answer {
        CaptureAnswered::Captured { amount, reference, payment: known_as } => {
            let Ok(standing) = amount.compare(payment.captured) else {
                // Another currency is no answer to what was asked.
                return Ok(if is_open { vec![unknown()] } else { Vec::new() });
            };
            let mut events = Vec::new();
            if let Some(name) = known_as.as_ref().filter(|n| payment.provider_payment_id.as_ref() != Some(n)) {
                let (payment_id, provider_payment_id) = (payment.id.clone(), name.clone());
                events.push(OrderEvent::PaymentIdentified { payment_id, provider_payment_id });
            }
            // What was taken is a fact, whatever became of the capture meanwhile.
            if standing.is_gt() {
                events.push(OrderEvent::PaymentCaptured { payment_id: payment.id.clone(), captured: *amount });
            }
            if is_open {
                events.extend(if amount.compare(capture.amount).is_ok_and(std::cmp::Ordering::is_ge) {
                    succeeded(order, capture, reference.clone())
                } else {
                    failed(order, capture, &format!("{amount} was taken instead of {}", capture.amount), ctx)
                });
            }
            events
        }
        CaptureAnswered::Pending { .. }
        | CaptureAnswered::Refused { .. }
        | CaptureAnswered::Unknown
        | CaptureAnswered::NoGateway { .. }
            if !is_open =>
        {
            Vec::new()
        }
        CaptureAnswered::Unknown if capture.lost_answers + 1 >= MOST_LOST_ANSWERS => {
            let mut events = if capture.status == CaptureStatus::Submitted { vec![unknown()] } else { Vec::new() };
            events.extend(given_to_people(order, capture, NO_ANSWER, ctx));
            events
        }
        CaptureAnswered::Pending { reference } => {
            let pending = OrderEvent::Capture(CaptureEvent::Pending {
                capture_id: capture_id.clone(),
                provider_reference: reference.clone(),
                retry_at: look_at,
            });
            if capture.status == CaptureStatus::Unknown {
                vec![OrderEvent::Capture(CaptureEvent::Submitted { capture_id }), pending]
            } else {
                vec![pending]
            }
        }
        CaptureAnswered::Unknown => vec![unknown()],
        CaptureAnswered::Refused { reason } => failed(order, capture, reason, ctx),
        CaptureAnswered::NoGateway { reason } if capture.status == CaptureStatus::Requested => {
            given_to_people(order, capture, reason, ctx)
        }
        CaptureAnswered::NoGateway { reason } => failed(order, capture, reason, ctx),
    })
}

/// It failed for good: the same key would bring the same answer. A person looks, and what has not left stays.
fn failed(order: &Order, capture: &Capture, reason: &str, ctx: &Context<'_>) -> Vec<OrderEvent> {
    let capture_id = capture.id.clone();
    let mut events = vec![OrderEvent::Capture(CaptureEvent::Failed { capture_id, reason: reason.into() })];
    events.extend(given_to_people(order, capture, reason, ctx));
    events
}

fn given_to_people(order: &Order, capture: &Capture, reason: &str, ctx: &Context<'_>) -> Vec<OrderEvent> {
    let capture_id = capture.id.clone();
    let mut events = vec![OrderEvent::Capture(CaptureEvent::Manual { capture_id, reason: reason.into() })];
    if !order.has_shipped() || order.has_unshipped() {
        events.extend(mismatch(order, format!("{}: {reason}", not_taken(capture)), ctx));
    }
    events
}

/// The provider says that a capture failed. One of ours is given to people; one that we know nothing of, or that had
/// succeeded, is money that was ours and is not: what has to happen is what happens in a dispute.
pub(super) fn failed_there(
    order: &Order,
    fact: &PaymentFact,
    amount: Money,
    reason: &str,
    ctx: &Context<'_>,
) -> Vec<OrderEvent> {
    let payment = attempt(order, fact).filter(|p| p.provider_payment_id.is_some());
    let Some(capture) = payment.and_then(|p| order.capture_of(p)) else {
        return dispute::opened(order, fact, amount, ctx);
    };
    match capture.status {
        CaptureStatus::Submitted | CaptureStatus::Unknown => failed(order, capture, reason, ctx),
        CaptureStatus::Requested | CaptureStatus::Failed | CaptureStatus::Manual | CaptureStatus::Withdrawn => {
            vec![note("late_payment_event", format!("{}: capture failed, is {}", capture.id, capture.status.name()))]
        }
        CaptureStatus::Succeeded => dispute::opened(order, fact, amount, ctx),
    }
}

/// Whether a person may have it sent again: the promise stands, the order wants the money, and sending brings something new.
#[must_use]
pub fn may_retry(order: &Order, capture: &Capture) -> bool {
    capture.status == CaptureStatus::Manual && retry_refusal(order, capture).is_none()
}

/// Why it is not sent again, whoever asks.
fn retry_refusal(order: &Order, capture: &Capture) -> Option<&'static str> {
    let payment = order.payment(&capture.payment_id).filter(|p| p.status == PaymentStatus::Authorized);
    match payment {
        Some(payment) if !order.is_undone() && is_only_repeated(payment.provider, capture) => Some(
            "the provider has this capture and would only repeat its answer: capture the money in the provider's own \
             console, or withdraw",
        ),
        Some(_) if !order.is_undone() => None,
        Some(_) | None => Some("the promise is gone, or the order is undone"),
    }
}

/// Whether the provider has it under an id of its own and sends nothing under ours any more. Stripe is asked how the payment
/// stands, and takes it anew.
fn is_only_repeated(provider: Provider, capture: &Capture) -> bool {
    match provider {
        Provider::Adyen => capture.provider_reference.is_some(),
        // It can be asked how its capture stands.
        Provider::Paypal => capture.provider_reference.is_some() && capture.reason.as_deref() != Some(NO_ANSWER),
        Provider::Stripe
        | Provider::Alipay
        | Provider::Wechatpay
        | Provider::Cod
        | Provider::Channel
        | Provider::GiftCard => false,
    }
}

pub(super) fn retry(order: &Order, id: &CaptureId) -> Result<Vec<OrderEvent>, Refusal> {
    let capture = find(order, id)?;
    if capture.status != CaptureStatus::Manual {
        return Err(state(capture));
    }
    if let Some(reason) = retry_refusal(order, capture) {
        return Err(Refusal::NotOffered(reason.into()));
    }
    Ok(vec![OrderEvent::Capture(CaptureEvent::Submitted { capture_id: id.clone() })])
}

/// A person gives it up: the shop does without this money, or has it by another way. Goods that have not left wait until
/// somebody has said which.
pub(super) fn withdraw(
    order: &Order,
    id: &CaptureId,
    reason: &str,
    ctx: &Context<'_>,
) -> Result<Vec<OrderEvent>, Refusal> {
    let capture = find(order, id)?;
    if capture.status != CaptureStatus::Manual {
        return Err(state(capture));
    }
    let mut events =
        vec![OrderEvent::Capture(CaptureEvent::Withdrawn { capture_id: id.clone(), reason: reason.into() })];
    if order.has_unshipped() {
        let detail = format!("{}: the promise is given up: {reason}", capture.payment_id);
        events.extend(lost_promise(order, detail, &events, ctx));
    }
    Ok(events)
}
