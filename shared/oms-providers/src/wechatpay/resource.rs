//! The enciphered part of a notification: AES-256-GCM under the APIv3 key, the tag behind the ciphertext.
//!
//! Source: <https://pay.weixin.qq.com/doc/v3/merchant/4012071382>.

use std::fmt;

use data_encoding::BASE64;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

use super::wire::Resource;
use crate::error::ProviderError;
use crate::secret::Secret;

const ALGORITHM: &str = "AEAD_AES_256_GCM";

/// The APIv3 keys: the current one and, while it is changed, the one before.
pub(super) struct ResourceKeys(Vec<LessSafeKey>);

impl ResourceKeys {
    pub(super) fn new(keys: &[Secret]) -> Result<Self, ProviderError> {
        keys.iter().map(key).collect::<Result<_, _>>().map(Self)
    }

    /// Deciphers, or says what is wrong.
    pub(super) fn open(&self, resource: &Resource) -> Result<Vec<u8>, &'static str> {
        if resource.algorithm != ALGORITHM {
            return Err("its resource is not enciphered with AEAD_AES_256_GCM");
        }
        let ciphertext = BASE64.decode(resource.ciphertext.as_bytes()).map_err(|_| "its ciphertext is not base64")?;
        let aad = resource.associated_data.as_deref().unwrap_or_default();
        for key in &self.0 {
            let nonce = Nonce::try_assume_unique_for_key(resource.nonce.as_bytes())
                .map_err(|_| "its nonce does not have 12 bytes")?;
            let mut text = ciphertext.clone();
            if let Ok(plain) = key.open_in_place(nonce, Aad::from(aad.as_bytes()), &mut text) {
                return Ok(plain.to_vec());
            }
        }
        Err("its resource cannot be deciphered with our APIv3 key")
    }
}

impl fmt::Debug for ResourceKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResourceKeys(redacted)")
    }
}

fn key(secret: &Secret) -> Result<LessSafeKey, ProviderError> {
    let name = "wechatpay.api_v3_keys";
    let key = UnboundKey::new(&AES_256_GCM, secret.expose().as_bytes());
    let malformed = |_| ProviderError::SecretMalformed { name, reason: "must have 32 characters each".to_owned() };
    Ok(LessSafeKey::new(key.map_err(malformed)?))
}

/// Enciphers as WeChat Pay does, in base64: for the demonstration, the stand-in and tests, which play it.
///
/// # Errors
/// [`ProviderError::SecretMalformed`] when the key does not have 32 bytes or the nonce not 12.
pub fn seal(api_v3_key: &Secret, nonce: &str, associated_data: &str, plain: &[u8]) -> Result<String, ProviderError> {
    let unusable = |_| ProviderError::SecretMalformed { name: "nonce", reason: "must have 12 bytes".to_owned() };
    let nonce = Nonce::try_assume_unique_for_key(nonce.as_bytes()).map_err(unusable)?;
    let mut text = plain.to_vec();
    let aad = Aad::from(associated_data.as_bytes());
    key(api_v3_key)?.seal_in_place_append_tag(nonce, aad, &mut text).map_err(unusable)?;
    Ok(BASE64.encode(&text))
}
