//! What providers say about payments: captures are facts, everything else yields to them, and nothing odd counts.

use oms_domain::body::Provider;
use oms_domain::command::{Command, Report};
use oms_domain::derived::payment_status;
use oms_domain::event::OrderEvent;
use oms_domain::money::Money;
use oms_domain::order::Order;
use oms_domain::payment::{PaymentFact, PaymentFactKind};
use oms_domain::status::{HoldKind, OrderStatus, PaymentStatus, ShipmentStatus};

use crate::given::{at, cny, due, fact, key, line, money, order_of, reference, shirts};
use crate::world::{World, names};

const FULL: &str = "186.00";

fn capture(amount: &str) -> PaymentFactKind {
    PaymentFactKind::Captured { amount: cny(amount) }
}

fn holds(order: &Order) -> Vec<HoldKind> {
    order.active_holds().map(|h| h.kind).collect()
}

#[test]
fn the_right_amount_confirms_the_order() {
    let mut world = World::with(shirts()).placed();
    let events = world.captured("pi_1", cny(FULL));
    assert_eq!(names(&events)[..3], ["payment_identified", "payment_captured", "order_confirmed"]);
    let order = world.order();
    assert_eq!((order.status, payment_status(order)), (OrderStatus::InFulfilment, "paid"));
    assert_eq!(order.payments[0].provider_payment_id.as_deref(), Some("pi_1"));
}

#[test]
fn the_same_event_again_changes_nothing() {
    let mut world = World::with(shirts()).placed();
    let fact = fact("evt_1", "pi_1", capture(FULL));
    world.must(Command::RecordPayment(fact.clone()));
    let before = world.order().clone();
    for _ in 0..3 {
        assert!(world.must(Command::RecordPayment(fact.clone())).is_empty());
    }
    assert_eq!(*world.order(), before);
    // The same news under another event's name is late, and changes no sum.
    assert_eq!(names(&world.captured("pi_1", cny(FULL))), ["noted"]);
    assert_eq!(names(&world.captured("pi_1", cny("50.00"))), ["noted"]);
    assert_eq!(world.order().captured().unwrap(), cny(FULL));
}

#[test]
fn a_wrong_amount_raises_a_hold_and_moves_no_goods() {
    for amount in ["185.99", "186.01", "0.01", "1860.00"] {
        let mut world = World::with(shirts()).placed();
        world.captured("pi_1", cny(amount));
        let order = world.order();
        assert_eq!(holds(order), [HoldKind::PaymentMismatch], "{amount}");
        assert_eq!((order.status, order.captured().unwrap()), (OrderStatus::AwaitingPayment, cny(amount)));
        assert_eq!(world.plan().len(), 0);
        let nothing = order_excess(&world);
        assert!(nothing.is_zero(), "nothing is called excess while a person looks");
    }
}

fn order_excess(world: &World) -> Money {
    world.order().excess().unwrap()
}

#[test]
fn a_person_may_accept_what_was_paid_and_what_is_beyond_goes_back() {
    let mut world = World::with(shirts()).placed();
    world.captured("pi_1", cny("200.00"));
    world.till.take("pi_1", cny("200.00"));
    let hold_id = world.order().holds[0].id.clone();
    let events = world.must(Command::ReleaseHold { hold_id, reason: "close enough".into() });
    assert_eq!(names(&events)[..3], ["hold_released", "payment_accepted", "order_confirmed"]);
    world.settle(0);
    assert_eq!(world.order().refunded().unwrap(), cny("14.00"));
    assert_eq!(payment_status(world.order()), "paid");
}

#[test]
fn another_currency_never_counts() {
    for kind in [
        PaymentFactKind::Captured { amount: money(FULL, "USD") },
        PaymentFactKind::Authorized { amount: money(FULL, "USD"), expires_at: None },
    ] {
        let mut world = World::with(shirts()).placed();
        let events = world.stripe("pi_1", kind);
        assert_eq!(names(&events), ["anomaly_raised", "hold_placed"]);
        let order = world.order();
        assert!(order.captured().unwrap().is_zero() && !order.is_covered());
        assert_eq!(holds(order), [HoldKind::PaymentMismatch]);
    }
}

