//! Facts from outside: each has its effect once, in any order, with any number of duplicates; and what a table does not
//! know is recorded and raised to people, never taken as success.

use std::collections::BTreeMap;

use oms_domain::body::Provider;
use oms_domain::command::{Command, Report, Scan};
use oms_domain::event::{OrderEvent, RefundCause};
use oms_domain::id::RefundId;
use oms_domain::machine::Machine;
use oms_domain::money::Money;
use oms_domain::order::Order;
use oms_domain::payment::{PaymentFact, PaymentFactKind, RefundFactStatus};
use oms_domain::refusal::Refusal;
use oms_domain::status::{OrderStatus, PaymentStatus, RefundStatus, ShipmentStatus};
use proptest::prelude::*;

use crate::given::{carrier, cny, due, fact, money, reference, shirts, tracking};
use crate::lives::config;
use crate::world::World;

/// What is left when everything is over: where the order stands, what each payment brought, what went back.
#[derive(Debug, PartialEq)]
struct End {
    status: OrderStatus,
    captured: BTreeMap<String, Money>,
    refunded: Money,
    calls: usize,
    fees: i128,
}

/// Tells the facts one after the other, and all of them twice more; then people let the order go on, and all work runs.
fn end_of(facts: &[PaymentFact], split: bool) -> End {
    let mut body = shirts();
    if split {
        body.payments[0].amount = cny("93.00");
        body.payments.push(due(Provider::Stripe, cny("93.00"), reference(0, 2)));
    }
    let mut world = World::with(body).placed();
    for fact in facts.iter().chain(facts).chain(facts.iter().rev()) {
        let counts = fact.live == world.policy.live;
        if let PaymentFactKind::Captured { amount } = &fact.kind
            && counts
            && *amount != money("186.00", "USD")
        {
            world.till.take(&fact.provider_payment_id, *amount);
        }
        world.must(Command::RecordPayment(fact.clone()));
    }
    for _ in 0..4 {
        world.settle(0);
        let holds: Vec<_> = world.order().active_holds().map(|h| h.id.clone()).collect();
        for hold_id in holds {
            world.must(Command::ReleaseHold { hold_id, reason: "looked at".into() });
        }
    }
    // Whoever has not paid by now never will.
    world.pass(1800);
    world.settle(0);
    let order = world.order();
    let id = |p: &oms_domain::order::Payment| p.provider_payment_id.clone().unwrap();
    End {
        status: order.status,
        captured: order.payments.iter().filter(|p| p.captured.is_positive()).map(|p| (id(p), p.captured)).collect(),
        refunded: order.refunded().unwrap(),
        calls: world.till.taken().map(|(p, _)| world.till.sent_back(p).len()).sum(),
        fees: order.payments.iter().map(oms_domain::order::Payment::fees_minor).sum(),
    }
}

fn a_fact() -> impl Strategy<Value = PaymentFact> {
    let full = cny("186.00");
    let kind = prop_oneof![
        3 => Just(PaymentFactKind::Captured { amount: full }),
        2 => Just(PaymentFactKind::Captured { amount: cny("93.00") }),
        1 => Just(PaymentFactKind::Captured { amount: money("186.00", "USD") }),
        1 => Just(PaymentFactKind::Authorized { amount: full, expires_at: None }),
        1 => Just(PaymentFactKind::Pending),
        2 => Just(PaymentFactKind::Failed { reason: "card_declined".into() }),
        1 => Just(PaymentFactKind::Cancelled),
        1 => Just(PaymentFactKind::Disputed { amount: full }),
        1 => Just(PaymentFactKind::DisputeWon),
        1 => Just(PaymentFactKind::Other { name: "charge.updated".into() }),
    ];
    (kind, 1..3_u8, 0..12_u8).prop_map(move |(kind, payment, odd)| {
        let mut fact = fact("x", &format!("pi_{payment}"), kind);
        fact.live = odd == 0;
        // Some events tell what the provider keeps of a payment, others of the same payment do not.
        let is_ours = |kind: &PaymentFactKind| matches!(kind, PaymentFactKind::Captured { amount } if amount.currency() == full.currency());
        if odd % 2 == 1 && is_ours(&fact.kind) {
            fact.fees = vec![crate::fees::fee(&format!("txn_{payment} 5.70"))];
        }
        fact.reference = (odd > 5).then(|| reference(0, 1));
        fact
    })
}

