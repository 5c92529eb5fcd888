//! A stand-in for Stripe's API on loopback: the part that an order system calls. It keeps the rules that make refunds safe: a key
//! used again gives the first answer again, a key used with other parameters is refused, and no more goes back than came in.
//!
//! Source: <https://docs.stripe.com/api/refunds>, <https://docs.stripe.com/api/idempotent_requests>.

pub mod events;
pub mod ledger;
mod mood;
mod objects;
mod server;

pub use self::ledger::{Answer, Fault, Ledger};
pub use self::mood::{Mood, Rubbish};
pub use self::objects::{Intent, Refund};
pub use self::server::StripeStandIn;
