//! Agreement with the `python-alipay-sdk` package of PyPI: it signs and we verify, we sign and it verifies, notifications,
//! requests and answers alike.

use http::HeaderMap;
use oms_app::ports::{PaymentGateway, RefundAnswer};
use oms_providers::callback::receive;
use serde_json::{Map, Value, json};
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::alipay_support::{OURS, THEIR_PUBLIC_KEY, THEIRS, alipay, client, fields, refund_of, signer};
use crate::cross_check::ask;
use crate::support::{REFUND, now};

const SCRIPT: &str = "alipay_sign.py";
const OUR_PUBLIC_KEY: &str = include_str!("keys/ours.public.pem");

fn object<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Map<String, Value> {
    pairs.into_iter().map(|(key, value)| (key.to_owned(), Value::from(value))).collect()
}

#[test]
fn the_package_signs_and_we_verify() {
    let variants: [&[(&str, &str)]; 3] =
        [&[], &[("subject", "中文 + % & = \" \\ /"), ("body", "")], &[("refund_fee", "20.00"), ("out_biz_no", REFUND)]];
    let request = |over: &&[(&str, &str)]| json!({"mode": "sign", "private_key": THEIRS, "public_key": OUR_PUBLIC_KEY, "data": object(fields(over))});
    let Some(answers) = ask(SCRIPT, &variants.iter().map(request).collect::<Vec<_>>()) else { return };
    for (over, answer) in variants.iter().zip(answers) {
        // As Alipay sends it: `sign_type` is in the form, and not signed.
        let body = format!("{}&sign_type=RSA2", answer["form"].as_str().unwrap());
        receive(&alipay(), &HeaderMap::new(), body.as_bytes(), now()).unwrap();
        receive(&alipay(), &HeaderMap::new(), format!("{body}&x=1").as_bytes(), now()).unwrap_err();
        let ours = signer().form(&fields(over)).unwrap();
        let sign =
            |form: &str| url::form_urlencoded::parse(form.as_bytes()).into_owned().find(|(key, _)| key == "sign");
        assert_eq!(sign(&ours), sign(&body), "the two signers agree");
    }
}

#[test]
fn we_sign_notifications_and_the_package_verifies() {
    let form = signer().form(&fields(&[])).unwrap();
    let mut data: Map<String, Value> =
        url::form_urlencoded::parse(form.as_bytes()).into_owned().map(|(k, v)| (k, Value::from(v))).collect();
    let sign = data.remove("sign").unwrap();
    let request = |data: &Map<String, Value>| json!({"mode": "verify", "private_key": OURS, "public_key": THEIR_PUBLIC_KEY, "data": data, "sign": sign});
    let good = request(&data);
    data.insert("total_amount".to_owned(), json!("1.00"));
    let Some(answers) = ask(SCRIPT, &[good, request(&data)]) else { return };
    assert_eq!(answers[0]["verified"], true);
    assert_eq!(answers[1]["verified"], false, "their verifier does refuse");
}

#[tokio::test]
async fn our_requests_are_signed_as_the_package_does() {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(500)).mount(&server).await;
    client(&server.uri()).refund(&refund_of()).await;
    let requests = server.received_requests().await.unwrap();
    let mut data: Map<String, Value> = requests[0]
        .url
        .query_pairs()
        .into_owned()
        .chain(url::form_urlencoded::parse(&requests[0].body).into_owned())
        .map(|(key, value)| (key, Value::from(value)))
        .collect();
    let ours = data.remove("sign").unwrap();
    let request = json!({"mode": "sign", "private_key": OURS, "public_key": THEIR_PUBLIC_KEY, "data": data});
    let Some(answers) = ask(SCRIPT, &[request]) else { return };
    assert_eq!(answers[0]["sign"], ours);
}

#[tokio::test]
async fn answers_that_the_package_signs_and_reads() {
    let node = format!(
        r#"{{"code":"10000","msg":"成功 {{}}","out_request_no":"{REFUND}","refund_amount":"20.00","refund_status":"REFUND_SUCCESS"}}"#
    );
    let name = "alipay_trade_fastpay_refund_query_response";
    let sign = json!({"mode": "sign_text", "private_key": THEIRS, "public_key": OUR_PUBLIC_KEY, "text": node});
    let ours = format!(r#"{{"{name}":{node},"sign":"{}"}}"#, signer().node(&node).unwrap());
    let read = json!({"mode": "read", "private_key": OURS, "public_key": THEIR_PUBLIC_KEY, "body": ours, "name": name});
    let mut forged = read.clone();
    forged["body"] = json!(ours.replace("20.00", "30.00"));
    let Some(answers) = ask(SCRIPT, &[sign, read, forged]) else { return };
    assert_eq!(answers[1]["node"]["refund_status"], "REFUND_SUCCESS", "{}", answers[1]);
    assert!(answers[2]["error"].is_string(), "their verifier does refuse");
    let theirs = format!(r#"{{"{name}":{node},"sign":"{}"}}"#, answers[0]["sign"].as_str().unwrap());
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(200).set_body_string(theirs)).mount(&server).await;
    let answer = client(&server.uri()).query_refund(&refund_of()).await;
    assert_eq!(answer, RefundAnswer::Succeeded { reference: REFUND.to_owned() });
}
