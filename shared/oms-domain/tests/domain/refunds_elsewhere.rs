//! What a provider calls a refund and nobody here asked for: money that somebody sent back in its console, and promises
//! that it let go.

use oms_domain::body::{OrderBody, Provider};
use oms_domain::capture::CaptureMoment;
use oms_domain::command::{Command, RefundAsk};
use oms_domain::event::{OrderEvent, RefundCause};
use oms_domain::money::Money;
use oms_domain::payment::{PaymentFactKind, RefundFactStatus};
use oms_domain::status::{OrderStatus, RefundStatus};

use crate::given::{cny, line, order_of};
use crate::invariants;
use crate::part_cancelled::part;
use crate::world::{World, names};

/// Five at 20.00: 100.00.
fn five() -> OrderBody {
    order_of(vec![line(1, "A", 5, cny("20.00"))], Provider::Stripe)
}

fn told(id: &str, amount: &str, status: RefundFactStatus) -> PaymentFactKind {
    PaymentFactKind::Refund { refund_id: None, provider_refund_id: id.into(), amount: cny(amount), status }
}

fn sent(id: &str, amount: &str) -> PaymentFactKind {
    told(id, amount, RefundFactStatus::Succeeded)
}

/// 100.00 are promised and 60.00 wanted, since two of the five were cancelled: that much is about to be taken.
fn promised() -> World {
    let mut world = World::with(five());
    world.policy.capture_when.otherwise = CaptureMoment::Release;
    let mut world = world.placed();
    world.must(part(&[(1, 2)]));
    world.till.promise("pi_1", cny("100.00"));
    world.stripe("pi_1", PaymentFactKind::Authorized { amount: cny("100.00"), expires_at: None });
    assert_eq!(world.order().captures[0].amount, cny("60.00"));
    world
}

/// The same, and it is taken.
fn taken(mut world: World) -> World {
    world.settle(0);
    assert_eq!((world.order().payments[0].authorized, kept(&world)), (cny("100.00"), cny("60.00")));
    world
}

fn kept(world: &World) -> Money {
    world.order().kept().unwrap()
}

fn balanced(world: &World) {
    invariants::money(world);
    invariants::ledger(world);
}

/// Stripe tells the rest of a promise as a refund, by several events, before or after the answer to our capture.
#[test]
fn what_a_partial_capture_lets_go_is_no_refund_and_all_that_was_taken_goes_back() {
    for is_told_first in [true, false] {
        for is_cancelled in [true, false] {
            let mut world = promised();
            if is_told_first {
                assert_eq!(names(&world.stripe("pi_1", sent("re_rest", "40.00"))), ["noted"]);
            }
            let mut world = taken(world);
            for _ in 0..3 {
                assert_eq!(names(&world.stripe("pi_1", sent("re_rest", "40.00"))), ["noted"]);
            }
            assert!(world.order().refunds.is_empty() && world.order().anomalies.is_empty());
            assert_eq!(kept(&world), cny("60.00"));
            balanced(&world);
            if is_cancelled {
                world.must(Command::Cancel { reason: "changed my mind".into() });
            } else {
                let (key, ask) = (world.new_key(), RefundAsk::Amount(cny("60.00")));
                world.must(Command::RequestRefund { key, ask, reason: "late".into(), by: "finance".into() });
            }
            world.settle(0);
            assert_eq!(world.till.sent_back("pi_1"), [cny("60.00")], "first {is_told_first}, {is_cancelled}");
            assert_eq!(world.order().refunded().unwrap(), cny("60.00"));
            assert!(!is_cancelled || world.order().status == OrderStatus::Cancelled);
            balanced(&world);
        }
    }
}

#[test]
fn beside_what_was_let_go_a_refund_of_the_console_counts_once() {
    for (amount, is_told_first) in [("40.00", true), ("40.00", false), ("10.00", true), ("10.00", false)] {
        let mut world = promised();
        if is_told_first {
            world.stripe("pi_1", sent("re_rest", "40.00"));
        }
        let mut world = taken(world);
        // The first of an amount that is the rest is the rest; another amount need not wait for that.
        if amount == "40.00" {
            world.stripe("pi_1", sent("re_rest", amount));
        }
        world.till.refund_elsewhere("re_console", "pi_1", cny(amount));
        let events = world.stripe("pi_1", sent("re_console", amount));
        assert_eq!(names(&events)[..3], ["refund_approved", "refund_submitted", "refund_succeeded"], "{amount}");
        for id in ["re_console", "re_rest"] {
            let again = if id == "re_rest" { "40.00" } else { amount };
            assert_eq!(names(&world.stripe("pi_1", sent(id, again))), ["noted"], "{id}");
        }
        assert_eq!(world.order().refunded().unwrap(), cny(amount));
        balanced(&world);
        world.must(Command::Cancel { reason: "changed my mind".into() });
        world.settle(0);
        assert_eq!(world.order().refunded().unwrap(), cny("60.00"), "{amount}");
        balanced(&world);
    }
}

