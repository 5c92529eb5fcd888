//! PayPal's API: the requests to the byte, what each answer means, access tokens, and when a refund may be sent again.

use std::sync::Arc;

use jiff::SignedDuration;
use oms_app::ports::{CancelAnswer, PaymentGateway, RefundAnswer, RefundRequest};
use oms_domain::body::Provider;
use oms_testkit::time::{FixedClock, ManualClock};
use serde_json::{Value, json};
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::paypal_support::{
    CAPTURE, CLIENT_ID, CLIENT_SECRET, REFUND_ID, capture, client, client_with, refund, refund_of,
};
use crate::support::{REFUND, cancel_request, money, now};

const TOKEN: &str = "/v1/oauth2/token";

fn refunds() -> String {
    format!("/v2/payments/captures/{CAPTURE}/refund")
}

fn succeeded() -> RefundAnswer {
    RefundAnswer::Succeeded { reference: REFUND_ID.to_owned() }
}

fn pending() -> RefundAnswer {
    RefundAnswer::Pending { reference: REFUND_ID.to_owned() }
}

fn refused(reason: &str) -> RefundAnswer {
    RefundAnswer::Refused { reason: reason.to_owned() }
}

fn answer(status: u16, body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(body)
}

fn error(status: u16, name: &str, issue: &str) -> ResponseTemplate {
    let details = json!([{"issue": issue, "description": "In words."}]);
    answer(status, &json!({"name": name, "message": "A message.", "debug_id": "b1d1f06c7246c", "details": details}))
}

fn token(text: &str) -> ResponseTemplate {
    let body = json!({"scope": "https://uri.paypal.com/services/payments/refund", "access_token": text,
        "token_type": "Bearer", "app_id": "APP-80W284485P519543T", "expires_in": 32_400, "nonce": "n"});
    answer(200, &body)
}

/// A stand-in that gives tokens.
async fn with_tokens() -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST")).and(path(TOKEN)).respond_with(token("A21-token")).mount(&server).await;
    server
}

async fn answering(verb: &str, to: &str, answer: ResponseTemplate, calls: u64) -> MockServer {
    let server = with_tokens().await;
    Mock::given(method(verb)).and(path(to)).respond_with(answer).expect(calls).mount(&server).await;
    server
}

async fn paths(server: &MockServer) -> Vec<String> {
    let requests: Vec<Request> = server.received_requests().await.unwrap();
    requests.iter().map(|request| format!("{} {}", request.method, request.url.path())).collect()
}

#[tokio::test]
async fn the_requests_to_the_byte() {
    let server = answering("POST", &refunds(), answer(201, &refund(json!({}))), 2).await;
    let client = client(&server.uri());
    assert_eq!(client.provider(), Provider::Paypal);
    for _ in 0..2 {
        assert_eq!(client.refund(&refund_of()).await, succeeded());
    }
    let requests = server.received_requests().await.unwrap();
    let [first, second, third] = requests.as_slice() else { panic!("one token, two refunds: {requests:?}") };
    assert_eq!(first.url.path(), TOKEN);
    assert_eq!(first.body, b"grant_type=client_credentials");
    assert_eq!(first.headers["content-type"], "application/x-www-form-urlencoded");
    let basic = data_encoding::BASE64.encode(format!("{CLIENT_ID}:{CLIENT_SECRET}").as_bytes());
    assert_eq!(first.headers["authorization"], format!("Basic {basic}"));
    for request in [second, third] {
        assert_eq!(
            String::from_utf8(request.body.clone()).unwrap(),
            format!(
                r#"{{"amount":{{"value":"20.00","currency_code":"CNY"}},"custom_id":"{REFUND}","invoice_id":"{REFUND}"}}"#
            ),
        );
        assert_eq!(request.headers["paypal-request-id"], REFUND, "the same id at every attempt");
        assert_eq!(request.headers["prefer"], "return=representation");
        assert_eq!(request.headers["authorization"], "Bearer A21-token");
        assert_eq!(request.headers["content-type"], "application/json");
    }
}

