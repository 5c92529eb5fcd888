//! Around every request: its id, one log line, and problems that carry both.

use std::time::Instant;

use axum::extract::{FromRequestParts, MatchedPath, RawPathParams, Request};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::{RequestExt as _, Router};
use lambda_http::RequestExt as _;
use lambda_http::request::RequestContext;
use oms_domain::id::{OrderId, ShipmentId};
use tracing::Instrument;
use tracing::field::Empty;

use crate::problem::{Problem, ProblemKind};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const CORRELATION_ID: HeaderName = HeaderName::from_static("x-correlation-id");

/// The id under which the API's access log, the function's log and the answer know a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(pub String);

impl RequestId {
    fn of(request: &Request) -> Self {
        if let Some(RequestContext::ApiGatewayV2(context)) = request.request_context_ref()
            && let Some(id) = &context.request_id
        {
            return Self(id.clone());
        }
        Self(request.lambda_context_ref().map_or_else(|| "none".into(), |context| context.request_id.clone()))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for RequestId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_else(|| Self("none".into())))
    }
}

/// Makes a router whole: unknown paths and methods are problems, every answer has `X-Request-Id`, every problem the
/// request's path and id, and every request leaves one line in the log.
pub fn finish(router: Router) -> Router {
    router
        .fallback(async || Problem::not_found("path"))
        .method_not_allowed_fallback(async || {
            Problem::new(ProblemKind::MethodNotAllowed, "this path knows other methods only")
        })
        .layer(from_fn(observe))
}

/// A correlation id that may be logged: what ids are made of, so that nobody's name or address gets into a log this way.
fn correlation_id(value: &HeaderValue) -> Option<&str> {
    let is_id = |c: u8| c.is_ascii_alphanumeric() || b"-_.:".contains(&c);
    value.to_str().ok().filter(|id| (1..=128).contains(&id.len()) && id.bytes().all(is_id))
}

async fn observe(mut request: Request, next: Next) -> Response {
    let start = Instant::now();
    let id = RequestId::of(&request);
    let path = request.uri().path().to_owned();
    let matched = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str);
    let route = format!("{} {matched}", request.method());
    let span = tracing::info_span!(
        "request",
        request_id = id.0,
        route,
        order_id = Empty,
        event = Empty,
        outcome = Empty,
        caller = Empty,
        correlation_id = Empty
    );
    if let Some(id) = request.headers().get(CORRELATION_ID).and_then(correlation_id) {
        span.record("correlation_id", id);
    }
    if let Some(order_id) = order_in_path(&mut request).await {
        span.record("order_id", order_id.as_str());
    }
    request.extensions_mut().insert(id.clone());

    let mut response = next.run(request).instrument(span.clone()).await;

    let problem = response.extensions_mut().remove::<Problem>();
    if let Some(problem) = &problem {
        let mut whole = problem.respond(Some(&path), Some(&id.0));
        // What the router added to the short form, `Allow` for instance, stays.
        for (name, value) in response.headers() {
            if !whole.headers().contains_key(name) && name != axum::http::header::CONTENT_LENGTH {
                whole.headers_mut().append(name, value.clone());
            }
        }
        response = whole;
    }
    if let Ok(value) = HeaderValue::try_from(&id.0) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    let status = response.status().as_u16();
    let duration_ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    let kind = problem.as_ref().map(|p| p.kind().name());
    let detail = problem.as_ref().map(Problem::detail);
    let error = problem.as_ref().and_then(Problem::inner);
    let _entered = span.enter();
    if response.status().is_server_error() {
        tracing::error!(status, duration_ms, problem = kind, detail, error, "answered {status}");
    } else {
        tracing::info!(status, duration_ms, problem = kind, detail, error, "answered {status}");
    }
    response
}

/// The order that the path is about, by its own id or by a shipment's.
async fn order_in_path(request: &mut Request) -> Option<OrderId> {
    let params = request.extract_parts::<RawPathParams>().await.ok()?;
    params.iter().find_map(|(name, value)| match name {
        "order_id" => OrderId::parse(value).ok(),
        "shipment_id" => ShipmentId::parse(value).ok()?.order(),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
    use super::*;
    use axum::body::Body;
    use axum::http::header;
    use axum::routing::{get, post};
    use serde_json::Value;
    use tower::ServiceExt;

    fn router() -> Router {
        finish(
            Router::new()
                .route("/orders/{order_id}", get(async |id: RequestId| id.0))
                .route("/refused", post(async || Problem::field("total", "must be 3"))),
        )
    }

    async fn answer(method: &str, uri: &str) -> (Response<()>, Value) {
        let request = Request::builder().method(method).uri(uri).body(Body::empty()).unwrap();
        let (parts, body) = router().oneshot(request).await.unwrap().into_parts();
        let bytes = axum::body::to_bytes(body, 9_999).await.unwrap();
        (Response::from_parts(parts, ()), serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    #[test]
    fn only_ids_are_correlation_ids() {
        let logged = |text: &'static str| correlation_id(&HeaderValue::from_static(text)).is_some();
        for id in ["7f1c-9", "01J:orders.web_2", "0"] {
            assert!(logged(id), "{id}");
        }
        for other in ["", "wang@example.com", "Wang Fang", "{\"a\":1}", "a\tb", "a,b"] {
            assert!(!logged(other), "{other}");
        }
        assert_eq!(correlation_id(&HeaderValue::from_str("王芳").unwrap()), None);
        assert_eq!(correlation_id(&HeaderValue::from_str(&"a".repeat(129)).unwrap()), None);
    }

    #[tokio::test]
    async fn a_problem_carries_the_request() {
        let (response, body) = answer("POST", "/refused?x=1").await;
        assert_eq!(response.status(), 400);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
        assert_eq!(response.headers()["x-request-id"], "none");
        assert_eq!(body["instance"], "/refused");
        assert_eq!(body["request_id"], "none");
        assert_eq!(body["detail"], "total: must be 3");
    }

    #[tokio::test]
    async fn unknown_paths_and_methods_are_problems() {
        let (response, body) = answer("GET", "/nowhere").await;
        assert_eq!(
            (response.status().as_u16(), body["type"].as_str()),
            (404, Some("urn:problem-type:waybill:not-found"))
        );
        let (response, body) = answer("DELETE", "/refused").await;
        assert_eq!((response.status().as_u16(), body["status"].as_u64()), (405, Some(405)));
        assert_eq!(response.headers()[header::ALLOW], "POST");
    }
}
