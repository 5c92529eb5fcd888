//! The invariants of the state model, each a check of the whole simulated shop, to be made after every step.

use std::collections::{BTreeMap, BTreeSet};

use oms_domain::derived::line_counters;
use oms_domain::desk;
use oms_domain::event::{CaptureEvent, OrderEvent};
use oms_domain::id::ReturnId;
use oms_domain::ledger::{self, Account, Balances};
use oms_domain::machine::Machine;
use oms_domain::order::{Order, Refund, Shipment};
use oms_domain::status::{CaptureStatus, OrderStatus, ReservationStatus, ShipmentStatus};

use crate::ledger::Ledger;
use crate::work::{is_over, summary};
use crate::world::World;

/// Invariant 1: Σ refunded ≤ Σ captured, of each payment and of the order; one currency; what is applied is at most the total and
/// the rest stands in suspense; the books balance. The provider agrees: it never sent more than it took.
pub fn money(world: &World) {
    for life in &world.lives {
        let order = &life.order;
        let currency = order.body.currency;
        for payment in &order.payments {
            for amount in [payment.amount, payment.authorized, payment.captured] {
                assert_eq!(amount.currency(), currency);
                assert!(!amount.is_negative());
            }
            assert!(!order.refundable(payment).unwrap().is_negative(), "{} is refunded beyond its capture", payment.id);
        }
        for refund in &order.refunds {
            assert!(refund.amount.is_positive());
            assert_eq!(refund.amount.currency(), currency);
        }
        let (captured, refunded) = (order.captured().unwrap(), order.refunded().unwrap());
        assert!(refunded.compare(captured).unwrap().is_le());
        let books = Ledger::of(&life.records);
        assert_eq!(books.balance(), 0);
        assert_eq!(books.till, order.kept().unwrap().minor());
        assert!(books.sales <= 0, "more is refunded than was applied: {books:?}");
        assert!(-books.sales <= order.worth().unwrap().minor());
        assert!(books.suspense <= 0, "more is refunded from suspense than was in it: {books:?}");
        assert!(books.payable <= 0);
    }
    for (payment, taken) in world.till.taken() {
        let sent: i128 = world.till.sent_back(payment).iter().map(|m| m.minor()).sum();
        assert!(sent <= taken.minor(), "the provider sent {sent} of {taken}");
    }
}

/// Invariant 1, of promises: one capture for each, of no more than was promised; what is being captured is not called off,
/// and an order that is undone begins to take nothing. The till refuses what goes beyond a promise.
pub fn promises(world: &World) {
    for change in &world.fresh {
        let Some(before) = &change.before else { continue };
        let mut state = before.clone();
        for event in &change.record.events {
            if let OrderEvent::Capture(CaptureEvent::Requested { payment_id, amount, .. }) = event {
                let payment = state.payment(payment_id).unwrap();
                assert!(state.capture_of(payment).is_none(), "{payment_id} is captured twice");
                assert!(amount.is_positive() && amount.compare(payment.authorized).unwrap().is_le(), "{payment:?}");
            }
            if let OrderEvent::Capture(CaptureEvent::Submitted { capture_id }) = event {
                let first = state.capture(capture_id).unwrap().status == CaptureStatus::Requested;
                assert!(!first || !state.is_undone(), "undone, and money is taken");
            }
            if let OrderEvent::PaymentVoiding { payment_id } = event {
                let payment = state.payment(payment_id).unwrap();
                assert!(!state.is_being_captured(payment), "{payment_id} is called off while it is captured");
            }
            state.apply(event, change.record.at);
        }
    }
    for life in &world.lives {
        for capture in life.order.captures.iter().filter(|c| c.status == CaptureStatus::Succeeded) {
            let payment = life.order.payment(&capture.payment_id).unwrap();
            assert!(payment.captured.compare(capture.amount).unwrap().is_ge(), "succeeded without money: {payment:?}");
        }
    }
}

