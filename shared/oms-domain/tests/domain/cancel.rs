//! Undoing an order: before anything has left, in every status; Cancelled only when everything is compensated.

use oms_domain::body::{DeclaredStatus, Provider};
use oms_domain::command::{Command, Report, Scan};
use oms_domain::refusal::Refusal;
use oms_domain::status::{OrderStatus, PaymentStatus, RefundStatus, ReservationStatus, ShipmentStatus};
use oms_domain::task::TaskKind;
use oms_domain::wake::Work;

use crate::given::{cny, download, line, order_of, shirts, shirts_by};
use crate::till::Mood;
use crate::world::{World, names};

fn cancel() -> Command {
    Command::Cancel { reason: "changed my mind".into() }
}

/// Nothing is promised anywhere, and what is on the shelves is what was there.
fn shelves_are_as_before(world: &World) -> bool {
    world.stock.values().all(|l| (l.on_hand, l.held, l.committed) == (10, 0, 0))
}

#[test]
fn an_order_of_which_nothing_has_left_can_be_cancelled_in_every_status() {
    type Case = (OrderStatus, fn(World) -> World);
    let cases: &[Case] = &[
        (OrderStatus::Received, |w| w),
        // Where the version before left an order that was checked, and one that was covered.
        (OrderStatus::Validated, |w| {
            let mut w = w.older();
            w.validate();
            w.updated()
        }),
        (OrderStatus::AwaitingPayment, World::placed),
        (OrderStatus::Confirmed, |w| w.older().paid().updated()),
        (OrderStatus::InFulfilment, World::paid),
    ];
    for (status, reach) in cases {
        let mut world = reach(World::with(shirts()));
        assert_eq!(world.order().status, *status);
        for payment in world.order().payments.clone() {
            if payment.captured.is_positive() {
                world.till.take("pi_1", payment.captured);
            }
        }
        let events = world.must(cancel());
        assert_eq!(names(&events)[0], "cancellation_requested", "{status:?}");
        assert_eq!(world.order().cancellation_reason.as_deref(), Some("changed my mind"));
        world.settle(0);
        let order = world.order();
        assert_eq!(order.status, OrderStatus::Cancelled, "{status:?}");
        assert_eq!(order.captured().unwrap(), order.refunded().unwrap());
        assert!(shelves_are_as_before(&world));
        assert_eq!((world.next_wake(0), world.open_tasks(0)), (None, 0));
        // Once more is no harm.
        assert!(world.must(cancel()).is_empty());
    }
}

#[test]
fn cancelled_is_not_said_before_everything_is_compensated() {
    let mut world = World::with(shirts()).paid();
    world.till.take("pi_1", cny("186.00"));
    world.must(cancel());
    assert_eq!(world.order().status, OrderStatus::Cancelling);
    world.must(Command::ReleaseStock);
    assert_eq!(world.order().status, OrderStatus::Cancelling, "the money is still here");
    world.run(0, Work::Reversal, Mood::LostAnswer);
    let order = world.order();
    assert_eq!((order.status, order.refunds[0].status), (OrderStatus::Cancelling, RefundStatus::Unknown));
    assert_eq!(world.due(0), None, "the provider is asked a little later");
    world.pass(60);
    world.settle(0);
    assert_eq!(world.order().status, OrderStatus::Cancelled);
    assert_eq!(world.till.sent_back("pi_1"), [cny("186.00")], "once");
}

#[test]
fn a_refund_that_the_provider_refuses_keeps_the_order_cancelling_until_a_person_settles_it() {
    let mut world = World::with(shirts()).paid();
    world.till.take("pi_1", cny("186.00"));
    world.must(cancel());
    world.run(0, Work::Reversal, Mood::Refusing);
    world.rest(0);
    let order = world.order();
    assert_eq!((order.status, order.refunds[0].status), (OrderStatus::Cancelling, RefundStatus::Manual));
    let task = oms_domain::desk::tasks(order).remove(0);
    assert_eq!((task.kind, task.role), (TaskKind::Refund, oms_domain::task::Role::Finance));
    let refund_id = order.refunds[0].id.clone();
    world.must(Command::SettleRefund { refund_id, reason: "by bank transfer".into() });
    assert_eq!(world.order().status, OrderStatus::Cancelled);
}

