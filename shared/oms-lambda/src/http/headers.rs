//! The headers that requests carry a meaning in.

use axum::extract::FromRequestParts;
use axum::http::HeaderValue;
use axum::http::header::{HeaderName, IF_MATCH};
use axum::http::request::Parts;

use crate::problem::{Problem, ProblemKind};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The `Idempotency-Key` header: 1 to 255 visible ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(pub String);

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let refuse = |what: &str| {
            Problem::new(ProblemKind::KeyRequired, format!("Idempotency-Key: {what}"))
                .member("field", "Idempotency-Key")
        };
        let mut values = parts.headers.get_all(IDEMPOTENCY_KEY).iter();
        let value = values.next().ok_or_else(|| refuse("the header is required"))?;
        if values.next().is_some() {
            return Err(refuse("must be sent once"));
        }
        let text = value.as_bytes();
        if text.is_empty() || text.len() > 255 || !text.iter().all(u8::is_ascii_graphic) {
            return Err(refuse("must be 1 to 255 visible ASCII characters"));
        }
        Ok(Self(String::from_utf8_lossy(text).into_owned()))
    }
}

/// The `Idempotency-Key` header where it may be left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionalKey(pub Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for OptionalKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        if parts.headers.contains_key(IDEMPOTENCY_KEY) {
            Ok(Self(Some(IdempotencyKey::from_request_parts(parts, state).await?.0)))
        } else {
            Ok(Self(None))
        }
    }
}

/// The version that `If-Match` asks for; none without the header or with `*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IfMatch(pub Option<u64>);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get(IF_MATCH) else { return Ok(Self(None)) };
        let text = value.to_str().unwrap_or_default().trim();
        if text == "*" {
            return Ok(Self(None));
        }
        let version = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).and_then(|t| t.parse().ok());
        match version {
            Some(version) => Ok(Self(Some(version))),
            // A tag that we never gave matches nothing.
            None => {
                Err(Problem::new(ProblemKind::PreconditionFailed, "If-Match: is not the tag of the present version"))
            }
        }
    }
}

/// The `ETag` of a version.
#[must_use]
pub fn etag(version: u64) -> HeaderValue {
    // Digits in quotes are a header value always.
    HeaderValue::try_from(format!("\"{version}\"")).unwrap_or(HeaderValue::from_static("\"\""))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
    use super::*;
    use axum::http::Request;

    fn parts(headers: &[(&str, &[u8])]) -> Parts {
        let mut request = Request::new(());
        for (name, value) in headers {
            let name: HeaderName = name.parse().unwrap();
            request.headers_mut().append(name, HeaderValue::from_bytes(value).unwrap());
        }
        request.into_parts().0
    }

    #[tokio::test]
    async fn keys() {
        let long = vec![b'k'; 255];
        for good in [&b"k"[..], b"\"a-b\"", &long] {
            let key = IdempotencyKey::from_request_parts(&mut parts(&[("idempotency-key", good)]), &()).await.unwrap();
            assert_eq!(key.0.as_bytes(), good);
        }
        let optional = async |headers| OptionalKey::from_request_parts(&mut parts(headers), &()).await;
        assert_eq!(optional(&[]).await.unwrap(), OptionalKey(None));
        assert_eq!(optional(&[("idempotency-key", b"k")]).await.unwrap(), OptionalKey(Some("k".into())));
        assert_eq!(optional(&[("idempotency-key", b"")]).await.unwrap_err().kind(), ProblemKind::KeyRequired);
        let longer = vec![b'k'; 256];
        let bad: Vec<Vec<(&str, &[u8])>> = vec![
            vec![],
            vec![("idempotency-key", b"")],
            vec![("idempotency-key", &longer)],
            vec![("idempotency-key", b"a b")],
            vec![("idempotency-key", "é".as_bytes())],
            vec![("idempotency-key", b"a"), ("idempotency-key", b"b")],
        ];
        for headers in bad {
            let problem = IdempotencyKey::from_request_parts(&mut parts(&headers), &()).await.unwrap_err();
            assert_eq!(problem.kind(), ProblemKind::KeyRequired);
            assert!(problem.detail().starts_with("Idempotency-Key: "));
            // Where it may be left out, leaving it out is all that differs.
            let optional = OptionalKey::from_request_parts(&mut parts(&headers), &()).await;
            assert_eq!(optional.is_ok(), headers.is_empty());
        }
        let given = OptionalKey::from_request_parts(&mut parts(&[("idempotency-key", b"k")]), &()).await;
        assert_eq!(given.unwrap(), OptionalKey(Some("k".into())));
    }

    #[tokio::test]
    async fn versions() {
        let read =
            async |text: &'static [u8]| IfMatch::from_request_parts(&mut parts(&[("if-match", text)]), &()).await;
        assert_eq!(read(b"\"7\"").await.unwrap(), IfMatch(Some(7)));
        assert_eq!(read(b"*").await.unwrap(), IfMatch(None));
        assert_eq!(IfMatch::from_request_parts(&mut parts(&[]), &()).await.unwrap(), IfMatch(None));
        for other in [&b"7"[..], b"W/\"7\"", b"\"x\"", b"\"-1\"", b"\xff"] {
            assert_eq!(read(other).await.unwrap_err().kind(), ProblemKind::PreconditionFailed);
        }
        assert_eq!(etag(7), "\"7\"");
    }
}
