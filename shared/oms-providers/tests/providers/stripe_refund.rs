//! Refunds through Stripe's API: the request to the byte, what each answer means, and that Unknown is asked about.

use std::time::Duration;

use oms_app::ports::{PaymentGateway, RefundAnswer, RefundRequest};
use oms_domain::body::Provider;
use oms_providers::stripe::{StripeClient, StripeConfig};
use serde_json::{Value, json};
use wiremock::matchers::{method, path, query_param, query_param_is_missing};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{API_KEY, ORDER, REFUND, refund, refund_request, stripe_client, stripe_secrets};

fn succeeded() -> RefundAnswer {
    RefundAnswer::Succeeded { reference: "re_1".to_owned() }
}

fn pending() -> RefundAnswer {
    RefundAnswer::Pending { reference: "re_1".to_owned() }
}

fn refused(reason: &str) -> RefundAnswer {
    RefundAnswer::Refused { reason: reason.to_owned() }
}

fn json_answer(status: u16, body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(body)
}

fn replayed(answer: ResponseTemplate) -> ResponseTemplate {
    answer.insert_header("idempotent-replayed", "true")
}

fn error(kind: &str, code: &str, message: &str) -> Value {
    json!({"error": {"type": kind, "code": code, "message": message, "doc_url": "https://stripe.com/docs"}})
}

fn list(refunds: &[Value]) -> Value {
    json!({"object": "list", "url": "/v1/refunds", "has_more": false, "data": refunds})
}

/// What the client makes of one answer to POST, where a list may be looked at afterwards.
async fn check(post: ResponseTemplate, listed: Option<Value>) -> RefundAnswer {
    let server = MockServer::start().await;
    Mock::given(method("POST")).and(path("/v1/refunds")).respond_with(post).expect(1).mount(&server).await;
    let looks = u64::from(listed.is_some());
    let listed = json_answer(200, &listed.unwrap_or(Value::Null));
    Mock::given(method("GET")).and(path("/v1/refunds")).respond_with(listed).expect(looks).mount(&server).await;
    stripe_client(&server.uri(), 2_000).refund(&refund_request()).await
}

#[tokio::test]
async fn the_request_to_the_byte() {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(json_answer(200, &refund(json!({})))).mount(&server).await;
    let client = stripe_client(&server.uri(), 2_000);
    assert_eq!(client.provider(), Provider::Stripe);
    assert_eq!(client.refund(&refund_request()).await, succeeded());
    let requests = server.received_requests().await.unwrap();
    let [request] = requests.as_slice() else { panic!("{requests:?}") };
    assert_eq!(request.url.path(), "/v1/refunds");
    assert_eq!(
        String::from_utf8(request.body.clone()).unwrap(),
        format!("payment_intent=pi_1&amount=2000&metadata%5Brefund_id%5D={REFUND}&metadata%5Border_id%5D={ORDER}"),
    );
    let header = |name: &str| request.headers.get(name).unwrap().to_str().unwrap();
    assert_eq!(header("idempotency-key"), REFUND);
    assert_eq!(header("authorization"), format!("Bearer {API_KEY}"));
    assert_eq!(header("content-type"), "application/x-www-form-urlencoded");
    assert_eq!(header("stripe-version"), "2024-10-28.acacia");
}

#[tokio::test]
async fn every_attempt_has_the_same_key_and_body() {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(500)).mount(&server).await;
    let client = stripe_client(&server.uri(), 2_000);
    for _ in 0..3 {
        assert_eq!(client.refund(&refund_request()).await, RefundAnswer::Unknown);
    }
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests.len(), 3, "one request for each call: the client itself does not retry");
    assert!(requests.iter().all(|r| r.body == requests[0].body));
    assert!(requests.iter().all(|r| r.headers["idempotency-key"] == REFUND));
}

