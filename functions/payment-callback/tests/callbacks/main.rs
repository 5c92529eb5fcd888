//! The callback address of every provider, as API Gateway calls it, over stores in memory: what is acknowledged is stored, once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod desk;
mod gateway;
mod stores;
#[allow(dead_code, reason = "signatures and times are tried beside the providers")]
#[path = "../../../../shared/oms-providers/tests/subjects/mod.rs"]
mod subjects;
