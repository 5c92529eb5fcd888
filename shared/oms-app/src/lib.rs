//! What Waybill does: use cases over ports. Each loads, lets the domain decide, and stores the decision whole.

mod benefits;
pub mod callbacks;
pub mod carriers;
pub mod commands;
pub mod deliveries;
pub mod engine;
pub mod error;
pub mod fulfilment;
pub mod intake;
pub mod inventory;
pub mod placement;
pub mod pointers;
pub mod ports;
pub mod publish;
pub mod queries;
pub mod receivers;
pub mod reversal;
pub mod starting;
pub mod sweep;
pub mod timers;

mod captures;
mod commit;
mod keyed;
mod offered;
mod unmatched;
