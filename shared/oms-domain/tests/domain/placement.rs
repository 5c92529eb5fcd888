//! From received to payable: validation, reservation, and the ways around them.

use oms_domain::body::{Address, DeclaredStatus, DeliveryType, LineKind, OrderBody, PriceSource, Provider};
use oms_domain::command::Command;
use oms_domain::event::{OrderEvent, RejectionCode};
use oms_domain::notification::Template;
use oms_domain::payment::PaymentFactKind;
use oms_domain::status::{HoldKind, OrderStatus, PaymentStatus, ReservationStatus};
use oms_domain::wake::Work;

use crate::given::{address, at, cny, download, line, location_id, order_of, product, reference, shirts, shirts_by};
use crate::world::{World, names};

#[test]
fn a_good_order_is_validated_reserved_and_payable() {
    let mut world = World::with(shirts());
    assert_eq!(world.due(0), Some(Work::Placement));
    assert_eq!(names(&world.validate()), ["order_validated", "stock_reserved", "payment_requested"]);
    let order = world.order();
    assert_eq!(order.status, OrderStatus::AwaitingPayment);
    assert_eq!(order.payment_deadline, Some(at(1800)));
    assert_eq!(order.reservations[0].status, ReservationStatus::Held);
    assert_eq!(world.stock[&(location_id("sz-1"), order.body.lines[0].sku.clone())].held, 2);
    assert_eq!((world.due(0), world.next_wake(0)), (None, Some(at(1800))));
    // The step again changes nothing.
    assert!(world.validate().is_empty());
}

#[test]
fn an_order_that_was_checked_and_not_reserved_is_carried_on() {
    for (total, expected) in [("4000.00", OrderStatus::AwaitingPayment), ("6000.00", OrderStatus::Validated)] {
        let body = order_of(vec![line(1, "TEE-M", 1, cny(total))], Provider::Stripe);
        let mut world = World::with(body).older();
        world.validate();
        assert_eq!((world.order().status, world.order().reserved), (OrderStatus::Validated, false));
        let mut world = world.updated();
        assert_eq!(world.due(0), Some(Work::Placement));
        // The catalogue has spoken; what it says by now does not count.
        world.products.clear();
        assert_eq!(names(&world.validate())[0], "stock_reserved");
        assert_eq!((world.order().status, world.order().reservations.len()), (expected, 1));
        assert_eq!(world.order().holds.len(), usize::from(expected == OrderStatus::Validated), "looked at once");
    }
    let mut world = World::with(shirts()).older();
    world.validate();
    world.stock.values_mut().for_each(|l| l.on_hand = 0);
    let mut world = world.updated();
    world.validate();
    assert_eq!(world.order().rejections[0].code, RejectionCode::OutOfStock);
}

