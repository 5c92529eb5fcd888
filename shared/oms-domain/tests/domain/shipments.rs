//! Planning, and what locations and carriers report: by rank, in any order, and never backwards.

use oms_domain::body::{DeclaredStatus, LineKind, OrderBody, Provider};
use oms_domain::command::{Command, Report, Scan};
use oms_domain::derived::{customer_status, fulfilment_status, line_counters, payment_status};
use oms_domain::event::OrderEvent;
use oms_domain::notification::Template;
use oms_domain::outgoing::{Publish, outgoing};
use oms_domain::refusal::Refusal;
use oms_domain::status::{OrderStatus, ReservationStatus, ShipmentStatus};
use oms_domain::task::TaskKind;
use oms_domain::wake::Work;

use crate::given::{at, cny, line, location_id, money, order_of, shirts, shirts_by};
use crate::world::{World, names};

/// Twelve shirts, of which no location has more than ten: two from Shanghai (parcel 1), ten from Shenzhen (parcel 2).
fn dozen() -> OrderBody {
    order_of(vec![line(1, "TEE-M", 12, cny("10.00"))], Provider::Stripe)
}

fn told(events: &[OrderEvent]) -> Vec<Template> {
    let template =
        |e: &OrderEvent| if let OrderEvent::CustomerNotified { template, .. } = e { Some(*template) } else { None };
    events.iter().filter_map(template).collect()
}

fn kinds(world: &World) -> Vec<TaskKind> {
    oms_domain::desk::tasks(world.order()).iter().map(|t| t.kind).collect()
}

#[test]
fn a_covered_order_is_planned_released_shipped_delivered_completed_closed() {
    let mut world = World::with(shirts()).placed();
    let events = world.captured("pi_1", cny("186.00"));
    let expected = [
        "payment_identified",
        "payment_captured",
        "order_confirmed",
        "shipment_planned",
        "shipment_released",
        "fulfilment_started",
        "customer_notified",
    ];
    assert_eq!(names(&events), expected, "one decision");
    assert_eq!(world.order().reservations[0].status, ReservationStatus::Committed);
    assert_eq!(world.order().shipments[0].id.as_str(), format!("{}-1", world.order().id));
    assert!(world.plan().is_empty(), "nothing is left to search for");
    assert_eq!((world.due(0), world.next_wake(0)), (None, Some(at(86_400))));
    assert_eq!(names(&world.report(1, Report::Accepted)), ["shipment_accepted"]);
    assert_eq!(names(&world.report(1, Report::Packed)), ["shipment_packed"]);
    let events = world.shipped(1);
    assert_eq!(
        (names(&events), told(&events)),
        (vec!["shipment_shipped", "customer_notified"], vec![Template::ParcelShipped])
    );
    assert_eq!((fulfilment_status(world.order()), customer_status(world.order())), ("shipped", "shipped"));
    world.scan(1, Scan::InTransit);
    assert_eq!(names(&world.scan(1, Scan::OutForDelivery)), ["shipment_out_for_delivery"]);
    assert!(world.scan(1, Scan::OutForDelivery).is_empty());
    let events = world.scan(1, Scan::Delivered);
    assert_eq!(names(&events), ["shipment_delivered", "order_completed", "customer_notified"]);
    assert_eq!(told(&events), [Template::ParcelDelivered]);
    let order = world.order();
    assert_eq!((order.status, customer_status(order)), (OrderStatus::Completed, "delivered"));
    assert_eq!(order.reservations[0].status, ReservationStatus::Consumed);
    assert_eq!(world.stock[&(location_id("sz-1"), order.body.lines[0].sku.clone())].on_hand, 8);
    assert_eq!(world.next_wake(0), Some(at(1_296_000)));
    world.pass(1_296_000);
    world.settle(0);
    assert_eq!((world.order().status, world.next_wake(0)), (OrderStatus::Closed, None));
}

