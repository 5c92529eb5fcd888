//! What must be true after every change, judged on the tables, the provider's books and the bus; and what must be true
//! in the end. The numbers are those of the list of invariants: money, stock, quantities, nothing lost, once, goods.

use std::collections::{BTreeMap, BTreeSet};

use oms_domain::derived::line_counters;
use oms_domain::event::{CaptureEvent, CommitRecord, OrderEvent, RefundCause};
use oms_domain::id::{OrderId, ReturnId};
use oms_domain::ledger::{Account, Balances};
use oms_domain::machine::Machine;
use oms_domain::money::Money;
use oms_domain::order::{Order, Payment};
use oms_domain::status::{CaptureStatus, HoldKind, OrderStatus, RefundStatus, ReservationStatus, ShipmentStatus};
use oms_domain::{desk, wake};
use serde_json::Value;

use crate::gateway::{FakeProvider, ProviderPayment};
use crate::shop::checks;
use crate::sim::world::{Subject, World};

/// One commit of an order: what it may do to what was before.
///
/// # Panics
/// When it did anything else.
pub fn step(before: Option<&Order>, after: &Order, record: &CommitRecord) {
    let (version, events) = before.map_or((0, 0), |b| (b.version, b.event_count));
    let id = &after.id;
    assert_eq!((record.seq, record.first_event), (version + 1, events + 1), "{id}: commits or events with a gap");
    assert_eq!(after.event_count, events + record.events.len() as u64, "{id}: events with a gap");
    books(before, after, record);
    let Some(before) = before else { return };
    assert_eq!(before.body, after.body, "{id}: what was ordered has changed");
    // 6. Nothing moves to a location under a hold; a commit may lift one first.
    let mut state = before.clone();
    for event in &record.events {
        if let OrderEvent::ShipmentPlanned { .. } | OrderEvent::ShipmentMoved { to: ShipmentStatus::Released, .. } =
            event
        {
            assert!(!state.is_held(), "{id}: goods move under a hold: {event:?}");
        }
        state.apply(event, record.at);
    }
    // 2. A reservation ends once; ends are ends. What is held may be split, and no unit of it is lost.
    for (was, now) in before.reservations.iter().zip(&after.reservations) {
        let (whole, left) = (&was.allotment, &now.allotment);
        let same = (&whole.line_id, &whole.sku, &whole.location_id) == (&left.line_id, &left.sku, &left.location_id);
        let split = was.status == ReservationStatus::Held && left.quantity < whole.quantity;
        assert!(same && (split || left.quantity == whole.quantity), "{id}: a reservation has become another");
        assert!(reaches(was.status, now.status, ReservationStatus::ALL), "{id}: {:?} → {:?}", was.status, now.status);
    }
    assert!(after.reservations.len() >= before.reservations.len(), "{id}: a reservation is gone");
    let units = |o: &Order| o.reservations.iter().map(|r| u64::from(r.allotment.quantity)).sum::<u64>();
    assert!(units(after) >= units(before), "{id}: units of a reservation are gone");
    for (was, now) in before.refunds.iter().zip(&after.refunds) {
        assert_eq!((&was.id, was.amount, &was.payment_id), (&now.id, now.amount, &now.payment_id), "{id}: a refund");
        assert!(reaches(was.status, now.status, RefundStatus::ALL), "{id}: {:?} → {:?}", was.status, now.status);
    }
    for (was, now) in before.captures.iter().zip(&after.captures) {
        assert_eq!((&was.id, was.amount, &was.payment_id), (&now.id, now.amount, &now.payment_id), "{id}: a capture");
        assert!(reaches(was.status, now.status, CaptureStatus::ALL), "{id}: {:?} → {:?}", was.status, now.status);
    }
    one_of_two(before, record);
    deposits_kept(before, record);
    for (was, now) in before.payments.iter().zip(&after.payments) {
        assert!(was.captured.compare(now.captured).is_ok_and(std::cmp::Ordering::is_le), "{id}: a capture is undone");
    }
    assert!(reaches(before.status, after.status, OrderStatus::ALL), "{id}: {:?} → {:?}", before.status, after.status);
    if after.status != before.status {
        arrived(after);
    }
}

