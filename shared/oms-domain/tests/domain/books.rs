//! What events do to an order's own books, event by event: promises of stock, attempts, counters, references.

use oms_domain::body::Provider;
use oms_domain::command::{Command, RefundAnswered, Report};
use oms_domain::event::{Allotment, OrderEvent, ShipmentLine};
use oms_domain::id::{LineId, ShipmentId};
use oms_domain::order::Reservation;
use oms_domain::status::{RefundStatus, ReservationStatus};
use oms_domain::stock;

use crate::given::{cny, line, location_id, order_id, order_of, reference, shirts, sku};
use crate::world::{World, names};

fn dozen() -> World {
    World::with(order_of(vec![line(1, "TEE-M", 12, cny("10.00"))], Provider::Stripe))
}

fn promises(world: &World) -> Vec<(&str, u32, ReservationStatus)> {
    let of = |r: &'_ Reservation| (r.allotment.quantity, r.status);
    world.order().reservations.iter().map(|r| (r.allotment.location_id.as_str(), of(r).0, of(r).1)).collect()
}

fn reserved(location: &str, quantity: u32, status: ReservationStatus) -> Reservation {
    let allotment =
        Allotment { line_id: LineId::number(1), sku: sku("TEE-M"), location_id: location_id(location), quantity };
    Reservation { allotment, status, shipment_id: None }
}

#[test]
fn a_parcel_takes_its_own_units_and_no_others() {
    let mut world = dozen().paid();
    let committed = ReservationStatus::Committed;
    assert_eq!(promises(&world), [("sz-1", 10, committed), ("sh-1", 2, committed)]);
    world.shipped(1);
    assert_eq!(promises(&world), [("sz-1", 10, committed), ("sh-1", 2, ReservationStatus::Consumed)]);
    world.report(2, Report::Rejected { reason: None });
    assert_eq!(promises(&world)[0], ("sz-1", 10, ReservationStatus::Released));
    assert_eq!(promises(&world)[1].2, ReservationStatus::Consumed, "what has left stays gone");
}

#[test]
fn a_parcel_planned_elsewhere_promises_its_units_there() {
    let mut world = World::with(shirts()).paid();
    world.report(1, Report::Rejected { reason: None });
    world.plan();
    let expected = [("sz-1", 2, ReservationStatus::Released), ("sh-1", 2, ReservationStatus::Committed)];
    assert_eq!(promises(&world), expected);
    assert_eq!(world.order().reservations[1].shipment_id, Some(world.shipment(2)));
    let level = &world.stock[&(location_id("sh-1"), sku("TEE-M"))];
    assert_eq!((level.on_hand, level.held, level.committed), (10, 0, 2));
}

/// As stored by a version that planned less than was set aside: the rest stays set aside.
#[test]
fn a_parcel_smaller_than_what_is_set_aside_leaves_the_rest_set_aside() {
    let mut body = order_of(vec![line(1, "TEE-M", 5, cny("10.00")), line(2, "MUG", 3, cny("10.00"))], Provider::Stripe);
    body.lines[1].sku = sku("TEE-M");
    let world = World::with(body).placed();
    let planned = |number, quantity| OrderEvent::ShipmentPlanned {
        shipment_id: ShipmentId::of(&order_id(0), number),
        location_id: location_id("sz-1"),
        lines: vec![ShipmentLine { line_id: LineId::number(1), channel_line_id: None, sku: sku("TEE-M"), quantity }],
    };
    let mut order = world.order().clone();
    order.apply(&planned(1, 2), world.now);
    let shown = |order: &oms_domain::order::Order| -> Vec<(String, u32, ReservationStatus)> {
        let text = |r: &Reservation| (r.allotment.line_id.to_string(), r.allotment.quantity, r.status);
        order.reservations.iter().map(text).collect()
    };
    let (held, committed) = (ReservationStatus::Held, ReservationStatus::Committed);
    assert_eq!(shown(&order), [("1".into(), 2, committed), ("2".into(), 3, held), ("1".into(), 3, held)]);
    // The rest, and one more than was set aside: the other line's units are not touched.
    order.apply(&planned(2, 4), world.now);
    let expected = [("1", 2, committed), ("2", 3, held), ("1", 3, committed), ("1", 1, committed)];
    assert_eq!(shown(&order), expected.map(|(line, quantity, status)| (line.to_owned(), quantity, status)));
}

#[test]
fn a_release_ends_the_promise_that_it_names() {
    let world = dozen().placed();
    let mut order = world.order().clone();
    let second = order.reservations[1].allotment.clone();
    order.apply(&OrderEvent::StockReleased { allotments: vec![second.clone()] }, world.now);
    let statuses = |order: &oms_domain::order::Order| order.reservations.iter().map(|r| r.status).collect::<Vec<_>>();
    assert_eq!(statuses(&order), [ReservationStatus::Held, ReservationStatus::Released]);
    // One of the same size that ended before is not taken for it.
    order.reservations.push(Reservation { status: ReservationStatus::Held, ..order.reservations[1].clone() });
    order.apply(&OrderEvent::StockReleased { allotments: vec![second] }, world.now);
    let released = ReservationStatus::Released;
    assert_eq!(statuses(&order), [ReservationStatus::Held, released, released]);
}

#[test]
fn promises_that_time_ended_are_told_from_those_that_people_ended() {
    let mut expired = World::with(shirts()).placed();
    expired.pass(1_800);
    expired.settle(0);
    assert_eq!(promises(&expired), [("sz-1", 2, ReservationStatus::Expired)]);
    let mut cancelled = World::with(shirts()).placed();
    cancelled.must(Command::Cancel { reason: "no".into() });
    cancelled.settle(0);
    assert_eq!(promises(&cancelled), [("sz-1", 2, ReservationStatus::Released)]);
}