#[test]
fn two_parcels_roll_up_and_carry_the_channels_ids() {
    let mut body = dozen();
    body.lines[0].channel_line_id = Some("8001".into());
    let mut world = World::with(body).paid();
    let of = |w: &World| {
        (w.order().status, fulfilment_status(w.order()), line_counters(w.order(), &w.order().body.lines[0]))
    };
    assert_eq!(of(&world).1, "unfulfilled");
    world.shipped(1);
    assert_eq!((of(&world).1, of(&world).2.shipped, of(&world).2.open), ("partially_shipped", 2, 10));
    world.scan(1, Scan::Delivered);
    assert_eq!((of(&world).1, of(&world).2.delivered), ("partially_delivered", 2));
    assert_eq!(of(&world).0, OrderStatus::InFulfilment);
    let events = world.shipped(2);
    let OrderEvent::ShipmentMoved { lines, location_id, tracking_number, .. } = &events[0] else { panic!() };
    assert_eq!((lines[0].channel_line_id.as_deref(), lines[0].quantity), (Some("8001"), 10));
    assert_eq!((location_id.as_ref().unwrap().as_str(), tracking_number.as_ref().unwrap().as_str()), ("sz-1", "SF2"));
    let sent = outgoing(world.lives[0].records.last().unwrap(), Publish::Milestones).unwrap();
    let shipment = sent.data.events[0].shipment.as_ref().unwrap();
    assert_eq!((sent.data.names[0], shipment.status), ("shipment_shipped", Some("shipped")));
    assert_eq!(shipment.lines[0].channel_line_id.as_deref(), Some("8001"));
    world.scan(2, Scan::Delivered);
    assert_eq!((of(&world).0, of(&world).1), (OrderStatus::Completed, "delivered"));
}

#[test]
fn states_may_be_skipped_and_late_news_is_noted() {
    let mut world = World::with(shirts()).paid();
    let events = world.scan(1, Scan::InTransit);
    assert_eq!(
        (names(&events), told(&events)),
        (vec!["shipment_in_transit", "customer_notified"], vec![Template::ParcelShipped])
    );
    assert_eq!(world.order().reservations[0].status, ReservationStatus::Consumed);
    for report in [Report::Accepted, Report::Packed] {
        assert_eq!(names(&world.report(1, report)), ["noted"]);
    }
    // The number is news, and the buyer knows already that it is on its way.
    let events = world.shipped(1);
    assert_eq!((names(&events), told(&events)), (vec!["shipment_in_transit"], vec![] as Vec<Template>));
    assert_eq!(world.order().shipments[0].tracking_number.as_ref().unwrap().as_str(), "SF1");
    assert_eq!(names(&world.shipped(1)), ["noted"]);
    world.scan(1, Scan::Delivered);
    for scan in [Scan::InTransit, Scan::OutForDelivery, Scan::Exception] {
        assert_eq!(names(&world.scan(1, scan)), ["noted"]);
    }
    assert!(world.scan(1, Scan::Delivered).is_empty());
}

#[test]
fn a_number_told_after_the_delivery_tells_the_buyer_nothing_again() {
    let mut world = World::with(dozen()).paid();
    world.report(1, Report::Delivered);
    assert_eq!(told(&world.shipped(1)), []);
    world.scan(2, Scan::InTransit);
    world.scan(2, Scan::Lost);
    let shipment_id = world.shipment(2);
    world.must(Command::CloseTrouble { shipment_id, reason: "claimed".into() });
    assert_eq!(told(&world.shipped(2)), []);
    assert_eq!(kinds(&world), [], "and what was dealt with stays dealt with");
    assert_eq!(world.order().shipments[1].tracking_number.as_ref().unwrap().as_str(), "SF2");
}

#[test]
fn ends_that_exclude_each_other_are_raised() {
    for (first, second) in [
        (Scan::Delivered, Scan::ReturnedToSender),
        (Scan::Delivered, Scan::Lost),
        (Scan::ReturnedToSender, Scan::Delivered),
        (Scan::ReturnedToSender, Scan::Lost),
        (Scan::Lost, Scan::ReturnedToSender),
    ] {
        let mut world = World::with(shirts()).paid();
        world.shipped(1);
        world.scan(1, first);
        let status = world.order().shipments[0].status;
        assert_eq!(names(&world.scan(1, second)), ["anomaly_raised"], "{first:?}, {second:?}");
        assert_eq!(world.order().shipments[0].status, status);
    }
    let mut found = World::with(shirts()).paid();
    found.shipped(1);
    found.scan(1, Scan::Lost);
    found.scan(1, Scan::Delivered);
    assert_eq!(found.order().status, OrderStatus::Completed);
}