/// Invariant 1 in the product's own books: every posting balances, all of them together are what the order says, and that
/// agrees with the books of the test, which know nothing of sales or accounts.
pub fn ledger(world: &World) {
    for life in &world.lives {
        let (order, total) = (&life.order, life.order.worth().unwrap().minor());
        let mut books = Balances::default();
        for posting in ledger::history(&life.records).unwrap().iter().flat_map(|list| list.iter()) {
            assert!(posting.is_balanced(), "debits and credits differ: {posting:?}");
            assert!(!posting.entries.is_empty() && posting.entries.iter().all(|e| e.minor != 0), "{posting:?}");
            assert_eq!(posting.currency, order.body.currency);
            books.post(&posting.entries);
        }
        assert_eq!(books, Balances::of(order), "the postings are not what the order says");
        assert_eq!(books.sum(), 0);
        let sum =
            |of: fn(Account) -> bool| -> i128 { books.entries().filter(|e| of(e.account)).map(|e| e.minor).sum() };
        let kept = Ledger::of(&life.records);
        // What is lost for good is gone from the till of the test as well; what is contested only is still in it.
        let by_banks: i128 = order.payments.iter().map(|p| p.charged_back.minor() - p.lost.minor()).sum();
        let is_held = |a: Account| a.provider().is_some() || a == Account::GiftCard;
        assert_eq!(books.get(Account::Fee), kept.fees, "what providers keep");
        assert_eq!(sum(is_held), kept.till - by_banks - kept.fees);
        assert!(books.get(Account::Suspense) <= 0 && books.get(Account::Receivable) >= 0, "{books:?}");
        assert!(books.get(Account::Refund) >= 0 && books.get(Account::Chargeback) >= 0, "{books:?}");
        assert!(books.get(Account::Forfeited) <= 0, "{books:?}");
        let sold = sum(|a| {
            matches!(a, Account::Sales | Account::Tax | Account::Shipping | Account::Discount | Account::Points)
        });
        if sold == 0 && books.get(Account::Sales) == 0 {
            let deposit = -books.get(Account::Forfeited);
            let left = if deposit == 0 {
                (kept.till - by_banks).max(0)
            } else {
                // What a bank takes of a deposit that is kept is lost to the shop.
                kept.till - by_banks + books.get(Account::Chargeback) - deposit
            };
            assert_eq!(-books.get(Account::Suspense), left, "what is not sold is nobody's money");
            assert_eq!((books.get(Account::Receivable), books.get(Account::Refund)), (0, 0));
        } else {
            let paid = kept.taken().min(total);
            // Points that went back with a refund are no longer given off, and what they paid for stays sold.
            let back = |r: &&Refund| order.points_returned.contains(&ReturnId::of_refunded(&r.id));
            let back = order.refunds.iter().filter(back).flat_map(|r| &r.points_back).map(|p| p.amount.minor());
            let sold = sold + back.sum::<i128>();
            assert_eq!(books.get(Account::Receivable), -sold - paid, "what is owed is what was sold and not paid");
            let let_off = sold + total;
            assert!(let_off >= 0 && (let_off == 0 || order.payment_accepted), "{let_off} let off by nobody");
        }
    }
}

/// Invariant 1, at rest: no money is nobody's, and nothing is owed but by a payment that has not come.
pub fn settled(order: &Order) {
    let books = Balances::of(order);
    assert_eq!(books.get(Account::Suspense), 0, "money without an owner: {books:?}");
    let comes = order.payments.iter().any(|p| p.declared && p.captured.compare(p.amount).unwrap().is_lt());
    assert!(comes || books.get(Account::Receivable) == 0, "owed, and nobody pays: {books:?}");
}

/// Invariant 2: On hand ≥ 0; the reservations of a SKU at a location are its held and committed units; nothing is oversold;
/// a reservation ends once, and what left the shelf is what was consumed.
pub fn stock(world: &World) {
    let mut sums: BTreeMap<_, (i64, i64, i64)> = BTreeMap::new();
    for reservation in world.lives.iter().flat_map(|l| &l.order.reservations) {
        let row = (reservation.allotment.location_id.clone(), reservation.allotment.sku.clone());
        let sum = sums.entry(row).or_default();
        let units = i64::from(reservation.allotment.quantity);
        assert!(units > 0, "an empty reservation");
        match reservation.status {
            ReservationStatus::Held => sum.0 += units,
            ReservationStatus::Committed => sum.1 += units,
            ReservationStatus::Consumed => sum.2 += units,
            ReservationStatus::Released | ReservationStatus::Expired => {}
        }
    }
    for (row, level) in &world.stock {
        let (held, committed, consumed) = sums.remove(row).unwrap_or_default();
        assert_eq!((level.held, level.committed), (held, committed), "{row:?}");
        assert!(level.on_hand >= 0);
        assert!(level.on_hand >= level.held + level.committed, "oversold: {level:?}");
        assert_eq!(level.on_hand, world.filled[row] - consumed, "{row:?}");
    }
    assert!(sums.is_empty(), "reservations where there is no stock: {sums:?}");
    for change in world.fresh.iter().filter(|c| c.before.is_some()) {
        let before = change.before.as_ref().unwrap();
        let after = &world.lives[change.life].order;
        for (was, is) in before.reservations.iter().zip(&after.reservations) {
            assert!(was.status.is_active() || was == is, "an ended reservation changes: {was:?} {is:?}");
        }
    }
}

