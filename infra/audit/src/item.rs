//! Reading the attributes of a stored row. What cannot be read is told by the row's name and the attribute's, never by content.

use std::borrow::Cow;

use aws_sdk_dynamodb::types::AttributeValue;
use oms_aws::packing;
use oms_aws::rows::{BODY, Item, PK, SK};
use serde::de::DeserializeOwned;

/// A text attribute, if it is there and is one.
pub fn text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    match item.get(name) {
        Some(AttributeValue::S(text)) => Some(text),
        Some(_) | None => None,
    }
}

/// A whole number, if it is there and is one.
pub fn number(item: &Item, name: &str) -> Option<i64> {
    match item.get(name) {
        Some(AttributeValue::N(text)) => text.parse().ok(),
        Some(_) | None => None,
    }
}

/// The row's partition.
pub fn partition(item: &Item) -> &str {
    text(item, PK).unwrap_or_default()
}

/// The row's place in its partition.
pub fn place(item: &Item) -> &str {
    text(item, SK).unwrap_or_default()
}

/// The row's content, packed or not, or where it cannot be read: the parser's own message may quote personal data.
///
/// # Errors
/// The place of the mistake.
pub fn body<T: DeserializeOwned>(item: &Item) -> Result<T, String> {
    let json = match item.get(BODY) {
        Some(AttributeValue::B(bytes)) => {
            let unpacked = packing::unpack(bytes.as_ref());
            Cow::Owned(unpacked.map_err(|_| format!("row {} cannot be unpacked", place(item)))?)
        }
        Some(_) | None => Cow::Borrowed(text(item, BODY).ok_or_else(|| format!("row {} has no body", place(item)))?),
    };
    serde_json::from_str(&json)
        .map_err(|e| format!("row {} cannot be read at line {} column {}", place(item), e.line(), e.column()))
}
