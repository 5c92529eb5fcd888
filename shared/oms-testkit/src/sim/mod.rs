//! The simulator: random lives of many orders in one shop, from a seed.
//!
//! The real use cases run on the ports in memory. Each function (a request's handler, a workflow, a publisher's batch, a
//! sweep) is a future that stands before each of its port calls until it is permitted; one thread permits them one by one,
//! in an order that the seed decides, with faults that the seed decides ([`turns`], [`chance`]). Around them a world goes
//! on: buyers, a payment provider, locations, carriers and staff react to what happens, late, twice, out of order or not
//! at all ([`world`], [`buyers`], [`parcels`], [`staff`]). After every change all invariants are checked ([`invariants`]);
//! in the end faults stop, time passes, and everything has to come to rest ([`life`]).
//!
//! A life is its seed and the decisions that were not the plain ones, so it can be replayed, and made shorter by taking
//! decisions back ([`shrink`]). `docs/simulator.md` says how to run it and what it leaves out.

pub mod buyers;
pub mod chance;
pub mod figures;
pub mod invariants;
pub mod life;
pub mod parcels;
pub mod run;
pub mod shelves;
pub mod shrink;
pub mod staff;
pub mod trace;
pub mod turns;
pub mod upkeep;
mod watch;
pub mod weather;
pub mod world;
