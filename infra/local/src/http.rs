//! Plain HTTP to loopback.

use std::time::Duration;

use crate::error::{LocalError, Result};

/// A client that never asks a proxy: everything here is on this machine.
///
/// # Errors
/// The client cannot be made.
pub fn client() -> Result<reqwest::Client> {
    // Nothing here speaks TLS, but the client insists on knowing how; a second installation changes nothing.
    rustls::crypto::ring::default_provider().install_default().ok();
    reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(60))
        .build()
        .map_err(LocalError::engine("making an HTTP client"))
}
