//! Signatures of WeChat Pay, in both directions: RSA-SHA256 over lines that each end with a line feed.
//!
//! - Its callbacks and its answers: `{timestamp}\n{nonce}\n{body}\n`, by the key that `Wechatpay-Serial` names: a platform
//!   certificate, by its serial number, or a public key, by its `PUB_KEY_ID_…`.
//! - Our requests: `{METHOD}\n{path?query}\n{timestamp}\n{nonce}\n{body}\n`, in the header `Authorization`.
//!
//! Source: <https://pay.weixin.qq.com/doc/v3/merchant/4012365342>.

use std::collections::BTreeMap;

use data_encoding::{BASE64, HEXUPPER};
use http::{HeaderMap, HeaderName};
use jiff::Timestamp;
use ring::rand::{SecureRandom, SystemRandom};

use crate::error::ProviderError;
use crate::freshness;
use crate::header::one;
use crate::secret::WechatpaySecrets;
use crate::verified::{RsaKey, RsaSigner, Verified};

/// The only way of signing that is taken and given.
pub const ALGORITHM: &str = "WECHATPAY2-SHA256-RSA2048";

const SIGNATURE: HeaderName = HeaderName::from_static("wechatpay-signature");
const TIMESTAMP: HeaderName = HeaderName::from_static("wechatpay-timestamp");
const NONCE: HeaderName = HeaderName::from_static("wechatpay-nonce");
const SERIAL: HeaderName = HeaderName::from_static("wechatpay-serial");
const KIND: HeaderName = HeaderName::from_static("wechatpay-signature-type");

/// The keys that WeChat Pay signs with, by name.
#[derive(Debug, Clone)]
pub(super) struct PlatformKeys(BTreeMap<String, RsaKey>);

impl PlatformKeys {
    pub(super) fn new(secrets: &WechatpaySecrets) -> Self {
        Self(secrets.platform_keys.clone())
    }

    /// Checks the headers of a callback or of an answer against the bytes of its body.
    pub(super) fn check<'a>(
        &self,
        headers: &HeaderMap,
        raw_body: &'a [u8],
        now: Timestamp,
    ) -> Result<Verified<'a>, ProviderError> {
        let malformed = |header, reason| ProviderError::SignatureMalformed { header, reason };
        let signature = one(headers, &SIGNATURE, "wechatpay-signature")?;
        let timestamp = one(headers, &TIMESTAMP, "wechatpay-timestamp")?;
        let nonce = one(headers, &NONCE, "wechatpay-nonce")?;
        let serial = one(headers, &SERIAL, "wechatpay-serial")?;
        // Not signed itself, so it may only say what we do anyway: nobody talks us into another algorithm.
        if headers.contains_key(&KIND) && one(headers, &KIND, "wechatpay-signature-type")? != ALGORITHM {
            return Err(malformed("wechatpay-signature-type", "is not WECHATPAY2-SHA256-RSA2048"));
        }
        let seconds = freshness::seconds(timestamp)
            .ok_or_else(|| malformed("wechatpay-timestamp", "is not a count of seconds"))?;
        freshness::check(seconds, now)?;
        let key = self.named(serial).ok_or_else(|| malformed("wechatpay-serial", "names no key that is configured"))?;
        // A probe of WeChat Pay's begins with WECHATPAY/SIGNTEST/ and is no signature: it ends here or does not fit.
        let signature = BASE64
            .decode(signature.as_bytes())
            .map_err(|_| malformed("wechatpay-signature", "is not the base64 of a signature"))?;
        let signed = [timestamp.as_bytes(), b"\n", nonce.as_bytes(), b"\n", raw_body, b"\n"].concat();
        Verified::by_rsa_sha256([key], &signed, &signature, raw_body)
    }

    /// The key of a name. Serial numbers are hex, and leading zeros are no part of them.
    fn named(&self, serial: &str) -> Option<&RsaKey> {
        self.0.get(serial).or_else(|| self.0.get(serial.to_ascii_uppercase().trim_start_matches('0')))
    }
}

/// Whether an answer carries a signature at all.
pub(super) fn is_signed(headers: &HeaderMap) -> bool {
    headers.contains_key(&SIGNATURE)
}

/// We, as WeChat Pay knows us.
#[derive(Debug, Clone)]
pub(super) struct Merchant {
    pub(super) mchid: String,
    serial: String,
    key: RsaSigner,
}

impl Merchant {
    pub(super) fn new(secrets: &WechatpaySecrets) -> Self {
        Self {
            mchid: secrets.mchid.clone(),
            serial: secrets.merchant_serial.clone(),
            key: secrets.merchant_key.clone(),
        }
    }

    /// The value of `Authorization` for a request.
    pub(super) fn authorization(
        &self,
        method: &str,
        path_and_query: &str,
        at: Timestamp,
        body: &str,
    ) -> Result<String, ProviderError> {
        let (seconds, nonce) = (at.as_second(), nonce()?);
        let signature =
            self.key.sign(format!("{method}\n{path_and_query}\n{seconds}\n{nonce}\n{body}\n").as_bytes())?;
        Ok(format!(
            "{ALGORITHM} mchid=\"{}\",nonce_str=\"{nonce}\",signature=\"{signature}\",timestamp=\"{seconds}\",serial_no=\"{}\"",
            self.mchid, self.serial
        ))
    }
}

impl Merchant {
    /// The nonce and the signature of what a page or mini program inside WeChat invokes.
    pub(super) fn invocation(
        &self,
        appid: &str,
        seconds: &str,
        package: &str,
    ) -> Result<(String, String), ProviderError> {
        let nonce = nonce()?;
        let signature = self.key.sign(format!("{appid}\n{seconds}\n{nonce}\n{package}\n").as_bytes())?;
        Ok((nonce, signature))
    }
}

/// 32 characters that no request had before.
fn nonce() -> Result<String, ProviderError> {
    let mut bytes = [0; 16];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| ProviderError::ClientNotBuilt { detail: "the machine has no random numbers".to_owned() })?;
    Ok(HEXUPPER.encode(&bytes))
}

/// Signs as WeChat Pay does: for the demonstration, the stand-in and tests, which play it.
#[derive(Debug)]
pub struct PlatformSigner {
    serial: String,
    key: RsaSigner,
}

impl PlatformSigner {
    /// Takes the name of a platform key and its private half.
    ///
    /// # Errors
    /// [`ProviderError::SecretEmpty`] or [`ProviderError::SecretMalformed`].
    pub fn new(serial: &str, private_key: &str) -> Result<Self, ProviderError> {
        Ok(Self { serial: serial.to_owned(), key: RsaSigner::private("the platform's private key", private_key)? })
    }

    /// The headers of a callback, or of an answer.
    ///
    /// # Errors
    /// [`ProviderError::SecretMalformed`] when the key cannot sign.
    pub fn headers(
        &self,
        at: Timestamp,
        nonce: &str,
        body: &[u8],
    ) -> Result<[(&'static str, String); 5], ProviderError> {
        let seconds = at.as_second().to_string();
        let signed = [seconds.as_bytes(), b"\n", nonce.as_bytes(), b"\n", body, b"\n"].concat();
        Ok([
            ("wechatpay-signature", self.key.sign(&signed)?),
            ("wechatpay-timestamp", seconds),
            ("wechatpay-nonce", nonce.to_owned()),
            ("wechatpay-serial", self.serial.clone()),
            ("wechatpay-signature-type", ALGORITHM.to_owned()),
        ])
    }
}
