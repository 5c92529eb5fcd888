//! Strict JSON bodies: every complaint names the field that it is about.

use std::fmt;

use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRequest, Request};
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::canonical::canonical_hash;
use crate::problem::{Problem, ProblemKind};

/// The largest body that is taken, in bytes.
pub const BODY_LIMIT: usize = 256 * 1024;

/// A JSON body without unknown fields and without a field given twice. The content type is not asked for.
#[derive(Debug, Clone)]
pub struct StrictJson<T>(pub T);

/// The same with the body's canonical hash, for requests that may be repeated.
#[derive(Debug, Clone)]
pub struct HashedJson<T> {
    /// The body.
    pub body: T,
    /// [`canonical_hash`] of the JSON that was sent.
    pub hash: String,
}

/// The body's exact bytes, for signatures.
#[derive(Debug, Clone)]
pub struct RawBody(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for RawBody {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let too_large =
            |_| Problem::new(ProblemKind::BodyTooLarge, format!("the body is over {} KB", BODY_LIMIT / 1024));
        to_bytes(request.into_body(), BODY_LIMIT).await.map(Self).map_err(too_large)
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for StrictJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let RawBody(bytes) = RawBody::from_request(request, state).await?;
        Ok(Self(parse(&bytes)?.body))
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for HashedJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let RawBody(bytes) = RawBody::from_request(request, state).await?;
        parse(&bytes)
    }
}

/// Reads a JSON body.
///
/// # Errors
/// 400: it is not JSON, or a field is missing, unknown, given twice or not acceptable.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<HashedJson<T>, Problem> {
    let mut text = serde_json::Deserializer::from_slice(bytes);
    let Unique(value) = serde_path_to_error::deserialize(&mut text).map_err(|error| {
        let inner = error.inner();
        if inner.is_data() { complain(&error.path().to_string(), &inner.to_string()) } else { malformed(inner) }
    })?;
    text.end().map_err(|error| malformed(&error))?;
    let hash = canonical_hash(&value);
    let body = serde_path_to_error::deserialize(value)
        .map_err(|error| complain(&error.path().to_string(), &error.inner().to_string()))?;
    Ok(HashedJson { body, hash })
}

fn malformed(error: &serde_json::Error) -> Problem {
    Problem::new(ProblemKind::MalformedBody, format!("body: {error}"))
}

/// Puts serde's message and path into words: the field first, then what is wrong with it.
fn complain(path: &str, message: &str) -> Problem {
    let message = message.split(" at line ").next().unwrap_or(message);
    let path = if path == "." { "" } else { path };
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    let quoted = |prefix: &str| message.strip_prefix(prefix).and_then(|rest| rest.split('`').next());
    if let Some(name) = quoted("missing field `") {
        return Problem::field(below(name), "is required");
    }
    if let Some(name) = quoted("duplicate field `") {
        return Problem::field(below(name), "stands there twice");
    }
    if quoted("unknown field `").is_some() {
        return Problem::field(path, "is not a known field");
    }
    let reason: String = message.chars().take(300).collect();
    Problem::field(if path.is_empty() { "body" } else { path }, reason)
}

/// A JSON value in which no object has a key twice: two readers could take it differently.
struct Unique(Value);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UniqueVisitor).map(Self)
    }
}

