//! Agreement with packages of npm for WeChat Pay (`wechatpay-axios-plugin`) and Alipay (`alipay-sdk`, which is Alipay's own):
//! they sign and we verify, we sign and they verify, enciphering included. Alipay's package signs requests and verifies
//! notifications and answers, but signs no notification. Stripe's package for Node is asked in `cross_check.rs`, beside the
//! one for Python.

use http::{HeaderMap, HeaderValue};
use jiff::Timestamp;
use oms_app::ports::PaymentGateway;
use oms_providers::alipay::AlipayClient;
use oms_providers::callback::receive;
use oms_providers::secret::Secret;
use oms_providers::wechatpay::resource::seal;
use oms_providers::wechatpay::signature::PlatformSigner;
use serde_json::{Map, Value, json};
use url::form_urlencoded;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::cross_check::ask_node;
use crate::support::{now, with};
use crate::{alipay_support, wechatpay_support};

const WECHATPAY: &str = "wechatpay_sign.cjs";
const ALIPAY: &str = "alipay_sign.cjs";
const OUR_PUBLIC_KEY: &str = include_str!("keys/ours.public.pem");

/// Their verifier looks at the machine's clock and cannot be told another time.
#[allow(clippy::disallowed_methods)]
fn wall_clock() -> Timestamp {
    Timestamp::now()
}

/// An object whose text trips up signatures over re-written JSON.
fn object() -> Value {
    wechatpay_support::transaction(json!({"attach": "T恤 ¥ \u{1f600} / \\ \n"}))
}

fn bodies() -> Vec<String> {
    let plain = wechatpay_support::notification("TRANSACTION.SUCCESS", &object());
    vec![plain.to_string(), serde_json::to_string_pretty(&plain).unwrap()]
}

#[test]
fn wechatpays_package_signs_and_we_verify() {
    use wechatpay_support::{KEY_ID, THEIRS, signed, wechatpay};
    let timestamp = now().as_second().to_string();
    let request = |body: &String| json!({"mode": "sign", "private_key": THEIRS, "timestamp": timestamp, "nonce": "a-nonce", "body": body});
    let Some(answers) = ask_node(WECHATPAY, &bodies().iter().map(request).collect::<Vec<_>>()) else { return };
    for (body, answer) in bodies().iter().zip(answers) {
        let theirs = answer["signature"].as_str().unwrap();
        let mut headers = signed(KEY_ID, body.as_bytes());
        assert_eq!(headers["wechatpay-signature"], theirs, "the two signers agree");
        headers.insert("wechatpay-signature", HeaderValue::from_str(theirs).unwrap());
        receive(&wechatpay(), &headers, body.as_bytes(), now()).unwrap();
        receive(&wechatpay(), &headers, format!("{body} ").as_bytes(), now()).unwrap_err();
    }
}

#[test]
fn we_sign_and_wechatpays_package_lets_it_through() {
    use wechatpay_support::{KEY_ID, THEIR_PUBLIC_KEY, THEIRS};
    let signer = PlatformSigner::new(KEY_ID, THEIRS).unwrap();
    let request = |body: &str, at: Timestamp, sent: &str| {
        let headers = signer.headers(at, "a-nonce", body.as_bytes()).unwrap();
        let headers: Map<String, Value> =
            headers.into_iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect();
        json!({"mode": "receive", "public_key": THEIR_PUBLIC_KEY, "public_key_id": KEY_ID, "headers": headers, "body": sent})
    };
    let mut requests: Vec<Value> = bodies().iter().map(|body| request(body, wall_clock(), body)).collect();
    let body = bodies().remove(0);
    requests.push(request(&body, wall_clock(), &body.replace("EV-", "EW-")));
    requests.push(request(&body, Timestamp::UNIX_EPOCH, &body));
    let Some(mut answers) = ask_node(WECHATPAY, &requests) else { return };
    for refused in answers.split_off(bodies().len()) {
        assert!(refused["error"].is_string(), "their verifier does refuse: {refused}");
    }
    for (body, answer) in bodies().iter().zip(answers) {
        assert_eq!(answer["data"], *body);
    }
}

