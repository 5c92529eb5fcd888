//! Taking a promise at Stripe: the request to the byte, each answer, a lost answer, the same key at every attempt.

use oms_app::ports::{CaptureAnswer, CaptureRequest, PaymentGateway};
use serde_json::{Value, json};
use wiremock::matchers::{body_string, header, header_exists, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{API_KEY, ORDER, capture_request, intent, money, stripe_client};

const CAPTURE: &str = "/v1/payment_intents/pi_1/capture";
const READ: &str = "/v1/payment_intents/pi_1";

fn answer(status: u16, body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(body)
}

fn error(kind: &str, code: &str) -> Value {
    json!({"error": {"type": kind, "code": code, "message": "In words."}})
}

fn standing(status: &str) -> ResponseTemplate {
    answer(200, &intent(json!({"status": status, "amount_received": 10_000})))
}

fn captured(amount: &str) -> CaptureAnswer {
    CaptureAnswer::Captured { amount: money(amount, "CNY"), reference: None, payment: None }
}

fn refused(reason: &str) -> CaptureAnswer {
    CaptureAnswer::Refused { reason: reason.to_owned() }
}

/// The answer when capturing answers `first` (and `second`, when it is tried without the key) and reading `read`.
async fn check(
    first: ResponseTemplate,
    read: Option<ResponseTemplate>,
    second: Option<ResponseTemplate>,
) -> CaptureAnswer {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path(CAPTURE))
        .and(header("idempotency-key", format!("{ORDER}-c1").as_str()))
        .and(header("authorization", format!("Bearer {API_KEY}").as_str()))
        .and(header_exists("stripe-version"))
        .and(body_string("amount_to_capture=10000"))
        .respond_with(first)
        .expect(1)
        .with_priority(1)
        .mount(&server)
        .await;
    if let Some(read) = read {
        Mock::given(method("GET")).and(path(READ)).respond_with(read).expect(1..).mount(&server).await;
    }
    if let Some(second) = second {
        Mock::given(method("POST"))
            .and(path(CAPTURE))
            .and(body_string("amount_to_capture=10000"))
            .respond_with(second)
            .expect(1)
            .mount(&server)
            .await;
    }
    stripe_client(&server.uri(), 2_000).capture(&capture_request("pi_1")).await
}

#[tokio::test]
async fn the_plain_answers() {
    for (first, expected) in [
        (standing("succeeded"), captured("100.00")),
        (answer(200, &intent(json!({"status": "succeeded", "amount_received": null}))), CaptureAnswer::Unknown),
        (answer(409, &error("invalid_request_error", "lock_timeout")), CaptureAnswer::Unknown),
        (answer(429, &error("invalid_request_error", "rate_limit")), CaptureAnswer::Unknown),
        (answer(401, &error("invalid_request_error", "")), CaptureAnswer::Unknown),
        (answer(400, &error("idempotency_error", "")), CaptureAnswer::Unknown),
        (ResponseTemplate::new(500), CaptureAnswer::Unknown),
        (ResponseTemplate::new(200).set_body_string("<html>"), CaptureAnswer::Unknown),
        (ResponseTemplate::new(400).set_body_string("<html>"), CaptureAnswer::Unknown),
    ] {
        let label = format!("{first:?}");
        assert_eq!(check(first, None, None).await, expected, "{label}");
    }
}

/// A refusal may be about an earlier request: what is said is what the payment shows.
#[tokio::test]
async fn a_refusal_is_held_against_the_payment_itself() {
    for (code, read, expected) in [
        ("payment_intent_unexpected_state", standing("succeeded"), captured("100.00")),
        ("payment_intent_unexpected_state", standing("canceled"), refused("canceled")),
        ("payment_intent_unexpected_state", standing("requires_payment_method"), refused("requires_payment_method")),
        ("amount_too_large", standing("requires_capture"), refused("amount_too_large: In words.")),
        ("card_declined", standing("processing"), CaptureAnswer::Pending { reference: "pi_1".to_owned() }),
        ("card_declined", standing("a_new_one"), CaptureAnswer::Unknown),
        ("card_declined", ResponseTemplate::new(500), CaptureAnswer::Unknown),
    ] {
        let label = format!("{code} {read:?}");
        let first = answer(400, &error("invalid_request_error", code));
        assert_eq!(check(first, Some(read), None).await, expected, "{label}");
    }
    // Accepted, and not in so many words taken.
    assert_eq!(check(standing("requires_capture"), Some(standing("succeeded")), None).await, captured("100.00"));
}

/// Stripe repeats a first refusal for a day. A payment is captured once, so that it may be tried without the key.
#[tokio::test]
async fn what_is_only_repeated_is_tried_once_more() {
    let old = || {
        let refusal = answer(402, &error("card_error", "card_declined"));
        refusal.insert_header("idempotent-replayed", "true")
    };
    let open = || Some(standing("requires_capture"));
    assert_eq!(check(old(), open(), Some(standing("succeeded"))).await, captured("100.00"));
    assert_eq!(check(old(), open(), Some(ResponseTemplate::new(500))).await, CaptureAnswer::Unknown);
    let again = answer(402, &error("card_error", "expired_card"));
    assert_eq!(check(old(), open(), Some(again)).await, refused("expired_card: In words."));
    // An old success is not believed without a look.
    let replayed = standing("succeeded").insert_header("idempotent-replayed", "true");
    assert_eq!(check(replayed, Some(standing("succeeded")), None).await, captured("100.00"));
}

#[tokio::test]
async fn what_became_of_it_is_read_from_the_payment() {
    for (read, expected) in [
        (standing("requires_capture"), CaptureAnswer::NotFound),
        (standing("succeeded"), captured("100.00")),
        (standing("canceled"), refused("canceled")),
        (ResponseTemplate::new(404), CaptureAnswer::Unknown),
        (ResponseTemplate::new(500), CaptureAnswer::Unknown),
    ] {
        let label = format!("{read:?}");
        let server = MockServer::start().await;
        Mock::given(method("GET")).and(path(READ)).respond_with(read).expect(1).mount(&server).await;
        let client = stripe_client(&server.uri(), 2_000);
        assert_eq!(client.query_capture(&capture_request("pi_1")).await, expected, "{label}");
    }
}

#[tokio::test]
async fn a_lost_answer_is_unknown_and_what_cannot_be_asked_is_not_sent() {
    let closed = stripe_client("http://127.0.0.1:9", 500);
    assert_eq!(closed.capture(&capture_request("pi_1")).await, CaptureAnswer::Unknown);
    assert_eq!(closed.query_capture(&capture_request("pi_1")).await, CaptureAnswer::Unknown);
    let odd = [
        capture_request(""),
        capture_request("pi_1/../pi_2"),
        CaptureRequest { amount: money("0.00", "CNY"), ..capture_request("pi_1") },
    ];
    for request in odd {
        assert!(matches!(closed.capture(&request).await, CaptureAnswer::Refused { .. }), "{request:?}");
    }
}
