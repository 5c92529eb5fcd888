//! Beginning a payment at Stripe: the request to the byte, and what each answer means.

use oms_app::ports::{NextAction, PaymentGateway, StartAnswer, StartRequest, Started};
use oms_domain::payment_start::{PayerClient, Taking};
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{ORDER, REFERENCE, intent, money, not_started, start_request, stripe_client};

const INTENTS: &str = "/v1/payment_intents";

fn answer(status: u16, body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(body)
}

fn error(kind: &str, code: &str) -> Value {
    json!({"error": {"type": kind, "code": code, "message": "In words."}})
}

fn started(next: NextAction) -> StartAnswer {
    StartAnswer::Started(Started { provider_payment_id: Some("pi_1".into()), object: None, next })
}

fn secret() -> StartAnswer {
    started(NextAction::ClientSecret { value: "pi_1_secret_x".to_owned().into() })
}

async fn check(response: ResponseTemplate) -> StartAnswer {
    let server = MockServer::start().await;
    Mock::given(method("POST")).and(path(INTENTS)).respond_with(response).expect(1).mount(&server).await;
    stripe_client(&server.uri(), 2_000).start(&start_request()).await
}

#[tokio::test]
async fn the_request_to_the_byte() {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(answer(200, &intent(json!({})))).mount(&server).await;
    let client = stripe_client(&server.uri(), 2_000);
    for _ in 0..2 {
        assert_eq!(client.start(&start_request()).await, secret());
    }
    let requests = server.received_requests().await.unwrap();
    let [first, second] = requests.as_slice() else { panic!("{requests:?}") };
    assert_eq!(first.url.path(), INTENTS);
    assert_eq!(
        String::from_utf8(first.body.clone()).unwrap(),
        format!(
            "amount=18600&currency=cny&description=Order+W-1&automatic_payment_methods%5Benabled%5D=true&metadata%5Border_id%5D={ORDER}&metadata%5Bpayment_reference%5D={REFERENCE}"
        ),
    );
    assert_eq!(first.headers["idempotency-key"], REFERENCE);
    assert_eq!((&first.body, &first.headers["idempotency-key"]), (&second.body, &second.headers["idempotency-key"]));
}

/// What is promised is taken when we ask for it, and never by Stripe alone.
#[tokio::test]
async fn a_promise_is_asked_for_in_so_many_words() {
    for (taking, ending) in [(Taking::AsSetUp, ""), (Taking::AtOnce, ""), (Taking::Promised, "&capture_method=manual")]
    {
        let server = MockServer::start().await;
        Mock::given(method("POST")).respond_with(answer(200, &intent(json!({})))).mount(&server).await;
        let request = StartRequest { taking, ..start_request() };
        assert_eq!(stripe_client(&server.uri(), 2_000).start(&request).await, secret());
        let requests = server.received_requests().await.unwrap();
        let body = String::from_utf8(requests[0].body.clone()).unwrap();
        let (_, rest) = body.split_once(&format!("metadata%5Bpayment_reference%5D={REFERENCE}")).unwrap();
        assert_eq!(rest, ending, "{taking:?}");
    }
}

#[tokio::test]
async fn one_that_is_known_is_read() {
    let server = MockServer::start().await;
    let read = Mock::given(method("GET")).and(path("/v1/payment_intents/pi_1"));
    read.respond_with(answer(200, &intent(json!({"status": "requires_action"})))).expect(1).mount(&server).await;
    let client = stripe_client(&server.uri(), 2_000);
    let known = StartRequest { known: Some("pi_1".into()), ..start_request() };
    assert_eq!(client.start(&known).await, secret());
    let wrong = StartRequest { known: Some("pi_1/cancel".into()), ..start_request() };
    assert_eq!(client.start(&wrong).await, not_started("the payment has no id of Stripe's"));
}

#[tokio::test]
async fn what_the_answers_mean() {
    let with = |over: Value| answer(200, &intent(over));
    for (response, expected) in [
        (with(json!({"status": "requires_confirmation"})), secret()),
        (with(json!({"status": "processing"})), started(NextAction::Wait)),
        (with(json!({"status": "requires_capture"})), started(NextAction::Wait)),
        (with(json!({"status": "succeeded"})), started(NextAction::Wait)),
        (with(json!({"status": "canceled"})), not_started("canceled")),
        (with(json!({"status": "a_state_of_next_year"})), StartAnswer::Unknown),
        (with(json!({"client_secret": null})), StartAnswer::Unknown),
        (with(json!({"amount": 18_601})), StartAnswer::Unknown),
        (with(json!({"currency": "usd"})), StartAnswer::Unknown),
        (with(json!({"metadata": {"payment_reference": "another"}})), StartAnswer::Unknown),
        (with(json!({"id": "../x"})), StartAnswer::Unknown),
        (answer(400, &error("invalid_request_error", "amount_too_small")), not_started("amount_too_small: In words.")),
        (answer(400, &error("idempotency_error", "")), StartAnswer::Unknown),
        (answer(401, &error("invalid_request_error", "")), StartAnswer::Unknown),
        (answer(409, &error("invalid_request_error", "lock_timeout")), StartAnswer::Unknown),
        (answer(429, &error("invalid_request_error", "rate_limit")), StartAnswer::Unknown),
        (ResponseTemplate::new(500), StartAnswer::Unknown),
        (ResponseTemplate::new(200).set_body_string("<html>"), StartAnswer::Unknown),
    ] {
        let label = format!("{response:?}");
        assert_eq!(check(response).await, expected, "{label}");
    }
    let gone = stripe_client("http://127.0.0.1:1", 200).start(&start_request()).await;
    assert_eq!(gone, StartAnswer::Unknown);
}

/// Stripe repeats for a day what it once answered to a key, a failure too: that attempt can never be begun.
#[tokio::test]
async fn a_failure_that_is_only_repeated() {
    let stuck = || not_started("Stripe only repeats that it failed: open a further attempt");
    let refusal = || answer(400, &error("invalid_request_error", "amount_too_small"));
    for (response, first, repeated) in [
        (ResponseTemplate::new(500), StartAnswer::Unknown, stuck()),
        (answer(500, &error("api_error", "")), StartAnswer::Unknown, stuck()),
        (answer(400, &error("api_error", "")), StartAnswer::Unknown, stuck()),
        (refusal(), not_started("amount_too_small: In words."), not_started("amount_too_small: In words.")),
        (answer(200, &intent(json!({}))), secret(), secret()),
        (ResponseTemplate::new(200).set_body_string("<html>"), StartAnswer::Unknown, StartAnswer::Unknown),
    ] {
        let label = format!("{response:?}");
        assert_eq!(check(response.clone()).await, first, "{label}");
        let again = response.insert_header("idempotent-replayed", "true");
        assert_eq!(check(again).await, repeated, "{label}");
    }
}

#[tokio::test]
async fn what_is_never_sent() {
    let client = stripe_client("http://127.0.0.1:1", 200);
    for client_kind in [PayerClient::Qr, PayerClient::MiniProgram] {
        let request = StartRequest { client: client_kind, ..start_request() };
        assert_eq!(client.start(&request).await, not_started("Stripe is paid on web pages only"));
    }
    let fine = StartRequest { amount: money("1.234", "KWD"), ..start_request() };
    assert!(matches!(client.start(&fine).await, StartAnswer::Refused { .. }), "finer than Stripe takes it");
}
