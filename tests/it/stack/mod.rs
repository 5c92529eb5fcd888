//! The whole stack on the local engine: HTTP in, Lambda, queues, workflows, tables and the bus, Stripe's API as a stand-in.
//!
//! Each case sells products of its own, so that all can run at once; those that disturb others are in `accidents` and run
//! alone. Callbacks are signed by the providers' own packages. Without Python's packages the cases name themselves as skipped.

mod accidents;
mod desk;
pub mod engine;
mod faults;
mod intake;
mod lifecycle;
mod listener;
pub mod shared;
mod walk;
