//! Promises at PayPal: taken once, under an id of ours, with a capture's id for the payment from then on; or voided.

use jiff::SignedDuration;
use oms_app::ports::{CancelAnswer, CancelRequest, CaptureAnswer, CaptureRequest, PaymentGateway};
use oms_domain::payment::PaymentFactKind;
use oms_providers::callback::Callback;
use oms_testkit::time::FixedClock;
use serde_json::{Value, json};
use std::sync::Arc;
use wiremock::matchers::{body_json, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::paypal_support::{CAPTURE, all_said, capture, client, client_with, event};
use crate::support::{ORDER, cancel_request, capture_request, money, now, only};

const AUTHORIZATION: &str = "0VF52814937998046";

fn request() -> CaptureRequest {
    capture_request(AUTHORIZATION)
}

fn at(what: &str) -> String {
    format!("/v2/payments/authorizations/{AUTHORIZATION}{what}")
}

fn taken(over: Value) -> Value {
    let base = capture(json!({"amount": {"currency_code": "CNY", "value": "100.00"}}));
    crate::support::with(base, over)
}

fn error(status: u16, name: &str, issue: &str) -> ResponseTemplate {
    let details = json!([{"issue": issue, "description": "In words."}]);
    ResponseTemplate::new(status).set_body_json(json!({"name": name, "message": "", "details": details}))
}

fn captured() -> CaptureAnswer {
    let id = || Some(CAPTURE.to_owned());
    CaptureAnswer::Captured { amount: money("100.00", "CNY"), reference: id(), payment: id() }
}

fn refused(reason: &str) -> CaptureAnswer {
    CaptureAnswer::Refused { reason: reason.to_owned() }
}

async fn server() -> MockServer {
    let server = MockServer::start().await;
    let token = ResponseTemplate::new(200).set_body_json(json!({"access_token": "A21.token", "expires_in": 32_400}));
    Mock::given(method("POST")).and(path("/v1/oauth2/token")).respond_with(token).mount(&server).await;
    server
}

async fn on(server: &MockServer, verb: &str, to: &str, answer: ResponseTemplate) {
    Mock::given(method(verb)).and(path(to)).respond_with(answer).expect(1).mount(server).await;
}

/// The request to the byte.
async fn taking(server: &MockServer, answer: ResponseTemplate) {
    let body = json!({"amount": {"value": "100.00", "currency_code": "CNY"}, "final_capture": true});
    Mock::given(method("POST"))
        .and(path(at("/capture")))
        .and(header("paypal-request-id", format!("{ORDER}-c1").as_str()))
        .and(header("authorization", "Bearer A21.token"))
        .and(body_json(body))
        .respond_with(answer)
        .expect(1)
        .mount(server)
        .await;
}

#[tokio::test]
async fn each_answer() {
    let created = |over: Value| ResponseTemplate::new(201).set_body_json(taken(over));
    for (post, expected) in [
        (created(json!({})), captured()),
        (created(json!({"status": "PENDING"})), CaptureAnswer::Pending { reference: CAPTURE.to_owned() }),
        (created(json!({"status": "DECLINED"})), refused("DECLINED")),
        (created(json!({"status": "A_NEW_ONE"})), CaptureAnswer::Unknown),
        (created(json!({"amount": null})), CaptureAnswer::Unknown),
        (error(422, "UNPROCESSABLE_ENTITY", "AUTHORIZATION_VOIDED"), refused("AUTHORIZATION_VOIDED: In words.")),
        (error(422, "UNPROCESSABLE_ENTITY", "PREVIOUS_REQUEST_IN_PROGRESS"), CaptureAnswer::Unknown),
        (error(403, "NOT_AUTHORIZED", ""), CaptureAnswer::Unknown),
        (ResponseTemplate::new(500), CaptureAnswer::Unknown),
        (ResponseTemplate::new(201).set_body_string("<html>"), CaptureAnswer::Unknown),
    ] {
        let label = format!("{post:?}");
        let server = server().await;
        taking(&server, post).await;
        assert_eq!(client(&server.uri()).capture(&request()).await, expected, "{label}");
    }
}

/// An answer that PayPal only repeats may be old.
#[tokio::test]
async fn what_is_repeated_is_looked_at() {
    let server = server().await;
    taking(&server, ResponseTemplate::new(200).set_body_json(taken(json!({"status": "PENDING"})))).await;
    let read = ResponseTemplate::new(200).set_body_json(taken(json!({})));
    on(&server, "GET", &format!("/v2/payments/captures/{CAPTURE}"), read).await;
    assert_eq!(client(&server.uri()).capture(&request()).await, captured());
}

#[tokio::test]
async fn what_became_of_it() {
    for (status, expected) in [
        ("CREATED", CaptureAnswer::NotFound),
        ("VOIDED", refused("VOIDED")),
        ("EXPIRED", refused("EXPIRED")),
        ("PENDING", CaptureAnswer::Unknown),
    ] {
        let server = server().await;
        let read = ResponseTemplate::new(200).set_body_json(json!({"id": AUTHORIZATION, "status": status}));
        on(&server, "GET", &at(""), read).await;
        assert_eq!(client(&server.uri()).query_capture(&request()).await, expected, "{status}");
    }
    // It was taken, and the same request under the same id says by which capture.
    let server = server().await;
    let read = ResponseTemplate::new(200).set_body_json(json!({"id": AUTHORIZATION, "status": "CAPTURED"}));
    on(&server, "GET", &at(""), read).await;
    taking(&server, ResponseTemplate::new(201).set_body_json(taken(json!({})))).await;
    assert_eq!(client(&server.uri()).query_capture(&request()).await, captured());
    // Whose id is known is asked about by that.
    let server = self::server().await;
    let read = ResponseTemplate::new(200).set_body_json(taken(json!({})));
    on(&server, "GET", &format!("/v2/payments/captures/{CAPTURE}"), read).await;
    let known = CaptureRequest { provider_capture_id: Some(CAPTURE.to_owned()), ..request() };
    assert_eq!(client(&server.uri()).query_capture(&known).await, captured());
}

/// PayPal gave us the capture's id: that it does not know it now says nothing about the money.
#[tokio::test]
async fn a_capture_that_is_asked_about_by_its_id() {
    let known = CaptureRequest { provider_capture_id: Some(CAPTURE.to_owned()), ..request() };
    let read = |over: Value| ResponseTemplate::new(200).set_body_json(taken(over));
    for (response, expected) in [
        (read(json!({})), captured()),
        (read(json!({"status": "PENDING"})), CaptureAnswer::Pending { reference: CAPTURE.to_owned() }),
        (read(json!({"status": "DECLINED"})), refused("DECLINED")),
        (read(json!({"id": "12311647XV020574X"})), CaptureAnswer::Unknown),
        (error(404, "RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID"), CaptureAnswer::Unknown),
        (error(400, "INVALID_REQUEST", "INVALID_PARAMETER_VALUE"), CaptureAnswer::Unknown),
        (error(422, "UNPROCESSABLE_ENTITY", "ANY_ISSUE"), CaptureAnswer::Unknown),
        (ResponseTemplate::new(500), CaptureAnswer::Unknown),
    ] {
        let label = format!("{response:?}");
        let server = server().await;
        on(&server, "GET", &format!("/v2/payments/captures/{CAPTURE}"), response).await;
        assert_eq!(client(&server.uri()).query_capture(&known).await, expected, "{label}");
    }
}

#[tokio::test]
async fn what_cannot_be_asked_is_not_sent() {
    let server = MockServer::start().await;
    let here = client(&server.uri());
    for request in [
        capture_request(""),
        capture_request("../captures"),
        CaptureRequest { amount: money("0.00", "CNY"), ..request() },
    ] {
        assert!(matches!(here.capture(&request).await, CaptureAnswer::Refused { .. }), "{request:?}");
    }
    let odd = CaptureRequest { provider_capture_id: Some("../refunds/1".to_owned()), ..request() };
    assert_eq!(here.query_capture(&odd).await, CaptureAnswer::Unknown);
    // PayPal has forgotten our id by then: sending it again might take the money again.
    let late = client_with(&server.uri(), Arc::new(FixedClock(now() + SignedDuration::from_hours(41 * 24))));
    assert_eq!(late.capture(&request()).await, CaptureAnswer::Unknown);
    assert!(server.received_requests().await.unwrap().is_empty());
    assert_eq!(client("http://127.0.0.1:9").capture(&request()).await, CaptureAnswer::Unknown);
}

#[tokio::test]
async fn a_promise_is_voided() {
    for (post, expected) in [
        (ResponseTemplate::new(204), CancelAnswer::Cancelled),
        (error(422, "UNPROCESSABLE_ENTITY", "PREVIOUSLY_VOIDED"), CancelAnswer::Cancelled),
        (
            error(422, "UNPROCESSABLE_ENTITY", "PREVIOUSLY_CAPTURED"),
            CancelAnswer::Refused { reason: "PREVIOUSLY_CAPTURED: In words.".to_owned() },
        ),
        (ResponseTemplate::new(500), CancelAnswer::Unknown),
    ] {
        let label = format!("{post:?}");
        let server = server().await;
        on(&server, "POST", &at("/void"), post).await;
        let request = CancelRequest { is_promised: true, ..cancel_request(Some(AUTHORIZATION)) };
        assert_eq!(client(&server.uri()).cancel_payment(&request).await, expected, "{label}");
    }
}

#[test]
fn what_is_told_of_promises() {
    let authorized = || PaymentFactKind::Authorized { amount: money("186.00", "CNY"), expires_at: None };
    for (kind, status, expected) in [
        ("PAYMENT.AUTHORIZATION.CREATED", "CREATED", authorized()),
        ("PAYMENT.AUTHORIZATION.CREATED", "PENDING", PaymentFactKind::Pending),
        ("PAYMENT.AUTHORIZATION.VOIDED", "VOIDED", PaymentFactKind::Cancelled),
    ] {
        let told = event(kind, capture(json!({"id": AUTHORIZATION, "status": status})));
        let Callback::Fact { order_id, fact } = only(all_said(&told).unwrap()) else { panic!("{kind}") };
        assert_eq!((order_id, fact.kind), (Some(crate::support::order()), expected), "{kind} {status}");
        assert_eq!(fact.provider_payment_id, AUTHORIZATION);
    }
}

/// PayPal says until when an authorization is good. What cannot be read there spoils nothing.
#[test]
fn until_when_a_promise_is_good() {
    for (value, expected) in [
        (json!("2026-12-10T11:11:11Z"), Some("2026-12-10T11:11:11Z".parse().unwrap())),
        (json!("2026-12-10T03:11:11-08:00"), Some("2026-12-10T11:11:11Z".parse().unwrap())),
        (json!("soon"), None),
        (json!(""), None),
        (json!(null), None),
        (json!(1_763_400_000), None),
        (json!({"at": "2026-12-10T11:11:11Z"}), None),
        (json!("99999-12-10T11:11:11Z"), None),
    ] {
        let over = json!({"id": AUTHORIZATION, "status": "CREATED", "expiration_time": value});
        let told = event("PAYMENT.AUTHORIZATION.CREATED", capture(over));
        let Callback::Fact { fact, .. } = only(all_said(&told).unwrap()) else { panic!("{value}") };
        let expected = PaymentFactKind::Authorized { amount: money("186.00", "CNY"), expires_at: expected };
        assert_eq!(fact.kind, expected, "{value}");
    }
}
