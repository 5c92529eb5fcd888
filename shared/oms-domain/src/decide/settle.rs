//! What follows by itself once something has happened: the order's own status, the way of the goods that are set
//! aside for it, and what the buyer is told.

use crate::benefit;
use crate::decide::{capture, plan};
use crate::event::OrderEvent;
use crate::machine::Machine;
use crate::notification::Template;
use crate::order::Order;
use crate::policy::Context;
use crate::status::{CaptureStatus, OrderStatus, PaymentStatus, RefundStatus, ShipmentStatus};
use crate::terms::Terms;

/// Adds what follows from the events, and what follows from that, until nothing does.
pub(super) fn settle(order: &Order, events: &mut Vec<OrderEvent>, ctx: &Context<'_>) {
    let mut state = super::after(order, events, ctx.now);
    let decided = events.as_slice();
    let mut told: Vec<OrderEvent> = decided.iter().filter_map(|e| tells(order, e, decided)).collect();
    // Every step below moves the order's status along its table, which has no cycle without a new command but
    // Cancelling → InFulfilment, taken once, or its shipments along theirs; the bound only guards against a mistake in
    // the rules.
    for _ in 0..12 {
        let next = follow(&state, events, ctx);
        if next.is_empty() {
            break;
        }
        for event in next {
            debug_assert!(allowed(&state, &event), "{} from {}", event.name(), state.status.name());
            state.apply(&event, ctx.now);
            told.extend(tells(&state, &event, events));
            events.push(event);
        }
    }
    events.append(&mut told);
}

fn follow(order: &Order, decided: &[OrderEvent], ctx: &Context<'_>) -> Vec<OrderEvent> {
    let money = capture::follow(order, ctx);
    if !money.is_empty() {
        return money;
    }
    let goods = plan::follow(order, decided);
    if !goods.is_empty() {
        return goods;
    }
    match order.status {
        OrderStatus::Validated if order.reserved && !order.is_held() => {
            if order.is_covered() {
                vec![OrderEvent::Confirmed]
            } else {
                let deadline = ctx.after(ctx.policy.payment_window_seconds);
                let terms = Terms::of(ctx.policy, order);
                vec![OrderEvent::PaymentRequested { deadline, terms }]
            }
        }
        OrderStatus::AwaitingPayment if order.is_covered() && !order.is_held() => vec![OrderEvent::Confirmed],
        // A part is paid, and the next has a time of its own: until then the goods stay set aside.
        OrderStatus::AwaitingPayment if !order.is_covered() => match order.next_instalment() {
            Some(deadline) if order.payment_deadline.is_none_or(|known| known < deadline) => {
                vec![OrderEvent::PaymentRequested { deadline, terms: order.terms }]
            }
            Some(_) | None => Vec::new(),
        },
        OrderStatus::Confirmed if !order.needs_stock() && !order.is_held() && !order.digital_delivered => {
            vec![OrderEvent::DigitalDelivered, OrderEvent::FulfilmentStarted]
        }
        OrderStatus::Confirmed if order.shipments.iter().any(is_with_location) => vec![OrderEvent::FulfilmentStarted],
        OrderStatus::InFulfilment if is_complete(order) => vec![OrderEvent::Completed],
        OrderStatus::InFulfilment if is_given_up(order) => {
            vec![OrderEvent::CancellationRequested { reason: "nothing arrived, and nothing paid is kept".into() }]
        }
        OrderStatus::Cancelling if order.has_shipped() && !order.came_to_nothing() => {
            vec![OrderEvent::CancellationRefused]
        }
        OrderStatus::Cancelling if is_compensated(order) && benefit::work(order, ctx.policy).is_none() => {
            vec![OrderEvent::Cancelled]
        }
        OrderStatus::Received
        | OrderStatus::Validated
        | OrderStatus::AwaitingPayment
        | OrderStatus::Confirmed
        | OrderStatus::InFulfilment
        | OrderStatus::Cancelling
        | OrderStatus::Completed
        | OrderStatus::Closed
        | OrderStatus::Rejected
        | OrderStatus::Expired
        | OrderStatus::Cancelled => Vec::new(),
    }
}

fn is_with_location(shipment: &crate::order::Shipment) -> bool {
    shipment.status.rank() >= ShipmentStatus::Released.rank()
        && !matches!(shipment.status, ShipmentStatus::Rejected | ShipmentStatus::Cancelled)
}

/// Whether something was delivered and nothing is open.
fn is_complete(order: &Order) -> bool {
    let delivered = order.digital_delivered || order.shipments.iter().any(|s| s.status == ShipmentStatus::Delivered);
    let open = order.shipments.iter().any(|s| match s.status {
        ShipmentStatus::Delivered
        | ShipmentStatus::Lost
        | ShipmentStatus::ReturnedToSender
        | ShipmentStatus::Rejected
        | ShipmentStatus::Cancelled => false,
        ShipmentStatus::Backordered
        | ShipmentStatus::Scheduled
        | ShipmentStatus::Planned
        | ShipmentStatus::Released
        | ShipmentStatus::Accepted
        | ShipmentStatus::Packed
        | ShipmentStatus::Shipped
        | ShipmentStatus::InTransit
        | ShipmentStatus::Exception => true,
    });
    delivered && !open && !order.has_unplanned()
}

