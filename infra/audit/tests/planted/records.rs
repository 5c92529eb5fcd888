//! Wrong histories: commits that no code of the product would write.

use audit::Check;
use oms_domain::body::Provider;
use oms_domain::event::{CommitRecord, OrderEvent};
use oms_domain::id::{EventKey, HoldId, LineId, OrderId, PaymentId};
use oms_domain::money::{Currency, Money};
use oms_domain::status::{HoldKind, ShipmentStatus};

use crate::Planted;
use crate::life::{Life, allotment, approved, captured, cny, fee, hold, moved, p1, planned, sku, submitted, succeeded};

/// One that is right up to here, and then this happens.
pub fn then(check: Check, what: &'static str, says: &'static str, life: Life, events: Vec<OrderEvent>) -> Planted {
    Planted { check, what, says, found: life.then(events).violations() }
}

/// One whose stored commits are changed afterwards.
fn changed(check: Check, what: &'static str, says: &'static str, change: fn(&mut Vec<CommitRecord>)) -> Planted {
    let mut life = Life::delivered();
    change(&mut life.records);
    Planted { check, what, says, found: life.violations() }
}

pub fn planted() -> Vec<Planted> {
    let mut all = numbers();
    all.extend(machines());
    all.extend(identities());
    all.extend(money());
    all.extend(books());
    all.extend(units());
    all.extend(goods());
    all
}

fn numbers() -> Vec<Planted> {
    vec![
        changed(Check::CommitNumbers, "a commit is missing", "commit 3 expected, row 4 holds commit 4 of", |records| {
            records.remove(2);
        }),
        changed(
            Check::CommitNumbers,
            "a commit stands twice",
            "commit 4 expected, row 3 holds commit 3 of",
            |records| records.insert(3, records[2].clone()),
        ),
        changed(
            Check::CommitNumbers,
            "the beginning is missing",
            "commit 1 expected, row 2 holds commit 2 of",
            |records| {
                records.remove(0);
            },
        ),
        changed(
            Check::CommitNumbers,
            "a commit of another order",
            "holds commit 3 of 01j9zk3w8q7rx5t2m4n6p8s0vc",
            |records| {
                records[2].order_id = OrderId::parse("01j9zk3w8q7rx5t2m4n6p8s0vc").unwrap();
            },
        ),
        changed(
            Check::EventNumbers,
            "an event number is left out",
            "commit 4 begins with event 8 (8 beside it), expected 7",
            |records| records[3].first_event += 1,
        ),
        changed(
            Check::EventNumbers,
            "an event number is used twice",
            "commit 4 begins with event 6 (6 beside it), expected 7",
            |records| records[3].first_event -= 1,
        ),
        changed(Check::EventNumbers, "a commit without events", "commit 4 has no events", |records| {
            records[3].events.clear()
        }),
        changed(
            Check::Causes,
            "a callback has its effect twice",
            "stripe:evt_1 has its effect in commit 5 again",
            |records| {
                let cause = EventKey::parse("stripe:evt_1").unwrap();
                (records[2].cause, records[4].cause) = (Some(cause.clone()), Some(cause));
            },
        ),
    ]
}

fn books() -> Vec<Planted> {
    // The third commit of a delivered life is the payment, the ninth the refund.
    vec![
        changed(Check::Ledger, "half a posting", "payment_captured of commit 3 does not balance", |records| {
            records[2].postings[0].entries.pop();
        }),
        changed(
            Check::Ledger,
            "a posting the wrong way round",
            "the postings come to captured:stripe -23600",
            |records| records[2].postings[0].entries.iter_mut().for_each(|entry| entry.minor = -entry.minor),
        ),
        changed(Check::Ledger, "a posting is gone", "and the order to captured:stripe 13600", |records| {
            records[2].postings.pop();
        }),
        changed(
            Check::Ledger,
            "a refund without postings",
            "commit 9 moves money and has no postings, as those before it have",
            |records| records[8].postings.clear(),
        ),
    ]
}