#[tokio::test]
async fn what_the_answers_mean() {
    let refund_with = |status: &str| json_answer(200, &refund(json!({"status": status})));
    let failed = refund(json!({"status": "failed", "failure_reason": "expired_or_canceled_card"}));
    let too_much =
        error("invalid_request_error", "", "Refund amount (¥20.00) is greater than unrefunded amount (¥5.00)");
    let no_money = error("invalid_request_error", "insufficient_funds", "Insufficient funds in Stripe account.");
    for (answer, expected) in [
        (refund_with("succeeded"), succeeded()),
        (refund_with("pending"), pending()),
        (refund_with("requires_action"), pending()),
        (refund_with("a status of next year"), pending()),
        (json_answer(201, &refund(json!({"status": null}))), pending()),
        (refund_with("canceled"), refused("canceled")),
        (json_answer(200, &failed), refused("expired_or_canceled_card")),
        (json_answer(400, &too_much), refused("Refund amount (¥20.00) is greater than unrefunded amount (¥5.00)")),
        (json_answer(400, &no_money), refused("insufficient_funds: Insufficient funds in Stripe account.")),
        (json_answer(402, &error("card_error", "card_declined", "No.")), refused("card_declined: No.")),
        (
            json_answer(404, &error("invalid_request_error", "resource_missing", "No such payment_intent: 'pi_1'")),
            refused("resource_missing: No such payment_intent: 'pi_1'"),
        ),
        // About the request, not about the refund: not known.
        (
            json_answer(
                400,
                &error(
                    "idempotency_error",
                    "",
                    "Keys for idempotent requests can only be used with the same parameters",
                ),
            ),
            RefundAnswer::Unknown,
        ),
        (json_answer(409, &error("idempotency_error", "idempotency_key_in_use", "In use.")), RefundAnswer::Unknown),
        (json_answer(409, &error("invalid_request_error", "lock_timeout", "Locked.")), RefundAnswer::Unknown),
        (json_answer(401, &error("invalid_request_error", "", "Invalid API Key provided")), RefundAnswer::Unknown),
        (json_answer(403, &error("invalid_request_error", "", "Not allowed")), RefundAnswer::Unknown),
        (json_answer(424, &error("api_error", "", "Elsewhere.")), RefundAnswer::Unknown),
        (json_answer(429, &error("invalid_request_error", "rate_limit", "Slower.")), RefundAnswer::Unknown),
        (json_answer(500, &error("api_error", "", "Ours.")), RefundAnswer::Unknown),
        // Whatever the error calls itself: with such a status nothing is said about what was done.
        (json_answer(500, &error("invalid_request_error", "lock_timeout", "Ours.")), RefundAnswer::Unknown),
        (json_answer(502, &error("card_error", "card_declined", "Ours.")), RefundAnswer::Unknown),
        (json_answer(400, &error("api_error", "", "Ours.")), RefundAnswer::Unknown),
        (ResponseTemplate::new(503), RefundAnswer::Unknown),
        (ResponseTemplate::new(302).insert_header("location", "https://example.com/"), RefundAnswer::Unknown),
        // Unreadable.
        (ResponseTemplate::new(200), RefundAnswer::Unknown),
        (ResponseTemplate::new(200).set_body_string("<html>"), RefundAnswer::Unknown),
        (json_answer(200, &json!({"id": "re_1"})), RefundAnswer::Unknown),
        (ResponseTemplate::new(400).set_body_string("<html>a proxy's page</html>"), RefundAnswer::Unknown),
        (json_answer(404, &json!({"message": "no route"})), RefundAnswer::Unknown),
    ] {
        let label = format!("{answer:?}");
        assert_eq!(check(answer, None).await, expected, "{label}");
    }
}

#[tokio::test]
async fn an_old_answer_is_not_believed_but_the_list_is() {
    // The key's first answer was "succeeded"; since then the refund has failed.
    let old = || replayed(json_answer(200, &refund(json!({}))));
    let failed = refund(json!({"status": "failed", "failure_reason": "lost_or_stolen_card"}));
    assert_eq!(check(old(), Some(list(&[failed]))).await, refused("lost_or_stolen_card"));
    assert_eq!(check(old(), Some(list(&[refund(json!({}))]))).await, succeeded());
    assert_eq!(check(old(), Some(list(&[]))).await, RefundAnswer::Unknown);
    assert_eq!(check(old(), Some(json!("unreadable"))).await, RefundAnswer::Unknown);
}

