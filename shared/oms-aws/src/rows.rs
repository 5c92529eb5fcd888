//! Rows as DynamoDB has them: a builder, readers that say what is wrong, and the names of the attributes.

use std::borrow::Cow;
use std::collections::HashMap;
use std::str::FromStr;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use oms_app::error::StoreError;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::packing;

/// A row.
pub type Item = HashMap<String, AttributeValue>;

/// The partition key.
pub const PK: &str = "pk";
/// The sort key.
pub const SK: &str = "sk";
/// The row's content: a JSON text, or such a text packed.
pub const BODY: &str = "body";
/// The number of the first event in a commit, in the order's own count from 1.
pub const NO: &str = "no";
/// The timer that a commit set, if it did (epoch milliseconds).
pub const TIMER: &str = "timer";
/// On a commit that is news for other systems: the stream's filter brings only those, unless every commit is to leave.
pub const NEWS: &str = "news";
/// Which call wrote a commit (see [`crate::orders`]).
pub const WRITER: &str = "w";
/// When DynamoDB may forget the row (epoch seconds).
pub const TTL: &str = "ttl";
/// Partition of the `customer` index.
pub const G_CUSTOMER: &str = "g_customer";
/// Partition of the `payment` index.
pub const G_PAYMENT: &str = "g_payment";
/// Partition of the `day` index.
pub const G_DAY: &str = "g_day";
/// Partition of the `ledger` index: on commits that move money.
pub const G_LEDGER: &str = "g_ledger";
/// Sort key of the `customer`, `day` and `ledger` indexes.
pub const G_CREATED: &str = "g_created";
/// Partition of the `tasks` index.
pub const G_TASK: &str = "g_task";
/// Sort key of the `tasks` index.
pub const G_TASK_SINCE: &str = "g_task_since";

/// A text value.
pub(crate) fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

/// A number value.
pub(crate) fn n(number: impl ToString) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// A row's key.
pub(crate) fn key(pk: impl Into<String>, sk: impl Into<String>) -> Item {
    HashMap::from([(PK.to_owned(), s(pk)), (SK.to_owned(), s(sk))])
}

/// A row in the making.
#[derive(Debug)]
pub(crate) struct Row(Item);

impl Row {
    pub(crate) fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self(key(pk, sk))
    }

    pub(crate) fn text(mut self, name: &str, value: impl Into<String>) -> Self {
        self.0.insert(name.to_owned(), s(value));
        self
    }

    pub(crate) fn number(mut self, name: &str, value: impl ToString) -> Self {
        self.0.insert(name.to_owned(), n(value));
        self
    }

    pub(crate) fn bytes(mut self, name: &str, value: &[u8]) -> Self {
        self.0.insert(name.to_owned(), AttributeValue::B(Blob::new(value)));
        self
    }

    /// The content, as JSON.
    pub(crate) fn body(self, value: &impl Serialize) -> Result<Self, StoreError> {
        let json = serde_json::to_string(value).map_err(|e| StoreError::Malformed(e.to_string()))?;
        Ok(self.text(BODY, json))
    }

    /// The content, as JSON, packed if that is shorter.
    pub(crate) fn packed_body(self, value: &impl Serialize) -> Result<Self, StoreError> {
        let json = serde_json::to_string(value).map_err(|e| StoreError::Malformed(e.to_string()))?;
        let packed = packing::pack(&json)?;
        Ok(if packed.len() < json.len() { self.bytes(BODY, &packed) } else { self.text(BODY, json) })
    }

    pub(crate) fn item(self) -> Item {
        self.0
    }
}

/// What is wrong with a row: which one, and which attribute. Never its content.
fn malformed(item: &Item, name: &str, what: &str) -> StoreError {
    let part = |name| item.get(name).and_then(|v| v.as_s().ok()).map_or("?", String::as_str);
    StoreError::Malformed(format!("row {} {}: {name} {what}", part(PK), part(SK)))
}

/// A text attribute.
pub(crate) fn text<'a>(item: &'a Item, name: &str) -> Result<&'a str, StoreError> {
    match item.get(name) {
        Some(AttributeValue::S(text)) => Ok(text),
        Some(_) => Err(malformed(item, name, "is not a text")),
        None => Err(malformed(item, name, "is missing")),
    }
}

/// A number attribute, if it is there.
pub(crate) fn maybe_number<T: FromStr>(item: &Item, name: &str) -> Result<Option<T>, StoreError> {
    match item.get(name) {
        None => Ok(None),
        Some(AttributeValue::N(text)) => match text.parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(malformed(item, name, "is out of range")),
        },
        Some(_) => Err(malformed(item, name, "is not a number")),
    }
}

/// A number attribute.
pub(crate) fn number<T: FromStr>(item: &Item, name: &str) -> Result<T, StoreError> {
    maybe_number(item, name)?.ok_or_else(|| malformed(item, name, "is missing"))
}

/// A moment, if it is there.
pub(crate) fn maybe_moment(item: &Item, name: &str) -> Result<Option<Timestamp>, StoreError> {
    match maybe_number::<i64>(item, name)? {
        None => Ok(None),
        Some(ms) => match Timestamp::from_millisecond(ms) {
            Ok(at) => Ok(Some(at)),
            Err(_) => Err(malformed(item, name, "is out of range")),
        },
    }
}

/// The content, packed or not.
pub(crate) fn body<T: DeserializeOwned>(item: &Item) -> Result<T, StoreError> {
    let json = match item.get(BODY) {
        Some(AttributeValue::B(bytes)) => Cow::Owned(packing::unpack(bytes.as_ref())?),
        _ => Cow::Borrowed(text(item, BODY)?),
    };
    // Only the place of the mistake: the parser's own message may quote the content.
    serde_json::from_str(&json)
        .map_err(|e| malformed(item, BODY, &format!("cannot be read at line {} column {}", e.line(), e.column())))
}

/// A parsed attribute, with the row's name on failure.
pub(crate) fn parsed<T>(item: &Item, name: &str, parse: impl FnOnce(&str) -> Option<T>) -> Result<T, StoreError> {
    parse(text(item, name)?).ok_or_else(|| malformed(item, name, "is not of its form"))
}
