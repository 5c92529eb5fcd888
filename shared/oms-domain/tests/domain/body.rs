//! What an order's body must be: each broken rule names its field.

use oms_domain::body::{Address, DeliveryType, LineKind, LineTax, OrderBody, PlacedOrder, Provider, TimeWindow};
use oms_domain::money::Money;
use oms_domain::{MAX_LINES, MAX_QUANTITY};
use rust_decimal::Decimal;

use crate::given::{at, cny, currency, discount, download, due, line, location_id, money, order_of, reference, shirts};

type Change = fn(&mut OrderBody);

#[test]
fn each_broken_rule_names_its_field() {
    let cases: &[(&str, Change)] = &[
        ("lines", |b| b.lines.clear()),
        ("lines", |b| b.lines = (0..=MAX_LINES).map(|i| line(i + 1, "TEE-M", 1, cny("1.00"))).collect()),
        ("lines[0].quantity", |b| b.lines[0].quantity = 0),
        ("lines[0].quantity", |b| b.lines[0].quantity = MAX_QUANTITY + 1),
        ("lines[0].unit_price", |b| b.lines[0].unit_price = money("99.00", "USD")),
        ("lines[0].unit_price", |b| b.lines[0].unit_price = cny("-1.00")),
        ("lines[0].unit_price", |b| {
            b.lines[0].unit_price = cny("1000000000000");
            b.lines[0].quantity = 2;
        }),
        ("lines[0].unit_price", |b| b.lines[0].kind = LineKind::Gift),
        ("lines[1].channel_line_id", |b| {
            b.lines.push(line(2, "MUG", 1, cny("0.00")));
            b.lines[0].channel_line_id = Some("L1".into());
            b.lines[1].channel_line_id = Some("L1".into());
        }),
        ("lines[0].parent", |b| b.lines[0].parent = Some("nobody".into())),
        ("lines[0].parent", |b| {
            b.lines[0].channel_line_id = Some("L1".into());
            b.lines[0].parent = Some("L1".into());
        }),
        ("lines[0].kind", |b| b.lines[0].kind = LineKind::Bundle),
        ("lines[0].discounts[0].amount", |b| b.lines[0].discounts = vec![discount(cny("-1.00"))]),
        ("lines[0].discounts[1].amount", |b| {
            b.lines[0].discounts = vec![discount(cny("1.00")), discount(money("1.00", "USD"))];
        }),
        ("lines[0].discounts", |b| b.lines[0].discounts = vec![discount(cny("198.01"))]),
        ("lines[0].taxes[0].amount", |b| b.lines[0].taxes = vec![tax("0.13", cny("-1.00"))]),
        ("lines[0].taxes[0].rate", |b| b.lines[0].taxes = vec![tax("-0.13", cny("1.00"))]),
        ("discounts[0].amount", |b| b.discounts[0].amount = cny("-20.00")),
        ("discounts[0].amount", |b| b.discounts[0].amount = money("20.00", "HKD")),
        ("discounts", |b| b.discounts[0].amount = cny("198.01")),
        ("shipping.fee", |b| b.shipping.fee = cny("-8.00")),
        ("shipping.fee", |b| b.shipping.fee = money("8.00", "USD")),
        ("tax", |b| b.tax = cny("-1.00")),
        ("tax", |b| b.lines[0].taxes = vec![tax("0.13", cny("0.01"))]),
        ("tax", |b| b.tax = money("1.00", "USD")),
        ("total", |b| b.total = cny("186.01")),
        ("total", |b| b.total = money("186.00", "USD")),
        ("total", |b| b.tax = cny("1.00")),
        ("payment", |b| b.payments.clear()),
        ("payments[0].amount", |b| b.payments[0].amount = cny("-186.00")),
        ("payments[0].amount", |b| b.payments[0].amount = money("186.00", "USD")),
        ("payments", |b| b.payments[0].amount = cny("185.99")),
        ("delivery.window.to", |b| b.delivery.window = Some(TimeWindow { from: at(10), to: at(9) })),
        ("shipping_address", |b| b.shipping_address = None),
        ("shipping_address", |b| {
            b.delivery.kind = DeliveryType::Local;
            b.shipping_address = None;
        }),
        ("delivery.location_id", |b| b.delivery.kind = DeliveryType::Pickup),
    ];
    for (i, (field, change)) in cases.iter().enumerate() {
        let mut body = shirts();
        change(&mut body);
        let error = PlacedOrder::new(body).expect_err(&format!("case {i}: {field}"));
        assert_eq!(error.field, *field, "case {i}: {error}");
        assert!(!error.reason.is_empty());
    }
}