#[test]
fn a_rejected_shipment_is_planned_elsewhere() {
    let mut world = World::with(shirts()).paid();
    world.report(1, Report::Rejected { reason: Some("shelf is empty".into()) });
    assert_eq!(world.order().reservations[0].status, ReservationStatus::Released);
    assert_eq!(world.due(0), Some(Work::Fulfilment), "a place has to be found");
    assert_eq!(names(&world.plan()), ["shipment_planned", "shipment_released"]);
    assert_eq!(world.due(0), None);
    let order = world.order();
    let places: Vec<_> = order.shipments.iter().map(|s| (s.location_id.as_str(), s.status)).collect();
    assert_eq!(places, [("sz-1", ShipmentStatus::Rejected), ("sh-1", ShipmentStatus::Released)]);
    // That one refuses as well: people are asked, and the first place may be asked again when they say so.
    world.report(2, Report::Rejected { reason: None });
    world.settle(0);
    assert_eq!((kinds(&world), fulfilment_status(world.order())), (vec![TaskKind::Unplaceable], "backordered"));
    assert_eq!(world.next_wake(0), Some(at(60)));
    assert_eq!(names(&world.must(Command::RetryPlan)), ["plan_retried"]);
    world.settle(0);
    assert_eq!(world.order().shipments[2].location_id, location_id("sz-1"));
    assert_eq!(kinds(&world), []);
}

#[test]
fn a_location_that_cancels_by_itself_is_not_asked_again() {
    let mut world = World::with(shirts()).paid();
    world.report(1, Report::Packed);
    world.report(1, Report::Cancelled);
    world.settle(0);
    assert_eq!(world.order().shipments[1].location_id, location_id("sh-1"));
}

#[test]
fn what_the_version_before_left_confirmed_or_planned_is_carried_on() {
    let confirmed = World::with(dozen()).older().paid();
    assert_eq!((confirmed.order().status, confirmed.order().shipments.len()), (OrderStatus::Confirmed, 0));
    let mut planned = World::with(dozen()).older().paid();
    planned.plan();
    assert!(planned.order().shipments.iter().all(|s| s.status == ShipmentStatus::Planned));
    for world in [confirmed, planned] {
        let mut world = world.updated();
        assert_eq!(world.due(0), Some(Work::Fulfilment));
        world.settle(0);
        let order = world.order();
        let statuses: Vec<_> = order.shipments.iter().map(|s| s.status).collect();
        assert_eq!((order.status, statuses), (OrderStatus::InFulfilment, vec![ShipmentStatus::Released; 2]));
    }
}

#[test]
fn what_would_take_more_rows_than_a_transaction_has_waits_for_a_person() {
    let lines = (1..=43).map(|n| line(n, &format!("SKU-{n}"), 2, cny("1.00"))).collect();
    let mut world = World::with(order_of(lines, Provider::Stripe));
    // All of it in Shenzhen; one of each in Shanghai and in Guangzhou, 86 rows together.
    for level in world.stock.values_mut().filter(|l| l.location_id.as_str() == "sh-1") {
        level.on_hand = 1;
    }
    let near: Vec<_> = (1..=43).map(|n| crate::given::level("gz-1", &format!("SKU-{n}"), 1)).collect();
    world.stock.extend(near.into_iter().map(|l| ((l.location_id.clone(), l.sku.clone()), l)));
    world.filled = world.stock.iter().map(|(row, level)| (row.clone(), level.on_hand)).collect();
    let mut world = world.paid();
    assert_eq!(world.order().shipments.len(), 1);
    world.report(1, Report::Rejected { reason: None });
    assert_eq!(names(&world.plan()), ["plan_failed"]);
    assert_eq!(kinds(&world), [TaskKind::Unplaceable]);
    // One more of something, and the rows are enough.
    world.fill(&(location_id("gz-1"), crate::given::sku("SKU-43")), 1);
    world.pass(60);
    world.settle(0);
    assert_eq!((world.order().shipments.len(), kinds(&world)), (3, vec![]));
    crate::invariants::stock(&world);
}

