//! Adyen's Checkout API and webhooks: how it signs what it says, and what it makes of a request.
//!
//! Source: <https://docs.adyen.com/development-resources/webhooks> and <https://docs.adyen.com/api-explorer/Checkout/71>.

use axum::http::HeaderMap;
use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use ring::hmac;
use serde_json::{Value, json};

use super::books::{Books, Refund, Refused, Trade};
use super::{MERCHANT_ACCOUNT, Signed};
use crate::clock;
use crate::error::{LocalError, Result};
use crate::stack_file::Adyen;

/// What the stack is told of itself and of Adyen.
pub fn secret(api_key: &str, hmac_key: &str) -> Value {
    json!({
        "api_key": api_key, "hmac_keys": [hmac_key], "merchant_account": MERCHANT_ACCOUNT, "live": false,
        "capture": "automatic",
    })
}

/// The webhook that a payment was authorised, which is money where Adyen captures by itself. Adyen knows it by the
/// payment and the type alone.
pub(super) fn paid(of: &Adyen, trade: &Trade) -> Result<Signed> {
    let about = json!({ "pspReference": trade.id, "merchantReference": trade.reference });
    notification(of, "AUTHORISATION", trade.cents, about)
}

/// The webhook that a refund has gone through.
pub(super) fn refunded(of: &Adyen, trade: &Trade, refund: &Refund) -> Result<Signed> {
    let about = json!({ "pspReference": refund.id, "originalReference": trade.id, "merchantReference": refund.number });
    notification(of, "REFUND", refund.cents, about)
}

fn notification(of: &Adyen, code: &str, cents: i64, mut item: Value) -> Result<Signed> {
    let text = |name: &str| item.get(name).and_then(Value::as_str).unwrap_or_default();
    let (psp, original, reference) = (text("pspReference"), text("originalReference"), text("merchantReference"));
    let account = &of.merchant_account;
    let signed = format!("{psp}:{original}:{account}:{reference}:{cents}:CNY:{code}:true");
    let key = HEXLOWER_PERMISSIVE
        .decode(of.hmac_key.as_bytes())
        .map_err(|error| LocalError::call("reading Adyen's HMAC key", error))?;
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), signed.as_bytes());
    let rest = json!({
        "eventCode": code, "success": "true", "eventDate": clock::now().to_string(), "merchantAccountCode": account,
        "amount": { "currency": "CNY", "value": cents }, "paymentMethod": "visa", "reason": "",
        "additionalData": { "hmacSignature": BASE64.encode(tag.as_ref()) },
    });
    if let (Some(item), Value::Object(rest)) = (item.as_object_mut(), rest) {
        item.extend(rest);
    }
    let body = json!({ "live": "false", "notificationItems": [{ "NotificationRequestItem": item }] }).to_string();
    Ok(Signed { headers: vec![("content-type", "application/json".to_owned())], body })
}

