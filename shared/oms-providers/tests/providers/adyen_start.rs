//! Beginning a payment at Adyen: the request to the byte, what each answer means, and how a link is ended.

use oms_app::ports::{CancelAnswer, CancelRequest, NextAction, PaymentGateway, StartAnswer, StartRequest, Started};
use oms_domain::payment_start::{PayerClient, Taking};
use serde_json::{Value, json};
use wiremock::matchers::{body_string, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::adyen_support::{ACCOUNT, API_KEY, PSP, client, manual_client};
use crate::support::{REFERENCE, cancel_request, money, not_started, start_request, with};

const LINKS: &str = "/v71/paymentLinks";
const ONE: &str = "/v71/paymentLinks/PLE83C39B0A0DE0C1E";
const ID: &str = "PLE83C39B0A0DE0C1E";
const PAGE: &str = "https://test.adyen.link/PLE83C39B0A0DE0C1E";

fn answer(status: u16, body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(body)
}

fn link(over: Value) -> Value {
    let base = json!({
        "id": ID, "url": PAGE, "status": "active", "reference": REFERENCE, "merchantAccount": ACCOUNT,
        "amount": {"currency": "CNY", "value": 18_600}, "expiresAt": "2026-11-11T11:41:11Z", "reusable": false,
    });
    with(base, over)
}

fn error(status: u16, kind: &str, code: &str) -> ResponseTemplate {
    answer(status, &json!({"status": status, "errorCode": code, "message": "In words.", "errorType": kind}))
}

fn started(next: NextAction) -> StartAnswer {
    StartAnswer::Started(Started { provider_payment_id: None, object: Some(ID.into()), next })
}

fn page() -> StartAnswer {
    started(NextAction::Redirect { url: PAGE.into() })
}

async fn check(response: ResponseTemplate) -> StartAnswer {
    let server = MockServer::start().await;
    Mock::given(method("POST")).and(path(LINKS)).respond_with(response).expect(1).mount(&server).await;
    client(&server.uri()).start(&start_request()).await
}

#[tokio::test]
async fn the_request_to_the_byte() {
    let server = MockServer::start().await;
    let body = format!(
        r#"{{"merchantAccount":"{ACCOUNT}","amount":{{"value":18600,"currency":"CNY"}},"reference":"{REFERENCE}","description":"Order W-1","expiresAt":"2026-11-11T11:41:11Z","returnUrl":"https://shop.example/thanks?o=1"}}"#
    );
    Mock::given(method("POST"))
        .and(path(LINKS))
        .and(body_string(body))
        .and(header("idempotency-key", REFERENCE))
        .and(header("x-api-key", API_KEY))
        .respond_with(answer(201, &link(json!({}))))
        .expect(2)
        .mount(&server)
        .await;
    let read = Mock::given(method("GET")).and(path(ONE));
    read.respond_with(answer(200, &link(json!({"status": "completed"})))).expect(1).mount(&server).await;
    let client = client(&server.uri());
    for _ in 0..2 {
        assert_eq!(client.start(&start_request()).await, page());
    }
    let known = StartRequest { known: Some(ID.into()), ..start_request() };
    assert_eq!(client.start(&known).await, started(NextAction::Wait), "one that is known is read");
}

/// Where the account takes money with the authorisation, its webhooks read as money: nothing is promised there.
#[tokio::test]
async fn what_is_promised_and_what_is_taken_at_once() {
    let none: (Option<Value>, Option<Value>) = (None, None);
    for (is_manual, taking, expected) in [
        (false, Taking::AsSetUp, none.clone()),
        (false, Taking::AtOnce, none.clone()),
        (false, Taking::Promised, none.clone()),
        (true, Taking::AsSetUp, none),
        (true, Taking::AtOnce, (None, Some(json!(0)))),
        (true, Taking::Promised, (Some(json!(true)), None)),
    ] {
        let server = MockServer::start().await;
        Mock::given(method("POST")).respond_with(answer(201, &link(json!({})))).mount(&server).await;
        let client = if is_manual { manual_client(&server.uri()) } else { client(&server.uri()) };
        assert_eq!(client.start(&StartRequest { taking, ..start_request() }).await, page());
        let sent: Value = server.received_requests().await.unwrap()[0].body_json().unwrap();
        let found = (sent.get("manualCapture").cloned(), sent.get("captureDelayHours").cloned());
        assert_eq!(found, expected, "{is_manual} {taking:?}");
    }
}

#[tokio::test]
async fn what_the_answers_mean() {
    let of = |over: Value| answer(201, &link(over));
    for (response, expected) in [
        (of(json!({"status": "paymentPending"})), started(NextAction::Wait)),
        (of(json!({"status": "expired"})), not_started("the payment link is expired")),
        (of(json!({"status": "a_state_of_next_year"})), StartAnswer::Unknown),
        (of(json!({"reference": "another"})), StartAnswer::Unknown),
        (of(json!({"amount": {"currency": "CNY", "value": 1}})), StartAnswer::Unknown),
        (of(json!({"id": "../x"})), StartAnswer::Unknown),
        (of(json!({"url": "http://test.adyen.link/"})), StartAnswer::Unknown),
        (error(422, "validation", "14_031"), not_started("14_031: In words.")),
        (error(422, "validation", "704"), StartAnswer::Unknown),
        (error(401, "security", "000"), StartAnswer::Unknown),
        (error(500, "internal", "905"), StartAnswer::Unknown),
        (ResponseTemplate::new(200).set_body_string("<html>"), StartAnswer::Unknown),
    ] {
        let label = format!("{response:?}");
        assert_eq!(check(response).await, expected, "{label}");
    }
    let nobody = client("http://127.0.0.1:1");
    for kind in [PayerClient::Qr, PayerClient::MiniProgram] {
        let request = StartRequest { client: kind, ..start_request() };
        assert_eq!(nobody.start(&request).await, not_started("Adyen is paid on web pages only"));
    }
    let wrong = StartRequest { known: Some("PL1/x".into()), ..start_request() };
    assert_eq!(nobody.start(&wrong).await, not_started("the payment has no link of Adyen's"));
    let unheard = StartRequest { amount: money("1.50", "IDR"), ..start_request() };
    assert!(matches!(nobody.start(&unheard).await, StartAnswer::Refused { .. }));
    assert_eq!(nobody.start(&start_request()).await, StartAnswer::Unknown);
}

/// A link that is ended takes no more money. One that was paid is called off by our reference.
#[tokio::test]
async fn a_link_is_ended() {
    let begun = CancelRequest { object: Some(ID.into()), ..cancel_request(None) };
    for (patched, reference, expected) in [
        (answer(200, &link(json!({"status": "expired"}))), 0, CancelAnswer::Cancelled),
        (answer(200, &link(json!({"status": "completed"}))), 1, CancelAnswer::Cancelled),
        (error(422, "validation", "29_002"), 1, CancelAnswer::Cancelled),
        (answer(200, &link(json!({"id": "PL2"}))), 0, CancelAnswer::Unknown),
        (error(500, "internal", "905"), 0, CancelAnswer::Unknown),
    ] {
        let server = MockServer::start().await;
        let label = format!("{patched:?}");
        let patch = Mock::given(method("PATCH")).and(path(ONE)).and(body_string(r#"{"status":"expired"}"#));
        patch.respond_with(patched).expect(1).mount(&server).await;
        let received =
            json!({"pspReference": "P1", "paymentReference": REFERENCE, "reference": REFERENCE, "status": "received"});
        let cancels = Mock::given(method("POST")).and(path("/v71/cancels"));
        cancels.respond_with(answer(201, &received)).expect(reference).mount(&server).await;
        assert_eq!(client(&server.uri()).cancel_payment(&begun).await, expected, "{label}");
    }
}

/// A declined card is a payment with an id, and its link goes on taking money: both are ended, and a link that is over keeps
/// nobody from calling the payment off.
#[tokio::test]
async fn a_link_is_ended_also_where_a_payment_by_it_is_known() {
    let begun = CancelRequest { object: Some(ID.into()), ..cancel_request(Some(PSP)) };
    let received = || {
        let body =
            json!({"pspReference": "P1", "paymentPspReference": PSP, "reference": REFERENCE, "status": "received"});
        answer(201, &body)
    };
    let no = || CancelAnswer::Refused { reason: "167: In words.".to_owned() };
    for (patched, cancelled, expected) in [
        (answer(200, &link(json!({"status": "expired"}))), received(), CancelAnswer::Cancelled),
        (answer(200, &link(json!({"status": "expired"}))), error(422, "validation", "167"), no()),
        (answer(200, &link(json!({"status": "completed"}))), received(), CancelAnswer::Cancelled),
        (error(422, "validation", "29_002"), received(), CancelAnswer::Cancelled),
        (error(404, "validation", "702"), received(), CancelAnswer::Cancelled),
        (error(500, "internal", "905"), received(), CancelAnswer::Unknown),
        (error(500, "internal", "905"), error(422, "validation", "167"), CancelAnswer::Unknown),
    ] {
        let server = MockServer::start().await;
        let label = format!("{patched:?} {cancelled:?}");
        let patch = Mock::given(method("PATCH")).and(path(ONE)).and(body_string(r#"{"status":"expired"}"#));
        patch.respond_with(patched).expect(1).mount(&server).await;
        let cancels = Mock::given(method("POST")).and(path(format!("/v71/payments/{PSP}/cancels")));
        cancels.respond_with(cancelled).expect(1).mount(&server).await;
        assert_eq!(client(&server.uri()).cancel_payment(&begun).await, expected, "{label}");
    }
}