#[tokio::test]
async fn already_refunded_may_be_by_us() {
    let already = || json_answer(400, &error("invalid_request_error", "charge_already_refunded", "Already."));
    assert_eq!(check(already(), Some(list(&[refund(json!({}))]))).await, succeeded());
    let by_others = refund(json!({"metadata": {}}));
    assert_eq!(check(already(), Some(list(&[by_others]))).await, refused("charge_already_refunded: Already."));
}

#[tokio::test]
async fn a_lost_answer_is_unknown() {
    let slow = ResponseTemplate::new(200).set_body_json(refund(json!({}))).set_delay(Duration::from_millis(800));
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(slow).expect(1).mount(&server).await;
    assert_eq!(stripe_client(&server.uri(), 150).refund(&refund_request()).await, RefundAnswer::Unknown);
    // Nobody listens there: not even connected, and still nothing is claimed.
    let closed = stripe_client("http://127.0.0.1:9", 500);
    assert_eq!(closed.refund(&refund_request()).await, RefundAnswer::Unknown);
    assert_eq!(closed.query_refund(&refund_request()).await, RefundAnswer::Unknown);
}

#[tokio::test]
async fn a_payment_id_that_is_none_is_never_put_into_an_address() {
    let server = MockServer::start().await;
    let client = stripe_client(&server.uri(), 2_000);
    for id in ["", "../accounts", "pi_1/capture", "pi_1?x=1", "pi 1", "支付"] {
        let request = RefundRequest { provider_payment_id: id.to_owned(), ..refund_request() };
        assert!(matches!(client.refund(&request).await, RefundAnswer::Refused { .. }), "{id:?}");
        assert_eq!(client.query_refund(&request).await, RefundAnswer::NotFound, "{id:?}");
    }
    assert!(server.received_requests().await.unwrap().is_empty());
}

async fn query(listed: ResponseTemplate) -> RefundAnswer {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path("/v1/refunds"))
        .and(query_param("payment_intent", "pi_1"))
        .and(query_param("limit", "100"))
        .and(query_param_is_missing("starting_after"))
        .respond_with(listed)
        .expect(1)
        .mount(&server)
        .await;
    stripe_client(&server.uri(), 2_000).query_refund(&refund_request()).await
}

