//! Adyen's API: the requests to the byte, what each answer means, and when a refund may be sent again.

use jiff::{SignedDuration, Timestamp};
use oms_app::ports::{CancelAnswer, PaymentGateway, RefundAnswer, RefundRequest};
use oms_domain::body::Provider;
use serde_json::{Value, json};
use wiremock::matchers::{body_string, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::adyen_support::{ACCOUNT, API_KEY, PSP, REFUND_PSP, client, client_at, refund_of};
use crate::support::{REFERENCE, REFUND, cancel_request, money, now, with};

fn refunds() -> String {
    format!("/v71/payments/{PSP}/refunds")
}

fn pending() -> RefundAnswer {
    RefundAnswer::Pending { reference: REFUND_PSP.to_owned() }
}

fn answer(status: u16, body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(body)
}

fn received(over: Value) -> ResponseTemplate {
    let base = json!({
        "merchantAccount": ACCOUNT, "paymentPspReference": PSP, "pspReference": REFUND_PSP, "reference": REFUND,
        "status": "received", "amount": {"currency": "CNY", "value": 2_000},
    });
    answer(201, &with(base, over))
}

fn error(status: u16, kind: &str, code: &str, message: &str) -> ResponseTemplate {
    answer(status, &json!({"status": status, "errorCode": code, "message": message, "errorType": kind}))
}

/// A stand-in that answers every POST, and how often it may be called.
async fn server(post: ResponseTemplate, calls: u64) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(post).expect(calls).mount(&server).await;
    server
}

#[tokio::test]
async fn the_requests_to_the_byte() {
    let server = server(received(json!({})), 3).await;
    let client = client(&server.uri());
    assert_eq!(client.provider(), Provider::Adyen);
    for _ in 0..2 {
        assert_eq!(client.refund(&refund_of()).await, pending());
    }
    assert_eq!(client.query_refund(&refund_of()).await, pending(), "asked by sending it again");
    let requests = server.received_requests().await.unwrap();
    for request in &requests {
        assert_eq!(request.url.path(), refunds());
        assert_eq!(
            String::from_utf8(request.body.clone()).unwrap(),
            format!(
                r#"{{"merchantAccount":"{ACCOUNT}","amount":{{"value":2000,"currency":"CNY"}},"reference":"{REFUND}"}}"#
            ),
        );
        assert_eq!(request.headers["idempotency-key"], REFUND, "the same key at every attempt");
        assert_eq!(request.headers["x-api-key"], API_KEY);
        assert_eq!(request.headers["content-type"], "application/json");
    }
}

