//! Playing Adyen: its keys, its webhooks, its answers.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use jiff::Timestamp;
use oms_app::ports::RefundRequest;
use oms_providers::adyen::signature::AdyenSigner;
use oms_providers::adyen::{AdyenCallbacks, AdyenClient, AdyenConfig};
use oms_providers::callback::{Callback, receive};
use oms_providers::error::ProviderError;
use oms_providers::secret::AdyenSecrets;
use oms_testkit::time::FixedClock;
use serde_json::{Value, json};

use crate::support::{REFERENCE, now, refund_request, with};

pub const API_KEY: &str = "AQEdo-not-log-me";
pub const HMAC_KEY: &str = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056";
pub const OLD_HMAC_KEY: &str = "0f0e0d0c0b0a09080706050403020100f0e0d0c0b0a090807060504030201000";
pub const ACCOUNT: &str = "WaybillCOM";
pub const PSP: &str = "QFQTPCQ8HXSKGK82";
pub const REFUND_PSP: &str = "993617894906488A";

pub fn stored() -> Value {
    json!({
        "api_key": API_KEY, "hmac_keys": [HMAC_KEY, OLD_HMAC_KEY], "merchant_account": ACCOUNT, "live": true,
        "live_prefix": "1797a841fbb37ca7-Waybill", "capture": "automatic",
    })
}

pub fn secrets(over: Value) -> AdyenSecrets {
    AdyenSecrets::parse(&with(stored(), over).to_string()).unwrap()
}

pub fn adyen() -> AdyenCallbacks {
    AdyenCallbacks::new(&secrets(json!({}))).unwrap()
}

pub fn client_at(api_base: &str, at: Timestamp) -> AdyenClient {
    let timeout = Duration::from_secs(2);
    let config = AdyenConfig { api_base: Some(api_base.to_owned()), connect_timeout: timeout, timeout };
    AdyenClient::new(&secrets(json!({})), &config, Arc::new(FixedClock(at))).unwrap()
}

pub fn client(api_base: &str) -> AdyenClient {
    client_at(api_base, now())
}

/// The API of an account that takes promised money when it is asked to.
pub fn manual_client(api_base: &str) -> AdyenClient {
    let timeout = Duration::from_secs(2);
    let config = AdyenConfig { api_base: Some(api_base.to_owned()), connect_timeout: timeout, timeout };
    AdyenClient::new(&secrets(json!({"capture": "manual"})), &config, Arc::new(FixedClock(now()))).unwrap()
}

pub fn refund_of() -> RefundRequest {
    RefundRequest { provider_payment_id: PSP.to_owned(), ..refund_request() }
}

/// An item as Adyen sends it, with fields that nobody here reads.
pub fn item(code: &str, over: Value) -> Value {
    let base = json!({
        "additionalData": {"expiryDate": "03/2030", "authCode": "1234", "cardSummary": "7777"},
        "amount": {"currency": "CNY", "value": 18_600}, "eventCode": code, "eventDate": "2026-11-11T12:11:11+01:00",
        "merchantAccountCode": ACCOUNT, "merchantReference": REFERENCE, "operations": ["CANCEL", "CAPTURE", "REFUND"],
        "paymentMethod": "visa", "pspReference": PSP, "reason": "", "success": "true",
    });
    with(base, over)
}

/// The same, about a payment that something was done to.
pub fn modification(code: &str, over: Value) -> Value {
    with(item(code, json!({"pspReference": REFUND_PSP, "originalReference": PSP})), over)
}

/// With its signature, as far as there can be one.
pub fn signed(mut item: Value, key: &str) -> Value {
    let signature = AdyenSigner::new(key).unwrap().sign(&item).unwrap();
    item["additionalData"] = with(item["additionalData"].clone(), json!({"hmacSignature": signature}));
    item
}

pub fn notification(items: &[Value]) -> Value {
    let items: Vec<Value> = items.iter().map(|item| json!({"NotificationRequestItem": item})).collect();
    json!({"live": "true", "notificationItems": items})
}

pub fn receive_at(provider: &AdyenCallbacks, body: &Value) -> Result<Vec<Callback>, ProviderError> {
    receive(provider, &HeaderMap::new(), body.to_string().as_bytes(), now())
}

/// What a single item means that was signed with the current key.
pub fn said(item: Value) -> Result<Callback, ProviderError> {
    receive_at(&adyen(), &notification(&[signed(item, HMAC_KEY)])).map(crate::support::only)
}