/// The refund's event overtakes that of the money: what it meant is read by the events that follow it.
#[test]
fn a_refund_that_was_told_before_its_money_counts_when_it_is_told_again() {
    let mut world = promised();
    world.till.take("pi_1", cny("60.00"));
    world.till.refund_elsewhere("re_console", "pi_1", cny("10.00"));
    assert_eq!(names(&world.stripe("pi_1", sent("re_console", "10.00"))), ["noted"]);
    let mut world = taken(world);
    assert!(names(&world.stripe("pi_1", sent("re_console", "10.00"))).contains(&"refund_succeeded"));
    assert_eq!(names(&world.stripe("pi_1", sent("re_rest", "40.00"))), ["noted"]);
    assert_eq!(kept(&world), cny("50.00"));
    balanced(&world);
}

/// A note of a version that kept no promises that were let go reads as before.
#[test]
fn notes_of_before_can_be_read() {
    let old = r#"{"type":"noted","what":"promise_released","detail":"stripe refund re_1 of 40.00 CNY"}"#;
    let read: OrderEvent = serde_json::from_str(old).unwrap();
    assert!(matches!(read, OrderEvent::Noted { released: None, .. }));
    assert_eq!(serde_json::to_string(&read).unwrap(), old, "and it is written as before");
}

/// 200.00 came for an order of 100.00, and finance sent 120.00 back in the console: what came in twice, and 20.00 more.
fn sent_too_much() -> World {
    let mut world = World::with(five()).placed();
    world.till.take("pi_1", cny("200.00"));
    world.captured("pi_1", cny("200.00"));
    assert!(world.order().is_held());
    assert_eq!(world.order().suspense().unwrap(), cny("100.00"));
    world.till.refund_elsewhere("re_console", "pi_1", cny("120.00"));
    world.stripe("pi_1", sent("re_console", "120.00"));
    let parts: Vec<_> = world.order().refunds.iter().map(|r| (r.cause, r.amount, r.status)).collect();
    let done = RefundStatus::Succeeded;
    assert_eq!(
        parts,
        [(RefundCause::Excess, cny("100.00"), done), (RefundCause::Requested, cny("20.00"), done)],
        "as if it had been asked for here"
    );
    assert!(world.order().suspense().unwrap().is_zero());
    world
}

fn release(world: &mut World) {
    let hold_id = world.order().active_holds().next().unwrap().id.clone();
    world.must(Command::ReleaseHold { hold_id, reason: "sent back".into() });
    world.settle(0);
}

#[test]
fn more_than_came_in_twice_sent_back_in_the_console_does_not_go_back_again() {
    let mut world = sent_too_much();
    balanced(&world);
    assert_eq!(names(&world.stripe("pi_1", sent("re_console", "120.00"))), ["noted", "noted"]);
    release(&mut world);
    assert_eq!(world.till.sent_back("pi_1"), [cny("120.00")]);
    assert_eq!((world.order().refunded().unwrap(), kept(&world)), (cny("120.00"), cny("80.00")));
    assert!(world.order().anomalies.is_empty());
    balanced(&world);
}

#[test]
fn a_refund_of_the_console_that_bounces_is_undone_whole() {
    let mut world = sent_too_much();
    world.till.bounce("re_console");
    let events = world.stripe("pi_1", told("re_console", "120.00", RefundFactStatus::Failed));
    assert_eq!(names(&events)[..4], ["refund_failed", "refund_manual", "refund_failed", "refund_manual"]);
    assert_eq!((world.order().refunded().unwrap(), kept(&world)), (cny("0.00"), cny("200.00")));
    assert!(world.order().refunds.iter().all(|r| r.status == RefundStatus::Manual));
    balanced(&world);
    // A second bounce is old news, and a success after it is believed of neither part: people look, at each.
    let again = world.stripe("pi_1", told("re_console", "120.00", RefundFactStatus::Failed));
    assert_eq!(names(&again), ["noted", "noted"]);
    world.stripe("pi_1", sent("re_console", "120.00"));
    let ids: Vec<_> = world.order().anomalies.iter().map(|a| a.id.as_str()).collect();
    assert_eq!(ids, ["a1", "a2"]);
    // Both still claim their money: nothing goes back beside them.
    release(&mut world);
    assert_eq!(world.order().refunds.len(), 2);
    assert!(world.till.sent_back("pi_1").is_empty());
    balanced(&world);
}
