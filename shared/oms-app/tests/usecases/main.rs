//! The use cases over the ports in memory: whole lives of orders, and every one of them again with each port call
//! failing, crashing or coming twice.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod acts;
mod callbacks;
mod checks;
mod crash;
mod facts;
mod happy;
mod keys;
mod lives;
mod lost;
mod picture;
mod privacy;
mod provider;
mod races;
mod shop;
mod ways_out;
mod work;
