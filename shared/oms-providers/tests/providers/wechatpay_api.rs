//! WeChat Pay's API: the requests to the byte, what each answer means, and that only a signed one settles anything.

use oms_app::ports::{CancelAnswer, PaymentGateway, RefundAnswer, RefundRequest};
use oms_domain::body::Provider;
use oms_domain::id::RefundId;
use oms_providers::alipay::signature::AlipaySigner;
use serde_json::{Value, json};
use wiremock::matchers::{body_string, method, path, query_param};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::support::{REFERENCE, REFUND, cancel_request, money, now};
use crate::wechatpay_support::{
    MCHID, MERCHANT_SERIAL, OURS, TRANSACTION, answer, client, refund, refund_of, transaction,
};

const REFUNDS: &str = "/v3/refund/domestic/refunds";
const RID: &str = "50000000382019052709732678859";

fn succeeded() -> RefundAnswer {
    RefundAnswer::Succeeded { reference: RID.to_owned() }
}

fn pending() -> RefundAnswer {
    RefundAnswer::Pending { reference: RID.to_owned() }
}

fn refused(reason: &str) -> RefundAnswer {
    RefundAnswer::Refused { reason: reason.to_owned() }
}

fn error(code: &str, message: &str) -> Value {
    json!({"code": code, "message": message})
}

fn not_found() -> ResponseTemplate {
    answer(404, &error("RESOURCE_NOT_EXISTS", "退款单不存在"))
}

fn refund_path() -> String {
    format!("{REFUNDS}/{REFUND}")
}

/// Checks the parts of `Authorization` of which one is by chance: the signature is the one that our key makes of it.
fn check_authorization(request: &Request, signed_path: &str) {
    let header = request.headers["authorization"].to_str().unwrap();
    let fields = header.strip_prefix("WECHATPAY2-SHA256-RSA2048 ").unwrap();
    let field = |name: &str| {
        let start = fields.find(&format!("{name}=\"")).unwrap() + name.len() + 2;
        fields[start..].split('"').next().unwrap().to_owned()
    };
    assert_eq!(field("mchid"), MCHID);
    assert_eq!(field("serial_no"), MERCHANT_SERIAL);
    assert_eq!(field("timestamp"), now().as_second().to_string());
    assert_eq!(field("nonce_str").len(), 32);
    let body = String::from_utf8(request.body.clone()).unwrap();
    let text = format!("{}\n{signed_path}\n{}\n{}\n{body}\n", request.method, field("timestamp"), field("nonce_str"));
    assert_eq!(field("signature"), AlipaySigner::new(OURS).unwrap().node(&text).unwrap());
    assert_eq!(request.headers["accept"], "application/json");
}

/// What the client makes of an answer to POST, where the refund may be looked at afterwards.
async fn check(post: ResponseTemplate, looked: Option<ResponseTemplate>) -> RefundAnswer {
    let server = MockServer::start().await;
    Mock::given(method("POST")).and(path(REFUNDS)).respond_with(post).expect(1).mount(&server).await;
    let looks = u64::from(looked.is_some());
    let looked = looked.unwrap_or(ResponseTemplate::new(500));
    Mock::given(method("GET")).and(path(refund_path())).respond_with(looked).expect(looks).mount(&server).await;
    client(&server.uri()).refund(&refund_of()).await
}

async fn query(get: ResponseTemplate) -> RefundAnswer {
    let server = MockServer::start().await;
    Mock::given(method("GET")).and(path(refund_path())).respond_with(get).expect(1).mount(&server).await;
    client(&server.uri()).query_refund(&refund_of()).await
}

#[tokio::test]
async fn the_requests_to_the_byte() {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(answer(200, &refund(json!({})))).mount(&server).await;
    Mock::given(method("GET")).respond_with(answer(200, &refund(json!({})))).mount(&server).await;
    let client = client(&server.uri());
    assert_eq!(client.provider(), Provider::Wechatpay);
    for _ in 0..2 {
        assert_eq!(client.refund(&refund_of()).await, succeeded());
    }
    assert_eq!(client.query_refund(&refund_of()).await, succeeded());
    let requests = server.received_requests().await.unwrap();
    let [first, second, get] = requests.as_slice() else { panic!("{requests:?}") };
    assert_eq!(
        String::from_utf8(first.body.clone()).unwrap(),
        format!(
            r#"{{"transaction_id":"{TRANSACTION}","out_refund_no":"{REFUND}","notify_url":"https://shop.example/v1/payments/wechatpay/callbacks","amount":{{"refund":2000,"total":18600,"currency":"CNY"}}}}"#
        ),
    );
    assert_eq!(first.body, second.body, "the same number at every attempt");
    assert_ne!(first.headers["authorization"], second.headers["authorization"], "no nonce is used twice");
    assert_eq!(first.headers["content-type"], "application/json");
    check_authorization(first, REFUNDS);
    check_authorization(get, &refund_path());
    assert!(get.body.is_empty());
}

