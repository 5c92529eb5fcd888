//! Beginning a payment at WeChat Pay: each kind's request to the byte, what each answer means, what is signed.

use std::sync::Arc;

use oms_app::ports::{NextAction, Payer, PaymentGateway, StartAnswer, StartRequest, Started};
use oms_domain::payment_start::PayerClient;
use oms_providers::alipay::signature::AlipaySigner;
use oms_providers::wechatpay::{WechatpayClient, WechatpayConfig};
use oms_testkit::time::FixedClock;
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{REFERENCE, money, not_started, now, start_request};
use crate::wechatpay_support::{APPID, MCHID, OURS, answer, client, secrets};

const OPENID: &str = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o";

fn started(next: NextAction) -> StartAnswer {
    StartAnswer::Started(Started { provider_payment_id: None, object: None, next })
}

fn request(client: PayerClient) -> StartRequest {
    let payer = Payer { openid: Some(OPENID.into()), appid: None, ip: Some("203.0.113.7".into()) };
    StartRequest { client, payer, description: "订单 W-1".into(), ..start_request() }
}

/// What a kind of client's order is asked with, and what comes of the answer.
async fn ask(kind: &str, request: &StartRequest, response: ResponseTemplate) -> (StartAnswer, String) {
    let server = MockServer::start().await;
    let to = format!("/v3/pay/transactions/{kind}");
    Mock::given(method("POST")).and(path(to)).respond_with(response).expect(2).mount(&server).await;
    let client = client(&server.uri());
    let answer = client.start(request).await;
    client.start(request).await;
    let requests = server.received_requests().await.unwrap();
    let [first, second] = requests.as_slice() else { panic!("{requests:?}") };
    assert_eq!(first.body, second.body, "the same to WeChat Pay at every attempt");
    assert!(first.headers["authorization"].to_str().unwrap().starts_with("WECHATPAY2-SHA256-RSA2048 mchid="));
    (answer, String::from_utf8(first.body.clone()).unwrap())
}

fn body(rest: &str) -> String {
    format!(
        r#"{{"appid":"{APPID}","mchid":"{MCHID}","description":"订单 W-1","out_trade_no":"{REFERENCE}","time_expire":"2026-11-11T19:41:11+08:00","notify_url":"https://shop.example/v1/payments/wechatpay/callbacks","amount":{{"total":18600,"currency":"CNY"}}{rest}}}"#
    )
}