#[test]
fn what_one_side_enciphers_the_other_deciphers() {
    use wechatpay_support::{API_V3_KEY, KEY_ID, signed, wechatpay};
    let plain = object().to_string();
    let (nonce, about) = ("fdasflkja484", "transaction");
    let ours = seal(&Secret::parse("test", API_V3_KEY).unwrap(), nonce, about, plain.as_bytes()).unwrap();
    let request = |mode: &str, over: Value| {
        with(json!({"mode": mode, "key": API_V3_KEY, "nonce": nonce, "associated_data": about}), over)
    };
    let requests = [
        request("encipher", json!({"plain": plain})),
        request("decipher", json!({"ciphertext": ours})),
        request("decipher", json!({"ciphertext": ours, "associated_data": "refund"})),
    ];
    let Some(answers) = ask_node(WECHATPAY, &requests) else { return };
    assert_eq!(answers[0]["ciphertext"], ours);
    assert_eq!(answers[1]["plain"], plain);
    assert!(answers[2]["error"].is_string(), "their decipherer does refuse");
    // And theirs through our front door.
    let resource = json!({"original_type": about, "algorithm": "AEAD_AES_256_GCM", "associated_data": about, "nonce": nonce,
        "ciphertext": answers[0]["ciphertext"]});
    let body = with(wechatpay_support::notification("TRANSACTION.SUCCESS", &json!({})), json!({"resource": resource}));
    let body = body.to_string();
    receive(&wechatpay(), &signed(KEY_ID, body.as_bytes()), body.as_bytes(), now()).unwrap();
}

/// The first request that a server got.
async fn first_request(server: &MockServer) -> Request {
    server.received_requests().await.unwrap().remove(0)
}

#[tokio::test]
async fn our_requests_to_wechatpay_are_signed_as_its_package_does() {
    use wechatpay_support::{OURS, answer, client, refund, refund_of};
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(answer(200, &refund(json!({})))).mount(&server).await;
    client(&server.uri()).refund(&refund_of()).await;
    let sent = first_request(&server).await;
    let ours = sent.headers["authorization"].to_str().unwrap().to_owned();
    let field = |name: &str| {
        let start = ours.find(&format!("{name}=\"")).unwrap() + name.len() + 2;
        ours[start..].split('"').next().unwrap().to_owned()
    };
    let request = |mode: &str, over: Value| {
        let of = json!({"mode": mode, "method": "POST", "path": "/v3/refund/domestic/refunds", "timestamp": field("timestamp"),
            "nonce": field("nonce_str"), "body": String::from_utf8(sent.body.clone()).unwrap(), "mchid": field("mchid"),
            "serial": field("serial_no"), "private_key": OURS, "public_key": OUR_PUBLIC_KEY, "signature": field("signature")});
        with(of, over)
    };
    let requests = [
        request("authorize", json!({})),
        request("verify_request", json!({})),
        request("verify_request", json!({"nonce": "another"})),
    ];
    let Some(answers) = ask_node(WECHATPAY, &requests) else { return };
    // The same members, in whichever order.
    let members = |header: &str| {
        let (scheme, rest) = header.split_once(' ').unwrap();
        let mut members: Vec<String> = rest.split(',').map(str::to_owned).collect();
        members.sort();
        (scheme.to_owned(), members)
    };
    assert_eq!(members(answers[0]["authorization"].as_str().unwrap()), members(&ours));
    assert_eq!(answers[1]["verified"], true);
    assert_eq!(answers[2]["verified"], false, "their verifier does refuse");
}

