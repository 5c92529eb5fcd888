//! Which doors are open to whom: every route, every credential.

use std::collections::BTreeSet;

use oms_lambda::auth::Role;
use oms_lambda::openapi::routes::ROUTES;
use serde_json::{Value, json};

use crate::stack::shared::{Local, beside_others};
use crate::world::{Answer, Basket, Product, World, yuan};

/// One credential of each kind.
const EVERYBODY: [&str; 6] = ["storefront", "channel_tmall", "support", "finance", "warehouse", "manager"];

/// A request that is in order but for who sends it. What it is about does not exist.
struct Door {
    method: &'static str,
    path: &'static str,
    body: fn(&World, &str) -> Value,
    open_to: &'static [&'static str],
}

/// The contract's column "who". A manager may whatever any of the staff may.
const DOORS: [Door; 28] = [
    door("POST", "/v1/orders", order, &["storefront", "channel_tmall"]),
    door(
        "GET",
        "/v1/orders?customer_id=nobody",
        nothing,
        &["storefront", "channel_tmall", "support", "finance", "manager"],
    ),
    door("GET", "/v1/orders/ORDER", nothing, &["storefront", "channel_tmall", "support", "finance", "manager"]),
    door("POST", "/v1/orders/ORDER/cancellation", reason, &["storefront", "channel_tmall", "support", "manager"]),
    door("POST", "/v1/orders/ORDER/refunds", refund, &["finance", "manager"]),
    door("POST", "/v1/orders/ORDER/refunds/ORDER-r1/retry", nothing, &["finance", "manager"]),
    door("POST", "/v1/orders/ORDER/refunds/ORDER-r1/settle", reason, &["finance", "manager"]),
    door("POST", "/v1/orders/ORDER/refunds/ORDER-r1/approval", nothing, &["finance", "manager"]),
    door("POST", "/v1/orders/ORDER/refunds/ORDER-r1/decline", reason, &["finance", "manager"]),
    door("POST", "/v1/orders/ORDER/captures/ORDER-c1/retry", nothing, &["finance", "manager"]),
    door("POST", "/v1/orders/ORDER/captures/ORDER-c1/withdraw", reason, &["finance", "manager"]),
    door("POST", "/v1/orders/ORDER/payments", payment, &["storefront", "channel_tmall"]),
    door("POST", "/v1/orders/ORDER/payments/p1/start", client, &["storefront", "channel_tmall"]),
    door("POST", "/v1/orders/ORDER/holds/h1/release", reason, &["support", "manager"]),
    door("POST", "/v1/orders/ORDER/holds/h1/reject", reason, &["support", "manager"]),
    door("POST", "/v1/orders/ORDER/allocation/retry", nothing, &["support", "manager"]),
    door("POST", "/v1/orders/ORDER/anomalies/a1/acknowledge", reason, &["support", "finance", "manager"]),
    door("POST", "/v1/orders/ORDER/shipments/ORDER-1/close", reason, &["support", "warehouse", "manager"]),
    door("GET", "/v1/orders/ORDER/ledger", nothing, &["finance", "manager"]),
    door("GET", "/v1/ledger?date=2026-11-11", nothing, &["finance", "manager"]),
    door("GET", "/v1/tasks", nothing, &["support", "finance", "warehouse", "manager"]),
    door("POST", "/v1/tasks/unmatched_payment-nothing/dismiss", reason, &["finance", "manager"]),
    door("POST", "/v1/tasks/stock_short-nothing/dismiss", reason, &["warehouse", "manager"]),
    door("POST", "/v1/shipments/ORDER-1/events", accepted, &["warehouse", "manager"]),
    door("GET", "/v1/shipments?location_id=sz-1", nothing, &["warehouse", "support", "manager"]),
    door("PUT", "/v1/locations/a-place-without-goods", location, &["manager"]),
    door("PUT", "/v1/products/A-THING-WITHOUT-STOCK", product, &["manager"]),
    door("PUT", "/v1/stock/no-such-place/A-THING-WITHOUT-STOCK", count, &["warehouse", "manager"]),
];
/// Beside those above: one that has the same path as another but for its parameters.
const LEVELS: Door = door("GET", "/v1/stock/NO-SUCH-SKU", nothing, &["warehouse", "support", "manager"]);

const fn door(
    method: &'static str,
    path: &'static str,
    body: fn(&World, &str) -> Value,
    open_to: &'static [&'static str],
) -> Door {
    Door { method, path, body, open_to }
}

fn nothing(_: &World, _: &str) -> Value {
    Value::Null
}

fn client(_: &World, _: &str) -> Value {
    json!({ "client": "web" })
}

fn order(w: &World, who: &str) -> Value {
    let basket = Basket::of(&[(&Product { sku: "NO-SUCH-SKU".to_owned(), cents: 100 }, 1)]);
    let basket = if who == "channel_tmall" { basket.tmall() } else { basket };
    let mut body = basket.body(&w.number("T"));
    body["payment"] = json!({ "provider": "cod" });
    body
}