#[test]
fn each_line_says_why_it_is_refused() {
    type Case = (RejectionCode, Option<&'static str>, fn(&mut OrderBody));
    let cases: &[Case] = &[
        (RejectionCode::UnknownSku, Some("1"), |b| b.lines[0].sku = crate::given::sku("NEVER")),
        (RejectionCode::PriceChanged, Some("1"), |b| {
            b.lines[0].unit_price = cny("99.01");
            b.discounts[0].amount = cny("20.02");
        }),
        // An old page with an old price, lower or higher.
        (RejectionCode::PriceChanged, Some("1"), |b| {
            b.lines[0].unit_price = cny("98.99");
            b.discounts[0].amount = cny("19.98");
        }),
        (RejectionCode::QuantityLimit, Some("1"), |b| {
            b.lines[0].quantity = 1000;
            b.discounts[0].amount = cny("98822.00");
        }),
        (RejectionCode::IncompleteAddress, None, |b| {
            b.shipping_address = Some(Address { lines: vec![" ".into()], ..address() });
        }),
        (RejectionCode::PaymentMethod, None, |b| b.payments[0].provider = Provider::Paypal),
    ];
    for (code, line_id, change) in cases {
        let mut body = shirts();
        change(&mut body);
        let mut world = World::with(shirts());
        world.policy.providers.remove(&Provider::Paypal);
        world.place(body);
        let command = world.placement();
        let events = world.order_act(1, command).unwrap();
        let OrderEvent::Rejected { reasons } = &events[0] else { panic!("{events:?}") };
        assert_eq!(reasons.len(), 1, "{reasons:?}");
        assert_eq!((reasons[0].code, reasons[0].line_id.as_ref().map(|l| l.as_str())), (*code, *line_id));
        let order = &world.lives[1].order;
        assert_eq!((order.status, &order.rejections), (OrderStatus::Rejected, reasons));
        assert!(matches!(events[1], OrderEvent::CustomerNotified { template: Template::OrderRejected, .. }));
    }
}

#[test]
fn every_reason_is_told_at_once_and_quantities_of_one_sku_add_up() {
    let mut body = order_of(
        vec![line(1, "TEE-M", 600, cny("1.00")), line(2, "NEVER", 1, cny("1.00")), line(3, "TEE-M", 600, cny("1.00"))],
        Provider::Stripe,
    );
    body.shipping_address = Some(Address { city: None, region: None, ..address() });
    let mut world = World::with(body);
    world.products = vec![product("TEE-M", cny("1.00"))];
    world.validate();
    let codes: Vec<_> = world.order().rejections.iter().map(|r| r.code).collect();
    use RejectionCode::{IncompleteAddress, QuantityLimit, UnknownSku};
    assert_eq!(codes, [QuantityLimit, UnknownSku, QuantityLimit, IncompleteAddress]);
}

#[test]
fn an_address_is_complete_when_a_parcel_can_arrive() {
    type Case = (&'static str, bool, fn(&mut Address));
    let cases: &[Case] = &[
        ("as it is", true, |_| {}),
        ("no name", false, |a| a.name = None),
        ("blank name", false, |a| a.name = Some("  ".into())),
        ("no phone", false, |a| a.phone = None),
        ("no country", false, |a| a.country = None),
        ("no city but a region", true, |a| a.city = None),
        ("neither", false, |a| (a.city, a.region) = (None, None)),
        ("no street", false, |a| a.lines.clear()),
        ("masked", true, |a| *a = Address { masked: true, channel_token: Some("t".into()), ..Address::default() }),
    ];
    for (name, good, change) in cases {
        let mut body = shirts();
        change(body.shipping_address.as_mut().unwrap());
        let mut world = World::with(body);
        world.validate();
        let expected = if *good { OrderStatus::AwaitingPayment } else { OrderStatus::Rejected };
        assert_eq!(world.order().status, expected, "{name}");
    }
    let mut body = shirts();
    body.shipping_address.as_mut().unwrap().phone = None;
    body.customer.phone = Some("+8613800000000".into());
    assert_eq!(World::with(body).placed().order().status, OrderStatus::AwaitingPayment, "the customer's phone will do");
    let mut body = shirts();
    body.delivery.kind = DeliveryType::Pickup;
    body.delivery.location_id = Some(location_id("sz-1"));
    body.shipping_address = None;
    assert_eq!(World::with(body).placed().order().status, OrderStatus::AwaitingPayment, "pickup needs none");
}

#[test]
fn a_short_address_of_an_order_that_is_paid_goes_to_a_person() {
    let mut body = shirts_by(Provider::Channel, DeclaredStatus::Captured);
    body.shipping_address.as_mut().unwrap().lines.clear();
    let world = World::with(body).placed();
    assert_eq!(world.order().status, OrderStatus::Validated);
    let holds: Vec<_> = world.order().active_holds().map(|h| h.kind).collect();
    assert_eq!(holds, [HoldKind::Address]);
}

#[test]
fn the_channels_own_prices_and_gifts_are_not_compared() {
    let mut body = shirts();
    body.price_source = PriceSource::Channel;
    body.lines[0].kind = LineKind::Item;
    let mut world = World::with(body);
    world.products = vec![product("TEE-M", cny("120.00"))];
    world.validate();
    assert_eq!(world.order().status, OrderStatus::AwaitingPayment);

    let mut gift = line(2, "STICKER", 1, cny("0.00"));
    gift.kind = LineKind::Gift;
    let mut body = shirts();
    body.lines.push(gift);
    let mut world = World::with(body);
    world.products = vec![product("TEE-M", cny("99.00")), product("STICKER", cny("5.00"))];
    world.validate();
    assert_eq!(world.order().status, OrderStatus::AwaitingPayment);
}

#[test]
fn a_large_order_waits_reserved_for_a_person() {
    for (total, held) in [("5000.00", false), ("5000.01", true)] {
        let world = World::with(order_of(vec![line(1, "TEE-M", 1, cny(total))], Provider::Stripe)).placed();
        let order = world.order();
        assert_eq!(order.is_held(), held, "{total}");
        assert_eq!(order.reservations.len(), 1, "held or not, the goods are set aside");
        let expected = if held { OrderStatus::Validated } else { OrderStatus::AwaitingPayment };
        assert_eq!(order.status, expected);
        if held {
            assert_eq!(world.next_wake(0), Some(at(86_400)), "the hold's own deadline");
        }
    }
}

#[test]
fn all_lines_are_reserved_or_none() {
    let body = order_of(vec![line(1, "TEE-M", 2, cny("99.00")), line(2, "MUG", 1, cny("20.00"))], Provider::Stripe);
    let mut world = World::with(body);
    for (row, level) in &mut world.stock {
        if row.1.as_str() == "MUG" {
            level.on_hand = 0;
        }
    }
    let events = world.validate();
    let OrderEvent::Rejected { reasons } = &events[0] else { panic!("{events:?}") };
    assert_eq!(reasons.len(), 1);
    assert_eq!((reasons[0].code, reasons[0].line_id.as_ref().unwrap().as_str()), (RejectionCode::OutOfStock, "2"));
    assert!(world.stock.values().all(|l| l.held == 0));
}

#[test]
fn one_order_with_two_lines_of_one_sku_takes_both_from_one_shelf() {
    let body = order_of(vec![line(1, "TEE-M", 1, cny("99.00")), line(2, "TEE-M", 1, cny("99.00"))], Provider::Stripe);
    let mut world = World::with(body.clone());
    for level in world.stock.values_mut() {
        level.on_hand = i64::from(level.location_id.as_str() == "sz-1");
    }
    world.validate();
    assert_eq!(world.order().status, OrderStatus::Rejected, "one is not enough for both");
    let mut world = World::with(body);
    for level in world.stock.values_mut() {
        level.on_hand = 2 * i64::from(level.location_id.as_str() == "sz-1");
    }
    assert_eq!(world.placed().order().status, OrderStatus::AwaitingPayment);
}

#[test]
fn a_hundred_orders_for_the_last_one_and_one_wins() {
    let body = order_of(vec![line(1, "TEE-M", 1, cny("99.00"))], Provider::Cod);
    let mut world = World::with(body.clone());
    for level in world.stock.values_mut() {
        level.on_hand = i64::from(level.location_id.as_str() == "sz-1");
    }
    let stale = world.levels();
    for _ in 1..100 {
        world.place(body.clone());
    }
    let (products, locations) = (world.products.clone(), world.locations.clone());
    for life in 0..100 {
        // Everybody has seen the last one on the shelf; the store's condition lets one of them have it.
        let (products, locations) = (products.clone(), locations.clone());
        world.order_act(life, Command::Validate { products, levels: stale.clone(), locations }).unwrap();
    }
    let count = |world: &World, status| world.lives.iter().filter(|l| l.order.status == status).count();
    assert_eq!((count(&world, OrderStatus::InFulfilment), count(&world, OrderStatus::Received)), (1, 99));
    // The others look again and are told the truth.
    for life in 0..100 {
        world.settle(life);
    }
    assert_eq!((count(&world, OrderStatus::InFulfilment), count(&world, OrderStatus::Rejected)), (1, 99));
}

#[test]
fn orders_with_nothing_to_wait_for_go_to_their_location_at_once() {
    let free = {
        let mut body = shirts();
        body.shipping.fee = cny("0.00");
        body.discounts[0].amount = cny("198.00");
        body.total = cny("0.00");
        body.payments[0].amount = cny("0.00");
        body
    };
    let cases = [
        ("cash on delivery", shirts_by(Provider::Cod, DeclaredStatus::Due)),
        ("collected by the channel", shirts_by(Provider::Channel, DeclaredStatus::Captured)),
        ("authorized at the channel", shirts_by(Provider::Channel, DeclaredStatus::Authorized)),
        ("due from the channel", shirts_by(Provider::Channel, DeclaredStatus::Due)),
        ("nothing to pay", free),
    ];
    for (name, body) in cases {
        let mut world = World::with(body);
        let expected = [
            "order_validated",
            "stock_reserved",
            "order_confirmed",
            "shipment_planned",
            "shipment_released",
            "fulfilment_started",
            "customer_notified",
        ];
        assert_eq!(names(&world.validate()), expected, "{name}");
        assert_eq!((world.due(0), world.lives[0].records.len()), (None, 2), "{name}");
    }
}

#[test]
fn part_by_the_channel_and_part_due_waits_for_the_rest() {
    let mut body = shirts_by(Provider::Channel, DeclaredStatus::Captured);
    body.payments[0].amount = cny("100.00");
    body.payments.push(crate::given::due(Provider::Stripe, cny("86.00"), reference(0, 2)));
    let mut world = World::with(body).placed();
    assert_eq!(world.order().status, OrderStatus::AwaitingPayment);
    world.captured("pi_1", cny("86.00"));
    assert_eq!(world.order().status, OrderStatus::InFulfilment);
}

#[test]
fn a_digital_order_completes_when_it_is_paid() {
    let mut world = World::with(download()).placed();
    assert_eq!(world.order().status, OrderStatus::AwaitingPayment);
    assert!(world.order().reservations.is_empty());
    let events = world.captured("pi_1", cny("30.00"));
    assert_eq!(
        names(&events)[2..],
        ["order_confirmed", "digital_delivered", "fulfilment_started", "order_completed", "customer_notified"]
    );
    assert_eq!(world.order().status, OrderStatus::Completed);
    assert_eq!(oms_domain::derived::fulfilment_status(world.order()), "delivered");
}

#[test]
fn a_payment_before_validation_is_kept_and_counts() {
    let mut world = World::with(shirts());
    world.captured("pi_1", cny("186.00"));
    assert_eq!(world.order().status, OrderStatus::Received);
    let events = world.validate();
    assert_eq!(names(&events)[..3], ["order_validated", "stock_reserved", "order_confirmed"]);
}

#[test]
fn paid_but_the_stock_is_gone_goes_back() {
    let mut world = World::with(shirts());
    for level in world.stock.values_mut() {
        level.on_hand = 1;
        level.safety_stock = 1;
    }
    world.captured("pi_1", cny("186.00"));
    world.till.take("pi_1", cny("186.00"));
    world.validate();
    assert_eq!(world.order().status, OrderStatus::Rejected);
    world.settle(0);
    assert_eq!(world.order().refunded().unwrap(), cny("186.00"));
    assert_eq!(oms_domain::derived::payment_status(world.order()), "refunded");
}

#[test]
fn a_rejected_order_calls_its_open_payment_off() {
    let mut world = World::with(shirts());
    world.stripe("pi_1", PaymentFactKind::Pending);
    world.products.clear();
    world.validate();
    assert_eq!(world.due(0), Some(Work::Reversal));
    world.settle(0);
    assert_eq!(world.order().payments[0].status, PaymentStatus::Expired);
    assert_eq!((world.due(0), world.next_wake(0)), (None, None));
}

#[test]
fn an_order_that_is_set_aside_is_not_set_aside_again() {
    let mut world = World::with(order_of(vec![line(1, "TEE-M", 1, cny("6000.00"))], Provider::Stripe)).placed();
    assert_eq!((world.order().status, world.order().reserved), (OrderStatus::Validated, true));
    assert_eq!(world.validate(), []);
}