/// The pairs of a form, the signature apart.
fn pairs(form: &[u8]) -> (Map<String, Value>, Option<String>) {
    let mut pairs: Map<String, Value> =
        form_urlencoded::parse(form).into_owned().map(|(key, value)| (key, Value::from(value))).collect();
    let sign = pairs.remove("sign").and_then(|sign| sign.as_str().map(str::to_owned));
    (pairs, sign)
}

#[test]
fn we_sign_notifications_and_alipays_own_code_verifies() {
    use alipay_support::{OURS, THEIR_PUBLIC_KEY, fields, signer};
    let variants: [&[(&str, &str)]; 3] =
        [&[], &[("subject", "中文 + % & = \" \\ /"), ("body", "")], &[("refund_fee", "20.00"), ("out_biz_no", "R1")]];
    let request = |data: &Map<String, Value>| json!({"mode": "notification", "private_key": OURS, "public_key": THEIR_PUBLIC_KEY, "data": data});
    let mut requests = Vec::new();
    for over in variants {
        let form = signer().form(&fields(over)).unwrap();
        let (mut data, sign) = pairs(form.as_bytes());
        data.insert("sign".to_owned(), json!(sign));
        requests.push(request(&data));
        data.insert("total_amount".to_owned(), json!("1.00"));
        requests.push(request(&data));
    }
    let Some(answers) = ask_node(ALIPAY, &requests) else { return };
    for pair in answers.chunks(2) {
        assert_eq!(pair[0]["verified"], true);
        assert_eq!(pair[1]["verified"], false, "their verifier does refuse");
    }
}

#[test]
fn answers_that_we_sign_alipays_own_code_takes() {
    use alipay_support::{OURS, THEIR_PUBLIC_KEY, signer};
    let node = r#"{"code":"10000","msg":"成功 {}","sub":{"sign":"x"},"refund_fee":"20.00"}"#;
    let name = "alipay_trade_refund_response";
    let body = format!(r#"{{"{name}":{node},"sign":"{}"}}"#, signer().node(node).unwrap());
    let request = |body: &str| json!({"mode": "answer", "private_key": OURS, "public_key": THEIR_PUBLIC_KEY, "body": body, "name": name});
    let Some(answers) = ask_node(ALIPAY, &[request(&body), request(&body.replace("20.00", "30.00"))]) else { return };
    assert_eq!(answers[0]["verified"], true, "{}", answers[0]);
    assert_eq!(answers[1]["verified"], false, "their verifier does refuse");
}

#[tokio::test]
async fn our_requests_to_alipay_are_signed_as_its_own_code_does() {
    use alipay_support::{OURS, THEIR_PUBLIC_KEY, client, refund_of};
    async fn sent(client: fn(&str) -> AlipayClient) -> (Map<String, Value>, Option<String>) {
        let server = MockServer::start().await;
        Mock::given(method("POST")).respond_with(ResponseTemplate::new(500)).mount(&server).await;
        client(&server.uri()).refund(&refund_of()).await;
        let request = first_request(&server).await;
        pairs(&[request.url.query().unwrap().as_bytes(), b"&", &request.body].concat())
    }
    let (ours, signature) = sent(client).await;
    let content: Value = serde_json::from_str(ours["biz_content"].as_str().unwrap()).unwrap();
    let request = json!({"mode": "request", "private_key": OURS, "public_key": THEIR_PUBLIC_KEY, "method": ours["method"],
        "params": {"timestamp": ours["timestamp"], "format": ours["format"], "bizContent": content}});
    let Some(answers) = ask_node(ALIPAY, &[request]) else { return };
    let form = answers[0]["form"].as_str().unwrap();
    assert_eq!(pairs(form.as_bytes()), (ours, signature), "the same fields and the same signature");
    // A request has its `sign_type` signed, a notification has not: one is never taken for the other.
    let error = receive(&alipay_support::alipay(), &HeaderMap::new(), form.as_bytes(), now()).unwrap_err();
    assert_eq!(error.name(), "SignatureMismatch");
}
