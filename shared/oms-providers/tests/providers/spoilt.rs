//! Events and scans that are right but for a place or two, genuinely signed: each is a fact, has no meaning, or is refused; none panics.
//! `never_panics.rs` tries noise.

use jiff::Timestamp;
use oms_providers::callback::{CallbackProvider, receive};
use oms_providers::carriers::standard::StandardCarrier;
use oms_providers::error::Fault;
use oms_providers::secret::{Secret, StandardCarrierSecrets, StripeSecrets};
use oms_providers::standard_webhooks::SigningKey;
use oms_providers::stripe::signature;
use oms_testkit::spoil;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{API_KEY, ORDER, REFUND, SECRET, event, headers, intent, now, refund, stripe};

const CARRIER: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// One event of each family, as Stripe sends it.
fn events() -> Vec<Value> {
    let dispute = json!({
        "id": "dp_1", "object": "dispute", "amount": 18_600, "currency": "cny", "status": "needs_response", "charge": "ch_1",
        "payment_intent": "pi_1", "metadata": {"order_id": ORDER},
    });
    let charge = json!({
        "id": "ch_1", "object": "charge", "amount": 18_600, "amount_refunded": 2_000, "currency": "cny", "payment_intent": "pi_1",
        "metadata": {"order_id": ORDER}, "refunds": {"data": [refund(json!({"metadata": {"refund_id": REFUND}}))]},
    });
    let promised = json!({
        "id": "ch_1", "object": "charge", "amount": 18_600, "captured": false, "currency": "cny", "payment_intent": "pi_1",
        "metadata": {"order_id": ORDER}, "payment_method_details": {"type": "card", "card": {"capture_before": 1_763_400_000}},
    });
    vec![
        event("charge.succeeded", promised),
        event("payment_intent.succeeded", intent(json!({"amount_received": 18_600, "status": "succeeded"}))),
        event("payment_intent.amount_capturable_updated", intent(json!({"amount_capturable": 18_600}))),
        event("payment_intent.payment_failed", intent(json!({"last_payment_error": {"code": "card_declined"}}))),
        event("payment_intent.canceled", intent(json!({"status": "canceled"}))),
        event("refund.updated", refund(json!({}))),
        event("charge.refunded", charge),
        event("charge.dispute.created", dispute),
    ]
}

fn scan() -> Value {
    json!({"event_id": "evt_1", "tracking_number": "SF1", "status": "in_transit", "occurred_at": "2026-11-11T11:11:11Z"})
}

proptest! {
    #![proptest_config(spoil::cases(2_000))]

    #[test]
    fn a_spoilt_event_is_answered(event in spoil::spoiled(events())) {
        let body = event.to_string().into_bytes();
        let headers = headers(&[("stripe-signature", &signature::header(SECRET, now(), &body).unwrap())]);
        if let Err(error) = receive(&stripe(), &headers, &body, now()) {
            prop_assert!(matches!(error.fault(), Fault::NotAnEvent | Fault::Unreadable), "{error}");
            prop_assert!(!error.to_string().contains(SECRET));
            let _answer = stripe().refused(&error);
        }
    }

    #[test]
    fn a_spoilt_scan_is_answered(scan in spoil::spoiled(vec![scan()])) {
        let body = scan.to_string().into_bytes();
        let key = SigningKey::new("test", &Secret::parse("test", CARRIER).unwrap()).unwrap();
        let (t, signature) = (now().as_second().to_string(), key.sign("m", now(), &body));
        let headers = headers(&[("webhook-id", "m"), ("webhook-timestamp", &t), ("webhook-signature", &signature)]);
        let carrier = StandardCarrier::new(&StandardCarrierSecrets::new(&[CARRIER]).unwrap()).unwrap();
        if let Err(error) = receive(&carrier, &headers, &body, now()) {
            prop_assert_eq!(error.fault(), Fault::NotAnEvent, "{}", error);
        }
    }

    #[test]
    fn a_spoilt_signature_is_no_signature(
        header in spoil::spoiled(vec![json!(signature::header(SECRET, now(), b"{}").unwrap())]), at in -400_i64..400,
    ) {
        let right = signature::header(SECRET, now(), b"{}").unwrap();
        let Some(header) = header.as_str().filter(|header| *header != right) else { return Ok(()) };
        let Ok(value) = http::HeaderValue::from_str(header) else { return Ok(()) };
        let headers = http::HeaderMap::from_iter([(http::HeaderName::from_static("stripe-signature"), value)]);
        let when = Timestamp::from_second(now().as_second() + at).unwrap();
        // Spaces and what else stands beside the right part make no difference to Stripe's own package either.
        if receive(&stripe(), &headers, b"{}", when).is_ok() {
            prop_assert!(header.contains(right.rsplit('=').next().unwrap()));
        }
    }

    #[test]
    fn a_spoilt_secret_is_read_or_refused(secret in spoil::spoiled(vec![json!({"api_key": API_KEY, "webhook_secrets": [SECRET]})])) {
        if let Err(error) = StripeSecrets::parse(&secret.to_string()) {
            prop_assert!(!error.to_string().contains(API_KEY) && !error.to_string().contains(SECRET), "{error}");
        }
    }
}