fn tax(rate: &str, amount: Money) -> LineTax {
    LineTax { code: "VAT".into(), rate: rate.parse::<Decimal>().unwrap(), amount }
}

#[test]
fn whatever_the_contract_allows_is_taken() {
    let cases: &[Change] = &[
        |_| {},
        // Tax added, and tax included.
        |b| {
            b.tax = cny("10.00");
            b.total = cny("196.00");
            b.payments[0].amount = cny("196.00");
        },
        |b| {
            b.tax = cny("21.40");
            b.prices_include_tax = true;
        },
        // A gift for nothing.
        |b| {
            let mut gift = line(2, "STICKER", 1, cny("0.00"));
            gift.kind = LineKind::Gift;
            b.lines.push(gift);
        },
        // A set and its parts.
        |b| {
            b.lines[0].kind = LineKind::Bundle;
            b.lines[0].channel_line_id = Some("L1".into());
            let mut part = line(2, "TEE-M", 2, cny("0.00"));
            part.parent = Some("L1".into());
            b.lines.push(part);
        },
        // The same SKU twice.
        |b| {
            b.lines[0].quantity = 1;
            b.lines.push(line(2, "TEE-M", 1, cny("99.00")));
        },
        // Several payments.
        |b| {
            b.payments[0].amount = cny("100.00");
            b.payments.push(due(Provider::Cod, cny("86.00"), reference(0, 2)));
        },
        // All of it off, on the line and on the order.
        |b| {
            b.lines[0].discounts = vec![discount(cny("100.00"))];
            b.discounts[0].amount = cny("98.00");
            b.total = cny("8.00");
            b.payments[0].amount = cny("8.00");
        },
        |b| {
            b.shipping.fee = cny("0.00");
            b.discounts[0].amount = cny("198.00");
            b.total = cny("0.00");
            b.payments[0].amount = cny("0.00");
        },
        // Picked up; a masked address; a window of no length.
        |b| {
            b.delivery.kind = DeliveryType::Pickup;
            b.delivery.location_id = Some(location_id("sz-1"));
            b.shipping_address = None;
        },
        |b| b.shipping_address = Some(Address { masked: true, ..Address::default() }),
        |b| b.delivery.window = Some(TimeWindow { from: at(10), to: at(10) }),
        // As many lines as fit.
        |b| {
            b.lines = (0..MAX_LINES).map(|i| line(i + 1, "TEE-M", 1, cny("1.00"))).collect();
            b.discounts.clear();
            b.shipping.fee = cny("0.00");
            b.total = cny("80.00");
            b.payments[0].amount = cny("80.00");
        },
    ];
    for (i, change) in cases.iter().enumerate() {
        let mut body = shirts();
        change(&mut body);
        if let Err(error) = PlacedOrder::new(body) {
            panic!("case {i}: {error}");
        }
    }
    PlacedOrder::new(download()).unwrap();
    PlacedOrder::new(order_of(vec![line(1, "TEE-M", 3, money("1200", "JPY"))], Provider::Alipay)).unwrap();
}

#[test]
fn totals_are_exact_in_every_currency() {
    for (code, price, quantity, total) in
        [("KWD", "1.005", 3, "3.015"), ("JPY", "333", 3, "999"), ("USD", "0.10", 3, "0.30")]
    {
        let body = order_of(vec![line(1, "TEE-M", quantity, money(price, code))], Provider::Stripe);
        assert_eq!(body.total, money(total, code));
        let placed = PlacedOrder::new(body).unwrap();
        assert_eq!(placed.currency, currency(code));
    }
}