/// Sets that have one meaning whatever the order: a promise that is taken back is another story when it is told
/// backwards, and so is a reference that only some of the facts carry.
fn some_facts() -> impl Strategy<Value = Vec<PaymentFact>> {
    prop::collection::vec(a_fact(), 1..5).prop_map(|facts| {
        let promised = facts.iter().any(|f| matches!(f.kind, PaymentFactKind::Authorized { .. }));
        let facts = facts.into_iter().filter(|f| !promised || !matches!(f.kind, PaymentFactKind::Cancelled));
        let facts =
            facts.enumerate().map(|(i, f)| PaymentFact { key: crate::given::key(format!("stripe:evt_{i}")), ..f });
        facts.collect()
    })
}

fn permutations<T: Clone>(items: &[T]) -> Vec<Vec<T>> {
    if items.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for i in 0..items.len() {
        let mut rest = items.to_vec();
        let first = rest.remove(i);
        all.extend(permutations(&rest).into_iter().map(|mut p| {
            p.insert(0, first.clone());
            p
        }));
    }
    all
}

proptest! {
    #![proptest_config(config(40))]

    #[test]
    fn invariant_5_payment_facts_end_alike_in_every_order(facts in some_facts(), split in any::<bool>()) {
        // A promise of the whole does not fit one of two parts, and a person who lets that go on accepts it.
        let split = split && !facts.iter().any(|f| matches!(f.kind, PaymentFactKind::Authorized { .. }));
        let expected = end_of(&facts, split);
        for order in permutations(&facts) {
            prop_assert_eq!(&end_of(&order, split), &expected, "{:?} against {:?}", order, facts);
        }
    }

    #[test]
    fn invariant_5_parcel_facts_end_alike_in_every_order(
        picks in prop::sample::subsequence(vec![0, 1, 2, 3, 4, 5], 1..=4)
    ) {
        let end = |picks: &[i32]| {
            let mut world = World::with(shirts()).paid();
            for pick in picks.iter().chain(picks) {
                match pick {
                    0 => drop(world.report(1, Report::Accepted)),
                    1 => drop(world.report(1, Report::Packed)),
                    2 => drop(world.shipped(1)),
                    3 => drop(world.scan(1, Scan::InTransit)),
                    4 => drop(world.report(1, Report::Delivered)),
                    _ => drop(world.scan(1, Scan::Delivered)),
                }
            }
            let shipment = &world.order().shipments[0];
            let notices = world.lives[0].records.iter().flat_map(|r| &r.events);
            let notices: Vec<_> = notices.filter(|e| matches!(e, OrderEvent::CustomerNotified { .. })).collect();
            let arrived = notices.iter().filter(|e| e.detail() == "parcel_delivered").count();
            let status = (world.order().status, shipment.status, shipment.tracking_number.clone());
            (status, arrived, world.order().anomalies.len())
        };
        let expected = end(&picks);
        for order in permutations(&picks) {
            prop_assert_eq!(&end(&order), &expected, "{:?}", order);
        }
    }
}

/// The status that a report or a scan wants, where it wants one.
fn wants() -> Vec<(Wanted, ShipmentStatus)> {
    use ShipmentStatus as S;
    let shipped = Report::Shipped { carrier: carrier(), tracking_number: tracking("SF1") };
    vec![
        (Wanted::Report(Report::Accepted), S::Accepted),
        (Wanted::Report(Report::Rejected { reason: None }), S::Rejected),
        (Wanted::Report(Report::Packed), S::Packed),
        (Wanted::Report(shipped), S::Shipped),
        (Wanted::Report(Report::Delivered), S::Delivered),
        (Wanted::Report(Report::Cancelled), S::Cancelled),
        (Wanted::Scan(Scan::InTransit), S::InTransit),
        (Wanted::Scan(Scan::OutForDelivery), S::InTransit),
        (Wanted::Scan(Scan::Delivered), S::Delivered),
        (Wanted::Scan(Scan::Exception), S::Exception),
        (Wanted::Scan(Scan::Lost), S::Lost),
        (Wanted::Scan(Scan::ReturnedToSender), S::ReturnedToSender),
    ]
}

#[derive(Debug, Clone)]
enum Wanted {
    Report(Report),
    Scan(Scan),
}

/// How a pair of state and event was dealt with.
#[derive(Debug, PartialEq)]
enum Dealt {
    Moved,
    Nothing,
    Noted,
    Raised,
    Refused,
}

