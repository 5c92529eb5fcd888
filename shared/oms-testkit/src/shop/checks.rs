//! What must be true of a shop whenever it is quiet, whatever happened before.

use std::collections::{BTreeMap, BTreeSet};

use oms_app::pointers::WorkList;
use oms_app::ports::{Clock, LoadedOrder, OrderLists};
use oms_app::timers::Watched;
use oms_domain::benefit::{self, Spent, SpentKind};
use oms_domain::desk;
use oms_domain::event::{CommitRecord, RefundCause};
use oms_domain::id::ReturnId;
use oms_domain::ledger::Balances;
use oms_domain::machine::Machine;
use oms_domain::money::Money;
use oms_domain::order::{Order, Refund};
use oms_domain::policy::Policy;
use oms_domain::refund_pace::{self, Turn};
use oms_domain::status::{
    BenefitStatus, HoldStatus, OrderStatus, PaymentStatus, RefundStatus, ReservationStatus, ShipmentStatus,
};
use oms_domain::task::{Role, Task, TaskKind};
use oms_domain::wake;
use serde_json::Value;

use crate::shop::Shop;
use crate::shop::work::{Look, later};

/// How long an order that nothing helps is left alone at the most, in seconds.
const LOOK_AGAIN_AT_MOST: i64 = 900;

/// Everything below, over all orders.
pub async fn sound(shop: &Shop) -> Look {
    let look = shop.look().await;
    let events = shop.events();
    for LoadedOrder { order, parked, records, .. } in &look.orders {
        published(order, &events);
        ledger(order, records);
        rows(shop, order);
        found_by_the_sweep(shop, order, &look);
        way_out(shop, order);
        money(shop, order);
        two_people(order, &shop.policy);
        benefits(shop, order);
        gift_cards(shop, order);
        assert!(parked.is_empty(), "a parked fact of {} was forgotten", order.id);
    }
    stock(shop, look.orders.iter().map(|loaded| &loaded.order));
    look
}

/// What an entry says, without the hint that a location hears of it: that is looked up anew for every copy.
#[must_use]
pub fn content(entry: &Value) -> Value {
    let mut entry = entry.clone();
    if let Some(entry) = entry.as_object_mut() {
        entry.remove("webhook");
    }
    entry
}

/// The service says of an order's coupons and points what the order says, and undone orders have none.
pub fn benefits(shop: &Shop, order: &Order) {
    let there = shop.benefits.of(&order.id);
    assert_eq!(there, order.benefits, "{}: the service and the order differ: {order:#?}", order.id);
    if there != Some(BenefitStatus::Released) {
        let points = |s: &&Spent| s.kind == SpentKind::Points;
        let spent: i128 = benefit::spent(order).iter().filter(points).map(|s| s.amount.minor()).sum();
        let held = if there.is_some() { spent - points_back(order) } else { 0 };
        let kept = shop.benefits.held(&order.id, SpentKind::Points);
        assert_eq!(kept, held, "{}: the service keeps other points than the order spends: {order:#?}", order.id);
    }
    let owed = shop.policy.benefits && order.is_undone() && !order.awaits_location();
    let back = there == Some(BenefitStatus::Released) || benefit::spent(order).is_empty();
    assert!(!owed || back, "{} is undone and keeps coupons or points: {order:#?}", order.id);
}