#[test]
fn the_other_mode_never_counts() {
    for live in [false, true] {
        let mut world = World::with(shirts()).placed();
        world.policy.live = live;
        let other = PaymentFact { live: !live, ..fact("evt_1", "pi_1", capture(FULL)) };
        let events = world.must(Command::RecordPayment(other));
        assert_eq!(names(&events), ["anomaly_raised"]);
        assert_eq!(world.order().status, OrderStatus::AwaitingPayment);
        let right = PaymentFact { live, ..fact("evt_2", "pi_1", capture(FULL)) };
        world.must(Command::RecordPayment(right));
        assert_eq!(world.order().status, OrderStatus::InFulfilment);
    }
}

#[test]
fn a_foreign_reference_raises_a_hold() {
    let mut world = World::with(shirts()).placed();
    let foreign = PaymentFact { reference: Some(reference(7, 1)), ..fact("evt_1", "pi_1", capture(FULL)) };
    world.must(Command::RecordPayment(foreign));
    assert_eq!(holds(world.order()), [HoldKind::PaymentMismatch]);
    let ours = PaymentFact { reference: Some(reference(0, 1)), ..fact("evt_1", "pi_1", capture(FULL)) };
    let mut world = World::with(shirts()).placed();
    world.must(Command::RecordPayment(ours));
    assert_eq!(world.order().status, OrderStatus::InFulfilment);
}

#[test]
fn nothing_or_less_is_no_capture() {
    for amount in ["0.00", "-5.00"] {
        let mut world = World::with(shirts()).placed();
        let events = world.captured("pi_1", cny(amount));
        assert_eq!(names(&events), ["anomaly_raised"], "{amount}");
        let order = world.order();
        assert_eq!((order.payments.len(), order.payments[0].status), (1, PaymentStatus::Created));
    }
}

#[test]
fn a_buyer_who_pays_twice_gets_the_second_back() {
    let mut world = World::with(shirts()).paid();
    let events = world.captured("pi_2", cny(FULL));
    assert_eq!(names(&events), ["payment_added", "payment_identified", "payment_captured"]);
    assert_eq!(order_excess(&world), cny(FULL));
    world.till.take("pi_1", cny(FULL));
    world.till.take("pi_2", cny(FULL));
    world.settle(0);
    let order = world.order();
    assert_eq!((order.refunds.len(), order.refunds[0].payment_id.as_str()), (1, "p2"), "the latest money goes back");
    assert_eq!((order.refunded().unwrap(), payment_status(order)), (cny(FULL), "paid"));
    assert_eq!(order.status, OrderStatus::InFulfilment);
    // However late it comes.
    world.captured("pi_3", cny("0.01"));
    world.till.take("pi_3", cny("0.01"));
    world.settle(0);
    assert_eq!(world.order().refunded().unwrap(), cny("186.01"));
}

#[test]
fn a_late_failure_never_takes_money_or_a_promise_back() {
    let failed = || PaymentFactKind::Failed { reason: "card_declined".into() };
    let later = [failed(), PaymentFactKind::Pending, PaymentFactKind::Cancelled];
    for late in later {
        let mut world = World::with(shirts()).paid();
        assert_eq!(names(&world.stripe("pi_1", late)), ["noted"]);
        assert_eq!(world.order().payments[0].status, PaymentStatus::Captured);
    }
    // A card that was declined before the one that was promised may be told late.
    let mut world = World::with(shirts()).placed();
    world.stripe("pi_1", PaymentFactKind::Authorized { amount: cny(FULL), expires_at: None });
    assert_eq!(world.order().status, OrderStatus::InFulfilment);
    assert_eq!(names(&world.stripe("pi_1", failed())), ["noted"]);
    assert_eq!(world.order().payments[0].status, PaymentStatus::Authorized);
}