fn reason(_: &World, _: &str) -> Value {
    json!({ "reason": "who may?" })
}

fn refund(_: &World, _: &str) -> Value {
    json!({ "amount": yuan(100), "reason": "who may?" })
}

fn payment(_: &World, _: &str) -> Value {
    json!({ "provider": "stripe", "amount": yuan(100), "provider_payment_id": "pi_nobody" })
}

fn accepted(_: &World, _: &str) -> Value {
    json!({ "event": "accepted" })
}

fn location(_: &World, _: &str) -> Value {
    json!({ "name": "nowhere", "country": "AQ", "priority": 999_999, "kind": "store" })
}

fn product(_: &World, _: &str) -> Value {
    json!({ "title": "nothing", "price": yuan(100) })
}

fn count(_: &World, _: &str) -> Value {
    json!({ "on_hand": 1, "safety_stock": 0 })
}

/// The path with the id of an order that was never issued.
fn path(door: &Door) -> String {
    door.path.replace("ORDER", "0123456789abcdefghjkmnpqrs")
}

async fn knock(w: &Local, door: &Door, request: reqwest::RequestBuilder, who: &str) -> Answer {
    let body = (door.body)(w, who);
    let request = if body.is_null() { request } else { request.json(&body) };
    let request = if door.method == "POST" { request.header("idempotency-key", w.number("key")) } else { request };
    Answer::to(request).await
}

#[test]
fn every_door_is_open_to_those_of_the_contract_and_to_nobody_else() {
    beside_others(async |w| {
        for door in DOORS.iter().chain([&LEVELS]) {
            let path = path(door);
            for who in EVERYBODY {
                let answer = knock(w, door, w.request_by(who, door.method, &path), who).await;
                if door.open_to.contains(&who) {
                    let let_in = [200, 202, 404].contains(&answer.status);
                    assert!(let_in, "{} {path} by {who}: {} {}", door.method, answer.status, answer.body);
                } else {
                    assert_eq!(answer.status, 403, "{} {path} by {who}: {}", door.method, answer.body);
                    answer.expect_problem(403, "forbidden");
                }
            }
            let nobody = knock(w, door, w.request(door.method, &path), "storefront").await;
            nobody.expect_problem(401, "unauthenticated");
            let stranger = w.request(door.method, &path).bearer_auth("a-token-of-nobody-here");
            knock(w, door, stranger, "storefront").await.expect_problem(401, "unauthenticated");
        }
    });
}

#[test]
fn every_route_has_its_door_here_and_says_the_same_of_itself() {
    let mut missing = Vec::new();
    for route in ROUTES.iter().filter(|route| !route.roles.is_empty()) {
        let door = DOORS.iter().chain([&LEVELS]).find(|door| leads_to(door, route.method.name(), route.path));
        let Some(door) = door else {
            missing.push(route.path);
            continue;
        };
        let named = |role: &Role| if *role == Role::Channel { "channel_tmall" } else { role.name() };
        let mut told: BTreeSet<&str> = route.roles.iter().map(named).collect();
        if route.roles.iter().any(|role| role.desk().is_some()) {
            told.insert("manager");
        }
        // A task is dismissed by whose desk it is on: its doors are narrower than the route.
        let open: BTreeSet<&str> = door.open_to.iter().copied().collect();
        if route.path.contains("{task_id}") {
            assert!(open.is_subset(&told), "{}: {open:?} and {told:?}", route.path);
        } else {
            assert_eq!(open, told, "{}", route.path);
        }
    }
    assert!(missing.is_empty(), "no door for {missing:?}");
}

fn leads_to(door: &Door, method: &str, pattern: &str) -> bool {
    let path = door.path.split('?').next().unwrap();
    let mut parts = path.split('/').zip(pattern.split('/'));
    door.method == method
        && path.split('/').count() == pattern.split('/').count()
        && parts.all(|(part, wanted)| part == wanted || wanted.starts_with('{'))
}

#[test]
fn what_needs_no_credential() {
    beside_others(async |w| {
        let document = Answer::to(w.request("GET", "/v1/openapi.json")).await.expect(200);
        assert!(document["openapi"].as_str().unwrap().starts_with("3.1"), "{}", document["openapi"]);
        // What is not there says so as everything else does, to anybody.
        for path in ["/v1/nothing-of-the-kind", "/v1/orders/0123456789abcdefghjkmnpqrs/nothing"] {
            let unknown = Answer::to(w.request("GET", path)).await.expect_problem(404, "not-found");
            assert_eq!(unknown["instance"], path);
        }
        // Its own router answers for the paths that it has, and for those of other functions it only knows that it has none.
        for (method, path, status, kind) in [
            ("DELETE", "/v1/orders", 405, "method-not-allowed"),
            ("POST", "/v1/openapi.json", 405, "method-not-allowed"),
            ("DELETE", "/v1/products/NO-SUCH-SKU", 404, "not-found"),
            ("GET", "/v1/payments/stripe/callbacks", 404, "not-found"),
        ] {
            Answer::to(w.request(method, path)).await.expect_problem(status, kind);
        }
    });
}
