//! Agreement with Adyen's own packages, `Adyen` of PyPI and `@adyen/api-library` of npm: they sign and we verify, we sign
//! and they verify.

use oms_providers::adyen::signature::AdyenSigner;
use serde_json::{Value, json};

use crate::adyen_support::{HMAC_KEY, OLD_HMAC_KEY, adyen, item, modification, notification, receive_at, signed};
use crate::cross_check::{ask, ask_node};
use crate::support::{REFUND, with};

const PYTHON: &str = "adyen_sign.py";
const NODE: &str = "adyen_sign.cjs";

/// Items that trip up signatures: characters outside ASCII, a colon where one may stand, fields that are empty, and a sum
/// that no float holds.
fn items() -> Vec<Value> {
    vec![
        item("AUTHORISATION", json!({"originalReference": ""})),
        modification("REFUND", json!({"merchantReference": REFUND, "success": "false", "reason": "T恤 ¥ \u{1f600}"})),
        modification("CHARGEBACK", json!({"merchantReference": "订单:1 / \\ ₤"})),
        item("AUTHORISATION", json!({"originalReference": "", "amount": {"currency": "JPY", "value": 0}})),
        item("REPORT_AVAILABLE", json!({"originalReference": "", "merchantReference": ""})),
        modification("CAPTURE", json!({"amount": {"currency": "CNY", "value": 9_007_199_254_740_991_i64}})),
    ]
}

fn sign_requests() -> Vec<Value> {
    let request = |item: &Value, key: &str| json!({"mode": "sign", "item": item, "key": key});
    items().iter().flat_map(|item| [request(item, HMAC_KEY), request(item, OLD_HMAC_KEY)]).collect()
}

fn they_sign_and_we_verify(answers: &[Value]) {
    for (request, answer) in sign_requests().iter().zip(answers) {
        let (item, key) = (&request["item"], request["key"].as_str().unwrap());
        let theirs = &answer["signature"];
        assert_eq!(*theirs, AdyenSigner::new(key).unwrap().sign(item).unwrap(), "the two signers agree: {item}");
        let data = json!({"additionalData": {"hmacSignature": theirs}});
        let verified = |item: Value| match receive_at(&adyen(), &notification(&[item])) {
            Ok(_) => "ok",
            // Verified, and then of no amount that an order can hold.
            Err(error) if error.name() == "AmountUnsupported" => "ok",
            Err(error) => error.name(),
        };
        assert_eq!(verified(with(item.clone(), data.clone())), "ok", "{item}");
        let changed = with(with(item.clone(), data), json!({"merchantReference": "another"}));
        assert_eq!(verified(changed), "SignatureMismatch", "{item}");
    }
}

fn verify_requests() -> Vec<Value> {
    let request = |item: Value| json!({"mode": "verify", "item": item, "key": HMAC_KEY});
    let mut requests: Vec<Value> = items().into_iter().map(|item| request(signed(item, HMAC_KEY))).collect();
    requests.push(request(with(signed(items().remove(0), HMAC_KEY), json!({"success": "false"}))));
    requests.push(request(signed(items().remove(0), OLD_HMAC_KEY)));
    requests
}

fn we_sign_and_they_verify(mut answers: Vec<Value>) {
    for forged in answers.split_off(items().len()) {
        assert_eq!(forged["verified"], false, "their verifier does refuse");
    }
    assert!(answers.iter().all(|answer| answer["verified"] == true), "{answers:?}");
}

#[test]
fn the_package_of_pypi() {
    let Some(answers) = ask(PYTHON, &sign_requests()) else { return };
    they_sign_and_we_verify(&answers);
    let Some(answers) = ask(PYTHON, &verify_requests()) else { return };
    we_sign_and_they_verify(answers);
}

#[test]
fn the_package_of_npm() {
    let Some(answers) = ask_node(NODE, &sign_requests()) else { return };
    they_sign_and_we_verify(&answers);
    let Some(answers) = ask_node(NODE, &verify_requests()) else { return };
    we_sign_and_they_verify(answers);
}
