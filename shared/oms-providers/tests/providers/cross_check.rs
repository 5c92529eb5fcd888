//! Agreement with code that we did not write: Stripe's own packages (`stripe` of PyPI and of npm) and `standardwebhooks` of
//! PyPI sign, and we verify; we sign, and they verify. `WAYBILL_TEST_PYTHON` names a Python that has the packages of
//! `infra/local/engine/requirements-test.txt`, `WAYBILL_TEST_NODE_MODULES` the folder `node_modules` with those of
//! `tests/it/sdk/package.json`; without them the checks are skipped, which is a failure in CI.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use http::HeaderMap;
use jiff::Timestamp;
use oms_providers::callback::receive;
use oms_providers::secret::Secret;
use oms_providers::standard_webhooks::{SigningKey, VerifyingKeys};
use oms_providers::stripe::signature;
use serde_json::{Value, json};

use crate::support::{OLD_SECRET, SECRET, event, headers, intent, stripe};

const STANDARD: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// Of an endpoint that is not ours.
const ANOTHERS: &str = "whsec_other";

/// Sends the requests to a script in Python. None when there is none.
pub fn ask(script: &str, requests: &[Value]) -> Option<Vec<Value>> {
    let python = told("WAYBILL_TEST_PYTHON", script, "a Python with the packages of requirements-test.txt")?;
    Some(converse(&mut Command::new(python), script, requests))
}

/// Sends the requests to a script in Node. None when there is none.
pub fn ask_node(script: &str, requests: &[Value]) -> Option<Vec<Value>> {
    let modules = told("WAYBILL_TEST_NODE_MODULES", script, "the packages of tests/it/sdk/package.json")?;
    Some(converse(Command::new("node").env("NODE_PATH", modules), script, requests))
}

fn told(variable: &str, script: &str, what: &str) -> Option<String> {
    let value = std::env::var(variable).ok();
    if value.is_none() {
        assert!(std::env::var_os("CI").is_none(), "{variable} is not set, and in CI nothing is skipped");
        // Written past println, which the test runner swallows when a test passes.
        let note = format!("SKIPPED: {script} needs {variable}, {what}\n");
        std::io::stderr().write_all(note.as_bytes()).unwrap();
    }
    value
}

/// One JSON object a line, in both directions.
fn converse(interpreter: &mut Command, script: &str, requests: &[Value]) -> Vec<Value> {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/it/sdk").join(script);
    let mut child =
        interpreter.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the interpreter starts");
    let lines: String = requests.iter().map(|request| format!("{request}\n")).collect();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "the script failed");
    let text = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), requests.len());
    answers
}

/// The other side's verifiers look at the machine's clock and cannot be told another time.
#[allow(clippy::disallowed_methods)]
fn wall_clock() -> Timestamp {
    Timestamp::now()
}

/// Bodies that trip up signatures over re-written JSON: other spacing, escapes, characters outside ASCII.
fn bodies() -> Vec<String> {
    let plain = event("payment_intent.succeeded", intent(json!({"amount_received": 18_600})));
    let chinese = event("payment_intent.processing", intent(json!({"description": "T恤 ¥ \u{1f600}"})));
    vec![
        plain.to_string(),
        serde_json::to_string_pretty(&plain).unwrap(),
        chinese.to_string(),
        r#"{ "id" : "evt_\u4e2d" ,"type":"x" , "object":"event"}"#.to_owned(),
    ]
}

/// Stripe's package for Python.
fn stripe_in_python(requests: &[Value]) -> Option<Vec<Value>> {
    ask("stripe_sign.py", requests)
}

/// Stripe's package for Node, whose script takes the same requests.
fn stripe_in_node(requests: &[Value]) -> Option<Vec<Value>> {
    ask_node("stripe_sign.cjs", requests)
}

#[test]
fn stripes_own_code_signs_and_we_verify() {
    they_sign_and_we_verify(stripe_in_python);
}

#[test]
fn stripes_own_code_for_node_signs_and_we_verify() {
    they_sign_and_we_verify(stripe_in_node);
}

