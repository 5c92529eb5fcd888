//! The HTTP client that calls others: one TLS stack, no redirects, no retries of its own, everything bounded.

use std::time::Duration;

use url::{Host, Url};

use crate::error::ProviderError;

/// Connections that have been idle for longer are not used again: the function may have been frozen meanwhile, and a
/// request on a connection that the other side has closed would be an answer lost for nothing.
const IDLE: Duration = Duration::from_secs(15);

/// Builds a client. `total` bounds a whole exchange, from connecting to the last byte.
pub(crate) fn build(connect: Duration, total: Duration) -> Result<reqwest::Client, ProviderError> {
    // The workspace builds reqwest without a provider of cryptography, so that ring is the only one linked.
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        tracing::trace!("a provider of cryptography was installed before");
    }
    reqwest::Client::builder()
        .connect_timeout(connect)
        .timeout(total)
        .pool_idle_timeout(IDLE)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .user_agent(concat!("waybill/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| ProviderError::ClientNotBuilt { detail: error.to_string() })
}

/// Says what went wrong with a call, with its causes and without the address, which may carry a token.
pub(crate) fn explain(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// Reads a body of at most `limit` bytes. None when it is longer or breaks off.
pub(crate) async fn read(mut response: reqwest::Response, limit: usize) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(None) => return Some(body),
            Ok(Some(chunk)) if body.len() + chunk.len() <= limit => body.extend_from_slice(&chunk),
            Ok(Some(_)) | Err(_) => return None,
        }
    }
}

/// Parses an address to call: https, or plain http to this very machine where that is allowed.
pub(crate) fn address(text: &str, loopback_http: bool) -> Result<Url, &'static str> {
    let url = Url::parse(text).map_err(|_| "is not an address")?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not carry a user name or password");
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if loopback_http && is_loopback(&url) => Ok(url),
        _ => Err("must be https"),
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}
