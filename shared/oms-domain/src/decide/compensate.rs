//! Undoing an order, and whatever time alone decides.

use crate::decide::refund::approve;
use crate::decide::shipment::withdrawn;
use crate::decide::{call_off, capture, goods_wait, holds, second_person};
use crate::deposit;
use crate::event::{OrderEvent, RefundCause};
use crate::machine::Machine;
use crate::order::Order;
use crate::policy::{Context, Policy};
use crate::refusal::Refusal;
use crate::status::{OrderStatus, ShipmentStatus};

pub(super) fn cancel(order: &Order, reason: &str, ctx: &Context<'_>) -> Result<Vec<OrderEvent>, Refusal> {
    // Whether a deposit is kept is decided by its day, and not by who comes first, the buyer or the sweep.
    if order.status == OrderStatus::AwaitingPayment {
        let passed = passed_deadlines(order, ctx)?;
        if passed.iter().any(|event| matches!(event, OrderEvent::DepositKept { .. })) {
            return Ok(passed);
        }
    }
    match order.status {
        OrderStatus::Cancelling | OrderStatus::Cancelled => Ok(Vec::new()),
        OrderStatus::Rejected | OrderStatus::Expired => Err(Refusal::WrongState { status: order.status.name() }),
        OrderStatus::Completed | OrderStatus::Closed => Err(Refusal::AlreadyShipped),
        OrderStatus::Received
        | OrderStatus::Validated
        | OrderStatus::AwaitingPayment
        | OrderStatus::Confirmed
        | OrderStatus::InFulfilment => {
            if order.has_shipped() {
                Err(Refusal::AlreadyShipped)
            } else {
                Ok(begin_undoing(order, reason))
            }
        }
    }
}

/// The order begins to be undone. A shipment that its location has not accepted is withdrawn at once; one that it has
/// accepted may already be on the way, so the location is asked, and nothing is compensated before it answers.
pub(super) fn begin_undoing(order: &Order, reason: &str) -> Vec<OrderEvent> {
    let mut events = vec![OrderEvent::CancellationRequested { reason: reason.into() }];
    for shipment in &order.shipments {
        match shipment.status {
            ShipmentStatus::Backordered
            | ShipmentStatus::Scheduled
            | ShipmentStatus::Planned
            | ShipmentStatus::Released => events.push(withdrawn(shipment)),
            ShipmentStatus::Accepted | ShipmentStatus::Packed => events.push(OrderEvent::ShipmentCancelRequested {
                shipment_id: shipment.id.clone(),
                location_id: shipment.location_id.clone(),
            }),
            ShipmentStatus::Shipped
            | ShipmentStatus::InTransit
            | ShipmentStatus::Delivered
            | ShipmentStatus::Rejected
            | ShipmentStatus::Cancelled
            | ShipmentStatus::Exception
            | ShipmentStatus::Lost
            | ShipmentStatus::ReturnedToSender => {}
        }
    }
    events
}

/// What time decides first, then what is owed to the buyer as things then stand.
pub(super) fn compensate(order: &Order, ctx: &Context<'_>) -> Result<Vec<OrderEvent>, Refusal> {
    let mut events = passed_deadlines(order, ctx)?;
    let state = super::after(order, &events, ctx.now);
    events.extend(capture::ending(&state, ctx));
    let state = super::after(order, &events, ctx.now);
    events.extend(owed(&state, ctx)?);
    events.extend(call_off::unasked(&state));
    Ok(events)
}

