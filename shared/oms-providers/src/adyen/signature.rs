//! Adyen's HMAC: every item of a webhook is signed for itself, over eight of its fields, and the body as such is not.
//!
//! `pspReference:originalReference:merchantAccountCode:merchantReference:value:currency:eventCode:success` under
//! HMAC-SHA256, whose key is the hex text of the Customer Area; the tag is in the item's own `additionalData.hmacSignature`
//! in base64. What is missing counts as empty, and nothing is escaped: so that two items cannot be signed alike, a colon is
//! taken in our own reference alone, of which there is one.
//! Source: <https://docs.adyen.com/development-resources/webhooks/secure-webhooks/verify-hmac-signatures>.

use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use serde_json::Value;

use super::wire::{Item, Notification};
use crate::error::ProviderError;
use crate::secret::Secret;
use crate::verified::{MacKey, MacKeys, Verified};

const FIELD: &str = "hmacSignature";
const KEYS: &str = "adyen.hmac_keys";

/// The keys of a webhook.
pub(super) fn keys(secrets: &[Secret]) -> Result<MacKeys, ProviderError> {
    MacKeys::new(KEYS, secrets.iter().map(key).collect::<Result<_, _>>()?)
}

/// Reads a key as the Customer Area shows it: 64 hex digits.
pub(crate) fn key(secret: &Secret) -> Result<MacKey, ProviderError> {
    let malformed = || ProviderError::SecretMalformed { name: KEYS, reason: "must be 64 hex digits each".to_owned() };
    let bytes = HEXLOWER_PERMISSIVE.decode(secret.expose().as_bytes()).map_err(|_| malformed())?;
    if bytes.len() == 32 { MacKey::new(KEYS, &bytes) } else { Err(malformed()) }
}

/// Checks every item of a webhook.
pub(super) fn check<'a>(keys: &MacKeys, raw_body: &'a [u8]) -> Result<Verified<'a>, ProviderError> {
    let notification = read(raw_body)?;
    let signed = notification.notification_items.iter().map(|wrapped| signed(&wrapped.item));
    Verified::by_hmac_sha256_of_each(keys, &signed.collect::<Result<Vec<_>, _>>()?, raw_body)
}

/// Reads a webhook. What is not of this form has no signed fields, so it counts as unsigned.
pub(super) fn read(body: &[u8]) -> Result<Notification, ProviderError> {
    serde_json::from_slice(body).map_err(|_| malformed("stands in no notification of Adyen's"))
}

/// The text that is signed, and the tag that came with it.
fn signed(item: &Item) -> Result<(String, [u8; 32]), ProviderError> {
    let signature = item.additional_data.as_ref().and_then(|data| data.hmac_signature.as_deref()).unwrap_or_default();
    if signature.is_empty() {
        return Err(ProviderError::SignatureMissing { header: FIELD });
    }
    let tag = BASE64.decode(signature.as_bytes()).ok().and_then(|tag| tag.try_into().ok());
    Ok((text(item)?, tag.ok_or_else(|| malformed("is not the base64 of 32 bytes"))?))
}

fn text(item: &Item) -> Result<String, ProviderError> {
    let psp_reference = item.psp_reference.as_str();
    let original_reference = item.original_reference.as_deref().unwrap_or_default();
    let account = item.merchant_account_code.as_str();
    let reference = item.merchant_reference.as_deref().unwrap_or_default();
    let (value, currency) = (item.amount.value, item.amount.currency.as_str());
    let (code, success) = (item.event_code.as_str(), item.success.as_str());
    if [psp_reference, original_reference, account, currency, code, success].iter().any(|field| field.contains(':')) {
        return Err(malformed("covers a field with a colon in it"));
    }
    Ok(format!("{psp_reference}:{original_reference}:{account}:{reference}:{value}:{currency}:{code}:{success}"))
}

fn malformed(reason: &'static str) -> ProviderError {
    ProviderError::SignatureMalformed { header: FIELD, reason }
}

/// Signs as Adyen does: for the demonstration, the stand-in and tests, which play it.
#[derive(Debug)]
pub struct AdyenSigner(MacKey);

impl AdyenSigner {
    /// Takes a key as the Customer Area shows it.
    ///
    /// # Errors
    /// [`ProviderError::SecretEmpty`] or [`ProviderError::SecretMalformed`].
    pub fn new(hmac_key: &str) -> Result<Self, ProviderError> {
        Ok(Self(key(&Secret::parse(KEYS, hmac_key)?)?))
    }

    /// The signature of an item, the object in `NotificationRequestItem`.
    ///
    /// # Errors
    /// [`ProviderError::SignatureMalformed`] when it is no item, or one that Adyen cannot sign.
    pub fn sign(&self, item: &Value) -> Result<String, ProviderError> {
        let item: Item = serde_json::from_value(item.clone()).map_err(|_| malformed("stands in no item of Adyen's"))?;
        Ok(BASE64.encode(&self.0.tag(&[], text(&item)?.as_bytes())))
    }
}
