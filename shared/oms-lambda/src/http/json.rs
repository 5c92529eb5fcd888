//! Strict JSON bodies: every complaint names the field that it is about.

use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRequest, Request};
use serde::de::DeserializeOwned;

use super::strict::{Strict, Unique};
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
    let body = serde_path_to_error::deserialize(Strict(&value))
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
    let reason = mismatch(message).unwrap_or_else(|| message.chars().take(300).collect());
    Problem::field(if path.is_empty() { "body" } else { path }, reason)
}

/// Says what was expected without repeating what came, which may be personal and ends up in the log.
fn mismatch(message: &str) -> Option<String> {
    if let Some(rest) = message.strip_prefix("unknown variant `") {
        // What came may hold anything; the names behind the last such words are ours.
        let (_, known) = rest.rsplit_once("`, expected ")?;
        return Some(format!("must be {known}"));
    }
    let rest = message.strip_prefix("invalid type: ").or_else(|| message.strip_prefix("invalid value: "))?;
    let (found, expected) = rest.rsplit_once(", expected ")?;
    let found = found.split(['"', '`']).next().unwrap_or_default().trim();
    let expected = match expected {
        "u32" => "a whole number that is not negative",
        "i32" => "a whole number",
        "a boolean" => "true or false",
        "a sequence" => "an array",
        other if other.starts_with("struct ") => "an object",
        other => other,
    };
    let found = match found {
        "map" => "an object",
        "sequence" => "an array",
        "string" => "a text",
        "integer" | "floating point" => "this number",
        other => other,
    };
    Some(format!("must be {expected}, not {found}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
    use super::*;
    use axum::body::Body;
    use oms_domain::id::Sku;
    use oms_domain::money::Money;
    use serde::Deserialize;
    use serde_json::Value;
    use std::collections::BTreeMap;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Order {
        lines: Vec<Line>,
        #[serde(default)]
        notes: BTreeMap<String, String>,
        state: Option<State>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum State {
        Open,
        Done,
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
                "lines[0].quantity: must be a whole number that is not negative, not a text",
            ),
            (
                r#"{"lines":[{"sku":"A","quantity":1.5}]}"#,
                "lines[0].quantity",
                "lines[0].quantity: must be a whole number that is not negative, not this number",
            ),
            (
                r#"{"lines":[{"sku":"A B","quantity":1}]}"#,
                "lines[0].sku",
                "lines[0].sku: sku may have only ASCII letters, digits, '-', '_' and '.'",
            ),
            (
                r#"{"lines":[{"sku":"A","quantity":1,"price":{"amount":1,"currency":"CNY"}}]}"#,
                "lines[0].price.amount",
                "lines[0].price.amount: must be a string, not this number",
            ),
            (
                r#"{"lines":[{"sku":"A","quantity":1,"price":{"amount":"1.005","currency":"CNY"}}]}"#,
                "lines[0].price",
                "lines[0].price: 1.005 has more than the 2 decimal digits of CNY",
            ),
            (r#"[]"#, "body", "body: must be an object, not an array"),
            (r#"[[],{}]"#, "body", "body: must be an object, not an array"),
            (r#"{"lines":{}}"#, "lines", "lines: must be an array, not an object"),
            (r#"{"lines":[["A",1,null]]}"#, "lines[0]", "lines[0]: must be an object, not an array"),
            (
                r#"{"lines":[{"sku":"A","quantity":1,"price":["1.00","CNY"]}]}"#,
                "lines[0].price",
                "lines[0].price: must be an object, not an array",
            ),
            (r#"{"lines":[],"state":"`, expected me"}"#, "state", "state: must be `open` or `done`"),
            (r#"{"lines":[],"state":7}"#, "state", "state: must be a string, not this number"),
        ] {
            let problem = refuse(text);
            assert_eq!(problem.kind(), ProblemKind::InvalidField, "{text}");
            assert_eq!(problem.detail(), detail, "{text}");
            assert_eq!(problem.to_json(None, None)["field"], field, "{text}");
        }
    }

    #[test]
    fn what_was_sent_is_not_repeated() {
        for text in [
            r#"{"lines":"secret"}"#,
            r#"{"lines":[],"state":"secret"}"#,
            r#"{"lines":[{"sku":"se cret","quantity":1}]}"#,
        ] {
            assert!(!refuse(text).detail().contains("cret"), "{text}");
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
