//! Alipay's API: the requests to the byte, what each answer means, and that only a signed one settles anything.

use std::collections::BTreeMap;

use oms_app::ports::{CancelAnswer, PaymentGateway, RefundAnswer, RefundRequest};
use oms_domain::body::Provider;
use oms_providers::alipay::signature::AlipaySigner;
use serde_json::{Value, json};
use wiremock::matchers::{method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::alipay_support::{APP_ID, OURS, TRADE, answer, client, refund_of, signer};
use crate::support::{REFERENCE, REFUND, cancel_request, money, with};

const REFUND_METHOD: &str = "alipay.trade.refund";
const QUERY_METHOD: &str = "alipay.trade.fastpay.refund.query";
const CLOSE_METHOD: &str = "alipay.trade.close";
const TRADE_METHOD: &str = "alipay.trade.query";

fn succeeded() -> RefundAnswer {
    RefundAnswer::Succeeded { reference: REFUND.to_owned() }
}

fn refused(reason: &str) -> RefundAnswer {
    RefundAnswer::Refused { reason: reason.to_owned() }
}

fn refunded(over: Value) -> ResponseTemplate {
    let base = json!({"code": "10000", "msg": "Success", "trade_no": TRADE, "out_trade_no": REFERENCE,
        "buyer_logon_id": "159****5620", "fund_change": "Y", "refund_fee": "20.00"});
    answer(REFUND_METHOD, &with(base, over))
}

fn found(over: Value) -> ResponseTemplate {
    let base = json!({"code": "10000", "msg": "Success", "trade_no": TRADE, "out_trade_no": REFERENCE,
        "out_request_no": REFUND, "total_amount": "186.00", "refund_amount": "20.00", "refund_status": "REFUND_SUCCESS"});
    answer(QUERY_METHOD, &with(base, over))
}

fn nothing() -> ResponseTemplate {
    answer(QUERY_METHOD, &json!({"code": "10000", "msg": "Success"}))
}

fn error(method: &str, code: &str, sub_code: &str, sub_msg: &str) -> ResponseTemplate {
    answer(method, &json!({"code": code, "msg": "Business Failed", "sub_code": sub_code, "sub_msg": sub_msg}))
}

async fn mount(server: &MockServer, api: &str, response: Option<ResponseTemplate>) {
    let times = u64::from(response.is_some());
    Mock::given(method("POST"))
        .and(path("/gateway.do"))
        .and(query_param("method", api))
        .respond_with(response.unwrap_or(ResponseTemplate::new(500)))
        .expect(times)
        .mount(server)
        .await;
}

async fn check(refund: ResponseTemplate, query: Option<ResponseTemplate>) -> RefundAnswer {
    let server = MockServer::start().await;
    mount(&server, REFUND_METHOD, Some(refund)).await;
    mount(&server, QUERY_METHOD, query).await;
    client(&server.uri()).refund(&refund_of()).await
}

async fn query(response: ResponseTemplate) -> RefundAnswer {
    let server = MockServer::start().await;
    mount(&server, QUERY_METHOD, Some(response)).await;
    client(&server.uri()).query_refund(&refund_of()).await
}

async fn cancel(close: ResponseTemplate, trade: Option<ResponseTemplate>) -> CancelAnswer {
    let server = MockServer::start().await;
    mount(&server, CLOSE_METHOD, Some(close)).await;
    mount(&server, TRADE_METHOD, trade).await;
    client(&server.uri()).cancel_payment(&cancel_request(None)).await
}

#[tokio::test]
async fn the_request_to_the_byte() {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(refunded(json!({}))).mount(&server).await;
    let client = client(&server.uri());
    assert_eq!(client.provider(), Provider::Alipay);
    for _ in 0..2 {
        assert_eq!(client.refund(&refund_of()).await, succeeded());
    }
    let requests = server.received_requests().await.unwrap();
    let [first, second] = requests.as_slice() else { panic!("{requests:?}") };
    assert_eq!((&first.url, &first.body), (&second.url, &second.body), "the same number at every attempt");
    let content = format!(r#"{{"out_request_no":"{REFUND}","refund_amount":"20.00","trade_no":"{TRADE}"}}"#);
    let body: BTreeMap<String, String> = url::form_urlencoded::parse(&first.body).into_owned().collect();
    assert_eq!(body, BTreeMap::from([("biz_content".to_owned(), content.clone())]));
    let text = format!(
        "app_id={APP_ID}&biz_content={content}&charset=utf-8&format=JSON&method=alipay.trade.refund&sign_type=RSA2&timestamp=2026-11-11 19:11:11&version=1.0"
    );
    let query: BTreeMap<String, String> = first.url.query_pairs().into_owned().collect();
    assert_eq!(query["sign"], AlipaySigner::new(OURS).unwrap().node(&text).unwrap());
    assert_eq!(query["timestamp"], "2026-11-11 19:11:11", "the time of Beijing");
    assert_eq!(query.len(), 8);
    assert_eq!(first.headers["content-type"], "application/x-www-form-urlencoded;charset=utf-8");
}

#[tokio::test]
async fn what_the_answers_to_a_refund_mean() {
    let unsigned = json!({"alipay_trade_refund_response": {"code": "40002", "sub_code": "isv.invalid-app-id"}});
    let gateway = json!({"error_response": {"code": "40004", "sub_code": "ACQ.TRADE_NOT_EXIST"}, "sign": ""});
    for (response, expected) in [
        (refunded(json!({})), succeeded()),
        (refunded(json!({"trade_no": "another"})), RefundAnswer::Unknown),
        (answer(REFUND_METHOD, &json!({"code": "10000"})), RefundAnswer::Unknown),
        (error(REFUND_METHOD, "20000", "aop.ACQ.SYSTEM_ERROR", ""), RefundAnswer::Unknown),
        (error(REFUND_METHOD, "40004", "ACQ.SYSTEM_ERROR", "系统异常"), RefundAnswer::Unknown),
        (error(REFUND_METHOD, "40004", "isp.unknow-error", ""), RefundAnswer::Unknown),
        (error(REFUND_METHOD, "40002", "isv.invalid-signature", "验签出错"), RefundAnswer::Unknown),
        (error(REFUND_METHOD, "40006", "isv.insufficient-isv-permissions", ""), RefundAnswer::Unknown),
        (error(REFUND_METHOD, "10003", "", ""), RefundAnswer::Unknown),
        (answer(TRADE_METHOD, &json!({"code": "10000"})), RefundAnswer::Unknown),
        (ResponseTemplate::new(200).set_body_json(unsigned), RefundAnswer::Unknown),
        (ResponseTemplate::new(200).set_body_json(gateway), RefundAnswer::Unknown),
        (ResponseTemplate::new(200).set_body_string("<html>"), RefundAnswer::Unknown),
        (ResponseTemplate::new(502), RefundAnswer::Unknown),
        (refunded(json!({})).set_body_string("{}"), RefundAnswer::Unknown),
    ] {
        let label = format!("{response:?}");
        assert_eq!(check(response, None).await, expected, "{label}");
    }
}

#[tokio::test]
async fn no_money_moved_is_looked_at() {
    let repeated = || refunded(json!({"fund_change": "N"}));
    assert_eq!(check(repeated(), Some(found(json!({})))).await, succeeded());
    assert_eq!(check(repeated(), Some(nothing())).await, RefundAnswer::Unknown);
    let refusal = || error(REFUND_METHOD, "40004", "ACQ.SELLER_BALANCE_NOT_ENOUGH", "卖家余额不足");
    let reason = "ACQ.SELLER_BALANCE_NOT_ENOUGH: 卖家余额不足";
    assert_eq!(check(refusal(), Some(nothing())).await, refused(reason));
    assert_eq!(check(refusal(), Some(found(json!({})))).await, succeeded());
    assert_eq!(check(refusal(), Some(ResponseTemplate::new(500))).await, RefundAnswer::Unknown);
    let other = found(json!({"refund_amount": "30.00"}));
    let discordant = error(REFUND_METHOD, "40004", "ACQ.DISCORDANT_REPEAT_REQUEST", "不一致的请求");
    assert_eq!(check(discordant, Some(other)).await, RefundAnswer::Unknown, "another amount under our number");
}

#[tokio::test]
async fn what_the_answers_to_a_query_mean() {
    let pending = RefundAnswer::Pending { reference: REFUND.to_owned() };
    for (response, expected) in [
        (found(json!({})), succeeded()),
        (found(json!({"refund_status": "A_STATUS_OF_NEXT_YEAR"})), pending),
        (found(json!({"refund_status": null})), RefundAnswer::NotFound),
        (nothing(), RefundAnswer::NotFound),
        (error(QUERY_METHOD, "40004", "ACQ.TRADE_NOT_EXIST", "交易不存在"), RefundAnswer::NotFound),
        (error(QUERY_METHOD, "40004", "ACQ.SYSTEM_ERROR", ""), RefundAnswer::Unknown),
        (error(QUERY_METHOD, "40002", "isv.invalid-app-id", ""), RefundAnswer::Unknown),
        (found(json!({"refund_amount": "20.01"})), RefundAnswer::Unknown),
        (found(json!({"refund_amount": 20})), RefundAnswer::Unknown),
        (found(json!({"out_request_no": "another"})), RefundAnswer::Unknown),
        (ResponseTemplate::new(200).set_body_string("{"), RefundAnswer::Unknown),
    ] {
        let label = format!("{response:?}");
        assert_eq!(query(response).await, expected, "{label}");
    }
}

/// The signature is over the node's own bytes: spaces, escapes and the order of fields included.
#[tokio::test]
async fn the_signature_is_over_the_raw_node() {
    let node = format!(
        r#"{{ "refund_status" : "REFUND_SUCCESS","code":"10000", "refund_amount":"20.00","out_request_no":"{REFUND}","note":"\u4e2d{{}}a/b" }}"#
    );
    let body = |node: &str, sign: &str| {
        let body = format!(r#"{{"sign":"{sign}","alipay_trade_fastpay_refund_query_response":{node}}}"#);
        ResponseTemplate::new(200).set_body_string(body)
    };
    let sign = signer().node(&node).unwrap();
    assert_eq!(query(body(&node, &sign)).await, succeeded());
    assert_eq!(query(body(&node.replace("a/b", "a\\/b"), &sign)).await, succeeded(), "signed before it was escaped");
    assert_eq!(query(body(&node.replace(" :", ":"), &sign)).await, RefundAnswer::Unknown);
    assert_eq!(query(body(&node.replace("20.00", "20.01"), &sign)).await, RefundAnswer::Unknown);
    assert_eq!(query(body(&node, "")).await, RefundAnswer::Unknown);
    assert_eq!(query(body(&node, "!")).await, RefundAnswer::Unknown);
}

#[tokio::test]
async fn what_cannot_be_asked_is_not_sent() {
    let closed = client("http://127.0.0.1:9");
    assert_eq!(closed.refund(&refund_of()).await, RefundAnswer::Unknown, "a lost answer");
    assert_eq!(closed.query_refund(&refund_of()).await, RefundAnswer::Unknown);
    assert_eq!(closed.cancel_payment(&cancel_request(None)).await, CancelAnswer::Unknown);
    for request in [
        RefundRequest { provider_payment_id: String::new(), ..refund_of() },
        RefundRequest { amount: money("20.00", "HKD"), ..refund_of() },
        RefundRequest { amount: money("0", "CNY"), ..refund_of() },
    ] {
        assert!(matches!(closed.refund(&request).await, RefundAnswer::Refused { .. }), "{request:?}");
    }
}

#[tokio::test]
async fn closing_a_trade() {
    let done = answer(CLOSE_METHOD, &json!({"code": "10000", "trade_no": TRADE, "out_trade_no": REFERENCE}));
    assert_eq!(cancel(done, None).await, CancelAnswer::Cancelled);
    assert_eq!(cancel(error(CLOSE_METHOD, "40004", "ACQ.SYSTEM_ERROR", ""), None).await, CancelAnswer::Unknown);
    let trade = |status: &str| {
        let node = json!({"code": "10000", "trade_no": TRADE, "out_trade_no": REFERENCE, "trade_status": status,
            "total_amount": "186.00"});
        answer(TRADE_METHOD, &node)
    };
    let reason = "ACQ.TRADE_STATUS_ERROR: 交易状态不合法".to_owned();
    for (looked, expected) in [
        (
            trade("TRADE_SUCCESS"),
            CancelAnswer::Found { provider_payment_id: TRADE.to_owned(), amount: money("186.00", "CNY") },
        ),
        (
            trade("TRADE_FINISHED"),
            CancelAnswer::Found { provider_payment_id: TRADE.to_owned(), amount: money("186.00", "CNY") },
        ),
        (trade("TRADE_CLOSED"), CancelAnswer::Cancelled),
        (trade("WAIT_BUYER_PAY"), CancelAnswer::Refused { reason }),
        (trade("A_STATUS_OF_NEXT_YEAR"), CancelAnswer::Unknown),
        (error(TRADE_METHOD, "40004", "ACQ.TRADE_NOT_EXIST", "交易不存在"), CancelAnswer::Cancelled),
        (error(TRADE_METHOD, "40004", "ACQ.SYSTEM_ERROR", ""), CancelAnswer::Unknown),
        (
            answer(TRADE_METHOD, &json!({"code": "10000", "out_trade_no": "another", "trade_status": "TRADE_CLOSED"})),
            CancelAnswer::Unknown,
        ),
        (ResponseTemplate::new(500), CancelAnswer::Unknown),
    ] {
        let label = format!("{looked:?}");
        let close = error(CLOSE_METHOD, "40004", "ACQ.TRADE_STATUS_ERROR", "交易状态不合法");
        assert_eq!(cancel(close, Some(looked)).await, expected, "{label}");
    }
}
