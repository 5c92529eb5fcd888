//! Goods for which nothing is paid any more wait for support's word.

use oms_domain::body::Provider;
use oms_domain::command::{BenefitAnswered, Command, RefundAsk, Report};
use oms_domain::decide::ALL_BACK;
use oms_domain::desk;
use oms_domain::event::{OrderEvent, RefundLine};
use oms_domain::id::{LineId, RefundId};
use oms_domain::status::{HoldKind, HoldStatus, OrderStatus, ShipmentStatus};
use oms_domain::task::{Role, TaskKind};

use crate::given::{by_card, cny, due, reference, shirts};
use crate::world::{World, names};

fn paid() -> World {
    let mut world = World::with(shirts()).paid();
    world.till.take("pi_1", cny("186.00"));
    world
}

fn ask(world: &mut World, ask: RefundAsk) -> Vec<OrderEvent> {
    let key = world.new_key();
    world.must(Command::RequestRefund { key, ask, reason: "broken".into(), by: "anna".into() })
}

fn ask_amount(world: &mut World, amount: &str) -> Vec<OrderEvent> {
    ask(world, RefundAsk::Amount(cny(amount)))
}

fn hold(world: &World) -> Option<HoldStatus> {
    world.order().holds.iter().find(|h| h.reason == ALL_BACK).map(|h| h.status)
}

fn answer(world: &mut World, release: bool) {
    let hold_id = world.order().active_holds().next().expect("a hold").id.clone();
    let reason = "asked the buyer".to_owned();
    let release =
        if release { Command::ReleaseHold { hold_id, reason } } else { Command::RejectHold { hold_id, reason } };
    world.must(release);
}

#[test]
fn whatever_sends_the_last_of_the_money_back_asks_support_about_the_goods() {
    let all = RefundAsk::Lines(vec![RefundLine { line_id: LineId::number(1), quantity: 2 }]);
    for (first, last) in
        [(None, RefundAsk::Amount(cny("186.00"))), (None, all), (Some("50.00"), RefundAsk::Amount(cny("136.00")))]
    {
        let mut world = paid();
        if let Some(first) = first {
            assert_eq!(names(&ask_amount(&mut world, first)), ["refund_approved"], "a part is a kindness");
        }
        assert_eq!(names(&ask(&mut world, last.clone())), ["refund_approved", "hold_placed"], "{last:?}");
        let task = desk::tasks(world.order()).into_iter().find(|t| t.kind == TaskKind::Hold).expect("a task");
        assert_eq!((task.role, task.answers.len()), (Role::Support, 2));
        assert!(task.reason.contains("ship anyway?"), "{}", task.reason);
        let shipment_id = world.shipment(1);
        let packs = world.act(Command::Report { shipment_id, report: Report::Packed });
        assert!(packs.is_err(), "the location is told to stop");
        world.settle(0);
        assert_eq!(world.order().refunded().unwrap(), cny("186.00"), "the money does not wait");
        assert_eq!(world.order().status, OrderStatus::InFulfilment);
    }
}

/// What was paid back by amount is not told by the units: whoever cancels one of them afterwards may send back the rest.
#[test]
fn a_part_that_is_cancelled_with_the_last_of_the_money_asks_too() {
    for (before, expected) in [("92.99", None), ("93.00", Some(HoldStatus::Active))] {
        let mut world = paid();
        ask_amount(&mut world, before);
        world.must(crate::part_cancelled::part(&[(1, 1)]));
        assert_eq!(hold(&world), expected, "{before}");
        world.settle(0);
        let back: Vec<_> = [cny(before), cny("93.00")].into();
        assert_eq!(world.till.sent_back("pi_1"), back, "the money does not wait");
    }
    // Of an order that nobody has paid yet, nothing goes back.
    let mut world = World::with(shirts()).placed();
    world.must(crate::part_cancelled::part(&[(1, 1)]));
    assert_eq!(hold(&world), None);
}

#[test]
fn support_says_whether_they_ship() {
    let mut world = paid();
    ask_amount(&mut world, "186.00");
    world.settle(0);
    answer(&mut world, true);
    world.shipped(1);
    assert_eq!(world.order().shipments[0].status, ShipmentStatus::Shipped);
    assert!(world.order().anomalies.is_empty());
    for silent in [false, true] {
        let mut world = paid();
        ask_amount(&mut world, "186.00");
        world.settle(0);
        if silent {
            world.pass(world.policy.hold_window_seconds);
        } else {
            answer(&mut world, false);
        }
        world.settle(0);
        assert_eq!(world.order().status, OrderStatus::Cancelled, "{silent}");
        assert_eq!(world.till.sent_back("pi_1"), [cny("186.00")], "{silent}: once");
        assert_eq!(world.order().live_reservations().count(), 0);
    }
}

