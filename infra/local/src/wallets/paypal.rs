//! PayPal's API and webhooks: how it signs what it says, and what it makes of a request.
//!
//! Source: <https://developer.paypal.com/api/rest/webhooks/rest/> and <https://developer.paypal.com/docs/api/payments/v2/>.

use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Crc;
use serde_json::{Value, json};

use super::books::{Books, Refund, Refused, Trade, cents, yuan};
use super::{CLIENT_ID, MERCHANT_ID, Signed, THEIR_CERTIFICATE, WEBHOOK_ID, keys};
use crate::clock;
use crate::error::Result;
use crate::stack_file::Paypal;

/// The access token that the API gives.
const TOKEN: &str = "A21AA-local";

/// What the stack is told of itself and of PayPal.
pub fn secret(client_secret: &str) -> Value {
    json!({
        "client_id": CLIENT_ID, "client_secret": client_secret, "webhook_id": WEBHOOK_ID, "merchant_id": MERCHANT_ID,
        "certificates": [THEIR_CERTIFICATE], "live": false,
    })
}

/// The webhook that a payment was captured.
pub(super) fn paid(of: &Paypal, id: &str, trade: &Trade) -> Result<Signed> {
    let resource = json!({
        "id": trade.id, "status": "COMPLETED", "amount": amount(trade.cents), "custom_id": trade.reference,
        "payee": { "merchant_id": of.merchant_id }, "final_capture": true,
        "seller_receivable_breakdown": {
            "gross_amount": amount(trade.cents), "paypal_fee": amount(fee(trade.cents)),
            "net_amount": amount(trade.cents - fee(trade.cents)),
        },
    });
    webhook(of, id, "PAYMENT.CAPTURE.COMPLETED", "capture", &resource)
}

/// The webhook that the buyer's bank promises the money.
///
/// # Errors
/// The stack's keys cannot sign.
pub fn promised(of: &Paypal, id: &str, trade: &Trade) -> Result<Signed> {
    let resource = json!({
        "id": trade.id, "status": "CREATED", "amount": amount(trade.cents), "custom_id": trade.reference,
        "payee": { "merchant_id": of.merchant_id },
    });
    webhook(of, id, "PAYMENT.AUTHORIZATION.CREATED", "authorization", &resource)
}

/// The webhook that a refund has gone through.
pub(super) fn refunded(of: &Paypal, id: &str, refund: &Refund) -> Result<Signed> {
    webhook(of, id, "PAYMENT.CAPTURE.REFUNDED", "refund", &made(refund))
}

fn webhook(of: &Paypal, id: &str, kind: &str, about: &str, resource: &Value) -> Result<Signed> {
    let now = clock::now().to_string();
    let body = json!({
        "id": format!("WH-{id}"), "event_version": "1.0", "create_time": now, "resource_type": about, "event_type": kind,
        "resource": resource, "links": [],
    });
    let body = body.to_string();
    let transmission = format!("{id}-transmission");
    let mut crc = Crc::new();
    crc.update(body.as_bytes());
    let text = format!("{transmission}|{now}|{}|{}", of.webhook_id, crc.sum());
    let headers = vec![
        ("content-type", "application/json".to_owned()),
        ("paypal-transmission-id", transmission),
        ("paypal-transmission-time", now),
        ("paypal-transmission-sig", keys::sign(&of.private_key, &text)?),
        ("paypal-auth-algo", "SHA256withRSA".to_owned()),
        ("paypal-cert-url", "https://api.sandbox.paypal.com/v1/notifications/certs/CERT-local".to_owned()),
    ];
    Ok(Signed { headers, body })
}

