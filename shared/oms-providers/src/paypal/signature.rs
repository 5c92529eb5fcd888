//! PayPal's signature: RSA-SHA256 over `transmission id|transmission time|webhook id|CRC-32 of the body in decimal`.
//!
//! Two things about it have to be known. A header names the address of the certificate; whoever fetched it would trust
//! whatever the sender points at, so nothing is fetched and the certificates are part of the configuration. And of the body
//! nothing is signed but its CRC-32, which anybody can keep while changing the rest: whoever has seen the headers of one
//! genuine webhook can sign others with them until it is too old. So these headers are never logged.
//! Source: <https://developer.paypal.com/api/rest/webhooks/rest/#link-messagesignature>.

use data_encoding::BASE64;
use http::{HeaderMap, HeaderName};
use jiff::Timestamp;
use url::{Host, Url};

use crate::error::ProviderError;
use crate::freshness;
use crate::header::one;
use crate::verified::{RsaKey, RsaSigner, Verified};

/// The only way of signing that is taken and given.
pub const ALGORITHM: &str = "SHA256withRSA";

const ID: HeaderName = HeaderName::from_static("paypal-transmission-id");
const TIME: HeaderName = HeaderName::from_static("paypal-transmission-time");
const SIGNATURE: HeaderName = HeaderName::from_static("paypal-transmission-sig");
const ALGO: HeaderName = HeaderName::from_static("paypal-auth-algo");
const CERT_URL: HeaderName = HeaderName::from_static("paypal-cert-url");

/// PayPal tries for three days. Whether a later attempt is signed anew is not documented, so the first one's time has to do.
const OLDEST_SECONDS: u64 = 4 * 24 * 3_600;

/// What a webhook is checked against.
#[derive(Debug, Clone)]
pub(super) struct Webhook {
    /// PayPal's id of the webhook. It is part of what is signed, and keeps other shops' events out.
    pub(super) id: String,
    /// The keys of the certificates that PayPal signs with (two while one is being replaced).
    pub(super) keys: Vec<RsaKey>,
}

impl Webhook {
    /// Checks the headers against the bytes of the body.
    pub(super) fn check<'a>(
        &self,
        headers: &HeaderMap,
        raw_body: &'a [u8],
        now: Timestamp,
    ) -> Result<Verified<'a>, ProviderError> {
        let malformed = |header, reason| ProviderError::SignatureMalformed { header, reason };
        let signature = one(headers, &SIGNATURE, "paypal-transmission-sig")?;
        let id = one(headers, &ID, "paypal-transmission-id")?;
        let time = one(headers, &TIME, "paypal-transmission-time")?;
        // Neither of these two is signed, so they may only say what we do anyway: nobody talks us into another algorithm or
        // another certificate.
        if headers.contains_key(&ALGO) && one(headers, &ALGO, "paypal-auth-algo")? != ALGORITHM {
            return Err(malformed("paypal-auth-algo", "is not SHA256withRSA"));
        }
        if headers.contains_key(&CERT_URL) && !is_paypals(one(headers, &CERT_URL, "paypal-cert-url")?) {
            return Err(malformed("paypal-cert-url", "is no https address at paypal.com"));
        }
        let at: Timestamp =
            time.parse().map_err(|_| malformed("paypal-transmission-time", "is no time of the form of RFC 3339"))?;
        freshness::check_since(at.as_second(), now, OLDEST_SECONDS)?;
        let signature = BASE64
            .decode(signature.as_bytes())
            .map_err(|_| malformed("paypal-transmission-sig", "is not the base64 of a signature"))?;
        Verified::by_rsa_sha256(&self.keys, signed(id, time, &self.id, raw_body).as_bytes(), &signature, raw_body)
    }
}

fn signed(id: &str, time: &str, webhook_id: &str, body: &[u8]) -> String {
    format!("{id}|{time}|{webhook_id}|{}", crc32(body))
}

/// Whether an address is PayPal's: `api.paypal.com`, `api.sandbox.paypal.com`, ….
fn is_paypals(address: &str) -> bool {
    let Ok(url) = Url::parse(address) else { return false };
    let Some(Host::Domain(host)) = url.host() else { return false };
    url.scheme() == "https" && (host == "paypal.com" || host.ends_with(".paypal.com"))
}

/// CRC-32 as in zip and PNG: the polynomial 0x04C11DB7, mirrored.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg()))
    })
}

/// Signs as PayPal does: for the demonstration, the stand-in and tests, which play it.
#[derive(Debug)]
pub struct PaypalSigner {
    webhook_id: String,
    key: RsaSigner,
}

impl PaypalSigner {
    /// Takes the webhook's id and the private half of a certificate.
    ///
    /// # Errors
    /// [`ProviderError::SecretEmpty`] or [`ProviderError::SecretMalformed`].
    pub fn new(webhook_id: &str, private_key: &str) -> Result<Self, ProviderError> {
        let key = RsaSigner::private("PayPal's private key", private_key)?;
        Ok(Self { webhook_id: webhook_id.to_owned(), key })
    }

    /// The headers of a webhook.
    ///
    /// # Errors
    /// [`ProviderError::SecretMalformed`] when the key cannot sign.
    pub fn headers(
        &self,
        at: Timestamp,
        transmission_id: &str,
        body: &[u8],
    ) -> Result<[(&'static str, String); 5], ProviderError> {
        let time = at.to_string();
        let signature = self.key.sign(signed(transmission_id, &time, &self.webhook_id, body).as_bytes())?;
        Ok([
            ("paypal-transmission-id", transmission_id.to_owned()),
            ("paypal-transmission-time", time),
            ("paypal-transmission-sig", signature),
            ("paypal-auth-algo", ALGORITHM.to_owned()),
            ("paypal-cert-url", "https://api.paypal.com/v1/notifications/certs/CERT-360caa42".to_owned()),
        ])
    }
}
