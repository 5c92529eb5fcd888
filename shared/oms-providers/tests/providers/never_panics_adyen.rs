//! Whatever comes in Adyen's name is answered and never panics; and what is not signed is never taken.

use http::HeaderMap;
use oms_providers::callback::{CallbackProvider, receive};
use oms_providers::error::Fault;
use oms_providers::secret::AdyenSecrets;
use oms_testkit::spoil;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::adyen_support::{HMAC_KEY, adyen, item, modification, notification, receive_at, signed, stored};
use crate::never_panics::any_json;
use crate::support::{REFUND, now};

const CODES: [&str; 12] = [
    "AUTHORISATION",
    "CAPTURE",
    "CAPTURE_FAILED",
    "CANCELLATION",
    "EXPIRE",
    "REFUND",
    "REFUND_FAILED",
    "REFUNDED_REVERSED",
    "CHARGEBACK",
    "CHARGEBACK_REVERSED",
    "CANCEL_OR_REFUND",
    "ANOTHER_EVENT",
];

fn items() -> Vec<Value> {
    vec![item("AUTHORISATION", json!({})), modification("REFUND", json!({"merchantReference": REFUND}))]
}

proptest! {
    #![proptest_config(spoil::cases(2_000))]

    #[test]
    fn an_unsigned_body_is_never_taken(body in any::<Vec<u8>>(), json in any_json()) {
        for body in [body, json.to_string().into_bytes(), notification(&[json]).to_string().into_bytes()] {
            let error = receive(&adyen(), &HeaderMap::new(), &body, now()).unwrap_err();
            prop_assert_eq!(error.fault(), Fault::Unsigned);
            prop_assert!(adyen().refused(&error).status.is_client_error());
        }
    }

    #[test]
    fn a_spoilt_notification_is_refused_or_says_the_same(
        body in spoil::spoiled(vec![notification(&[signed(item("AUTHORISATION", json!({})), HMAC_KEY)])]),
    ) {
        // What is not signed may change: then the fact is the same, or the whole is refused.
        match receive_at(&adyen(), &body) {
            Ok(said) => {
                let body = notification(&[signed(item("AUTHORISATION", json!({})), HMAC_KEY)]);
                let whole = receive_at(&adyen(), &body).unwrap();
                prop_assert!(!said.is_empty() && said.iter().all(|callback| *callback == whole[0]), "{said:?}");
            }
            Err(error) => prop_assert!(matches!(error.fault(), Fault::Unsigned | Fault::Unreadable), "{error}"),
        }
    }

    #[test]
    fn a_signed_item_of_any_content_is_answered(
        item in spoil::spoiled(items()), code in prop::sample::select(CODES.to_vec()), value in any::<i64>(),
        text in any::<String>(),
    ) {
        let mut item = item;
        if let Some(fields) = item.as_object_mut() {
            fields.insert("eventCode".to_owned(), json!(code));
            fields.insert("merchantReference".to_owned(), json!(text));
            if let Some(amount) = fields.get_mut("amount").and_then(Value::as_object_mut) {
                amount.insert("value".to_owned(), json!(value));
            }
        }
        let signer = oms_providers::adyen::signature::AdyenSigner::new(HMAC_KEY).unwrap();
        let Ok(signature) = signer.sign(&item) else { return Ok(()) };
        item["additionalData"] = json!({"hmacSignature": signature});
        if let Err(error) = receive_at(&adyen(), &notification(&[item])) {
            prop_assert!(matches!(error.fault(), Fault::NotAnEvent | Fault::Unreadable), "{error}");
            prop_assert!(!error.to_string().contains(HMAC_KEY));
        }
    }

    #[test]
    fn a_spoilt_secret_is_read_or_refused(secret in spoil::spoiled(vec![stored()])) {
        if let Err(error) = AdyenSecrets::parse(&secret.to_string()) {
            prop_assert!(!error.to_string().contains(HMAC_KEY), "{error}");
        }
    }
}
