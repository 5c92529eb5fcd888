//! Secrets: an enabled provider without one stops the start, and none is ever printed.

use oms_providers::carriers::standard::StandardCarrier;
use oms_providers::error::{Fault, ProviderError};
use oms_providers::secret::{StandardCarrierSecrets, StripeSecrets, WarehouseSecrets};
use oms_providers::stripe::{StripeCallbacks, StripeClient, StripeConfig};

use crate::support::{API_KEY, SECRET, stripe_secrets};

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
fn stripe() {
    for (json, expected) in [
        (r#"{"api_key":"sk_1","webhook_secrets":["whsec_1"]}"#, "ok"),
        (r#"{"api_key":"sk_1","webhook_secrets":["whsec_1","whsec_2"]}"#, "ok"),
        (r#"{"api_key":"","webhook_secrets":["whsec_1"]}"#, "SecretEmpty"),
        (r#"{"api_key":"  ","webhook_secrets":["whsec_1"]}"#, "SecretEmpty"),
        (r#"{"api_key":"sk_1","webhook_secrets":[]}"#, "SecretEmpty"),
        (r#"{"api_key":"sk_1","webhook_secrets":[""]}"#, "SecretEmpty"),
        (r#"{"api_key":"sk_1","webhook_secrets":["whsec_1",""]}"#, "SecretEmpty"),
        (r#"{"api_key":"sk_1\n","webhook_secrets":["whsec_1"]}"#, "SecretMalformed"),
        (r#"{"api_key":"sk_１","webhook_secrets":["whsec_1"]}"#, "SecretMalformed"),
        (r#"{"api_key":"sk_1","webhook_secret":"whsec_1"}"#, "SecretMalformed"),
        (r#"{"api_key":"sk_1"}"#, "SecretMalformed"),
        (r#"{"webhook_secrets":["whsec_1"]}"#, "SecretMalformed"),
        ("", "SecretMalformed"),
        ("null", "SecretMalformed"),
    ] {
        assert_eq!(name(&StripeSecrets::parse(json)), expected, "{json}");
    }
}

#[test]
fn standard_carrier_and_warehouse() {
    for (json, expected) in [
        (r#"{"webhook_secrets":["whsec_YWJj"]}"#, "ok"),
        (r#"{"webhook_secrets":[]}"#, "SecretEmpty"),
        (r#"{"webhook_secrets":"whsec_YWJj"}"#, "SecretMalformed"),
    ] {
        assert_eq!(name(&StandardCarrierSecrets::parse(json)), expected, "{json}");
    }
    for (json, expected) in [
        (r#"{"webhook_secret":"whsec_YWJj"}"#, "ok"),
        (r#"{"webhook_secret":""}"#, "SecretEmpty"),
        (r#"{}"#, "SecretMalformed"),
    ] {
        assert_eq!(name(&WarehouseSecrets::parse(json)), expected, "{json}");
    }
    let undecodable = StandardCarrierSecrets::new(&["whsec_!"]).unwrap();
    assert_eq!(name(&StandardCarrier::new(&undecodable)), "SecretMalformed");
}

#[test]
fn none_is_ever_printed() {
    let secrets = stripe_secrets();
    let client = StripeClient::new(&secrets, &StripeConfig::default()).unwrap();
    let callbacks = StripeCallbacks::new(&secrets).unwrap();
    let carrier = StandardCarrierSecrets::new(&["whsec_YWJjZGVm"]).unwrap();
    let printed =
        format!("{secrets:?} {client:?} {callbacks:?} {carrier:?} {:?}", StandardCarrier::new(&carrier).unwrap());
    let error =
        StripeSecrets::parse(&format!(r#"{{"api_key":"{API_KEY}","webhook_secrets":"{SECRET}"}}"#)).unwrap_err();
    for text in [printed, error.to_string(), format!("{error:?}")] {
        for secret in [API_KEY, SECRET, "YWJjZGVm", "abcdef"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}
