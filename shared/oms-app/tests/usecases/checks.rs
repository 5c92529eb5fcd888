//! What must be true of a shop whenever it is quiet, whatever happened before.

use std::collections::{BTreeMap, BTreeSet};

use oms_app::ports::{Clock, DueItem, LoadedOrder, OrderLists, WorkList};
use oms_domain::desk;
use oms_domain::order::Order;
use oms_domain::status::{HoldStatus, OrderStatus, PaymentStatus, RefundStatus, ReservationStatus, ShipmentStatus};
use oms_domain::task::{Role, Task, TaskKind};
use oms_domain::wake;
use serde_json::Value;

use crate::shop::Shop;
use crate::work::later;

/// Everything below, over all orders.
pub async fn sound(shop: &Shop) {
    let orders = shop.orders().await;
    let due = shop.due_rows(far(shop)).await;
    for LoadedOrder { order, parked, .. } in &orders {
        published(shop, order);
        rows(shop, order);
        found_by_the_sweep(shop, order, &due);
        way_out(shop, order);
        money(shop, order);
        assert!(parked.is_empty(), "a parked fact of {} was forgotten", order.id);
    }
    stock(shop, orders.iter().map(|loaded| &loaded.order));
}

fn far(shop: &Shop) -> jiff::Timestamp {
    later(shop.clock.now(), 100 * 86_400)
}

/// Every event left at least once, under one id with one content; numbers without a gap.
pub fn published(shop: &Shop, order: &Order) {
    let id = &order.id;
    let mut copies: BTreeMap<u64, &Value> = BTreeMap::new();
    let fresh = shop.bus.events();
    for event in shop.told.iter().chain(&fresh).filter(|e| e["subject"] == id.as_str()) {
        let number: u64 = event["sequence"].as_str().unwrap().parse().unwrap();
        assert_eq!(event["id"], format!("{id}-{number}"));
        let copy = copies.entry(number).or_insert(event);
        assert_eq!(*copy, event, "two events under one id");
    }
    let numbers: Vec<u64> = copies.into_keys().collect();
    assert_eq!(numbers, (1..=order.event_count).collect::<Vec<_>>(), "the events of {id} have gaps");
    assert!(shop.store.unsent().iter().all(|(order, _)| order != id), "{id} has commits that are not marked as sent");
}

/// Tasks, work lists and tracking numbers say what the order says.
fn rows(shop: &Shop, order: &Order) {
    let id = &order.id;
    let by_id = |tasks: Vec<Task>| tasks.into_iter().map(|t| (t.task_id.clone(), t)).collect::<BTreeMap<_, _>>();
    assert_eq!(by_id(shop.store.tasks_of(id)), by_id(desk::tasks(order)), "the task rows of {id} are out of date");
    for shipment in &order.shipments {
        let list = if shipment.status.is_open_at_location() { WorkList::Open } else { WorkList::Done };
        assert!(shop.store.is_listed(&shipment.id, list), "{} stands in the wrong list", shipment.id);
    }
}

/// The due index brings the order back when it next needs work, also when every message is lost.
fn found_by_the_sweep(shop: &Shop, order: &Order, due: &[DueItem]) {
    let id = &order.id;
    let Some(at) = wake::next_wake(order, &shop.policy) else { return };
    if at > far(shop) {
        return;
    }
    let known = due
        .iter()
        .any(|item| matches!(item, DueItem::Commit { order_id, seq, .. } if order_id == id && *seq == order.version));
    assert!(known, "{id} needs work at {at}, and the sweep will not find it");
}

