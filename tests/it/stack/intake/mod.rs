//! Taking orders in: what is refused and why, and what a repetition gets.

mod reading;
mod refusals;
mod repetition;
