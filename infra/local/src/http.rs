//! Plain HTTP to loopback.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use serde_json::Value;

use crate::error::{LocalError, Result};

/// A client that never asks a proxy: everything here is on this machine.
///
/// # Errors
/// The client cannot be made.
pub fn client() -> Result<reqwest::Client> {
    build(HeaderMap::new())
}

/// The same for the engine's own API, in the name of the account's root: an engine that holds roles to their policies asks who
/// calls, and checks no signature of root's. `service` is the one that is called where a path alone does not say it.
///
/// # Errors
/// The client cannot be made.
pub fn root_client(service: &str) -> Result<reqwest::Client> {
    let scope = format!("Credential=test/20260101/{}/{service}/aws4_request", crate::engine::REGION);
    let text = format!("AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=none");
    let value = HeaderValue::try_from(text).map_err(LocalError::engine("making an HTTP client"))?;
    build(HeaderMap::from_iter([(AUTHORIZATION, value)]))
}

fn build(headers: HeaderMap) -> Result<reqwest::Client> {
    // Nothing here speaks TLS, but the client insists on knowing how; a second installation changes nothing.
    rustls::crypto::ring::default_provider().install_default().ok();
    reqwest::Client::builder()
        .no_proxy()
        .default_headers(headers)
        .timeout(Duration::from_secs(60))
        .build()
        .map_err(LocalError::engine("making an HTTP client"))
}

/// Sends, and takes any answer but 2xx for a failure. An empty body is `null`.
///
/// # Errors
/// There is no answer, another one, or one that is not JSON.
pub async fn answer(what: &str, request: reqwest::RequestBuilder) -> Result<Value> {
    let answer = request.send().await.map_err(LocalError::engine(what))?;
    let status = answer.status();
    let text = answer.text().await.map_err(LocalError::engine(what))?;
    if !status.is_success() {
        return Err(LocalError::call(what, format!("{status} {text}")));
    }
    if text.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_str(&text).map_err(LocalError::engine(what))
}
