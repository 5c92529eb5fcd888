//! Whole lives, from the request to the resting state.

mod books;
mod cancel;
mod channel;
mod cod;
mod expiry;
mod held;
mod mismatch;
mod paid;
mod refund_answers;
mod refunds;
mod rejected;
mod replanned;
mod wallets;
mod webhooks;
