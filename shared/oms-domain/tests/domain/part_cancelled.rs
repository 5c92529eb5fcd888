//! Cancelling a part of an order: whatever its status, the units' stock and worth go back once, and the rest goes on.

use oms_domain::body::{LineKind, OrderBody, Provider};
use oms_domain::command::{Command, RefundAsk, Report, Scan};
use oms_domain::derived::{line_counters, payment_status, totals};
use oms_domain::event::{OrderEvent, RefundLine};
use oms_domain::id::LineId;
use oms_domain::money::Money;
use oms_domain::outgoing::{Publish, outgoing};
use oms_domain::payment::PaymentFactKind;
use oms_domain::refusal::Refusal;
use oms_domain::status::{HoldKind, OrderStatus, RefundStatus, ShipmentStatus};
use proptest::prelude::*;

use crate::bodies::body_plan;
use crate::given::{cny, discount, line, money, order_of};
use crate::lives::config;
use crate::world::{World, names};

/// Three of A at 10.00 and two of B at 5.00, 4.00 off, 8.00 of shipping: 44.00. An A is worth 11.00, a B 5.50.
pub fn basket(provider: Provider) -> OrderBody {
    let mut body = order_of(vec![line(1, "A", 3, cny("10.00")), line(2, "B", 2, cny("5.00"))], provider);
    body.discounts = vec![discount(cny("4.00"))];
    body.shipping.fee = cny("8.00");
    body.total = cny("44.00");
    body.payments[0].amount = body.total;
    body
}

fn shop() -> World {
    let mut world = World::with(basket(Provider::Stripe));
    world.till.take("pi_1", cny("44.00"));
    world
}

pub fn part(parts: &[(usize, u32)]) -> Command {
    let line = |(n, quantity): &(usize, u32)| RefundLine { line_id: LineId::number(*n), quantity: *quantity };
    Command::CancelLines { lines: parts.iter().map(line).collect(), reason: "too many".into() }
}

fn counted(world: &World, position: usize) -> (u32, u32, u32) {
    let order = world.order();
    let c = line_counters(order, &order.body.lines[position - 1]);
    (c.open, c.cancelled, c.shipped)
}

/// What is set aside and what is in shipments, over all shelves.
fn promised(world: &World) -> (i64, i64) {
    world.stock.values().fold((0, 0), |sum, l| (sum.0 + l.held, sum.1 + l.committed))
}

#[test]
fn in_every_status_the_units_and_their_worth_go_back_and_the_rest_goes_on() {
    type Case = (OrderStatus, fn(World) -> World, (i64, i64), OrderStatus);
    let cases: &[Case] = &[
        (OrderStatus::Received, |w| w, (0, 0), OrderStatus::Received),
        (OrderStatus::AwaitingPayment, World::placed, (3, 0), OrderStatus::AwaitingPayment),
        (OrderStatus::Confirmed, |w| w.older().paid().updated(), (0, 3), OrderStatus::InFulfilment),
        (OrderStatus::InFulfilment, World::paid, (0, 3), OrderStatus::InFulfilment),
    ];
    for (status, reach, left, then) in cases {
        let mut world = reach(shop());
        assert_eq!(world.order().status, *status);
        let events = world.must(part(&[(1, 1), (2, 1)]));
        assert!(names(&events).contains(&"lines_cancelled"), "{status:?}");
        assert_eq!((counted(&world, 1), counted(&world, 2)), ((2, 1, 0), (1, 1, 0)), "{status:?}");
        assert_eq!((world.order().status, promised(&world)), (*then, *left), "{status:?}");
        assert_eq!(world.order().worth().unwrap(), cny("27.50"), "{status:?}");
        // Whoever has not paid yet pays for all of it: that is no mistake.
        if *status == OrderStatus::Received {
            world.validate();
        }
        if world.order().captured().unwrap().is_zero() {
            world.captured("pi_1", cny("44.00"));
        }
        world.settle(0);
        assert!(world.order().holds.is_empty(), "{status:?}");
        assert_eq!(world.till.sent_back("pi_1"), [cny("16.50")], "{status:?}: once");
        // What was cancelled before it was paid was never bought.
        let before = matches!(status, OrderStatus::Received | OrderStatus::AwaitingPayment);
        assert_eq!(payment_status(world.order()), if before { "paid" } else { "partially_refunded" }, "{status:?}");
        let last = world.order().shipments.len();
        world.shipped(last);
        world.scan(last, Scan::Delivered);
        assert_eq!(world.order().status, OrderStatus::Completed, "{status:?}");
        assert_eq!(world.order().kept().unwrap(), cny("27.50"));
        assert_eq!((counted(&world, 1), counted(&world, 2)), ((0, 1, 2), (0, 1, 1)), "{status:?}");
        assert_eq!((promised(&world), world.next_wake(0).is_some()), ((0, 0), true), "only its closing is left");
        let on_hand: i64 = world.stock.values().map(|l| l.on_hand).sum();
        assert_eq!(on_hand, 40 - 3, "{status:?}");
    }
}

