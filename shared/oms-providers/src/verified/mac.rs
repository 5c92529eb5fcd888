//! HMAC-SHA256: a secret that both sides know.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::Verified;
use crate::error::ProviderError;

type HmacSha256 = Hmac<Sha256>;

impl<'a> Verified<'a> {
    /// Checks HMAC-SHA256 over `prefix` followed by the body: any of the keys (rotation) may fit any of the tags.
    ///
    /// Each comparison takes the same time wherever the first difference lies.
    ///
    /// # Errors
    /// [`ProviderError::SignatureMismatch`] when no tag fits under any key, also when there is none.
    pub(crate) fn by_hmac_sha256(
        keys: &MacKeys,
        prefix: &[&[u8]],
        body: &'a [u8],
        tags: &[[u8; 32]],
    ) -> Result<Self, ProviderError> {
        for key in &keys.0 {
            let mac = key.over(prefix, body);
            if tags.iter().any(|tag| mac.clone().verify_slice(tag).is_ok()) {
                return Ok(Self { body });
            }
        }
        Err(ProviderError::SignatureMismatch)
    }

    /// Checks HMAC-SHA256 over several texts, each of which the caller has composed of the body's own fields: every one
    /// needs its tag, under any of the keys (rotation). A single wrong one refuses the whole body.
    ///
    /// # Errors
    /// [`ProviderError::SignatureMismatch`] when a tag does not fit, also when there is no text at all.
    pub(crate) fn by_hmac_sha256_of_each(
        keys: &MacKeys,
        signed: &[(String, [u8; 32])],
        body: &'a [u8],
    ) -> Result<Self, ProviderError> {
        let fits = |(text, tag): &(String, [u8; 32])| {
            keys.0.iter().any(|key| key.over(&[], text.as_bytes()).verify_slice(tag).is_ok())
        };
        if !signed.is_empty() && signed.iter().all(fits) {
            Ok(Self { body })
        } else {
            Err(ProviderError::SignatureMismatch)
        }
    }
}

/// A key for HMAC-SHA256, never empty: under an empty key everybody can sign.
#[derive(Clone)]
pub(crate) struct MacKey(HmacSha256);

impl MacKey {
    /// Takes the key's bytes.
    ///
    /// # Errors
    /// [`ProviderError::SecretEmpty`].
    pub(crate) fn new(name: &'static str, key: &[u8]) -> Result<Self, ProviderError> {
        if key.is_empty() {
            return Err(ProviderError::SecretEmpty { name });
        }
        HmacSha256::new_from_slice(key)
            .map(Self)
            .map_err(|error| ProviderError::SecretMalformed { name, reason: error.to_string() })
    }

    /// The tag over `prefix` followed by the body.
    pub(crate) fn tag(&self, prefix: &[&[u8]], body: &[u8]) -> [u8; 32] {
        self.over(prefix, body).finalize().into_bytes().into()
    }

    fn over(&self, prefix: &[&[u8]], body: &[u8]) -> HmacSha256 {
        let mut mac = self.0.clone();
        for part in prefix {
            mac.update(part);
        }
        mac.update(body);
        mac
    }
}

impl fmt::Debug for MacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MacKey(redacted)")
    }
}

/// At least one key: the current one and, while it is rotated, the one before or after it.
#[derive(Debug, Clone)]
pub(crate) struct MacKeys(Vec<MacKey>);

impl MacKeys {
    /// Takes the keys.
    ///
    /// # Errors
    /// [`ProviderError::SecretEmpty`] when there is none.
    pub(crate) fn new(name: &'static str, keys: Vec<MacKey>) -> Result<Self, ProviderError> {
        if keys.is_empty() { Err(ProviderError::SecretEmpty { name }) } else { Ok(Self(keys)) }
    }
}
