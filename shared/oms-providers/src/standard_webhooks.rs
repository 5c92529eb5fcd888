//! Standard Webhooks (standardwebhooks.com, version 1, symmetric): used both ways, by the `standard` carrier inbound and
//! by our webhooks to warehouses outbound.
//!
//! The signature is base64 HMAC-SHA256, under the base64-decoded part of the secret after `whsec_`, over
//! `{webhook-id}.{webhook-timestamp}.{body}`. `webhook-signature` is a list, separated by spaces, of
//! `{version},{signature}`; unknown versions are passed over and any `v1` may fit.

use data_encoding::{BASE64, BASE64_NOPAD};
use http::{HeaderMap, HeaderName};
use jiff::Timestamp;

use crate::error::ProviderError;
use crate::freshness;
use crate::header::one;
use crate::secret::Secret;
use crate::verified::{MacKey, MacKeys, Verified};

/// The header with the message's id; the same for every attempt to deliver it.
pub const ID_HEADER: HeaderName = HeaderName::from_static("webhook-id");
/// The header with the time of the attempt, in seconds since 1970.
pub const TIMESTAMP_HEADER: HeaderName = HeaderName::from_static("webhook-timestamp");
/// The header with the signatures.
pub const SIGNATURE_HEADER: HeaderName = HeaderName::from_static("webhook-signature");

const PREFIX: &str = "whsec_";

/// A secret that signs.
#[derive(Debug, Clone)]
pub struct SigningKey(MacKey);

impl SigningKey {
    /// Decodes a secret: base64, padded or not, after an optional `whsec_`.
    ///
    /// # Errors
    /// [`ProviderError::SecretEmpty`], also for a bare `whsec_`, or [`ProviderError::SecretMalformed`].
    pub fn new(name: &'static str, secret: &Secret) -> Result<Self, ProviderError> {
        let text = secret.expose();
        let text = text.strip_prefix(PREFIX).unwrap_or(text).trim_end_matches('=');
        let key = BASE64_NOPAD
            .decode(text.as_bytes())
            .map_err(|_| ProviderError::SecretMalformed { name, reason: "must be base64 after whsec_".to_owned() })?;
        MacKey::new(name, &key).map(Self)
    }

    /// The value of `webhook-signature` for a message sent at a time. Whole seconds count.
    #[must_use]
    pub fn sign(&self, id: &str, at: Timestamp, body: &[u8]) -> String {
        let seconds = at.as_second().to_string();
        let tag = self.0.tag(&[id.as_bytes(), b".", seconds.as_bytes(), b"."], body);
        format!("v1,{}", BASE64.encode(&tag))
    }
}

/// The secrets that a sender may sign with: more than one while it is rotated.
#[derive(Debug, Clone)]
pub struct VerifyingKeys(MacKeys);

impl VerifyingKeys {
    /// Decodes the secrets.
    ///
    /// # Errors
    /// [`ProviderError::SecretEmpty`] or [`ProviderError::SecretMalformed`].
    pub fn new(name: &'static str, secrets: &[Secret]) -> Result<Self, ProviderError> {
        let keys = secrets.iter().map(|secret| SigningKey::new(name, secret).map(|key| key.0));
        MacKeys::new(name, keys.collect::<Result<_, _>>()?).map(Self)
    }

    /// Checks a message.
    ///
    /// # Errors
    /// A [`ProviderError`] whose fault is [`crate::error::Fault::Unsigned`].
    pub fn verify<'a>(
        &self,
        headers: &HeaderMap,
        raw_body: &'a [u8],
        now: Timestamp,
    ) -> Result<Verified<'a>, ProviderError> {
        let id = one(headers, &ID_HEADER, "webhook-id")?;
        let timestamp = one(headers, &TIMESTAMP_HEADER, "webhook-timestamp")?;
        let signatures = one(headers, &SIGNATURE_HEADER, "webhook-signature")?;
        let seconds = freshness::seconds(timestamp).ok_or(ProviderError::SignatureMalformed {
            header: "webhook-timestamp",
            reason: "is not a count of seconds",
        })?;
        freshness::check(seconds, now)?;
        let tags: Vec<[u8; 32]> = signatures.split(' ').filter_map(tag).collect();
        Verified::by_hmac_sha256(&self.0, &[id.as_bytes(), b".", timestamp.as_bytes(), b"."], raw_body, &tags)
    }
}

/// A `v1` signature. Anything else in the list is passed over: another version, or not well formed.
fn tag(entry: &str) -> Option<[u8; 32]> {
    let (version, signature) = entry.split_once(',')?;
    if version != "v1" {
        return None;
    }
    BASE64.decode(signature.as_bytes()).ok()?.try_into().ok()
}
