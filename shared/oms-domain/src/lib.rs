//! The pure core of Waybill: ids, money, the order and its machines. No clock, no randomness, no AWS, no async.
//!
//! [`decide::decide`] turns a state and a command into events; [`order::Order::apply`] folds events into state.

pub mod allocation;
pub mod apply;
pub mod attempts;
pub mod benefit;
pub mod body;
mod body_check;
pub mod buyer;
pub mod capture;
pub mod command;
pub mod decide;
pub mod deposit;
pub mod derived;
pub mod desk;
pub mod event;
mod event_words;
pub mod fee;
pub mod gift_card;
pub mod id;
mod instalments;
pub mod ledger;
pub mod location;
pub mod machine;
pub mod money;
pub mod notification;
pub mod order;
pub mod outgoing;
pub mod payment;
pub mod payment_start;
pub mod points_back;
pub mod policy;
pub mod promise;
pub mod refund_first;
pub mod refund_pace;
pub mod refund_share;
pub mod refusal;
mod rejection;
pub mod status;
pub mod stock;
mod sums;
pub mod task;
pub mod terms;
mod units;
pub mod wake;
mod worth;

pub use body_check::{FieldError, MAX_LINES, MAX_QUANTITY};
