//! Calling a payment off at Stripe.

use oms_app::ports::{CancelAnswer, PaymentGateway};
use serde_json::{Value, json};
use wiremock::matchers::{header, header_exists, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{cancel_request, intent, money, stripe_client};

const CANCEL: &str = "/v1/payment_intents/pi_1/cancel";
const READ: &str = "/v1/payment_intents/pi_1";

fn answer(status: u16, body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(body)
}

fn error(code: &str) -> Value {
    json!({"error": {"type": "invalid_request_error", "code": code, "message": "You cannot cancel this."}})
}

fn standing(status: &str) -> ResponseTemplate {
    answer(200, &intent(json!({"status": status, "amount_received": 18_600})))
}

fn refused(reason: &str) -> CancelAnswer {
    CancelAnswer::Refused { reason: reason.to_owned() }
}

/// The answer when cancelling answers `first` (and `second`, when it is tried without the key) and reading `read`.
async fn check(
    first: ResponseTemplate,
    read: Option<ResponseTemplate>,
    second: Option<ResponseTemplate>,
) -> CancelAnswer {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path(CANCEL))
        .and(header("idempotency-key", "cancel-pi_1"))
        .and(header_exists("authorization"))
        .respond_with(first)
        .expect(1)
        .with_priority(1)
        .mount(&server)
        .await;
    if let Some(read) = read {
        Mock::given(method("GET")).and(path(READ)).respond_with(read).expect(1..).mount(&server).await;
    }
    if let Some(second) = second {
        Mock::given(method("POST")).and(path(CANCEL)).respond_with(second).expect(1).mount(&server).await;
    }
    stripe_client(&server.uri(), 2_000).cancel_payment(&cancel_request(Some("pi_1"))).await
}

#[tokio::test]
async fn the_plain_answers() {
    for (first, expected) in [
        (standing("canceled"), CancelAnswer::Cancelled),
        (answer(404, &error("resource_missing")), refused("resource_missing: You cannot cancel this.")),
        (answer(409, &error("lock_timeout")), CancelAnswer::Unknown),
        (answer(429, &error("rate_limit")), CancelAnswer::Unknown),
        (answer(401, &error("")), CancelAnswer::Unknown),
        (ResponseTemplate::new(500), CancelAnswer::Unknown),
        (ResponseTemplate::new(200).set_body_string("<html>"), CancelAnswer::Unknown),
        (ResponseTemplate::new(400).set_body_string("<html>"), CancelAnswer::Unknown),
    ] {
        let label = format!("{first:?}");
        assert_eq!(check(first, None, None).await, expected, "{label}");
    }
}

#[tokio::test]
async fn too_late_is_read_from_the_payment_itself() {
    let too_late = || answer(400, &error("payment_intent_unexpected_state"));
    let without_amount = answer(200, &intent(json!({"status": "succeeded", "amount_received": null})));
    for (read, expected) in [
        (standing("succeeded"), CancelAnswer::Captured(money("186.00", "CNY"))),
        (standing("canceled"), CancelAnswer::Cancelled),
        (standing("processing"), refused("processing")),
        (without_amount, CancelAnswer::Unknown),
        (ResponseTemplate::new(500), CancelAnswer::Unknown),
        (ResponseTemplate::new(200).set_body_string("<html>"), CancelAnswer::Unknown),
    ] {
        let label = format!("{read:?}");
        assert_eq!(check(too_late(), Some(read), None).await, expected, "{label}");
    }
}

/// Success is not the word: only "canceled" is.
#[tokio::test]
async fn an_answer_of_another_status_is_looked_at() {
    for (read, expected) in [
        (standing("processing"), refused("processing")),
        (standing("succeeded"), CancelAnswer::Captured(money("186.00", "CNY"))),
    ] {
        assert_eq!(check(standing("processing"), Some(read), None).await, expected);
    }
}

#[tokio::test]
async fn an_old_refusal_of_a_payment_that_is_open_by_now_is_tried_once_more() {
    let old = || answer(400, &error("payment_intent_unexpected_state")).insert_header("idempotent-replayed", "true");
    let open = || Some(standing("requires_payment_method"));
    assert_eq!(check(old(), open(), Some(standing("canceled"))).await, CancelAnswer::Cancelled);
    assert_eq!(check(old(), open(), Some(ResponseTemplate::new(500))).await, CancelAnswer::Unknown);
    let again = answer(400, &error("payment_intent_unexpected_state"));
    assert_eq!(check(old(), open(), Some(again)).await, CancelAnswer::Unknown, "it changes faster than we look");
    let old_failure = ResponseTemplate::new(500).insert_header("idempotent-replayed", "true");
    assert_eq!(check(old_failure, open(), Some(standing("canceled"))).await, CancelAnswer::Cancelled);
}

#[tokio::test]
async fn a_lost_answer_is_unknown_and_a_strange_id_is_not_sent() {
    let closed = stripe_client("http://127.0.0.1:9", 500);
    assert_eq!(closed.cancel_payment(&cancel_request(Some("pi_1"))).await, CancelAnswer::Unknown);
    for id in ["", "..", "pi_1/../pi_2"] {
        assert!(
            matches!(closed.cancel_payment(&cancel_request(Some(id))).await, CancelAnswer::Refused { .. }),
            "{id:?}"
        );
    }
    assert!(matches!(closed.cancel_payment(&cancel_request(None)).await, CancelAnswer::Refused { .. }));
}
