//! Where limits lie: the last value that is taken, and the first that is not.

use oms_domain::body::{LineKind, PlacedOrder, Provider};
use oms_domain::id::{Channel, ChannelOrderId, InvalidId, LocationId, Sku};
use oms_domain::refusal::Refusal;
use oms_domain::status::{OrderStatus, RefundStatus};
use oms_domain::{MAX_LINES, MAX_QUANTITY};

use crate::given::{cny, level, line, location, order_of, product};
use crate::world::World;

#[test]
fn ids_have_a_longest_length_and_no_space_around_them() {
    let reason = |found: Result<(), InvalidId>| found.err().map(|e| e.reason);
    let visible = |text: &str| reason(ChannelOrderId::parse(text).map(drop));
    assert_eq!(visible(&"W".repeat(120)), None);
    assert_eq!(visible(&"W".repeat(121)), Some("is too long"));
    assert_eq!(visible(""), Some("must not be empty"));
    assert_eq!(visible("W 1001/订单"), None, "a channel numbers its orders as it likes");
    let around = Some("must not have control characters or spaces around it");
    for text in [" W-1", "W-1 ", "W\n1", "W-1\u{0}"] {
        assert_eq!(visible(text), around, "{text:?}");
    }
    let plain = |text: &str| reason(Sku::parse(text).map(drop));
    assert_eq!(plain(&"A".repeat(64)), None);
    assert_eq!(plain(&"A".repeat(65)), Some("is too long"));
    assert_eq!(plain(""), Some("must not be empty"));
    assert_eq!(plain("TEE.m_1-2"), None);
    for text in ["TEE/M", "TEE M", "衬衫", "TEE#M"] {
        assert_eq!(plain(text), Some("may have only ASCII letters, digits, '-', '_' and '.'"), "{text}");
    }
    assert!(Channel::parse("c".repeat(40)).is_ok() && Channel::parse("c".repeat(41)).is_err());
    assert!(LocationId::parse("l".repeat(40)).is_ok() && LocationId::parse("l".repeat(41)).is_err());
}

#[test]
fn the_largest_order_is_taken() {
    let lines = (1..=MAX_LINES).map(|n| line(n, "TEE-M", MAX_QUANTITY, cny("0.01"))).collect();
    assert!(PlacedOrder::new(order_of(lines, Provider::Stripe)).is_ok());
}

#[test]
fn a_set_needs_parts_that_name_it() {
    let mut body = order_of(vec![line(1, "SET", 1, cny("9.00")), line(2, "PART", 1, cny("1.00"))], Provider::Stripe);
    body.lines[0].kind = LineKind::Bundle;
    let field = |body: &oms_domain::body::OrderBody| PlacedOrder::new(body.clone()).err().map(|e| e.field);
    let refused = Some("lines[0].kind".to_owned());
    assert_eq!(field(&body), refused, "lines without a set are not the parts of one without a name");
    body.lines[0].channel_line_id = Some("L1".into());
    assert_eq!(field(&body), refused, "a name alone has no parts");
    body.lines[1].parent = Some("L1".into());
    assert_eq!(field(&body), None);
}

#[test]
fn the_most_that_may_be_ordered_of_something_may_be_ordered() {
    for (quantity, status) in [(9, OrderStatus::AwaitingPayment), (10, OrderStatus::Rejected)] {
        let mut world = World::with(order_of(vec![line(1, "TEE-M", quantity, cny("1.00"))], Provider::Stripe));
        world.policy.max_line_quantity = 9;
        world.validate();
        assert_eq!(world.order().status, status, "{quantity}");
    }
}

/// A transaction has room for so many stock rows, and an order is set aside in one.
#[test]
fn an_order_from_more_shelves_than_a_transaction_has_room_for_is_rejected() {
    for (units, status) in [
        (84, OrderStatus::AwaitingPayment),
        (85, OrderStatus::AwaitingPayment),
        (86, OrderStatus::Rejected),
        (87, OrderStatus::Rejected),
    ] {
        let body = order_of(vec![line(1, "TEE-M", units, cny("1.00"))], Provider::Stripe);
        let shelves = || (0..units).map(|n| format!("p{n:02}"));
        let locations = shelves().map(|id| location(&id, "CN", "广东省", "深圳市", 0)).collect();
        let stock = shelves().map(|id| level(&id, "TEE-M", 1)).collect();
        let mut world = World::new(locations, stock, vec![product("TEE-M", cny("1.00"))]);
        world.place(body);
        world.validate();
        assert_eq!(world.order().status, status, "{units}");
    }
}

#[test]
fn a_refund_that_was_declined_claims_nothing() {
    let free: Vec<_> = RefundStatus::ALL.iter().filter(|s| !s.claims_money()).collect();
    assert_eq!(free, [&RefundStatus::Declined]);
}

#[test]
fn every_refusal_has_its_stable_name() {
    let thing = || ("hold", "h1".to_owned());
    for (refusal, name) in [
        (Refusal::AlreadyShipped, "already-shipped"),
        (Refusal::WrongState { status: "rejected" }, "wrong-state"),
        (Refusal::ThingState { kind: thing().0, id: thing().1, status: "released" }, "wrong-state"),
        (Refusal::Unknown { kind: thing().0, id: thing().1 }, "not-found"),
        (Refusal::KeyReused, "key-reused"),
        (Refusal::Field { field: "amount".into(), reason: "must be above zero".into() }, "invalid-field"),
        (Refusal::NotOffered("pickup".into()), "not-offered"),
    ] {
        assert_eq!(refusal.name(), name);
    }
}