/// 1: what is being captured is not called off, what is called off is not captured, and a promise has one capture.
fn one_of_two(before: &Order, record: &CommitRecord) {
    let mut state = before.clone();
    for event in &record.events {
        let id = &state.id;
        if let OrderEvent::PaymentVoiding { payment_id } = event {
            let payment = state.payment(payment_id).expect("a payment");
            assert!(!state.is_being_captured(payment), "{id}: {payment_id} is called off while it is captured");
        }
        if let OrderEvent::Capture(CaptureEvent::Requested { payment_id, amount, .. }) = event {
            let payment = state.payment(payment_id).expect("a payment");
            assert!(state.capture_of(payment).is_none(), "{id}: a second capture of {payment_id}");
            let within = amount.compare(payment.authorized).is_ok_and(std::cmp::Ordering::is_le);
            assert!(within, "{id}: {amount} of {payment:?}");
        }
        if let OrderEvent::Capture(CaptureEvent::Submitted { capture_id }) = event {
            let first = state.capture(capture_id).is_some_and(|c| c.status == CaptureStatus::Requested);
            assert!(!first || !state.is_undone(), "{id} is undone and begins to take money");
        }
        state.apply(event, record.at);
    }
}

/// 1: what a commit wrote into the books balances, and all of them together come to what the order says.
fn books(before: Option<&Order>, after: &Order, record: &CommitRecord) {
    let id = &after.id;
    let mut books = before.map_or_else(Balances::default, Balances::of);
    for posting in &record.postings {
        assert!(posting.is_balanced(), "{id}: {posting:?} does not balance");
        books.post(&posting.entries);
    }
    assert_eq!(books, Balances::of(after), "{id}: the postings of commit {} are not what it did", record.seq);
    assert_eq!(books.sum(), 0, "{id}: debits and credits differ: {books:?}");
    let kept = after.captured().and_then(|c| c.sub(after.refunded()?)).expect("a difference").minor();
    let by_banks: i128 = after.payments.iter().map(|p| p.charged_back.minor()).sum();
    let fees: i128 = after.payments.iter().map(Payment::fees_minor).sum();
    assert_eq!(books.get(Account::Fee), fees, "{id}: what providers keep is not in the books");
    let is_held = |account: Account| account.provider().is_some() || account == Account::GiftCard;
    let held: i128 = books.entries().filter(|e| is_held(e.account)).map(|e| e.minor).sum();
    assert_eq!(held, kept - by_banks - fees, "{id}: what is held is not what was captured and kept");
    let names: Vec<_> =
        after.payments.iter().flat_map(|p| p.fees.iter().map(move |fee| (p.provider, &fee.reference))).collect();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{id}: a fee is booked twice: {names:?}");
}

/// 6: a deposit is kept of an order that has just expired, under terms that said so, and no more than the deposit and than the
/// order is worth.
fn deposits_kept(before: &Order, record: &CommitRecord) {
    let mut state = before.clone();
    for event in &record.events {
        state.apply(event, record.at);
        if !matches!(event, OrderEvent::DepositKept { .. }) {
            continue;
        }
        let id = &state.id;
        let by_time = before.status == OrderStatus::AwaitingPayment && state.status == OrderStatus::Expired;
        assert!(by_time && state.terms.keeps_deposit, "{id} keeps a deposit that is the buyer's: {state:#?}");
        let kept = state.forfeited().expect("a sum");
        let most = state.deposit().and_then(|deposit| deposit.min(state.worth()?)).expect("a sum");
        assert!(kept.compare(most).is_ok_and(std::cmp::Ordering::is_le), "{id} keeps {kept} of {most}: {state:#?}");
    }
}

/// What must be done before an order may be called cancelled or completed.
fn arrived(order: &Order) {
    let id = &order.id;
    if order.status == OrderStatus::Cancelled {
        let kept = order.kept().expect("a difference");
        assert!(!kept.is_positive(), "{id} is cancelled and keeps {kept}: {order:#?}");
        assert_eq!(order.live_reservations().count(), 0, "{id} is cancelled and keeps stock");
        let at_work = order.shipments.iter().filter(|s| s.status.is_open_at_location()).count();
        assert_eq!(at_work, 0, "{id} is cancelled and still with a location");
    }
    if order.status == OrderStatus::Completed {
        let delivered = order.shipments.iter().any(|s| s.status == ShipmentStatus::Delivered);
        assert!(order.digital_delivered || delivered, "{id} is completed and nothing was delivered");
        let open: u32 = order.body.lines.iter().map(|l| line_counters(order, l).open).sum();
        assert_eq!(open, 0, "{id} is completed and {open} units are open");
    }
}

