//! Taking a promise at Adyen: received at best, and told by a webhook.

use jiff::SignedDuration;
use oms_app::ports::{CaptureAnswer, CaptureRequest, PaymentGateway};
use serde_json::{Value, json};
use wiremock::matchers::{body_json, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::adyen_support::{ACCOUNT, API_KEY, PSP, REFUND_PSP as CAPTURE_PSP, client, client_at};
use crate::support::{ORDER, REFERENCE, capture_request, money, now, with};

fn request() -> CaptureRequest {
    capture_request(PSP)
}

fn received(over: Value) -> ResponseTemplate {
    let base = json!({
        "merchantAccount": ACCOUNT, "pspReference": CAPTURE_PSP, "paymentPspReference": PSP, "status": "received",
        "reference": REFERENCE, "amount": {"currency": "CNY", "value": 10_000},
    });
    ResponseTemplate::new(201).set_body_json(with(base, over))
}

fn error(status: u16, kind: &str, code: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(json!({"errorCode": code, "errorType": kind, "message": "In words"}))
}

fn pending() -> CaptureAnswer {
    CaptureAnswer::Pending { reference: CAPTURE_PSP.to_owned() }
}

async fn answering(post: ResponseTemplate, times: u64) -> MockServer {
    let server = MockServer::start().await;
    let body = json!({
        "merchantAccount": ACCOUNT, "amount": {"value": 10_000, "currency": "CNY"}, "reference": REFERENCE,
    });
    Mock::given(method("POST"))
        .and(path(format!("/v71/payments/{PSP}/captures")))
        .and(header("x-api-key", API_KEY))
        .and(header("idempotency-key", format!("{ORDER}-c1").as_str()))
        .and(body_json(body))
        .respond_with(post)
        .expect(times)
        .mount(&server)
        .await;
    server
}

#[tokio::test]
async fn each_answer() {
    for (post, expected) in [
        (received(json!({})), pending()),
        (received(json!({"status": "another"})), CaptureAnswer::Unknown),
        (received(json!({"paymentPspReference": "X"})), CaptureAnswer::Unknown),
        (received(json!({"amount": {"currency": "CNY", "value": 1}})), CaptureAnswer::Unknown),
        (error(422, "validation", "137"), CaptureAnswer::Refused { reason: "137: In words".to_owned() }),
        (error(422, "validation", "704"), CaptureAnswer::Unknown),
        (error(401, "security", "000"), CaptureAnswer::Unknown),
        (ResponseTemplate::new(500), CaptureAnswer::Unknown),
        (ResponseTemplate::new(201).set_body_string("<html>"), CaptureAnswer::Unknown),
    ] {
        let label = format!("{post:?}");
        let server = answering(post, 1).await;
        assert_eq!(client(&server.uri()).capture(&request()).await, expected, "{label}");
    }
}

/// There is nothing to ask: what was received waits for its webhook, what was lost is sent again under its key.
#[tokio::test]
async fn it_is_asked_about_by_sending_it_again_while_the_key_is_kept() {
    let server = answering(received(json!({})), 1).await;
    let known = CaptureRequest { provider_capture_id: Some(CAPTURE_PSP.to_owned()), ..request() };
    assert_eq!(client(&server.uri()).query_capture(&request()).await, pending());
    assert_eq!(client(&server.uri()).query_capture(&known).await, pending());
    let late = client_at(&server.uri(), now() + SignedDuration::from_hours(7 * 24));
    for request in [known, request()] {
        assert_eq!(late.query_capture(&request).await, CaptureAnswer::Unknown);
    }
}

#[tokio::test]
async fn what_cannot_be_asked_is_not_sent() {
    let closed = client("http://127.0.0.1:9");
    assert_eq!(closed.capture(&request()).await, CaptureAnswer::Unknown);
    for request in [
        capture_request(""),
        capture_request("../cancels"),
        CaptureRequest { amount: money("0.00", "CNY"), ..request() },
    ] {
        assert!(matches!(closed.capture(&request).await, CaptureAnswer::Refused { .. }), "{request:?}");
        assert!(matches!(closed.query_capture(&request).await, CaptureAnswer::Refused { .. }), "{request:?}");
    }
}