struct UniqueVisitor;

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        while let Some(Unique(item)) = items.next_element()? {
            all.push(item);
        }
        Ok(Value::Array(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut all = Map::new();
        while let Some(key) = members.next_key::<String>()? {
            if all.contains_key(&key) {
                return Err(A::Error::custom(format!("duplicate field `{key}`")));
            }
            let Unique(value) = members.next_value()?;
            all.insert(key, value);
        }
        Ok(Value::Object(all))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
    use super::*;
    use axum::body::Body;
    use oms_domain::id::Sku;
    use oms_domain::money::Money;
    use std::collections::BTreeMap;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Order {
        lines: Vec<Line>,
        #[serde(default)]
        notes: BTreeMap<String, String>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Line {
        sku: Sku,
        quantity: u32,
        price: Option<Money>,
    }

    fn refuse(text: &str) -> Problem {
        parse::<Order>(text.as_bytes()).unwrap_err()
    }

    #[test]
    fn every_complaint_names_its_field() {
        for (text, field, detail) in [
            (r#"{}"#, "lines", "lines: is required"),
            (r#"{"lines":[{"sku":"A"}]}"#, "lines[0].quantity", "lines[0].quantity: is required"),
            (r#"{"lines":[],"more":1}"#, "more", "more: is not a known field"),
            (r#"{"lines":[{"sku":"A","quantity":1,"x":0}]}"#, "lines[0].x", "lines[0].x: is not a known field"),
            (r#"{"lines":[],"lines":[]}"#, "lines", "lines: stands there twice"),
            (r#"{"lines":[],"notes":{"a":"1","a":"2"}}"#, "notes.a", "notes.a: stands there twice"),
            (
                r#"{"lines":[{"sku":"A","quantity":"1"}]}"#,
                "lines[0].quantity",
                "lines[0].quantity: invalid type: string \"1\", expected u32",
            ),
            (
                r#"{"lines":[{"sku":"A","quantity":1.5}]}"#,
                "lines[0].quantity",
                "lines[0].quantity: invalid type: floating point `1.5`, expected u32",
            ),
            (
                r#"{"lines":[{"sku":"A B","quantity":1}]}"#,
                "lines[0].sku",
                "lines[0].sku: sku may have only ASCII letters, digits, '-', '_' and '.'",
            ),
            (
                r#"{"lines":[{"sku":"A","quantity":1,"price":{"amount":1,"currency":"CNY"}}]}"#,
                "lines[0].price.amount",
                "lines[0].price.amount: invalid type: integer `1`, expected a string",
            ),
            (
                r#"{"lines":[{"sku":"A","quantity":1,"price":{"amount":"1.005","currency":"CNY"}}]}"#,
                "lines[0].price",
                "lines[0].price: 1.005 has more than the 2 decimal digits of CNY",
            ),
            (r#"[]"#, "body", "body: invalid length 0, expected struct Order with 2 elements"),
        ] {
            let problem = refuse(text);
            assert_eq!(problem.kind(), ProblemKind::InvalidField, "{text}");
            assert_eq!(problem.detail(), detail, "{text}");
            assert_eq!(problem.to_json(None, None)["field"], field, "{text}");
        }
    }

    #[test]
    fn what_is_not_json_is_malformed() {
        for text in ["", "{", "{\"lines\":[]} x", "\u{0}", "{\"lines\":[}"] {
            assert_eq!(refuse(text).kind(), ProblemKind::MalformedBody, "{text:?}");
        }
        assert_eq!(parse::<Order>(&[0xff, 0xfe]).unwrap_err().kind(), ProblemKind::MalformedBody);
        let deep = "[".repeat(100_000);
        assert_eq!(parse::<Value>(deep.as_bytes()).unwrap_err().kind(), ProblemKind::MalformedBody);
    }

    #[test]
    fn the_hash_is_of_the_parsed_body() {
        let one = parse::<Order>(br#"{"lines":[{"sku":"A","quantity":1}],"notes":{}}"#).unwrap().hash;
        let two =
            parse::<Order>(b"{ \"notes\": {},\n\"lines\": [ {\"quantity\": 1, \"sku\": \"\\u0041\"} ] }").unwrap().hash;
        assert_eq!(one, two);
        assert_ne!(one, parse::<Order>(br#"{"lines":[{"sku":"A","quantity":2}],"notes":{}}"#).unwrap().hash);
    }

    #[tokio::test]
    async fn a_large_body_is_refused() {
        let body = |size: usize| Request::new(Body::from(vec![b' '; size]));
        assert_eq!(RawBody::from_request(body(BODY_LIMIT), &()).await.unwrap().0.len(), BODY_LIMIT);
        let problem = StrictJson::<Value>::from_request(body(BODY_LIMIT + 1), &()).await.unwrap_err();
        assert_eq!(problem.kind(), ProblemKind::BodyTooLarge);
    }
}
