//! Signing as the outside world does.

use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;

use crate::clock;
use crate::error::{LocalError, Result};

/// How old, or how far ahead, a Standard Webhook may be, in seconds.
const FRESH_SECONDS: i64 = 300;

/// The `Stripe-Signature` header for a body at a time (seconds since 1970). The secret is used as it stands, `whsec_` included.
/// Source: <https://docs.stripe.com/webhooks#verify-manually>.
pub fn stripe(secret: &str, at: i64, body: &[u8]) -> String {
    let mut signed = format!("{at}.").into_bytes();
    signed.extend_from_slice(body);
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), &signed);
    format!("t={at},v1={}", data_encoding::HEXLOWER.encode(tag.as_ref()))
}

/// The three headers of Standard Webhooks: id, timestamp, signature. The key is what follows `whsec_`, in base64.
/// Source: <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>.
///
/// # Errors
/// The secret is not of that form.
pub fn standard_webhook(secret: &str, id: &str, at: i64, body: &[u8]) -> Result<[(&'static str, String); 3]> {
    let encoded = secret.strip_prefix("whsec_").unwrap_or(secret);
    let key = STANDARD.decode(encoded).map_err(LocalError::engine("reading the carrier's secret"))?;
    let mut signed = format!("{id}.{at}.").into_bytes();
    signed.extend_from_slice(body);
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), &signed);
    Ok([
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", at.to_string()),
        ("webhook-signature", format!("v1,{}", STANDARD.encode(tag.as_ref()))),
    ])
}

/// Whether the holder of a secret has signed a body by Standard Webhooks, and just now.
pub fn is_standard_webhook(secret: &str, headers: &HeaderMap, body: &[u8]) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let Ok(at) = text("webhook-timestamp").parse::<i64>() else { return false };
    let fresh = at.saturating_sub(clock::now().as_second()).saturating_abs() <= FRESH_SECONDS;
    let Ok([_, _, (_, expected)]) = standard_webhook(secret, text("webhook-id"), at, body) else { return false };
    fresh && text("webhook-signature").split(' ').any(|signature| signature == expected)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::{standard_webhook, stripe};

    /// Computed with Stripe's SDK for Python, 16.1.0: `WebhookSignature._compute_signature`.
    #[test]
    fn stripes_own_sdk_signs_the_same() {
        assert_eq!(
            stripe("whsec_test_secret", 1_700_000_000, br#"{"id":"evt_1"}"#),
            "t=1700000000,v1=248a374f50f943a28b0f6ab50faf9a7e7e29b710fa26df9fb1618b9bf8ea9c9a"
        );
    }

    /// The example of the specification's reference libraries.
    #[test]
    fn the_reference_example_signs_the_same() {
        let [_, _, (name, signature)] = standard_webhook(
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            br#"{"test": 2432232314}"#,
        )
        .unwrap();
        assert_eq!(
            (name, signature.as_str()),
            ("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
        );
    }

    #[test]
    fn a_malformed_secret_is_an_error() {
        assert!(standard_webhook("whsec_not base64!", "m", 1, b"").is_err());
    }
}
