//! Whatever reaches a function is answered and never panics: events of the gateway, of queues and of workflows, headers, secrets,
//! settings. The bodies and parameters of each route are tried through the routers themselves (`tests/it/access`).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::sync::LazyLock;

use aws_lambda_events::event::sqs::SqsEvent;
use axum::Router;
use axum::routing::{self, post};
use lambda_runtime::{Context, LambdaEvent};
use oms_app::error::{AppError, PortError};
use oms_app::ports::{Redelivery, Stimulus};
use oms_domain::status::OrderStatus;
use oms_lambda::auth::{Caller, Credentials, Role};
use oms_lambda::canonical::canonical_hash;
use oms_lambda::config::{Env, VARIABLES};
use oms_lambda::http::{self, IdempotencyKey, IfMatch, StrictJson, finish};
use oms_lambda::problem::Problem;
use oms_lambda::sqs::{self, Failure};
use oms_lambda::step::{Op, Outcome, StepError, run_step};
use oms_testkit::spoil;
use proptest::prelude::*;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap());

const ORDER: &str = "01JD0000000000000000000001";
const TOKEN: &str = "support-token-0001";

fn credentials() -> Credentials {
    let entry = json!({"name": "support", "token": TOKEN, "role": "support"});
    Credentials::parse(&json!({"credentials": [entry]}).to_string()).unwrap()
}

/// A router that reads all that any route of ours reads.
fn router() -> Router {
    let read = async |_: Caller,
                      IdempotencyKey(key): IdempotencyKey,
                      IfMatch(_): IfMatch,
                      StrictJson(body): StrictJson<Value>| {
        Ok::<_, Problem>(format!("{} {}", key.len(), canonical_hash(&body)))
    };
    let router = Router::new().route("/v1/things/{id}", routing::any(read)).route("/v1/plain", post(async || "plain"));
    finish(router.with_state(credentials()))
}

/// A request as API Gateway hands it on.
fn gateway_event() -> Value {
    json!({
        "version": "2.0", "routeKey": "POST /v1/things/{id}", "rawPath": "/v1/things/7", "rawQueryString": "a=b&c=%20",
        "headers": {
            "host": "a.execute-api.us-east-1.amazonaws.com", "authorization": format!("Bearer {TOKEN}"), "idempotency-key": "k-1",
            "content-type": "application/json", "if-match": "\"3\"", "x-correlation-id": "c",
        },
        "pathParameters": {"id": "7"},
        "requestContext": {
            "accountId": "1", "apiId": "a", "domainName": "a.execute-api.us-east-1.amazonaws.com", "domainPrefix": "a",
            "http": {"method": "POST", "path": "/v1/things/7", "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7", "userAgent": "t"},
            "requestId": "req-1", "routeKey": "$default", "stage": "$default",
            "time": "11/Nov/2026:11:11:11 +0000", "timeEpoch": 1_794_395_471_000_i64,
        },
        "body": "{\"a\":[1,\"b\"]}", "isBase64Encoded": false,
    })
}

fn answered(event: &Value) -> Result<Value, String> {
    let payload = RawValue::from_string(event.to_string()).unwrap();
    RUNTIME
        .block_on(http::answer(router(), LambdaEvent::new(payload, Context::default())))
        .map_err(|error| error.to_string())
}

/// An answer of ours: a status that a client can make sense of, and none that says that we are at fault.
fn is_proper(answer: &Value) -> Result<(), TestCaseError> {
    let status = answer["statusCode"].as_u64().unwrap();
    prop_assert!((200..500).contains(&status), "{answer}");
    if status >= 400 {
        prop_assert_eq!(&answer["headers"]["content-type"], "application/problem+json");
        let problem: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
        prop_assert_eq!(&problem["status"], &answer["statusCode"]);
        prop_assert!(problem["type"].is_string() && problem["detail"].is_string() && problem["request_id"].is_string());
    }
    Ok(())
}

struct NoRedelivery;

#[async_trait::async_trait]
impl Redelivery for NoRedelivery {
    async fn retry_in(&self, _: &str, _: u32) -> Result<(), PortError> {
        Ok(())
    }
}

fn message(body: &str) -> Value {
    json!({
        "messageId": "m1", "receiptHandle": "r", "body": body, "md5OfBody": "", "attributes": {"ApproximateReceiveCount": "2"},
        "messageAttributes": {}, "eventSource": "aws:sqs", "eventSourceARN": "arn", "awsRegion": "us-east-1",
    })
}

#[test]
fn a_right_event_gets_through() {
    let answer = answered(&gateway_event()).unwrap();
    assert_eq!(answer["statusCode"], 200, "{answer}");
}

