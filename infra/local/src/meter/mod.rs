//! `cargo local meter`: what an order costs, counted call by call on a stack of its own.
//!
//! A proxy stands between the functions and the engine and writes down every call; log lines tell the invocations; `/proc` tells the
//! CPU time. Orders are walked one at a time, and each step waits until nothing moves any more, so that everything that
//! happens belongs to a step. Prices and assumptions are data (`prices.json`); `docs/costs.md` says what is measured, what is
//! reckoned and what is assumed.

pub mod bill;
pub mod counting;
pub mod counts;
pub mod engine_api;
pub mod facts;
pub mod fill;
pub mod ledger;
pub mod paths;
pub mod prices;
pub mod processes;
pub mod proxy;
pub mod report;
pub mod requests;
mod run;
pub mod service;
pub mod session;
pub mod sizes;
pub mod storage;
pub mod table;
pub mod units;

pub use self::paths::Path;
pub use self::run::{Options, run};
