//! From an API Gateway event (HTTP API, payload format 2.0) through a router and back.

use axum::Router;
use data_encoding::BASE64;
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, Service as _};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::http::finish;

/// Serves a router to the Lambda runtime until it stops. The API's stage must be `$default`: the path is taken as it is.
///
/// # Errors
/// What the runtime's own API answers.
pub async fn serve(router: Router) -> Result<(), Error> {
    let router = finish(router);
    run(service_fn(move |event| answer(router.clone(), event))).await
}

/// Answers one event with a router that [`finish`] has made whole.
///
/// # Errors
/// When the event is none of API Gateway's.
pub async fn answer(router: Router, event: LambdaEvent<Box<RawValue>>) -> Result<Value, Error> {
    let mut request: LambdaRequest = serde_json::from_str(event.payload.get())?;
    if let LambdaRequest::ApiGatewayV2(request) = &mut request {
        // The adapter builds an absolute address and panics when it cannot: the host may be anything that a client
        // sends, and the router does not look at it.
        request.headers.remove(axum::http::header::HOST);
        request.request_context.domain_name = None;
        let path = request.raw_path.take().unwrap_or_default();
        request.raw_path = Some(if path.starts_with('/') { path } else { format!("/{path}") });
        request.raw_query_string = request.raw_query_string.take().map(|query| legal(&query));
        // Nor does it bear a body that is not what the event says: the gateway sends none, so that this is no event of its.
        if request.is_base64_encoded
            && request.body.as_ref().is_some_and(|body| BASE64.decode(body.as_bytes()).is_err())
        {
            return Err("the body is said to be base64, and is not".into());
        }
    }
    let mut adapter = Adapter::from(router);
    let response = match adapter.call(LambdaEvent::new(request, event.context)).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    Ok(serde_json::to_value(response)?)
}

/// The query with every byte escaped that cannot stand in an address.
fn legal(query: &str) -> String {
    let mut out = String::with_capacity(query.len());
    for byte in query.bytes() {
        if byte.is_ascii_graphic()
            && !matches!(byte, b'"' | b'<' | b'>' | b'`' | b'\\' | b'^' | b'{' | b'|' | b'}' | b'#')
        {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
    use super::*;
    use crate::http::{RequestId, StrictJson};
    use axum::extract::RawQuery;
    use axum::routing::{get, post};
    use serde_json::json;

    fn event(
        method: &str,
        path: &str,
        query: &str,
        host: &str,
        body: Option<(&str, bool)>,
    ) -> LambdaEvent<Box<RawValue>> {
        let mut payload = json!({
            "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query,
            "headers": {"host": host, "content-type": "application/json"},
            "requestContext": {
                "accountId": "1", "apiId": "a", "domainName": host, "domainPrefix": "a",
                "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7", "userAgent": "t"},
                "requestId": "req-1", "routeKey": "$default", "stage": "$default",
                "time": "12/Mar/2026:19:03:58 +0000", "timeEpoch": 1_583_348_638_390_i64,
            },
            "isBase64Encoded": false,
        });
        if let Some((body, base64)) = body {
            payload["body"] = body.into();
            payload["isBase64Encoded"] = base64.into();
        }
        let payload = RawValue::from_string(payload.to_string()).unwrap();
        LambdaEvent::new(payload, lambda_runtime::Context::default())
    }

    fn router() -> Router {
        finish(
            Router::new()
                .route("/v1/echo", post(async |StrictJson(body): StrictJson<Value>| axum::Json(body)))
                .route("/v1/query", get(async |RawQuery(query): RawQuery| query.unwrap_or_default()))
                .route("/v1/id", get(async |id: RequestId| id.0)),
        )
    }

    async fn ask(event: LambdaEvent<Box<RawValue>>) -> Value {
        answer(router(), event).await.unwrap()
    }

    #[tokio::test]
    async fn bodies_come_plain_or_in_base64() {
        let plain = ask(event("POST", "/v1/echo", "", "h", Some(("{\"a\":\"é\"}", false)))).await;
        assert_eq!((plain["statusCode"].as_u64(), plain["body"].as_str()), (Some(200), Some("{\"a\":\"é\"}")));
        assert_eq!(plain["isBase64Encoded"], false);
        let encoded = ask(event("POST", "/v1/echo", "", "h", Some(("eyJhIjoxfQ==", true)))).await;
        assert_eq!(encoded["body"], "{\"a\":1}");
        let none = ask(event("POST", "/v1/echo", "", "h", None)).await;
        assert_eq!(none["statusCode"], 400);
    }

    #[tokio::test]
    async fn problems_are_text_and_name_the_request() {
        let answer = ask(event("GET", "/nowhere", "", "h", None)).await;
        assert_eq!(answer["statusCode"], 404);
        assert_eq!(answer["isBase64Encoded"], false);
        assert_eq!(answer["headers"]["content-type"], "application/problem+json");
        let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
        assert_eq!((body["request_id"].as_str(), body["instance"].as_str()), (Some("req-1"), Some("/nowhere")));
        assert_eq!(ask(event("GET", "/v1/id", "", "h", None)).await["body"], "req-1");
    }

    #[tokio::test]
    async fn odd_addresses_do_not_panic() {
        for host in ["", " ", "a b", "[", "a:b:c", "1.2.3.999", "\u{e9}"] {
            assert_eq!(ask(event("GET", "/v1/id", "", host, None)).await["statusCode"], 200, "{host:?}");
        }
        for path in ["", "v1", "//", "/%", "/%ff", "/\u{e9}", "/a b?c", "/../..", "/\\", "/:80"] {
            assert_eq!(ask(event("GET", path, "", "h", None)).await["statusCode"], 404, "{path:?}");
        }
        let odd = ask(event("GET", "/v1/query", "a=b c&d=<\u{e9}>&e=%41#f", "h", None)).await;
        assert_eq!(odd["body"], "a=b%20c&d=%3C%C3%A9%3E&e=%41%23f");
    }
}