/// Invariant 3: Ordered = open + cancelled + shipped, and shipped ≥ returned; shipments carry what was ordered and no more, and
/// live or consumed promises match the living shipments.
pub fn quantities(world: &World) {
    for life in &world.lives {
        let order = &life.order;
        for line in &order.body.lines {
            let c = line_counters(order, line);
            assert_eq!(c.open + c.cancelled + c.shipped, line.quantity, "{c:?}");
            assert!(c.delivered <= c.shipped && c.returned <= c.shipped, "{c:?}");
            let living = order.units(&line.line_id, lives);
            let wanted = order.wanted(line);
            assert!(living <= wanted, "{living} units of line {} in shipments, {wanted} wanted", line.line_id);
            let promised: u32 = order
                .reservations
                .iter()
                .filter(|r| r.allotment.line_id == line.line_id)
                .filter(|r| matches!(r.status, ReservationStatus::Committed | ReservationStatus::Consumed))
                .map(|r| r.allotment.quantity)
                .sum();
            assert_eq!(promised, living, "line {}: committed and consumed units are those in shipments", line.line_id);
            let held: u32 = order
                .reservations
                .iter()
                .filter(|r| r.allotment.line_id == line.line_id && r.status == ReservationStatus::Held)
                .map(|r| r.allotment.quantity)
                .sum();
            assert!(held + living <= wanted);
        }
        for shipment in &order.shipments {
            assert!(!shipment.lines.is_empty());
            for part in &shipment.lines {
                let line = order.body.line(&part.line_id).expect("a line of the order");
                assert_eq!((&line.sku, &line.channel_line_id), (&part.sku, &part.channel_line_id));
                assert!(line.is_stocked());
            }
        }
    }
}

fn lives(shipment: &Shipment) -> bool {
    !matches!(shipment.status, ShipmentStatus::Rejected | ShipmentStatus::Cancelled)
}

/// Invariant 4: No state waits without a way out: an order that is not over has a time at which it wakes, or a task; and one that
/// is over owes nothing.
pub fn ways_out(world: &World) {
    for (i, life) in world.lives.iter().enumerate() {
        let tasks = desk::tasks(&life.order);
        let waits = world.next_wake(i).is_some() || !tasks.is_empty();
        assert!(waits || is_over(&life.order), "nothing will ever happen to {}", summary(&life.order));
        let ids: BTreeSet<_> = tasks.iter().map(|t| &t.task_id).collect();
        assert_eq!(ids.len(), tasks.len(), "two tasks of one id");
        for task in &tasks {
            assert!(!task.answers.is_empty(), "a task without an answer: {task:?}");
        }
    }
}

/// Invariant 5: A cause has its effect once: no two commits share one.
pub fn once(world: &World) {
    for change in &world.fresh {
        let Some(cause) = &change.record.cause else { continue };
        let records = &world.lives[change.life].records;
        let same = records.iter().filter(|r| r.cause.as_ref() == Some(cause)).count();
        assert_eq!(same, 1, "{cause} has its effect twice");
    }
}

/// Invariant 6: Nothing is planned, or handed to a location, while a hold is active; what a location ships all the same is raised
/// to people. Goods move only for an order that is covered, or whose payment a person has settled. A refund has one id
/// and is paid out once (the books of the first invariant refuse a second time).
pub fn goods(world: &World) {
    for change in &world.fresh {
        let Some(before) = &change.before else { continue };
        let mut state = before.clone();
        for event in &change.record.events {
            let handed = matches!(event, OrderEvent::ShipmentMoved { to: ShipmentStatus::Released, .. });
            if handed || matches!(event, OrderEvent::ShipmentPlanned { .. } | OrderEvent::DigitalDelivered) {
                assert!(!state.is_held(), "{} while held", event.name());
                assert!(!state.is_undone(), "{} while undone", event.name());
            }
            if matches!(event, OrderEvent::Confirmed) {
                assert!(state.is_covered(), "confirmed without cover");
            }
            state.apply(event, change.record.at);
        }
        let left = |order: &Order| order.shipments.iter().filter(|s| s.status.has_shipped()).count();
        if before.is_held() && left(&state) > left(before) {
            let raised = |e: &OrderEvent| matches!(e, OrderEvent::AnomalyRaised { .. });
            assert!(change.record.events.iter().any(raised), "shipped while held, and nobody is told");
        }
    }
}

