//! What it costs to check a callback's signature and to read it. `cargo bench -p oms-providers`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use oms_providers::adyen::AdyenCallbacks;
use oms_providers::adyen::signature::AdyenSigner;
use oms_providers::callback::receive;
use oms_providers::carriers::CarrierCallbackProvider;
use oms_providers::carriers::standard::StandardCarrier;
use oms_providers::paypal::PaypalCallbacks;
use oms_providers::paypal::signature::PaypalSigner;
use oms_providers::secret::{AdyenSecrets, PaypalSecrets, Secret, StandardCarrierSecrets, StripeSecrets};
use oms_providers::standard_webhooks::SigningKey;
use oms_providers::stripe::{StripeCallbacks, signature};
use serde_json::json;

const STRIPE: &str = "whsec_the_current_one";
const ADYEN: &str = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056";
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

criterion_group!(benches, stripe, standard_webhooks, adyen, paypal);
criterion_main!(benches);
