//! Agreement with the `wechatpayv3` package of PyPI: it signs and we verify, we sign and encipher and it verifies and
//! deciphers.

use http::{HeaderMap, HeaderName, HeaderValue};
use oms_app::ports::PaymentGateway;
use oms_providers::callback::receive;
use oms_providers::wechatpay::signature::PlatformSigner;
use serde_json::{Value, json};
use wiremock::matchers::method;
use wiremock::{Mock, MockServer};

use crate::cross_check::ask;
use crate::support::now;
use crate::wechatpay_support::{
    API_V3_KEY, KEY_ID, OURS, THEIR_PUBLIC_KEY, THEIRS, answer, client, notification, refund, refund_of, signed,
    transaction, wechatpay,
};

const SCRIPT: &str = "wechatpay_sign.py";
const OUR_PUBLIC_KEY: &str = include_str!("keys/ours.public.pem");

/// Bodies that trip up signatures over re-written JSON.
fn bodies() -> Vec<String> {
    let plain = notification("TRANSACTION.SUCCESS", &transaction(json!({"attach": "T恤 ¥ \u{1f600} / \\ \n"})));
    vec![plain.to_string(), serde_json::to_string_pretty(&plain).unwrap()]
}

#[test]
fn the_package_signs_and_we_verify() {
    let timestamp = now().as_second().to_string();
    let request = |body: &String| json!({"mode": "sign", "private_key": THEIRS, "timestamp": timestamp, "nonce": "a-nonce", "body": body});
    let Some(answers) = ask(SCRIPT, &bodies().iter().map(request).collect::<Vec<_>>()) else { return };
    for (body, answer) in bodies().iter().zip(answers) {
        let mut headers = signed(KEY_ID, body.as_bytes());
        assert_eq!(headers["wechatpay-signature"], answer["signature"].as_str().unwrap(), "the two signers agree");
        headers.insert("wechatpay-signature", HeaderValue::from_str(answer["signature"].as_str().unwrap()).unwrap());
        receive(&wechatpay(), &headers, body.as_bytes(), now()).unwrap();
        receive(&wechatpay(), &headers, format!("{body} ").as_bytes(), now()).unwrap_err();
    }
}

#[test]
fn we_sign_and_encipher_and_the_package_reads() {
    let body = bodies().remove(0);
    let signer = PlatformSigner::new(KEY_ID, THEIRS).unwrap();
    let headers = signer.headers(now(), "a-nonce", body.as_bytes()).unwrap();
    let title = |name: &str| match name {
        "wechatpay-signature" => "Wechatpay-Signature",
        "wechatpay-timestamp" => "Wechatpay-Timestamp",
        "wechatpay-nonce" => "Wechatpay-Nonce",
        "wechatpay-serial" => "Wechatpay-Serial",
        _ => "Wechatpay-Signature-Type",
    };
    let headers: serde_json::Map<String, Value> =
        headers.into_iter().map(|(name, value)| (title(name).to_owned(), Value::from(value))).collect();
    let request = |body: &str| {
        json!({"mode": "callback", "public_key": THEIR_PUBLIC_KEY, "public_key_id": KEY_ID, "private_key": OURS,
            "api_v3_key": API_V3_KEY, "headers": headers, "body": body})
    };
    let Some(answers) = ask(SCRIPT, &[request(&body), request(&body.replace("EV-", "EW-"))]) else { return };
    assert_eq!(answers[0]["data"]["resource"], transaction(json!({"attach": "T恤 ¥ \u{1f600} / \\ \n"})));
    assert!(answers[1]["data"].is_null(), "their verifier does refuse");
}

#[tokio::test]
async fn our_requests_are_signed_as_the_package_does() {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(answer(200, &refund(json!({})))).mount(&server).await;
    client(&server.uri()).refund(&refund_of()).await;
    let requests = server.received_requests().await.unwrap();
    let ours = requests[0].headers["authorization"].to_str().unwrap().to_owned();
    let body = String::from_utf8(requests[0].body.clone()).unwrap();
    let field = |header: &str, name: &str| {
        let start = header.find(&format!("{name}=\"")).unwrap() + name.len() + 2;
        header[start..].split('"').next().unwrap().to_owned()
    };
    let authorize = json!({"mode": "authorize", "path": "/v3/refund/domestic/refunds", "method": "POST",
        "mchid": field(&ours, "mchid"), "serial": field(&ours, "serial_no"), "private_key": OURS,
        "nonce": field(&ours, "nonce_str"), "body": body});
    // Theirs is signed at the machine's time. So the forms are compared, and then their verifier is asked: it puts three
    // lines together, of which the first may hold the three that a request has before its nonce.
    let lines = format!("POST\n/v3/refund/domestic/refunds\n{}", field(&ours, "timestamp"));
    let verify = json!({"mode": "verify", "public_key": OUR_PUBLIC_KEY, "timestamp": lines,
        "nonce": field(&ours, "nonce_str"), "body": body, "signature": field(&ours, "signature")});
    let mut forged = verify.clone();
    forged["nonce"] = json!("another");
    let Some(answers) = ask(SCRIPT, &[authorize, verify, forged]) else { return };
    let theirs = answers[0]["authorization"].as_str().unwrap();
    let blank = |header: &str| {
        header
            .replace(&field(header, "signature"), "")
            .replace(&format!("timestamp=\"{}\"", field(header, "timestamp")), "timestamp")
    };
    assert_eq!(blank(theirs), blank(&ours));
    assert_eq!(answers[1]["verified"], true);
    assert_eq!(answers[2]["verified"], false);
}

#[test]
fn an_answer_is_verified_like_a_callback() {
    let body = refund(json!({})).to_string();
    let timestamp = now().as_second().to_string();
    let request = json!({"mode": "sign", "private_key": THEIRS, "timestamp": timestamp, "nonce": "n", "body": body});
    let Some(answers) = ask(SCRIPT, &[request]) else { return };
    let ours = PlatformSigner::new(KEY_ID, THEIRS).unwrap().headers(now(), "n", body.as_bytes()).unwrap();
    let ours: HeaderMap =
        ours.into_iter().map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_str(&v).unwrap())).collect();
    assert_eq!(ours["wechatpay-signature"], answers[0]["signature"].as_str().unwrap());
}
