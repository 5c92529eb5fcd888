//! Numbers, addresses and times of requests, checked where they are read.

use std::net::IpAddr;
use std::str::FromStr;

use jiff::Timestamp;
use oms_domain::FieldError;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde::de::{Deserializer, Error};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AnyOfBuilder, ObjectBuilder, Schema, SchemaFormat, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};

use super::schema::string;

/// An IPv4 or IPv6 address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ip(pub IpAddr);

/// A decimal fraction as a text, not negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate(pub Decimal);

/// Degrees, as a number or as a decimal text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Degrees(pub Decimal);

impl<'de> Deserialize<'de> for Ip {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Self).map_err(|_| D::Error::custom("must be an IPv4 or IPv6 address"))
    }
}

impl PartialSchema for Ip {
    fn schema() -> RefOr<Schema> {
        let of = |format: &str| {
            ObjectBuilder::new()
                .schema_type(SchemaType::Type(Type::String))
                .format(Some(SchemaFormat::Custom(format.to_owned())))
        };
        AnyOfBuilder::new().item(of("ipv4")).item(of("ipv6")).into()
    }
}

impl ToSchema for Ip {}

fn plain_decimal(text: &str, whole: usize, fraction: usize) -> Option<Decimal> {
    let digits =
        |part: &str, max: usize| !part.is_empty() && part.len() <= max && part.bytes().all(|b| b.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (left, right) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    if digits(left, whole) && digits(right, fraction) { Decimal::from_str(text).ok() } else { None }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        plain_decimal(&text, 5, 10)
            .filter(|_| !text.starts_with('-'))
            .map(Self)
            .ok_or_else(|| D::Error::custom("must be a decimal text such as \"0.13\""))
    }
}

impl PartialSchema for Rate {
    fn schema() -> RefOr<Schema> {
        string("A decimal fraction as a text, such as 0.13.", 1, 16, Some("^[0-9]{1,5}(\\.[0-9]{1,10})?$")).into()
    }
}

impl ToSchema for Rate {}

impl<'de> Deserialize<'de> for Degrees {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wrong = "must be degrees as a number such as 22.54";
        let text = match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::String(text) => text,
            serde_json::Value::Number(number) => number.to_string(),
            serde_json::Value::Null
            | serde_json::Value::Bool(_)
            | serde_json::Value::Array(_)
            | serde_json::Value::Object(_) => return Err(D::Error::custom(wrong)),
        };
        // Ten digits after the point are a hundredth of a millimetre; whatever a float adds is cut.
        let cut = text.find('.').map_or(text.len(), |point| text.len().min(point + 11));
        plain_decimal(text.get(..cut).unwrap_or_default(), 3, 10).map(Self).ok_or_else(|| D::Error::custom(wrong))
    }
}

/// A time that can be meant: deadlines are counted from it, so it stays well within what can be represented.
///
/// # Errors
/// [`FieldError`] naming the field.
pub fn plausible(field: &str, at: Option<Timestamp>) -> Result<Option<Timestamp>, FieldError> {
    // 2000-01-01 and 2100-01-01 in UTC.
    match at {
        Some(at) if !(946_684_800..4_102_444_800).contains(&at.as_second()) => {
            Err(FieldError::new(field, "must be a time in this century"))
        }
        at => Ok(at),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
    use super::*;
    use serde::de::DeserializeOwned;
    use serde_json::{Value, json};

    fn takes<T: DeserializeOwned>(value: Value) -> bool {
        serde_json::from_value::<T>(value).is_ok()
    }

    #[test]
    fn formats() {
        for (good, text) in
            [(true, "203.0.113.7"), (true, "2001:db8::1"), (false, "203.0.113"), (false, "localhost"), (false, "")]
        {
            assert_eq!(takes::<Ip>(json!(text)), good, "{text}");
        }
        for (good, value) in [
            (true, json!("0.13")),
            (true, json!("0")),
            (false, json!("-0.1")),
            (false, json!(0.13)),
            (false, json!("1e2")),
            (false, json!(".5")),
            (false, json!("")),
        ] {
            assert_eq!(takes::<Rate>(value.clone()), good, "{value}");
        }
        for (good, value) in [
            (true, json!(22.54)),
            (true, json!(-114)),
            (true, json!("22.540000")),
            (false, json!("north")),
            (false, json!(null)),
            (false, json!(1e30)),
        ] {
            assert_eq!(takes::<Degrees>(value.clone()), good, "{value}");
        }
        let long: Degrees = serde_json::from_value(json!(22.123_456_789_012_3)).unwrap();
        assert_eq!(long.0.to_string(), "22.1234567890");
    }

    #[test]
    fn times_are_of_this_century() {
        let at = |text: &str| Some(text.parse::<Timestamp>().unwrap());
        assert!(plausible("placed_at", at("2026-11-11T00:00:00+08:00")).is_ok());
        assert_eq!(plausible("placed_at", at("1999-12-31T23:59:59Z")).unwrap_err().field, "placed_at");
        assert!(plausible("placed_at", at("2100-01-01T00:00:00Z")).is_err());
    }
}
