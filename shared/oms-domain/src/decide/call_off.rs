//! Calling payments off with their order, and the provider's own ids, by which that is done.

use crate::body::Provider;
use crate::command::CallOffAnswered;
use crate::decide::attempt;
use crate::decide::holds::anomaly;
use crate::decide::payment::lost_promise;
use crate::event::OrderEvent;
use crate::id::PaymentId;
use crate::machine::Machine;
use crate::money::Money;
use crate::order::{Order, Payment};
use crate::policy::Context;
use crate::refusal::Refusal;
use crate::status::PaymentStatus;
use crate::wake;

pub(super) fn identify(
    order: &Order,
    provider: Provider,
    amount: Money,
    provider_payment_id: &str,
    ctx: &Context<'_>,
) -> Result<Vec<OrderEvent>, Refusal> {
    let same = || order.payments.iter().filter(|p| p.provider == provider);
    if same().any(|p| p.provider_payment_id.as_deref() == Some(provider_payment_id)) {
        return Ok(Vec::new());
    }
    let open = || same().filter(|p| is_open(order, p));
    let fits = |p: &Payment| p.amount == amount || order.due(p) == Ok(amount);
    // Of several that it fits it is of the latest: that is the one which the buyer tries now.
    let Some(payment) = open().rfind(|p| fits(p)).or_else(|| open().next()) else {
        // The storefront has begun a payment that the order does not know: it is a further attempt, and has its id at once.
        let opened = attempt::open(order, provider, amount, None, ctx)?;
        let identified = opened.iter().find_map(|event| identified(event, provider_payment_id));
        return Ok(opened.into_iter().chain(identified).collect());
    };
    if !fits(payment) {
        let reason = format!("must be {}, the amount of {}", order.due(payment)?, payment.id);
        return Err(Refusal::Field { field: "amount".into(), reason });
    }
    if !provider.has_api() {
        return Err(Refusal::Field { field: "provider".into(), reason: "has no payment ids".into() });
    }
    Ok(vec![OrderEvent::PaymentIdentified {
        payment_id: payment.id.clone(),
        provider_payment_id: provider_payment_id.into(),
    }])
}

/// The id of an attempt that is opened with it.
fn identified(opened: &OrderEvent, provider_payment_id: &str) -> Option<OrderEvent> {
    let OrderEvent::PaymentAdded { payment_id, .. } = opened else { return None };
    let (payment_id, provider_payment_id) = (payment_id.clone(), provider_payment_id.into());
    Some(OrderEvent::PaymentIdentified { payment_id, provider_payment_id })
}

fn is_open(order: &Order, payment: &Payment) -> bool {
    payment.provider_payment_id.is_none() && !order.is_collected_by_channel(payment)
}

/// Payment attempts that nobody has to be asked about are called off with the order, or when another one has paid it.
pub(super) fn unasked(order: &Order) -> Vec<OrderEvent> {
    let nobody = |p: &&Payment| {
        let open =
            matches!(p.status, PaymentStatus::Created | PaymentStatus::RequiresAction | PaymentStatus::Authorized);
        let unknown = !p.can_be_called_off() || p.provider.is_promise();
        open && (unknown || order.is_collected_by_channel(p))
    };
    let expired = |p: &Payment| OrderEvent::PaymentExpired { payment_id: p.id.clone() };
    wake::to_call_off(order).filter(nobody).map(expired).collect()
}

pub(super) fn answer(
    order: &Order,
    id: &PaymentId,
    answer: &CallOffAnswered,
    ctx: &Context<'_>,
) -> Result<Vec<OrderEvent>, Refusal> {
    let payment = order.payment(id).ok_or_else(|| Refusal::Unknown { kind: "payment", id: id.to_string() })?;
    Ok(match answer {
        CallOffAnswered::Done => let_go(order, payment, done(payment), ctx),
        CallOffAnswered::Captured(amount) if is_news(payment, *amount) => {
            vec![OrderEvent::PaymentCaptured { payment_id: id.clone(), captured: *amount }]
        }
        CallOffAnswered::Found { provider_payment_id, amount } if is_news(payment, *amount) => {
            let captured = OrderEvent::PaymentCaptured { payment_id: id.clone(), captured: *amount };
            if payment.provider_payment_id.is_some() {
                return Ok(vec![captured]);
            }
            // Without it nothing could be sent back.
            let provider_payment_id = provider_payment_id.clone();
            vec![OrderEvent::PaymentIdentified { payment_id: id.clone(), provider_payment_id }, captured]
        }
        CallOffAnswered::Captured(amount) | CallOffAnswered::Found { amount, .. } => {
            let_go(order, payment, refused(order, payment, &format!("captured {amount}")), ctx)
        }
        CallOffAnswered::Refused { reason } => let_go(order, payment, refused(order, payment, reason), ctx),
        CallOffAnswered::Unknown if payment.status == PaymentStatus::Authorized => {
            let events = vec![
                OrderEvent::PaymentVoiding { payment_id: id.clone() },
                OrderEvent::PaymentUnknown { payment_id: id.clone(), retry_at: ctx.after(30) },
            ];
            let_go(order, payment, events, ctx)
        }
        // It is asked again by the sweep.
        CallOffAnswered::Unknown => Vec::new(),
    })
}

/// A promise is let go. Others had paid when its calling off began; meanwhile theirs may have gone.
fn let_go(order: &Order, payment: &Payment, events: Vec<OrderEvent>, ctx: &Context<'_>) -> Vec<OrderEvent> {
    if payment.status != PaymentStatus::Authorized || !order.is_secured() {
        return events;
    }
    let detail = format!("{} was called off, and what was to pay instead of it is gone", payment.id);
    let raised = lost_promise(order, detail, &events, ctx);
    [events, raised].concat()
}

fn is_news(payment: &Payment, amount: Money) -> bool {
    amount.compare(payment.captured).is_ok_and(std::cmp::Ordering::is_gt)
}

fn done(payment: &Payment) -> Vec<OrderEvent> {
    let payment_id = payment.id.clone();
    let voided = OrderEvent::PaymentVoided { payment_id: payment_id.clone() };
    if payment.status == PaymentStatus::Authorized {
        vec![OrderEvent::PaymentVoiding { payment_id }, voided]
    } else if payment.status.can_become(PaymentStatus::Voided) {
        vec![voided]
    } else if payment.status.can_become(PaymentStatus::Expired) {
        vec![OrderEvent::PaymentExpired { payment_id }]
    } else {
        Vec::new()
    }
}

/// It cannot be called off, or the answer makes no sense: people hear of it, and the order does not wait for it. What
/// is captured all the same is refunded.
fn refused(order: &Order, payment: &Payment, reason: &str) -> Vec<OrderEvent> {
    if !payment.status.can_become(PaymentStatus::Expired) {
        return Vec::new();
    }
    vec![
        anomaly(order, 0, "payment_call_off_refused", format!("{}: {reason}", payment.id)),
        OrderEvent::PaymentExpired { payment_id: payment.id.clone() },
    ]
}
