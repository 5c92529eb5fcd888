//! The HTTP API's own types: what requests may say, and what answers look like.
//!
//! Requests are strict (an unknown field is refused) and are turned into the domain's types once; answers are open
//! (clients tolerate new fields and new names).

pub mod answers;
pub mod body_view;
pub mod callbacks;
pub mod fields;
#[cfg(test)]
mod gift_card_tests;
pub mod ledger;
mod order_convert;
pub mod order_line_view;
pub mod order_parts;
pub mod order_request;
#[cfg(test)]
mod order_tests;
pub mod order_view;
pub mod payment_start;
pub mod queries;
pub mod requests;
pub mod schema;
pub mod stock;
pub mod tasks;
pub mod values;
pub mod work_list;
