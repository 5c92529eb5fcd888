//! Tests of the core: a table of cases for each rule, and random lives of orders for the invariants.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod answers;
mod bodies;
mod given;
mod invariants;
mod ledger;
mod lives;
mod steps;
mod till;
mod work;
mod world;
mod allocation;
mod body;
mod money;
