//! A right request for every route. A route that is new is named by the failure until it has one here.

use oms_lambda::openapi::{Route, routes};
use serde_json::{Value, json};

use super::counter::{Subject, TMALL, TMALL_HELD, TMALL_OPEN, WEB, WEB_HELD, WEB_OPEN};

/// A request before its sender is known.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The values of the path's parameters, in order.
    pub path: Vec<(&'static str, String)>,
    /// The query's parameters.
    pub query: Vec<(&'static str, String)>,
    /// The body.
    pub body: Option<Value>,
}

/// Whose order a request is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The web shop's.
    Web,
    /// The marketplace's.
    Tmall,
}

impl Whose {
    /// The order that has what this route asks for.
    pub fn subject(self, route: &Route) -> &'static Subject {
        let (web, tmall) = if route.path.contains("/holds/") {
            (&WEB_HELD, &TMALL_HELD)
        } else if route.path.contains("/payments") {
            (&WEB_OPEN, &TMALL_OPEN)
        } else {
            (&WEB, &TMALL)
        };
        match self {
            Self::Web => web,
            Self::Tmall => tmall,
        }
    }
}

/// The route's path with these values, escaped as a client does it.
pub fn address(route: &Route, ask: &Ask) -> String {
    let mut path = route.path.to_owned();
    for (name, value) in &ask.path {
        path = path.replace(&format!("{{{name}}}"), &escaped(value));
    }
    let query: Vec<String> = ask.query.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
    if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
}

pub fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// The request for a route about an order.
pub fn ask(route: &Route, subject: &Subject) -> Ask {
    let id = subject.id();
    let path = parameters(route.path)
        .map(|name| {
            let value = match name {
                "order_id" => id.clone(),
                "shipment_id" => format!("{id}-1"),
                "refund_id" => format!("{id}-r1"),
                "capture_id" => format!("{id}-c1"),
                "payment_id" => "p1".to_owned(),
                "hold_id" => "h1".to_owned(),
                "anomaly_id" => "a1".to_owned(),
                "task_id" => "stock_short-sz-1-TEE-M".to_owned(),
                "location_id" => "sz-1".to_owned(),
                "sku" => "TEE-M".to_owned(),
                "provider" => "stripe".to_owned(),
                "carrier" => "standard".to_owned(),
                other => panic!("say in {} what stands for {other}", file!()),
            };
            (name, value)
        })
        .collect();
    let mut query = Vec::new();
    if route.name == routes::LIST_ORDERS.name {
        query.push(("customer_id", subject.customer.to_owned()));
    }
    if route.name == routes::GET_LEDGER.name {
        query.push(("date", "2026-11-11".to_owned()));
    }
    if route.name == routes::LIST_SHIPMENTS.name {
        query.push(("location_id", "sz-1".to_owned()));
    }
    Ask { path, query, body: body(route, subject) }
}

/// The names in a path's braces.
fn parameters(path: &'static str) -> impl Iterator<Item = &'static str> {
    path.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name)
}

fn money(amount: &str) -> Value {
    json!({"amount": amount, "currency": "CNY"})
}

/// The body that a route takes; none where it takes none.
fn body(route: &Route, subject: &Subject) -> Option<Value> {
    let reason = || json!({"reason": "because"});
    let body = match route.name {
        "createOrder" => order(subject.channel),
        "cancelOrder" | "settleRefund" | "declineRefund" | "withdrawCapture" | "releaseHold" | "rejectHold"
        | "acknowledgeAnomaly" | "closeTrouble" | "dismissTask" => reason(),
        "requestRefund" => json!({"lines": [{"line_id": "1", "quantity": 1}], "reason": "too small"}),
        "addPayment" => json!({"provider": "stripe", "amount": money("99.00"), "provider_payment_id": "pi_other"}),
        "startPayment" => json!({"client": "web"}),
        "reportShipment" => json!({"event": "shipped", "carrier": "standard", "tracking_number": "SF1"}),
        "putLocation" => json!({
            "name": "深圳一号仓", "country": "CN", "region": "广东省", "city": "深圳市", "latitude": 22.54, "longitude": "114.06",
            "priority": 1, "kind": "warehouse", "webhook_url": "https://wms.example/hook",
        }),
        "putProduct" => json!({
            "title": "T恤 M", "price": money("99.00"), "weight_grams": 200, "volume_cm3": 900, "presale": null, "fragile": false,
        }),
        "putStock" => json!({"on_hand": 100, "safety_stock": 5}),
        "paymentCallback" => stripe_event(subject),
        "carrierCallback" => json!({
            "event_id": "scan-1", "tracking_number": "SF1", "status": "in_transit", "occurred_at": "2026-11-11T11:11:11Z",
        }),
        "listOrders" | "getOrder" | "getOrderLedger" | "getLedger" | "retryRefund" | "retryCapture"
        | "approveRefund" | "retryAllocation" | "listTasks" | "listShipments" | "getStock" | "getOpenApi" => {
            return None;
        }
        other => panic!("say in {} what {other} takes", file!()),
    };
    Some(body)
}

fn stripe_event(subject: &Subject) -> Value {
    let metadata = json!({"order_id": subject.id(), "payment_reference": format!("{}P01", subject.id())});
    json!({
        "id": "evt_1", "object": "event", "created": 1_794_395_471, "livemode": false, "type": "payment_intent.succeeded",
        "data": {"object": {
            "id": "pi_new", "object": "payment_intent", "amount": 19_800, "amount_received": 19_800, "currency": "cny",
            "status": "succeeded", "metadata": metadata,
        }},
    })
}

/// An order with everything that an order may have.
fn order(channel: &str) -> Value {
    let address = json!({
        "name": "王芳", "phone": "+8613800000000", "country": "CN", "region": "广东省", "city": "深圳市", "district": "南山区",
        "town": "粤海街道", "lines": ["科技园路1号"], "postal_code": "518000",
    });
    json!({
        "channel": channel, "channel_order_id": "N-1", "currency": "CNY", "placed_at": "2026-11-11T00:00:00Z",
        "ship_by": "2026-11-14T00:00:00Z", "locale": "zh-CN", "prices_include_tax": false, "price_source": "catalogue",
        "buyer_note": "周末送", "seller_note": "vip", "gift": {"message": "生日快乐", "hide_prices": true},
        "billing_address": address, "metadata": {"k": "v"},
        "invoice": {"type": "general", "title_kind": "company", "title": "某公司", "tax_id": "91440300", "email": "a@example.com"},
        "customer": {"id": "c-1", "name": "王芳", "email": "wang@example.com", "phone": "+8613800000000"},
        "shipping_address": address,
        "delivery": {"type": "ship", "window": {"from": "2026-11-12T00:00:00Z", "to": "2026-11-13T00:00:00Z"}},
        "lines": [{
            "sku": "TEE-M", "title": "T恤 M", "quantity": 2, "unit_price": money("99.00"), "kind": "item",
            "channel_line_id": "L-1", "attributes": {"颜色": "红"},
            "discounts": [{"code": "MEMBER", "kind": "promotion", "amount": money("2.00")}],
            "taxes": [{"code": "VAT", "rate": "0.13", "amount": money("0.00")}],
        }],
        "discounts": [{"code": "SUMMER", "kind": "coupon", "amount": money("18.00"), "funded_by": "merchant"}],
        "shipping": {"method": "standard", "fee": money("8.00")},
        "tax": money("0.00"), "payment": {"provider": "stripe"}, "total": money("186.00"),
        "client": {"ip": "203.0.113.7", "device_id": "d-9"},
    })
}