#[test]
fn what_is_over_or_has_left_cannot_be_cancelled() {
    let mut expired = World::with(shirts()).placed();
    expired.pass(1800);
    expired.must(Command::Compensate);
    assert_eq!(expired.act(cancel()), Err(Refusal::WrongState { status: "expired" }));
    let mut rejected = World::with(shirts());
    rejected.products.clear();
    rejected.validate();
    assert_eq!(rejected.act(cancel()), Err(Refusal::WrongState { status: "rejected" }));
    let mut shipped = World::with(shirts()).paid();
    shipped.shipped(1);
    assert_eq!(shipped.act(cancel()), Err(Refusal::AlreadyShipped));
    shipped.scan(1, Scan::Delivered);
    assert_eq!(shipped.order().status, OrderStatus::Completed);
    assert_eq!(shipped.act(cancel()), Err(Refusal::AlreadyShipped));
    shipped.pass(1_296_000);
    shipped.settle(0);
    assert_eq!(shipped.order().status, OrderStatus::Closed);
    assert_eq!(shipped.act(cancel()), Err(Refusal::AlreadyShipped));
    let mut handed_over = World::with(download()).placed();
    handed_over.captured("pi_1", cny("30.00"));
    assert_eq!(handed_over.act(cancel()), Err(Refusal::AlreadyShipped));
}

/// Accepted by its location, then cancelled: the location is asked.
fn asked() -> World {
    let mut world = World::with(shirts()).paid();
    world.till.take("pi_1", cny("186.00"));
    world.report(1, Report::Accepted);
    assert_eq!(names(&world.must(cancel())), ["cancellation_requested", "shipment_cancel_requested"]);
    world
}

#[test]
fn a_location_that_has_begun_is_asked_and_nothing_is_refunded_before_it_answers() {
    let mut world = asked();
    assert_eq!(world.due(0), None);
    assert!(world.must(Command::Compensate).is_empty() && world.must(Command::ReleaseStock).is_empty());
    let kinds: Vec<_> = oms_domain::desk::tasks(world.order()).iter().map(|t| t.kind).collect();
    assert_eq!(kinds, [TaskKind::CancelRequest]);
    // Even a second payment waits, and nothing spins meanwhile.
    world.captured("pi_2", cny("186.00"));
    world.till.take("pi_2", cny("186.00"));
    assert_eq!(world.due(0), None);
    world.report(1, Report::Cancelled);
    assert_eq!(world.due(0), Some(Work::Reversal));
    world.settle(0);
    assert_eq!(world.order().status, OrderStatus::Cancelled);
    assert_eq!(world.order().refunded().unwrap(), cny("372.00"));
    assert!(shelves_are_as_before(&world));
    assert!(world.order().refusing_locations.is_empty(), "it stopped because it was asked to");
}

/// What is packed may be on the van already.
#[test]
fn a_packed_parcel_is_asked_for_and_not_withdrawn() {
    let mut world = World::with(shirts()).paid();
    world.report(1, Report::Packed);
    assert_eq!(names(&world.must(cancel())), ["cancellation_requested", "shipment_cancel_requested"]);
    world.must(Command::ReleaseStock);
    let order = world.order();
    assert!(order.awaits_location());
    assert_eq!(order.reservations[0].status, ReservationStatus::Committed, "not sold again before it answers");
}

#[test]
fn a_location_may_say_that_it_never_began() {
    for report in [Report::Rejected { reason: None }, Report::Cancelled] {
        let mut world = asked();
        world.report(1, report);
        world.settle(0);
        assert_eq!(world.order().status, OrderStatus::Cancelled);
    }
}

#[test]
fn a_location_that_has_shipped_takes_the_order_back_into_fulfilment() {
    type Tell = fn(&mut World) -> Vec<oms_domain::event::OrderEvent>;
    let tells: &[Tell] = &[|w| w.shipped(1), |w| w.scan(1, Scan::InTransit), |w| w.report(1, Report::Delivered)];
    for tell in tells {
        let mut world = asked();
        let events = tell(&mut world);
        assert!(names(&events).contains(&"cancellation_refused"), "{events:?}");
        assert!(world.order().refunded().unwrap().is_zero() && world.order().refunds.is_empty());
        world.finish(0, 0);
        assert_eq!(world.order().status, OrderStatus::Closed);
    }
    let mut world = asked();
    assert_eq!(names(&world.report(1, Report::CancelRefused)), ["shipment_cancel_refused", "cancellation_refused"]);
    assert_eq!((world.order().status, world.open_tasks(0)), (OrderStatus::InFulfilment, 0));
    // A second try asks again.
    assert_eq!(names(&world.must(cancel()))[1], "shipment_cancel_requested");
    world.report(1, Report::Cancelled);
    world.settle(0);
    assert_eq!(world.order().status, OrderStatus::Cancelled);
}

#[test]
fn a_location_that_never_answers_is_brought_to_people() {
    let mut world = asked();
    world.rest(0);
    let kinds: Vec<_> = oms_domain::desk::tasks(world.order()).iter().map(|t| t.kind).collect();
    assert_eq!(kinds, [TaskKind::CancelRequest, TaskKind::ShipmentOverdue]);
    assert_eq!(world.order().status, OrderStatus::Cancelling);
}