#[tokio::test]
async fn what_the_answers_to_a_refund_mean() {
    let with_status = |status: &str| answer(200, &refund(json!({"status": status})));
    for (post, expected) in [
        (with_status("SUCCESS"), succeeded()),
        (with_status("PROCESSING"), pending()),
        (with_status("A_STATE_OF_NEXT_YEAR"), pending()),
        (with_status("CLOSED"), refused("CLOSED")),
        (with_status("ABNORMAL"), refused("ABNORMAL")),
        (answer(200, &refund(json!({"out_refund_no": "another"}))), RefundAnswer::Unknown),
        (answer(200, &refund(json!({"amount": {"refund": 1_999, "currency": "CNY"}}))), RefundAnswer::Unknown),
        (answer(200, &refund(json!({"amount": {"refund": 2_000, "currency": "HKD"}}))), RefundAnswer::Unknown),
        (answer(200, &json!({})), RefundAnswer::Unknown),
        (answer(200, &Value::Null), RefundAnswer::Unknown),
        // About us, or for later: not known.
        (answer(401, &error("SIGN_ERROR", "签名错误")), RefundAnswer::Unknown),
        (answer(403, &error("NO_AUTH", "没有权限")), RefundAnswer::Unknown),
        (answer(404, &error("MCH_NOT_EXISTS", "商户号不存在")), RefundAnswer::Unknown),
        (answer(429, &error("FREQUENCY_LIMITED", "频率限制")), RefundAnswer::Unknown),
        (answer(500, &error("SYSTEM_ERROR", "系统超时")), RefundAnswer::Unknown),
        (answer(400, &error("SYSTEM_ERROR", "系统超时")), RefundAnswer::Unknown),
        (answer(302, &Value::Null), RefundAnswer::Unknown),
        (ResponseTemplate::new(502), RefundAnswer::Unknown),
        (ResponseTemplate::new(400).set_body_string("<html>"), RefundAnswer::Unknown),
    ] {
        let label = format!("{post:?}");
        assert_eq!(check(post, None).await, expected, "{label}");
    }
}

#[tokio::test]
async fn a_refusal_is_believed_when_there_is_no_such_refund() {
    let refusals = [
        (answer(403, &error("NOT_ENOUGH", "余额不足")), "NOT_ENOUGH: 余额不足"),
        (answer(400, &error("INVALID_REQUEST", "订单已全额退款")), "INVALID_REQUEST: 订单已全额退款"),
        (answer(404, &error("RESOURCE_NOT_EXISTS", "订单不存在")), "RESOURCE_NOT_EXISTS: 订单不存在"),
        // Errors without a signature are taken on the word of TLS.
        (ResponseTemplate::new(400).set_body_json(error("PARAM_ERROR", "")), "PARAM_ERROR"),
    ];
    for (post, reason) in refusals {
        assert_eq!(check(post, Some(not_found())).await, refused(reason));
    }
    let post = || answer(400, &error("INVALID_REQUEST", "订单已全额退款"));
    assert_eq!(check(post(), Some(answer(200, &refund(json!({}))))).await, succeeded(), "by this very refund");
    assert_eq!(check(post(), Some(ResponseTemplate::new(500))).await, RefundAnswer::Unknown);
}

#[tokio::test]
async fn an_answer_without_a_good_signature_is_none() {
    let good = || refund(json!({})).to_string();
    let unsigned = ResponseTemplate::new(200).set_body_string(good());
    let of_another_body = answer(200, &json!({})).set_body_string(good());
    let wrong_error = answer(404, &json!({})).set_body_json(error("RESOURCE_NOT_EXISTS", ""));
    let unknown_key = answer(200, &refund(json!({}))).insert_header("wechatpay-serial", "PUB_KEY_ID_1");
    for (get, label) in [
        (unsigned, "unsigned"),
        (of_another_body, "signed for another body"),
        (wrong_error, "an error, signed for another body"),
        (unknown_key, "signed by somebody"),
        (answer(200, &refund(json!({}))).insert_header("wechatpay-timestamp", "1"), "old"),
    ] {
        assert_eq!(query(get).await, RefundAnswer::Unknown, "{label}");
    }
}

#[tokio::test]
async fn what_the_answers_to_a_query_mean() {
    for (get, expected) in [
        (answer(200, &refund(json!({}))), succeeded()),
        (answer(200, &refund(json!({"status": "PROCESSING"}))), pending()),
        (not_found(), RefundAnswer::NotFound),
        (answer(404, &error("MCH_NOT_EXISTS", "")), RefundAnswer::Unknown),
        (answer(404, &Value::Null), RefundAnswer::Unknown),
        (ResponseTemplate::new(404), RefundAnswer::Unknown),
        (answer(400, &error("PARAM_ERROR", "")), RefundAnswer::Unknown),
        (answer(500, &error("SYSTEM_ERROR", "")), RefundAnswer::Unknown),
    ] {
        let label = format!("{get:?}");
        assert_eq!(query(get).await, expected, "{label}");
    }
}

