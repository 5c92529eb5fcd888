//! Secrets with RSA keys: WeChat Pay's and Alipay's.

use oms_providers::alipay::{AlipayCallbacks, AlipayClient, AlipayConfig};
use oms_providers::error::{Fault, ProviderError};
use oms_providers::secret::{AlipaySecrets, WechatpaySecrets};
use oms_providers::wechatpay::{WechatpayClient, WechatpayConfig};
use oms_testkit::time::FixedClock;
use serde_json::{Value, json};
use std::sync::Arc;

use crate::support::{now, with};
use crate::{alipay_support, wechatpay_support};

const SHORT_PRIVATE: &str = include_str!("keys/short.pkcs8.pem");
const SHORT_PUBLIC: &str = include_str!("keys/short.public.pem");
const ELLIPTIC: &str = include_str!("keys/elliptic.public.pem");
const PKCS1: &str = include_str!("keys/ours.pkcs1.pem");

fn name<T>(parsed: &Result<T, ProviderError>) -> &'static str {
    match parsed {
        Ok(_) => "ok",
        Err(error) => {
            assert_eq!(error.fault(), Fault::Configuration);
            error.name()
        }
    }
}

#[test]
fn wechatpay() {
    let certificate = wechatpay_support::THEIR_CERTIFICATE;
    for (over, expected) in [
        (json!({}), "ok"),
        (json!({"public_keys": {}}), "ok"),
        (json!({"platform_certificates": []}), "ok"),
        (json!({"merchant_private_key": PKCS1}), "ok"),
        (json!({"merchant_private_key": alipay_support::bare(PKCS1)}), "ok"),
        (json!({"platform_certificates": [], "public_keys": {}}), "SecretEmpty"),
        (json!({"platform_certificates": [""]}), "SecretEmpty"),
        (json!({"platform_certificates": [ELLIPTIC]}), "SecretMalformed"),
        (json!({"platform_certificates": [&certificate[..400]]}), "SecretMalformed"),
        (json!({"public_keys": {"PUB_KEY_ID_1": ""}}), "SecretEmpty"),
        (json!({"public_keys": {"PUB_KEY_ID_1": ELLIPTIC}}), "SecretMalformed"),
        (json!({"public_keys": {"PUB_KEY_ID_1": SHORT_PUBLIC}}), "SecretMalformed"),
        (json!({"public_keys": {"PUB_KEY_ID_1": certificate}}), "SecretMalformed"),
        (json!({"public_keys": {"1": wechatpay_support::THEIR_PUBLIC_KEY}}), "SecretMalformed"),
        (json!({"merchant_private_key": ""}), "SecretEmpty"),
        (json!({"merchant_private_key": SHORT_PRIVATE}), "SecretMalformed"),
        (json!({"merchant_private_key": wechatpay_support::THEIR_PUBLIC_KEY}), "SecretMalformed"),
        (json!({"merchant_private_key": "not a key"}), "SecretMalformed"),
        (json!({"merchant_serial": ""}), "SecretEmpty"),
        (json!({"merchant_serial": "not hex"}), "SecretMalformed"),
        (json!({"mchid": ""}), "SecretEmpty"),
        (json!({"mchid": "1900&x=1"}), "SecretMalformed"),
        (json!({"appids": []}), "SecretEmpty"),
        (json!({"appids": [""]}), "SecretEmpty"),
        (json!({"api_v3_keys": []}), "SecretEmpty"),
        (json!({"api_v3_keys": ["of another length"]}), "SecretMalformed"),
        (json!({"api_v3_keys": ["short"]}), "SecretMalformed"),
        (json!({"live": "yes"}), "SecretMalformed"),
        (json!({"more": 1}), "SecretMalformed"),
    ] {
        let label = over.to_string();
        let stored = with(wechatpay_support::stored(), over).to_string();
        assert_eq!(name(&WechatpaySecrets::parse(&stored)), expected, "{label}");
    }
}

#[test]
fn alipay() {
    for (over, expected) in [
        (json!({}), "ok"),
        (json!({"app_private_key": PKCS1}), "ok"),
        (json!({"app_private_key": wechatpay_support::OURS}), "ok"),
        (json!({"alipay_public_keys": [alipay_support::THEIR_PUBLIC_KEY]}), "ok"),
        (json!({"alipay_public_keys": []}), "SecretEmpty"),
        (json!({"alipay_public_keys": [" "]}), "SecretEmpty"),
        (json!({"alipay_public_keys": [ELLIPTIC]}), "SecretMalformed"),
        (json!({"alipay_public_keys": [SHORT_PUBLIC]}), "SecretMalformed"),
        (json!({"alipay_public_keys": ["AAAA"]}), "SecretMalformed"),
        (json!({"app_private_key": "AAAA"}), "SecretMalformed"),
        (json!({"app_id": ""}), "SecretEmpty"),
        (json!({"seller_ids": []}), "SecretEmpty"),
        (json!({"live": null}), "SecretMalformed"),
    ] {
        let label = over.to_string();
        let stored = with(alipay_support::stored(), over).to_string();
        assert_eq!(name(&AlipaySecrets::parse(&stored)), expected, "{label}");
    }
}

#[test]
fn addresses_are_https() {
    let clock = Arc::new(FixedClock(now()));
    let config = WechatpayConfig { api_base: "http://api.mch.weixin.qq.com".to_owned(), ..WechatpayConfig::default() };
    let client = WechatpayClient::new(&wechatpay_support::secrets(), &config, clock.clone());
    assert_eq!(name(&client), "AddressRefused");
    let callback_url = Some("http://shop.example".to_owned());
    let config = WechatpayConfig { callback_url, ..WechatpayConfig::default() };
    let client = WechatpayClient::new(&wechatpay_support::secrets(), &config, clock.clone());
    assert_eq!(name(&client), "AddressRefused");
    let config = AlipayConfig { gateway: "http://openapi.alipay.com/".to_owned(), ..AlipayConfig::default() };
    assert_eq!(name(&AlipayClient::new(&alipay_support::secrets(), &config, clock)), "AddressRefused");
}

#[test]
fn none_is_ever_printed() {
    let wechatpay = wechatpay_support::secrets();
    let alipay = alipay_support::secrets();
    let printed = format!(
        "{wechatpay:?} {alipay:?} {:?} {:?} {:?} {:?}",
        wechatpay_support::wechatpay(),
        AlipayCallbacks::new(&alipay),
        wechatpay_support::client("https://example.com"),
        alipay_support::client("https://example.com"),
    );
    let unreadable: Vec<String> = [json!({"api_v3_keys": wechatpay_support::API_V3_KEY}), json!({"live": PKCS1})]
        .into_iter()
        .map(|over: Value| {
            WechatpaySecrets::parse(&with(wechatpay_support::stored(), over).to_string()).unwrap_err().to_string()
        })
        .collect();
    let key = alipay_support::bare(PKCS1);
    for text in unreadable.iter().chain([&printed]) {
        for secret in [wechatpay_support::API_V3_KEY, wechatpay_support::OLD_API_V3_KEY, &key[..40], &key[100..140]] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}
