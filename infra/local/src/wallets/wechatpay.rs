//! WeChat Pay, API v3: how it signs and seals what it says, and what it makes of a request.
//!
//! Source: <https://pay.weixin.qq.com/doc/v3/merchant/4012365342>.

use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::error::Unspecified;
use serde_json::{Value, json};

use super::books::{Books, Refund, Refused, Trade};
use super::{APPID, MCHID, MERCHANT_SERIAL, OURS, PLATFORM_SERIAL, Signed, THEIR_PUBLIC_KEY, keys};
use crate::error::{LocalError, Result};
use crate::stack_file::Wechatpay;
use crate::{clock, secrets};

const ALGORITHM: &str = "WECHATPAY2-SHA256-RSA2048";

/// What the stack is told of itself and of WeChat Pay.
pub fn secret(api_v3_key: &str) -> Value {
    json!({
        "mchid": MCHID, "appids": [APPID], "api_v3_keys": [api_v3_key], "merchant_serial": MERCHANT_SERIAL,
        "merchant_private_key": OURS, "public_keys": { PLATFORM_SERIAL: THEIR_PUBLIC_KEY }, "live": false,
    })
}

/// The notification that a trade was paid.
pub(super) fn paid(of: &Wechatpay, id: &str, trade: &Trade) -> Result<Signed> {
    let said = json!({
        "mchid": of.mchid, "appid": of.appid, "out_trade_no": trade.reference, "transaction_id": trade.id,
        "trade_type": "NATIVE", "trade_state": "SUCCESS", "trade_state_desc": "支付成功", "bank_type": "OTHERS",
        "success_time": clock::now().to_string(), "payer": { "openid": "o-local" },
        "amount": { "total": trade.cents, "payer_total": trade.cents, "currency": "CNY", "payer_currency": "CNY" },
    });
    notification(of, id, "TRANSACTION.SUCCESS", "transaction", &said)
}

/// The notification that a refund has gone through.
pub(super) fn refunded(of: &Wechatpay, id: &str, trade: &Trade, refund: &Refund) -> Result<Signed> {
    let said = json!({
        "mchid": of.mchid, "out_trade_no": trade.reference, "transaction_id": trade.id, "out_refund_no": refund.number,
        "refund_id": refund.id, "refund_status": "SUCCESS", "success_time": clock::now().to_string(),
        "amount": {
            "total": trade.cents, "refund": refund.cents, "payer_total": trade.cents, "payer_refund": refund.cents,
        },
    });
    notification(of, id, "REFUND.SUCCESS", "refund", &said)
}

fn notification(of: &Wechatpay, id: &str, kind: &str, about: &str, said: &Value) -> Result<Signed> {
    let nonce = secrets::hex::<6>()?;
    let body = json!({
        "id": id, "create_time": clock::now().to_string(), "resource_type": "encrypt-resource", "event_type": kind,
        "resource": {
            "original_type": about, "algorithm": "AEAD_AES_256_GCM", "associated_data": about, "nonce": nonce,
            "ciphertext": seal(&of.api_v3_key, &nonce, about, said.to_string().into_bytes())?,
        },
    });
    let body = body.to_string();
    let mut headers = signature(of, &body)?;
    headers.push(("content-type", "application/json".to_owned()));
    Ok(Signed { headers, body })
}

/// AES-256-GCM, the tag behind the ciphertext, in base64.
fn seal(key: &str, nonce: &str, about: &str, mut text: Vec<u8>) -> Result<String> {
    let failed = |error: Unspecified| LocalError::call("sealing a notification of WeChat Pay's", error.to_string());
    let key = UnboundKey::new(&AES_256_GCM, key.as_bytes()).map_err(failed)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce.as_bytes()).map_err(failed)?;
    LessSafeKey::new(key).seal_in_place_append_tag(nonce, Aad::from(about.as_bytes()), &mut text).map_err(failed)?;
    Ok(STANDARD.encode(text))
}

/// The headers that sign a notification or an answer.
pub(super) fn signature(of: &Wechatpay, body: &str) -> Result<Vec<(&'static str, String)>> {
    let (at, nonce) = (clock::now().as_second().to_string(), secrets::hex::<16>()?);
    Ok(vec![
        ("wechatpay-signature", keys::sign(&of.platform_private_key, &format!("{at}\n{nonce}\n{body}\n"))?),
        ("wechatpay-timestamp", at),
        ("wechatpay-nonce", nonce),
        ("wechatpay-serial", of.platform_serial.clone()),
        ("wechatpay-signature-type", ALGORITHM.to_owned()),
    ])
}

/// A request to the API.
#[derive(Debug)]
pub(super) struct Request<'r> {
    pub(super) method: &'r str,
    /// With its query.
    pub(super) path: &'r str,
    pub(super) headers: &'r HeaderMap,
    pub(super) body: &'r str,
}