#[tokio::test]
async fn what_cannot_be_asked_is_not_sent() {
    let closed = client("http://127.0.0.1:9");
    assert_eq!(closed.refund(&refund_of()).await, RefundAnswer::Unknown, "a lost answer");
    assert_eq!(closed.query_refund(&refund_of()).await, RefundAnswer::Unknown);
    assert_eq!(closed.cancel_payment(&cancel_request(None)).await, CancelAnswer::Unknown);
    for request in [
        RefundRequest { provider_payment_id: String::new(), ..refund_of() },
        RefundRequest { provider_payment_id: "../1".to_owned(), ..refund_of() },
        RefundRequest { amount: money("20.00", "USD"), ..refund_of() },
        RefundRequest { amount: money("0", "CNY"), ..refund_of() },
        RefundRequest { captured: money("186.00", "HKD"), ..refund_of() },
        RefundRequest { refund_id: RefundId::parse("a.b").unwrap(), ..refund_of() },
    ] {
        assert!(matches!(closed.refund(&request).await, RefundAnswer::Refused { .. }), "{request:?}");
    }
    let dots = RefundRequest { refund_id: RefundId::parse("..").unwrap(), ..refund_of() };
    assert_eq!(closed.query_refund(&dots).await, RefundAnswer::NotFound);
}

async fn cancel(close: ResponseTemplate, looked: Option<ResponseTemplate>) -> CancelAnswer {
    let server = MockServer::start().await;
    let order = format!("/v3/pay/transactions/out-trade-no/{REFERENCE}");
    Mock::given(method("POST"))
        .and(path(format!("{order}/close")))
        .and(body_string(format!(r#"{{"mchid":"{MCHID}"}}"#)))
        .respond_with(close)
        .expect(1)
        .mount(&server)
        .await;
    let looks = u64::from(looked.is_some());
    Mock::given(method("GET"))
        .and(path(&order))
        .and(query_param("mchid", MCHID))
        .respond_with(looked.unwrap_or(ResponseTemplate::new(500)))
        .expect(looks)
        .mount(&server)
        .await;
    let answer = client(&server.uri()).cancel_payment(&cancel_request(None)).await;
    if let Some(get) = server.received_requests().await.unwrap().get(1) {
        check_authorization(get, &format!("{order}?mchid={MCHID}"));
    }
    answer
}

#[tokio::test]
async fn closing_an_order() {
    let unknown = CancelAnswer::Unknown;
    for (close, expected) in [
        (answer(204, &Value::Null), CancelAnswer::Cancelled),
        (ResponseTemplate::new(204), unknown.clone()),
        (answer(500, &error("SYSTEM_ERROR", "")), unknown.clone()),
        (answer(401, &error("SIGN_ERROR", "")), unknown.clone()),
        (answer(429, &error("FREQUENCY_LIMITED", "")), unknown),
    ] {
        let label = format!("{close:?}");
        assert_eq!(cancel(close, None).await, expected, "{label}");
    }
}

#[tokio::test]
async fn an_order_that_cannot_be_closed_is_looked_at() {
    let state = |state: &str| answer(200, &transaction(json!({"trade_state": state})));
    let reason = CancelAnswer::Refused { reason: "ORDER_PAID: 该订单已支付".to_owned() };
    for (looked, expected) in [
        (
            state("SUCCESS"),
            CancelAnswer::Found { provider_payment_id: TRANSACTION.to_owned(), amount: money("186.00", "CNY") },
        ),
        (
            state("REFUND"),
            CancelAnswer::Found { provider_payment_id: TRANSACTION.to_owned(), amount: money("186.00", "CNY") },
        ),
        (state("CLOSED"), CancelAnswer::Cancelled),
        (state("REVOKED"), CancelAnswer::Cancelled),
        (state("NOTPAY"), reason.clone()),
        (state("PAYERROR"), reason),
        (state("USERPAYING"), CancelAnswer::Unknown),
        (state("A_STATE_OF_NEXT_YEAR"), CancelAnswer::Unknown),
        (answer(404, &error("ORDER_NOT_EXIST", "订单不存在")), CancelAnswer::Cancelled),
        (answer(404, &error("MCH_NOT_EXISTS", "")), CancelAnswer::Unknown),
        (answer(200, &transaction(json!({"out_trade_no": "another"}))), CancelAnswer::Unknown),
        (answer(200, &transaction(json!({"mchid": "1900000002"}))), CancelAnswer::Unknown),
        (answer(200, &transaction(json!({"amount": null}))), CancelAnswer::Unknown),
        (ResponseTemplate::new(200).set_body_json(transaction(json!({}))), CancelAnswer::Unknown),
        (ResponseTemplate::new(500), CancelAnswer::Unknown),
    ] {
        let label = format!("{looked:?}");
        let close = answer(400, &error("ORDER_PAID", "该订单已支付"));
        assert_eq!(cancel(close, Some(looked)).await, expected, "{label}");
    }
}
