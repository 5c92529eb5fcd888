//! Playing Alipay: its key, its notifications, its signed answers.

use std::sync::Arc;
use std::time::Duration;

use oms_app::ports::RefundRequest;
use oms_providers::alipay::signature::AlipaySigner;
use oms_providers::alipay::{AlipayCallbacks, AlipayClient, AlipayConfig};
use oms_providers::secret::AlipaySecrets;
use oms_testkit::time::FixedClock;
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::support::{REFERENCE, now, refund_request};

pub const APP_ID: &str = "2014072300007148";
pub const SELLER: &str = "2088101106499364";
pub const TRADE: &str = "2013112011001004330000121536";
pub const OURS: &str = include_str!("keys/ours.pkcs1.pem");
pub const THEIRS: &str = include_str!("keys/theirs.pkcs8.pem");
pub const THEIR_PUBLIC_KEY: &str = include_str!("keys/theirs.public.pem");

/// A key as Alipay's console shows it: the base64 alone, in one line.
pub fn bare(pem: &str) -> String {
    pem.lines().filter(|line| !line.starts_with("-----")).collect()
}

pub fn stored() -> Value {
    json!({
        "app_id": APP_ID, "seller_ids": [SELLER], "app_private_key": bare(OURS),
        "alipay_public_keys": [bare(include_str!("keys/ours.public.pem")), bare(THEIR_PUBLIC_KEY)], "live": true,
    })
}

pub fn secrets() -> AlipaySecrets {
    AlipaySecrets::parse(&stored().to_string()).unwrap()
}

pub fn alipay() -> AlipayCallbacks {
    AlipayCallbacks::new(&secrets())
}

pub fn client(server: &str) -> AlipayClient {
    let timeout = Duration::from_secs(2);
    let config = AlipayConfig {
        gateway: format!("{server}/gateway.do"),
        callback_url: Some("https://shop.example/v1/payments/alipay/callbacks".to_owned()),
        connect_timeout: timeout,
        timeout,
    };
    AlipayClient::new(&secrets(), &config, Arc::new(FixedClock(now()))).unwrap()
}

pub fn refund_of() -> RefundRequest {
    RefundRequest { provider_payment_id: TRADE.to_owned(), ..refund_request() }
}

pub fn signer() -> AlipaySigner {
    AlipaySigner::new(THEIRS).unwrap()
}

/// The fields of a notification, with `over` put over them; a value of `-` takes one away.
pub fn fields<'a>(over: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let base = [
        ("app_id", APP_ID),
        ("buyer_id", "2088102122524333"),
        ("charset", "utf-8"),
        ("fund_bill_list", r#"[{"amount":"186.00","fundChannel":"ALIPAYACCOUNT"}]"#),
        ("gmt_create", "2026-11-11 19:11:00"),
        ("notify_id", "ac05099524730693a8b330c5ecf72da9786"),
        ("notify_time", "2026-11-11 19:11:11"),
        ("notify_type", "trade_status_sync"),
        ("out_trade_no", REFERENCE),
        ("passback_params", ""),
        ("seller_id", SELLER),
        ("subject", "T恤 100% + 1 & more=less"),
        ("total_amount", "186.00"),
        ("trade_no", TRADE),
        ("trade_status", "TRADE_SUCCESS"),
        ("version", "1.0"),
    ];
    let mut fields: Vec<(&str, &str)> =
        base.into_iter().filter(|(key, _)| !over.iter().any(|(name, _)| name == key)).collect();
    fields.extend(over.iter().filter(|(_, value)| *value != "-"));
    fields
}

/// The answer of the gateway to a method, signed over the node's own text.
pub fn answer(method: &str, node: &Value) -> ResponseTemplate {
    let (name, node) = (method.replace('.', "_"), node.to_string());
    let sign = signer().node(&node).unwrap();
    ResponseTemplate::new(200).set_body_string(format!(r#"{{"{name}_response":{node},"sign":"{sign}"}}"#))
}