#[test]
fn a_payment_that_failed_may_still_succeed() {
    let mut world = World::with(shirts()).placed();
    world.stripe("pi_1", PaymentFactKind::Failed { reason: "card_declined".into() });
    assert_eq!(payment_status(world.order()), "failed");
    world.captured("pi_1", cny(FULL));
    assert_eq!((world.order().status, payment_status(world.order())), (OrderStatus::InFulfilment, "paid"));
}

#[test]
fn a_promise_that_is_lost_before_the_goods_move_holds_them() {
    let mut world = World::with(shirts()).placed();
    world.stripe("pi_1", PaymentFactKind::Authorized { amount: cny(FULL), expires_at: None });
    let events = world.stripe("pi_1", PaymentFactKind::Cancelled);
    assert_eq!(names(&events), ["payment_expired", "hold_placed"]);
    assert_eq!(holds(world.order()), [HoldKind::PaymentMismatch]);
    let accepted = Command::Report { shipment_id: world.shipment(1), report: Report::Accepted };
    assert!(world.act(accepted.clone()).is_err(), "the location is told to stop");
    // The buyer pays by other means, and a person lets it go.
    world.captured("pi_2", cny(FULL));
    let hold_id = world.order().holds[0].id.clone();
    world.must(Command::ReleaseHold { hold_id, reason: "paid now".into() });
    assert_eq!(names(&world.must(accepted)), ["shipment_accepted"]);
}

#[test]
fn a_promise_that_is_lost_after_the_goods_moved_is_raised() {
    let mut world = World::with(shirts()).placed();
    world.stripe("pi_1", PaymentFactKind::Authorized { amount: cny(FULL), expires_at: None });
    world.shipped(1);
    let events = world.stripe("pi_1", PaymentFactKind::Cancelled);
    assert_eq!(names(&events), ["payment_expired", "anomaly_raised"]);
    assert!(world.order().anomalies[0].what.contains("payment"), "a matter for finance");
}

#[test]
fn a_dispute_holds_what_has_not_left_and_is_raised() {
    let disputed = || PaymentFactKind::Disputed { amount: cny(FULL) };
    let mut world = World::with(shirts()).paid();
    assert_eq!(names(&world.stripe("pi_1", disputed())), ["anomaly_raised", "payment_disputed", "hold_placed"]);
    assert_eq!((holds(world.order()), payment_status(world.order())), (vec![HoldKind::Fraud], "disputed"));
    // A capture told late does not hide it.
    let mut more = World::with(shirts()).placed();
    more.captured("pi_1", cny("100.00"));
    more.stripe("pi_1", disputed());
    more.captured("pi_1", cny(FULL));
    let payment = &more.order().payments[0];
    assert_eq!((payment.status, payment.captured), (PaymentStatus::Disputed, cny(FULL)));
    // Won: it is paid again.
    assert_eq!(names(&world.stripe("pi_1", PaymentFactKind::DisputeWon))[..2], ["dispute_won", "hold_released"]);
    assert_eq!(payment_status(world.order()), "paid");
    // Nothing to hold once everything has left.
    let mut shipped = World::with(shirts()).paid();
    shipped.shipped(1);
    assert_eq!(names(&shipped.stripe("pi_1", disputed())), ["anomaly_raised", "payment_disputed"]);
}

#[test]
fn a_dispute_won_is_no_payment() {
    for before in [None, Some(PaymentFactKind::Pending), Some(PaymentFactKind::Failed { reason: "no".into() })] {
        let mut world = World::with(shirts()).placed();
        if let Some(before) = before {
            world.stripe("pi_1", before);
        }
        let status = world.order().payments[0].status;
        let events = world.stripe("pi_1", PaymentFactKind::DisputeWon);
        assert_eq!(names(&events).last(), Some(&"noted"));
        assert_eq!(world.order().payments[0].status, status);
    }
}

