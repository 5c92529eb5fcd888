//! Reads everything in the tables of a stack and says what does not agree.
//!
//! Every order is folded from its stored commits with the product's own code, one order at a time, so that memory does not grow
//! with the tables: what is kept is the sum of promises for each stock row, the orders that have a timer, and sixteen bytes an order to find
//! twins by.
//! It is an operator's tool: it scans, which no request path does, and it writes nothing.

pub mod beside;
pub mod checks;
pub mod error;
pub mod item;
pub mod neighbours;
pub mod promises;
pub mod reading;
pub mod report;
pub mod rows;
pub mod tables;
pub mod twins;

pub use self::error::AuditError;
pub use self::reading::audit;
pub use self::report::{Check, Report, Summary, Violation};
pub use self::tables::Tables;