/// What the API answers.
pub(super) fn answer(
    of: &Paypal,
    books: &mut Books,
    (method, path): (&str, &str),
    headers: &HeaderMap,
    body: &str,
) -> (u16, Value) {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_login = (method, path) == ("POST", "/v1/oauth2/token");
    let expected = if is_login {
        format!("Basic {}", STANDARD.encode(format!("{}:{}", of.client_id, of.client_secret)))
    } else {
        format!("Bearer {TOKEN}")
    };
    if header("authorization") != expected {
        books.violation(format!("PayPal would refuse {method} {path}: it does not know who asks"));
        return (401, json!({ "name": "AUTHENTICATION_FAILURE", "message": "Authentication failed" }));
    }
    if is_login {
        return (200, json!({ "access_token": TOKEN, "token_type": "Bearer", "expires_in": 600 }));
    }
    let parts: Vec<&str> =
        path.trim_start_matches("/v2/payments/").trim_start_matches("/v2/checkout/").split('/').collect();
    match (method, parts.as_slice()) {
        ("POST", ["orders"]) => {
            let content: Value = serde_json::from_str(body).unwrap_or_default();
            let text = |pointer: &str| content.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
            let reference = header("paypal-request-id");
            let is_for_later = text("/intent") == "AUTHORIZE";
            if text("/purchase_units/0/custom_id") != reference || !(is_for_later || text("/intent") == "CAPTURE") {
                books.violation(format!("{reference} is not the number in the order itself"));
            }
            let is_new = books.trade(reference).is_none();
            let begun = books.begin_once(reference, cents(text("/purchase_units/0/amount/value")));
            if begun.is_some() && books.for_later(reference, is_new && is_for_later) != is_for_later {
                books.violation(format!("{reference} was begun to be taken at once and later"));
            }
            let begun = begun.and_then(|_| books.trade(reference));
            begun.map_or_else(|| refused("DUPLICATE_INVOICE_ID"), |trade| (201, checkout(trade)))
        }
        ("POST", ["orders", id, "authorize"]) => {
            let Some(trade) = books.trade_by_id(id).cloned() else { return missing() };
            if !trade.is_for_later {
                books.violation(format!("{id} is an order of another intent"));
                return refused("ACTION_DOES_NOT_MATCH_INTENT");
            }
            if !trade.is_approved {
                return refused("ORDER_NOT_APPROVED");
            }
            let promised = books.promise(&trade.reference);
            promised.map_or_else(|| refused("ORDER_ALREADY_AUTHORIZED"), |trade| (201, checkout(&trade)))
        }
        ("GET", ["orders", id]) => books.trade_by_id(id).map_or_else(missing, |trade| (200, checkout(trade))),
        ("POST", ["captures", capture, "refund"]) => {
            let content: Value = serde_json::from_str(body).unwrap_or_default();
            let text = |pointer: &str| content.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
            let number = header("paypal-request-id");
            if text("/invoice_id") != number || text("/custom_id") != number {
                books.violation(format!("{number} is not the number in the refund itself"));
            }
            match books.send_back(capture, number, cents(text("/amount/value"))) {
                Ok((refund, is_new)) => (if is_new { 201 } else { 200 }, made(&refund)),
                Err(Refused::NoTrade) => missing(),
                Err(Refused::OtherRefund) => refused("DUPLICATE_INVOICE_ID"),
                Err(Refused::TooMuch) => refused("REFUND_AMOUNT_EXCEEDED"),
            }
        }
        ("POST", ["authorizations", id, "capture"]) => {
            let content: Value = serde_json::from_str(body).unwrap_or_default();
            let value = content.pointer("/amount/value").and_then(Value::as_str).unwrap_or_default();
            match books.take(id, header("paypal-request-id"), cents(value)) {
                Ok((trade, is_new)) => (if is_new { 201 } else { 200 }, taken(&trade)),
                Err(Refused::NoTrade) => missing(),
                Err(Refused::OtherRefund) => refused("AUTHORIZATION_ALREADY_CAPTURED"),
                Err(Refused::TooMuch) => refused("MAX_CAPTURE_AMOUNT_EXCEEDED"),
            }
        }
        ("POST", ["authorizations", id, "void"]) => match books.void(id) {
            Some(true) => (204, Value::Null),
            Some(false) => refused("PREVIOUSLY_CAPTURED"),
            None => missing(),
        },
        ("GET", ["authorizations", id]) => {
            let shown = |trade: &Trade| {
                let status = match (trade.is_closed, trade.taken.is_some()) {
                    (true, _) => "VOIDED",
                    (false, true) => "CAPTURED",
                    (false, false) => "CREATED",
                };
                (200, json!({ "id": trade.id, "status": status, "amount": amount(trade.cents) }))
            };
            books.trade_by_id(id).filter(|trade| trade.is_promised).map_or_else(missing, shown)
        }
        ("GET", ["refunds", id]) => books.refund_by_id(id).map_or_else(missing, |refund| (200, made(refund))),
        ("GET", ["captures", id]) => {
            let capture = |trade: &Trade| {
                let status = if trade.is_paid { "COMPLETED" } else { "PENDING" };
                (200, json!({ "id": id, "status": status, "amount": amount(trade.cents) }))
            };
            books.trade_by_id(id).map_or_else(missing, capture)
        }
        _ => missing(),
    }
}