#[test]
fn part_payments_by_two_providers_and_by_one() {
    let mut body = shirts();
    body.payments[0].amount = cny("100.00");
    body.payments.push(due(Provider::Stripe, cny("86.00"), reference(0, 2)));
    // Without a reference an event belongs to the attempt that it fits, whichever comes first.
    for order in [["86.00", "100.00"], ["100.00", "86.00"]] {
        let mut world = World::with(body.clone()).placed();
        for amount in order {
            world.captured(&format!("pi_{amount}"), cny(amount));
        }
        let order = world.order();
        assert_eq!((order.status, holds(order)), (OrderStatus::InFulfilment, vec![]));
        assert_eq!(order.payments.iter().map(|p| p.captured).collect::<Vec<_>>(), [cny("100.00"), cny("86.00")]);
    }
    // With one, to the attempt that it names.
    let mut world = World::with(body).placed();
    let second = PaymentFact { reference: Some(reference(0, 2)), ..fact("evt_2", "pi_2", capture("86.00")) };
    world.must(Command::RecordPayment(second));
    let order = world.order();
    assert_eq!(order.payments[1].captured, cny("86.00"));
    assert_eq!((order.status, payment_status(order)), (OrderStatus::AwaitingPayment, "partially_paid"));
}

#[test]
fn events_that_are_not_used_are_kept_in_the_timeline() {
    let mut world = World::with(shirts()).placed();
    let events = world.stripe("pi_1", PaymentFactKind::Other { name: "charge.updated".into() });
    let what = "provider_event".to_owned();
    assert_eq!(events, [OrderEvent::Noted { what, detail: "charge.updated".into(), released: None }]);
    assert!(world.order().applied.contains(&key("test:1")));
    assert_eq!(world.order().updated_at, at(0));
}

#[test]
fn whoever_lifts_a_disputes_hold_lets_the_order_go_on_whenever_the_dispute_came() {
    let disputed = || PaymentFactKind::Disputed { amount: cny(FULL) };
    for (first, second) in [(disputed(), capture(FULL)), (capture(FULL), disputed())] {
        let mut world = World::with(shirts()).placed();
        for kind in [first, second, disputed()] {
            world.stripe("pi_1", kind);
        }
        assert_eq!((holds(world.order()), payment_status(world.order())), (vec![HoldKind::Fraud], "disputed"));
        assert_eq!(world.plan().len(), 0);
        let hold_id = world.order().active_holds().next().unwrap().id.clone();
        world.must(Command::ReleaseHold { hold_id, reason: "the buyer withdrew it".into() });
        let order = world.order();
        let shipments: Vec<_> = order.shipments.iter().map(|s| s.status).collect();
        assert_eq!((order.status, shipments), (OrderStatus::InFulfilment, vec![ShipmentStatus::Released]));
    }
}

#[test]
fn a_dispute_won_over_a_part_leaves_a_part() {
    let mut world = World::with(shirts()).placed();
    world.captured("pi_1", cny("50.00"));
    world.stripe("pi_1", PaymentFactKind::Disputed { amount: cny("50.00") });
    world.stripe("pi_1", PaymentFactKind::DisputeWon);
    assert_eq!(world.order().payments[0].status, PaymentStatus::PartiallyCaptured);
    world.captured("pi_1", cny("60.00"));
    world.captured("pi_1", cny(FULL));
    assert_eq!(world.order().payments[0].status, PaymentStatus::Captured);
    crate::invariants::machines(&world);
}

#[test]
fn an_order_that_is_over_holds_nothing_back() {
    let mut completed = World::with(shirts()).paid();
    completed.report(1, Report::Delivered);
    let mut expired = World::with(shirts()).placed();
    expired.pass(1800);
    expired.must(Command::Compensate);
    for mut world in [completed, expired] {
        world.captured("pi_8", cny("7.00"));
        world.stripe("pi_9", PaymentFactKind::Captured { amount: money("7.00", "USD") });
        assert_eq!(holds(world.order()), []);
        assert!(world.due(0).is_some(), "what came in goes back at once");
    }
}

