//! WeChat Pay's notifications: its keys and headers, what they mean, and the exact answers. What every provider has to
//! refuse is in `refusals.rs`.

use http::{HeaderMap, HeaderValue, StatusCode};
use oms_domain::payment::{PaymentFactKind, RefundFactStatus};
use oms_providers::callback::{Callback, CallbackProvider, WhyUnhandled, receive};
use oms_providers::error::ProviderError;
use serde_json::{Value, json};

use crate::support::{ORDER, REFERENCE, REFUND, money, now, only, order, with};
use crate::wechatpay_support::{
    KEY_ID, OLD_API_V3_KEY, SERIAL, TRANSACTION, enciphered, notification, refund_notice, signed, transaction,
    wechatpay,
};

fn said(body: &Value) -> Result<Callback, ProviderError> {
    let body = body.to_string();
    receive(&wechatpay(), &signed(SERIAL, body.as_bytes()), body.as_bytes(), now()).map(only)
}

fn kind(body: &Value) -> Result<PaymentFactKind, &'static str> {
    match said(body) {
        Ok(Callback::Fact { fact, .. }) => Ok(fact.kind),
        Ok(Callback::Unhandled { why, .. }) => Err(why.name()),
        Err(error) => Err(error.name()),
    }
}

fn paid(over: Value) -> Value {
    notification("TRANSACTION.SUCCESS", &transaction(over))
}

#[test]
fn keys_by_their_names_and_headers_that_must_be_there() {
    let body = paid(json!({})).to_string();
    let check = |headers: &HeaderMap| {
        receive(&wechatpay(), headers, body.as_bytes(), now()).map_or_else(|error| error.name(), |_| "ok")
    };
    let good = signed(SERIAL, body.as_bytes());
    assert_eq!(check(&good), "ok");
    assert_eq!(check(&signed(KEY_ID, body.as_bytes())), "ok", "a public key by its id");
    assert_eq!(check(&signed("a1b2c3d4e5f60718293a4b5c6d7e8f901234567", body.as_bytes())), "ok", "as a number");
    let signature = good["wechatpay-signature"].to_str().unwrap().to_owned();
    let probe = format!("WECHATPAY/SIGNTEST/{signature}");
    for (header, value, expected) in [
        ("wechatpay-signature", probe.as_str(), "SignatureMalformed"),
        ("wechatpay-signature", "WECHATPAY/SIGNTEST/AAAA", "SignatureMalformed"),
        ("wechatpay-signature", "WECHATPAY/SIGNTEST/AAAAA", "SignatureMismatch"),
        ("wechatpay-nonce", "another", "SignatureMismatch"),
        ("wechatpay-serial", "PUB_KEY_ID_0000000000000000", "SignatureMalformed"),
        ("wechatpay-serial", "00", "SignatureMalformed"),
        ("wechatpay-signature-type", "WECHATPAY2-SM2-WITH-SM3", "SignatureMalformed"),
        ("wechatpay-signature-type", "", "SignatureMissing"),
    ] {
        let mut headers = good.clone();
        headers.insert(header, HeaderValue::from_str(value).unwrap());
        assert_eq!(check(&headers), expected, "{header}: {value}");
    }
    for header in ["wechatpay-nonce", "wechatpay-serial"] {
        let mut headers = good.clone();
        headers.append(header, good[header].clone());
        assert_eq!(check(&headers), "SignatureMalformed", "{header} twice");
        headers.remove(header);
        assert_eq!(check(&headers), "SignatureMissing", "no {header}");
    }
    let mut headers = good;
    headers.remove("wechatpay-signature-type");
    assert_eq!(check(&headers), "ok", "it says nothing that the others do not");
}

#[test]
fn payments() {
    let captured = Ok(PaymentFactKind::Captured { amount: money("186.00", "CNY") });
    for (over, expected) in [
        (json!({}), captured.clone()),
        (json!({"trade_state": "REFUND"}), captured.clone()),
        (json!({"amount": {"total": 18_600}}), captured),
        (json!({"trade_state": "NOTPAY"}), Ok(PaymentFactKind::Pending)),
        (json!({"trade_state": "USERPAYING"}), Ok(PaymentFactKind::Pending)),
        (json!({"trade_state": "A_STATE_OF_NEXT_YEAR"}), Ok(PaymentFactKind::Pending)),
        (json!({"trade_state": "CLOSED"}), Ok(PaymentFactKind::Cancelled)),
        (json!({"trade_state": "REVOKED"}), Ok(PaymentFactKind::Cancelled)),
        (
            json!({"trade_state": "PAYERROR", "trade_state_desc": "余额不足"}),
            Ok(PaymentFactKind::Failed { reason: "余额不足".to_owned() }),
        ),
        (json!({"transaction_id": null}), Err("no_payment")),
        (json!({"amount": null}), Err("EventUnreadable")),
        (json!({"amount": {"total": null}}), Err("EventUnreadable")),
        (json!({"amount": {"total": "18600"}}), Err("EventUnreadable")),
        (json!({"amount": {"total": 186.5}}), Err("EventUnreadable")),
        (json!({"amount": {"total": -1}}), Err("AmountUnsupported")),
        (json!({"amount": {"total": 1, "currency": "HKD"}}), Err("CurrencyUnsupported")),
        (json!({"mchid": "1900000002"}), Err("EventUnreadable")),
        (json!({"appid": "wx0000000000000000"}), Err("EventUnreadable")),
        (json!({"appid": null}), Err("EventUnreadable")),
    ] {
        let label = over.to_string();
        assert_eq!(kind(&paid(over)), expected, "{label}");
    }
}

