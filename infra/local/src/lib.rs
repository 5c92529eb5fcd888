//! The local stack: starting the engine, deploying the template to it, signing as the outside world does.
//!
//! The command `cargo local` is one user of this library; the whole-stack tests are another.

pub mod access;
pub mod bench;
pub mod benefits;
pub mod bootstraps;
pub mod catalogue;
pub mod clients;
pub mod clock;
pub mod deploy;
pub mod digest;
pub mod engine;
pub mod error;
pub mod http;
pub mod layout;
pub mod logs;
pub mod meter;
pub mod package;
pub mod planted;
pub mod process;
pub mod progress;
pub mod python;
pub mod redrive;
pub mod secrets;
pub mod seed;
pub mod settings;
pub mod shop;
pub mod signing;
pub mod stack;
pub mod stack_file;
pub mod stand_in;
pub mod stripe_api;
pub mod template;
pub mod testing;
pub mod wallets;
