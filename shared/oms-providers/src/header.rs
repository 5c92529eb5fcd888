//! Reading one header of an untrusted request.

use http::{HeaderMap, HeaderName};

use crate::error::ProviderError;

/// The value of a header that must be there exactly once: which of two would be the signed one?
pub(crate) fn one<'h>(
    headers: &'h HeaderMap,
    header: &HeaderName,
    name: &'static str,
) -> Result<&'h str, ProviderError> {
    let mut values = headers.get_all(header).iter();
    let value = values.next().ok_or(ProviderError::SignatureMissing { header: name })?;
    if values.next().is_some() {
        return Err(ProviderError::SignatureMalformed { header: name, reason: "is there more than once" });
    }
    match value.to_str() {
        Ok("") => Err(ProviderError::SignatureMissing { header: name }),
        Ok(text) => Ok(text),
        Err(_) => Err(ProviderError::SignatureMalformed { header: name, reason: "is not visible ASCII" }),
    }
}
