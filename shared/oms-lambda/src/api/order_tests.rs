//! The order's way in and out: the contract's own examples, and each broken field by its name.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeSet;

use oms_domain::body::{DeclaredStatus, PlacedOrder, PriceSource};
use oms_domain::event::{Actor, CommitRecord, OrderEvent};
use oms_domain::id::{Channel, OrderId};
use oms_domain::order::Order;
use serde_json::{Value, json};

use super::order_request::OrderRequest;
use super::order_view::OrderView;
use super::work_list::WorkItem;
use crate::auth::{Caller, Role};
use crate::problem::{Problem, ProblemKind};

const ID: &str = "0123456789ABCDEFGHIJKLMNOP";

fn order_id() -> OrderId {
    OrderId::parse(ID).unwrap()
}

pub(super) fn money(amount: &str) -> Value {
    json!({"amount": amount, "currency": "CNY"})
}

/// The contract's example.
pub(super) fn example() -> Value {
    json!({
        "channel": "web", "channel_order_id": "W-1001", "currency": "CNY",
        "customer": {"id": "c-1", "name": "王芳", "email": "wang@example.com", "phone": "+8613800000000"},
        "shipping_address": {"name": "王芳", "phone": "+8613800000000", "country": "CN", "region": "广东省", "city": "深圳市",
                             "district": "南山区", "lines": ["科技园路1号"], "postal_code": "518000"},
        "lines": [{"sku": "TEE-M", "title": "T恤 M", "quantity": 2, "unit_price": money("99.00")}],
        "discounts": [{"code": "SUMMER", "kind": "coupon", "amount": money("20.00")}],
        "shipping": {"method": "standard", "fee": money("8.00")},
        "tax": money("0.00"),
        "payment": {"provider": "stripe"},
        "total": money("186.00"),
        "client": {"ip": "203.0.113.7", "device_id": "d-9"},
    })
}

/// The same with every optional field of the contract, as a channel sends an order that it has collected.
fn full() -> Value {
    let mut order = example();
    order["channel"] = json!("tmall");
    order.as_object_mut().unwrap().remove("payment");
    for (name, value) in json!({
        "placed_at": "2026-11-11T08:00:00+08:00", "ship_by": "2026-11-13T00:00:00Z", "locale": "zh-CN",
        "prices_include_tax": false, "price_source": "channel",
        "buyer_note": "周末送\n谢谢", "seller_note": "VIP", "gift": {"message": "生日快乐", "hide_prices": true},
        "billing_address": {}, "metadata": {"k": "v"},
        "invoice": {"type": "general", "title_kind": "company", "title": "公司", "tax_id": "9144", "email": "a@b.c"},
        "delivery": {"type": "ship", "location_id": null, "window": {"from": "2026-11-12T00:00:00Z", "to": "2026-11-12T04:00:00Z"}},
        "payments": [{"provider": "channel", "collected_by": "channel", "status": "captured", "reference": "T-9",
                      "paid_at": "2026-11-11T08:01:00+08:00", "amount": money("186.00")}],
    })
    .as_object()
    .unwrap()
    {
        order[name] = value.clone();
    }
    for (name, value) in
        json!({"town": "粤海街道", "masked": true, "channel_token": "oaid", "name": "王*"}).as_object().unwrap()
    {
        order["shipping_address"][name] = value.clone();
    }
    order["discounts"][0]["funded_by"] = json!("merchant");
    let line = &mut order["lines"][0];
    line["channel_line_id"] = json!("L-1");
    line["kind"] = json!("item");
    line["parent"] = Value::Null;
    line["attributes"] = json!({"颜色": "红"});
    line["discounts"] = json!([{"code": "P1", "kind": "promotion", "amount": money("0.00")}]);
    line["taxes"] = json!([{"code": "VAT", "rate": "0.13", "amount": money("0.00")}]);
    order
}

fn caller(role: Role, channels: &[&str]) -> Caller {
    let channels: BTreeSet<Channel> = channels.iter().map(|c| Channel::parse(*c).unwrap()).collect();
    Caller { name: role.name().into(), role, channels, locations: None }
}

fn place(order: &Value, caller: &Caller) -> Result<PlacedOrder, Problem> {
    let request = crate::http::parse::<OrderRequest>(order.to_string().as_bytes())?.body;
    request.into_placed(&order_id(), caller)
}