proptest! {
    #![proptest_config(spoil::cases(1_000))]

    #[test]
    fn a_spoilt_event_of_the_gateway_is_answered_or_refused(event in spoil::spoiled(vec![gateway_event()])) {
        if let Ok(answer) = answered(&event) {
            is_proper(&answer)?;
        }
    }

    #[test]
    fn any_json_as_an_event_is_answered_or_refused(event in spoil::any_json()) {
        if let Ok(answer) = answered(&event) {
            is_proper(&answer)?;
        }
    }

    #[test]
    fn any_path_query_headers_and_body_are_answered(
        path in spoil::text(), query in spoil::text(), name in "[a-z-]{1,20}", value in spoil::text(), body in spoil::text(), coded in any::<bool>(),
    ) {
        let mut event = gateway_event();
        event["rawPath"] = path.into();
        event["rawQueryString"] = query.into();
        event["headers"][name] = value.into();
        event["body"] = body.into();
        event["isBase64Encoded"] = coded.into();
        // What is no base64, or no header, is no event of the gateway's.
        if let Ok(answer) = answered(&event) {
            is_proper(&answer)?;
        }
    }

    #[test]
    fn any_bytes_as_a_body(bytes in any::<Vec<u8>>(), cut in any::<prop::sample::Index>()) {
        let _refused = http::parse::<Value>(&bytes);
        let whole = br#"{"a":[{"b":"\u00e9\ud83d\ude00"}],"c":1.5e3,"d":null}"#;
        let _half = http::parse::<Value>(&whole[..cut.index(whole.len() + 1)]);
    }

    #[test]
    fn a_body_has_one_hash_however_it_is_written(value in spoil::any_json()) {
        let (plain, pretty) = (value.to_string(), serde_json::to_string_pretty(&value).unwrap());
        if let (Ok(one), Ok(two)) = (http::parse::<Value>(plain.as_bytes()), http::parse::<Value>(pretty.as_bytes())) {
            prop_assert_eq!(one.hash, two.hash);
        }
    }

    #[test]
    fn no_text_but_the_token_is_a_credential(text in prop_oneof![spoil::text(), "[Bb]earer [ -~]{0,60}", "Bearer  ?support-token-000[0-2] ?"]) {
        if let Ok(caller) = credentials().authenticate(Some(&text)) {
            prop_assert_eq!(text.get(6..).unwrap().trim(), TOKEN);
            prop_assert_eq!(caller.role, Role::Support);
        }
    }

    #[test]
    fn any_text_as_a_secret_is_refused_and_not_shown(
        text in spoil::text(), secret in spoil::spoiled(vec![json!({"credentials": [
            {"name": "a", "token": "0123456789abcdef", "role": "storefront", "channels": ["web"]},
            {"name": "b", "token": "fedcba9876543210", "role": "support"},
        ]})]),
    ) {
        prop_assert!(Credentials::parse(&text).is_err());
        if let Err(error) = Credentials::parse(&secret.to_string()) {
            let told = error.to_string();
            prop_assert!(!told.contains("0123456789abcdef") && !told.contains("fedcba9876543210"), "{told}");
        }
    }

    #[test]
    fn any_text_as_a_setting_is_read_or_refused_by_its_name(
        values in prop::collection::vec(prop_oneof![spoil::text(), "-?[0-9]{1,20}", "[A-Z]{3}=-?[0-9.]{1,8},?"], VARIABLES.len()),
    ) {
        let env = Env::of(VARIABLES.iter().copied().zip(values.iter().map(String::as_str)));
        if let Err(error) = env.policy() {
            prop_assert!(VARIABLES.contains(&error.name.as_str()), "{error}");
        }
        let _other = (env.provider_api_bases(), env.public_api_url(), env.item_deadline(), env.stage(), env.log_level(), env.state_machines());
    }

    #[test]
    fn a_spoilt_step_is_run_or_fails_by_its_name(
        input in prop_oneof![spoil::spoiled(vec![json!({"order_id": ORDER, "op": "validate"})]), spoil::any_json()],
    ) {
        let right = input["order_id"].as_str().is_some_and(|id| oms_domain::id::OrderId::parse(id).is_ok());
        let event = LambdaEvent::new(input, Context::default());
        let ran = RUNTIME.block_on(run_step(event, &[Op::Validate], |_, _| async {
            Ok::<_, AppError>((Outcome::Advanced, OrderStatus::Validated))
        }));
        match ran {
            Ok(output) => prop_assert!(right && output.outcome == Outcome::Advanced),
            Err(error) => prop_assert!(matches!(error, StepError::Malformed(_)), "{error}"),
        }
    }

    #[test]
    fn a_spoilt_batch_is_handled_or_comes_back(
        batch in spoil::spoiled(vec![json!({"Records": [
            message(&json!({"order_id": ORDER, "work": "placement"}).to_string()), message("{"), message("null"),
        ]})]),
        body in prop_oneof![spoil::text(), spoil::spoiled(vec![json!({"order_id": ORDER, "work": "reversal"})]).prop_map(|body| body.to_string())],
    ) {
        let whole = json!({"Records": [message(&body)]});
        for event in [batch, whole] {
            let Ok(event) = serde_json::from_value::<SqsEvent>(event) else { continue };
            let count = event.records.len();
            let answer = RUNTIME.block_on(sqs::each(event, None, &NoRedelivery, |_: Stimulus, _| async { Ok::<(), Failure>(()) }));
            prop_assert!(answer.batch_item_failures.len() <= count);
        }
    }
}