fn passed_deadlines(order: &Order, ctx: &Context<'_>) -> Result<Vec<OrderEvent>, Refusal> {
    let mut events = holds::expire(order, ctx);
    if !events.is_empty() {
        return Ok(events);
    }
    match order.status {
        // A held order is not expired: the hold has a deadline of its own.
        OrderStatus::AwaitingPayment if !order.is_held() && order.payment_deadline.is_some_and(|d| d <= ctx.now) => {
            events.push(OrderEvent::Expired);
            let kept = deposit::kept(order, ctx.policy, ctx.now)?;
            events.extend(kept.into_iter().map(|(payment_id, amount)| OrderEvent::DepositKept { payment_id, amount }));
        }
        OrderStatus::Completed if order.completed_at.is_some_and(|at| is_over(at, ctx)) => {
            events.push(OrderEvent::Closed)
        }
        OrderStatus::Received
        | OrderStatus::Validated
        | OrderStatus::AwaitingPayment
        | OrderStatus::Confirmed
        | OrderStatus::InFulfilment
        | OrderStatus::Completed
        | OrderStatus::Closed
        | OrderStatus::Rejected
        | OrderStatus::Expired
        | OrderStatus::Cancelling
        | OrderStatus::Cancelled => {}
    }
    for shipment in &order.shipments {
        if crate::wake::silent_after(shipment, ctx.policy).is_some_and(|at| at <= ctx.now) {
            events.push(OrderEvent::ShipmentOverdue { shipment_id: shipment.id.clone() });
        }
    }
    Ok(events)
}

fn is_over(completed_at: jiff::Timestamp, ctx: &Context<'_>) -> bool {
    Policy::after(completed_at, ctx.policy.close_after_seconds) <= ctx.now
}

/// Refunds for what is owed: all but a deposit that is kept when the order is undone, what is beyond its total otherwise.
fn owed(order: &Order, ctx: &Context<'_>) -> Result<Vec<OrderEvent>, Refusal> {
    let mut events = Vec::new();
    if order.is_undone() {
        if order.awaits_location() {
            return Ok(events);
        }
        // What a person asked for and nobody has agreed to is owed now: it need not wait, and it goes with the rest.
        let overtaken = second_person::overtaken(order, undone_because(order));
        let mut free = order.clone();
        overtaken.iter().for_each(|event| free.apply(event, order.updated_at));
        for payment in &free.payments {
            let amount = free.owed_back(payment)?;
            if amount.is_positive() {
                let (ahead, why) = (events.len(), undone_because(order));
                events.push(approve(order, ahead, payment, amount, RefundCause::OrderUndone, why));
            }
        }
        return Ok([overtaken, events].concat());
    }
    excess_refunds(order, "paid more than was owed", ctx)
}

/// Refunds for what came in beyond what the order is worth, and that no refund claims yet.
pub(super) fn excess_refunds(order: &Order, reason: &str, ctx: &Context<'_>) -> Result<Vec<OrderEvent>, Refusal> {
    let mut open = order.excess()?;
    if !open.is_positive() {
        return Ok(Vec::new());
    }
    let mut overtaken = second_person::overtaken_by(order, open, reason, ctx)?;
    if !overtaken.is_empty() {
        overtaken.extend(goods_wait::stays(order, &overtaken, ctx)?);
    }
    let free = super::after(order, &overtaken, ctx.now);
    let mut events = Vec::new();
    // The latest money goes back first: it is what came on top.
    let mut payments: Vec<_> = free.payments.iter().rev().collect();
    ctx.policy.refund_first.sort(&mut payments, |payment| payment.provider);
    for payment in payments {
        let amount = open.min(free.refundable(payment)?)?;
        if amount.is_positive() {
            events.push(approve(&free, events.len(), payment, amount, RefundCause::Excess, reason));
            open = open.sub(amount)?;
        }
    }
    Ok([overtaken, events].concat())
}

/// Why everything goes back, in the words that stand beside the refund.
fn undone_because(order: &Order) -> &str {
    match order.status {
        OrderStatus::Expired => "not paid in time",
        OrderStatus::Rejected => "the order was rejected",
        OrderStatus::Received
        | OrderStatus::Validated
        | OrderStatus::AwaitingPayment
        | OrderStatus::Confirmed
        | OrderStatus::InFulfilment
        | OrderStatus::Completed
        | OrderStatus::Closed
        | OrderStatus::Cancelling
        | OrderStatus::Cancelled => order.cancellation_reason.as_deref().unwrap_or("the order was cancelled"),
    }
}

/// What is still promised to an order that is undone goes back to the shelf.
pub(super) fn release_stock(order: &Order) -> Vec<OrderEvent> {
    if !order.is_undone() || order.awaits_location() {
        return Vec::new();
    }
    let allotments: Vec<_> = order.live_reservations().map(|r| r.allotment.clone()).collect();
    if allotments.is_empty() { Vec::new() } else { vec![OrderEvent::StockReleased { allotments }] }
}
