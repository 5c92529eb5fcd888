//! Agreement on the parts of PayPal's signature with Python's `zlib` and the `cryptography` package: they sign and we
//! verify, we sign and they verify. No package of PayPal's verifies without asking PayPal, so how the parts are put together
//! is confirmed by nobody.

use http::HeaderValue;
use oms_providers::callback::receive;
use serde_json::{Value, json};

use crate::cross_check::ask;
use crate::paypal_support::{THEIR_CERTIFICATE, THEIRS, WEBHOOK, capture, event, paypal, signed};
use crate::support::now;

const SCRIPT: &str = "paypal_sign.py";

/// Bodies that trip up checksums: empty, one byte, with the highest bits set, long, and characters outside ASCII.
fn bodies() -> Vec<String> {
    let plain = event("PAYMENT.CAPTURE.COMPLETED", capture(json!({"note": "T恤 ¥ \u{1f600} / \\ \n"})));
    let long = event("PAYMENT.CAPTURE.COMPLETED", capture(json!({"note": "ÿ".repeat(20_000)})));
    vec![
        plain.to_string(),
        serde_json::to_string_pretty(&plain).unwrap(),
        long.to_string(),
        "{}".to_owned(),
        "0".to_owned(),
        String::new(),
    ]
}

fn request(mode: &str, body: &str) -> Value {
    let headers = signed(body.as_bytes());
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    json!({"mode": mode, "private_key": THEIRS, "certificate": THEIR_CERTIFICATE, "webhook_id": WEBHOOK, "body": body,
        "id": header("paypal-transmission-id"), "time": header("paypal-transmission-time"),
        "signature": header("paypal-transmission-sig")})
}

#[test]
fn they_sign_and_we_verify() {
    let requests: Vec<Value> = bodies().iter().map(|body| request("sign", body)).collect();
    let Some(answers) = ask(SCRIPT, &requests) else { return };
    for (body, answer) in bodies().iter().zip(answers) {
        let mut headers = signed(body.as_bytes());
        let theirs = answer["signature"].as_str().unwrap();
        assert_eq!(headers["paypal-transmission-sig"], theirs, "the two signers agree");
        headers.insert("paypal-transmission-sig", HeaderValue::from_str(theirs).unwrap());
        let taken =
            |body: &str| receive(&paypal(), &headers, body.as_bytes(), now()).map_or_else(|e| e.name(), |_| "ok");
        assert!(matches!(taken(body), "ok" | "NotAnEvent"), "{}", taken(body));
        assert_eq!(taken(&format!("{body} ")), "SignatureMismatch");
    }
}

#[test]
fn we_sign_and_they_verify() {
    let mut requests: Vec<Value> = bodies().iter().map(|body| request("verify", body)).collect();
    for (field, value) in
        [("body", "{ }"), ("webhook_id", "another"), ("id", "another"), ("time", "2026-11-11T11:11:12Z")]
    {
        let mut forged = request("verify", "{}");
        forged[field] = json!(value);
        requests.push(forged);
    }
    let Some(mut answers) = ask(SCRIPT, &requests) else { return };
    for forged in answers.split_off(bodies().len()) {
        assert_eq!(forged["verified"], false, "their verifier does refuse");
    }
    assert!(answers.iter().all(|answer| answer["verified"] == true), "{answers:?}");
}
