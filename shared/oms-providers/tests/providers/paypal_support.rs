//! Playing PayPal: its keys, its webhooks, its answers.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use oms_app::ports::{Clock, RefundRequest};
use oms_providers::callback::{Callback, receive};
use oms_providers::error::ProviderError;
use oms_providers::paypal::signature::PaypalSigner;
use oms_providers::paypal::{PaypalCallbacks, PaypalClient, PaypalConfig};
use oms_providers::secret::PaypalSecrets;
use oms_testkit::time::FixedClock;
use serde_json::{Value, json};

use crate::support::{REFERENCE, REFUND, now, refund_request, with};

pub const CLIENT_ID: &str = "AV-client";
pub const CLIENT_SECRET: &str = "EP-do-not-log-me";
pub const WEBHOOK: &str = "9GN12345AB678901C";
pub const MERCHANT: &str = "7LTPLLDPVNTCC";
pub const CAPTURE: &str = "42311647XV020574X";
pub const REFUND_ID: &str = "1JU08902781691411";
pub const THEIRS: &str = include_str!("keys/theirs.pkcs8.pem");
pub const THEIR_CERTIFICATE: &str = include_str!("keys/theirs.certificate.pem");

pub fn stored() -> Value {
    json!({
        "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "webhook_id": WEBHOOK, "merchant_id": MERCHANT,
        "certificates": [THEIR_CERTIFICATE], "live": true,
    })
}

pub fn secrets(over: Value) -> PaypalSecrets {
    PaypalSecrets::parse(&with(stored(), over).to_string()).unwrap()
}

pub fn paypal() -> PaypalCallbacks {
    PaypalCallbacks::new(&secrets(json!({})))
}

pub fn client_with(api_base: &str, clock: Arc<dyn Clock>) -> PaypalClient {
    let timeout = Duration::from_secs(2);
    let config = PaypalConfig { api_base: Some(api_base.to_owned()), connect_timeout: timeout, timeout };
    PaypalClient::new(&secrets(json!({})), &config, clock).unwrap()
}

pub fn client(api_base: &str) -> PaypalClient {
    client_with(api_base, Arc::new(FixedClock(now())))
}

pub fn refund_of() -> RefundRequest {
    RefundRequest { provider_payment_id: CAPTURE.to_owned(), ..refund_request() }
}

/// The headers under which PayPal sends a body.
pub fn signed(body: &[u8]) -> HeaderMap {
    signed_at(now(), body)
}

pub fn signed_at(at: Timestamp, body: &[u8]) -> HeaderMap {
    let signer = PaypalSigner::new(WEBHOOK, THEIRS).unwrap();
    let headers = signer.headers(at, "69cd13f0-d67a-11e5-baa3-778b53f4ae55", body).unwrap();
    headers.into_iter().map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_str(&v).unwrap())).collect()
}

/// A webhook, with fields that nobody here reads.
pub fn event(kind: &str, resource: Value) -> Value {
    let host = "https://api.paypal.com/v1/notifications/webhooks-events/WH-58D329510W468432D-8HN650336L201105X";
    json!({
        "id": "WH-58D329510W468432D-8HN650336L201105X", "event_version": "1.0", "create_time": "2026-11-11T11:11:10.940Z",
        "resource_type": "capture", "resource_version": "2.0", "event_type": kind, "summary": "A payment of ¥ 186.00",
        "resource": resource, "links": [{"href": host, "rel": "self", "method": "GET"}],
    })
}

pub fn capture(over: Value) -> Value {
    let base = json!({
        "id": CAPTURE, "status": "COMPLETED", "amount": {"currency_code": "CNY", "value": "186.00"}, "final_capture": true,
        "custom_id": REFERENCE, "payee": {"email_address": "shop@example.com", "merchant_id": MERCHANT},
        "seller_protection": {"status": "ELIGIBLE"}, "create_time": "2026-11-11T11:11:09Z",
        "links": [
            {"href": format!("https://api.paypal.com/v2/payments/captures/{CAPTURE}"), "rel": "self", "method": "GET"},
            {"href": "https://api.paypal.com/v2/checkout/orders/5O190127TN364715T", "rel": "up", "method": "GET"},
        ],
    });
    with(base, over)
}

pub fn refund(over: Value) -> Value {
    let base = json!({
        "id": REFUND_ID, "status": "COMPLETED", "amount": {"currency_code": "CNY", "value": "20.00"}, "custom_id": REFUND,
        "invoice_id": REFUND, "payer": {"merchant_id": MERCHANT}, "create_time": "2026-11-11T11:11:09Z",
        "links": [
            {"href": format!("https://api.paypal.com/v2/payments/refunds/{REFUND_ID}"), "rel": "self", "method": "GET"},
            {"href": format!("https://api.paypal.com/v2/payments/captures/{CAPTURE}"), "rel": "up", "method": "GET"},
        ],
    });
    with(base, over)
}

pub fn dispute(over: Value) -> Value {
    let base = json!({
        "dispute_id": "PP-D-4012", "reason": "MERCHANDISE_OR_SERVICE_NOT_RECEIVED", "status": "OPEN",
        "dispute_amount": {"currency_code": "CNY", "value": "186.00"}, "dispute_life_cycle_stage": "INQUIRY",
        "disputed_transactions": [{
            "seller_transaction_id": CAPTURE, "custom": REFERENCE, "seller": {"merchant_id": MERCHANT, "name": "Shop"},
            "gross_amount": {"currency_code": "CNY", "value": "186.00"}, "transaction_status": "COMPLETED",
        }],
    });
    with(base, over)
}

pub fn all_said(body: &Value) -> Result<Vec<Callback>, ProviderError> {
    let body = body.to_string();
    receive(&paypal(), &signed(body.as_bytes()), body.as_bytes(), now())
}
