//! The whole stack while things break: functions are killed, messages are poisoned, the payment provider is in trouble.
//!
//! The tests run a short version of each. `cargo local chaos --orders 1000` runs the same code for longer and prints what it
//! measured; `docs/chaos.md` has the figures.

mod agreement;
mod books;
mod client;
mod killed;
mod killer;
mod life;
mod loopback;
mod plan;
mod poisoned;
mod provider;
