//! Beginning a payment at PayPal: the requests to the byte, what each answer means, the capture after the buyer's approval, and
//! what there is to call off.

use oms_app::ports::{CancelAnswer, CancelRequest, NextAction, PaymentGateway, StartAnswer, StartRequest, Started};
use oms_domain::payment_start::{PayerClient, Taking};
use serde_json::{Value, json};
use wiremock::matchers::{body_string, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::paypal_support::{CAPTURE, MERCHANT, capture, client};
use crate::support::{REFERENCE, cancel_request, money, not_started, start_request, with};

const ORDERS: &str = "/v2/checkout/orders";
const ONE: &str = "/v2/checkout/orders/5O190127TN364715T";
const TAKE: &str = "/v2/checkout/orders/5O190127TN364715T/capture";
const ID: &str = "5O190127TN364715T";
const AUTHORIZE: &str = "/v2/checkout/orders/5O190127TN364715T/authorize";
const AUTHORIZATION: &str = "0VF52814937998046";
const PAGE: &str = "https://www.paypal.com/checkoutnow?token=5O190127TN364715T";

fn answer(status: u16, body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(body)
}

fn order(status: &str) -> Value {
    json!({
        "id": ID, "intent": "CAPTURE", "status": status,
        "purchase_units": [{"reference_id": "default", "custom_id": REFERENCE, "invoice_id": REFERENCE,
            "amount": {"currency_code": "CNY", "value": "186.00"}, "payee": {"merchant_id": MERCHANT}}],
        "links": [{"href": "https://api-m.paypal.com/v2/checkout/orders/5O190127TN364715T", "rel": "self", "method": "GET"},
            {"href": PAGE, "rel": "payer-action", "method": "GET"}],
    })
}

fn captured(status: &str, of_capture: &str) -> Value {
    let mut order = order(status);
    let captures =
        json!([capture(json!({"status": of_capture, "amount": {"currency_code": "CNY", "value": "186.00"}}))]);
    order["purchase_units"][0]["payments"] = json!({"captures": captures});
    order
}

fn error(status: u16, name: &str, issue: &str) -> ResponseTemplate {
    let details = json!([{"issue": issue, "description": "In words."}]);
    answer(status, &json!({"name": name, "message": "A message.", "details": details}))
}

fn started(payment: Option<&str>, next: NextAction) -> StartAnswer {
    let provider_payment_id = payment.map(str::to_owned);
    StartAnswer::Started(Started { provider_payment_id, object: Some(ID.into()), next })
}

fn page() -> StartAnswer {
    started(None, NextAction::Redirect { url: PAGE.into() })
}

/// PayPal's answer about an order that it has forgotten.
fn forgotten() -> ResponseTemplate {
    error(404, "RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID")
}

fn gone() -> StartAnswer {
    not_started("the order at PayPal is gone: open a further attempt")
}

fn declined() -> StartAnswer {
    not_started("declined: open a further attempt")
}

async fn with_tokens() -> MockServer {
    let server = MockServer::start().await;
    let token = json!({"access_token": "A21-token", "token_type": "Bearer", "expires_in": 32_400});
    Mock::given(method("POST")).and(path("/v1/oauth2/token")).respond_with(answer(200, &token)).mount(&server).await;
    server
}

async fn mount(server: &MockServer, verb: &str, to: &str, response: ResponseTemplate) {
    Mock::given(method(verb)).and(path(to)).respond_with(response).expect(1).mount(server).await;
}

/// The order of a promise, with its authorization once that is given.
fn authorized(status: &str, of_authorization: Option<&str>) -> Value {
    let mut order = with(order(status), json!({"intent": "AUTHORIZE"}));
    if let Some(of_authorization) = of_authorization {
        let amount = json!({"currency_code": "CNY", "value": "186.00"});
        let one = json!({"id": AUTHORIZATION, "status": of_authorization, "amount": amount, "custom_id": REFERENCE});
        order["purchase_units"][0]["payments"] = json!({"authorizations": [one]});
    }
    order
}

fn promised(known: Option<&str>) -> StartRequest {
    StartRequest { taking: Taking::Promised, known: known.map(str::to_owned), ..start_request() }
}

fn known() -> StartRequest {
    StartRequest { known: Some(ID.into()), ..start_request() }
}

#[tokio::test]
async fn the_request_to_the_byte() {
    let server = with_tokens().await;
    let body = format!(
        r#"{{"intent":"CAPTURE","purchase_units":[{{"amount":{{"currency_code":"CNY","value":"186.00"}},"custom_id":"{REFERENCE}","invoice_id":"{REFERENCE}","description":"Order W-1","payee":{{"merchant_id":"{MERCHANT}"}}}}],"payment_source":{{"paypal":{{"experience_context":{{"return_url":"https://shop.example/thanks?o=1","cancel_url":"https://shop.example/thanks?o=1","user_action":"PAY_NOW","shipping_preference":"NO_SHIPPING"}}}}}}}}"#
    );
    Mock::given(method("POST"))
        .and(path(ORDERS))
        .and(body_string(body))
        .and(header("paypal-request-id", REFERENCE))
        .and(header("prefer", "return=representation"))
        .respond_with(answer(200, &order("PAYER_ACTION_REQUIRED")))
        .expect(2)
        .mount(&server)
        .await;
    let client = client(&server.uri());
    for _ in 0..2 {
        assert_eq!(client.start(&start_request()).await, page());
    }
}

#[tokio::test]
async fn what_the_answers_mean() {
    let mut other_amount = order("CREATED");
    other_amount["purchase_units"][0]["amount"]["value"] = json!("1.00");
    let mut other_number = order("CREATED");
    other_number["purchase_units"][0]["custom_id"] = json!("another");
    for (response, expected) in [
        (answer(201, &order("CREATED")), page()),
        (answer(201, &order("COMPLETED")), started(None, NextAction::Wait)),
        (answer(201, &order("VOIDED")), not_started("the order at PayPal is void")),
        (answer(201, &order("A_STATE_OF_NEXT_YEAR")), StartAnswer::Unknown),
        (answer(201, &with(order("CREATED"), json!({"links": []}))), StartAnswer::Unknown),
        (answer(201, &with(order("CREATED"), json!({"id": "../x"}))), StartAnswer::Unknown),
        (answer(201, &other_amount), StartAnswer::Unknown),
        (answer(201, &other_number), StartAnswer::Unknown),
        (
            error(422, "UNPROCESSABLE_ENTITY", "PAYEE_ACCOUNT_RESTRICTED"),
            not_started("PAYEE_ACCOUNT_RESTRICTED: In words."),
        ),
        (error(422, "UNPROCESSABLE_ENTITY", "DUPLICATE_INVOICE_ID"), StartAnswer::Unknown),
        (error(403, "NOT_AUTHORIZED", "PERMISSION_DENIED"), StartAnswer::Unknown),
        (error(429, "RATE_LIMIT_REACHED", ""), StartAnswer::Unknown),
        (ResponseTemplate::new(503), StartAnswer::Unknown),
    ] {
        let label = format!("{response:?}");
        let server = with_tokens().await;
        mount(&server, "POST", ORDERS, response).await;
        assert_eq!(client(&server.uri()).start(&start_request()).await, expected, "{label}");
    }
    let nobody = client("http://127.0.0.1:1");
    for kind in [PayerClient::Qr, PayerClient::MiniProgram] {
        let request = StartRequest { client: kind, ..start_request() };
        assert_eq!(nobody.start(&request).await, not_started("PayPal is paid on web pages only"));
    }
    let nowhere = StartRequest { return_url: None, ..start_request() };
    assert_eq!(nobody.start(&nowhere).await, not_started("return_url is needed"));
    let unheard = StartRequest { amount: money("1.00", "RUB"), ..start_request() };
    assert!(matches!(nobody.start(&unheard).await, StartAnswer::Refused { .. }));
    let wrong = StartRequest { known: Some("../x".into()), ..start_request() };
    assert_eq!(nobody.start(&wrong).await, not_started("the payment has no order of PayPal's"));
}

/// Asked once more after the buyer has approved, it takes the money, once.
#[tokio::test]
async fn an_approved_order_is_captured() {
    for (response, expected) in [
        (answer(201, &captured("COMPLETED", "COMPLETED")), started(Some(CAPTURE), NextAction::Wait)),
        (answer(201, &captured("COMPLETED", "PENDING")), started(Some(CAPTURE), NextAction::Wait)),
        (answer(201, &captured("COMPLETED", "DECLINED")), declined()),
        (answer(201, &captured("COMPLETED", "FAILED")), declined()),
        (forgotten(), gone()),
        (answer(201, &order("APPROVED")), StartAnswer::Unknown),
        (error(422, "UNPROCESSABLE_ENTITY", "INSTRUMENT_DECLINED"), not_started("INSTRUMENT_DECLINED: In words.")),
        (ResponseTemplate::new(500), StartAnswer::Unknown),
    ] {
        let label = format!("{response:?}");
        let server = with_tokens().await;
        mount(&server, "GET", ONE, answer(200, &order("APPROVED"))).await;
        let key = format!("capture-{REFERENCE}");
        let take = Mock::given(method("POST")).and(path(TAKE)).and(header("paypal-request-id", key.as_str()));
        take.and(body_string("{}")).respond_with(response).expect(1).mount(&server).await;
        assert_eq!(client(&server.uri()).start(&known()).await, expected, "{label}");
    }
    let server = with_tokens().await;
    mount(&server, "GET", ONE, answer(200, &order("PAYER_ACTION_REQUIRED"))).await;
    assert_eq!(client(&server.uri()).start(&known()).await, page(), "not approved yet");
}

/// What an order that is known says when it is read: also that it is forgotten, or that its money was declined.
#[tokio::test]
async fn an_order_that_is_read() {
    let wait = |payment: &str| started(Some(payment), NextAction::Wait);
    for (response, expected) in [
        (answer(200, &captured("COMPLETED", "COMPLETED")), wait(CAPTURE)),
        (answer(200, &captured("COMPLETED", "PENDING")), wait(CAPTURE)),
        (answer(200, &captured("COMPLETED", "REFUNDED")), wait(CAPTURE)),
        (answer(200, &captured("COMPLETED", "DECLINED")), declined()),
        (answer(200, &captured("COMPLETED", "FAILED")), declined()),
        (answer(200, &authorized("COMPLETED", Some("PENDING"))), wait(AUTHORIZATION)),
        (answer(200, &authorized("COMPLETED", Some("DENIED"))), declined()),
        (answer(200, &authorized("COMPLETED", Some("VOIDED"))), declined()),
        (answer(200, &authorized("COMPLETED", Some("EXPIRED"))), declined()),
        (forgotten(), gone()),
        (ResponseTemplate::new(404).set_body_string("<html>"), StartAnswer::Unknown),
        (error(400, "INVALID_REQUEST", "ANY_ISSUE"), not_started("ANY_ISSUE: In words.")),
    ] {
        let label = format!("{response:?}");
        let server = with_tokens().await;
        mount(&server, "GET", ONE, response).await;
        assert_eq!(client(&server.uri()).start(&known()).await, expected, "{label}");
    }
    // One that was never made is not gone.
    let server = with_tokens().await;
    mount(&server, "POST", ORDERS, forgotten()).await;
    let expected = not_started("INVALID_RESOURCE_ID: In words.");
    assert_eq!(client(&server.uri()).start(&start_request()).await, expected);
}

/// A promise is another intent, and the buyer's approval is turned into an authorization under a key of its own.
#[tokio::test]
async fn a_promise_is_authorized_and_not_captured() {
    let server = with_tokens().await;
    let created = answer(201, &authorized("PAYER_ACTION_REQUIRED", None));
    mount(&server, "POST", ORDERS, created).await;
    assert_eq!(client(&server.uri()).start(&promised(None)).await, page());
    let requests = server.received_requests().await.unwrap();
    let created = requests.iter().find(|request| request.url.path() == ORDERS).unwrap();
    let sent: Value = created.body_json().unwrap();
    assert_eq!(
        (sent["intent"].as_str(), sent["purchase_units"][0]["custom_id"].as_str()),
        (Some("AUTHORIZE"), Some(REFERENCE))
    );

    for (response, expected) in [
        (answer(201, &authorized("COMPLETED", Some("CREATED"))), started(Some(AUTHORIZATION), NextAction::Wait)),
        (answer(201, &authorized("COMPLETED", Some("DENIED"))), declined()),
        (forgotten(), gone()),
        (answer(201, &authorized("APPROVED", None)), StartAnswer::Unknown),
        (error(422, "UNPROCESSABLE_ENTITY", "INSTRUMENT_DECLINED"), not_started("INSTRUMENT_DECLINED: In words.")),
        (ResponseTemplate::new(500), StartAnswer::Unknown),
    ] {
        let label = format!("{response:?}");
        let server = with_tokens().await;
        mount(&server, "GET", ONE, answer(200, &authorized("APPROVED", None))).await;
        let key = format!("authorize-{REFERENCE}");
        let post = Mock::given(method("POST")).and(path(AUTHORIZE)).and(header("paypal-request-id", key.as_str()));
        post.and(body_string("{}")).respond_with(response).expect(1).mount(&server).await;
        assert_eq!(client(&server.uri()).start(&promised(Some(ID))).await, expected, "{label}");
    }
    let server = with_tokens().await;
    mount(&server, "GET", ONE, answer(200, &authorized("COMPLETED", Some("CREATED")))).await;
    let again = client(&server.uri()).start(&promised(Some(ID))).await;
    assert_eq!(again, started(Some(AUTHORIZATION), NextAction::Wait), "read, and not authorized again");
}

/// The buyer has approved and the answer to the authorization was lost: the promise is given back with the order.
#[tokio::test]
async fn a_promise_that_nobody_heard_of_is_voided() {
    let begun = CancelRequest { object: Some(ID.into()), ..cancel_request(None) };
    let void = format!("/v2/payments/authorizations/{AUTHORIZATION}/void");
    for (status, voids, expected) in [
        ("CREATED", 1, CancelAnswer::Cancelled),
        ("PENDING", 1, CancelAnswer::Cancelled),
        ("VOIDED", 0, CancelAnswer::Cancelled),
        ("EXPIRED", 0, CancelAnswer::Cancelled),
        ("A_STATE_OF_NEXT_YEAR", 0, CancelAnswer::Unknown),
    ] {
        let server = with_tokens().await;
        mount(&server, "GET", ONE, answer(200, &authorized("COMPLETED", Some(status)))).await;
        let post = Mock::given(method("POST")).and(path(void.as_str()));
        post.respond_with(ResponseTemplate::new(204)).expect(voids).mount(&server).await;
        assert_eq!(client(&server.uri()).cancel_payment(&begun).await, expected, "{status}");
    }
}

/// Nobody but us captures an order of PayPal's, so that one without a capture is called off by doing nothing.
#[tokio::test]
async fn what_there_is_to_call_off() {
    let begun = CancelRequest { object: Some(ID.into()), ..cancel_request(None) };
    for (response, expected) in [
        (answer(200, &order("PAYER_ACTION_REQUIRED")), CancelAnswer::Cancelled),
        (answer(200, &order("APPROVED")), CancelAnswer::Cancelled),
        (
            answer(200, &captured("COMPLETED", "COMPLETED")),
            CancelAnswer::Found { provider_payment_id: CAPTURE.into(), amount: money("186.00", "CNY") },
        ),
        (answer(200, &captured("COMPLETED", "DECLINED")), CancelAnswer::Cancelled),
        (answer(200, &captured("COMPLETED", "PENDING")), CancelAnswer::Refused { reason: "PENDING".into() }),
        (answer(200, &order("COMPLETED")), CancelAnswer::Unknown),
        (forgotten(), CancelAnswer::Cancelled),
        (ResponseTemplate::new(404).set_body_string("<html>"), CancelAnswer::Unknown),
        (error(400, "INVALID_REQUEST", "ANY_ISSUE"), CancelAnswer::Unknown),
        (ResponseTemplate::new(500), CancelAnswer::Unknown),
    ] {
        let label = format!("{response:?}");
        let server = with_tokens().await;
        mount(&server, "GET", ONE, response).await;
        assert_eq!(client(&server.uri()).cancel_payment(&begun).await, expected, "{label}");
    }
}
