//! Texts of requests that are checked where they are read: a value that exists keeps its rule.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use super::schema::string;

/// What a text field cannot contain, as a pattern.
const NO_CONTROLS: &str = "^[^\\u0000-\\u001f\\u007f-\\u009f]*$";

fn checked<'de, D: Deserializer<'de>>(
    deserializer: D,
    check: impl FnOnce(&str) -> Result<(), String>,
) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    check(&text).map_err(D::Error::custom)?;
    Ok(text)
}

fn within(text: &str, min: usize, max: usize) -> Result<(), String> {
    if min > 0 && text.trim().is_empty() {
        return Err("must not be empty".into());
    }
    if text.chars().count() > max {
        return Err(format!("must have at most {max} characters"));
    }
    Ok(())
}

/// A line of text of at most `MAX` characters without control characters; with `MIN` 1 it is not blank.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Text<const MIN: usize, const MAX: usize>(String);

/// A text of at most `MAX` characters that may have several lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note<const MAX: usize>(String);

/// A mail address as far as it can be told without sending mail; may be empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email(String);

/// An ISO 3166-1 alpha-2 code; may be empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Country(String);

/// A BCP 47 language tag, by its shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Locale(String);

/// A small map of texts: at most `ENTRIES`, each key of at most `KEY` and each value of at most `VALUE` characters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TextMap<const ENTRIES: usize, const KEY: usize, const VALUE: usize>(pub BTreeMap<String, String>);

macro_rules! text_value {
    ($([$($generics:tt)*] $name:ty, $title:expr, $schema:expr;)+) => {
        $(
            impl<$($generics)*> $name {
                /// The text.
                #[must_use]
                pub fn into_string(self) -> String {
                    self.0
                }

                /// The text, or none when it is empty: to clients that means the same.
                #[must_use]
                pub fn filled(self) -> Option<String> {
                    Some(self.0).filter(|text| !text.trim().is_empty())
                }
            }

            impl<$($generics)*> PartialSchema for $name {
                fn schema() -> RefOr<Schema> {
                    $schema.into()
                }
            }

            impl<$($generics)*> ToSchema for $name {
                fn name() -> Cow<'static, str> {
                    $title.into()
                }
            }
        )+
    };
}

text_value! {
    [const MIN: usize, const MAX: usize] Text<MIN, MAX>, format!("Text{MIN}To{MAX}"), bare(MIN, MAX, NO_CONTROLS);
    [const MAX: usize] Note<MAX>, format!("NoteTo{MAX}"), bare(0, MAX, "^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]*$");
    [] Email, "Email", string("A mail address.", 0, 254, Some("^([^\\s@]+@[^\\s@]+)?$"));
    [] Country, "Country", string("An ISO 3166-1 alpha-2 code.", 0, 2, Some("^([A-Z]{2})?$"));
    [] Locale, "Locale", string("A BCP 47 language tag.", 2, 35, Some("^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$"));
}

fn bare(min: usize, max: usize, pattern: &str) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(SchemaType::Type(Type::String))
        .min_length(Some(min).filter(|min| *min > 0))
        .max_length(Some(max))
        .pattern(Some(pattern))
}

impl<'de, const MIN: usize, const MAX: usize> Deserialize<'de> for Text<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        checked(deserializer, |text| {
            within(text, MIN, MAX)?;
            if text.chars().any(char::is_control) { Err("must not have control characters".into()) } else { Ok(()) }
        })
        .map(Self)
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for Note<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        checked(deserializer, |text| {
            within(text, 0, MAX)?;
            if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
                return Err("must not have control characters besides line breaks and tabs".into());
            }
            Ok(())
        })
        .map(Self)
    }
}

impl<'de> Deserialize<'de> for Email {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        checked(deserializer, |text| {
            within(text, 0, 254)?;
            let blank = |c: char| c.is_whitespace() || c.is_control();
            let whole = |(name, host): (&str, &str)| !name.is_empty() && !host.is_empty() && !host.contains('@');
            if text.is_empty() || (!text.contains(blank) && text.split_once('@').is_some_and(whole)) {
                Ok(())
            } else {
                Err("must be a mail address".into())
            }
        })
        .map(Self)
    }
}

impl<'de> Deserialize<'de> for Country {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        checked(deserializer, |text| {
            let upper = text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase());
            if text.is_empty() || (upper && rust_iso3166::from_alpha2(text).is_some()) {
                Ok(())
            } else {
                Err("must be an ISO 3166-1 alpha-2 code such as CN".into())
            }
        })
        .map(Self)
    }
}

