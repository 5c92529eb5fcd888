//! Logs: one JSON object a line, with the request and the order that it is about. No time stands in it: CloudWatch keeps one beside
//! each line, and a line is paid for by the byte.

use std::fmt;

use oms_domain::id::{EventKey, OrderId};
use serde::Deserialize;
use tracing_subscriber::EnvFilter;

use crate::config::{ConfigError, Env};

/// Starts the log of this process at the level of `LOG_LEVEL`. A second call changes nothing.
///
/// # Errors
/// [`ConfigError`] when the level cannot be read.
pub fn init(env: &Env) -> Result<(), ConfigError> {
    let filter =
        EnvFilter::try_new(env.log_level()).map_err(|error| ConfigError::new("LOG_LEVEL", error.to_string()))?;
    // Only a second call can fail, and then the first one's log is in use.
    let _already_started = tracing_subscriber::fmt()
        .json()
        .without_time()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_target(false)
        .with_env_filter(filter)
        .with_writer(std::io::stdout)
        .try_init();
    Ok(())
}

/// Tells the log which order the current request is about, once that is known.
pub fn about_order(order_id: &OrderId) {
    tracing::Span::current().record("order_id", order_id.as_str());
}

/// Tells the log which outside event the current request brought, and where it went.
pub fn about_event(event: &EventKey, outcome: &'static str) {
    let span = tracing::Span::current();
    span.record("event", event.as_str());
    span.record("outcome", outcome);
}

/// Something that no log and no error text may show.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Redacted<T>(T);

impl<T> Redacted<T> {
    /// Hides a value.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, for the one place that needs it.
    pub fn expose(&self) -> &T {
        &self.0
    }

    /// The value, for the one place that needs it.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> fmt::Debug for Redacted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl<T> fmt::Display for Redacted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
    use super::*;

    #[test]
    fn a_redacted_value_does_not_print() {
        let secret: Redacted<String> = serde_json::from_str("\"sk_live_1\"").unwrap();
        assert_eq!(format!("{secret:?} {secret}"), "[redacted] [redacted]");
        assert_eq!(secret.expose(), "sk_live_1");
        assert_eq!(secret.into_inner(), "sk_live_1");
    }

    #[test]
    fn a_wrong_level_is_named() {
        assert_eq!(init(&Env::of([("LOG_LEVEL", "a=b=c")])).unwrap_err().name, "LOG_LEVEL");
    }
}
