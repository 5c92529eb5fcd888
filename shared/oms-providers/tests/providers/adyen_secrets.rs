//! Adyen's secret: an incomplete one stops the start, the API's address follows from it, and none is ever printed.

use std::sync::Arc;

use oms_providers::adyen::signature::AdyenSigner;
use oms_providers::adyen::{AdyenClient, AdyenConfig};
use oms_providers::error::{Fault, ProviderError};
use oms_providers::secret::AdyenSecrets;
use oms_testkit::time::FixedClock;
use serde_json::json;

use crate::adyen_support::{API_KEY, HMAC_KEY, OLD_HMAC_KEY, adyen, client, secrets, stored};
use crate::support::{now, with};

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
fn what_is_needed() {
    for (over, expected) in [
        (json!({}), "ok"),
        (json!({"capture": "manual"}), "ok"),
        (json!({"live": false, "live_prefix": null}), "ok"),
        (json!({"hmac_keys": [HMAC_KEY.to_ascii_lowercase()]}), "ok"),
        (json!({"hmac_keys": []}), "SecretEmpty"),
        (json!({"hmac_keys": [""]}), "SecretEmpty"),
        (json!({"hmac_keys": [HMAC_KEY, ""]}), "SecretEmpty"),
        (json!({"hmac_keys": [&HMAC_KEY[..62]]}), "SecretMalformed"),
        (json!({"hmac_keys": [format!("{HMAC_KEY}00")]}), "SecretMalformed"),
        (json!({"hmac_keys": ["not hex"]}), "SecretMalformed"),
        (json!({"hmac_keys": HMAC_KEY}), "SecretMalformed"),
        (json!({"api_key": ""}), "SecretEmpty"),
        (json!({"api_key": "AQE\n"}), "SecretMalformed"),
        (json!({"merchant_account": ""}), "SecretEmpty"),
        (json!({"live_prefix": ""}), "SecretEmpty"),
        (json!({"live_prefix": null}), "SecretEmpty"),
        (json!({"live": false}), "SecretMalformed"),
        (json!({"live_prefix": "evil.example/"}), "SecretMalformed"),
        (json!({"live": "yes"}), "SecretMalformed"),
        (json!({"capture": "sometimes"}), "SecretMalformed"),
        (json!({"capture": null}), "SecretMalformed"),
        (json!({"more": 1}), "SecretMalformed"),
    ] {
        let label = over.to_string();
        assert_eq!(name(&AdyenSecrets::parse(&with(stored(), over).to_string())), expected, "{label}");
    }
    assert_eq!(name(&AdyenSigner::new("")), "SecretEmpty");
}

#[test]
fn the_address_follows_from_the_secret() {
    let at = |over, config| AdyenClient::new(&secrets(over), &config, Arc::new(FixedClock(now())));
    let shown = |over| format!("{:?}", at(over, AdyenConfig::default()).unwrap());
    assert!(shown(json!({})).contains("https://1797a841fbb37ca7-waybill-checkout-live.adyenpayments.com/checkout"));
    assert!(shown(json!({"live": false, "live_prefix": null})).contains("https://checkout-test.adyen.com"));
    let config = AdyenConfig { api_base: Some("http://checkout-test.adyen.com".to_owned()), ..AdyenConfig::default() };
    assert_eq!(name(&at(json!({}), config)), "AddressRefused");
}

#[test]
fn none_is_ever_printed() {
    let signer = AdyenSigner::new(HMAC_KEY).unwrap();
    let printed = format!("{:?} {:?} {:?} {signer:?}", secrets(json!({})), adyen(), client("https://example.com"));
    let unreadable = [json!({"hmac_keys": HMAC_KEY}), json!({"api_key": [API_KEY]}), json!({"hmac_keys": [API_KEY]})]
        .into_iter()
        .map(|over| AdyenSecrets::parse(&with(stored(), over).to_string()).unwrap_err().to_string());
    for text in unreadable.chain([printed]) {
        for secret in [API_KEY, HMAC_KEY, OLD_HMAC_KEY] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}