impl<'de> Deserialize<'de> for Locale {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        checked(deserializer, |text| {
            let mut parts = text.split('-');
            let language =
                parts.next().is_some_and(|p| (2..=8).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_alphabetic()));
            let rest = parts.all(|p| (1..=8).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_alphanumeric()));
            if text.len() <= 35 && language && rest {
                Ok(())
            } else {
                Err("must be a language tag such as zh-CN".into())
            }
        })
        .map(Self)
    }
}

impl<'de, const ENTRIES: usize, const KEY: usize, const VALUE: usize> Deserialize<'de>
    for TextMap<ENTRIES, KEY, VALUE>
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries<const ENTRIES: usize, const KEY: usize, const VALUE: usize>;

        impl<'de, const ENTRIES: usize, const KEY: usize, const VALUE: usize> Visitor<'de> for Entries<ENTRIES, KEY, VALUE> {
            type Value = BTreeMap<String, String>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "an object with at most {ENTRIES} texts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
                let mut all = BTreeMap::new();
                while let Some(Text::<1, KEY>(key)) = members.next_key()? {
                    let value: Text<0, VALUE> = members.next_value()?;
                    all.insert(key, value.into_string());
                    if all.len() > ENTRIES {
                        return Err(A::Error::custom(format!("must have at most {ENTRIES} entries")));
                    }
                }
                Ok(all)
            }
        }

        deserializer.deserialize_map(Entries::<ENTRIES, KEY, VALUE>).map(Self)
    }
}

impl<const ENTRIES: usize, const KEY: usize, const VALUE: usize> PartialSchema for TextMap<ENTRIES, KEY, VALUE> {
    fn schema() -> RefOr<Schema> {
        let key: Schema = bare(1, KEY, NO_CONTROLS).build().into();
        ObjectBuilder::new()
            .property_names(Some(key))
            .additional_properties(Some(Ref::from_schema_name(Text::<0, VALUE>::name())))
            .max_properties(Some(ENTRIES))
            .into()
    }
}

impl<const ENTRIES: usize, const KEY: usize, const VALUE: usize> ToSchema for TextMap<ENTRIES, KEY, VALUE> {
    fn name() -> Cow<'static, str> {
        format!("TextMap{ENTRIES}").into()
    }

    fn schemas(named: &mut Vec<(String, RefOr<Schema>)>) {
        named.push((Text::<0, VALUE>::name().into_owned(), Text::<0, VALUE>::schema()));
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
    fn texts_keep_their_limits() {
        assert!(takes::<Text<1, 3>>(json!("王芳女")));
        for bad in [json!(""), json!("  "), json!("abcd"), json!("a\n"), json!("a\u{0}"), json!(1), json!(null)] {
            assert!(!takes::<Text<1, 3>>(bad.clone()), "{bad}");
        }
        assert!(takes::<Text<0, 3>>(json!("")));
        assert!(takes::<Note<9>>(json!("a\r\n\tb")) && !takes::<Note<9>>(json!("a\u{7}")));
        let spaces: Text<0, 3> = serde_json::from_value(json!("  ")).unwrap();
        assert_eq!(spaces.filled(), None);
    }

    #[test]
    fn formats() {
        for (good, text) in [
            (true, "a@b.c"),
            (true, "***@qq.com"),
            (true, ""),
            (false, "a@"),
            (false, "@b"),
            (false, "a b@c"),
            (false, "a@b@c"),
            (false, "a"),
        ] {
            assert_eq!(takes::<Email>(json!(text)), good, "{text}");
        }
        for (good, text) in
            [(true, "CN"), (true, "TW"), (true, ""), (false, "cn"), (false, "CHN"), (false, "ZZ"), (false, "中")]
        {
            assert_eq!(takes::<Country>(json!(text)), good, "{text}");
        }
        for (good, text) in [
            (true, "zh"),
            (true, "zh-Hans-CN"),
            (true, "en-GB"),
            (false, "z"),
            (false, "zh_CN"),
            (false, "zh-"),
            (false, ""),
        ] {
            assert_eq!(takes::<Locale>(json!(text)), good, "{text}");
        }
    }

    #[test]
    fn maps_keep_their_limits() {
        assert!(takes::<TextMap<2, 3, 4>>(json!({"颜色": "红", "b": ""})));
        for bad in [
            json!({"a": "1", "b": "2", "c": "3"}),
            json!({"long": "1"}),
            json!({"a": "12345"}),
            json!({"": "1"}),
            json!({"a": 1}),
            json!([]),
        ] {
            assert!(!takes::<TextMap<2, 3, 4>>(bad.clone()), "{bad}");
        }
    }
}
