//! What every function of Waybill shares: configuration, logs and metrics, problems, credentials, the HTTP wire types
//! with their OpenAPI document, the names under which steps fail, and batches of queue messages.

pub mod api;
pub mod auth;
pub mod canonical;
pub mod config;
pub mod http;
pub mod metrics;
pub mod openapi;
pub mod problem;
pub mod sqs;
pub mod step;
pub mod summary;
pub mod telemetry;
