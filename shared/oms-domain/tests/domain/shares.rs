//! What units of lines are worth: a table of ways to price an order, every sequence of parts, and random orders.

use oms_domain::body::{LineTax, OrderBody, PlacedOrder, Provider};
use oms_domain::event::{OrderEvent, RefundCause, RefundLine};
use oms_domain::id::{LineId, RefundId};
use oms_domain::money::Money;
use oms_domain::order::Order;
use oms_domain::refund_share::{of_lines, shares};
use proptest::prelude::*;

use crate::bodies::body_plan;
use crate::given::{at, cny, discount, line, money, order_id, order_of};
use crate::lives::config;
use crate::world::World;

/// Three of A at 10.00 and one of B at 5.00, priced further.
fn priced(change: impl Fn(&mut OrderBody)) -> OrderBody {
    let lines = vec![line(1, "A", 3, cny("10.00")), line(2, "B", 1, cny("5.00"))];
    let mut body = order_of(lines, Provider::Stripe);
    change(&mut body);
    let off = body.discounts.iter().chain(body.lines.iter().flat_map(|l| &l.discounts)).map(|d| d.amount);
    let off = Money::sum(body.currency, off).unwrap();
    let tax = if body.prices_include_tax { cny("0.00") } else { body.tax };
    body.total = body.total.sub(off).unwrap().add(body.shipping.fee).unwrap().add(tax).unwrap();
    body.payments[0].amount = body.total;
    body
}

fn vat(amount: &str) -> Vec<LineTax> {
    vec![LineTax { code: "VAT".into(), rate: "0.13".parse().unwrap(), amount: cny(amount) }]
}

fn received(body: OrderBody) -> Order {
    Order::received(order_id(0), PlacedOrder::new(body).expect("a valid order"), at(0))
}

fn paid(order: &Order) -> Vec<String> {
    shares(order).unwrap().into_iter().map(|s| s.paid.amount().to_string()).collect()
}

#[test]
fn tax_discount_and_shipping_fall_to_the_lines() {
    type Change = fn(&mut OrderBody);
    let cases: &[(&str, Change, [&str; 2])] = &[
        ("prices alone", |_| {}, ["30.00", "5.00"]),
        ("tax added, by order", |b| b.tax = cny("2.00"), ["31.71", "5.29"]),
        ("tax included, by order", |b| (b.tax, b.prices_include_tax) = (cny("4.00"), true), ["30.00", "5.00"]),
        (
            "tax added, by line",
            |b| {
                b.tax = cny("3.90");
                b.lines[0].taxes = vat("3.90");
            },
            ["33.90", "5.00"],
        ),
        (
            "tax included, by line",
            |b| {
                (b.tax, b.prices_include_tax) = (cny("3.45"), true);
                b.lines[0].taxes = vat("3.45");
            },
            ["30.00", "5.00"],
        ),
        (
            "tax added, by line, and of shipping",
            |b| {
                (b.tax, b.shipping.fee) = (cny("4.68"), cny("8.00"));
                (b.lines[0].taxes, b.lines[1].taxes) = (vat("3.90"), vat("0.30"));
            },
            ["41.17", "6.51"],
        ),
        ("discount by line", |b| b.lines[0].discounts = vec![discount(cny("5.00"))], ["25.00", "5.00"]),
        ("discount by order", |b| b.discounts = vec![discount(cny("1.00"))], ["29.14", "4.86"]),
        (
            "discounts by both",
            |b| {
                b.lines[0].discounts = vec![discount(cny("5.00"))];
                b.discounts = vec![discount(cny("0.50")), discount(cny("0.50"))];
            },
            ["24.17", "4.83"],
        ),
        ("shipping", |b| b.shipping.fee = cny("8.00"), ["36.86", "6.14"]),
        (
            "nothing but shipping",
            |b| {
                b.discounts = vec![discount(cny("35.00"))];
                b.shipping.fee = cny("8.00");
            },
            ["6.86", "1.14"],
        ),
    ];
    for (name, change, expected) in cases {
        let order = received(priced(*change));
        assert_eq!(paid(&order), expected, "{name}");
        let sum = Money::sum(order.body.currency, shares(&order).unwrap().into_iter().map(|s| s.paid));
        assert_eq!(sum.unwrap(), order.body.total, "{name}");
    }
    // In a currency without decimals, by largest remainder.
    let lines = (1..=3).map(|n| line(n, "A", 1, money("100", "JPY"))).collect();
    let mut body = order_of(lines, Provider::Stripe);
    body.discounts = vec![discount(money("100", "JPY"))];
    body.total = money("200", "JPY");
    body.payments[0].amount = body.total;
    assert_eq!(paid(&received(body)), ["66", "67", "67"]);
}

