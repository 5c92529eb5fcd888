//! What is paid, and by which of several ways, where a part of an order was cancelled.

use oms_domain::attempts::losers;
use oms_domain::body::Provider;
use oms_domain::capture::CaptureMoment;
use oms_domain::derived::payment_status;
use oms_domain::event::CancelledLine;
use oms_domain::id::LineId;
use oms_domain::payment::PaymentFactKind;
use oms_domain::status::OrderStatus;

use crate::given::{cny, due, reference};
use crate::part_cancelled::{basket, part};
use crate::world::World;

/// Whoever pays the rest twice and has one of them back has paid, as whoever pays the whole twice.
#[test]
fn the_rest_paid_twice_and_sent_back_once_is_paid() {
    let mut world = World::with(basket(Provider::Stripe)).placed();
    world.must(part(&[(1, 1)]));
    for payment in ["pi_1", "pi_2"] {
        world.till.take(payment, cny("33.00"));
        world.captured(payment, cny("33.00"));
    }
    world.settle(0);
    assert_eq!((world.order().kept().unwrap(), payment_status(world.order())), (cny("33.00"), "paid"));
    // And what is cancelled from now on is refunded.
    world.must(part(&[(1, 1)]));
    world.settle(0);
    assert_eq!((world.order().kept().unwrap(), payment_status(world.order())), (cny("22.00"), "partially_refunded"));
}

/// An order is looked at for what is left of it.
#[test]
fn what_was_cancelled_before_its_turn_is_not_reviewed() {
    for (cut, held) in [(vec![], true), (vec![(1, 1)], true), (vec![(1, 2)], false)] {
        let mut world = World::with(basket(Provider::Stripe));
        world.policy.review_thresholds = vec![cny("30.00")];
        if !cut.is_empty() {
            world.must(part(&cut));
        }
        world.validate();
        assert_eq!(world.order().is_held(), held, "{cut:?}");
    }
}

/// A card for 24.00 and 20.00 at the door. Units are cancelled while the card is only promised: the card and the door
/// together bring what is left, whichever of the two is looked at.
#[test]
fn a_promise_and_the_door_bring_what_is_left_between_them() {
    for (cut, card, door) in [
        (vec![], "24.00", "20.00"),
        (vec![(1, 1)], "24.00", "9.00"),
        (vec![(1, 2)], "22.00", "0.00"),
        (vec![(1, 2), (2, 1)], "16.50", "0.00"),
    ] {
        let mut body = basket(Provider::Stripe);
        let part_of = |provider, amount, n| due(provider, cny(amount), reference(0, n));
        body.payments = vec![part_of(Provider::Stripe, "24.00", 1), part_of(Provider::Cod, "20.00", 2)];
        let mut world = World::with(body).placed();
        world.policy.capture_when.otherwise = CaptureMoment::Delivered;
        world.stripe("pi_1", PaymentFactKind::Authorized { amount: cny("24.00"), expires_at: None });
        assert_eq!(world.order().status, OrderStatus::InFulfilment);
        if !cut.is_empty() {
            world.must(part(&cut));
        }
        let order = world.order();
        let [promised, cash] = order.payments.as_slice() else { panic!("two payments") };
        assert_eq!(order.wanted_of(promised).unwrap(), cny(card), "{cut:?}");
        assert_eq!(order.due(cash).unwrap(), cny(door), "{cut:?}");
        assert_eq!(cny(card).add(cny(door)).unwrap(), order.worth().unwrap(), "{cut:?}: no more and no less");
        assert!(losers(order).is_empty(), "{cut:?}: what the door does not bring, the card has to");
    }
}

/// Money that was taken at the door is there, whatever has been cancelled since.
#[test]
fn cash_that_was_taken_counts_whole() {
    let mut body = basket(Provider::Stripe);
    let part_of = |provider, amount, n| due(provider, cny(amount), reference(0, n));
    body.payments = vec![part_of(Provider::Stripe, "4.00", 1), part_of(Provider::Cod, "40.00", 2)];
    let mut world = World::with(body).placed();
    world.policy.capture_when.otherwise = CaptureMoment::Delivered;
    world.stripe("pi_1", PaymentFactKind::Authorized { amount: cny("4.00"), expires_at: None });
    let mut order = world.order().clone();
    order.payments[1].captured = cny("40.00");
    order.cancelled = vec![CancelledLine {
        line_id: LineId::number(1),
        quantity: 1,
        amount: cny("11.00"),
        discount: cny("1.00"),
        points: cny("0"),
        tax: cny("0"),
        shipping: cny("2.00"),
        points_back: Vec::new(),
    }];
    assert_eq!(order.counted(&order.payments[1]).unwrap(), cny("40.00"));
    assert_eq!(order.wanted_of(&order.payments[0]).unwrap(), cny("0"), "33.00 are paid for at the door");
}
