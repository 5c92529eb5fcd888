//! The use cases over the ports in memory: whole lives of orders, and every one of them again with each port call
//! failing, crashing or coming twice.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod begun_too_late;
mod benefits;
mod callbacks;
mod captures;
mod crash;
mod gift_cards;
mod happy;
mod keys;
mod lists;
mod lives;
mod lost;
mod pairs;
mod permutations;
mod picture;
mod privacy;
mod provider;
mod races;
mod random;
mod receivers;
mod return_addresses;
mod shelves;
mod starting;
mod stimuli;
mod sweeping;
mod ways_out;
