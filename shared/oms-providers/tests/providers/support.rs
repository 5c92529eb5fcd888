//! What the tests share: fixed ids, a fixed time, Stripe's objects in small, requests of the ports.

use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use oms_app::ports::{CancelRequest, CaptureRequest, Payer, RefundRequest, StartAnswer, StartRequest};
use oms_domain::id::{CaptureId, OrderId, PaymentReference, RefundId};
use oms_domain::money::{Currency, Money};
use oms_domain::payment_start::{PayerClient, Taking};
use oms_providers::Callback;
use oms_providers::secret::StripeSecrets;
use oms_providers::stripe::{StripeCallbacks, StripeClient, StripeConfig};
use serde_json::{Value, json};

pub const ORDER: &str = "01JD0000000000000000000001";
pub const REFERENCE: &str = "01JD0000000000000000000001P01";
pub const REFUND: &str = "01JD0000000000000000000001-r1";
pub const SECRET: &str = "whsec_the_current_one";
pub const OLD_SECRET: &str = "whsec_the_previous_one";
pub const API_KEY: &str = "sk_test_do_not_log_me";

/// The time at which every test happens.
pub fn now() -> Timestamp {
    "2026-11-11T11:11:11Z".parse().unwrap()
}

pub fn order() -> OrderId {
    OrderId::parse(ORDER).unwrap()
}

pub fn money(amount: &str, currency: &str) -> Money {
    Money::parse(amount, Currency::parse(currency).unwrap()).unwrap()
}

pub fn headers(entries: &[(&'static str, &str)]) -> HeaderMap {
    let entry =
        |(name, value): &(&'static str, &str)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
    entries.iter().map(entry).collect()
}

pub fn stripe_secrets() -> StripeSecrets {
    StripeSecrets::new(API_KEY, &[SECRET, OLD_SECRET]).unwrap()
}

pub fn stripe() -> StripeCallbacks {
    StripeCallbacks::new(&stripe_secrets()).unwrap()
}

pub fn stripe_client(api_base: &str, timeout_ms: u64) -> StripeClient {
    let timeout = std::time::Duration::from_millis(timeout_ms);
    let config = StripeConfig { api_base: api_base.to_owned(), connect_timeout: timeout, timeout };
    StripeClient::new(&stripe_secrets(), &config).unwrap()
}

/// An event as Stripe sends it, with fields that nobody here reads.
pub fn event(kind: &str, object: Value) -> Value {
    json!({
        "id": "evt_1", "object": "event", "api_version": "2024-10-28.acacia", "created": 1_794_395_471, "livemode": true,
        "pending_webhooks": 1, "request": {"id": "req_1", "idempotency_key": null}, "type": kind, "data": {"object": object},
    })
}

/// `base` with the fields of `over` put over it.
pub fn with(mut base: Value, over: Value) -> Value {
    let (Value::Object(fields), Value::Object(over)) = (&mut base, over) else { panic!("objects") };
    fields.extend(over);
    base
}

pub fn intent(over: Value) -> Value {
    let base = json!({
        "id": "pi_1", "object": "payment_intent", "amount": 18_600, "amount_received": 0, "amount_capturable": 0,
        "currency": "cny", "client_secret": "pi_1_secret_x", "status": "requires_payment_method", "livemode": true,
        "metadata": {"order_id": ORDER, "payment_reference": REFERENCE, "shop": "main"},
    });
    with(base, over)
}

pub fn refund(over: Value) -> Value {
    let base = json!({
        "id": "re_1", "object": "refund", "amount": 2_000, "currency": "cny", "status": "succeeded", "created": 100,
        "payment_intent": "pi_1", "charge": "ch_1", "reason": null, "balance_transaction": "txn_1",
        "metadata": {"order_id": ORDER, "refund_id": REFUND},
    });
    with(base, over)
}

pub fn refund_request() -> RefundRequest {
    RefundRequest {
        refund_id: RefundId::parse(REFUND).unwrap(),
        order_id: order(),
        payment_reference: PaymentReference::parse(REFERENCE).unwrap(),
        provider_payment_id: "pi_1".to_owned(),
        provider_refund_id: None,
        captured: money("186.00", "CNY"),
        amount: money("20.00", "CNY"),
        first_sent_at: now(),
    }
}

/// A payment to begin, as a page in a browser asks for it.
pub fn start_request() -> StartRequest {
    StartRequest {
        payment_reference: PaymentReference::parse(REFERENCE).unwrap(),
        order_id: order(),
        amount: money("186.00", "CNY"),
        description: "Order W-1".to_owned(),
        taking: Taking::AsSetUp,
        client: PayerClient::Web,
        return_url: Some("https://shop.example/thanks?o=1".to_owned()),
        payer: Payer::default(),
        expires_at: "2026-11-11T11:41:11Z".parse().unwrap(),
        known: None,
    }
}

/// What a provider says no to, or what it cannot be asked.
pub fn not_started(reason: &str) -> StartAnswer {
    StartAnswer::Refused { reason: reason.to_owned() }
}

pub fn cancel_request(provider_payment_id: Option<&str>) -> CancelRequest {
    CancelRequest {
        order_id: order(),
        payment_reference: PaymentReference::parse(REFERENCE).unwrap(),
        provider_payment_id: provider_payment_id.map(str::to_owned),
        object: None,
        amount: money("186.00", "CNY"),
        is_promised: false,
    }
}

/// 100.00 of a promise of 186.00.
pub fn capture_request(provider_payment_id: &str) -> CaptureRequest {
    CaptureRequest {
        capture_id: CaptureId::of(&order(), 1),
        order_id: order(),
        payment_reference: PaymentReference::parse(REFERENCE).unwrap(),
        provider_payment_id: provider_payment_id.to_owned(),
        provider_capture_id: None,
        authorized: money("186.00", "CNY"),
        amount: money("100.00", "CNY"),
        first_sent_at: now(),
    }
}

/// A base64 signature in the other letter case. The last four characters stay as they are: bits of theirs that are beyond
/// the last byte must be zero, or else it is no base64 at all.
pub fn other_case(signature: &str) -> String {
    let (head, tail) = signature.split_at(signature.len() - 4);
    let swapped =
        head.chars().map(|c| if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() });
    swapped.chain(tail.chars()).collect()
}

/// The only thing that a body says.
pub fn only(mut said: Vec<Callback>) -> Callback {
    assert_eq!(said.len(), 1, "{said:?}");
    said.remove(0)
}
