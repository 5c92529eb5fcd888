//! Whatever comes in, signed or not, is answered and never panics; and what is not signed is never taken.

use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use oms_providers::callback::{CallbackProvider, receive};
use oms_providers::carriers::standard::StandardCarrier;
use oms_providers::error::Fault;
use oms_providers::secret::{Secret, StandardCarrierSecrets, StripeSecrets};
use oms_providers::standard_webhooks::SigningKey;
use oms_providers::stripe::signature;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{SECRET, event, headers, now, stripe};

const CARRIER: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn carrier() -> StandardCarrier {
    StandardCarrier::new(&StandardCarrierSecrets::new(&[CARRIER]).unwrap()).unwrap()
}

fn raw(entries: &[(&'static str, Vec<u8>)]) -> HeaderMap {
    let entry = |(name, value): &(&'static str, Vec<u8>)| {
        Some((HeaderName::from_static(name), HeaderValue::from_bytes(value).ok()?))
    };
    entries.iter().filter_map(entry).collect()
}

fn stripe_header() -> impl Strategy<Value = String> {
    let item = prop_oneof![
        "t=-?[0-9]{0,25}",
        "v1=[0-9a-fA-F]{0,70}",
        "v1=[0-9a-f]{64}",
        "[a-z0-9]{0,3}=?[ -~]{0,20}",
        Just(format!("t={}", now().as_second())),
    ];
    prop::collection::vec(item, 0..6).prop_map(|items| items.join(","))
}

/// JSON of any shape, with the names and values that the mappings look at.
pub fn any_json() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec![
        "id",
        "amount",
        "amount_received",
        "amount_capturable",
        "currency",
        "metadata",
        "order_id",
        "payment_intent",
        "status",
        "refunds",
        "data",
        "created",
        "charge",
        "refund_id",
        "payment_reference",
        "last_payment_error",
        "latest_charge",
        "payment_method_details",
        "card",
        "capture_before",
        "captured",
        "code",
        "usd",
        "jpy",
        "kwd",
        "isk",
        "succeeded",
        "failed",
        "01JD0000000000000000000001",
        "pi_1",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (0_i64..100_000).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word.clone().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 60, 12, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(word.clone().prop_map(str::to_owned), inner, 0..12)
                .prop_map(|fields| Value::from(serde_json::Map::from_iter(fields))),
        ]
    })
}

fn kind() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "payment_intent.created",
        "payment_intent.processing",
        "payment_intent.requires_action",
        "payment_intent.amount_capturable_updated",
        "payment_intent.succeeded",
        "payment_intent.payment_failed",
        "payment_intent.canceled",
        "charge.refunded",
        "charge.succeeded",
        "charge.updated",
        "charge.refund.updated",
        "refund.created",
        "refund.updated",
        "refund.failed",
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.closed",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.funds_reinstated",
        "customer.created",
    ])
}

fn signed(body: &[u8]) -> HeaderMap {
    headers(&[("stripe-signature", &signature::header(SECRET, now(), body).unwrap())])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_unsigned_body_is_never_taken(header in stripe_header(), body in any::<Vec<u8>>(), seconds in any::<i64>()) {
        let headers = raw(&[("stripe-signature", header.into_bytes())]);
        let times = [Some(now()), Timestamp::from_second(seconds).ok(), Some(Timestamp::MIN), Some(Timestamp::MAX)];
        for at in times.into_iter().flatten() {
            let error = receive(&stripe(), &headers, &body, at).unwrap_err();
            prop_assert_eq!(error.fault(), Fault::Unsigned);
        }
    }

    #[test]
    fn any_bytes_as_headers(
        stripe_header in any::<Vec<u8>>(), id in any::<Vec<u8>>(), t in any::<Vec<u8>>(), s in any::<Vec<u8>>(),
    ) {
        prop_assert!(receive(&stripe(), &raw(&[("stripe-signature", stripe_header)]), b"", now()).is_err());
        let headers = raw(&[("webhook-id", id), ("webhook-timestamp", t), ("webhook-signature", s)]);
        prop_assert!(receive(&carrier(), &headers, b"", now()).is_err());
    }

    #[test]
    fn any_timestamp_and_signature_list(t in "-?[0-9]{0,25}", s in "(v1a?,[A-Za-z0-9+/=]{0,50} ?){0,4}", now_s in any::<i64>()) {
        let headers = raw(&[("webhook-id", b"msg_1".to_vec()), ("webhook-timestamp", t.into_bytes()), ("webhook-signature", s.into_bytes())]);
        let now = Timestamp::from_second(now_s).unwrap_or(now());
        prop_assert!(receive(&carrier(), &headers, b"", now).is_err());
    }

    #[test]
    fn a_signed_body_of_any_bytes_is_answered(body in any::<Vec<u8>>()) {
        if let Err(error) = receive(&stripe(), &signed(&body), &body, now()) {
            prop_assert_eq!(error.fault(), Fault::NotAnEvent);
            prop_assert!(stripe().refused(&error).status.is_client_error());
        }
    }

    #[test]
    fn a_signed_event_with_any_object_is_answered(kind in kind(), object in any_json()) {
        let body = event(kind, object).to_string().into_bytes();
        if let Err(error) = receive(&stripe(), &signed(&body), &body, now()) {
            prop_assert_eq!(error.fault(), Fault::Unreadable);
            prop_assert!(stripe().refused(&error).status.is_server_error());
        }
    }

    #[test]
    fn any_change_of_a_signed_body_is_noticed(at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let mut body = event("payment_intent.processing", json!({"id": "pi_1"})).to_string().into_bytes();
        let headers = signed(&body);
        let at = at.index(body.len());
        body[at] ^= 1 << bit;
        prop_assert_eq!(receive(&stripe(), &headers, &body, now()).unwrap_err().name(), "SignatureMismatch");
    }

    #[test]
    fn a_signed_scan_of_any_json_is_answered(body in any_json()) {
        let body = body.to_string().into_bytes();
        let key = SigningKey::new("test", &Secret::parse("test", CARRIER).unwrap()).unwrap();
        let (t, signature) = (now().as_second().to_string(), key.sign("m", now(), &body));
        let headers = headers(&[("webhook-id", "m"), ("webhook-timestamp", &t), ("webhook-signature", &signature)]);
        if let Err(error) = receive(&carrier(), &headers, &body, now()) {
            prop_assert_eq!(error.fault(), Fault::NotAnEvent);
        }
    }

    #[test]
    fn any_text_as_secret(text in any::<String>()) {
        let _either = StripeSecrets::parse(&text);
        if let Ok(secret) = Secret::parse("test", text) {
            let _either = SigningKey::new("test", &secret);
        }
    }
}

#[test]
fn deep_nesting_is_refused_and_not_followed() {
    let deep = format!(r#"{{"id":"evt_1","type":"payment_intent.succeeded","data":{{"object":{}"#, "[".repeat(100_000));
    assert!(receive(&stripe(), &signed(deep.as_bytes()), deep.as_bytes(), now()).is_err());
}
