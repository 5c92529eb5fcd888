//! Parts of the path and of the query, with problems for answers.

use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::problem::{Problem, ProblemKind};

/// Ids in the path of something that should exist: an id that cannot be one is 404, like any other that was never issued.
#[derive(Debug, Clone)]
pub struct ExistingPath<T>(pub T);

/// Ids in the path of something that the request may create: an id that cannot be one is 400.
#[derive(Debug, Clone)]
pub struct NewPath<T>(pub T);

/// The query: unknown parameters are refused.
#[derive(Debug, Clone)]
pub struct StrictQuery<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for ExistingPath<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::from_request_parts(parts, state).await {
            Ok(Path(ids)) => Ok(Self(ids)),
            Err(rejection) => Err(Problem::new(ProblemKind::NotFound, "no such thing").because(rejection.body_text())),
        }
    }
}

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for NewPath<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::from_request_parts(parts, state).await {
            Ok(Path(ids)) => Ok(Self(ids)),
            Err(PathRejection::FailedToDeserializePathParams(error)) => {
                let text = error.body_text();
                let text = text.strip_prefix("Invalid URL: ").unwrap_or(&text);
                // The message of an id begins with the kind of id.
                let field = text.split(' ').next().unwrap_or("path").to_owned();
                Err(Problem::new(ProblemKind::InvalidField, format!("{field}: {text}")).member("field", field))
            }
            Err(rejection) => Err(Problem::internal(rejection.body_text())),
        }
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for StrictQuery<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Query(query) = Query::try_from_uri(&parts.uri).map_err(|rejection| complain(&rejection.body_text()))?;
        Ok(Self(query))
    }
}

fn complain(text: &str) -> Problem {
    let text = text.strip_prefix("Failed to deserialize query string: ").unwrap_or(text);
    let quoted = |prefix: &str| text.split_once(prefix).and_then(|(_, rest)| rest.split('`').next());
    if let Some(name) = quoted("missing field `") {
        return Problem::field(name, "is required");
    }
    if let Some(name) = quoted("unknown field `") {
        return Problem::field(name, "is not a known parameter");
    }
    if let Some(name) = quoted("duplicate field `") {
        return Problem::field(name, "stands there twice");
    }
    let reason: String = text.chars().take(300).collect();
    match reason.split_once(": ") {
        Some((field, reason)) => Problem::field(field, reason),
        None => Problem::field("query", reason),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
    use super::*;
    use axum::Router;
    use axum::body::Body;
    use axum::http::Request;
    use axum::routing::get;
    use oms_domain::id::{LocationId, OrderId, Sku};
    use serde::Deserialize;
    use serde_json::Value;
    use tower::ServiceExt;

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Filter {
        channel: Sku,
        limit: Option<u32>,
    }

    async fn answer(uri: &str) -> (u16, Value) {
        let router: Router = Router::new()
            .route("/orders/{id}", get(async |ExistingPath(_): ExistingPath<OrderId>| "ok"))
            .route("/stock/{location}/{sku}", get(async |NewPath(_): NewPath<(LocationId, Sku)>| "ok"))
            .route("/list", get(async |StrictQuery(_): StrictQuery<Filter>| "ok"));
        let response = router.oneshot(Request::get(uri).body(Body::empty()).unwrap()).await.unwrap();
        let status = response.status().as_u16();
        let bytes = axum::body::to_bytes(response.into_body(), 9_999).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    #[tokio::test]
    async fn paths() {
        assert_eq!(answer("/orders/0123456789ABCDEFGHIJKLMNOP").await.0, 200);
        assert_eq!(answer("/orders/never").await.0, 404);
        assert_eq!(answer("/orders/%ff").await.0, 404);
        assert_eq!(answer("/stock/sz-1/TEE-M").await.0, 200);
        let (status, body) = answer("/stock/sz-1/TEE%20M").await;
        assert_eq!((status, body["field"].as_str()), (400, Some("sku")), "{body}");
        assert_eq!(answer("/stock/sz-1/%ff").await.0, 400);
    }

    #[tokio::test]
    async fn queries() {
        assert_eq!(answer("/list?channel=web&limit=5").await.0, 200);
        for (query, field) in [
            ("", "channel"),
            ("?channel=web&chanel=app", "chanel"),
            ("?channel=web&channel=app", "channel"),
            ("?channel=web&limit=many", "limit"),
            ("?channel=a%20b", "channel"),
        ] {
            let (status, body) = answer(&format!("/list{query}")).await;
            assert_eq!((status, body["field"].as_str()), (400, Some(field)), "{query} {body}");
        }
    }
}