/// Whether a machine can get from one state to another, by any number of legal moves.
fn reaches<S: Machine>(from: S, to: S, all: &[S]) -> bool {
    let mut known = vec![from];
    let mut at = 0;
    while let Some(state) = known.get(at).copied() {
        if state == to {
            return true;
        }
        known.extend(all.iter().copied().filter(|s| state.can_become(*s) && !known.contains(s)).collect::<Vec<_>>());
        at += 1;
    }
    false
}

/// 1, 3 and 8: an order's books and quantities, at any moment.
///
/// # Panics
/// When they do not add up.
pub fn sums(order: &Order) {
    checks::books(order);
    let id = &order.id;
    for line in order.body.lines.iter().filter(|l| l.is_stocked()) {
        let c = line_counters(order, line);
        assert_eq!(line.quantity, c.open + c.cancelled + c.shipped, "{id}: line {} does not add up", line.line_id);
        assert!(c.returned <= c.shipped && c.delivered <= c.shipped, "{id}: line {}: {c:?}", line.line_id);
        let promised: u32 = order
            .live_reservations()
            .filter(|r| r.allotment.line_id == line.line_id)
            .fold(0, |sum, r| sum + r.allotment.quantity);
        assert!(promised + c.shipped <= order.wanted(line), "{id}: line {}: {promised} promised, {c:?}", line.line_id);
    }
    // What is claimed as paid beyond the total never exceeds what came in beyond it.
    let excess = order.refunds.iter().filter(|r| r.cause == RefundCause::Excess && r.status.claims_money());
    let excess = Money::sum(order.body.currency, excess.map(|r| r.amount)).expect("a sum");
    let worth = order.worth().expect("a difference");
    assert!(!worth.is_negative(), "{id} is worth {worth}");
    let beyond = order.captured().and_then(|c| c.sub(worth)).expect("a difference");
    assert!(
        !excess.is_positive() || excess.compare(beyond).expect("one currency").is_le(),
        "{id}: {excess} of {beyond}"
    );
}

/// 1 and 6: the provider's books and ours agree, as far as one can know of the other.
///
/// # Panics
/// When they do not.
pub fn books_agree(world: &World) {
    let stripe = &world.shop.stripe;
    for (refund, booked) in stripe.refunds() {
        let order = world.number_of(&refund).map(|number| world.subject_of(number));
        let ours = order.and_then(|s| s.seen.as_ref()).and_then(|o| o.refund(&refund));
        let ours = ours.unwrap_or_else(|| panic!("the provider has {refund}, which no order knows"));
        assert_eq!(ours.amount, booked.amount, "{refund}: the provider sends another amount");
        let sent = match ours.status {
            RefundStatus::Requested | RefundStatus::Approved => false,
            // Given up since the buyer's bank has the money: only what the provider itself has refused.
            RefundStatus::Declined => booked.succeeded == Some(false),
            RefundStatus::Submitted
            | RefundStatus::Succeeded
            | RefundStatus::Failed
            | RefundStatus::Unknown
            | RefundStatus::Manual => true,
        };
        assert!(sent, "{refund} is at the provider and only {:?} here", ours.status);
    }
    for (capture, (payment, amount)) in stripe.captures() {
        let order = capture.order().and_then(|id| world.number(&id)).map(|number| world.subject_of(number));
        let ours = order.and_then(|s| s.seen.as_ref()).and_then(|o| o.capture(&capture));
        let ours = ours.unwrap_or_else(|| panic!("the provider has {capture}, which no order knows"));
        assert_eq!(ours.amount, amount, "{capture}: the provider takes another amount");
        assert!(ours.status != CaptureStatus::Requested, "{capture} of {payment} was taken before it was submitted");
    }
    // Points of a part go back under ids that end so; the shop's own check has them.
    let of_cards = |(_, back): &(OrderId, ReturnId)| !back.as_str().ends_with("-points");
    for (id, back) in world.shop.benefits.returns().into_iter().filter(of_cards) {
        let order = world.number(&id).and_then(|number| world.subject_of(number).seen.as_ref());
        let ours = order.and_then(|o| o.refunds.iter().find(|r| ReturnId::from(&r.id) == back));
        let sent = ours.is_some_and(|r| {
            !matches!(r.status, RefundStatus::Requested | RefundStatus::Approved | RefundStatus::Declined)
        });
        assert!(sent, "{back} is back on a gift card, and no order has sent it");
    }
    for (_, subject) in world.subjects() {
        let Some(order) = &subject.seen else { continue };
        for payment in &order.payments {
            let Some(known) = &payment.provider_payment_id else { continue };
            let taken = taken(stripe, known, order);
            assert!(
                payment.captured.compare(taken).is_ok_and(|o| o.is_le()),
                "{known}: {} of {taken}",
                payment.captured
            );
        }
    }
}

