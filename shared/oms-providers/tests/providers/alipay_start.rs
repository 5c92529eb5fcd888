//! Beginning a payment at Alipay: the forms and the request to the byte, and what each answer means.

use std::collections::BTreeMap;

use oms_app::ports::{NextAction, PaymentGateway, StartAnswer, StartRequest, Started};
use oms_domain::payment_start::PayerClient;
use oms_providers::alipay::signature::AlipaySigner;
use serde_json::{Value, json};
use url::Url;
use wiremock::matchers::{method, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::alipay_support::{APP_ID, OURS, answer, client};
use crate::support::{REFERENCE, money, not_started, start_request};

const PRECREATE: &str = "alipay.trade.precreate";
const NOTIFY: &str = "https://shop.example/v1/payments/alipay/callbacks";

fn started(next: NextAction) -> StartAnswer {
    StartAnswer::Started(Started { provider_payment_id: None, object: None, next })
}

fn asked(client: PayerClient) -> StartRequest {
    StartRequest { client, description: "订单 W-1 & more=less".into(), ..start_request() }
}

fn content(product: &str) -> String {
    format!(
        r#"{{"out_trade_no":"{REFERENCE}"{product},"subject":"订单 W-1 - more-less","time_expire":"2026-11-11 19:41:11","total_amount":"186.00"}}"#
    )
}

#[tokio::test]
async fn the_forms_to_the_byte() {
    for (kind, api, product) in [
        (PayerClient::Web, "alipay.trade.page.pay", "FAST_INSTANT_TRADE_PAY"),
        (PayerClient::MobileWeb, "alipay.trade.wap.pay", "QUICK_WAP_WAY"),
    ] {
        // Nothing is called: there is nobody at this address.
        let said = client("http://127.0.0.1:1").start(&asked(kind)).await;
        let StartAnswer::Started(Started { provider_payment_id: None, object: None, next }) = said else {
            panic!("{said:?}")
        };
        let NextAction::Form { action, method, fields } = next else { panic!("{next:?}") };
        let content = content(&format!(r#","product_code":"{product}""#));
        assert_eq!((method, fields), ("POST", BTreeMap::from([("biz_content".to_owned(), content.clone())])));
        let url = Url::parse(&action).unwrap();
        assert_eq!((url.host_str(), url.path()), (Some("127.0.0.1"), "/gateway.do"));
        let query: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
        let text = format!(
            "app_id={APP_ID}&biz_content={content}&charset=utf-8&format=JSON&method={api}&notify_url={NOTIFY}&return_url=https://shop.example/thanks?o=1&sign_type=RSA2&timestamp=2026-11-11 19:11:11&version=1.0"
        );
        assert_eq!(query["sign"], AlipaySigner::new(OURS).unwrap().node(&text).unwrap());
        assert_eq!(query.len(), 10);
    }
}

async fn scan(response: ResponseTemplate) -> (StartAnswer, BTreeMap<String, String>) {
    let server = MockServer::start().await;
    let post = Mock::given(method("POST")).and(query_param("method", PRECREATE));
    post.respond_with(response).expect(1).mount(&server).await;
    let said = client(&server.uri()).start(&asked(PayerClient::Qr)).await;
    let requests = server.received_requests().await.unwrap();
    let body: BTreeMap<String, String> = url::form_urlencoded::parse(&requests[0].body).into_owned().collect();
    assert_eq!(body, BTreeMap::from([("biz_content".to_owned(), content(""))]));
    (said, requests[0].url.query_pairs().into_owned().collect())
}

#[tokio::test]
async fn a_code_to_scan() {
    let code = "https://qr.alipay.com/bax03431ljhokirwl38f00a7";
    let node = |over: &str| json!({"code": "10000", "msg": "Success", "out_trade_no": over, "qr_code": code});
    let error = |code: &str, sub_code: &str| {
        answer(PRECREATE, &json!({"code": code, "msg": "Business Failed", "sub_code": sub_code, "sub_msg": "文字"}))
    };
    let (said, query) = scan(answer(PRECREATE, &node(REFERENCE))).await;
    assert_eq!(said, started(NextAction::QrCode { url: code.into() }));
    assert_eq!(query["notify_url"], NOTIFY);
    assert!(!query.contains_key("return_url"));
    let unsigned: Value = json!({"alipay_trade_precreate_response": node(REFERENCE), "sign": "AAAA"});
    for (response, expected) in [
        (answer(PRECREATE, &node("another")), StartAnswer::Unknown),
        (answer(PRECREATE, &json!({"code": "10000"})), StartAnswer::Unknown),
        (ResponseTemplate::new(200).set_body_json(unsigned), StartAnswer::Unknown),
        (error("40004", "ACQ.TRADE_HAS_SUCCESS"), started(NextAction::Wait)),
        (error("40004", "ACQ.TRADE_HAS_CLOSE"), not_started("ACQ.TRADE_HAS_CLOSE: 文字")),
        (error("40004", "ACQ.SYSTEM_ERROR"), StartAnswer::Unknown),
        (error("40002", "isv.invalid-signature"), StartAnswer::Unknown),
        (ResponseTemplate::new(502), StartAnswer::Unknown),
    ] {
        let label = format!("{response:?}");
        assert_eq!(scan(response).await.0, expected, "{label}");
    }
}

/// Alipay refuses special characters, and a channel's order number may have any.
#[tokio::test]
async fn a_subject_of_plain_characters() {
    for (description, subject) in [
        ("Order W-1", "Order W-1"),
        ("订单 2026_11.11-№7", "订单 2026_11.11--7"),
        ("Order A/1=2&3", "Order A-1-2-3"),
        ("Order #7+8%<\"\\>'*", "Order -7-8-------"),
        ("Заказ Ñ-é-١٢", "Заказ Ñ-é-١٢"),
        ("Order 🎁", "Order -"),
    ] {
        let request = StartRequest { description: description.into(), ..asked(PayerClient::Web) };
        let client = client("http://127.0.0.1:1");
        for _ in 0..2 {
            let StartAnswer::Started(Started { next: NextAction::Form { fields, .. }, .. }) =
                client.start(&request).await
            else {
                panic!("{description}")
            };
            let content: Value = serde_json::from_str(&fields["biz_content"]).unwrap();
            assert_eq!(content["subject"], subject, "{description}");
        }
    }
}

#[tokio::test]
async fn what_is_never_begun() {
    let client = client("http://127.0.0.1:1");
    let said = client.start(&asked(PayerClient::MiniProgram)).await;
    assert_eq!(said, not_started("a mini program of Alipay's is not supported"));
    let dollars = StartRequest { amount: money("1.00", "USD"), ..asked(PayerClient::Web) };
    assert!(matches!(client.start(&dollars).await, StartAnswer::Refused { .. }));
}
