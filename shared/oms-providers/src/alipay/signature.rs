//! Signatures of Alipay, in all three places. RSA2 is RSA-SHA256 (PKCS#1 v1.5).
//!
//! - A notification is a form: over its decoded `key=value` pairs, sorted by key and joined with `&`, without `sign` and
//!   `sign_type`. Since those two are unsigned, only what we expect is taken: RSA2 and UTF-8.
//! - Our requests: the same, but `sign_type` is signed.
//! - An answer is JSON: over the text of the node `…_response`, exactly as it lies in the body.
//!
//! Source: <https://opendocs.alipay.com/common/02mse7>.

use data_encoding::BASE64;
use url::form_urlencoded;

use crate::error::ProviderError;
use crate::verified::{RsaKey, RsaSigner, Verified};

const SIGN: &str = "sign";
const SIGN_TYPE: &str = "sign_type";
const CHARSET: &str = "charset";

/// A form, decoded, in the order of its keys.
pub(super) type Pairs = Vec<(String, String)>;

/// Reads a form. Pure, so that what is interpreted is what was verified.
///
/// # Errors
/// [`ProviderError::SignatureMalformed`] when a key is there twice: which of the two was meant?
pub(super) fn pairs(body: &[u8]) -> Result<Pairs, ProviderError> {
    let mut pairs: Pairs =
        form_urlencoded::parse(body).map(|(key, value)| (key.into_owned(), value.into_owned())).collect();
    pairs.sort();
    let twice = pairs.iter().zip(pairs.iter().skip(1)).any(|((one, _), (next, _))| one == next);
    if twice {
        return Err(ProviderError::SignatureMalformed { header: "the form", reason: "has a key more than once" });
    }
    Ok(pairs)
}

/// The value of a key.
pub(super) fn value<'p>(pairs: &'p Pairs, key: &str) -> Option<&'p str> {
    pairs.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
}

/// Checks a notification against the bytes of its body.
pub(super) fn check<'a>(keys: &[RsaKey], raw_body: &'a [u8]) -> Result<Verified<'a>, ProviderError> {
    let malformed = |header, reason| ProviderError::SignatureMalformed { header, reason };
    let pairs = pairs(raw_body)?;
    let sign = value(&pairs, SIGN).filter(|sign| !sign.is_empty());
    let sign = sign.ok_or(ProviderError::SignatureMissing { header: SIGN })?;
    // RSA is with SHA-1: whoever can make two texts with one hash of that could have one signed and send the other.
    if value(&pairs, SIGN_TYPE) != Some("RSA2") {
        return Err(malformed(SIGN_TYPE, "is not RSA2"));
    }
    if value(&pairs, CHARSET).is_some_and(|charset| !charset.eq_ignore_ascii_case("utf-8")) {
        return Err(malformed(CHARSET, "is not utf-8"));
    }
    let signature = BASE64.decode(sign.as_bytes()).map_err(|_| malformed(SIGN, "is not the base64 of a signature"))?;
    let signed = text(pairs.iter().filter(|(key, _)| key != SIGN && key != SIGN_TYPE));
    Verified::by_rsa_sha256(keys, signed.as_bytes(), &signature, raw_body)
}

/// Checks the node of an answer.
///
/// Alipay has been seen to sign `/` and send `\/`, which means the same in JSON; its own packages try both, and so do we.
pub(super) fn check_node<'a>(keys: &[RsaKey], node: &'a str, sign: &str) -> Result<Verified<'a>, ProviderError> {
    let signature = BASE64
        .decode(sign.as_bytes())
        .map_err(|_| ProviderError::SignatureMalformed { header: SIGN, reason: "is not the base64 of a signature" })?;
    Verified::by_rsa_sha256(keys, node.as_bytes(), &signature, node.as_bytes()).or_else(|error| {
        if !node.contains("\\/") {
            return Err(error);
        }
        Verified::by_rsa_sha256(keys, node.replace("\\/", "/").as_bytes(), &signature, node.as_bytes())
    })
}

/// Signs the parameters of a request; they become sorted, with `sign` behind.
pub(super) fn sign(key: &RsaSigner, mut pairs: Pairs) -> Result<Pairs, ProviderError> {
    pairs.sort();
    let sign = key.sign(text(&pairs).as_bytes())?;
    pairs.push((SIGN.to_owned(), sign));
    Ok(pairs)
}

fn text<'p>(pairs: impl IntoIterator<Item = &'p (String, String)>) -> String {
    let mut text = String::new();
    for (key, value) in pairs {
        if !text.is_empty() {
            text.push('&');
        }
        text.push_str(key);
        text.push('=');
        text.push_str(value);
    }
    text
}

/// Signs as Alipay does: for the demonstration, the stand-in and tests, which play it.
#[derive(Debug)]
pub struct AlipaySigner(RsaSigner);

impl AlipaySigner {
    /// Takes the private half of Alipay's key.
    ///
    /// # Errors
    /// [`ProviderError::SecretEmpty`] or [`ProviderError::SecretMalformed`].
    pub fn new(private_key: &str) -> Result<Self, ProviderError> {
        RsaSigner::private("alipay's private key", private_key).map(Self)
    }

    /// The body of a notification with these fields, to which `sign_type` and `sign` are added.
    ///
    /// # Errors
    /// [`ProviderError::SecretMalformed`] when the key cannot sign.
    pub fn form(&self, fields: &[(&str, &str)]) -> Result<String, ProviderError> {
        let fields = fields.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let mut pairs = sign(&self.0, fields.collect())?;
        pairs.push((SIGN_TYPE.to_owned(), "RSA2".to_owned()));
        Ok(form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
    }

    /// The signature of an answer's node.
    ///
    /// # Errors
    /// [`ProviderError::SecretMalformed`] when the key cannot sign.
    pub fn node(&self, node: &str) -> Result<String, ProviderError> {
        self.0.sign(node.as_bytes())
    }
}