/// Stored before lines were held to the order's tax: it is read, and what lines say beyond it is not believed.
#[test]
fn lines_that_say_too_much_tax_are_not_believed() {
    let mut body = priced(|b| b.tax = cny("2.00"));
    body.lines[0].taxes = vat("3.90");
    assert_eq!(PlacedOrder::new(body.clone()).unwrap_err().field, "tax");
    let stored: PlacedOrder = serde_json::from_value(serde_json::to_value(&body).unwrap()).unwrap();
    assert_eq!(paid(&Order::received(order_id(0), stored, at(0))), ["31.71", "5.29"]);
}

/// What units of a line are worth now; they are refunded with that.
pub fn take(order: &mut Order, position: usize, quantity: u32) -> Money {
    let part = RefundLine { line_id: LineId::number(position), quantity };
    let back = of_lines(order, std::slice::from_ref(&part)).unwrap();
    let refund = OrderEvent::RefundApproved {
        refund_id: RefundId::of(&order.id, order.refunds.len() + 1),
        payment_id: order.payments[0].id.clone(),
        amount: back.amount,
        cause: RefundCause::Requested,
        reason: "test".into(),
        lines: vec![part],
        points_back: back.points,
        key: None,
        by: None,
    };
    order.apply(&refund, at(0));
    back.amount
}

/// Ten at 23.90 with 20 % VAT included less a quarter: all 512 ways to send ten back in parts end at 179.25. What is back
/// on the way is never behind the units' share, and ahead by no more than the pennies that the first units bear.
#[test]
fn every_sequence_of_parts_of_ten_ends_at_179_25() {
    let gbp = |amount: &str| money(amount, "GBP");
    let mut body = order_of(vec![line(1, "TEE-M", 10, gbp("23.90"))], Provider::Stripe);
    body.discounts = vec![discount(gbp("59.75"))];
    (body.tax, body.prices_include_tax) = (gbp("29.88"), true);
    body.total = gbp("179.25");
    body.payments[0].amount = body.total;
    let whole = received(body);
    for cuts in 0_u32..512 {
        let mut order = whole.clone();
        let (mut back, mut part, mut units) = (gbp("0.00"), 1, 0_u32);
        for place in 0..10 {
            // A bit that is set ends a part after this unit.
            if place == 9 || cuts & (1 << place) != 0 {
                back = back.add(take(&mut order, 1, part)).unwrap();
                units += part;
                let (low, high) = (i128::from(units) * 17925 / 10, i128::from(units) * 17925 / 10 + 5);
                assert!((low..=high).contains(&back.minor()), "{cuts:010b}: {back} for {units}");
                part = 0;
            }
            part += 1;
        }
        assert_eq!(back, gbp("179.25"), "{cuts:010b}");
    }
}

proptest! {
    #![proptest_config(config(120))]

    /// The shares of the lines are what was paid; and any sequence of partial refunds by lines ends exactly
    /// there, with every prefix within a minor unit a piece.
    #[test]
    fn invariant_8_refunds_by_lines_end_at_what_was_paid(
        plan in body_plan(), picks in prop::collection::vec((any::<u8>(), 1_u32..3), 0..40)
    ) {
        let body = plan.body(0);
        let mut world = World::with(body);
        let order = &mut world.lives[0].order;
        let shares = shares(order).unwrap();
        let zero = Money::zero(order.body.currency);
        let total = order.body.total;
        prop_assert_eq!(Money::sum(order.body.currency, shares.iter().map(|s| s.paid)).unwrap(), total);
        prop_assert!(shares.iter().all(|s| !s.paid.is_negative()));
        // Whoever collected it, the whole is there to be refunded.
        for payment in &mut order.payments {
            payment.captured = payment.amount;
        }
        let count = order.body.lines.len();
        let mut left: Vec<u32> = order.body.lines.iter().map(|l| l.quantity).collect();
        let rest: Vec<(usize, u32)> = left.iter().enumerate().map(|(i, q)| (i, *q)).collect();
        let picks = picks.into_iter().map(|(i, q)| (usize::from(i) % count, q)).chain(rest);
        let mut back = zero;
        for (i, quantity) in picks {
            let quantity = quantity.min(left[i]);
            if quantity == 0 {
                continue;
            }
            left[i] -= quantity;
            back = back.add(take(&mut world.lives[0].order, i + 1, quantity)).unwrap();
        }
        prop_assert!(left.iter().all(|q| *q == 0));
        prop_assert_eq!(back, total);
    }
}