fn machines() -> Vec<Planted> {
    vec![
        then(
            Check::Moves,
            "closed before it was completed",
            "Order goes from in_fulfilment to closed by order_closed",
            Life::released(),
            vec![OrderEvent::Closed],
        ),
        then(
            Check::Moves,
            "undone after it was completed",
            "Order goes from completed to cancelling by cancellation_requested",
            Life::delivered().first(6),
            vec![OrderEvent::CancellationRequested { reason: "late".into() }],
        ),
        then(
            Check::Moves,
            "a parcel comes back to the shelf",
            "Fulfilment goes from delivered to accepted by shipment_accepted",
            Life::delivered(),
            vec![moved(1, ShipmentStatus::Accepted)],
        ),
        then(
            Check::Moves,
            "a refund that was never sent succeeds",
            "Refund goes from approved to succeeded by refund_succeeded",
            Life::delivered().first(7),
            vec![succeeded(1)],
        ),
        then(
            Check::Moves,
            "a captured payment expires",
            "Payment attempt goes from captured to expired by payment_expired",
            Life::released(),
            vec![OrderEvent::PaymentExpired { payment_id: p1() }],
        ),
        then(
            Check::Moves,
            "a hold is answered twice",
            "Hold goes from released to expired by hold_expired",
            Life::held(),
            vec![OrderEvent::HoldExpired { hold_id: HoldId::parse("h1").unwrap() }],
        ),
    ]
}

fn identities() -> Vec<Planted> {
    let anomaly =
        || OrderEvent::AnomalyRaised { anomaly_id: "a1".into(), what: "payment".into(), detail: "strange".into() };
    let payment = OrderEvent::PaymentAdded {
        payment_id: PaymentId::number(1),
        provider: Provider::Stripe,
        amount: cny("1.00"),
        key: None,
    };
    vec![
        then(
            Check::Identities,
            "two holds of one id",
            "hold_placed makes a second hold h1",
            Life::held().first(2),
            vec![hold()],
        ),
        then(
            Check::Identities,
            "two payments of one id",
            "payment_added makes a second payment p1",
            Life::released(),
            vec![payment],
        ),
        then(
            Check::Identities,
            "two shipments of one id",
            "shipment_planned makes a second shipment",
            Life::released(),
            vec![planned(1, 2)],
        ),
        then(
            Check::Identities,
            "two refunds of one id",
            "refund_approved makes a second refund",
            Life::delivered(),
            vec![approved(1, cny("1.00"))],
        ),
        then(
            Check::Identities,
            "two anomalies of one id",
            "anomaly_raised makes a second anomaly a1",
            Life::released(),
            vec![anomaly(), anomaly()],
        ),
    ]
}

fn money() -> Vec<Planted> {
    let yen = Money::from_minor(5, Currency::parse("JPY").unwrap()).unwrap();
    let unknown = OrderEvent::PaymentCaptured { payment_id: PaymentId::number(7), captured: cny("1.00") };
    let mut elsewhere = approved(2, cny("1.00"));
    if let OrderEvent::RefundApproved { payment_id, .. } = &mut elsewhere {
        *payment_id = PaymentId::number(7);
    }
    vec![
        then(
            Check::Money,
            "a capture shrinks",
            "p1 had captured 186.00 CNY, then 180.00 CNY",
            Life::released(),
            vec![captured("180.00")],
        ),
        then(
            Check::Money,
            "a capture of no payment",
            "p7 captures 1.00 CNY, and is no payment of the order",
            Life::released(),
            vec![unknown],
        ),
        then(
            Check::Money,
            "a fee is booked twice",
            "the fee 5.70 CNY by txn_1 is booked again",
            Life::held(),
            vec![fee("txn_1", "5.70")],
        ),
        then(
            Check::Money,
            "a fee below zero",
            "the fee -5.70 CNY by txn_2 is booked again, or is none of p1",
            Life::held(),
            vec![fee("txn_2", "-5.70")],
        ),
        then(
            Check::Money,
            "refunded beyond the capture",
            "p1 has captured 186.00 CNY and refunds claim -0.01 CNY beyond it",
            Life::delivered(),
            vec![approved(2, cny("136.01"))],
        ),
        then(
            Check::Money,
            "more is paid out than came in",
            "186.01 CNY refunded of 186.00 CNY captured",
            Life::delivered(),
            vec![approved(2, cny("136.01")), submitted(2), succeeded(2)],
        ),
        then(
            Check::Money,
            "a refund in another currency",
            "5 JPY in an order in CNY",
            Life::delivered(),
            vec![approved(2, yen)],
        ),
        then(
            Check::Money,
            "a refund of nothing",
            "of 0.00 CNY goes back to p1",
            Life::delivered(),
            vec![approved(2, cny("0.00"))],
        ),
        then(
            Check::Money,
            "a refund to a payment that is none",
            "of 1.00 CNY goes back to p7",
            Life::delivered(),
            vec![elsewhere],
        ),
        then(
            Check::Money,
            "a refund is paid out twice",
            "is paid out again, or was never asked for",
            Life::delivered(),
            vec![succeeded(1)],
        ),
        then(
            Check::Money,
            "a refund that nobody asked for",
            "is paid out again, or was never asked for",
            Life::delivered(),
            vec![submitted(9), succeeded(9)],
        ),
        Planted {
            check: Check::KeptMoney,
            what: "closed, paid, and nothing was delivered",
            says: "over without a delivery",
            found: Life::released()
                .then(vec![moved(1, ShipmentStatus::Shipped)])
                .then(vec![moved(1, ShipmentStatus::Lost), OrderEvent::Completed, OrderEvent::Closed])
                .violations(),
        },
        Planted {
            check: Check::KeptMoney,
            what: "closed with more than its total, which a forgotten hold keeps",
            says: "keeps 300.00 CNY of a total of 186.00 CNY",
            found: Life::delivered()
                .first(6)
                .then(vec![captured("300.00"), mismatch(), OrderEvent::Closed])
                .violations(),
        },
    ]
}