/// Invariant 6: a deposit is kept of an order that has just expired, under terms that said so when the buyer was asked, and no more
/// of it than was paid as the deposit.
pub fn deposits(world: &World) {
    for change in &world.fresh {
        let Some(before) = &change.before else { continue };
        let mut state = before.clone();
        for event in &change.record.events {
            state.apply(event, change.record.at);
            let OrderEvent::DepositKept { amount, .. } = event else { continue };
            assert!(before.status == OrderStatus::AwaitingPayment && state.status == OrderStatus::Expired, "{event:?}");
            assert!(before.terms.keeps_deposit && !before.is_held() && amount.is_positive(), "{event:?}");
            let kept = state.forfeited().unwrap();
            assert!(kept.compare(state.deposit().unwrap()).unwrap().is_le(), "{kept} is more than the deposit");
            assert!(kept.compare(state.worth().unwrap()).unwrap().is_le(), "{kept} is more than the order is worth");
        }
    }
}

/// Invariant 6, at rest: an order that is undone and over has sent back all that was captured, but for a deposit that is kept; one
/// that kept money has delivered.
pub fn paid_or_back(order: &Order) {
    let kept = order.kept().unwrap();
    if order.is_undone() {
        // Below nothing where the bank took back what was on its way already.
        let most = order.forfeited().unwrap();
        assert!(kept.compare(most).unwrap().is_le(), "undone, and {kept} was kept, {most} as a deposit");
    } else {
        let delivered = order.shipments.iter().any(|s| s.status == ShipmentStatus::Delivered);
        assert!(delivered || order.digital_delivered, "over without a delivery: {}", order.status.name());
        assert!(kept.compare(order.worth().unwrap()).unwrap().is_le(), "more was kept than was owed");
    }
}

/// Every status of every machine begins where its table begins and moves as its table says, event by event.
pub fn machines(world: &World) {
    for change in &world.fresh {
        let Some(before) = &change.before else { continue };
        let mut state = before.clone();
        for event in &change.record.events {
            let mut next = state.clone();
            next.apply(event, change.record.at);
            compare(&state, &next, event);
            state = next;
        }
    }
}

fn compare(before: &Order, after: &Order, event: &OrderEvent) {
    moved(Some(before.status), after.status, event);
    for (i, hold) in after.holds.iter().enumerate() {
        moved(before.holds.get(i).map(|h| h.status), hold.status, event);
    }
    for (i, payment) in after.payments.iter().enumerate() {
        moved(before.payments.get(i).map(|p| p.status), payment.status, event);
    }
    for (i, shipment) in after.shipments.iter().enumerate() {
        moved(before.shipments.get(i).map(|s| s.status), shipment.status, event);
    }
    for (i, refund) in after.refunds.iter().enumerate() {
        moved(before.refunds.get(i).map(|r| r.status), refund.status, event);
    }
    for (i, capture) in after.captures.iter().enumerate() {
        moved(before.captures.get(i).map(|c| c.status), capture.status, event);
    }
    for (i, reservation) in after.reservations.iter().enumerate() {
        // A part that is split off begins where the whole stood.
        let whole = before.reservations.get(i).map(|r| r.status);
        moved(whole, reservation.status, event);
    }
    let unique = |ids: Vec<&str>| ids.len() == ids.iter().collect::<BTreeSet<_>>().len();
    assert!(unique(after.holds.iter().map(|h| h.id.as_str()).collect()), "two holds of one id: {event:?}");
    assert!(unique(after.anomalies.iter().map(|a| a.id.as_str()).collect()), "two anomalies of one id: {event:?}");
    assert!(unique(after.captures.iter().map(|c| c.id.as_str()).collect()), "two captures of one id: {event:?}");
    assert!(unique(after.refunds.iter().map(|r| r.id.as_str()).collect()), "two refunds of one id: {event:?}");
}

fn moved<S: Machine>(before: Option<S>, after: S, event: &OrderEvent) {
    match before {
        None => assert!(S::START.contains(&after), "{} starts as {after:?}: {event:?}", S::NAME),
        Some(before) => assert!(
            before == after || before.can_become(after),
            "{}: {before:?} → {after:?} is not in the table: {event:?}",
            S::NAME
        ),
    }
}
