//! The wall clock: this program stands outside the system that it runs, as a provider and a carrier do.

use jiff::Timestamp;

/// Now.
#[allow(
    clippy::disallowed_methods,
    reason = "the rule is for the product, whose time is a port; this is the world around it"
)]
pub fn now() -> Timestamp {
    Timestamp::now()
}
