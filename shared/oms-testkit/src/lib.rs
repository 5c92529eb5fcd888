//! For tests only: the world of the use cases in memory, and ways to make it fail.
//!
//! - [`memory`]: a store that behaves as DynamoDB does, at the level of the ports; the same [`conformance`] suite runs
//!   against it and against real engines.
//! - [`faults`]: a wrapper around any port that fails chosen calls before or after their effect, or crashes the caller.
//! - [`doubles`] and [`gateway`]: a queue, a bus, workflows and webhooks that record; a payment provider that remembers.
//! - [`spoil`]: bad input for fuzzing.
//! - [`time`], [`seeded`], [`build`]: a clock with hands, ids and chance from a seed, orders to begin with.

// A test that cannot go on should stop right there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests only")]

pub mod benefits;
pub mod build;
pub mod conformance;
pub mod doubles;
pub mod faults;
mod faulty;
pub mod gateway;
pub mod memory;
pub mod seeded;
pub mod shop;
pub mod sim;
pub mod spoil;
pub mod time;