#[test]
fn stock_moves_by_the_difference_of_the_promises() {
    let statuses = ReservationStatus::Held;
    let moved = |before: &[Reservation], after: &[Reservation]| {
        let moves = stock::moves(before, after);
        moves.iter().map(|m| (m.on_hand, m.held, m.committed, m.takes, m.free())).collect::<Vec<_>>()
    };
    let held = [reserved("sz-1", 2, statuses)];
    let committed = [reserved("sz-1", 2, ReservationStatus::Committed)];
    let gone = [reserved("sz-1", 2, ReservationStatus::Consumed)];
    assert_eq!(moved(&[], &held), [(0, 2, 0, 2, -2)]);
    assert_eq!(moved(&held, &committed), [(0, -2, 2, 0, 0)]);
    assert_eq!(moved(&committed, &gone), [(-2, 0, -2, 0, 0)]);
    assert_eq!(moved(&held, &[reserved("sz-1", 2, ReservationStatus::Released)]), [(0, -2, 0, 0, 2)]);
    // What leaves without having been promised is taken from what is free.
    assert_eq!(moved(&[], &gone), [(-2, 0, 0, 2, -2)]);
    assert_eq!(moved(&held, &held), []);
}

#[test]
fn each_call_about_a_refund_is_counted() {
    let mut world = World::with(shirts()).paid();
    world.must(Command::Cancel { reason: "no".into() });
    world.must(Command::Compensate);
    let refund_id = world.order().refunds[0].id.clone();
    let answer = |answer: RefundAnswered| Command::AnswerRefund { refund_id: refund_id.clone(), answer };
    let pending = || RefundAnswered::Pending { reference: "re_1".into() };
    let steps = [
        (Command::SubmitRefund { refund_id: refund_id.clone() }, 1),
        (answer(pending()), 2),
        (answer(pending()), 3),
        (answer(RefundAnswered::Unknown), 4),
        (Command::SubmitRefund { refund_id: refund_id.clone() }, 5),
        (answer(RefundAnswered::Unknown), 6),
    ];
    assert_eq!((world.order().refunds[0].attempts, world.order().refunds[0].first_sent_at), (0, None));
    let sent_at = world.now;
    for (command, attempts) in steps {
        world.must(command);
        let refund = &world.order().refunds[0];
        assert_eq!((refund.attempts, refund.first_sent_at), (attempts, Some(sent_at)));
        world.pass(60);
    }
}

/// No call was made, so no answer can be one to it.
#[test]
fn a_refund_that_nobody_has_sent_takes_no_answer() {
    let mut world = World::with(shirts()).paid();
    world.must(Command::Cancel { reason: "no".into() });
    world.must(Command::Compensate);
    let refund_id = world.order().refunds[0].id.clone();
    for answer in [
        RefundAnswered::Succeeded { reference: Some("re_1".into()) },
        RefundAnswered::Pending { reference: "re_1".into() },
        RefundAnswered::Refused { reason: "no".into() },
        RefundAnswered::Unknown,
    ] {
        let command = Command::AnswerRefund { refund_id: refund_id.clone(), answer };
        assert_eq!(world.must(command), []);
    }
    assert_eq!(world.order().refunds[0].status, RefundStatus::Approved);
    let answer = RefundAnswered::NoGateway { reason: "cash".into() };
    assert_eq!(names(&world.must(Command::AnswerRefund { refund_id, answer })), ["refund_manual"]);
}

#[test]
fn every_attempt_has_the_reference_of_its_place() {
    let mut world = World::with(shirts()).paid();
    world.captured("pi_2", cny("186.00"));
    world.captured("pi_3", cny("186.00"));
    let references: Vec<_> = world.order().payments.iter().map(|p| p.reference.clone()).collect();
    assert_eq!(references, [reference(0, 1), reference(0, 2), reference(0, 3)]);
}

/// What is set aside is planned, what is not is looked for: both may be at one location, and nothing is planned that
/// nobody ordered.
#[test]
fn one_parcel_has_one_line_for_each_of_the_orders_lines() {
    let mut world = World::with(shirts()).older().paid().updated();
    let plan = |world: &World| {
        let command = Command::Plan { levels: world.levels(), locations: world.locations.clone() };
        let events = world.decide(0, &command).unwrap();
        let parcel = |e: &OrderEvent| {
            let OrderEvent::ShipmentPlanned { location_id, lines, .. } = e else { return None };
            Some((location_id.to_string(), lines.iter().map(|l| l.quantity).collect::<Vec<_>>()))
        };
        events.iter().filter_map(parcel).collect::<Vec<_>>()
    };
    let both = vec![("sz-1".to_owned(), vec![2])];
    assert_eq!(plan(&world), both);
    // Only one of two is set aside: the other is found beside it.
    world.lives[0].order.reservations[0].allotment.quantity = 1;
    assert_eq!(plan(&world), both);
    // More is set aside than was ordered, there or elsewhere.
    world.lives[0].order.reservations[0].allotment.quantity = 3;
    assert_eq!(plan(&world), both);
    world.lives[0].order.reservations[0].allotment.quantity = 2;
    let second = reserved("sh-1", 1, ReservationStatus::Held);
    world.lives[0].order.reservations.push(second);
    assert_eq!(plan(&world), both);
}
