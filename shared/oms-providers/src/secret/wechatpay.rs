//! The secret of WeChat Pay.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Secret, several, stored};
use crate::error::ProviderError;
use crate::verified::{Certificate, RsaKey, RsaSigner};

/// How the names of WeChat Pay's public keys begin; everything else is the serial number of a platform certificate.
const PUBLIC_KEY_ID: &str = "PUB_KEY_ID_";

/// What WeChat Pay needs; `docs/payment-providers.md` shows the JSON.
#[derive(Debug, Clone)]
pub struct WechatpaySecrets {
    /// The merchant's number.
    pub(crate) mchid: String,
    /// The apps that take payments for the merchant.
    pub(crate) appids: Vec<String>,
    /// The APIv3 keys, with which notifications are enciphered (two while one is being changed).
    pub(crate) api_v3_keys: Vec<Secret>,
    /// The serial number of the merchant's own API certificate.
    pub(crate) merchant_serial: String,
    /// The private key of that certificate.
    pub(crate) merchant_key: RsaSigner,
    /// The keys that WeChat Pay signs with, by the name in `Wechatpay-Serial`.
    pub(crate) platform_keys: BTreeMap<String, RsaKey>,
    /// Whether it is real money. WeChat Pay does not say, and has no other mode of its own.
    pub(crate) live: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    mchid: String,
    appids: Vec<String>,
    api_v3_keys: Vec<String>,
    merchant_serial: String,
    merchant_private_key: String,
    #[serde(default)]
    platform_certificates: Vec<String>,
    #[serde(default)]
    public_keys: BTreeMap<String, String>,
    live: bool,
}

impl WechatpaySecrets {
    /// Parses the stored JSON.
    ///
    /// # Errors
    /// [`ProviderError::SecretEmpty`] or [`ProviderError::SecretMalformed`].
    pub fn parse(json: &str) -> Result<Self, ProviderError> {
        let stored: Stored = stored("the wechatpay secret", json)?;
        let api_v3_keys = several("wechatpay.api_v3_keys", &stored.api_v3_keys)?;
        if api_v3_keys.iter().any(|key| key.expose().len() != 32) {
            return Err(malformed("wechatpay.api_v3_keys", "must have 32 characters each"));
        }
        let appids = several("wechatpay.appids", &stored.appids)?;
        Ok(Self {
            mchid: plain("wechatpay.mchid", &stored.mchid, |byte| byte.is_ascii_digit())?,
            appids: appids.iter().map(|appid| appid.expose().to_owned()).collect(),
            api_v3_keys,
            merchant_serial: plain("wechatpay.merchant_serial", &stored.merchant_serial, |b| b.is_ascii_hexdigit())?,
            merchant_key: RsaSigner::private("wechatpay.merchant_private_key", &stored.merchant_private_key)?,
            platform_keys: platform_keys(&stored)?,
            live: stored.live,
        })
    }
}

fn platform_keys(stored: &Stored) -> Result<BTreeMap<String, RsaKey>, ProviderError> {
    let mut keys = BTreeMap::new();
    for text in &stored.platform_certificates {
        let certificate = Certificate::pem("wechatpay.platform_certificates", text)?;
        keys.insert(certificate.serial, certificate.key);
    }
    for (id, text) in &stored.public_keys {
        if !id.starts_with(PUBLIC_KEY_ID) {
            return Err(malformed("wechatpay.public_keys", "must be named by ids that begin with PUB_KEY_ID_"));
        }
        keys.insert(id.clone(), RsaKey::public("wechatpay.public_keys", text)?);
    }
    if keys.is_empty() {
        return Err(ProviderError::SecretEmpty { name: "wechatpay.platform_certificates and public_keys" });
    }
    Ok(keys)
}

/// A name that becomes part of headers and addresses.
fn plain(name: &'static str, text: &str, fits: fn(u8) -> bool) -> Result<String, ProviderError> {
    if text.is_empty() {
        return Err(ProviderError::SecretEmpty { name });
    }
    if text.len() > 64 || !text.bytes().all(fits) {
        return Err(malformed(name, "has characters that it cannot have"));
    }
    Ok(text.to_owned())
}

fn malformed(name: &'static str, reason: &str) -> ProviderError {
    ProviderError::SecretMalformed { name, reason: reason.to_owned() }
}