pub(super) fn placed(order: &Value) -> Result<PlacedOrder, Problem> {
    place(order, &caller(Role::Channel, &["web", "tmall"]))
}

/// Puts a value at a path such as `lines/0/sku`.
fn set(order: &mut Value, path: &str, value: Value) {
    let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
    let parent = if parent.is_empty() { order } else { order.pointer_mut(&format!("/{parent}")).unwrap() };
    match parent {
        Value::Array(items) => items[name.parse::<usize>().unwrap()] = value,
        Value::Object(members) => {
            members.insert(name.to_owned(), value);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => panic!("{path}"),
    }
}

#[test]
fn the_contract_s_example_is_an_order() {
    let order = place(&example(), &caller(Role::Storefront, &["web", "app"])).unwrap();
    assert_eq!(order.lines[0].line_id.as_str(), "1");
    assert_eq!(order.payments.len(), 1);
    let payment = &order.payments[0];
    assert_eq!(payment.amount, order.total);
    assert_eq!(payment.status, DeclaredStatus::Due);
    assert!(!payment.collected_by_channel);
    assert_eq!(payment.reference.as_str(), format!("{ID}P01"));
    assert_eq!(order.price_source, PriceSource::Catalogue);
}

#[test]
fn every_optional_field_is_kept() {
    let order = placed(&full()).unwrap();
    assert_eq!(order.placed_at.unwrap().to_string(), "2026-11-11T00:00:00Z");
    assert_eq!(order.buyer_note.as_deref(), Some("周末送\n谢谢"));
    assert!(order.gift.as_ref().unwrap().hide_prices);
    assert_eq!(order.invoice.as_ref().unwrap().title_kind.as_deref(), Some("company"));
    assert_eq!(order.metadata["k"], "v");
    assert_eq!(order.lines[0].attributes["颜色"], "红");
    assert_eq!(order.lines[0].taxes[0].rate.to_string(), "0.13");
    assert_eq!(order.lines[0].channel_line_id.as_deref(), Some("L-1"));
    assert_eq!(order.discounts[0].funded_by.as_deref(), Some("merchant"));
    assert!(order.shipping_address.as_ref().unwrap().masked);
    assert_eq!(order.price_source, PriceSource::Channel);
    let payment = &order.payments[0];
    assert!(payment.collected_by_channel && payment.status == DeclaredStatus::Captured);
    assert_eq!(payment.channel_reference.as_deref(), Some("T-9"));
}

#[test]
fn nulls_and_empty_texts_count_as_absent() {
    let mut order = full();
    for path in [
        "placed_at",
        "locale",
        "gift",
        "invoice",
        "metadata",
        "delivery",
        "client",
        "discounts/0/funded_by",
        "shipping_address/town",
    ] {
        set(&mut order, path, Value::Null);
    }
    for path in ["customer/name", "customer/email", "shipping_address/country", "buyer_note", "lines/0/channel_line_id"]
    {
        set(&mut order, path, json!(""));
    }
    let order = placed(&order).unwrap();
    assert_eq!((order.customer.name.as_deref(), order.customer.email.as_deref()), (None, None));
    assert_eq!(order.lines[0].channel_line_id, None);
    assert_eq!(order.buyer_note, None);
}

#[test]
fn each_broken_field_is_named() {
    let long = "x".repeat(2_000);
    let line = example()["lines"][0].clone();
    let table: Vec<(&str, Value, &str)> = vec![
        ("channel", json!(""), "channel"),
        ("channel", json!("a b"), "channel"),
        ("channel_order_id", json!(" W"), "channel_order_id"),
        ("channel_order_id", json!(null), "channel_order_id"),
        ("currency", json!("cny"), "currency"),
        ("currency", json!("XYZ"), "currency"),
        ("customer", json!({}), "customer.id"),
        ("customer/id", json!(" "), "customer.id"),
        ("customer/email", json!("nobody"), "customer.email"),
        ("customer/phone", json!(13_800_000_000_u64), "customer.phone"),
        ("customer/name", json!(long), "customer.name"),
        ("customer/age", json!(30), "customer.age"),
        ("placed_at", json!("yesterday"), "placed_at"),
        ("placed_at", json!("1066-10-14T09:00:00Z"), "placed_at"),
        ("ship_by", json!(5), "ship_by"),
        ("locale", json!("chinese!"), "locale"),
        ("prices_include_tax", json!("no"), "prices_include_tax"),
        ("price_source", json!("mine"), "price_source"),
        ("shipping_address", json!(null), "shipping_address"),
        ("shipping_address/country", json!("China"), "shipping_address.country"),
        ("shipping_address/lines", json!("road"), "shipping_address.lines"),
        ("shipping_address/lines", json!(vec!["a"; 11]), "shipping_address.lines"),
        ("shipping_address/lines/0", json!("a\u{0}b"), "shipping_address.lines[0]"),
        ("shipping_address/street", json!("x"), "shipping_address.street"),
        ("billing_address/country", json!("cn"), "billing_address.country"),
        ("lines", json!([]), "lines"),
        ("lines", json!(vec![line.clone(); 81]), "lines"),
        ("lines/0/sku", json!("TEE M"), "lines[0].sku"),
        ("lines/0/quantity", json!(0), "lines[0].quantity"),
        ("lines/0/quantity", json!(-1), "lines[0].quantity"),
        ("lines/0/quantity", json!(1.5), "lines[0].quantity"),
        ("lines/0/quantity", json!("2"), "lines[0].quantity"),
        ("lines/0/unit_price", json!("99.00"), "lines[0].unit_price"),
        ("lines/0/unit_price/amount", json!(99.0), "lines[0].unit_price.amount"),
        ("lines/0/unit_price/amount", json!("99.001"), "lines[0].unit_price"),
        ("lines/0/discounts/0/amount/amount", json!("2.001"), "lines[0].discounts[0].amount"),
        ("lines/0/taxes/0/amount/amount", json!("0.001"), "lines[0].taxes[0].amount"),
        ("discounts/0/amount/amount", json!("20.001"), "discounts[0].amount"),
        ("shipping/fee/amount", json!("8.001"), "shipping.fee"),
        ("tax/amount", json!("0.001"), "tax"),
        ("total/amount", json!("186.001"), "total"),
        ("payments/0/amount/amount", json!("186.001"), "payments[0].amount"),
        ("lines/0/unit_price/amount", json!("1e2"), "lines[0].unit_price"),
        ("lines/0/unit_price/amount", json!("-99.00"), "lines[0].unit_price"),
        ("lines/0/unit_price/currency", json!("USD"), "lines[0].unit_price"),
        ("lines/0/unit_price/scale", json!(2), "lines[0].unit_price.scale"),
        ("lines/0/kind", json!("thing"), "lines[0].kind"),
        ("lines/0/kind", json!("gift"), "lines[0].unit_price"),
        ("lines/0/parent", json!("L-9"), "lines[0].parent"),
        ("lines/0/attributes", json!({"a": 1}), "lines[0].attributes.a"),
        ("lines/0/discounts/0/amount", money("500.00"), "lines[0].discounts"),
        ("lines/0/discounts/0/kind", json!("gift_card"), "lines[0].discounts[0].kind"),
        ("lines/0/taxes/0/rate", json!(0.13), "lines[0].taxes[0].rate"),
        ("lines/0/taxes/0/rate", json!("-0.1"), "lines[0].taxes[0].rate"),
        ("lines/0/line_id", json!("1"), "lines[0].line_id"),
        ("discounts", json!(vec![example()["discounts"][0].clone(); 51]), "discounts"),
        ("discounts/0/code", json!(""), "discounts[0].code"),
        ("discounts/0/amount", money("-20.00"), "discounts[0].amount"),
        ("shipping", json!(null), "shipping"),
        ("shipping/method", json!(""), "shipping.method"),
        ("shipping/fee", money("-8.00"), "shipping.fee"),
        ("tax", json!("0.00"), "tax"),
        ("total", money("186.01"), "total"),
        ("total", json!({"amount": "186.00"}), "total.currency"),
        ("payment", json!({"provider": "stripe"}), "payments"),
        ("payments", json!(null), "payment"),
        ("payments", json!([]), "payments"),
        ("payments", json!(vec![full()["payments"][0].clone(); 11]), "payments"),
        ("payments/0/provider", json!("bank"), "payments[0].provider"),
        ("payments/0/collected_by", json!("merchant"), "payments[0].collected_by"),
        ("payments/0/collected_by", json!("bank"), "payments[0].collected_by"),
        ("payments/0/status", json!("paid"), "payments[0].status"),
        ("payments/0/amount", money("185.00"), "payments"),
        ("payments/0/paid_at", json!("noon"), "payments[0].paid_at"),
        ("payments/0/due_at", json!("noon"), "payments[0].due_at"),
        ("payments/0/due_at", json!("2026-12-01T00:00:00Z"), "payments[0].due_at"),
        ("payments/0/purpose", json!("tip"), "payments[0].purpose"),
        ("payments/0/code", json!("GC-123"), "payments[0].code"),
        ("delivery/type", json!("drone"), "delivery.type"),
        ("delivery/type", json!("pickup"), "delivery.location_id"),
        ("delivery/window/to", json!("2026-11-11T00:00:00Z"), "delivery.window.to"),
        ("delivery/window", json!({"from": "2026-11-11T00:00:00Z"}), "delivery.window.to"),
        ("client/ip", json!("localhost"), "client.ip"),
        ("client/device_id", json!(long), "client.device_id"),
        ("buyer_note", json!(long), "buyer_note"),
        ("gift/hide_prices", json!(1), "gift.hide_prices"),
        ("invoice/type", json!(null), "invoice.type"),
        ("invoice/email", json!("x"), "invoice.email"),
        ("metadata", json!({"k": {"deep": 1}}), "metadata.k"),
        ("order_id", json!(ID), "order_id"),
    ];
    for (path, value, field) in table {
        let mut order = full();
        set(&mut order, path, value.clone());
        let problem = placed(&order).expect_err(path);
        let body = problem.to_json(None, None);
        assert_eq!(problem.kind(), ProblemKind::InvalidField, "{path} {body}");
        assert_eq!(body["field"], field, "{path} {value} {body}");
        assert!(problem.detail().starts_with(&format!("{field}: ")), "{body}");
    }
}

#[test]
fn required_fields_are_required() {
    for field in ["channel", "channel_order_id", "currency", "customer", "lines", "shipping", "tax", "payment", "total"]
    {
        let mut order = example();
        order.as_object_mut().unwrap().remove(field);
        assert_eq!(placed(&order).unwrap_err().to_json(None, None)["field"], field);
    }
    for field in ["discounts", "client"] {
        let mut order = example();
        order.as_object_mut().unwrap().remove(field);
        order["total"] = if field == "discounts" { money("206.00") } else { money("186.00") };
        assert!(placed(&order).is_ok(), "{field}");
    }
}

#[test]
fn only_the_channel_itself_speaks_for_it() {
    let storefront = caller(Role::Storefront, &["web", "tmall"]);
    let forbidden = |order: &Value, caller: &Caller, field: &str| {
        let problem = place(order, caller).unwrap_err();
        assert_eq!(problem.kind(), ProblemKind::Forbidden, "{problem}");
        assert_eq!(problem.to_json(None, None)["field"], field);
    };
    forbidden(&full(), &storefront, "price_source");
    let mut order = full();
    order["price_source"] = json!("catalogue");
    forbidden(&order, &storefront, "payments[0].status");
    order["payments"][0]["status"] = json!("due");
    forbidden(&order, &storefront, "payments[0].provider");
    order["payments"][0]["provider"] = json!("alipay");
    forbidden(&order, &storefront, "payments[0].collected_by");
    order["payments"][0]["collected_by"] = json!("merchant");
    assert!(place(&order, &storefront).is_ok());
    let mut order = example();
    order["payment"]["provider"] = json!("channel");
    forbidden(&order, &storefront, "payment.provider");
    // Another channel's order, and nobody's.
    forbidden(&example(), &caller(Role::Channel, &["tmall"]), "channel");
    forbidden(&example(), &caller(Role::Support, &[]), "channel");
    forbidden(&example(), &caller(Role::Manager, &[]), "channel");
}

pub(super) fn received(order: &Value) -> (Order, Vec<CommitRecord>) {
    let body = placed(order).unwrap();
    let record = CommitRecord {
        order_id: order_id(),
        seq: 1,
        first_event: 1,
        at: "2026-11-11T00:02:00Z".parse().unwrap(),
        actor: Actor::named("channel_tmall"),
        cause: None,
        channel: body.channel.clone(),
        channel_order_id: body.channel_order_id.clone(),
        events: vec![OrderEvent::Received { body: Box::new(body) }],
        postings: Vec::new(),
    };
    (Order::from_records(std::slice::from_ref(&record)).unwrap(), vec![record])
}

#[test]
fn the_view_has_the_contract_s_members() {
    let (order, records) = received(&example());
    let view = serde_json::to_value(OrderView::new(&order, &records).unwrap()).unwrap();
    for name in [
        "order_id",
        "version",
        "channel",
        "channel_order_id",
        "created_at",
        "updated_at",
        "status",
        "customer_status",
        "payment_status",
        "fulfilment_status",
        "customer",
        "shipping_address",
        "lines",
        "totals",
        "payments",
        "refunds",
        "holds",
        "shipments",
        "returns",
        "timeline",
    ] {
        assert!(view.get(name).is_some(), "{name}");
    }
    assert_eq!(view["status"], "received");
    assert_eq!(view["version"], 1);
    assert_eq!(
        view["lines"][0],
        json!({"line_id": "1", "sku": "TEE-M", "title": "T恤 M", "kind": "item", "quantity": 2, "unit_price": money("99.00"),
               "total": money("198.00"), "shipped": 0, "delivered": 0, "cancelled": 0, "returned": 0})
    );
    assert_eq!(
        view["totals"],
        json!({"items": money("198.00"), "discount": money("20.00"), "shipping": money("8.00"), "tax": money("0.00"),
               "total": money("186.00"), "cancelled": money("0.00"), "due": money("186.00"), "captured": money("0.00"), "refunded": money("0.00"), "charged_back": money("0.00"), "forfeited": money("0.00")})
    );
    assert_eq!(
        view["payments"][0],
        json!({"payment_id": "p1", "provider": "stripe", "payment_reference": format!("{ID}P01"), "provider_reference": null,
               "status": "created", "amount": money("186.00"), "captured": money("0.00"), "collected_by": "merchant"})
    );
    assert_eq!(
        view["timeline"],
        json!([{"at": "2026-11-11T00:02:00Z", "event": "order_received", "actor": "channel_tmall", "detail": "web 186.00 CNY"}])
    );
}

#[test]
fn what_was_sent_is_shown() {
    let sent = full();
    let (order, records) = received(&sent);
    let view = serde_json::to_value(OrderView::new(&order, &records).unwrap()).unwrap();
    for name in [
        "ship_by",
        "locale",
        "price_source",
        "buyer_note",
        "seller_note",
        "gift",
        "invoice",
        "metadata",
        "client",
        "discounts",
        "customer",
    ] {
        assert_eq!(view[name], sent[name], "{name}");
    }
    assert_eq!(view["shipping_address"], sent["shipping_address"]);
    assert_eq!(view["delivery"]["window"], sent["delivery"]["window"]);
    for name in ["channel_line_id", "attributes", "discounts", "taxes"] {
        assert_eq!(view["lines"][0][name], sent["lines"][0][name], "{name}");
    }
    assert_eq!(view["placed_at"], "2026-11-11T00:00:00Z");
    assert_eq!(view["payments"][0]["provider_reference"], "T-9");
    assert_eq!(view["payments"][0]["status"], "captured");
}

#[test]
fn a_location_sees_what_it_needs() {
    use oms_domain::event::ShipmentLine;
    use oms_domain::id::{LineId, LocationId, ShipmentId, Sku};
    let mut sent = example();
    sent["payment"]["provider"] = json!("cod");
    let (mut order, _) = received(&sent);
    let event = OrderEvent::ShipmentPlanned {
        shipment_id: ShipmentId::of(&order.id, 1),
        location_id: LocationId::parse("sz-1").unwrap(),
        lines: vec![ShipmentLine {
            line_id: LineId::number(1),
            channel_line_id: None,
            sku: Sku::parse("TEE-M").unwrap(),
            quantity: 2,
        }],
    };
    order.apply(&event, "2026-11-11T00:03:00Z".parse().unwrap());
    let item = serde_json::to_value(WorkItem::new(&order, &order.shipments[0])).unwrap();
    assert_eq!(item["recipient"], json!({"name": "王芳", "phone": "+8613800000000"}));
    assert_eq!(item["address"]["city"], "深圳市");
    assert_eq!(item["collect_on_delivery"], money("186.00"));
    assert_eq!(item["lines"], json!([{"line_id": "1", "sku": "TEE-M", "title": "T恤 M", "quantity": 2}]));
    assert_eq!(item["cancel_requested"], false);
}
