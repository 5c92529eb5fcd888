//! Tests of the core: a table of cases for each rule, and random lives of orders for the invariants.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod allocation;
mod answers;
mod bodies;
mod body;
mod calling_off;
mod cancel;
mod facts;
mod given;
mod holds;
mod invariants;
mod ledger;
mod lives;
mod machines;
mod money;
mod payments;
mod placement;
mod reach;
mod refunds;
mod shares;
mod shipments;
mod shown;
mod steps;
mod till;
mod work;
mod world;