/// The service has of an order's gift cards what the order has taken and not given back, to the last cent; what may have
/// gone back without an answer is the only thing that one can know and the other not.
pub fn gift_cards(shop: &Shop, order: &Order) {
    let (mut kept, mut open) = (0_i128, 0_i128);
    for (payment, _) in order.gift_cards() {
        let has = if payment.is_set_aside_on_a_card() { payment.authorized } else { payment.captured };
        kept += has.minor();
        for refund in order.refunds.iter().filter(|r| r.payment_id == payment.id) {
            let by_hand = refund.provider_reference.is_some();
            match refund.status {
                RefundStatus::Succeeded if by_hand => open += refund.amount.minor(),
                RefundStatus::Succeeded => {
                    kept -= refund.amount.minor();
                    let id = ReturnId::from(&refund.id);
                    assert!(
                        shop.benefits.has_returned(&order.id, &id),
                        "{id} succeeded, and the service does not know it"
                    );
                }
                RefundStatus::Submitted | RefundStatus::Unknown | RefundStatus::Failed | RefundStatus::Manual => {
                    open += refund.amount.minor();
                }
                RefundStatus::Requested | RefundStatus::Approved | RefundStatus::Declined => {}
            }
        }
    }
    let held = shop.benefits.held(&order.id, SpentKind::GiftCard);
    assert!(
        held <= kept && kept - open <= held,
        "the service has {held} of cards, {kept} less up to {open} here: {order:#?}"
    );
    let owes = order.status == OrderStatus::Cancelled && open == 0;
    assert!(!owes || held == 0, "{} is cancelled, and its gift card is charged {held}", order.id);
}

/// The points that the service has taken back with parts of an order, in minor units.
fn points_back(order: &Order) -> i128 {
    let cancelled = (1..).zip(&order.cancelled).map(|(n, c)| (ReturnId::of_cancelled(&order.id, n), &c.points_back));
    let refunded = order.refunds.iter().map(|r| (ReturnId::of_refunded(&r.id), &r.points_back));
    let done = cancelled.chain(refunded).filter(|(id, _)| order.points_returned.contains(id));
    done.flat_map(|(_, items)| items).map(|item| item.amount.minor()).sum()
}

/// Every commit left at least once, under one id with one content; numbers without a gap.
pub fn published(order: &Order, events: &[Value]) {
    let id = &order.id;
    let mut copies: BTreeMap<u64, &Value> = BTreeMap::new();
    for event in events.iter().filter(|e| e["subject"] == id.as_str()) {
        let number: u64 = event["sequence"].as_str().unwrap().parse().unwrap();
        assert_eq!(event["id"], format!("{id}-{number}"));
        let copy = copies.entry(number).or_insert(event);
        assert_eq!(content(copy), content(event), "two events under one id");
    }
    let numbers: Vec<u64> = copies.into_keys().collect();
    assert_eq!(numbers, (1..=order.version).collect::<Vec<_>>(), "the entries of {id} have gaps");
}

/// Every commit wrote what it did into the books; all of them come to what the order says.
pub fn ledger(order: &Order, records: &[CommitRecord]) {
    let mut books = Balances::default();
    for posting in records.iter().flat_map(|record| &record.postings) {
        assert!(posting.is_balanced(), "{}: {posting:?}", order.id);
        books.post(&posting.entries);
    }
    assert_eq!(books, Balances::of(order), "the postings of {} are not what it says", order.id);
    assert_eq!(books.sum(), 0, "debits and credits of {} differ", order.id);
}

/// Tasks, work lists and tracking numbers say what the order says.
pub fn rows(shop: &Shop, order: &Order) {
    let id = &order.id;
    let by_id = |tasks: Vec<Task>| tasks.into_iter().map(|t| (t.task_id.clone(), t)).collect::<BTreeMap<_, _>>();
    assert_eq!(by_id(shop.store.tasks_of(id)), by_id(desk::tasks(order)), "the task rows of {id} are out of date");
    for shipment in &order.shipments {
        // The other list may hold it still; whoever reads that list takes it out.
        assert!(shop.store.is_listed(&shipment.id, WorkList::of(shipment)), "{} stands in the wrong list", shipment.id);
    }
}

/// A timer brings the order back when it next needs work, also when every message is lost.
pub fn found_by_the_sweep(shop: &Shop, order: &Order, look: &Look) {
    let id = &order.id;
    let Some(at) = wake::next_wake(order, &shop.policy) else { return };
    if at > look.far {
        return;
    }
    // In time, or as soon as timers come; after a look that helped nothing, at the next.
    let latest = at.max(later(shop.clock.now(), LOOK_AGAIN_AT_MOST));
    let known = look
        .timers
        .iter()
        .any(|timer| matches!(&timer.of, Watched::Order { order_id } if order_id == id) && timer.at <= latest);
    assert!(known, "{id} needs work at {at}, and no timer brings it back");
}