/// Whether nothing of it arrived or will, people have looked at every parcel, and no money is kept for it.
fn is_given_up(order: &Order) -> bool {
    let seen = order.shipments.iter().all(|s| !s.status.has_shipped() || s.trouble_closed);
    // What waits for a second person is kept until that person agrees.
    let agreed = order.refunds.iter().all(|r| r.status != RefundStatus::Requested);
    order.came_to_nothing() && seen && agreed && order.refundable_total().is_ok_and(|m| m.is_zero())
}

/// Whether everything that the order set in motion is undone, coupons and points apart: goods, stock, money, promises of money.
fn is_compensated(order: &Order) -> bool {
    let payments = order.payments.iter().all(|p| match p.status {
        PaymentStatus::Created
        | PaymentStatus::RequiresAction
        | PaymentStatus::Authorized
        | PaymentStatus::Voiding
        | PaymentStatus::Unknown => false,
        PaymentStatus::Failed => p.provider_payment_id.is_none(),
        PaymentStatus::PartiallyCaptured
        | PaymentStatus::Captured
        | PaymentStatus::Expired
        | PaymentStatus::Voided
        | PaymentStatus::Disputed
        | PaymentStatus::ChargedBack => true,
    });
    let refunds = order.refunds.iter().all(|r| matches!(r.status, RefundStatus::Succeeded | RefundStatus::Declined));
    let captures =
        order.captures.iter().all(|c| matches!(c.status, CaptureStatus::Succeeded | CaptureStatus::Withdrawn));
    payments
        && captures
        && refunds
        && order.refundable_total().is_ok_and(|m| m.is_zero())
        && order.live_reservations().next().is_none()
        && order.shipments.iter().all(|s| !s.status.is_open_at_location())
}

fn allowed(order: &Order, event: &OrderEvent) -> bool {
    let mut after = order.clone();
    after.apply(event, order.updated_at);
    after.status == order.status || order.status.can_become(after.status)
}

/// What the buyer hears of an event, given the order as it was before and all that was decided with it.
fn tells(order: &Order, event: &OrderEvent, decided: &[OrderEvent]) -> Option<OrderEvent> {
    let template = if let OrderEvent::Confirmed = event {
        Template::OrderConfirmed
    } else if let OrderEvent::Rejected { .. } = event {
        Template::OrderRejected
    } else if let OrderEvent::Expired = event {
        let keeps = decided.iter().any(|e| matches!(e, OrderEvent::DepositKept { .. }));
        if keeps { Template::OrderExpiredDepositKept } else { Template::OrderExpired }
    } else if let OrderEvent::Cancelled = event {
        Template::OrderCancelled
    } else if let OrderEvent::LinesCancelled { .. } = event {
        Template::OrderPartCancelled
    } else if let OrderEvent::RefundSucceeded { .. } = event {
        Template::RefundSent
    } else if let OrderEvent::ShipmentMoved { shipment_id, to, .. } = event {
        parcel(order.shipment(shipment_id)?.status, *to)?
    } else {
        return None;
    };
    Some(OrderEvent::CustomerNotified { template, locale: locale(order) })
}

/// What the buyer hears of a parcel's move: that it is on its way once, however that came to be known; nothing of a
/// tracking number that is told late.
fn parcel(from: ShipmentStatus, to: ShipmentStatus) -> Option<Template> {
    match to {
        ShipmentStatus::Delivered if from != to => Some(Template::ParcelDelivered),
        ShipmentStatus::Exception | ShipmentStatus::Lost if from != to => Some(Template::ParcelTrouble),
        ShipmentStatus::Shipped | ShipmentStatus::InTransit if !from.has_shipped() => Some(Template::ParcelShipped),
        ShipmentStatus::Backordered
        | ShipmentStatus::Scheduled
        | ShipmentStatus::Planned
        | ShipmentStatus::Released
        | ShipmentStatus::Accepted
        | ShipmentStatus::Packed
        | ShipmentStatus::Shipped
        | ShipmentStatus::InTransit
        | ShipmentStatus::Delivered
        | ShipmentStatus::Rejected
        | ShipmentStatus::Cancelled
        | ShipmentStatus::Exception
        | ShipmentStatus::Lost
        | ShipmentStatus::ReturnedToSender => None,
    }
}

/// The buyer's language: what the order says, else Chinese for orders in CNY, else English.
fn locale(order: &Order) -> String {
    order
        .body
        .locale
        .clone()
        .unwrap_or_else(|| if order.body.currency.code() == "CNY" { "zh-CN".into() } else { "en".into() })
}
