//! From where the units of a cancelled part are taken: no shelf gives back more than was cancelled, and no parcel is stopped
//! for units that lie elsewhere.

use oms_domain::body::Provider;
use oms_domain::command::{Report, Scan};
use oms_domain::event::{Allotment, OrderEvent};
use oms_domain::id::LineId;
use oms_domain::refusal::Refusal;
use oms_domain::status::{OrderStatus, ReservationStatus, ShipmentStatus};

use crate::given::{cny, level, line, location_id, order_of, sku};
use crate::invariants;
use crate::part_cancelled::{basket, part};
use crate::world::{World, names};

/// Five of A, of which Shenzhen has two and Shanghai three.
pub fn five() -> World {
    let mut world = World::with(order_of(vec![line(1, "A", 5, cny("10.00"))], Provider::Stripe));
    for (place, units) in [("sz-1", 2), ("sh-1", 3)] {
        let row = (location_id(place), sku("A"));
        world.stock.insert(row.clone(), level(place, "A", units));
        world.filled.insert(row, units);
    }
    world
}

fn given_back(events: &[OrderEvent]) -> Vec<(&str, u32)> {
    let back = events
        .iter()
        .find_map(|e| if let OrderEvent::LinesCancelled { given_back, .. } = e { Some(given_back) } else { None });
    back.unwrap().iter().map(|a| (a.location_id.as_str(), a.quantity)).collect()
}

#[test]
fn the_shelf_that_was_taken_from_last_gives_back_first() {
    for (cancelled, back) in [(1, &[("sh-1", 1)][..]), (3, &[("sh-1", 3)]), (4, &[("sh-1", 3), ("sz-1", 1)])] {
        let mut world = five().placed();
        let events = world.must(part(&[(1, cancelled)]));
        assert_eq!(given_back(&events), back, "{cancelled}");
        let held: i64 = world.stock.values().map(|l| l.held).sum();
        assert_eq!(held, 5 - i64::from(cancelled), "{cancelled}");
        invariants::stock(&world);
    }
}

#[test]
fn only_the_parcels_that_carry_them_are_stopped() {
    let stopped = |world: &World| -> Vec<String> {
        let cancelled = world.order().shipments.iter().filter(|s| s.status == ShipmentStatus::Cancelled);
        cancelled.map(|s| s.location_id.to_string()).collect()
    };
    for (cancelled, withdrawn) in [(1, &["sz-1"][..]), (2, &["sz-1"]), (4, &["sh-1", "sz-1"])] {
        let mut world = five().paid();
        let places: Vec<_> = world.order().shipments.iter().map(|s| s.location_id.to_string()).collect();
        assert_eq!(places, ["sh-1", "sz-1"]);
        world.must(part(&[(1, cancelled)]));
        assert_eq!(stopped(&world), withdrawn, "{cancelled}");
        let committed: i64 = world.stock.values().map(|l| l.committed).sum();
        assert_eq!(committed, 5 - i64::from(cancelled), "{cancelled}");
        invariants::stock(&world);
        invariants::quantities(&world);
    }
}

/// What is on its way is gone for good; what a location has only accepted may still be talked about.
#[test]
fn units_on_their_way_are_not_those_at_work() {
    let mut world = five().paid();
    world.shipped(2);
    world.report(1, Report::Accepted);
    let accepted = Refusal::ThingState { kind: "shipment", id: world.shipment(1).to_string(), status: "accepted" };
    for (cancelled, refusal) in [(3, accepted), (4, Refusal::AlreadyShipped), (5, Refusal::AlreadyShipped)] {
        assert_eq!(world.act(part(&[(1, cancelled)])), Err(refusal), "{cancelled}");
    }
}

/// A shelf may have been taken from twice, as when goods come back to it from a parcel that was stopped.
#[test]
fn a_shelf_that_was_taken_from_twice_gives_back_once() {
    let mut world = five().placed();
    world.must(part(&[(1, 3)]));
    let order = &mut world.lives[0].order;
    let allotment =
        |quantity| Allotment { line_id: LineId::number(1), sku: sku("A"), location_id: location_id("sz-1"), quantity };
    order.apply(&OrderEvent::StockReserved { allotments: vec![allotment(3)] }, world.now);
    let back =
        OrderEvent::LinesCancelled { lines: Vec::new(), reason: "too many".into(), given_back: vec![allotment(2)] };
    order.apply(&back, world.now);
    let of = |status| -> Vec<u32> {
        order.reservations.iter().filter(|r| r.status == status).map(|r| r.allotment.quantity).collect()
    };
    assert_eq!(of(ReservationStatus::Held), [2, 1], "the first is not touched");
}

#[test]
fn nobody_looks_for_a_place_for_what_is_cancelled() {
    // What Shenzhen will not send is nowhere else; once nobody wants it, the order is complete with what has left.
    for (cancelled, still) in [(1, true), (2, false)] {
        let mut world = five().paid();
        world.shipped(1);
        world.report(2, Report::Rejected { reason: None });
        assert_eq!(names(&world.plan()), ["plan_failed"]);
        world.must(part(&[(1, cancelled)]));
        assert_eq!(world.order().plan_failure.is_some(), still, "{cancelled}");
        world.scan(1, Scan::Delivered);
        world.settle(0);
        let status = if still { OrderStatus::InFulfilment } else { OrderStatus::Completed };
        assert_eq!((world.order().status, world.open_tasks(0)), (status, usize::from(still)), "{cancelled}");
    }
}

/// What nobody wants any more cannot stand in an order's way.
#[test]
fn a_line_that_is_cancelled_before_the_order_is_looked_at_rejects_nothing() {
    for (cancelled, status) in [(2, OrderStatus::AwaitingPayment), (1, OrderStatus::Rejected)] {
        let mut world = World::with(basket(Provider::Stripe));
        world.products.retain(|product| product.sku.as_str() == "A");
        world.must(part(&[(2, cancelled)]));
        world.validate();
        assert_eq!(world.order().status, status, "{cancelled} of 2");
    }
}