fn taken(stripe: &FakeProvider, payment: &str, order: &Order) -> Money {
    match stripe.payment(payment) {
        Some(ProviderPayment::Captured(amount)) => amount,
        Some(ProviderPayment::Open | ProviderPayment::Authorized(_) | ProviderPayment::Cancelled) | None => {
            Money::zero(order.body.currency)
        }
    }
}

/// 5: what is on the bus: one content for one id, whatever comes twice.
///
/// # Panics
/// When two events have one id.
pub fn told_alike(known: &mut BTreeMap<String, Value>, fresh: Vec<Value>) {
    for event in fresh {
        let id = event["id"].as_str().unwrap_or_default().to_owned();
        match known.get(&id) {
            Some(first) => assert_eq!(checks::content(first), checks::content(&event), "two events under one id"),
            None => {
                known.insert(id, event);
            }
        }
    }
}

/// 4 and 6: in the end. Everything that came is in its order, all money is for goods or back, and every order rests or
/// lies on a desk.
///
/// # Panics
/// When anything is left over.
pub fn at_rest(world: &World, subject: &Subject) {
    let Some(order) = &subject.seen else {
        assert!(subject.taken.is_none(), "{} was accepted and is gone", subject.id);
        return;
    };
    let id = &order.id;
    let tasks = desk::tasks(order);
    for key in &subject.acknowledged {
        assert!(order.applied.contains(key), "{id}: {key} was acknowledged and has had no effect");
    }
    for payment in &order.payments {
        let Some(known) = &payment.provider_payment_id else { continue };
        let taken = taken(&world.shop.stripe, known, order);
        assert_eq!(payment.captured, taken, "{id}: what the provider took for {known}");
    }
    let rests = order.status.is_final() && wake::next_wake(order, &world.shop.policy).is_none();
    assert!(rests || !tasks.is_empty(), "{id} is stranded: {order:#?}");
    // What Waybill began and nobody needs can be paid by nobody, unless its provider refused that, which people see.
    let refused = order.anomalies.iter().any(|a| a.what == "payment_call_off_refused");
    for payment in order.payments.iter().filter(|p| p.started.is_some() && rests && !refused) {
        let known = payment.provider_payment_id.as_deref().unwrap_or(payment.reference.as_str());
        let open = world.shop.stripe.payment(known) == Some(ProviderPayment::Open);
        assert!(!open, "{id} rests, and {known} can still be paid: {order:#?}");
    }
    let asks_for_money = tasks.iter().any(|t| t.kind == oms_domain::task::TaskKind::Refund);
    let looked_at = order.active_holds().any(|h| h.kind == HoldKind::PaymentMismatch);
    let kept = order.kept().expect("a difference");
    if order.is_undone() && !order.awaits_location() && !asks_for_money {
        // Below nothing where the bank took back what was on its way already.
        let most = order.forfeited().expect("a sum");
        let fits = kept.compare(most).is_ok_and(std::cmp::Ordering::is_le);
        assert!(fits, "{id} is undone and keeps {kept}, {most} as a deposit: {order:#?}");
        assert_eq!(order.live_reservations().count(), 0, "{id} is undone and keeps stock");
    }
    if !asks_for_money && !looked_at && !order.awaits_location() {
        let nobodys = Balances::of(order).get(Account::Suspense);
        assert!(nobodys == 0 || !order.status.is_final(), "{id} rests with {nobodys} in suspense: {order:#?}");
    }
    if !order.is_undone() && !asks_for_money && !looked_at {
        let more = order.worth().and_then(|worth| kept.sub(worth)).expect("a difference");
        assert!(!more.is_positive(), "{id} keeps {more} more than it is worth: {order:#?}");
    }
}

/// Every accepted order is there at once, under the one key that it was accepted with.
///
/// # Panics
/// When it is not.
pub fn accepted(subject: &mut Subject, key: &'static str, total: &'static str) {
    assert!(subject.seen.is_some(), "{} was accepted and is not stored", subject.id);
    let taken = *subject.taken.get_or_insert((key, total));
    assert_eq!(taken, (key, total), "{} was accepted twice", subject.id);
}