/// The shipment is taken back, and what of it is still wanted leaves from where it lies, in one commit: nobody else can take
/// it meanwhile.
#[test]
fn a_released_shipment_is_withdrawn_and_its_rest_planned_anew_where_it_lies() {
    let mut world = shop().paid();
    for level in world.stock.values_mut() {
        // Somebody else has all the rest.
        level.safety_stock = level.on_hand - level.committed;
    }
    let events = world.must(part(&[(1, 2)]));
    assert_eq!(
        names(&events),
        [
            "shipment_withdrawn",
            "lines_cancelled",
            "stock_reserved",
            "refund_approved",
            "shipment_planned",
            "shipment_released",
            "customer_notified"
        ]
    );
    let order = world.order();
    let states: Vec<_> = order.shipments.iter().map(|s| (s.location_id.as_str(), s.status)).collect();
    assert_eq!(states, [("sz-1", ShipmentStatus::Cancelled), ("sz-1", ShipmentStatus::Released)]);
    let rest: Vec<_> = order.shipments[1].lines.iter().map(|l| (l.line_id.as_str(), l.quantity)).collect();
    assert_eq!(rest, [("1", 1), ("2", 2)]);
    assert!(order.refusing_locations.is_empty(), "the location has not refused anything");
    // Whoever was told to stop and says that it has begun is told again.
    let accepted = Command::Report { shipment_id: world.shipment(1), report: Report::Accepted };
    assert!(matches!(world.act(accepted), Err(Refusal::ThingState { .. })));
    let data = outgoing(&world.lives[0].records.last().unwrap().clone(), Publish::Milestones).unwrap().data;
    let told = data.events.iter().find(|e| e.name == "lines_cancelled").unwrap();
    assert_eq!((told.lines.len(), told.lines[0].quantity, told.amount), (1, 2, Some(cny("22.00"))));
    assert_eq!(told.detail, "2 of line 1: too many");
}

#[test]
fn what_a_location_has_accepted_stays_and_what_it_has_not_can_still_go() {
    // A is at one place and B at another: two shipments.
    let mut world = shop();
    world.stock.retain(|(location, sku), _| (location.as_str() == "sz-1") == (sku.as_str() == "A"));
    world.filled.retain(|row, _| world.stock.contains_key(row));
    let mut world = world.paid();
    let of_a = world.order().shipments.iter().position(|s| s.lines[0].sku.as_str() == "A").unwrap() + 1;
    world.report(of_a, Report::Accepted);
    let accepted = Refusal::ThingState { kind: "shipment", id: world.shipment(of_a).to_string(), status: "accepted" };
    let remaining = |what: &str, left: &str| Refusal::ExceedsRemaining { what: what.into(), remaining: left.into() };
    let field = |reason: &str| Refusal::Field { field: "lines".into(), reason: reason.into() };
    let unknown = Refusal::Unknown { kind: "line", id: "9".into() };
    for (parts, refusal) in [
        (&[(1, 1)][..], accepted.clone()),
        // All or nothing: a part that could go does not go alone.
        (&[(2, 1), (1, 1)], accepted),
        (&[(1, 4)], remaining("4 units of line 1", "3 units")),
        (&[(2, 3)], remaining("3 units of line 2", "2 units")),
        (&[(2, 1), (2, 1)], field("a line stands there twice")),
        (&[(2, 0)], field("quantities must be at least 1")),
        (&[], field("must have at least one line")),
        (&[(9, 1)], unknown),
    ] {
        assert_eq!(world.act(part(parts)), Err(refusal), "{parts:?}");
    }
    world.must(part(&[(2, 1)]));
    world.shipped(of_a);
    assert_eq!(world.act(part(&[(1, 1)])), Err(Refusal::AlreadyShipped));
    // The other parcel is not on its way yet. Nothing else is left, but what has left is.
    world.must(part(&[(2, 1)]));
    assert_eq!((counted(&world, 1), counted(&world, 2)), ((0, 0, 3), (0, 2, 0)));
    assert_eq!(world.act(part(&[(2, 1)])), Err(remaining("1 units of line 2", "0 units")));
    world.scan(of_a, Scan::Delivered);
    world.settle(0);
    assert_eq!(world.order().status, OrderStatus::Completed);
    assert_eq!(world.order().kept().unwrap(), cny("33.00"));
    assert_eq!(world.act(part(&[(1, 1)])), Err(Refusal::AlreadyShipped));
}