#[test]
fn planning_is_tried_again_less_and_less_often() {
    let mut world = World::with(shirts()).paid();
    for level in world.stock.values_mut().filter(|l| l.location_id.as_str() == "sh-1") {
        level.on_hand = 0;
        world.filled.insert((level.location_id.clone(), level.sku.clone()), 0);
    }
    world.report(1, Report::Rejected { reason: None });
    let mut waits = Vec::new();
    for _ in 0..9 {
        world.settle(0);
        let wake = world.next_wake(0).unwrap();
        waits.push(wake.duration_since(world.now).as_secs());
        world.now = wake;
    }
    assert_eq!(waits, [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]);
    assert!(matches!(World::with(shirts()).act(Command::RetryPlan), Err(Refusal::WrongState { .. })));
    // Goods arrive.
    world.fill(&(location_id("sh-1"), crate::given::sku("TEE-M")), 5);
    world.settle(0);
    assert_eq!((world.order().shipments.len(), world.order().plan_failure.is_none()), (2, true));
}

#[test]
fn cash_is_collected_at_the_door() {
    let mut world = World::with(shirts_by(Provider::Cod, DeclaredStatus::Due)).placed();
    world.settle(0);
    assert_eq!(payment_status(world.order()), "pending");
    world.shipped(1);
    world.report(1, Report::Delivered);
    world.report(1, Report::Collected { amount: cny("100.00") });
    assert_eq!(payment_status(world.order()), "partially_paid");
    world.report(1, Report::Collected { amount: cny("86.00") });
    assert_eq!((payment_status(world.order()), world.order().status), ("paid", OrderStatus::Completed));
    let events = world.report(1, Report::Collected { amount: cny("10.00") });
    assert_eq!(names(&events), ["payment_captured", "anomaly_raised"]);
    let shipment_id = world.shipment(1);
    for amount in [cny("0.00"), cny("-1.00"), money("1.00", "USD")] {
        let report = Report::Collected { amount };
        let refusal = world.act(Command::Report { shipment_id: shipment_id.clone(), report }).unwrap_err();
        assert!(matches!(refusal, Refusal::Field { ref field, .. } if field == "amount"));
    }
    let mut paid = World::with(shirts()).paid();
    let (shipment_id, report) = (paid.shipment(1), Report::Collected { amount: cny("1.00") });
    assert!(matches!(paid.act(Command::Report { shipment_id, report }), Err(Refusal::Field { .. })));
}

#[test]
fn silence_becomes_a_task_and_any_news_ends_it() {
    let mut world = World::with(shirts()).paid();
    world.pass(86_400);
    world.settle(0);
    assert_eq!((kinds(&world), world.next_wake(0)), (vec![TaskKind::ShipmentOverdue], None));
    world.report(1, Report::Packed);
    assert_eq!((kinds(&world), world.next_wake(0)), (vec![], Some(at(2 * 86_400))));
    world.shipped(1);
    assert_eq!(world.next_wake(0), Some(at(11 * 86_400)), "a carrier has ten times as long");
    world.pass(10 * 86_400);
    world.settle(0);
    assert_eq!(kinds(&world), [TaskKind::ShipmentOverdue]);
    let shipment_id = world.shipment(1);
    world.must(Command::CloseTrouble { shipment_id: shipment_id.clone(), reason: "carrier is on strike".into() });
    assert_eq!((kinds(&world), world.next_wake(0)), (vec![], Some(at(21 * 86_400))), "counted anew");
    assert!(world.must(Command::CloseTrouble { shipment_id, reason: "again".into() }).is_empty());
}

#[test]
fn trouble_on_the_way_is_a_task_and_does_not_end_by_being_closed() {
    let mut world = World::with(shirts()).paid();
    world.shipped(1);
    let events = world.scan(1, Scan::Exception);
    assert_eq!((told(&events), kinds(&world)), (vec![Template::ParcelTrouble], vec![TaskKind::ShipmentTrouble]));
    let shipment_id = world.shipment(1);
    world.must(Command::CloseTrouble { shipment_id, reason: "address corrected".into() });
    assert_eq!((kinds(&world), world.next_wake(0)), (vec![], Some(at(10 * 86_400))), "a parcel must still arrive");
    world.pass(10 * 86_400);
    world.settle(0);
    assert_eq!(kinds(&world), [TaskKind::ShipmentOverdue]);
    world.scan(1, Scan::Delivered);
    assert_eq!(world.order().status, OrderStatus::Completed);
}

