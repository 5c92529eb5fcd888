//! Every refusal of `POST /v1/orders`, with the field that it names. Nothing refused leaves an order behind.

use serde_json::{Value, json};

use crate::stack::shared::beside_others;
use crate::world::{Answer, Basket, Product, yuan};

fn body(number: &str) -> Value {
    Basket::of(&[(&Product { sku: "TEE-M".to_owned(), cents: 9900 }, 2)]).body(number)
}

/// Something wrong with a good body, and the field that must be named.
type Slip = (&'static str, fn(&mut Value));

const SLIPS: [Slip; 18] = [
    ("total", |b| b["total"] = yuan(20_601)),
    ("coupon", |b| b["coupon"] = json!("SUMMER")),
    ("lines[0].colour", |b| b["lines"][0]["colour"] = json!("red")),
    ("shipping_address.street", |b| b["shipping_address"]["street"] = json!("x")),
    ("channel", |b| drop(b.as_object_mut().unwrap().remove("channel"))),
    ("lines", |b| b["lines"] = json!([])),
    ("lines[0].quantity", |b| b["lines"][0]["quantity"] = json!(0)),
    ("lines[0].quantity", |b| b["lines"][0]["quantity"] = json!(-1)),
    ("lines[0].quantity", |b| b["lines"][0]["quantity"] = json!("2")),
    ("lines[0].unit_price", |b| b["lines"][0]["unit_price"]["amount"] = json!("99.001")),
    ("lines[0].unit_price", |b| b["lines"][0]["unit_price"]["currency"] = json!("USD")),
    ("lines[0].unit_price.amount", |b| b["lines"][0]["unit_price"]["amount"] = json!(99.0)),
    ("shipping.fee", |b| b["shipping"]["fee"] = json!({ "amount": "-8.00", "currency": "CNY" })),
    ("payment", |b| drop(b.as_object_mut().unwrap().remove("payment"))),
    ("payment.provider", |b| b["payment"]["provider"] = json!("barter")),
    ("shipping_address", |b| drop(b.as_object_mut().unwrap().remove("shipping_address"))),
    ("currency", |b| b["currency"] = json!("XXY")),
    ("placed_at", |b| b["placed_at"] = json!("yesterday")),
];

#[test]
fn a_broken_rule_is_400_and_names_the_field() {
    beside_others(async |w| {
        for (field, spoil) in SLIPS {
            let mut body = body(&w.number("T"));
            spoil(&mut body);
            let problem = w.post("storefront", "/v1/orders", &body).await.expect_problem(400, "invalid-field");
            let named = problem["field"].as_str().unwrap_or_default();
            assert!(named.starts_with(field), "{field} and not {named}: {problem}");
            assert!(problem["detail"].as_str().unwrap().contains(named), "{problem}");
        }
    });
}

#[test]
fn what_is_not_json_is_400() {
    beside_others(async |w| {
        for text in ["", "{", "not json", "[]", "{\"channel\":\"web\",\"channel\":\"app\"}"] {
            let request = w.request_by("storefront", "POST", "/v1/orders").header("idempotency-key", w.number("key"));
            let answer = Answer::to(request.body(text)).await;
            assert_eq!(answer.status, 400, "{text}: {}", answer.body);
            assert!(["malformed-body", "invalid-field"].contains(&answer.problem()), "{text}: {}", answer.body);
        }
    });
}

#[test]
fn without_a_key_it_is_400() {
    beside_others(async |w| {
        let request = w.request_by("storefront", "POST", "/v1/orders").json(&body(&w.number("T")));
        let problem = Answer::to(request).await.expect_problem(400, "idempotency-key-required");
        assert_eq!(problem["field"], "Idempotency-Key");
        for key in [String::new(), "two words".to_owned(), "k".repeat(256)] {
            let request = w.request_by("storefront", "POST", "/v1/orders").header("idempotency-key", &key);
            let answer = Answer::to(request.json(&body(&w.number("T")))).await;
            answer.expect_problem(400, "idempotency-key-required");
        }
    });
}

#[test]
fn strangers_are_401_and_other_channels_403() {
    beside_others(async |w| {
        let send = async |request: reqwest::RequestBuilder, body: &Value| {
            Answer::to(request.header("idempotency-key", w.number("key")).json(body)).await
        };
        let good = body(&w.number("T"));
        let nobody = send(w.request("POST", "/v1/orders"), &good).await;
        assert!(nobody.header("www-authenticate").starts_with("Bearer"), "{nobody:?}");
        nobody.expect_problem(401, "unauthenticated");
        for token in ["", "wrong-token-wrong-token", "Bearer"] {
            send(w.request("POST", "/v1/orders").bearer_auth(token), &good)
                .await
                .expect_problem(401, "unauthenticated");
        }
        let basic = w.request("POST", "/v1/orders").basic_auth("storefront", w.stack.token("storefront").ok());
        send(basic, &good).await.expect_problem(401, "unauthenticated");

        let problem = w.post("channel_tmall", "/v1/orders", &good).await.expect_problem(403, "forbidden");
        assert_eq!(problem["field"], "channel");
        let mut foreign = good.clone();
        foreign["channel"] = json!("tmall");
        w.post("storefront", "/v1/orders", &foreign).await.expect_problem(403, "forbidden");
        for staff in ["support", "finance", "warehouse", "manager"] {
            w.post(staff, "/v1/orders", &good).await.expect_problem(403, "forbidden");
        }
    });
}

#[test]
fn a_body_over_256_kilobytes_is_413() {
    beside_others(async |w| {
        let mut large = body(&w.number("T"));
        large["buyer_note"] = json!("x".repeat(256 * 1024));
        w.post("storefront", "/v1/orders", &large).await.expect_problem(413, "body-too-large");
        let mut fits = body(&w.number("T"));
        fits["buyer_note"] = json!("好".repeat(1000));
        w.post("storefront", "/v1/orders", &fits).await.expect(202);
    });
}

#[test]
fn what_is_refused_leaves_nothing_behind() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let (number, key) = (w.number("T"), w.number("key"));
        let good = Basket::of(&[(&tee, 1)]).body(&number);
        let mut bad = good.clone();
        bad["total"] = yuan(1);
        w.post_as("storefront", "/v1/orders", &bad, &key).await.expect_problem(400, "invalid-field");
        // The same key and number serve for the corrected order.
        let taken = w.post_as("storefront", "/v1/orders", &good, &key).await.expect(202);
        w.until_status(taken["order_id"].as_str().unwrap(), "awaiting_payment").await;
    });
}