#[test]
fn one_of_two_locations_has_shipped_and_the_other_stopped() {
    let body = order_of(vec![line(1, "TEE-M", 12, cny("10.00"))], Provider::Stripe);
    let mut world = World::with(body).paid();
    world.till.take("pi_1", cny("120.00"));
    world.report(1, Report::Accepted);
    world.report(2, Report::Accepted);
    world.must(cancel());
    assert_eq!(names(&world.report(1, Report::CancelRefused)), ["shipment_cancel_refused", "cancellation_refused"]);
    // The other was asked as well, and stops: its part is planned again, also at the place that did as it was told.
    world.report(2, Report::Cancelled);
    assert!(world.order().refusing_locations.is_empty());
    world.settle(0);
    let order = world.order();
    assert_eq!((order.status, order.shipments.len()), (OrderStatus::InFulfilment, 3));
    assert_eq!(order.shipments[2].status, ShipmentStatus::Released);
    world.finish(0, 0);
    assert_eq!(world.order().status, OrderStatus::Closed);
}

#[test]
fn goods_that_leave_after_the_order_is_cancelled_are_raised_and_change_nothing() {
    let mut world = World::with(shirts()).paid();
    world.till.take("pi_1", cny("186.00"));
    world.must(cancel());
    world.settle(0);
    assert_eq!(world.order().status, OrderStatus::Cancelled);
    let events = world.shipped(1);
    assert_eq!(names(&events), ["anomaly_raised"]);
    let order = world.order();
    assert_eq!((order.status, order.shipments[0].status), (OrderStatus::Cancelled, ShipmentStatus::Cancelled));
    assert_eq!(order.reservations[0].status, ReservationStatus::Released);
    // A location that means to begin is refused.
    let shipment_id = world.shipment(1);
    let refusal = world.act(Command::Report { shipment_id, report: Report::Accepted }).unwrap_err();
    assert!(matches!(refusal, Refusal::ThingState { kind: "shipment", status: "cancelled", .. }));
}

#[test]
fn cash_on_delivery_has_nothing_to_send_back() {
    let mut world = World::with(shirts_by(Provider::Cod, DeclaredStatus::Due)).placed();
    world.must(cancel());
    world.settle(0);
    let order = world.order();
    assert_eq!((order.status, order.payments[0].status), (OrderStatus::Cancelled, PaymentStatus::Expired));
    assert!(order.refunds.is_empty());
}

#[test]
fn money_with_the_channel_goes_back_through_the_channel() {
    let mut world = World::with(shirts_by(Provider::Channel, DeclaredStatus::Captured)).placed();
    world.must(cancel());
    world.settle(0);
    let order = world.order();
    assert_eq!((order.status, order.refunds[0].status), (OrderStatus::Cancelled, RefundStatus::Succeeded));
}

#[test]
fn cash_that_was_collected_is_sent_back_by_a_person() {
    let mut world = World::with(shirts_by(Provider::Cod, DeclaredStatus::Due)).placed();
    world.settle(0);
    world.report(1, Report::Collected { amount: cny("186.00") });
    world.must(cancel());
    world.settle(0);
    let order = world.order();
    assert_eq!((order.status, order.refunds[0].status), (OrderStatus::Cancelling, RefundStatus::Manual));
    world.finish(0, 1);
    assert_eq!(world.order().status, OrderStatus::Cancelled);
}

#[test]
fn a_refusal_to_stop_means_something_only_where_somebody_asked() {
    let mut world = World::with(shirts()).paid();
    world.report(1, Report::Accepted);
    let events = world.report(1, Report::CancelRefused);
    let detail = format!("{} was not asked to stop", world.shipment(1));
    assert_eq!(
        events,
        [oms_domain::event::OrderEvent::Noted { what: "cancel_refused".into(), detail, released: None }]
    );
    // Withdrawn before it was accepted: nobody asked, and the location seems to have it all the same.
    let mut world = World::with(shirts()).paid();
    world.must(cancel());
    assert_eq!(names(&world.report(1, Report::CancelRefused)), ["anomaly_raised"]);
}

#[test]
fn a_lost_parcel_that_arrives_after_the_order_is_cancelled_is_raised() {
    let mut world = World::with(shirts()).paid();
    world.till.take("pi_1", cny("186.00"));
    world.shipped(1);
    world.scan(1, Scan::Lost);
    world.finish(0, 0);
    assert_eq!(world.order().status, OrderStatus::Cancelled);
    let before = world.order().anomalies.len();
    world.scan(1, Scan::Delivered);
    let raised: Vec<_> = world.order().anomalies[before..].iter().map(|a| a.what.as_str()).collect();
    assert_eq!(raised, ["delivered_after_cancellation"]);
}
