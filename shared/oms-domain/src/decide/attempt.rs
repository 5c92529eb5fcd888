//! Further attempts to pay, each with a reference of its own, and what Waybill has begun at a provider.

use jiff::Timestamp;

use crate::body::Provider;
use crate::event::OrderEvent;
use crate::id::{EventKey, PaymentId};
use crate::machine::Machine;
use crate::money::Money;
use crate::order::{Order, Payment};
use crate::payment_start::{PayerClient, longest_wait_days, payable};
use crate::policy::Context;
use crate::refusal::Refusal;
use crate::status::OrderStatus;

/// More attempts than any buyer makes.
const MOST: usize = 20;

/// Opens a further attempt: after one that failed, beside one that nobody finishes, or through another provider.
pub(super) fn open(
    order: &Order,
    provider: Provider,
    amount: Money,
    key: Option<&EventKey>,
    ctx: &Context<'_>,
) -> Result<Vec<OrderEvent>, Refusal> {
    match order.status {
        OrderStatus::Received | OrderStatus::Validated | OrderStatus::AwaitingPayment => {}
        OrderStatus::Confirmed
        | OrderStatus::InFulfilment
        | OrderStatus::Completed
        | OrderStatus::Closed
        | OrderStatus::Rejected
        | OrderStatus::Expired
        | OrderStatus::Cancelling
        | OrderStatus::Cancelled => return Err(Refusal::WrongState { status: order.status.name() }),
    }
    if order.is_covered() {
        return Err(Refusal::WrongState { status: "covered" });
    }
    let field = |field: &str, reason: String| Err(Refusal::Field { field: field.into(), reason });
    if !provider.has_api() || !ctx.policy.providers.contains(&provider) {
        return field("provider", format!("{} is not offered here", provider.name()));
    }
    if order.payments.len() >= MOST {
        return Err(Refusal::NotOffered(format!("an order has at most {MOST} payment attempts")));
    }
    let owed = owed(order)?;
    let of_a_part = |p: &&Payment| {
        let ours = p.declared && p.provider.has_api() && !order.is_collected_by_channel(p);
        ours && order.secured(p).is_zero()
    };
    if amount != owed
        && !order.payments.iter().filter(of_a_part).any(|p| p.amount == amount || order.due(p) == Ok(amount))
    {
        return field("amount", format!("must be what is owed, {owed}, or a part of the order's that is not paid"));
    }
    let payment_id = PaymentId::number(order.payments.len() + 1);
    Ok(vec![OrderEvent::PaymentAdded { payment_id, provider, amount, key: key.cloned() }])
}

fn owed(order: &Order) -> Result<Money, Refusal> {
    let secured = Money::sum(order.body.currency, order.payments.iter().map(|p| order.secured(p)))?;
    Ok(order.worth()?.sub(secured)?)
}

/// What was begun at the provider, told by its answer. Refused when the order waits for no payment any more: then whoever
/// began it calls it off, and nobody was told how to pay it.
pub(super) fn started(
    order: &Order,
    id: &PaymentId,
    client: PayerClient,
    provider_payment_id: Option<&str>,
    object: Option<&str>,
    expires_at: Timestamp,
    ctx: &Context<'_>,
) -> Result<Vec<OrderEvent>, Refusal> {
    let payment = payable(order, id, client, ctx.now)?;
    let mut events = Vec::new();
    if payment.started.is_none() {
        let (payment_id, object) = (id.clone(), object.map(str::to_owned));
        let expires_at = longest_wait_days(payment.provider).map(|_| expires_at);
        events.push(OrderEvent::PaymentStarted { payment_id, client, object, expires_at });
    }
    if let Some(told) = provider_payment_id
        && payment.provider_payment_id.is_none()
    {
        events.push(OrderEvent::PaymentIdentified { payment_id: id.clone(), provider_payment_id: told.into() });
    }
    Ok(events)
}
