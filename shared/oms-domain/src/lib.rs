//! The pure core of Waybill: ids, money, the order and its machines. No clock, no randomness, no AWS, no async.
//!
//! [`decide::decide`] turns a state and a command into events; [`order::Order::apply`] folds events into state.

pub mod allocation;
pub mod apply;
pub mod body;
mod body_check;
pub mod buyer;
pub mod command;
pub mod decide;
pub mod derived;
pub mod desk;
pub mod event;
pub mod id;
pub mod ledger;
pub mod location;
pub mod machine;
pub mod money;
pub mod notification;
pub mod order;
pub mod outgoing;
pub mod payment;
pub mod policy;
pub mod refund_pace;
pub mod refund_share;
pub mod refusal;
mod rejection;
pub mod status;
pub mod stock;
pub mod task;
mod units;
pub mod wake;

pub use body_check::{FieldError, MAX_LINES, MAX_QUANTITY};