fn they_sign_and_we_verify(ask_stripe: fn(&[Value]) -> Option<Vec<Value>>) {
    let now = wall_clock();
    let request = |body: &String, secret: &str| json!({"mode": "sign", "payload": body, "secret": secret, "timestamp": now.as_second()});
    let secrets = [SECRET, OLD_SECRET, ANOTHERS];
    let cases: Vec<(String, &str)> =
        bodies().into_iter().flat_map(|body| secrets.map(|secret| (body.clone(), secret))).collect();
    let requests: Vec<Value> = cases.iter().map(|(body, secret)| request(body, secret)).collect();
    let Some(answers) = ask_stripe(&requests) else { return };
    for ((body, secret), answer) in cases.iter().zip(answers) {
        let theirs = answer["header"].as_str().unwrap();
        assert_eq!(theirs, signature::header(secret, now, body.as_bytes()).unwrap(), "the two signers agree");
        let signed = headers(&[("stripe-signature", theirs)]);
        let received = receive(&stripe(), &signed, body.as_bytes(), now);
        assert_eq!(received.is_ok(), *secret != ANOTHERS, "{secret}: {received:?}");
        receive(&stripe(), &signed, format!("{body} ").as_bytes(), now).unwrap_err();
    }
}

#[test]
fn we_sign_and_stripes_own_code_verifies() {
    we_sign_and_they_verify(stripe_in_python);
}

#[test]
fn we_sign_and_stripes_own_code_for_node_verifies() {
    we_sign_and_they_verify(stripe_in_node);
}

fn we_sign_and_they_verify(ask_stripe: fn(&[Value]) -> Option<Vec<Value>>) {
    let request =
        |body: &str, header: String| json!({"mode": "verify", "payload": body, "secret": SECRET, "header": header});
    let signed = |secret: &str, at: Timestamp, body: &str| signature::header(secret, at, body.as_bytes()).unwrap();
    let (now, bodies) = (wall_clock(), bodies());
    let mut requests: Vec<Value> = bodies.iter().map(|body| request(body, signed(SECRET, now, body))).collect();
    let body = &bodies[0];
    requests.push(request(body, signed(ANOTHERS, now, body)));
    requests.push(request(&format!("{body} "), signed(SECRET, now, body)));
    requests.push(request(body, signed(SECRET, Timestamp::UNIX_EPOCH, body)));
    let Some(mut answers) = ask_stripe(&requests) else { return };
    for refused in answers.split_off(bodies.len()) {
        assert!(refused["error"].is_string(), "their verifier does refuse: {refused}");
    }
    for (answer, expected) in answers.iter().zip(["evt_1", "evt_1", "evt_1", "evt_中"]) {
        assert_eq!(answer["event_id"], expected, "{answer}");
    }
}

fn standard_headers(id: &str, at: Timestamp, signature: &str) -> HeaderMap {
    let t = at.as_second().to_string();
    headers(&[("webhook-id", id), ("webhook-timestamp", &t), ("webhook-signature", signature)])
}

#[test]
fn the_standard_webhooks_package_signs_and_we_verify() {
    let now = wall_clock();
    let request = |body: &String| json!({"mode": "sign", "id": "msg_1", "payload": body, "secret": STANDARD, "timestamp": now.as_second()});
    let bodies = bodies();
    let Some(answers) = ask("standard_webhooks_sign.py", &bodies.iter().map(request).collect::<Vec<_>>()) else {
        return;
    };
    let keys = VerifyingKeys::new("test", &[Secret::parse("test", STANDARD).unwrap()]).unwrap();
    for (body, answer) in bodies.iter().zip(answers) {
        let headers = standard_headers("msg_1", now, answer["signature"].as_str().unwrap());
        keys.verify(&headers, body.as_bytes(), now).unwrap();
        keys.verify(&headers, b"{}", now).unwrap_err();
    }
}

#[test]
fn we_sign_and_the_standard_webhooks_package_verifies() {
    let now = wall_clock();
    let key = SigningKey::new("test", &Secret::parse("test", STANDARD).unwrap()).unwrap();
    let request = |body: &str, signature: String| {
        json!({"mode": "verify", "id": "msg_1", "payload": body, "secret": STANDARD, "timestamp": now.as_second(),
            "signature": signature})
    };
    let mut requests: Vec<Value> =
        bodies().iter().map(|body| request(body, key.sign("msg_1", now, body.as_bytes()))).collect();
    requests.push(request("{}", key.sign("msg_2", now, b"{}")));
    let Some(mut answers) = ask("standard_webhooks_sign.py", &requests) else { return };
    let forged = answers.pop().unwrap();
    assert!(forged["error"].is_string(), "their verifier does refuse: {forged}");
    assert!(answers.iter().all(|answer| answer["verified"] == true), "{answers:?}");
}
