//! One integration binary: state machines, template, repository rules, and the whole stack on the local engine.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod access;
mod asl;
mod canaries;
mod chaos;
mod fuzz_api;
mod rules;
mod smoke;
mod stack;
mod template;
mod world;