/// Whatever waits has a way out: a time at which something happens by itself, a task, or somebody outside who is known
/// to be silent after a while.
pub fn way_out(shop: &Shop, order: &Order) {
    let now = shop.clock.now();
    let tasks = desk::tasks(order);
    let next = wake::next_wake(order, &shop.policy);
    assert!(next.is_none_or(|at| at > now), "{} has work to do that nobody does: {order:#?}", order.id);
    assert!(tasks.iter().all(|t| !t.answers.is_empty()), "a task without an answer: {tasks:?}");
    let rests = order.status.is_final();
    assert!(rests || next.is_some() || !tasks.is_empty(), "{} waits for nothing: {order:#?}", order.id);
    let has_task = |part: &str| tasks.iter().any(|t| t.task_id == format!("{}.{part}", order.id));
    // A hold on an order that is undone holds nothing.
    for hold in order.holds.iter().filter(|h| h.status == HoldStatus::Active && !order.is_undone()) {
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
    // One that was just sent to the same payment goes first.
    let wake_later = |order: &Order, refund: &Refund| refund_pace::turn(order, refund) != Turn::Now;
    for (number, refund) in order.refunds.iter().enumerate() {
        let waits = match refund.status {
            RefundStatus::Submitted | RefundStatus::Unknown => true,
            RefundStatus::Manual | RefundStatus::Failed => has_task(&format!("r{}", number + 1)),
            RefundStatus::Succeeded | RefundStatus::Declined => true,
            RefundStatus::Requested => has_task(&format!("s{}", number + 1)),
            RefundStatus::Approved => wake_later(order, refund),
        };
        assert!(waits, "{} is {:?} with no way out", refund.id, refund.status);
    }
}

/// What must be true of an order's books at any moment.
pub fn books(order: &Order) {
    let captured = order.captured().unwrap();
    assert!(order.refunded().unwrap().compare(captured).unwrap().is_le(), "more went back than came in: {order:#?}");
    for payment in &order.payments {
        assert!(!order.refundable(payment).unwrap().is_negative(), "{} is refunded too often: {order:#?}", payment.id);
    }
    for line in &order.body.lines {
        let planned =
            order.units(&line.line_id, |s| !matches!(s.status, ShipmentStatus::Rejected | ShipmentStatus::Cancelled));
        let wanted = order.wanted(line);
        assert!(planned <= wanted, "line {} ships {planned} of {wanted}: {order:#?}", line.line_id);
    }
}

/// No more of an order than one person may send back alone is sent without a second person, who is another.
pub fn two_people(order: &Order, policy: &Policy) {
    let Some(most) = policy.refund_approval(order.body.currency) else { return };
    let mut alone = Money::zero(order.body.currency);
    for refund in order.refunds.iter().filter(|r| r.cause == RefundCause::Requested && r.asked_by.is_some()) {
        assert_ne!(refund.asked_by, refund.approved_by, "{} was agreed to by whoever asked", refund.id);
        let waits = matches!(refund.status, RefundStatus::Requested | RefundStatus::Declined);
        if refund.approved_by.is_none() && !waits {
            alone = alone.add(refund.amount).unwrap();
        }
    }
    assert!(alone.compare(most).unwrap().is_le(), "one person alone sends back {alone}: {order:#?}");
}

/// What went back is what the provider's books say, and never more than came in.
pub fn money(shop: &Shop, order: &Order) {
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
        if payment.provider.has_api() && !by_hand {
            assert!(sent.contains_key(&refund.id), "{} succeeded, and the provider does not know it", refund.id);
        }
    }
    if order.status == OrderStatus::Cancelled {
        let known = desk::tasks(order).iter().any(|t| t.kind == TaskKind::Refund);
        assert!(known || !order.kept().unwrap().is_positive(), "cancelled, and money was kept: {order:#?}");
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
pub fn stock<'a>(shop: &Shop, orders: impl Iterator<Item = &'a Order>) {
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
