//! Tests of the core: a table of cases for each rule, and random lives of orders for the invariants.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod allocation;
mod answers;
mod bad_input;
mod bodies;
mod body;
mod books;
mod bus;
mod calling_off;
mod cancel;
mod facts;
mod given;
mod holds;
mod invariants;
mod ledger;
mod limits;
mod lives;
mod machines;
mod model;
mod money;
mod older;
mod once;
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