#[test]
fn an_order_of_which_nothing_arrived_ends_when_it_is_paid_back() {
    for scan in [Scan::Lost, Scan::ReturnedToSender] {
        let mut world = World::with(shirts()).paid();
        world.till.take("pi_1", cny("186.00"));
        world.shipped(1);
        world.scan(1, scan);
        let shipment_id = world.shipment(1);
        // Closing the task alone would leave a paid order without goods.
        world.must(Command::CloseTrouble { shipment_id, reason: "claimed from the carrier".into() });
        let tasks = oms_domain::desk::tasks(world.order());
        let answers: Vec<_> = tasks[0].answers.iter().map(|a| a.answer.as_str()).collect();
        assert!(answers.contains(&"refund") && !answers.contains(&"close"), "{answers:?}");
        let key = world.new_key();
        let ask = oms_domain::command::RefundAsk::Amount(cny("186.00"));
        world.must(Command::RequestRefund { key, ask, reason: "lost".into(), by: "finance".into() });
        world.settle(0);
        let order = world.order();
        assert_eq!((order.status, order.refunded().unwrap()), (OrderStatus::Cancelled, cny("186.00")), "{scan:?}");
        assert_eq!((kinds(&world), world.next_wake(0)), (vec![], None));
    }
}

#[test]
fn a_parcel_refused_at_the_door_with_nothing_paid_ends_when_a_person_has_looked() {
    let mut world = World::with(shirts_by(Provider::Cod, DeclaredStatus::Due)).placed();
    world.settle(0);
    world.shipped(1);
    world.scan(1, Scan::ReturnedToSender);
    assert_eq!((world.order().status, kinds(&world)), (OrderStatus::InFulfilment, vec![TaskKind::ShipmentTrouble]));
    let shipment_id = world.shipment(1);
    world.must(Command::CloseTrouble { shipment_id, reason: "back on the shelf".into() });
    world.settle(0);
    assert_eq!((world.order().status, kinds(&world)), (OrderStatus::Cancelled, vec![]));
}

#[test]
fn one_parcel_lost_and_one_delivered_completes_with_the_loss_still_open() {
    let mut world = World::with(dozen()).paid();
    world.shipped(1);
    world.shipped(2);
    world.scan(2, Scan::Lost);
    world.scan(1, Scan::Delivered);
    assert_eq!((world.order().status, kinds(&world)), (OrderStatus::Completed, vec![TaskKind::ShipmentTrouble]));
    let line = &world.order().body.lines[0];
    let counters = line_counters(world.order(), line);
    assert_eq!((counters.shipped, counters.delivered, counters.open), (12, 2, 0));
}

#[test]
fn nobody_knows_a_shipment_that_is_not_there() {
    let mut world = World::with(shirts()).paid();
    let shipment_id = oms_domain::id::ShipmentId::of(&world.order().id, 7);
    let commands = [
        Command::Report { shipment_id: shipment_id.clone(), report: Report::Accepted },
        Command::Scan { shipment_id: shipment_id.clone(), scan: Scan::Delivered },
        Command::CloseTrouble { shipment_id, reason: "?".into() },
    ];
    for command in commands {
        assert!(matches!(world.act(command), Err(Refusal::Unknown { kind: "shipment", .. })));
    }
}

#[test]
fn services_go_with_the_goods() {
    let mut body = order_of(vec![line(1, "TEE-M", 1, cny("10.00")), line(2, "WRAP", 1, cny("2.00"))], Provider::Stripe);
    body.lines[1].kind = LineKind::Service;
    let mut world = World::with(body).paid();
    assert_eq!(world.order().shipments[0].lines.len(), 1);
    world.shipped(1);
    world.scan(1, Scan::Delivered);
    assert_eq!(world.order().status, OrderStatus::Completed);
}

#[test]
fn trouble_is_closed_where_there_is_some_and_once() {
    let mut world = World::with(shirts()).paid();
    let close =
        |world: &World| Command::CloseTrouble { shipment_id: world.shipment(1), reason: "spoke to them".into() };
    world.shipped(1);
    assert_eq!(world.must(close(&world)), [], "nothing is wrong with it");
    world.scan(1, Scan::Exception);
    assert_eq!(world.next_wake(0), None, "people know, and nobody counts its silence");
    assert_eq!(names(&world.must(close(&world))), ["shipment_trouble_closed"]);
    assert_eq!(world.must(close(&world)), []);
    assert_eq!(world.next_wake(0), Some(at(864_000)), "it should move again");
}
