//! The ports on AWS: orders, stock, keys, tasks and lists in DynamoDB, stimuli in SQS, workflows in Step Functions, events
//! in EventBridge, secrets in Secrets Manager.
//!
//! `docs/tables.md` has the access patterns; [`keys`] is the one place that knows how rows are named.

pub mod bus;
pub mod clients;
mod commit;
mod cursor;
mod errors;
mod idempotency;
pub mod keys;
mod lists;
pub mod meter;
pub mod orders;
pub mod packing;
pub mod queue;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
mod row_sizes;
pub mod rows;
pub mod secrets;
pub mod stock;
mod table;
mod tasks;
pub mod time;
mod timers;
mod tracking;
pub mod wiring;
pub mod workflows;

pub use bus::EventBridgeBus;
pub use clients::Clients;
pub use orders::DynamoOrders;
pub use queue::{SqsRedelivery, SqsStimuli};
pub use secrets::Secrets;
pub use stock::DynamoStock;
pub use time::{JitteredBackoff, SystemClock};
pub use wiring::Tables;
pub use workflows::{ExpressWorkflows, WorkflowArns};