fn dealt<S: PartialEq>(answer: &Result<Vec<OrderEvent>, Refusal>, before: S, after: S) -> Dealt {
    let Ok(events) = answer else { return Dealt::Refused };
    if before != after {
        return Dealt::Moved;
    }
    assert!(!events.iter().any(|e| matches!(e, OrderEvent::CustomerNotified { .. })), "told as a success: {events:?}");
    if events.iter().any(|e| matches!(e, OrderEvent::AnomalyRaised { .. })) {
        Dealt::Raised
    } else if events.iter().any(|e| matches!(e, OrderEvent::Noted { .. })) {
        Dealt::Noted
    } else {
        Dealt::Nothing
    }
}

fn after(order: &Order, answer: &Result<Vec<OrderEvent>, Refusal>) -> Order {
    oms_domain::decide::after(order, answer.as_deref().unwrap_or_default(), order.updated_at)
}

#[test]
fn invariant_7_every_pair_of_a_parcels_state_and_news() {
    for from in ShipmentStatus::ALL {
        for (wanted, to) in wants() {
            let mut world = World::with(shirts()).paid();
            let order = &mut world.lives[0].order;
            order.shipments[0].status = *from;
            order.shipments[0].tracking_number = Some(tracking("SF1"));
            let order = order.clone();
            let shipment_id = order.shipments[0].id.clone();
            let command = match wanted.clone() {
                Wanted::Report(report) => Command::Report { shipment_id, report },
                Wanted::Scan(scan) => Command::Scan { shipment_id, scan },
            };
            let mut answer = world.decide(0, &command);
            if let Ok(events) = &mut answer {
                // A shipment that is still only planned is handed over by the way.
                events.retain(|e| !matches!(e, OrderEvent::ShipmentMoved { to: ShipmentStatus::Released, .. }));
            }
            let dealt = dealt(&answer, *from, after(&order, &answer).shipments[0].status);
            let pair = format!("{from:?}, {wanted:?}");
            let late = to.rank() < from.rank() && (from.has_shipped() || from.is_open_at_location());
            let expected = if *from == to {
                Dealt::Nothing
            } else if from.can_become(to) {
                Dealt::Moved
            } else if matches!(from, ShipmentStatus::Cancelled | ShipmentStatus::Rejected) && to.rank() < 5 {
                Dealt::Refused
            } else if late {
                Dealt::Noted
            } else {
                Dealt::Raised
            };
            // On the van and in trouble at once: the scan says that it goes on.
            assert_eq!(dealt, expected, "{pair}");
        }
    }
}

fn payment_kinds() -> Vec<(PaymentFactKind, Option<PaymentStatus>)> {
    use PaymentStatus as S;
    let amount = cny("186.00");
    vec![
        (PaymentFactKind::Pending, Some(S::RequiresAction)),
        (PaymentFactKind::Authorized { amount, expires_at: None }, Some(S::Authorized)),
        (PaymentFactKind::Failed { reason: "no".into() }, Some(S::Failed)),
        (PaymentFactKind::Cancelled, Some(S::Expired)),
        (PaymentFactKind::Disputed { amount }, Some(S::Disputed)),
        (PaymentFactKind::DisputeWon, Some(S::Captured)),
        (PaymentFactKind::DisputeLost { amount }, Some(S::ChargedBack)),
        (PaymentFactKind::Other { name: "x".into() }, None),
    ]
}

#[test]
fn invariant_7_every_pair_of_a_payments_state_and_news() {
    for from in PaymentStatus::ALL {
        for (kind, to) in payment_kinds() {
            let mut world = World::with(shirts()).placed();
            let payment = &mut world.lives[0].order.payments[0];
            payment.status = *from;
            payment.provider_payment_id = Some("pi_1".into());
            if matches!(from, PaymentStatus::Captured | PaymentStatus::Disputed | PaymentStatus::ChargedBack) {
                payment.captured = payment.amount;
                world.lives[0].order.status = OrderStatus::Confirmed;
            }
            let order = world.order().clone();
            let answer = world.decide(0, &Command::RecordPayment(fact("e", "pi_1", kind.clone())));
            let after = after(&order, &answer).payments[0].status;
            let dealt = dealt(&answer, *from, after);
            // A dispute that is told only when it is lost begins and ends in one go.
            let at_once = after == PaymentStatus::ChargedBack && from.can_become(PaymentStatus::Disputed);
            assert!(*from == after || from.can_become(after) || at_once, "{from:?} → {after:?} by {kind:?}");
            match dealt {
                Dealt::Moved => {
                    let voided = after == PaymentStatus::Voided && matches!(kind, PaymentFactKind::Cancelled);
                    assert!(Some(after) == to || voided, "{from:?}, {kind:?}: {after:?}");
                }
                Dealt::Noted | Dealt::Raised => {}
                Dealt::Nothing | Dealt::Refused => panic!("{from:?}, {kind:?}: {answer:?}"),
            }
            // A dispute is always a matter for people.
            let raised = answer.unwrap().iter().any(|e| matches!(e, OrderEvent::AnomalyRaised { .. }));
            let lost = after == PaymentStatus::ChargedBack && dealt == Dealt::Noted;
            assert!(raised || lost || !matches!(kind, PaymentFactKind::Disputed { .. }));
        }
    }
}

