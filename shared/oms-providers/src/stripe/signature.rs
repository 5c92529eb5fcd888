//! `Stripe-Signature: t=…,v1=…[,v1=…][,v0=…]`.
//!
//! Each `v1` is hex HMAC-SHA256, under the endpoint's whole `whsec_…` text, over `{t}.{raw body}`. While an endpoint's
//! secret is rolled Stripe signs with both, so any `v1` may fit any of our secrets. `v0` exists for test events and is
//! never taken: downgrading is how such headers are attacked.
//! Source: <https://docs.stripe.com/webhooks#verify-manually>.

use data_encoding::HEXLOWER;
use http::{HeaderMap, HeaderName};
use jiff::Timestamp;

use crate::error::ProviderError;
use crate::freshness;
use crate::header::one;
use crate::secret::Secret;
use crate::verified::{MacKey, MacKeys, Verified};

/// The header with the signatures.
pub const HEADER: HeaderName = HeaderName::from_static("stripe-signature");

const NAME: &str = "stripe-signature";
const SECRETS: &str = "stripe.webhook_secrets";

/// The keys of an endpoint's secrets.
pub(super) fn keys(secrets: &[Secret]) -> Result<MacKeys, ProviderError> {
    let keys = secrets.iter().map(|secret| MacKey::new(SECRETS, secret.expose().as_bytes()));
    MacKeys::new(SECRETS, keys.collect::<Result<_, _>>()?)
}

/// Checks the header against the bytes of the body.
pub(super) fn check<'a>(
    keys: &MacKeys,
    headers: &HeaderMap,
    raw_body: &'a [u8],
    now: Timestamp,
) -> Result<Verified<'a>, ProviderError> {
    let signed = parse(one(headers, &HEADER, NAME)?)?;
    freshness::check(signed.seconds, now)?;
    Verified::by_hmac_sha256(keys, &[signed.timestamp.as_bytes(), b"."], raw_body, &signed.tags)
}

/// A read header.
struct Signed<'h> {
    /// The time exactly as it was signed.
    timestamp: &'h str,
    /// The same as a number.
    seconds: i64,
    /// The well-formed `v1` signatures.
    tags: Vec<[u8; 32]>,
}

fn parse(header: &str) -> Result<Signed<'_>, ProviderError> {
    let malformed = |reason| ProviderError::SignatureMalformed { header: NAME, reason };
    let mut timestamp = None;
    let mut tags = Vec::new();
    for item in header.split(',') {
        match item.split_once('=') {
            // Which of two times was signed? Stripe sends one.
            Some(("t", _)) if timestamp.is_some() => return Err(malformed("has more than one t")),
            Some(("t", text)) => timestamp = Some(text),
            Some(("v1", text)) => tags.extend(tag(text)),
            Some(_) | None => {}
        }
    }
    let timestamp = timestamp.ok_or_else(|| malformed("has no t"))?;
    let seconds = freshness::seconds(timestamp).ok_or_else(|| malformed("has a t that is not a count of seconds"))?;
    if tags.is_empty() {
        return Err(malformed("has no v1 signature of 64 lower-case hex digits"));
    }
    Ok(Signed { timestamp, seconds, tags })
}

/// Stripe writes lower-case hex; anything else did not come from Stripe.
fn tag(text: &str) -> Option<[u8; 32]> {
    HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok()
}

/// The header that Stripe would send: for the demonstration, the stand-in and tests, which play Stripe.
///
/// # Errors
/// [`ProviderError::SecretEmpty`].
pub fn header(secret: &str, at: Timestamp, body: &[u8]) -> Result<String, ProviderError> {
    let seconds = at.as_second().to_string();
    let tag = MacKey::new(SECRETS, secret.as_bytes())?.tag(&[seconds.as_bytes(), b"."], body);
    Ok(format!("t={seconds},v1={}", HEXLOWER.encode(&tag)))
}