#[test]
fn the_fact_in_full() {
    let Callback::Fact { order_id, fact } = said(&paid(json!({}))).unwrap() else { panic!() };
    assert_eq!(order_id, Some(order()));
    assert_eq!(fact.key.as_str(), "wechatpay:EV-2018022511223320873");
    assert_eq!(fact.provider_payment_id, TRANSACTION);
    assert_eq!(fact.reference.unwrap().as_str(), REFERENCE);
    assert!(fact.live);
    let Callback::Fact { order_id, fact } = said(&paid(json!({"out_trade_no": "somebody-elses-1"}))).unwrap() else {
        panic!()
    };
    assert_eq!((order_id, fact.reference), (None, None), "looked up by WeChat Pay's id");
}

#[test]
fn refunds() {
    for (event, over, refund_id, status) in [
        ("REFUND.SUCCESS", json!({}), Some(REFUND), RefundFactStatus::Succeeded),
        ("REFUND.CLOSED", json!({"refund_status": "CLOSED"}), Some(REFUND), RefundFactStatus::Failed),
        ("REFUND.ABNORMAL", json!({"refund_status": "ABNORMAL"}), Some(REFUND), RefundFactStatus::Failed),
        ("REFUND.SUCCESS", json!({"refund_status": "PROCESSING"}), Some(REFUND), RefundFactStatus::Pending),
        (
            "REFUND.SUCCESS",
            json!({"out_refund_no": "50200207182018070300011301001"}),
            None,
            RefundFactStatus::Succeeded,
        ),
        ("REFUND.SUCCESS", json!({"out_refund_no": format!("{ORDER}-r")}), None, RefundFactStatus::Succeeded),
    ] {
        let label = over.to_string();
        let kind = kind(&notification(event, &refund_notice(over))).unwrap();
        let PaymentFactKind::Refund { refund_id: told, provider_refund_id, amount, status: said } = kind else {
            panic!("{kind:?}")
        };
        assert_eq!(told.as_ref().map(|id| id.as_str()), refund_id, "{label}");
        assert_eq!(provider_refund_id, "50200207182018070300011301001");
        assert_eq!(amount, money("20.00", "CNY"));
        assert_eq!(said, status, "{label}");
    }
    for (over, expected) in [
        (json!({"mchid": "1900000002"}), "EventUnreadable"),
        (json!({"refund_id": ""}), "EventUnreadable"),
        (json!({"transaction_id": ""}), "no_payment"),
        (json!({"amount": {"refund": 1, "currency": "USD"}}), "CurrencyUnsupported"),
    ] {
        assert_eq!(kind(&notification("REFUND.SUCCESS", &refund_notice(over))), Err(expected));
    }
}

#[test]
fn what_is_enciphered() {
    let plain = transaction(json!({})).to_string();
    let good = || enciphered("TRANSACTION.SUCCESS", plain.as_bytes(), OLD_API_V3_KEY);
    assert!(kind(&good()).is_ok(), "the key before the current one");
    let resource = |over: Value| {
        let resource = with(good()["resource"].clone(), over);
        with(good(), json!({"resource": resource}))
    };
    let ciphertext = good()["resource"]["ciphertext"].as_str().unwrap().to_owned();
    let mut flipped = ciphertext.clone().into_bytes();
    let tag = flipped.len() - 8;
    flipped[tag] = if flipped[tag] == b'A' { b'B' } else { b'A' };
    for over in [
        json!({"ciphertext": String::from_utf8(flipped).unwrap()}),
        json!({"ciphertext": &ciphertext[..20]}),
        json!({"ciphertext": ""}),
        json!({"ciphertext": "not base64"}),
        json!({"nonce": "fdasflkja485"}),
        json!({"nonce": "short"}),
        json!({"associated_data": "refund"}),
        json!({"associated_data": null}),
        json!({"algorithm": "AEAD_SM4_GCM"}),
    ] {
        let label = over.to_string();
        assert_eq!(kind(&resource(over)), Err("EventUnreadable"), "{label}");
    }
    let other = enciphered("TRANSACTION.SUCCESS", plain.as_bytes(), "an-api-v3-key-of-somebody-else-1");
    assert_eq!(kind(&other), Err("EventUnreadable"));
    assert_eq!(kind(&enciphered("TRANSACTION.SUCCESS", b"{", OLD_API_V3_KEY)), Err("EventUnreadable"));
}

#[test]
fn what_is_no_event_or_of_an_unknown_type() {
    for body in [json!({}), json!([])] {
        assert_eq!(kind(&body), Err("NotAnEvent"), "{body}");
    }
    let body = notification("PAYSCORE.USER_PAID", &json!({}));
    let Callback::Unhandled { key, kind, why } = said(&body).unwrap() else { panic!() };
    assert_eq!((key.as_str(), kind.as_str()), ("wechatpay:EV-2018022511223320873", "PAYSCORE.USER_PAID"));
    assert_eq!(why, WhyUnhandled::UnknownType);
}

#[test]
fn the_answers_to_the_byte() {
    let provider = wechatpay();
    let accepted = provider.accepted();
    assert_eq!((accepted.status, accepted.body.as_ref()), (StatusCode::OK, ""));
    let refused = provider.refused(&ProviderError::SignatureMismatch);
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    assert_eq!(refused.body, r#"{"code":"FAIL","message":"SignatureMismatch"}"#);
    let unreadable = ProviderError::EventUnreadable { kind: "x".to_owned(), detail: "\"quoted\"".to_owned() };
    assert_eq!(provider.refused(&unreadable).status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(provider.refused(&unreadable).body, r#"{"code":"FAIL","message":"EventUnreadable"}"#);
    let unavailable = provider.unavailable();
    assert_eq!(unavailable.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(unavailable.body, r#"{"code":"FAIL","message":"Unavailable"}"#);
    assert_eq!(unavailable.content_type, "application/json");
}
