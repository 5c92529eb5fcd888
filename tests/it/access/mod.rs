//! Who may do what: callers at the API, and functions at AWS.
//!
//! What roles of functions may do is compared with what they do by `cargo local test`, after all whole-stack tests (see
//! `local_stack::access`).

pub mod asks;
pub mod counter;
mod ledger;
mod matrix;
mod secrets;
