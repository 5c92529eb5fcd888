//! What leaves on the bus: one entry for each commit that is news, numbered, free of personal data.

use oms_domain::body::{DeclaredStatus, Provider};
use oms_domain::command::{Command, RefundAnswered, RefundAsk, Report, Scan};
use oms_domain::desk;
use oms_domain::outgoing::{KIND, OutgoingEvent, Publish, outgoing};
use oms_domain::payment::PaymentFactKind;
use oms_domain::status::RefundStatus;

use crate::given::{cny, fact, line, order_id, order_of, shirts, shirts_by};
use crate::world::World;

const FULL: &str = "186.00";

fn delivered() -> World {
    let mut world = World::with(shirts()).placed();
    world.stripe("pi_1", PaymentFactKind::Pending);
    world.captured("pi_1", cny(FULL));
    world.report(1, Report::Accepted);
    world.report(1, Report::Packed);
    world.shipped(1);
    for scan in [Scan::InTransit, Scan::OutForDelivery, Scan::Delivered] {
        world.scan(1, scan);
    }
    world.pass(1_296_000);
    world.settle(0);
    world
}

fn sent(world: &World, publish: Publish) -> Vec<OutgoingEvent> {
    world.lives[0].records.iter().filter_map(|r| outgoing(r, publish)).collect()
}

#[test]
fn every_commit_may_leave_numbered_without_gaps_and_without_personal_data() {
    let world = delivered();
    let sent = sent(&world, Publish::All);
    assert_eq!(sent.len(), world.lives[0].records.len());
    for (i, entry) in sent.iter().enumerate() {
        assert_eq!(
            (entry.id.clone(), entry.sequence.clone()),
            (format!("{}-{}", order_id(0), i + 1), (i + 1).to_string())
        );
        assert_eq!((entry.specversion, entry.kind, entry.subject.as_str()), ("1.0", KIND, order_id(0).as_str()));
        let text = serde_json::to_string(entry).unwrap();
        for personal in ["王芳", "+8613800000000", "科技园路", "wang@example.com"] {
            assert!(!text.contains(personal), "{text}");
        }
        let names: Vec<_> = entry.data.events.iter().map(|e| e.name).collect();
        assert_eq!(entry.data.names, names);
    }
    let numbers: Vec<u64> = sent.iter().flat_map(|e| &e.data.events).map(|e| e.number).collect();
    assert_eq!(numbers, (1..=world.order().event_count).collect::<Vec<_>>(), "every event has a number of its own");
}

/// What calls a person because of money is news, so that it passes the publisher, where it is counted.
#[test]
fn money_that_waits_for_a_person_is_news_and_nothing_else_is_counted() {
    fn calls(world: &World) -> Vec<&'static str> {
        let mut calls = Vec::new();
        for record in &world.lives[0].records {
            for event in record.events.iter().filter(|event| desk::money_waits(event)) {
                assert!(outgoing(record, Publish::Milestones).is_some(), "{event:?}");
                calls.push(event.name());
            }
        }
        calls
    }
    assert!(calls(&delivered()).is_empty(), "nobody is called for an order that goes well");
    let mut too_little = World::with(shirts()).placed();
    too_little.captured("pi_1", cny("185.99"));
    assert_eq!(calls(&too_little), ["hold_placed"]);
    let mut disputed = World::with(shirts()).paid();
    disputed.stripe("pi_1", PaymentFactKind::Disputed { amount: cny(FULL) });
    assert_eq!(calls(&disputed), ["anomaly_raised"]);
    // What no provider sends back is done by hand in any case; what cannot be sent although it should be is news.
    for (provider, expected) in [(Provider::Cod, [].as_slice()), (Provider::Stripe, &["refund_manual"])] {
        let mut world = World::with(shirts_by(provider, DeclaredStatus::Due)).placed();
        if provider == Provider::Stripe {
            world.captured("pi_1", cny(FULL));
        }
        world.shipped(1);
        world.scan(1, Scan::Delivered);
        if provider == Provider::Cod {
            world.report(1, Report::Collected { amount: cny(FULL) });
        }
        let ask = RefundAsk::Amount(cny("6.00"));
        let key = world.new_key();
        world.must(Command::RequestRefund { key, ask, reason: "late".into(), by: "anna".into() });
        let refund_id = world.order().refunds[0].id.clone();
        let answer = RefundAnswered::NoGateway { reason: "none here".into() };
        world.must(Command::AnswerRefund { refund_id, answer });
        assert_eq!(world.order().refunds[0].status, RefundStatus::Manual);
        assert_eq!(calls(&world), expected, "{provider:?}");
    }
}