#[test]
fn a_payment_in_the_place_of_one_that_failed_must_bring_what_is_owed() {
    let begin = || {
        let mut world = World::with(shirts()).placed();
        world.stripe("pi_1", PaymentFactKind::Failed { reason: "card_declined".into() });
        world
    };
    let mut world = begin();
    world.captured("pi_2", cny(FULL));
    assert_eq!((world.order().status, holds(world.order())), (OrderStatus::InFulfilment, vec![]));
    let mut world = begin();
    world.captured("pi_2", cny("50.00"));
    assert_eq!(holds(world.order()), [HoldKind::PaymentMismatch]);
    let hold_id = world.order().holds[0].id.clone();
    world.must(Command::ReleaseHold { hold_id, reason: "the rest is on its way".into() });
    // The rest of the same payment makes it whole: nobody has to look again.
    world.captured("pi_2", cny(FULL));
    assert_eq!(holds(world.order()), []);
}

/// Two parcels promised by one authorization, of which the first has left.
fn half_shipped_on_a_promise() -> World {
    let mut world = World::with(order_of(vec![line(1, "TEE-M", 12, cny("10.00"))], Provider::Stripe)).placed();
    world.stripe("pi_1", PaymentFactKind::Authorized { amount: cny("120.00"), expires_at: None });
    world.shipped(1);
    world
}

#[test]
fn what_has_not_left_is_held_beside_what_has() {
    let mut world = half_shipped_on_a_promise();
    let events = world.stripe("pi_1", PaymentFactKind::Cancelled);
    assert_eq!(names(&events), ["payment_expired", "anomaly_raised", "hold_placed"]);
    assert_eq!(holds(world.order()), [HoldKind::PaymentMismatch]);
    let mut world = half_shipped_on_a_promise();
    world.stripe("pi_1", PaymentFactKind::Disputed { amount: cny("120.00") });
    assert_eq!(holds(world.order()), [HoldKind::Fraud]);
}

#[test]
fn a_promise_on_which_nothing_relied_is_lost_without_a_word_to_people() {
    let mut body = shirts();
    body.payments[0].amount = cny("100.00");
    body.payments.push(due(Provider::Stripe, cny("86.00"), reference(0, 2)));
    let mut world = World::with(body).placed();
    world.stripe("pi_1", PaymentFactKind::Authorized { amount: cny("100.00"), expires_at: None });
    assert_eq!(world.order().status, OrderStatus::AwaitingPayment);
    assert_eq!(names(&world.stripe("pi_1", PaymentFactKind::Cancelled)), ["payment_expired"]);
    assert_eq!((holds(world.order()), world.open_tasks(0)), (vec![], 0));
}

#[test]
fn a_payment_that_the_buyer_has_begun_is_pending() {
    let mut world = World::with(shirts()).placed();
    assert_eq!(names(&world.stripe("pi_1", PaymentFactKind::Pending)), ["payment_identified", "payment_pending"]);
    assert_eq!(world.order().payments[0].status, PaymentStatus::RequiresAction);
}

#[test]
fn a_second_payment_owes_what_the_others_have_not_brought() {
    let mut world = World::with(shirts()).placed();
    world.captured("pi_1", cny("100.00"));
    world.captured("pi_2", cny("50.00"));
    for n in 1..=world.order().holds.len() {
        let hold_id = oms_domain::id::HoldId::number(n);
        world.must(Command::ReleaseHold { hold_id, reason: "the rest is on its way".into() });
    }
    // Its own fifty are part of the eighty-six that it now tells of.
    world.captured("pi_2", cny("86.00"));
    assert_eq!(holds(world.order()), []);
}
