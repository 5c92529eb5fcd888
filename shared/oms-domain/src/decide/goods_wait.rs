//! Goods for which nothing is paid any more: whoever sends all of the money back before anything has left may mean to cancel, or
//! to be kind, and a refund does not say which. Support is asked.

use crate::decide::holds;
use crate::event::{OrderEvent, RefundCause};
use crate::order::{Hold, Order, Payment};
use crate::policy::Context;
use crate::refusal::Refusal;
use crate::status::{HoldKind, OrderStatus, PaymentStatus};

/// The words of the hold, by which it is known when the money stays after all.
pub const ALL_BACK: &str = "all that was paid goes back, ship anyway?";

/// The hold on goods whose money a person has just asked back whole, also while that waits for a second person. Lifted, they
/// ship as they are; confirmed, the order is cancelled, and so it is when nobody answers.
pub(super) fn asked_back(
    order: &Order,
    asked: &[OrderEvent],
    ctx: &Context<'_>,
) -> Result<Option<OrderEvent>, Refusal> {
    // Money that came in twice was never for the goods.
    let is_for_goods = |event: &OrderEvent| {
        matches!(
            event,
            OrderEvent::RefundApproved { cause: RefundCause::Requested, .. }
                | OrderEvent::RefundRequested { cause: RefundCause::Requested, .. }
        )
    };
    if !asked.iter().any(is_for_goods) || !goes_on(order) || order.has_shipped() || asks(order).next().is_some() {
        return Ok(None);
    }
    let state = super::after(order, asked, ctx.now);
    let is_all = !pays_for_goods(&state)?;
    Ok(is_all.then(|| holds::place(order, 0, HoldKind::ManualReview, ALL_BACK.into(), ctx)))
}

/// The same hold where a part of the order was cancelled, and with its worth the last of the money goes back: more had gone back
/// before than that part was worth.
pub(super) fn cut(order: &Order, events: &[OrderEvent], ctx: &Context<'_>) -> Result<Option<OrderEvent>, Refusal> {
    let state = super::after(order, events, ctx.now);
    if !goes_on(&state) || state.has_shipped() || asks(order).next().is_some() {
        return Ok(None);
    }
    let is_last = pays_for_goods(order)? && !pays_for_goods(&state)?;
    Ok(is_last.then(|| holds::place(order, 0, HoldKind::ManualReview, ALL_BACK.into(), ctx)))
}

/// What was asked back stays after all: nothing keeps the goods.
pub(super) fn stays(order: &Order, declined: &[OrderEvent], ctx: &Context<'_>) -> Result<Vec<OrderEvent>, Refusal> {
    let state = super::after(order, declined, ctx.now);
    if !pays_for_goods(&state)? {
        return Ok(Vec::new());
    }
    let lifted =
        |hold: &Hold| OrderEvent::HoldReleased { hold_id: hold.id.clone(), reason: "the refund is declined".into() };
    let mut events: Vec<OrderEvent> = asks(&state).map(lifted).collect();
    if !events.is_empty() {
        events.extend(holds::time_to_pay(order, &[declined, events.as_slice()].concat(), ctx));
    }
    Ok(events)
}

/// Whether any money stays for the goods: what came in beyond their worth goes back by itself, and what is promised is still
/// to be taken.
fn pays_for_goods(order: &Order) -> Result<bool, Refusal> {
    let is_promised = |p: &Payment| p.status == PaymentStatus::Authorized && order.secured(p).is_positive();
    let stays = order.refundable_total()?.sub(order.suspense()?)?;
    Ok(stays.is_positive() || order.payments.iter().any(is_promised))
}

fn asks(order: &Order) -> impl Iterator<Item = &Hold> {
    order.active_holds().filter(|hold| hold.reason == ALL_BACK)
}

fn goes_on(order: &Order) -> bool {
    match order.status {
        OrderStatus::Received
        | OrderStatus::Validated
        | OrderStatus::AwaitingPayment
        | OrderStatus::Confirmed
        | OrderStatus::InFulfilment => true,
        OrderStatus::Completed
        | OrderStatus::Closed
        | OrderStatus::Rejected
        | OrderStatus::Expired
        | OrderStatus::Cancelling
        | OrderStatus::Cancelled => false,
    }
}