#[tokio::test]
async fn what_the_answers_mean() {
    let refused = |reason: &str| RefundAnswer::Refused { reason: reason.to_owned() };
    for (post, expected) in [
        (received(json!({})), pending()),
        (received(json!({"status": "a state of next year"})), RefundAnswer::Unknown),
        (received(json!({"paymentPspReference": "QFQTPCQ8HXSKGK83"})), RefundAnswer::Unknown),
        (received(json!({"pspReference": ""})), RefundAnswer::Unknown),
        (received(json!({"amount": {"currency": "CNY", "value": 1_999}})), RefundAnswer::Unknown),
        (received(json!({"amount": {"currency": "USD", "value": 2_000}})), RefundAnswer::Unknown),
        (received(json!({"amount": null})), RefundAnswer::Unknown),
        (answer(200, &json!({})), RefundAnswer::Unknown),
        (ResponseTemplate::new(200), RefundAnswer::Unknown),
        (ResponseTemplate::new(302).insert_header("location", "https://example.com/"), RefundAnswer::Unknown),
        (
            error(422, "validation", "167", "Original pspReference required"),
            refused("167: Original pspReference required"),
        ),
        (error(400, "validation", "702", ""), refused("702")),
        // Another request with this key is at work, or Adyen is: not known.
        (error(422, "validation", "704", "Request already processed or in progress"), RefundAnswer::Unknown),
        (error(422, "validation", "167", "").insert_header("transient-error", "true"), RefundAnswer::Unknown),
        (error(409, "validation", "1", ""), RefundAnswer::Unknown),
        (error(422, "configuration", "905", ""), RefundAnswer::Unknown),
        (error(422, "internal", "1", ""), RefundAnswer::Unknown),
        (error(429, "validation", "1", ""), RefundAnswer::Unknown),
        (error(500, "validation", "1", ""), RefundAnswer::Unknown),
        (ResponseTemplate::new(503), RefundAnswer::Unknown),
        (ResponseTemplate::new(422).set_body_string("<html>"), RefundAnswer::Unknown),
        // About us.
        (error(401, "security", "000", "Unauthorized"), RefundAnswer::Unknown),
        (error(403, "security", "901", "Invalid Merchant Account"), RefundAnswer::Unknown),
        (error(403, "validation", "010", "Not allowed"), RefundAnswer::Unknown),
    ] {
        let label = format!("{post:?}");
        let server = server(post, 2).await;
        assert_eq!(client(&server.uri()).refund(&refund_of()).await, expected, "{label}");
        assert_eq!(client(&server.uri()).query_refund(&refund_of()).await, expected, "{label}");
    }
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_unknown() {
    let late = received(json!({})).set_delay(std::time::Duration::from_secs(10));
    let server = server(late, 1).await;
    assert_eq!(client(&server.uri()).refund(&refund_of()).await, RefundAnswer::Unknown);
    let closed = client("http://127.0.0.1:9");
    assert_eq!(closed.refund(&refund_of()).await, RefundAnswer::Unknown);
    assert_eq!(closed.query_refund(&refund_of()).await, RefundAnswer::Unknown);
    assert_eq!(closed.cancel_payment(&cancel_request(Some(PSP))).await, CancelAnswer::Unknown);
}

/// A key that Adyen has forgotten would make a second refund of the first.
#[tokio::test]
async fn it_is_sent_again_only_while_its_key_is_surely_kept() {
    const DAY: i64 = 86_400;
    let known = RefundRequest { provider_refund_id: Some(REFUND_PSP.to_owned()), ..refund_of() };
    for (seconds, sent) in [(-5, true), (0, true), (6 * DAY - 1, true), (6 * DAY, false), (400 * DAY, false)] {
        let at: Timestamp = now().checked_add(SignedDuration::from_secs(seconds)).unwrap();
        let server = server(received(json!({})), if sent { 2 } else { 0 }).await;
        let client = client_at(&server.uri(), at);
        let expected = if sent { pending() } else { RefundAnswer::Unknown };
        assert_eq!(client.query_refund(&refund_of()).await, expected, "{seconds}");
        assert_eq!(client.refund(&refund_of()).await, expected, "{seconds}");
        // One that was received waits for its webhook, and for a person when that does not come.
        assert_eq!(client.query_refund(&known).await, expected, "{seconds}");
    }
}

#[tokio::test]
async fn what_cannot_be_asked_is_not_sent() {
    let server = server(received(json!({})), 0).await;
    let client = client(&server.uri());
    for request in [
        RefundRequest { provider_payment_id: String::new(), ..refund_of() },
        RefundRequest { provider_payment_id: "../cancels".to_owned(), ..refund_of() },
        RefundRequest { provider_payment_id: "A".repeat(51), ..refund_of() },
        RefundRequest { amount: money("0.00", "CNY"), ..refund_of() },
        RefundRequest { amount: money("-1.00", "CNY"), ..refund_of() },
        RefundRequest { amount: money("5.50", "IDR"), ..refund_of() },
        RefundRequest { amount: money("5.5000", "CLF"), ..refund_of() },
    ] {
        assert!(matches!(client.refund(&request).await, RefundAnswer::Refused { .. }), "{request:?}");
        assert_eq!(client.query_refund(&request).await, RefundAnswer::NotFound, "{request:?}");
    }
}

#[tokio::test]
async fn money_to_units() {
    for (amount, currency, units) in [
        ("10.99", "USD", 1_099),
        ("500", "JPY", 500),
        ("5.123", "KWD", 5_123),
        ("5", "CLP", 500),
        ("5", "ISK", 500),
        ("500.00", "CVE", 500),
        ("500.00", "IDR", 500),
    ] {
        let server = server(received(json!({"amount": {"currency": currency, "value": units}})), 1).await;
        let request = RefundRequest { amount: money(amount, currency), ..refund_of() };
        assert_eq!(client(&server.uri()).refund(&request).await, pending(), "{amount} {currency}");
        let sent: Value = server.received_requests().await.unwrap()[0].body_json().unwrap();
        assert_eq!(sent["amount"], json!({"value": units, "currency": currency}));
    }
}

#[tokio::test]
async fn calling_off_by_either_name() {
    let by_id = format!(r#"{{"merchantAccount":"{ACCOUNT}","reference":"{REFERENCE}"}}"#);
    let by_ours =
        format!(r#"{{"merchantAccount":"{ACCOUNT}","paymentReference":"{REFERENCE}","reference":"{REFERENCE}"}}"#);
    let refused = |reason: &str| CancelAnswer::Refused { reason: reason.to_owned() };
    for (payment, to, body, named) in [
        (Some(PSP), format!("/v71/payments/{PSP}/cancels"), by_id, json!({"paymentPspReference": PSP})),
        (None, "/v71/cancels".to_owned(), by_ours, json!({"paymentReference": REFERENCE})),
    ] {
        let received = |over: Value| {
            let base = json!({"merchantAccount": ACCOUNT, "pspReference": REFUND_PSP, "status": "received"});
            answer(201, &with(with(base, named.clone()), over))
        };
        for (post, expected) in [
            (received(json!({})), CancelAnswer::Cancelled),
            (received(json!({"status": "another"})), CancelAnswer::Unknown),
            (received(json!({"paymentPspReference": "X", "paymentReference": "X"})), CancelAnswer::Unknown),
            (
                error(422, "validation", "167", "Original pspReference required"),
                refused("167: Original pspReference required"),
            ),
            (error(422, "validation", "704", ""), CancelAnswer::Unknown),
            (error(403, "security", "901", ""), CancelAnswer::Unknown),
            (ResponseTemplate::new(500), CancelAnswer::Unknown),
        ] {
            let label = format!("{post:?}");
            let server = MockServer::start().await;
            Mock::given(method("POST"))
                .and(path(&to))
                .and(body_string(&body))
                .and(header("idempotency-key", format!("cancel-{}", payment.unwrap_or(REFERENCE))))
                .respond_with(post)
                .expect(1)
                .mount(&server)
                .await;
            assert_eq!(client(&server.uri()).cancel_payment(&cancel_request(payment)).await, expected, "{label}");
        }
    }
    let answer = client("http://127.0.0.1:9").cancel_payment(&cancel_request(Some("../refunds"))).await;
    assert!(matches!(answer, CancelAnswer::Refused { .. }));
}