/// What the API answers: a status, and a body unless it is 204.
pub(super) fn answer(of: &Wechatpay, books: &mut Books, request: &Request<'_>) -> (u16, Value) {
    if let Err(reason) = check(of, request) {
        books.violation(format!("WeChat Pay would refuse {} {}: {reason}", request.method, request.path));
        return failure(401, "SIGN_ERROR", reason);
    }
    let body: Value = serde_json::from_str(request.body).unwrap_or_default();
    let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let path = request.path.split('?').next().unwrap_or_default();
    const REFUNDS: &str = "/v3/refund/domestic/refunds";
    const BEGINNINGS: &str = "/v3/pay/transactions/";
    const TRADES: &str = "/v3/pay/transactions/out-trade-no/";
    if let ("POST", Some(kind @ ("native" | "h5" | "jsapi"))) = (request.method, path.strip_prefix(BEGINNINGS)) {
        let cents = body.pointer("/amount/total").and_then(Value::as_i64).unwrap_or_default();
        let wanted = [("/appid", of.appid.as_str()), ("/mchid", of.mchid.as_str()), ("/amount/currency", "CNY")];
        let is_whole = wanted.iter().all(|(pointer, value)| text(pointer) == *value)
            && ["/description", "/time_expire"].iter().all(|pointer| !text(pointer).is_empty())
            && text("/notify_url").starts_with("https://");
        if !is_whole {
            return failure(400, "PARAM_ERROR", "something is missing");
        }
        return match books.begin_once(text("/out_trade_no"), cents) {
            Some(trade) => (
                200,
                match kind {
                    "native" => json!({ "code_url": format!("weixin://wxpay/bizpayurl?pr={}", trade.id) }),
                    "h5" => json!({ "h5_url": format!("https://wx.tenpay.com/h5?prepay_id={}", trade.id) }),
                    _ => json!({ "prepay_id": trade.id }),
                },
            ),
            None => failure(403, "OUT_TRADE_NO_USED", "the number was used"),
        };
    }
    if (request.method, path) == ("POST", REFUNDS) {
        let cents = body.pointer("/amount/refund").and_then(Value::as_i64).unwrap_or_default();
        return match books.send_back(text("/transaction_id"), text("/out_refund_no"), cents) {
            Ok((made, is_new)) => (200, refund(&made, if is_new { "PROCESSING" } else { "SUCCESS" })),
            Err(Refused::NoTrade) => failure(404, "RESOURCE_NOT_EXISTS", "no such trade"),
            Err(Refused::OtherRefund) => failure(400, "INVALID_REQUEST", "the number is another refund's"),
            Err(Refused::TooMuch) => failure(403, "NOT_ENOUGH", "more than is left"),
        };
    }
    if let Some(number) = path.strip_prefix(REFUNDS).and_then(|rest| rest.strip_prefix('/')) {
        let missing = || failure(404, "RESOURCE_NOT_EXISTS", "no such refund");
        return books.refund(number).map_or_else(missing, |found| (200, refund(found, "SUCCESS")));
    }
    let missing = || failure(404, "ORDER_NOT_EXIST", "no such order");
    match path.strip_prefix(TRADES).map(|rest| rest.strip_suffix("/close").map_or((rest, false), |no| (no, true))) {
        Some((reference, true)) => match books.close(reference) {
            Some(true) => (204, Value::Null),
            Some(false) => failure(400, "ORDER_PAID", "it is paid"),
            None => missing(),
        },
        Some((reference, false)) => books.trade(reference).map_or_else(missing, |trade| (200, transaction(of, trade))),
        None => failure(404, "RESOURCE_NOT_EXISTS", "no such address"),
    }
}

/// The request's signature, by the shop's key, over all of it.
fn check(of: &Wechatpay, request: &Request<'_>) -> std::result::Result<(), &'static str> {
    let header = request.headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let fields = header.strip_prefix(ALGORITHM).ok_or("it is not signed")?.trim();
    let field = |name: &str| {
        let of_it = |pair: &&str| pair.split_once('=').is_some_and(|(key, _)| key.trim() == name);
        fields
            .split(',')
            .find(of_it)
            .and_then(|pair| Some(pair.split_once('=')?.1.trim_matches('"')))
            .unwrap_or_default()
    };
    if field("mchid") != of.mchid || field("serial_no") != of.merchant_serial {
        return Err("it is another merchant's");
    }
    let at: i64 = field("timestamp").parse().unwrap_or_default();
    if (clock::now().as_second() - at).abs() > 300 {
        return Err("it was signed at another time");
    }
    let Request { method, path, body, .. } = request;
    let text = format!("{method}\n{path}\n{at}\n{}\n{body}\n", field("nonce_str"));
    if keys::fits(OURS, &text, field("signature")) { Ok(()) } else { Err("its signature does not fit") }
}

fn refund(refund: &Refund, status: &str) -> Value {
    json!({
        "refund_id": refund.id, "out_refund_no": refund.number, "transaction_id": refund.trade, "channel": "ORIGINAL",
        "status": status, "amount": { "refund": refund.cents, "currency": "CNY" },
    })
}

fn transaction(of: &Wechatpay, trade: &Trade) -> Value {
    let state = match (trade.is_paid, trade.is_closed) {
        (true, _) => "SUCCESS",
        (false, true) => "CLOSED",
        (false, false) => "NOTPAY",
    };
    json!({
        "mchid": of.mchid, "appid": of.appid, "out_trade_no": trade.reference, "transaction_id": trade.id,
        "trade_state": state, "amount": { "total": trade.cents, "currency": "CNY" },
    })
}

fn failure(status: u16, code: &str, message: &str) -> (u16, Value) {
    (status, json!({ "code": code, "message": message }))
}