#[test]
fn the_last_units_take_the_order_with_them() {
    for steps in [&[&[(1, 3), (2, 2)][..]][..], &[&[(1, 3)], &[(2, 2)]], &[&[(2, 1), (1, 2)], &[(1, 1)], &[(2, 1)]]] {
        for paid in [false, true] {
            let mut world = shop().placed();
            if paid {
                world.captured("pi_1", cny("44.00"));
            }
            for step in steps {
                world.must(part(step));
            }
            assert_eq!(world.order().cancellation_reason.as_deref(), Some("too many"));
            world.settle(0);
            assert_eq!(world.order().status, OrderStatus::Cancelled, "{steps:?}");
            assert!(world.order().kept().unwrap().is_zero());
            assert_eq!((promised(&world), world.open_tasks(0)), ((0, 0), 0));
            assert_eq!((counted(&world, 1), counted(&world, 2)), ((0, 3, 0), (0, 2, 0)));
            assert!(world.must(part(&[(1, 1)])).is_empty(), "once more is no harm");
        }
    }
    // A service goes with the goods that it was for; of the expired nothing is cancelled.
    let mut body = basket(Provider::Stripe);
    body.lines[1].kind = LineKind::Service;
    let mut world = World::with(body).placed();
    world.must(part(&[(2, 1)]));
    assert_eq!(counted(&world, 2), (1, 1, 0));
    world.must(part(&[(1, 3)]));
    assert!(world.order().is_undone());
    let mut expired = shop().placed();
    expired.pass(1800);
    expired.must(Command::Compensate);
    assert_eq!(expired.act(part(&[(1, 1)])), Err(Refusal::WrongState { status: "expired" }));
}

#[test]
fn a_payment_for_the_old_amount_or_the_new_one_is_no_mismatch() {
    // 44.00 was asked for, 33.00 is due.
    for (paid, back, mismatch) in [
        ("44.00", Some("11.00"), false),
        ("33.00", None, false),
        ("38.50", Some("5.50"), false),
        ("32.00", None, true),
        ("45.00", None, true),
    ] {
        let mut world = World::with(basket(Provider::Stripe)).placed();
        world.must(part(&[(1, 1)]));
        assert_eq!(totals(world.order()).unwrap().due, cny("33.00"));
        world.till.take("pi_1", cny(paid));
        world.captured("pi_1", cny(paid));
        let held = world.order().active_holds().any(|h| h.kind == HoldKind::PaymentMismatch);
        assert_eq!(held, mismatch, "{paid}");
        world.settle(0);
        assert_eq!(world.till.sent_back("pi_1"), back.map(cny).into_iter().collect::<Vec<_>>(), "{paid}");
        if !mismatch {
            assert_eq!(world.order().status, OrderStatus::InFulfilment);
            assert_eq!(totals(world.order()).unwrap().due, cny("0.00"));
        }
    }
    // What is due may be told beforehand, by either amount.
    for amount in ["44.00", "33.00"] {
        let mut world = World::with(basket(Provider::Stripe)).placed();
        world.must(part(&[(1, 1)]));
        let (provider, provider_payment_id) = (Provider::Stripe, "pi_1".to_owned());
        world.must(Command::IdentifyPayment { provider, amount: cny(amount), provider_payment_id });
        assert_eq!(world.order().payments[0].provider_payment_id.as_deref(), Some("pi_1"));
    }
}

#[test]
fn at_the_door_the_rest_is_due() {
    for (collected, above) in [("33.00", false), ("44.00", true)] {
        let mut world = World::with(basket(Provider::Cod)).placed();
        world.must(part(&[(1, 1)]));
        let order = world.order();
        assert_eq!(order.due(&order.payments[0]).unwrap(), cny("33.00"));
        let last = order.shipments.len();
        world.shipped(last);
        world.report(last, Report::Collected { amount: cny(collected) });
        world.scan(last, Scan::Delivered);
        let told = world.order().anomalies.iter().any(|a| a.what == "cash_above_due");
        assert_eq!(told, above, "{collected}");
        assert_eq!(world.order().excess().unwrap().is_positive(), above, "what is too much goes back");
        assert_eq!(world.order().status, OrderStatus::Completed);
    }
}

#[test]
fn what_is_held_stays_set_aside_until_somebody_lets_it_go() {
    let mut world = shop().paid();
    // The buyer's bank disputes the payment, and meanwhile one A is cancelled.
    world.stripe("pi_1", PaymentFactKind::Disputed { amount: cny("44.00") });
    assert!(world.order().is_held());
    world.must(part(&[(1, 1)]));
    assert_eq!((promised(&world), counted(&world, 1)), ((4, 0), (2, 1, 0)));
    let hold_id = world.order().holds[0].id.clone();
    world.must(Command::ReleaseHold { hold_id, reason: "fine".into() });
    assert_eq!(promised(&world), (0, 4));
    assert_eq!(world.order().shipments.last().unwrap().status, ShipmentStatus::Released);
}

