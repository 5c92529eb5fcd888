//! Gift cards on the wire: a payment with a code, of which answers show the end and nothing more.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use oms_domain::body::Provider;
use serde_json::{Value, json};

use super::order_tests::{example, money, placed, received};
use super::order_view::OrderView;

/// The contract's example, paid so.
fn paid(payments: Value) -> Value {
    let mut order = example();
    order.as_object_mut().unwrap().remove("payment");
    order["payments"] = payments;
    order
}

fn card(amount: &str) -> Value {
    json!({"provider": "gift_card", "code": "GC-2026-4711", "amount": money(amount)})
}

#[test]
fn a_part_or_all_of_it_is_paid_by_card() {
    let order = paid(json!([card("86.00"), {"provider": "stripe", "amount": money("100.00")}]));
    let body = placed(&order).unwrap();
    assert_eq!(body.payments[0].provider, Provider::GiftCard);
    assert_eq!(body.payments[0].code.as_deref(), Some("GC-2026-4711"));
    let mut order = example();
    order["payment"] = json!({"provider": "gift_card", "code": "GC-1"});
    assert_eq!(placed(&order).unwrap().payments[0].amount.to_string(), "186.00 CNY");
}

#[test]
fn what_is_wrong_is_named_as_it_was_sent() {
    let named = |order: &Value| placed(order).unwrap_err().to_json(None, None)["field"].clone();
    let mut order = example();
    for (payment, field) in [
        (json!({"provider": "gift_card"}), "payment.code"),
        (json!({"provider": "gift_card", "code": " "}), "payment.code"),
        (json!({"provider": "stripe", "code": "GC-1"}), "payment.code"),
    ] {
        order["payment"] = payment;
        assert_eq!(named(&order), field);
    }
    let late = "2026-12-01T00:00:00Z";
    for (name, value, field) in [
        ("code", json!("x".repeat(65)), "payments[0].code"),
        ("status", json!("captured"), "payments[0].status"),
        ("collected_by", json!("channel"), "payments[0].collected_by"),
        ("due_at", json!(late), "payments[0].due_at"),
        ("reference", json!("T-1"), "payments[0].reference"),
    ] {
        let mut payment = card("186.00");
        payment[name] = value;
        assert_eq!(named(&paid(json!([payment]))), field);
    }
}

#[test]
fn its_code_is_shown_by_its_end() {
    for (code, end) in [("GC-2026-4711", "4711"), ("GC-1", "-1"), ("7", "")] {
        let mut payment = card("186.00");
        payment["code"] = json!(code);
        let (order, records) = received(&paid(json!([payment])));
        let view = serde_json::to_value(OrderView::new(&order, &records).unwrap()).unwrap();
        assert_eq!(view["payments"][0]["code_ends"], end);
        assert_eq!(view["payments"][0]["provider"], "gift_card");
        assert!(code.len() < 5 || !view.to_string().contains(code), "{view}");
    }
}