#[test]
fn milestones_leave_and_the_steps_between_them_stay() {
    let sent = sent(&delivered(), Publish::Milestones);
    let told: Vec<(&str, Option<&str>, Vec<&str>)> =
        sent.iter().map(|e| (e.sequence.as_str(), e.data.status, e.data.names.clone())).collect();
    let expected = [
        ("2", Some("awaiting_payment"), vec!["order_validated", "stock_reserved", "payment_requested"]),
        (
            "4",
            Some("in_fulfilment"),
            vec![
                "payment_captured",
                "order_confirmed",
                "shipment_planned",
                "shipment_released",
                "fulfilment_started",
                "customer_notified",
            ],
        ),
        ("7", None, vec!["shipment_shipped", "customer_notified"]),
        ("10", Some("completed"), vec!["shipment_delivered", "order_completed", "customer_notified"]),
    ];
    assert_eq!(told, expected);
}

#[test]
fn news_in_a_quiet_event_leaves() {
    // A scan that comes before the location says that it has shipped: the buyer is told.
    let mut world = World::with(shirts()).paid();
    world.scan(1, Scan::InTransit);
    assert_eq!(sent(&world, Publish::Milestones).last().unwrap().data.names[0], "shipment_in_transit");
    // The number of a parcel that is on its way already.
    world.shipped(1);
    let last = sent(&world, Publish::Milestones).pop().unwrap();
    let shipment = last.data.events[0].shipment.clone().unwrap();
    let (carrier, number) = (shipment.carrier.unwrap(), shipment.tracking_number.unwrap());
    assert_eq!(
        (last.data.names, carrier, number.as_str()),
        (vec!["shipment_in_transit"], crate::given::carrier(), "SF1")
    );
    // Something for a person beside a note.
    let mut world = World::with(shirts()).placed();
    world.captured("pi_1", cny("-1.00"));
    assert_eq!(sent(&world, Publish::Milestones).last().unwrap().data.names, ["anomaly_raised"]);
}

#[test]
fn an_entry_holds_what_was_paid_and_every_parcel_that_was_released() {
    let body = order_of(vec![line(1, "TEE-M", 12, cny("10.00"))], oms_domain::body::Provider::Stripe);
    let mut world = World::with(body).placed();
    let captured = PaymentFactKind::Captured { amount: cny("120.00") };
    world.must(Command::RecordPayment(fact("evt_1", "pi_1", captured)));
    let entry = sent(&world, Publish::Milestones).pop().unwrap();
    let amounts: Vec<_> = entry.data.events.iter().filter_map(|e| e.amount).collect();
    assert_eq!(amounts, [cny("120.00")]);
    // A release says where from and what, although its commit says so once only, where it plans.
    let released: Vec<_> = entry.data.events.iter().filter(|e| e.name == "shipment_released").collect();
    let parts: Vec<_> = released
        .iter()
        .map(|e| e.shipment.as_ref().unwrap())
        .map(|s| (s.location_id.as_ref().unwrap().as_str(), s.status, s.lines[0].quantity))
        .collect();
    assert_eq!(parts, [("sh-1", Some("released"), 2), ("sz-1", Some("released"), 10)]);
    let planned = entry.data.events.iter().filter(|e| e.name == "shipment_planned");
    let units: Vec<_> = planned.map(|e| e.shipment.as_ref().unwrap().lines[0].quantity).collect();
    assert_eq!(units, [2, 10]);
    let stored = serde_json::to_string(world.lives[0].records.last().unwrap()).unwrap();
    assert_eq!(stored.matches("TEE-M").count(), 2, "{stored}");
}

#[test]
fn a_release_that_the_version_before_planned_says_so_itself() {
    let mut world = World::with(shirts()).older().paid();
    world.plan();
    let mut world = world.updated();
    world.settle(0);
    let entry = sent(&world, Publish::Milestones).pop().unwrap();
    assert_eq!(entry.data.names, ["shipment_released", "fulfilment_started"]);
    let shipment = entry.data.events[0].shipment.clone().unwrap();
    assert_eq!((shipment.location_id.unwrap().as_str(), shipment.lines[0].quantity), ("sz-1", 2));
}

#[test]
fn the_setting_is_found_by_its_name() {
    assert_eq!(Publish::from_name("milestones"), Some(Publish::default()));
    assert_eq!((Publish::from_name("all"), Publish::from_name("none")), (Some(Publish::All), None));
}