/// Whatever waits has a way out: a time at which something happens by itself, a task, or somebody outside who is known
/// to be silent after a while.
pub fn way_out(shop: &Shop, order: &Order) {
    let now = shop.clock.now();
    let tasks = desk::tasks(order);
    let next = wake::next_wake(order, &shop.policy);
    assert!(next.is_none_or(|at| at > now), "{} has work to do that nobody does: {order:#?}", order.id);
    assert!(tasks.iter().all(|t| !t.answers.is_empty()), "a task without an answer: {tasks:?}");
    let rests = match order.status {
        OrderStatus::Rejected | OrderStatus::Expired | OrderStatus::Cancelled | OrderStatus::Closed => true,
        OrderStatus::Received
        | OrderStatus::Validated
        | OrderStatus::AwaitingPayment
        | OrderStatus::Confirmed
        | OrderStatus::InFulfilment
        | OrderStatus::Cancelling
        | OrderStatus::Completed => false,
    };
    assert!(rests || next.is_some() || !tasks.is_empty(), "{} waits for nothing: {order:#?}", order.id);
    let has_task = |part: &str| tasks.iter().any(|t| t.task_id == format!("{}.{part}", order.id));
    for hold in order.holds.iter().filter(|h| h.status == HoldStatus::Active) {
        assert!(has_task(hold.id.as_str()), "nobody is asked about {}", hold.id);
    }
    for (number, shipment) in order.shipments.iter().enumerate() {
        let number = number + 1;
        let waits = match shipment.status {
            ShipmentStatus::Planned => order.is_held(),
            ShipmentStatus::Released
            | ShipmentStatus::Accepted
            | ShipmentStatus::Packed
            | ShipmentStatus::Shipped
            | ShipmentStatus::InTransit => {
                wake::silent_after(shipment, &shop.policy).is_some() || has_task(&format!("o{number}"))
            }
            ShipmentStatus::Exception | ShipmentStatus::Lost | ShipmentStatus::ReturnedToSender => {
                shipment.trouble_closed || has_task(&format!("t{number}"))
            }
            ShipmentStatus::Delivered | ShipmentStatus::Rejected | ShipmentStatus::Cancelled => true,
            ShipmentStatus::Backordered | ShipmentStatus::Scheduled => false,
        };
        assert!(waits, "{} is {:?} with no way out", shipment.id, shipment.status);
    }
    for (number, refund) in order.refunds.iter().enumerate() {
        let waits = match refund.status {
            RefundStatus::Submitted | RefundStatus::Unknown => true,
            RefundStatus::Manual | RefundStatus::Failed => has_task(&format!("r{}", number + 1)),
            RefundStatus::Succeeded | RefundStatus::Declined => true,
            RefundStatus::Requested | RefundStatus::Approved => false,
        };
        assert!(waits, "{} is {:?} with no way out", refund.id, refund.status);
    }
}

/// What went back is what the provider's books say, and never more than came in.
fn money(shop: &Shop, order: &Order) {
    let captured = order.captured().unwrap();
    assert!(order.refunded().unwrap().compare(captured).unwrap().is_le(), "more went back than came in: {order:#?}");
    let sent = shop.stripe.refunds();
    for (id, booked) in &sent {
        if id.as_str().starts_with(order.id.as_str()) {
            let ours = order.refund(id).expect("the provider has a refund that we do not know");
            assert_eq!(ours.amount, booked.amount);
            assert!(
                ours.status == RefundStatus::Succeeded || booked.succeeded != Some(true),
                "{id}: {:?}",
                ours.status
            );
        }
    }
    for refund in order.refunds.iter().filter(|r| r.status == RefundStatus::Succeeded) {
        let payment = order.payment(&refund.payment_id).unwrap();
        let by_hand = refund.provider_reference.as_deref().is_some_and(|r| r.starts_with("manual"));
        if !payment.provider.is_promise() && !by_hand {
            assert!(sent.contains_key(&refund.id), "{} succeeded, and the provider does not know it", refund.id);
        }
    }
    if order.status == OrderStatus::Cancelled {
        let known = desk::tasks(order).iter().any(|t| t.kind == TaskKind::Refund);
        assert!(known || order.refunded().unwrap() == captured, "cancelled, and money was kept: {order:#?}");
        let open = order.payments.iter().filter(|p| {
            matches!(
                p.status,
                PaymentStatus::Created
                    | PaymentStatus::RequiresAction
                    | PaymentStatus::Authorized
                    | PaymentStatus::Voiding
            )
        });
        assert_eq!(open.count(), 0, "cancelled, and a payment may still come");
    }
}

/// Held and committed are what the orders' reservations say; on hand never falls below zero.
fn stock<'a>(shop: &Shop, orders: impl Iterator<Item = &'a Order>) {
    let mut promised: BTreeMap<(String, String), (i64, i64)> = BTreeMap::new();
    for reservation in orders.flat_map(|o| &o.reservations) {
        let a = &reservation.allotment;
        let sum = promised.entry((a.location_id.to_string(), a.sku.to_string())).or_default();
        match reservation.status {
            ReservationStatus::Held => sum.0 += i64::from(a.quantity),
            ReservationStatus::Committed => sum.1 += i64::from(a.quantity),
            ReservationStatus::Consumed | ReservationStatus::Released | ReservationStatus::Expired => {}
        }
    }
    for level in shop.store.all_levels() {
        let key = (level.location_id.to_string(), level.sku.to_string());
        let expected = promised.get(&key).copied().unwrap_or_default();
        assert_eq!((level.held, level.committed), expected, "{key:?}");
        assert!(level.on_hand >= 0, "{key:?}: {} on hand", level.on_hand);
    }
}

/// Tasks that belong to no order.
pub async fn loose_tasks(shop: &Shop) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for role in Role::ALL {
        let page = shop.store.tasks(*role, None, 100).await.unwrap();
        found.extend(page.items.into_iter().filter(|t| t.order_id.is_none()).map(|t| t.task_id));
    }
    found
}