#[tokio::test]
async fn the_requests_to_the_byte() {
    let code = "weixin://wxpay/bizpayurl?pr=p4lpSuKzz";
    for kind in [PayerClient::Web, PayerClient::Qr] {
        let (said, sent) = ask("native", &request(kind), answer(200, &json!({"code_url": code}))).await;
        assert_eq!((said, sent), (started(NextAction::QrCode { url: code.into() }), body("")));
    }
    let page = "https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx2&package=1";
    let (said, sent) = ask("h5", &request(PayerClient::MobileWeb), answer(200, &json!({"h5_url": page}))).await;
    let url = format!("{page}&redirect_url=https%3A%2F%2Fshop.example%2Fthanks%3Fo%3D1");
    assert_eq!(said, started(NextAction::Redirect { url }));
    assert_eq!(sent, body(r#","scene_info":{"payer_client_ip":"203.0.113.7","h5_info":{"type":"Wap"}}"#));
    let prepay = answer(200, &json!({"prepay_id": "wx201410272009395522657a690389285100"}));
    let (said, sent) = ask("jsapi", &request(PayerClient::MiniProgram), prepay).await;
    assert_eq!(sent, body(&format!(r#","payer":{{"openid":"{OPENID}"}}"#)));
    let StartAnswer::Started(Started { next: NextAction::Invoke { fields }, .. }) = said else { panic!("{said:?}") };
    assert_eq!(fields["appId"], APPID);
    assert_eq!(fields["timeStamp"], now().as_second().to_string());
    assert_eq!(
        (fields["package"].as_str(), fields["signType"].as_str()),
        ("prepay_id=wx201410272009395522657a690389285100", "RSA")
    );
    let text = format!("{APPID}\n{}\n{}\n{}\n", fields["timeStamp"], fields["nonceStr"], fields["package"]);
    assert_eq!(fields["paySign"], AlipaySigner::new(OURS).unwrap().node(&text).unwrap());
    assert_eq!(fields.len(), 6);
}

#[tokio::test]
async fn what_the_answers_mean() {
    let code = || json!({"code_url": "weixin://wxpay/bizpayurl?pr=1"});
    let error = |status, code: &str| answer(status, &json!({"code": code, "message": "文字"}));
    let another = |said: &str| {
        format!("this attempt was begun for another client, app or payer, open a further attempt ({said})")
    };
    let unsigned = ResponseTemplate::new(200).set_body_json(code());
    let kind = request(PayerClient::Qr);
    for (response, expected) in [
        (answer(200, &code()), started(NextAction::QrCode { url: "weixin://wxpay/bizpayurl?pr=1".into() })),
        (unsigned, StartAnswer::Unknown),
        (answer(200, &json!({"prepay_id": "wx2"})), StartAnswer::Unknown),
        (answer(200, &Value::Null), StartAnswer::Unknown),
        (error(400, "ORDERPAID"), started(NextAction::Wait)),
        (error(400, "ORDER_CLOSED"), not_started("ORDER_CLOSED: 文字")),
        (error(400, "INVALID_REQUEST"), not_started("INVALID_REQUEST: 文字")),
        (error(403, "OUT_TRADE_NO_USED"), not_started(&another("OUT_TRADE_NO_USED: 文字"))),
        (
            answer(400, &json!({"code": "INVALID_REQUEST", "message": "201 商户订单号重复"})),
            not_started(&another("INVALID_REQUEST: 201 商户订单号重复")),
        ),
        (error(401, "SIGN_ERROR"), StartAnswer::Unknown),
        (error(403, "NO_AUTH"), StartAnswer::Unknown),
        (error(429, "FREQUENCY_LIMITED"), StartAnswer::Unknown),
        (error(500, "SYSTEM_ERROR"), StartAnswer::Unknown),
    ] {
        let label = format!("{response:?}");
        assert_eq!(ask("native", &kind, response).await.0, expected, "{label}");
    }
    let insecure = answer(200, &json!({"h5_url": "http://wx.tenpay.com/"}));
    assert_eq!(ask("h5", &request(PayerClient::MobileWeb), insecure).await.0, StartAnswer::Unknown);
}

#[tokio::test]
async fn what_is_never_sent() {
    let client = client("http://127.0.0.1:1");
    for (request, reason) in [
        (StartRequest { payer: Payer::default(), ..request(PayerClient::MobileWeb) }, "payer.ip is needed"),
        (StartRequest { payer: Payer::default(), ..request(PayerClient::MiniProgram) }, "payer.openid is needed"),
        (
            StartRequest {
                payer: Payer { appid: Some("wx_x".into()), ..Payer::default() },
                ..request(PayerClient::Qr)
            },
            "payer.appid is none of the shop's",
        ),
    ] {
        assert_eq!(client.start(&request).await, not_started(reason));
    }
    let dollars = StartRequest { amount: money("1.00", "USD"), ..request(PayerClient::Qr) };
    assert!(matches!(client.start(&dollars).await, StartAnswer::Refused { .. }));
    let config = WechatpayConfig { api_base: "http://127.0.0.1:1".into(), ..WechatpayConfig::default() };
    let silent = WechatpayClient::new(&secrets(), &config, Arc::new(FixedClock(now()))).unwrap();
    let expected = not_started("it has no address to call back: PUBLIC_API_URL is not set");
    assert_eq!(silent.start(&request(PayerClient::Qr)).await, expected);
}