/// They wait from the asking on: what a second person agrees to is not known before the goods are gone.
#[test]
fn they_wait_for_the_second_person_too() {
    let waiting = || {
        let mut world = paid();
        world.policy.refund_approval_above = vec![cny("50.00")];
        assert_eq!(names(&ask_amount(&mut world, "186.00")), ["refund_requested", "hold_placed"]);
        world
    };
    let refund_id = RefundId::of(&waiting().order().id, 1);
    let mut world = waiting();
    let events = world.must(Command::DeclineRefund { refund_id: refund_id.clone(), reason: "no".into() });
    assert_eq!(names(&events)[..2], ["refund_declined", "hold_released"]);
    assert!(!world.order().is_held());
    let mut world = waiting();
    let events = world.must(Command::ApproveRefund { refund_id, by: "ben".into() });
    assert_eq!(names(&events), ["refund_approved"]);
    assert_eq!(hold(&world), Some(HoldStatus::Active), "one hold");
    // Whoever lets them go is not asked again by a refund that was declined after that.
    answer(&mut world, true);
    assert_eq!(world.order().holds.len(), 1);
}

#[test]
fn nothing_waits_that_has_left_or_was_never_for_the_goods() {
    let mut world = paid();
    world.shipped(1);
    assert_eq!(names(&ask_amount(&mut world, "186.00")), ["refund_approved"]);
    // Paid twice: whoever asks for one of them back gets what came on top.
    let mut world = paid();
    world.captured("pi_2", cny("186.00"));
    ask_amount(&mut world, "186.00");
    assert_eq!(hold(&world), None);
    // And for the other as well: then nothing is paid.
    ask_amount(&mut world, "186.00");
    assert_eq!(hold(&world), Some(HoldStatus::Active));
    // An order that is undone gives everything back in any case.
    let mut world = paid();
    world.must(Command::Cancel { reason: "no".into() });
    ask_amount(&mut world, "186.00");
    assert_eq!(hold(&world), None);
}

/// What came in beyond the goods' worth goes back by itself, so that it does not pay for them; what is promised does.
#[test]
fn they_wait_for_what_is_left_and_not_for_what_is_promised() {
    let lines = || RefundAsk::Lines(vec![RefundLine { line_id: LineId::number(1), quantity: 2 }]);
    let mut world = paid();
    world.captured("pi_2", cny("186.00"));
    ask(&mut world, lines());
    assert_eq!(hold(&world), Some(HoldStatus::Active), "the other payment is excess");
    // Turned down, they are paid again.
    let mut world = paid();
    world.policy.refund_approval_above = vec![cny("1.00")];
    world.captured("pi_2", cny("186.00"));
    ask(&mut world, lines());
    let refund_id = world.order().refunds.last().expect("a refund").id.clone();
    world.must(Command::DeclineRefund { refund_id, reason: "no".into() });
    assert_eq!(hold(&world), Some(HoldStatus::Released));
    // A gift card that is set aside and not taken yet.
    let mut body = shirts();
    body.payments =
        vec![by_card("GC-1", cny("86.00"), reference(0, 1)), due(Provider::Stripe, cny("100.00"), reference(0, 2))];
    let mut world = World::with(body);
    world.policy.benefits = true;
    world.must(Command::ReserveBenefits { answer: BenefitAnswered::Done });
    world.validate();
    world.captured("pi_1", cny("100.00"));
    ask_amount(&mut world, "100.00");
    assert_eq!(hold(&world), None);
}

/// An order that somebody else still looks at: both have to say yes.
#[test]
fn a_hold_that_is_there_does_not_stand_for_this_one() {
    let mut world = World::with(shirts());
    world.policy.review_thresholds = vec![cny("100.00")];
    let mut world = world.placed();
    world.captured("pi_1", cny("186.00"));
    ask_amount(&mut world, "186.00");
    let kinds: Vec<_> = world.order().active_holds().map(|h| h.kind).collect();
    assert_eq!(kinds, [HoldKind::ManualReview, HoldKind::ManualReview]);
    answer(&mut world, true);
    assert!(world.order().shipments.is_empty() && world.order().is_held());
    answer(&mut world, true);
    assert_eq!(world.order().status, OrderStatus::InFulfilment);
}