/// What the API answers on this path, which begins behind the version.
pub(super) fn answer(
    of: &Adyen,
    books: &mut Books,
    (method, path): (&str, &str),
    headers: &HeaderMap,
    body: &str,
) -> (u16, Value) {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if header("x-api-key") != of.api_key {
        books.violation(format!("Adyen would refuse {path}: it has not our API key"));
        return failure(401, "000", "security", "HTTP Status Response - Unauthorized");
    }
    let content: Value = serde_json::from_str(body).unwrap_or_default();
    let text = |pointer: &str| content.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    if let (method @ ("GET" | "PATCH"), Some(id)) = (method, path.strip_prefix("paymentLinks/")) {
        let Some(trade) = id.strip_prefix("PL").and_then(|id| books.trade_by_id(id)).cloned() else {
            return failure(404, "000", "validation", "no such link");
        };
        if (method, trade.is_paid) == ("PATCH", true) {
            return failure(422, "29_002", "validation", "the link is completed");
        }
        if method == "PATCH" {
            books.close(&trade.reference);
        }
        return (200, link(books.trade(&trade.reference).unwrap_or(&trade)));
    }
    if method != "POST" {
        return failure(404, "000", "validation", "no such address");
    }
    if text("/merchantAccount") != of.merchant_account || header("idempotency-key").is_empty() {
        books.violation(format!("Adyen would refuse {path}: another account's, or without a key"));
        return failure(403, "901", "security", "Invalid Merchant Account");
    }
    let parts: Vec<&str> = path.split('/').collect();
    match parts.as_slice() {
        ["payments", payment, "refunds"] => {
            let amount = content.pointer("/amount").cloned().unwrap_or_default();
            let cents = amount.get("value").and_then(Value::as_i64).unwrap_or_default();
            match books.send_back(payment, text("/reference"), cents) {
                Ok((refund, _)) => received(json!({
                    "pspReference": refund.id, "paymentPspReference": payment, "reference": refund.number,
                    "amount": amount,
                })),
                Err(Refused::NoTrade) => failure(422, "167", "validation", "Original pspReference required"),
                Err(Refused::OtherRefund) => failure(422, "704", "validation", "request already processed"),
                Err(Refused::TooMuch) => failure(422, "137", "validation", "Invalid amount specified"),
            }
        }
        ["payments", payment, "captures"] => {
            let amount = content.pointer("/amount").cloned().unwrap_or_default();
            let cents = amount.get("value").and_then(Value::as_i64).unwrap_or_default();
            match books.take(payment, header("idempotency-key"), cents) {
                Ok((trade, _)) => received(json!({
                    "pspReference": trade.taken.map(|(_, id)| id), "paymentPspReference": payment,
                    "reference": text("/reference"), "amount": amount,
                })),
                Err(Refused::NoTrade) => failure(422, "167", "validation", "Original pspReference required"),
                Err(Refused::OtherRefund) => failure(422, "704", "validation", "request already processed"),
                Err(Refused::TooMuch) => failure(422, "137", "validation", "Invalid amount specified"),
            }
        }
        ["paymentLinks"] => {
            let (reference, value) = (text("/reference"), content.pointer("/amount/value"));
            let cents = value.and_then(Value::as_i64).unwrap_or_default();
            if header("idempotency-key") != reference {
                books.violation(format!("{reference} is begun under another key"));
            }
            let begun = books.begin_once(reference, cents);
            begun.map_or_else(|| failure(422, "14_031", "validation", "the reference is over"), |it| (201, link(&it)))
        }
        // Whether it came in time would be told later.
        ["payments", payment, "cancels"] => {
            books.void(payment);
            received(json!({ "pspReference": format!("{payment}C"), "paymentPspReference": payment }))
        }
        ["cancels"] => {
            let reference = text("/paymentReference");
            books.close(reference);
            received(json!({ "pspReference": format!("{reference}C"), "paymentReference": reference }))
        }
        _ => failure(404, "000", "validation", "no such address"),
    }
}

fn link(trade: &Trade) -> Value {
    let status = match (trade.is_paid, trade.is_closed) {
        (true, _) => "completed",
        (false, true) => "expired",
        (false, false) => "active",
    };
    json!({
        "id": format!("PL{}", trade.id), "url": format!("https://test.adyen.link/PL{}", trade.id), "status": status,
        "reference": trade.reference, "amount": { "currency": "CNY", "value": trade.cents },
    })
}

fn received(mut of: Value) -> (u16, Value) {
    if let Some(fields) = of.as_object_mut() {
        fields.insert("status".to_owned(), json!("received"));
        fields.insert("merchantAccount".to_owned(), json!(MERCHANT_ACCOUNT));
    }
    (201, of)
}

fn failure(status: u16, code: &str, kind: &str, message: &str) -> (u16, Value) {
    (status, json!({ "status": status, "errorCode": code, "errorType": kind, "message": message }))
}