#[tokio::test]
async fn what_the_answers_to_a_refund_mean() {
    let stands = |over: Value| answer(201, &refund(over));
    for (post, expected) in [
        (stands(json!({})), succeeded()),
        (stands(json!({"status": "PENDING", "status_details": {"reason": "ECHECK"}})), pending()),
        (stands(json!({"status": "A_STATE_OF_NEXT_YEAR"})), pending()),
        (stands(json!({"status": null})), pending()),
        (stands(json!({"status": "FAILED"})), refused("FAILED")),
        (stands(json!({"status": "CANCELLED", "status_details": {"reason": "ECHECK"}})), refused("ECHECK")),
        (stands(json!({"amount": {"currency_code": "CNY", "value": "19.99"}})), RefundAnswer::Unknown),
        (stands(json!({"amount": {"currency_code": "USD", "value": "20.00"}})), RefundAnswer::Unknown),
        (stands(json!({"amount": null})), RefundAnswer::Unknown),
        (stands(json!({"id": ""})), RefundAnswer::Unknown),
        (ResponseTemplate::new(201), RefundAnswer::Unknown),
        (error(422, "UNPROCESSABLE_ENTITY", "CAPTURE_FULLY_REFUNDED"), refused("CAPTURE_FULLY_REFUNDED: In words.")),
        (error(400, "INVALID_REQUEST", "INVALID_PARAMETER_SYNTAX"), refused("INVALID_PARAMETER_SYNTAX: In words.")),
        (error(404, "RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID"), refused("INVALID_RESOURCE_ID: In words.")),
        (answer(422, &json!({"name": "UNPROCESSABLE_ENTITY"})), refused("UNPROCESSABLE_ENTITY")),
        // Another request of ours is at work, or was.
        (error(422, "UNPROCESSABLE_ENTITY", "DUPLICATE_INVOICE_ID"), RefundAnswer::Unknown),
        (error(422, "UNPROCESSABLE_ENTITY", "PREVIOUS_REQUEST_IN_PROGRESS"), RefundAnswer::Unknown),
        (error(409, "RESOURCE_CONFLICT", "PREVIOUS_REQUEST_IN_PROGRESS"), RefundAnswer::Unknown),
        // About us, or for later: not known.
        (error(403, "NOT_AUTHORIZED", "PERMISSION_DENIED"), RefundAnswer::Unknown),
        (error(429, "RATE_LIMIT_REACHED", ""), RefundAnswer::Unknown),
        (error(500, "INTERNAL_SERVER_ERROR", ""), RefundAnswer::Unknown),
        (ResponseTemplate::new(503), RefundAnswer::Unknown),
        (ResponseTemplate::new(422).set_body_string("<html>"), RefundAnswer::Unknown),
        (answer(404, &json!({})), RefundAnswer::Unknown),
        (ResponseTemplate::new(302).insert_header("location", "https://example.com/"), RefundAnswer::Unknown),
    ] {
        let label = format!("{post:?}");
        let server = answering("POST", &refunds(), post, 1).await;
        assert_eq!(client(&server.uri()).refund(&refund_of()).await, expected, "{label}");
    }
}

#[tokio::test]
async fn what_is_repeated_is_looked_at() {
    let to = format!("/v2/payments/refunds/{REFUND_ID}");
    for (get, expected) in [
        (answer(200, &refund(json!({}))), succeeded()),
        (answer(200, &refund(json!({"status": "PENDING"}))), pending()),
        (answer(200, &refund(json!({"status": "FAILED"}))), refused("FAILED")),
        (answer(200, &refund(json!({"id": "1JU08902781691412"}))), RefundAnswer::Unknown),
        (answer(200, &refund(json!({"amount": {"currency_code": "CNY", "value": "2.00"}}))), RefundAnswer::Unknown),
        (error(404, "RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID"), RefundAnswer::Unknown),
        (ResponseTemplate::new(500), RefundAnswer::Unknown),
    ] {
        let label = format!("{get:?}");
        let server = answering("GET", &to, get, 3).await;
        // PayPal says "created" or, of what it has made before, "ok".
        for (status, asked) in [(200, false), (201, true)] {
            let mock = Mock::given(method("POST")).and(path(refunds()));
            let repeats = mock.respond_with(answer(status, &refund(json!({})))).expect(1);
            let _scope = server.register_as_scoped(repeats).await;
            let client = client(&server.uri());
            let said = if asked { client.query_refund(&refund_of()).await } else { client.refund(&refund_of()).await };
            assert_eq!(said, expected, "{label}");
        }
        // Whose id is known is not sent again.
        let known = RefundRequest { provider_refund_id: Some(REFUND_ID.to_owned()), ..refund_of() };
        assert_eq!(client(&server.uri()).query_refund(&known).await, expected, "{label}");
    }
}