#[test]
fn a_unit_whose_money_went_back_before_brings_none_again() {
    let mut world = shop().paid();
    let refund = |world: &mut World, quantity: u32| {
        let key = world.new_key();
        let ask = RefundAsk::Lines(vec![RefundLine { line_id: LineId::number(1), quantity }]);
        world.act(Command::RequestRefund { key, ask, reason: "goodwill".into(), by: "finance".into() })
    };
    refund(&mut world, 1).unwrap();
    // The one that is cancelled is one of the two that were not paid back.
    world.must(part(&[(1, 1)]));
    let amounts: Vec<_> = world.order().refunds.iter().map(|r| r.amount).collect();
    assert_eq!(amounts, [cny("11.00"), cny("11.00")]);
    refund(&mut world, 2).unwrap_err();
    refund(&mut world, 1).unwrap();
    // Nothing of line 1 is paid any more: the other two go without money.
    world.must(part(&[(1, 2)]));
    assert_eq!(world.order().refunds.len(), 3);
    world.settle(0);
    assert!(world.order().refunds.iter().all(|r| r.status == RefundStatus::Succeeded));
    assert_eq!(world.order().kept().unwrap(), cny("11.00"), "what two B are worth");
}

/// Ten at 23.90 with 20 % VAT included less a quarter: in every sequence of cancelled parts and refunds by lines, 179.25
/// goes back in the end.
#[test]
fn cancelled_and_refunded_in_any_sequence_ten_come_to_179_25() {
    let gbp = |amount: &str| money(amount, "GBP");
    let mut body = order_of(vec![line(1, "TEE-M", 10, gbp("23.90"))], Provider::Stripe);
    body.discounts = vec![discount(gbp("59.75"))];
    (body.tax, body.prices_include_tax) = (gbp("29.88"), true);
    body.total = gbp("179.25");
    body.payments[0].amount = body.total;
    for seed in 0_u32..128 {
        let mut world = World::with(body.clone());
        world.till.take("pi_1", gbp("179.25"));
        let mut world = world.paid();
        let mut open = 10;
        for step in 0.. {
            if open == 0 {
                break;
            }
            let quantity = (1 + (seed >> (step % 5)) % 3).min(open);
            open -= quantity;
            if seed & (1 << (step % 7)) != 0 {
                let key = world.new_key();
                let ask = RefundAsk::Lines(vec![RefundLine { line_id: LineId::number(1), quantity }]);
                world.must(Command::RequestRefund { key, ask, reason: "worn".into(), by: "finance".into() });
            } else {
                world.must(part(&[(1, quantity)]));
            }
        }
        world.settle(0);
        let back = Money::sum(gbp("0").currency(), world.till.sent_back("pi_1")).unwrap();
        assert_eq!(back, gbp("179.25"), "{seed:b}");
    }
}

proptest! {
    #![proptest_config(config(120))]

    /// Whatever is cancelled of whichever order, in whichever steps: what comes off is what goes back, no unit twice, and
    /// with the last one everything.
    #[test]
    fn invariant_8_parts_that_are_cancelled_sum_to_the_whole(
        plan in body_plan(), picks in prop::collection::vec((any::<u8>(), 1_u32..3), 0..20)
    ) {
        let mut world = World::with(plan.body(0));
        let total = world.order().body.total;
        let mut off = Money::zero(total.currency());
        let mut left: Vec<u32> = world.order().body.lines.iter().map(|l| l.quantity).collect();
        for (pick, quantity) in picks {
            let at = usize::from(pick) % left.len();
            let quantity = quantity.min(left[at]);
            if quantity == 0 || left.iter().sum::<u32>() == quantity {
                continue;
            }
            let events = world.must(part(&[(at + 1, quantity)]));
            if world.order().is_undone() {
                break;
            }
            left[at] -= quantity;
            let Some(OrderEvent::LinesCancelled { lines, .. }) =
                events.iter().find(|e| matches!(e, OrderEvent::LinesCancelled { .. })) else { panic!("{events:?}") };
            prop_assert!(!lines[0].amount.is_negative());
            off = off.add(lines[0].amount).unwrap();
            prop_assert_eq!(world.order().worth().unwrap().add(off).unwrap(), total);
            if left.iter().all(|q| *q == 0) {
                prop_assert_eq!(off, total);
            }
        }
        prop_assert!(!world.order().worth().unwrap().is_negative());
    }
}
