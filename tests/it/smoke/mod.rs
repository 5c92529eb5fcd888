//! Whether a stack works at all. These need nothing but its API and its credentials, so that they can be pointed at any
//! `stack.json`, also at that of a deployed account:
//!
//! ```text
//! WAYBILL_STACK=path/to/stack.json cargo test -p waybill-tests smoke
//! ```
//!
//! They leave orders, a product and a location of their own behind, and never call a payment provider's API.

mod life;
mod refusals;
