//! What it costs to check a callback's signature and to read it. `cargo bench -p oms-providers`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use oms_providers::adyen::AdyenCallbacks;
use oms_providers::adyen::signature::AdyenSigner;
use oms_providers::alipay::AlipayCallbacks;
use oms_providers::alipay::signature::AlipaySigner;
use oms_providers::callback::receive;
use oms_providers::carriers::CarrierCallbackProvider;
use oms_providers::carriers::standard::StandardCarrier;
use oms_providers::paypal::PaypalCallbacks;
use oms_providers::paypal::signature::PaypalSigner;
use oms_providers::secret::{
    AdyenSecrets, AlipaySecrets, PaypalSecrets, Secret, StandardCarrierSecrets, StripeSecrets, WechatpaySecrets,
};
use oms_providers::standard_webhooks::SigningKey;
use oms_providers::stripe::{StripeCallbacks, signature};
use oms_providers::wechatpay::WechatpayCallbacks;
use oms_providers::wechatpay::resource::seal;
use oms_providers::wechatpay::signature::PlatformSigner;
use serde_json::json;

const STRIPE: &str = "whsec_the_current_one";
const ADYEN: &str = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056";
const API_V3_KEY: &str = "an-api-v3-key-of-32-characters-1";
const OUR_KEY: &str = include_str!("../tests/providers/keys/ours.pkcs8.pem");
const THEIR_PUBLIC_KEY: &str = include_str!("../tests/providers/keys/theirs.public.pem");
const THEIR_KEY: &str = include_str!("../tests/providers/keys/theirs.pkcs8.pem");
const THEIR_CERTIFICATE: &str = include_str!("../tests/providers/keys/theirs.certificate.pem");
const CARRIER: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn now() -> Timestamp {
    "2026-11-11T11:11:11Z".parse().unwrap()
}

