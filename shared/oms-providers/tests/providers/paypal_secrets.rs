//! PayPal's secret: an incomplete one stops the start, the API's address follows from it, and none is ever printed.

use std::sync::Arc;

use oms_providers::error::{Fault, ProviderError};
use oms_providers::paypal::signature::PaypalSigner;
use oms_providers::paypal::{PaypalClient, PaypalConfig};
use oms_providers::secret::PaypalSecrets;
use oms_testkit::time::FixedClock;
use serde_json::json;

use crate::paypal_support::{CLIENT_SECRET, THEIR_CERTIFICATE, THEIRS, WEBHOOK, client, paypal, secrets, stored};
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
        (json!({"certificates": [THEIR_CERTIFICATE, THEIR_CERTIFICATE]}), "ok"),
        (json!({"certificates": []}), "SecretEmpty"),
        (json!({"certificates": [""]}), "SecretEmpty"),
        (json!({"certificates": [THEIR_CERTIFICATE, " "]}), "SecretEmpty"),
        (json!({"certificates": [&THEIR_CERTIFICATE[..400]]}), "SecretMalformed"),
        (json!({"certificates": [THEIRS]}), "SecretMalformed"),
        (json!({"certificates": THEIR_CERTIFICATE}), "SecretMalformed"),
        (json!({"client_id": ""}), "SecretEmpty"),
        (json!({"client_secret": ""}), "SecretEmpty"),
        (json!({"client_secret": "a b"}), "SecretMalformed"),
        (json!({"webhook_id": ""}), "SecretEmpty"),
        (json!({"merchant_id": ""}), "SecretEmpty"),
        (json!({"live": null}), "SecretMalformed"),
        (json!({"more": 1}), "SecretMalformed"),
    ] {
        let label = over.to_string();
        assert_eq!(name(&PaypalSecrets::parse(&with(stored(), over).to_string())), expected, "{label}");
    }
}

#[test]
fn the_address_follows_from_the_secret() {
    let at = |over, config| PaypalClient::new(&secrets(over), &config, Arc::new(FixedClock(now())));
    let shown = |over| format!("{:?}", at(over, PaypalConfig::default()).unwrap());
    assert!(shown(json!({})).contains("https://api-m.paypal.com"));
    assert!(shown(json!({"live": false})).contains("https://api-m.sandbox.paypal.com"));
    let config = PaypalConfig { api_base: Some("http://api-m.paypal.com".to_owned()), ..PaypalConfig::default() };
    assert_eq!(name(&at(json!({}), config)), "AddressRefused");
}

#[test]
fn none_is_ever_printed() {
    let signer = PaypalSigner::new(WEBHOOK, THEIRS).unwrap();
    let printed = format!("{:?} {:?} {:?} {signer:?}", secrets(json!({})), paypal(), client("https://example.com"));
    let unreadable = [json!({"client_secret": [CLIENT_SECRET]}), json!({"live": CLIENT_SECRET})]
        .into_iter()
        .map(|over| PaypalSecrets::parse(&with(stored(), over).to_string()).unwrap_err().to_string());
    for text in unreadable.chain([printed]) {
        for secret in [CLIENT_SECRET, &THEIRS[40..80], &THEIRS[200..240]] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}