#[tokio::test]
async fn a_token_is_kept_and_replaced() {
    let server = MockServer::start().await;
    for (text, calls) in [("first", 1), ("second", 1)] {
        let mock = Mock::given(method("POST")).and(path(TOKEN)).respond_with(token(text));
        mock.up_to_n_times(1).expect(calls).mount(&server).await;
    }
    Mock::given(method("POST")).and(path(refunds())).respond_with(answer(201, &refund(json!({})))).mount(&server).await;
    let clock = ManualClock::at(now());
    let client = client_with(&server.uri(), Arc::new(clock.clone()));
    for (seconds, bearer) in [(0, "Bearer first"), (32_339, "Bearer first"), (32_340, "Bearer second")] {
        clock.set(now().checked_add(SignedDuration::from_secs(seconds)).unwrap());
        assert_eq!(client.refund(&refund_of()).await, succeeded());
        let requests = server.received_requests().await.unwrap();
        assert_eq!(requests.last().unwrap().headers["authorization"], bearer, "{seconds}");
    }
}

#[tokio::test]
async fn a_token_that_is_refused_is_replaced_once() {
    let unauthorized = || error(401, "AUTHENTICATION_FAILURE", "INVALID_TOKEN");
    // The first token is refused, the next is not.
    let server = MockServer::start().await;
    for text in ["first", "second"] {
        let mock = Mock::given(method("POST")).and(path(TOKEN)).respond_with(token(text));
        mock.up_to_n_times(1).expect(1).mount(&server).await;
    }
    for (bearer, post) in [("Bearer first", unauthorized()), ("Bearer second", answer(201, &refund(json!({}))))] {
        let mock = Mock::given(method("POST")).and(path(refunds())).and(header("authorization", bearer));
        mock.respond_with(post).expect(1).mount(&server).await;
    }
    assert_eq!(client(&server.uri()).refund(&refund_of()).await, succeeded());
    // Both are.
    let server = answering("POST", &refunds(), unauthorized(), 2).await;
    assert_eq!(client(&server.uri()).refund(&refund_of()).await, RefundAnswer::Unknown);
    let post = format!("POST {}", refunds());
    assert_eq!(paths(&server).await, ["POST /v1/oauth2/token", &post, "POST /v1/oauth2/token", &post]);
    // There is none to be had.
    for reply in [
        answer(401, &json!({"error": "invalid_client"})),
        answer(200, &json!({"access_token": "", "expires_in": 1})),
        answer(200, &json!({"access_token": "A", "expires_in": i64::MAX})),
        answer(200, &json!({"access_token": "A"})),
        ResponseTemplate::new(500),
    ] {
        let server = MockServer::start().await;
        Mock::given(method("POST")).and(path(TOKEN)).respond_with(reply).expect(1).mount(&server).await;
        assert_eq!(client(&server.uri()).refund(&refund_of()).await, RefundAnswer::Unknown);
        assert_eq!(paths(&server).await, ["POST /v1/oauth2/token"]);
    }
}

/// An id that PayPal has forgotten would make a second refund of the first.
#[tokio::test]
async fn it_is_sent_again_only_while_its_id_is_surely_kept() {
    const DAY: i64 = 86_400;
    for (seconds, sent) in [(-5, true), (0, true), (40 * DAY - 1, true), (40 * DAY, false), (400 * DAY, false)] {
        let post = answer(201, &refund(json!({})));
        let server = answering("POST", &refunds(), post, if sent { 2 } else { 0 }).await;
        let to = format!("/v2/payments/refunds/{REFUND_ID}");
        Mock::given(method("GET")).and(path(to)).respond_with(answer(200, &refund(json!({})))).mount(&server).await;
        let at = now().checked_add(SignedDuration::from_secs(seconds)).unwrap();
        let client = client_with(&server.uri(), Arc::new(FixedClock(at)));
        let expected = if sent { succeeded() } else { RefundAnswer::Unknown };
        assert_eq!(client.query_refund(&refund_of()).await, expected, "{seconds}");
        assert_eq!(client.refund(&refund_of()).await, expected, "{seconds}");
        // One whose id is known can be asked about for ever.
        let known = RefundRequest { provider_refund_id: Some(REFUND_ID.to_owned()), ..refund_of() };
        assert_eq!(client.query_refund(&known).await, succeeded(), "{seconds}");
    }
}

