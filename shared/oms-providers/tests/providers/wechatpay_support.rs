//! Playing WeChat Pay: its keys, its notifications, its signed answers.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use oms_app::ports::RefundRequest;
use oms_providers::secret::{Secret, WechatpaySecrets};
use oms_providers::wechatpay::resource::seal;
use oms_providers::wechatpay::signature::PlatformSigner;
use oms_providers::wechatpay::{WechatpayCallbacks, WechatpayClient, WechatpayConfig};
use oms_testkit::time::FixedClock;
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::support::{ORDER, REFERENCE, REFUND, now, refund_request, with};

pub const MCHID: &str = "1900000001";
pub const APPID: &str = "wxd678efh567hg6787";
pub const MERCHANT_SERIAL: &str = "3775B6A45ACD588826D15E583A95F5DD00000000";
pub const SERIAL: &str = "0A1B2C3D4E5F60718293A4B5C6D7E8F901234567";
pub const KEY_ID: &str = "PUB_KEY_ID_0119000000012024";
pub const API_V3_KEY: &str = "an-api-v3-key-of-32-characters-1";
pub const OLD_API_V3_KEY: &str = "an-api-v3-key-of-32-characters-0";
pub const TRANSACTION: &str = "1217752501201407033233368018";
pub const OURS: &str = include_str!("keys/ours.pkcs8.pem");
pub const THEIRS: &str = include_str!("keys/theirs.pkcs8.pem");
pub const THEIR_PUBLIC_KEY: &str = include_str!("keys/theirs.public.pem");
pub const THEIR_CERTIFICATE: &str = include_str!("keys/theirs.certificate.pem");

pub fn stored() -> Value {
    json!({
        "mchid": MCHID, "appids": [APPID], "api_v3_keys": [API_V3_KEY, OLD_API_V3_KEY],
        "merchant_serial": MERCHANT_SERIAL, "merchant_private_key": OURS,
        "platform_certificates": [THEIR_CERTIFICATE], "public_keys": {KEY_ID: THEIR_PUBLIC_KEY}, "live": true,
    })
}

pub fn secrets() -> WechatpaySecrets {
    WechatpaySecrets::parse(&stored().to_string()).unwrap()
}

pub fn wechatpay() -> WechatpayCallbacks {
    WechatpayCallbacks::new(&secrets()).unwrap()
}

pub fn client(api_base: &str) -> WechatpayClient {
    let timeout = Duration::from_secs(2);
    let callback_url = Some("https://shop.example/v1/payments/wechatpay/callbacks".to_owned());
    let config = WechatpayConfig { api_base: api_base.to_owned(), callback_url, connect_timeout: timeout, timeout };
    WechatpayClient::new(&secrets(), &config, Arc::new(FixedClock(now()))).unwrap()
}

pub fn refund_of() -> RefundRequest {
    RefundRequest { provider_payment_id: TRANSACTION.to_owned(), ..refund_request() }
}

/// The headers under which WeChat Pay sends a body.
pub fn signed(serial: &str, body: &[u8]) -> HeaderMap {
    let headers = PlatformSigner::new(serial, THEIRS).unwrap().headers(now(), "a-nonce", body).unwrap();
    headers.into_iter().map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_str(&v).unwrap())).collect()
}

/// A signed answer of the API.
pub fn answer(status: u16, body: &Value) -> ResponseTemplate {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let headers = PlatformSigner::new(KEY_ID, THEIRS).unwrap().headers(now(), "a-nonce", body.as_bytes()).unwrap();
    headers.into_iter().fold(ResponseTemplate::new(status).set_body_string(body), |template, (name, value)| {
        template.insert_header(name, value.as_str())
    })
}

/// A notification with an enciphered object.
pub fn notification(kind: &str, object: &Value) -> Value {
    enciphered(kind, object.to_string().as_bytes(), API_V3_KEY)
}

pub fn enciphered(kind: &str, plain: &[u8], key: &str) -> Value {
    let key = Secret::parse("test", key).unwrap();
    json!({
        "id": "EV-2018022511223320873", "create_time": "2026-11-11T19:11:11+08:00", "resource_type": "encrypt-resource",
        "event_type": kind, "summary": "支付成功",
        "resource": {
            "original_type": "transaction", "algorithm": "AEAD_AES_256_GCM", "associated_data": "transaction",
            "nonce": "fdasflkja484", "ciphertext": seal(&key, "fdasflkja484", "transaction", plain).unwrap(),
        },
    })
}

pub fn transaction(over: Value) -> Value {
    let base = json!({
        "transaction_id": TRANSACTION, "mchid": MCHID, "appid": APPID, "out_trade_no": REFERENCE, "trade_type": "JSAPI",
        "trade_state": "SUCCESS", "trade_state_desc": "支付成功", "bank_type": "CMC", "attach": ORDER,
        "success_time": "2026-11-11T19:11:10+08:00", "payer": {"openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"},
        "amount": {"total": 18_600, "payer_total": 18_000, "currency": "CNY", "payer_currency": "CNY"},
    });
    with(base, over)
}

/// A refund as a notification has it.
pub fn refund_notice(over: Value) -> Value {
    let base = json!({
        "mchid": MCHID, "transaction_id": TRANSACTION, "out_trade_no": REFERENCE, "refund_id": "50200207182018070300011301001",
        "out_refund_no": REFUND, "refund_status": "SUCCESS", "success_time": "2026-11-11T19:11:10+08:00",
        "user_received_account": "招商银行信用卡0403",
        "amount": {"total": 18_600, "refund": 2_000, "payer_total": 18_600, "payer_refund": 2_000},
    });
    with(base, over)
}

/// A refund as the API has it.
pub fn refund(over: Value) -> Value {
    let base = json!({
        "refund_id": "50000000382019052709732678859", "out_refund_no": REFUND, "transaction_id": TRANSACTION,
        "out_trade_no": REFERENCE, "channel": "ORIGINAL", "status": "SUCCESS", "create_time": "2026-11-11T19:11:10+08:00",
        "amount": {"total": 18_600, "refund": 2_000, "payer_total": 18_600, "payer_refund": 2_000, "currency": "CNY"},
    });
    with(base, over)
}