/// What was taken of a promise, under a number of its own.
fn taken(trade: &Trade) -> Value {
    let id = trade.taken.as_ref().map_or(trade.id.as_str(), |(_, id)| id.as_str());
    json!({
        "id": id, "status": "COMPLETED", "amount": amount(trade.cents), "custom_id": trade.reference, "final_capture": true,
    })
}

/// An order of PayPal's, which has the number of its capture or authorization here. The stand-in's buyers approve and pay in one
/// where the money is taken at once.
fn checkout(trade: &Trade) -> Value {
    let mut unit = json!({
        "custom_id": trade.reference, "invoice_id": trade.reference, "amount": amount(trade.cents),
        "payee": { "merchant_id": MERCHANT_ID },
    });
    if let (true, Some(unit)) = (trade.is_paid, unit.as_object_mut()) {
        let capture = json!({ "id": trade.id, "status": "COMPLETED", "amount": amount(trade.cents) });
        unit.insert("payments".to_owned(), json!({ "captures": [capture] }));
    }
    if let (true, false, Some(unit)) = (trade.is_promised, trade.is_paid, unit.as_object_mut()) {
        let status = if trade.is_closed { "VOIDED" } else { "CREATED" };
        let promise = json!({ "id": trade.id, "status": status, "amount": amount(trade.cents) });
        unit.insert("payments".to_owned(), json!({ "authorizations": [promise] }));
    }
    let status = match (trade.is_paid || trade.is_promised, trade.is_approved) {
        (true, _) => "COMPLETED",
        (false, true) => "APPROVED",
        (false, false) => "PAYER_ACTION_REQUIRED",
    };
    let intent = if trade.is_for_later { "AUTHORIZE" } else { "CAPTURE" };
    let page = format!("https://www.sandbox.paypal.com/checkoutnow?token={}", trade.id);
    json!({
        "id": trade.id, "intent": intent, "status": status, "purchase_units": [unit],
        "links": [{ "href": page, "rel": "payer-action", "method": "GET" }],
    })
}

fn made(refund: &Refund) -> Value {
    let capture = format!("https://api.sandbox.paypal.com/v2/payments/captures/{}", refund.trade);
    json!({
        "id": refund.id, "status": "COMPLETED", "amount": amount(refund.cents), "custom_id": refund.number,
        "invoice_id": refund.number, "links": [{ "href": capture, "rel": "up", "method": "GET" }],
        "seller_payable_breakdown": { "gross_amount": amount(refund.cents), "paypal_fee": amount(0) },
    })
}

/// What PayPal keeps of a capture, and does not give back with a refund.
fn fee(cents: i64) -> i64 {
    cents * 29 / 1_000
}

fn refused(issue: &str) -> (u16, Value) {
    (422, json!({ "name": "UNPROCESSABLE_ENTITY", "details": [{ "issue": issue, "description": "the stand-in" }] }))
}

fn missing() -> (u16, Value) {
    (404, json!({ "name": "RESOURCE_NOT_FOUND", "details": [{ "issue": "INVALID_RESOURCE_ID" }] }))
}

fn amount(cents: i64) -> Value {
    json!({ "currency_code": "CNY", "value": yuan(cents) })
}