fn headers(entries: &[(&'static str, &str)]) -> HeaderMap {
    let entry =
        |(name, value): &(&'static str, &str)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
    entries.iter().map(entry).collect()
}

fn stripe(criterion: &mut Criterion) {
    let order = "01JD0000000000000000000001";
    let body = json!({
        "id": "evt_1", "object": "event", "api_version": "2024-10-28.acacia", "created": 1_794_395_471, "livemode": true,
        "pending_webhooks": 1, "request": { "id": "req_1", "idempotency_key": null }, "type": "payment_intent.succeeded",
        "data": { "object": {
            "id": "pi_1", "object": "payment_intent", "amount": 18_600, "amount_received": 18_600, "amount_capturable": 0,
            "currency": "cny", "client_secret": "pi_1_secret_x", "status": "succeeded", "livemode": true,
            "metadata": { "order_id": order, "payment_reference": format!("{order}P01"), "shop": "main" },
        } },
    })
    .to_string();
    let secrets = StripeSecrets::new("sk_test_1", &[STRIPE]).unwrap();
    let callbacks = StripeCallbacks::new(&secrets).unwrap();
    let signed = signature::header(STRIPE, now(), body.as_bytes()).unwrap();
    let headers = headers(&[("stripe-signature", &signed)]);
    criterion.bench_function("Stripe: check a signature and read the event", |bench| {
        bench.iter(|| black_box(receive(&callbacks, black_box(&headers), black_box(body.as_bytes()), now()).unwrap()));
    });
    let wrong = signature::header("whsec_another", now(), body.as_bytes()).unwrap();
    let headers = self::headers(&[("stripe-signature", &wrong)]);
    criterion.bench_function("Stripe: refuse a wrong signature", |bench| {
        bench.iter(|| assert!(receive(&callbacks, black_box(&headers), black_box(body.as_bytes()), now()).is_err()));
    });
}

fn standard_webhooks(criterion: &mut Criterion) {
    let body = json!({
        "event_id": "e-1", "tracking_number": "SF1234567890", "status": "in_transit",
        "occurred_at": "2026-11-11T19:00:00+08:00", "hub": "深圳",
    })
    .to_string();
    let carrier: Box<CarrierCallbackProvider> =
        Box::new(StandardCarrier::new(&StandardCarrierSecrets::new(&[CARRIER]).unwrap()).unwrap());
    let key = SigningKey::new("bench", &Secret::parse("bench", CARRIER).unwrap()).unwrap();
    let signature = key.sign("msg_1", now(), body.as_bytes());
    let seconds = now().as_second().to_string();
    let headers =
        headers(&[("webhook-id", "msg_1"), ("webhook-timestamp", &seconds), ("webhook-signature", &signature)]);
    criterion.bench_function("Standard Webhooks: check a signature and read the scan", |bench| {
        bench.iter(|| {
            black_box(receive(carrier.as_ref(), black_box(&headers), black_box(body.as_bytes()), now()).unwrap())
        });
    });
    criterion.bench_function("Standard Webhooks: sign", |bench| {
        bench.iter(|| black_box(key.sign("msg_1", now(), black_box(body.as_bytes()))));
    });
}

fn adyen(criterion: &mut Criterion) {
    let secrets = json!({
        "api_key": "AQE1", "hmac_keys": [ADYEN], "merchant_account": "WaybillCOM", "live": false, "capture": "automatic",
    });
    let callbacks = AdyenCallbacks::new(&AdyenSecrets::parse(&secrets.to_string()).unwrap()).unwrap();
    let mut item = json!({
        "amount": { "currency": "CNY", "value": 18_600 }, "eventCode": "AUTHORISATION", "eventDate": "2026-11-11T12:11:11+01:00",
        "merchantAccountCode": "WaybillCOM", "merchantReference": "01JD0000000000000000000001P01", "paymentMethod": "visa",
        "operations": ["CANCEL", "CAPTURE", "REFUND"], "pspReference": "QFQTPCQ8HXSKGK82", "reason": "", "success": "true",
    });
    let signature = AdyenSigner::new(ADYEN).unwrap().sign(&item).unwrap();
    item["additionalData"] = json!({ "hmacSignature": signature, "authCode": "1234", "cardSummary": "7777" });
    let body = json!({ "live": "false", "notificationItems": [{ "NotificationRequestItem": item }] }).to_string();
    let none = HeaderMap::new();
    criterion.bench_function("Adyen: check a signature and read the item", |bench| {
        bench.iter(|| black_box(receive(&callbacks, &none, black_box(body.as_bytes()), now()).unwrap()));
    });
}

fn paypal(criterion: &mut Criterion) {
    let secrets = json!({
        "client_id": "AV", "client_secret": "EP", "webhook_id": "9GN12345AB678901C", "merchant_id": "7LTPLLDPVNTCC",
        "certificates": [THEIR_CERTIFICATE], "live": false,
    });
    let callbacks = PaypalCallbacks::new(&PaypalSecrets::parse(&secrets.to_string()).unwrap());
    let body = json!({
        "id": "WH-58D329510W468432D-8HN650336L201105X", "event_version": "1.0", "create_time": "2026-11-11T11:11:10.940Z",
        "resource_type": "capture", "event_type": "PAYMENT.CAPTURE.COMPLETED", "summary": "Payment completed",
        "resource": {
            "id": "42311647XV020574X", "status": "COMPLETED", "amount": { "currency_code": "CNY", "value": "186.00" },
            "custom_id": "01JD0000000000000000000001P01", "payee": { "merchant_id": "7LTPLLDPVNTCC" }, "final_capture": true,
        },
    })
    .to_string();
    let signer = PaypalSigner::new("9GN12345AB678901C", THEIR_KEY).unwrap();
    let signed = signer.headers(now(), "69cd13f0-d67a-11e5-baa3-778b53f4ae55", body.as_bytes()).unwrap();
    let headers = headers(&signed.each_ref().map(|(name, value)| (*name, value.as_str())));
    criterion.bench_function("PayPal: check a signature and read the event", |bench| {
        bench.iter(|| black_box(receive(&callbacks, black_box(&headers), black_box(body.as_bytes()), now()).unwrap()));
    });
}

fn wechatpay(criterion: &mut Criterion) {
    let secrets = json!({
        "mchid": "1900000001", "appids": ["wxd678efh567hg6787"], "api_v3_keys": [API_V3_KEY],
        "merchant_serial": "3775B6A45ACD588826D15E583A95F5DD00000000", "merchant_private_key": OUR_KEY,
        "public_keys": { "PUB_KEY_ID_0119000000012024": THEIR_PUBLIC_KEY }, "live": true,
    });
    let callbacks = WechatpayCallbacks::new(&WechatpaySecrets::parse(&secrets.to_string()).unwrap()).unwrap();
    let transaction = json!({
        "transaction_id": "1217752501201407033233368018", "mchid": "1900000001", "appid": "wxd678efh567hg6787",
        "out_trade_no": "01JD0000000000000000000001P01", "trade_type": "JSAPI", "trade_state": "SUCCESS",
        "success_time": "2026-11-11T19:11:10+08:00", "payer": { "openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o" },
        "amount": { "total": 18_600, "payer_total": 18_000, "currency": "CNY", "payer_currency": "CNY" },
    });
    let key = Secret::parse("bench", API_V3_KEY).unwrap();
    let body = json!({
        "id": "EV-2018022511223320873", "create_time": "2026-11-11T19:11:11+08:00", "resource_type": "encrypt-resource",
        "event_type": "TRANSACTION.SUCCESS", "summary": "支付成功",
        "resource": {
            "original_type": "transaction", "algorithm": "AEAD_AES_256_GCM", "associated_data": "transaction",
            "nonce": "fdasflkja484",
            "ciphertext": seal(&key, "fdasflkja484", "transaction", transaction.to_string().as_bytes()).unwrap(),
        },
    })
    .to_string();
    let signer = PlatformSigner::new("PUB_KEY_ID_0119000000012024", THEIR_KEY).unwrap();
    let signed = signer.headers(now(), "a-nonce", body.as_bytes()).unwrap();
    let headers = headers(&signed.each_ref().map(|(name, value)| (*name, value.as_str())));
    criterion.bench_function("WeChat Pay: check a signature, decipher and read the event", |bench| {
        bench.iter(|| black_box(receive(&callbacks, black_box(&headers), black_box(body.as_bytes()), now()).unwrap()));
    });
}

fn alipay(criterion: &mut Criterion) {
    let bare = |pem: &str| pem.lines().filter(|line| !line.starts_with("-----")).collect::<String>();
    let secrets = json!({
        "app_id": "2014072300007148", "seller_ids": ["2088101106499364"], "app_private_key": bare(OUR_KEY),
        "alipay_public_keys": [bare(THEIR_PUBLIC_KEY)], "live": true,
    });
    let callbacks = AlipayCallbacks::new(&AlipaySecrets::parse(&secrets.to_string()).unwrap());
    let fields = [
        ("app_id", "2014072300007148"),
        ("charset", "utf-8"),
        ("fund_bill_list", r#"[{"amount":"186.00","fundChannel":"ALIPAYACCOUNT"}]"#),
        ("notify_id", "ac05099524730693a8b330c5ecf72da9786"),
        ("notify_time", "2026-11-11 19:11:11"),
        ("notify_type", "trade_status_sync"),
        ("out_trade_no", "01JD0000000000000000000001P01"),
        ("seller_id", "2088101106499364"),
        ("subject", "T恤 100% + 1 & more=less"),
        ("total_amount", "186.00"),
        ("trade_no", "2013112011001004330000121536"),
        ("trade_status", "TRADE_SUCCESS"),
        ("version", "1.0"),
    ];
    let body = AlipaySigner::new(THEIR_KEY).unwrap().form(&fields).unwrap();
    let none = HeaderMap::new();
    criterion.bench_function("Alipay: check a signature and read the notification", |bench| {
        bench.iter(|| black_box(receive(&callbacks, &none, black_box(body.as_bytes()), now()).unwrap()));
    });
}

criterion_group!(benches, stripe, standard_webhooks, adyen, paypal, wechatpay, alipay);
criterion_main!(benches);