fn mismatch() -> OrderEvent {
    let mut placed = hold();
    if let OrderEvent::HoldPlaced { kind, .. } = &mut placed {
        *kind = HoldKind::PaymentMismatch;
    }
    placed
}

fn units() -> Vec<Planted> {
    let other = {
        let mut wrong = planned(2, 1);
        if let OrderEvent::ShipmentPlanned { lines, .. } = &mut wrong {
            lines[0].sku = sku("MUG-01");
        }
        wrong
    };
    let mut nothing = planned(2, 1);
    if let OrderEvent::ShipmentPlanned { lines, .. } = &mut nothing {
        lines.clear();
    }
    let released = || OrderEvent::StockReleased { allotments: vec![allotment(2)] };
    let mut strange = allotment(1);
    strange.line_id = LineId::number(9);
    let reserved = |allotment| OrderEvent::StockReserved { allotments: vec![allotment] };
    vec![
        then(
            Check::Quantities,
            "shipped twice",
            "line 1: 4 units in shipments, 2 ordered",
            Life::released(),
            vec![planned(2, 2)],
        ),
        then(
            Check::Quantities,
            "reserved twice",
            "line 1: 4 units held and 0 in shipments, 2 ordered",
            Life::held(),
            vec![reserved(allotment(2))],
        ),
        then(
            Check::Quantities,
            "another article is shipped",
            "line 1: 3 units in shipments, 2 ordered",
            Life::released(),
            vec![other],
        ),
        then(Check::Quantities, "an empty shipment", "carries what was not ordered", Life::released(), vec![nothing]),
        then(
            Check::Quantities,
            "its units are given back under a shipment",
            "line 1: 0 units committed or consumed, 2 in shipments",
            Life::released(),
            vec![released()],
        ),
        then(
            Check::Quantities,
            "units for no line",
            "1 of TEE-M promised to no line",
            Life::released(),
            vec![reserved(strange)],
        ),
        then(
            Check::Quantities,
            "a reservation of nothing",
            "0 of TEE-M promised to no line",
            Life::released(),
            vec![reserved(allotment(0))],
        ),
    ]
}

fn goods() -> Vec<Planted> {
    let held = Life::held().first(3);
    let cancelling = Life::cancelled().first(4);
    let uncovered = Life::cancelled().first(2);
    let held_later = Life::released().then(vec![hold()]);
    vec![
        then(
            Check::HeldGoods,
            "planned while held",
            "shipment_planned while a hold is active",
            held.clone(),
            vec![planned(1, 2)],
        ),
        then(
            Check::HeldGoods,
            "handed to its location while held",
            "shipment_released while a hold is active",
            held_later.clone(),
            vec![moved(1, ShipmentStatus::Released)],
        ),
        then(
            Check::HeldGoods,
            "handed over while held",
            "digital_delivered while a hold is active",
            held,
            vec![OrderEvent::DigitalDelivered],
        ),
        then(
            Check::HeldGoods,
            "shipped while held, and nobody is told",
            "shipped while held, and commit 6 tells nobody",
            held_later,
            vec![moved(1, ShipmentStatus::Shipped)],
        ),
        then(
            Check::HeldGoods,
            "planned while it is being undone",
            "shipment_planned while the order is undone",
            cancelling,
            vec![planned(1, 2)],
        ),
        then(
            Check::HeldGoods,
            "confirmed, and not paid",
            "confirmed, and not covered",
            uncovered,
            vec![OrderEvent::Confirmed],
        ),
        then(
            Check::Waits,
            "all delivered, and nobody has noticed",
            "in_fulfilment, and neither a time nor a person will move it",
            Life::delivered().first(5),
            vec![moved(1, ShipmentStatus::Delivered)],
        ),
    ]
}
