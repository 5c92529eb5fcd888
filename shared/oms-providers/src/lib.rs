//! The world outside: payment providers, carriers and warehouses' own systems.
//!
//! One folder for each third party, cut the same way: `wire` (what it sends, only the parts that are used), `map` (what
//! that means in our words), `signature` (pure) and `client` (HTTP). What comes in passes the one trait in [`callback`],
//! whose [`verified::Verified`] witness makes a forgotten signature check a type error. `docs/add-a-provider.md` is the
//! checklist for the next one.

pub mod adyen;
mod after;
pub mod alipay;
pub mod benefits;
pub mod callback;
pub mod carriers;
pub mod connected;
pub mod error;
mod freshness;
mod header;
mod http_client;
mod lenient;
mod minor_units;
pub mod on_demand;
mod ours;
pub mod paypal;
mod resend;
pub mod secret;
mod shown;
pub mod standard_webhooks;
pub mod stripe;
pub mod verified;
pub mod warehouse;
pub mod wechatpay;

pub use callback::{Answer, Callback, CallbackProvider, PaymentCallbackProvider, WhyUnhandled, receive};
pub use carriers::{CarrierCallback, CarrierCallbackProvider, CarrierScan};
pub use error::ProviderError;
