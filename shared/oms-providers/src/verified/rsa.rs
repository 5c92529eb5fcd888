//! RSA with SHA-256 (PKCS#1 v1.5): the provider signs with a key that only it has, and so do we.
//!
//! Keys come as PEM, or as the bare base64 between its first and last line, in which some consoles show them. A key below
//! 2048 bits is refused where it is read, not where the first signature fails.

use std::fmt;
use std::sync::Arc;

use data_encoding::{BASE64, HEXUPPER};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, SubjectPublicKeyInfoDer};
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::public_key::PublicKey;
use x509_parser::x509::SubjectPublicKeyInfo;

use super::Verified;
use crate::error::ProviderError;

/// What ring verifies and signs with.
const BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

impl<'a> Verified<'a> {
    /// Checks an RSA-SHA256 signature over `signed`, which the caller has composed of the body's own bytes: any of the
    /// keys (rotation) may fit.
    ///
    /// # Errors
    /// [`ProviderError::SignatureMismatch`] when no key fits, also when there is none.
    pub(crate) fn by_rsa_sha256<'k>(
        keys: impl IntoIterator<Item = &'k RsaKey>,
        signed: &[u8],
        signature: &[u8],
        body: &'a [u8],
    ) -> Result<Self, ProviderError> {
        if keys.into_iter().any(|key| key.fits(signed, signature)) {
            Ok(Self { body })
        } else {
            Err(ProviderError::SignatureMismatch)
        }
    }
}

/// A public RSA key of somebody who signs.
#[derive(Clone)]
pub(crate) struct RsaKey(UnparsedPublicKey<Vec<u8>>);

impl RsaKey {
    /// Reads a public key (`BEGIN PUBLIC KEY`, or the bare base64 of it).
    ///
    /// # Errors
    /// [`ProviderError::SecretEmpty`] or [`ProviderError::SecretMalformed`].
    pub(crate) fn public(name: &'static str, text: &str) -> Result<Self, ProviderError> {
        let text = not_empty(name, text)?;
        let der = if is_pem(text) {
            SubjectPublicKeyInfoDer::from_pem_slice(text.as_bytes()).ok().map(|der| der.to_vec())
        } else {
            bare(text)
        };
        let der = der.ok_or_else(|| malformed(name, "is neither a PEM public key nor the base64 of one"))?;
        let (rest, info) =
            SubjectPublicKeyInfo::from_der(&der).map_err(|_| malformed(name, "is not a public key (SPKI)"))?;
        if !rest.is_empty() {
            return Err(malformed(name, "has something behind the public key"));
        }
        Self::of(name, &info)
    }

    fn of(name: &'static str, info: &SubjectPublicKeyInfo<'_>) -> Result<Self, ProviderError> {
        let Ok(PublicKey::RSA(key)) = info.parsed() else {
            return Err(malformed(name, "is not an RSA key"));
        };
        check_bits(name, bits(key.modulus))?;
        Ok(Self(UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, info.subject_public_key.data.to_vec())))
    }

    /// Whether a signature is this key's over these bytes.
    pub(crate) fn fits(&self, signed: &[u8], signature: &[u8]) -> bool {
        self.0.verify(signed, signature).is_ok()
    }
}

impl fmt::Debug for RsaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RsaKey")
    }
}

/// A certificate that the configuration trusts: its key, and the number by which the provider names it.
#[derive(Debug, Clone)]
pub(crate) struct Certificate {
    /// The serial number in upper-case hex, without leading zeros.
    pub(crate) serial: String,
    /// The certified key.
    pub(crate) key: RsaKey,
}

impl Certificate {
    /// Reads a certificate (`BEGIN CERTIFICATE`). Who issued it is not asked: whoever configures it says that it is
    /// the provider's.
    ///
    /// # Errors
    /// [`ProviderError::SecretEmpty`] or [`ProviderError::SecretMalformed`].
    pub(crate) fn pem(name: &'static str, text: &str) -> Result<Self, ProviderError> {
        let der = CertificateDer::from_pem_slice(not_empty(name, text)?.as_bytes())
            .map_err(|_| malformed(name, "is not a PEM certificate"))?;
        let (_, certificate) =
            X509Certificate::from_der(&der).map_err(|_| malformed(name, "is not an X.509 certificate"))?;
        let serial = HEXUPPER.encode(certificate.raw_serial()).trim_start_matches('0').to_owned();
        Ok(Self { serial, key: RsaKey::of(name, certificate.public_key())? })
    }
}

/// Our own private RSA key.
#[derive(Clone)]
pub(crate) struct RsaSigner {
    name: &'static str,
    pair: Arc<RsaKeyPair>,
}

impl RsaSigner {
    /// Reads a private key: PKCS#8 (`BEGIN PRIVATE KEY`) or PKCS#1 (`BEGIN RSA PRIVATE KEY`), or the bare base64 of
    /// either.
    ///
    /// # Errors
    /// [`ProviderError::SecretEmpty`] or [`ProviderError::SecretMalformed`].
    pub(crate) fn private(name: &'static str, text: &str) -> Result<Self, ProviderError> {
        let text = not_empty(name, text)?;
        let unreadable = || malformed(name, "is not an RSA private key of 2048 bits or more, PKCS#8 or PKCS#1");
        let der = if is_pem(text) {
            PrivateKeyDer::from_pem_slice(text.as_bytes()).ok().map(|der| der.secret_der().to_vec())
        } else {
            bare(text)
        };
        let der = der.ok_or_else(unreadable)?;
        let pair = RsaKeyPair::from_pkcs8(&der).or_else(|_| RsaKeyPair::from_der(&der)).map_err(|_| unreadable())?;
        check_bits(name, pair.public().modulus_len() * 8)?;
        Ok(Self { name, pair: Arc::new(pair) })
    }

    /// The signature over these bytes, in base64.
    ///
    /// # Errors
    /// [`ProviderError::SecretMalformed`] when the machine has no random numbers (signing is blinded with them) or the
    /// key contradicts itself.
    pub(crate) fn sign(&self, bytes: &[u8]) -> Result<String, ProviderError> {
        let mut signature = vec![0; self.pair.public().modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), bytes, &mut signature)
            .map_err(|_| malformed(self.name, "cannot sign"))?;
        Ok(BASE64.encode(&signature))
    }
}

impl fmt::Debug for RsaSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RsaSigner(redacted)")
    }
}

fn not_empty<'t>(name: &'static str, text: &'t str) -> Result<&'t str, ProviderError> {
    let text = text.trim();
    if text.is_empty() { Err(ProviderError::SecretEmpty { name }) } else { Ok(text) }
}

fn is_pem(text: &str) -> bool {
    text.starts_with("-----BEGIN")
}

/// The base64 of a key, whose lines may have been kept.
fn bare(text: &str) -> Option<Vec<u8>> {
    let text: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    BASE64.decode(text.as_bytes()).ok()
}

/// The length of a big-endian number, whose first bytes may be zero.
fn bits(modulus: &[u8]) -> usize {
    let zeros = modulus.iter().take_while(|byte| **byte == 0).count();
    (modulus.len() - zeros) * 8
}

fn check_bits(name: &'static str, bits: usize) -> Result<(), ProviderError> {
    if BITS.contains(&bits) { Ok(()) } else { Err(malformed(name, "must have 2048 to 8192 bits")) }
}

fn malformed(name: &'static str, reason: &str) -> ProviderError {
    ProviderError::SecretMalformed { name, reason: reason.to_owned() }
}
