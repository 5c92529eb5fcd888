//! Whatever comes in PayPal's name is answered and never panics; and what is not signed is never taken.

use http::{HeaderMap, HeaderName, HeaderValue};
use oms_providers::callback::{CallbackProvider, receive};
use oms_providers::error::Fault;
use oms_providers::secret::PaypalSecrets;
use oms_testkit::spoil;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::never_panics::any_json;
use crate::paypal_support::{CLIENT_SECRET, all_said, capture, dispute, event, paypal, refund, signed, stored};
use crate::support::now;

const KINDS: [&str; 9] = [
    "PAYMENT.CAPTURE.COMPLETED",
    "PAYMENT.CAPTURE.PENDING",
    "PAYMENT.CAPTURE.DENIED",
    "PAYMENT.CAPTURE.REFUNDED",
    "PAYMENT.CAPTURE.REVERSED",
    "CUSTOMER.DISPUTE.CREATED",
    "CUSTOMER.DISPUTE.RESOLVED",
    "CHECKOUT.ORDER.APPROVED",
    "ANOTHER.EVENT",
];

fn events() -> Vec<Value> {
    vec![
        event("PAYMENT.CAPTURE.COMPLETED", capture(json!({}))),
        event("PAYMENT.CAPTURE.REFUNDED", refund(json!({}))),
        event("CUSTOMER.DISPUTE.CREATED", dispute(json!({}))),
        event("CHECKOUT.ORDER.APPROVED", json!({"id": "5O1", "purchase_units": [{"custom_id": "a"}]})),
    ]
}

proptest! {
    // Each case signs with an RSA key, which takes its time without optimisation.
    #![proptest_config(spoil::cases(100))]

    #[test]
    fn any_bytes_as_headers(values in prop::collection::vec(any::<Vec<u8>>(), 5), body in any::<Vec<u8>>()) {
        let names = [
            "paypal-transmission-sig", "paypal-transmission-id", "paypal-transmission-time", "paypal-auth-algo",
            "paypal-cert-url",
        ];
        let entry = |(name, value): (&'static str, Vec<u8>)| {
            Some((HeaderName::from_static(name), HeaderValue::from_bytes(&value).ok()?))
        };
        let headers: HeaderMap = names.into_iter().zip(values).filter_map(entry).collect();
        prop_assert_eq!(receive(&paypal(), &headers, &body, now()).unwrap_err().fault(), Fault::Unsigned);
    }

    #[test]
    fn any_time_and_address(time in "[-+0-9TZ:. ]{0,40}", address in "[ -~]{0,60}") {
        let mut headers = signed(b"{}");
        for (name, text) in [("paypal-transmission-time", time), ("paypal-cert-url", address)] {
            let mut headers = headers.clone();
            headers.insert(name, HeaderValue::from_str(&text).unwrap());
            if let Err(error) = receive(&paypal(), &headers, b"{}", now()) {
                prop_assert!(matches!(error.fault(), Fault::Unsigned | Fault::NotAnEvent), "{error}");
            }
        }
        headers.clear();
        prop_assert_eq!(receive(&paypal(), &headers, b"{}", now()).unwrap_err().name(), "SignatureMissing");
    }

    #[test]
    fn a_signed_body_of_any_bytes_is_answered(body in any::<Vec<u8>>()) {
        let error = receive(&paypal(), &signed(&body), &body, now()).unwrap_err();
        prop_assert_eq!(error.fault(), Fault::NotAnEvent);
        prop_assert!(paypal().refused(&error).status.is_client_error());
    }

    #[test]
    fn a_signed_event_of_any_resource_is_answered(
        spoilt in spoil::spoiled(events()), kind in prop::sample::select(KINDS.to_vec()), resource in any_json(),
    ) {
        for body in [spoilt, event(kind, resource)] {
            if let Err(error) = all_said(&body) {
                prop_assert!(matches!(error.fault(), Fault::NotAnEvent | Fault::Unreadable), "{error}");
            }
        }
    }

    #[test]
    fn any_change_of_a_signed_body_is_noticed(at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let mut body = event("PAYMENT.CAPTURE.COMPLETED", capture(json!({}))).to_string().into_bytes();
        let headers = signed(&body);
        let at = at.index(body.len());
        body[at] ^= 1 << bit;
        prop_assert_eq!(receive(&paypal(), &headers, &body, now()).unwrap_err().name(), "SignatureMismatch");
    }

    #[test]
    fn a_spoilt_secret_is_read_or_refused(secret in spoil::spoiled(vec![stored()])) {
        if let Err(error) = PaypalSecrets::parse(&secret.to_string()) {
            prop_assert!(!error.to_string().contains(CLIENT_SECRET), "{error}");
        }
    }
}
