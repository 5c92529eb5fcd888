//! What locations do with shipments, and what becomes of parcels.

use oms_domain::body::Provider;
use oms_domain::command::Report;
use oms_domain::id::{Carrier, TrackingNumber};
use oms_domain::order::{Order, Shipment};
use oms_domain::status::ShipmentStatus;

use crate::shop::acts::Act;
use crate::sim::chance::What;
use crate::sim::world::{World, name};

/// What a location does with a shipment.
#[derive(Debug, Clone, Copy)]
enum Handling {
    StepByStep,
    ShipsAtOnce,
    Refuses,
    SaysNothing,
    StopsByItself,
    AcceptsOnly,
    DeliversItself,
}

/// What becomes of a parcel.
#[derive(Debug, Clone, Copy)]
enum Journey {
    Arrives,
    OnlyDelivered,
    Delayed,
    Lost,
    Returned,
    Unseen,
    FoundAgain,
}

/// Locations and carriers hear what is new about an order.
pub fn react(world: &mut World, order: u16, before: Option<&Order>, after: &Order) {
    for (number, shipment) in (1..).zip(&after.shipments) {
        let was = before.and_then(|b| b.shipment(&shipment.id));
        let released = |s: &Shipment| s.status == ShipmentStatus::Released;
        if released(shipment) && !was.is_some_and(released) {
            handle(world, order, number, after);
        }
        if shipment.cancel_requested_at.is_some() && was.is_none_or(|w| w.cancel_requested_at.is_none()) {
            let report = world.chance.weighted(What::Location, order, &[(3, Some(true)), (2, Some(false)), (1, None)]);
            if let Some(stops) = report {
                let wait = world.chance.weighted(What::Location, order, &[(1, 600), (1, 2), (1, 40_000)]);
                let report = if stops { Report::Cancelled } else { Report::CancelRefused };
                send(world, order, number, wait, report, "asked");
            }
        }
        if shipment.tracking_number.is_some() && was.is_none_or(|w| w.tracking_number.is_none()) {
            carry(world, order, number);
        }
    }
}

fn send(world: &mut World, order: u16, shipment: usize, seconds: i64, report: Report, key: &str) {
    let key = name(format!("{key}-{order}-{shipment}"));
    world.send(seconds, order, Act::Report { shipment, report, key });
}

fn tracking(order: u16, shipment: usize) -> &'static str {
    name(format!("SF-{order}-{shipment}"))
}

fn handle(world: &mut World, order: u16, shipment: usize, state: &Order) {
    let ways = [
        (40, Handling::StepByStep),
        (25, Handling::ShipsAtOnce),
        (8, Handling::Refuses),
        (6, Handling::SaysNothing),
        (4, Handling::StopsByItself),
        (4, Handling::AcceptsOnly),
        (3, Handling::DeliversItself),
    ];
    let shipped = Report::Shipped {
        carrier: Carrier::parse("standard").expect("a carrier"),
        tracking_number: TrackingNumber::parse(tracking(order, shipment)).expect("a number"),
    };
    let wait = world.chance.weighted(What::Location, order, &[(3, 300), (2, 1), (2, 4_000), (1, 50_000)]);
    match world.chance.weighted(What::Location, order, &ways) {
        Handling::StepByStep => {
            send(world, order, shipment, wait, Report::Accepted, "accepted");
            send(world, order, shipment, wait + 300, Report::Packed, "packed");
            send(world, order, shipment, wait + 900, shipped, "shipped");
        }
        Handling::ShipsAtOnce => send(world, order, shipment, wait, shipped, "shipped"),
        Handling::Refuses => send(world, order, shipment, wait, Report::Rejected { reason: None }, "rejected"),
        Handling::SaysNothing => {}
        Handling::StopsByItself => {
            send(world, order, shipment, wait, Report::Accepted, "accepted");
            send(world, order, shipment, wait + 300, Report::Cancelled, "stopped");
        }
        Handling::AcceptsOnly => send(world, order, shipment, wait, Report::Accepted, "accepted"),
        Handling::DeliversItself => send(world, order, shipment, wait, Report::Delivered, "delivered"),
    }
    if world.chance.hits(What::Location, order, 60) {
        // The carrier is faster than the location's report.
        scan(world, order, shipment, wait, "in_transit", "early");
    }
    if let Some(cash) = state.body.payments.iter().find(|p| p.provider == Provider::Cod) {
        let amount = cash.amount;
        send(world, order, shipment, wait + 20_000, Report::Collected { amount }, "collected");
        send(world, order, shipment, wait + 20_000, Report::Delivered, "handed-over");
    }
}

fn scan(world: &mut World, order: u16, shipment: usize, seconds: i64, status: &'static str, event: &str) {
    let event = name(format!("{event}-{order}-{shipment}"));
    world.send(seconds, order, Act::Scan { number: tracking(order, shipment), status, event });
}

fn carry(world: &mut World, order: u16, shipment: usize) {
    let journeys = [
        (60, Journey::Arrives),
        (10, Journey::OnlyDelivered),
        (8, Journey::Delayed),
        (5, Journey::Lost),
        (5, Journey::Returned),
        (4, Journey::Unseen),
        (3, Journey::FoundAgain),
    ];
    let scans: &[(&'static str, i64)] = match world.chance.weighted(What::Parcel, order, &journeys) {
        Journey::Arrives => &[("in_transit", 3_000), ("out_for_delivery", 90_000), ("delivered", 100_000)],
        Journey::OnlyDelivered => &[("delivered", 60_000)],
        Journey::Delayed => &[("in_transit", 10), ("exception", 50_000), ("in_transit", 90_000), ("delivered", 95_000)],
        Journey::Lost => &[("in_transit", 3_000), ("lost", 300_000)],
        Journey::Returned => &[("in_transit", 3_000), ("returned_to_sender", 200_000)],
        Journey::Unseen => &[],
        Journey::FoundAgain => &[("lost", 200_000), ("delivered", 300_000)],
    };
    for (number, (status, seconds)) in (1..).zip(scans) {
        scan(world, order, shipment, *seconds, status, name(format!("scan{number}")));
    }
}
