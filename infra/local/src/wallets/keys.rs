//! RSA with SHA-256 (PKCS#1 v1.5), as WeChat Pay, Alipay, PayPal and the shop sign. The keys are the providers' tests' own: made for
//! nothing else, known to everybody who reads this, and good for nothing but loopback.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::SystemRandom;
use ring::signature::{KeyPair, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;

use crate::error::{LocalError, Result};

/// The shop's private key: the merchant's at WeChat Pay, the app's at Alipay.
pub const OURS: &str = include_str!("../../../../shared/oms-providers/tests/providers/keys/ours.pkcs8.pem");
/// Its public half.
pub const OUR_PUBLIC_KEY: &str = include_str!("../../../../shared/oms-providers/tests/providers/keys/ours.public.pem");
/// The wallets' private key.
pub const THEIRS: &str = include_str!("../../../../shared/oms-providers/tests/providers/keys/theirs.pkcs8.pem");
/// Its public half.
pub const THEIR_PUBLIC_KEY: &str =
    include_str!("../../../../shared/oms-providers/tests/providers/keys/theirs.public.pem");
/// The same in a certificate.
pub const THEIR_CERTIFICATE: &str =
    include_str!("../../../../shared/oms-providers/tests/providers/keys/theirs.certificate.pem");

fn pair(pem: &str) -> Result<RsaKeyPair> {
    let der = PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(LocalError::engine("reading a private key"))?;
    RsaKeyPair::from_pkcs8(der.secret_der())
        .map_err(|error| LocalError::call("reading a private key", error.to_string()))
}

/// The signature of a private key over a text, in base64.
pub(super) fn sign(private_key: &str, text: &str) -> Result<String> {
    let pair = pair(private_key)?;
    let mut signature = vec![0; pair.public().modulus_len()];
    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature)
        .map_err(|error| LocalError::call("signing", error.to_string()))?;
    Ok(STANDARD.encode(signature))
}

/// Whether a signature is this private key's over a text.
pub(super) fn fits(private_key: &str, text: &str, signature: &str) -> bool {
    let (Ok(pair), Ok(signature)) = (pair(private_key), STANDARD.decode(signature)) else { return false };
    let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public_key());
    key.verify(text.as_bytes(), &signature).is_ok()
}