#[tokio::test]
async fn what_cannot_be_asked_is_not_sent() {
    let server = MockServer::start().await;
    let client = client(&server.uri());
    for request in [
        RefundRequest { provider_payment_id: String::new(), ..refund_of() },
        RefundRequest { provider_payment_id: "../refunds".to_owned(), ..refund_of() },
        RefundRequest { amount: money("0.00", "CNY"), ..refund_of() },
        RefundRequest { amount: money("5.50", "HUF"), ..refund_of() },
        RefundRequest { amount: money("5.500", "KWD"), ..refund_of() },
    ] {
        assert!(matches!(client.refund(&request).await, RefundAnswer::Refused { .. }), "{request:?}");
        assert_eq!(client.query_refund(&request).await, RefundAnswer::NotFound, "{request:?}");
    }
    let odd = RefundRequest { provider_refund_id: Some("../captures/1".to_owned()), ..refund_of() };
    assert_eq!(client.query_refund(&odd).await, RefundAnswer::Unknown);
    for id in [None, Some("a/b")] {
        let answer = client.cancel_payment(&cancel_request(id)).await;
        assert!(matches!(answer, CancelAnswer::Refused { .. }), "{answer:?}");
    }
    assert!(server.received_requests().await.unwrap().is_empty());
    let closed = crate::paypal_support::client("http://127.0.0.1:9");
    assert_eq!(closed.refund(&refund_of()).await, RefundAnswer::Unknown);
    assert_eq!(closed.query_refund(&refund_of()).await, RefundAnswer::Unknown);
    assert_eq!(closed.cancel_payment(&cancel_request(Some(CAPTURE))).await, CancelAnswer::Unknown);
}

#[tokio::test]
async fn money_to_text() {
    for (amount, currency, value) in
        [("10.90", "USD", "10.90"), ("500", "JPY", "500"), ("1000.00", "HUF", "1000"), ("70.00", "TWD", "70")]
    {
        let told = json!({"amount": {"currency_code": currency, "value": value}});
        let server = answering("POST", &refunds(), answer(201, &refund(told.clone())), 1).await;
        let request = RefundRequest { amount: money(amount, currency), ..refund_of() };
        assert_eq!(client(&server.uri()).refund(&request).await, succeeded(), "{amount} {currency}");
        let sent: Value = server.received_requests().await.unwrap()[1].body_json().unwrap();
        assert_eq!(sent["amount"], told["amount"]);
    }
}

#[tokio::test]
async fn a_capture_cannot_be_called_off() {
    let captured = || CancelAnswer::Captured(money("186.00", "CNY"));
    let stands = |over: Value| answer(200, &capture(over));
    for (get, expected) in [
        (stands(json!({})), captured()),
        (stands(json!({"status": "PARTIALLY_REFUNDED"})), captured()),
        (stands(json!({"status": "REFUNDED"})), captured()),
        (stands(json!({"status": "DECLINED"})), CancelAnswer::Cancelled),
        (stands(json!({"status": "FAILED"})), CancelAnswer::Cancelled),
        (stands(json!({"status": "PENDING"})), CancelAnswer::Refused { reason: "PENDING".to_owned() }),
        (stands(json!({"status": null})), CancelAnswer::Unknown),
        (stands(json!({"amount": null})), CancelAnswer::Unknown),
        (stands(json!({"id": "another"})), CancelAnswer::Unknown),
        (error(404, "RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID"), CancelAnswer::Unknown),
        (ResponseTemplate::new(500), CancelAnswer::Unknown),
    ] {
        let label = format!("{get:?}");
        let server = answering("GET", &format!("/v2/payments/captures/{CAPTURE}"), get, 1).await;
        assert_eq!(client(&server.uri()).cancel_payment(&cancel_request(Some(CAPTURE))).await, expected, "{label}");
    }
}