#[tokio::test]
async fn a_query_finds_our_refund_by_its_id() {
    let ours = |over| json_answer(200, &list(&[refund(json!({"id": "re_x", "metadata": {}})), refund(over)]));
    for (answer, expected) in [
        (ours(json!({})), succeeded()),
        (ours(json!({"status": "pending"})), pending()),
        (ours(json!({"status": "failed", "failure_reason": null})), refused("failed")),
        (ours(json!({"metadata": {"refund_id": "01JD0000000000000000000001-r2"}})), RefundAnswer::NotFound),
        (json_answer(200, &list(&[])), RefundAnswer::NotFound),
        // Ours by name but not what we asked for: for people.
        (ours(json!({"amount": 1_999})), RefundAnswer::Unknown),
        (ours(json!({"currency": "usd"})), RefundAnswer::Unknown),
        // Not a complete, readable list: it proves nothing.
        (ResponseTemplate::new(500), RefundAnswer::Unknown),
        (
            json_answer(404, &error("invalid_request_error", "resource_missing", "No such payment_intent")),
            RefundAnswer::Unknown,
        ),
        (json_answer(429, &error("invalid_request_error", "rate_limit", "Slower.")), RefundAnswer::Unknown),
        (ResponseTemplate::new(200).set_body_string(r#"{"data":[],"has_mo"#), RefundAnswer::Unknown),
        (json_answer(200, &json!({"data": [], "has_more": true})), RefundAnswer::Unknown),
        (json_answer(200, &json!({"data": [{"id": "re_1"}]})), RefundAnswer::Unknown),
    ] {
        let label = format!("{answer:?}");
        assert_eq!(query(answer).await, expected, "{label}");
    }
}

#[tokio::test]
async fn one_that_was_sent_again_after_a_failure_counts_once() {
    let failed = refund(json!({"id": "re_0", "status": "failed"}));
    let again = |status: &str| refund(json!({"id": "re_1", "status": status}));
    assert_eq!(query(json_answer(200, &list(&[again("succeeded"), failed.clone()]))).await, succeeded());
    assert_eq!(query(json_answer(200, &list(&[failed, again("pending")]))).await, pending());
}

#[tokio::test]
async fn a_query_reads_every_page() {
    let page = |id: &str, over: Value, has_more: bool| {
        let mut refund = refund(over);
        refund["id"] = json!(id);
        json_answer(200, &json!({"data": [refund], "has_more": has_more}))
    };
    let other = || json!({"metadata": {}});
    let server = MockServer::start().await;
    let get = |after: Option<&'static str>, answer: ResponseTemplate| {
        let mock = Mock::given(method("GET")).and(path("/v1/refunds"));
        let mock = match after {
            Some(after) => mock.and(query_param("starting_after", after)),
            None => mock.and(query_param_is_missing("starting_after")),
        };
        mock.respond_with(answer).expect(1)
    };
    get(None, page("re_3", other(), true)).mount(&server).await;
    get(Some("re_3"), page("re_2", other(), true)).mount(&server).await;
    get(Some("re_2"), page("re_1", json!({}), false)).mount(&server).await;
    assert_eq!(stripe_client(&server.uri(), 2_000).query_refund(&refund_request()).await, succeeded());
    server.verify().await;

    // A list without end proves nothing, and is given up.
    let endless = MockServer::start().await;
    Mock::given(method("GET")).respond_with(page("re_9", other(), true)).mount(&endless).await;
    assert_eq!(stripe_client(&endless.uri(), 2_000).query_refund(&refund_request()).await, RefundAnswer::Unknown);
    assert_eq!(endless.received_requests().await.unwrap().len(), 20);
}

#[tokio::test]
async fn an_answer_without_end_is_given_up() {
    let huge = format!(r#"{{"data":[],"has_more":false,"padding":"{}"}}"#, "x".repeat(5 * 1024 * 1024));
    assert_eq!(query(ResponseTemplate::new(200).set_body_string(huge)).await, RefundAnswer::Unknown);
}

#[test]
fn the_key_never_travels_in_the_clear() {
    for (base, expected) in [
        ("https://api.stripe.com", "ok"),
        ("http://127.0.0.1:9999", "ok"),
        ("http://localhost:9999/prefix/", "ok"),
        ("http://[::1]:9999", "ok"),
        ("http://api.stripe.com", "AddressRefused"),
        ("http://127.0.0.1.example.com", "AddressRefused"),
        ("http://10.0.0.1", "AddressRefused"),
        ("ftp://127.0.0.1", "AddressRefused"),
        ("https://user:pass@api.stripe.com", "AddressRefused"),
        ("api.stripe.com", "AddressRefused"),
        ("", "AddressRefused"),
    ] {
        let config = StripeConfig { api_base: base.to_owned(), ..StripeConfig::default() };
        let name = StripeClient::new(&stripe_secrets(), &config).map_or_else(|error| error.name(), |_| "ok");
        assert_eq!(name, expected, "{base}");
    }
}

#[tokio::test]
async fn a_base_address_may_have_a_path() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/stripe/v1/refunds"))
        .respond_with(json_answer(200, &refund(json!({}))))
        .expect(1)
        .mount(&server)
        .await;
    let client = stripe_client(&format!("{}/stripe/", server.uri()), 2_000);
    assert_eq!(client.refund(&refund_request()).await, succeeded());
}
