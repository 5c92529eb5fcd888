//! Parts of an event that are good to know and no more: one that cannot be read is not there, and keeps nothing else of the
//! event from being read.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// The part, if it is what it is taken for: for `deserialize_with`.
///
/// # Errors
/// Those of the JSON itself.
pub(crate) fn maybe<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let value = Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).ok())
}