#[test]
fn a_capture_is_recorded_from_every_state() {
    for from in PaymentStatus::ALL {
        for amount in ["100.00", "186.00"] {
            let mut world = World::with(shirts()).placed();
            let payment = &mut world.lives[0].order.payments[0];
            payment.status = *from;
            payment.provider_payment_id = Some("pi_1".into());
            use PaymentStatus::{Captured, ChargedBack, Disputed, PartiallyCaptured};
            if matches!(from, Captured | PartiallyCaptured | Disputed | ChargedBack) {
                payment.captured = cny("50.00");
                payment.amount = if *from == PaymentStatus::Captured { cny("50.00") } else { payment.amount };
            }
            let order = world.order().clone();
            let kind = PaymentFactKind::Captured { amount: cny(amount) };
            let answer = world.decide(0, &Command::RecordPayment(fact("e", "pi_1", kind)));
            let after = after(&order, &answer).payments[0].clone();
            assert_eq!(after.captured, cny(amount), "{from:?}");
            assert!(*from == after.status || from.can_become(after.status), "{from:?} → {:?}", after.status);
        }
    }
}

#[test]
fn invariant_7_every_pair_of_a_refunds_state_and_news() {
    use RefundFactStatus as F;
    use RefundStatus as S;
    for from in S::ALL {
        for (status, to) in [(F::Succeeded, Some(S::Succeeded)), (F::Failed, Some(S::Manual)), (F::Pending, None)] {
            let mut world = World::with(shirts()).paid();
            let refund_id = RefundId::of(&world.order().id, 1);
            let approved = OrderEvent::RefundApproved {
                refund_id: refund_id.clone(),
                payment_id: world.order().payments[0].id.clone(),
                amount: cny("6.00"),
                cause: RefundCause::Requested,
                reason: "late".into(),
                lines: Vec::new(),
                points_back: Vec::new(),
                key: None,
                by: None,
            };
            let now = world.now;
            world.lives[0].order.apply(&approved, now);
            world.lives[0].order.refunds[0].status = *from;
            let order = world.order().clone();
            let kind = PaymentFactKind::Refund {
                refund_id: Some(refund_id),
                provider_refund_id: "re_1".into(),
                amount: cny("6.00"),
                status,
            };
            let answer = world.decide(0, &Command::RecordPayment(fact("e", "pi_1", kind)));
            let dealt = dealt(&answer, *from, after(&order, &answer).refunds[0].status);
            let expected = match (from, status) {
                (_, F::Pending) => Dealt::Noted,
                (S::Succeeded, F::Succeeded) | (S::Failed | S::Manual, F::Failed) => Dealt::Noted,
                (S::Submitted | S::Unknown | S::Manual, F::Succeeded) => Dealt::Moved,
                (S::Submitted | S::Unknown | S::Succeeded, F::Failed) => Dealt::Moved,
                (S::Requested | S::Approved | S::Declined | S::Failed, F::Succeeded)
                | (S::Requested | S::Approved | S::Declined, F::Failed) => Dealt::Raised,
            };
            assert_eq!(dealt, expected, "{from:?}, {status:?}");
            if dealt == Dealt::Moved {
                assert_eq!(Some(after(&order, &answer).refunds[0].status), to);
            }
        }
    }
}

/// Stripe writes a promise that is let go as a refund of what was never taken.
#[test]
fn what_was_only_promised_does_not_go_back() {
    let mut world = World::with(shirts()).placed();
    world.stripe("pi_1", PaymentFactKind::Authorized { amount: cny("186.00"), expires_at: None });
    world.must(Command::Cancel { reason: "no".into() });
    let let_go = PaymentFactKind::Refund {
        refund_id: None,
        provider_refund_id: "re_1".into(),
        amount: cny("186.00"),
        status: RefundFactStatus::Succeeded,
    };
    world.stripe("pi_1", let_go);
    assert!(world.order().anomalies.is_empty() && world.order().refunds.is_empty());
}
