//! Whole lives, from the request to the resting state.

mod benefits;
mod books;
mod cancel;
mod captures;
mod channel;
mod cod;
mod deposit;
mod expiry;
mod gift_cards;
mod held;
mod mismatch;
mod paid;
mod refund_answers;
mod refunds;
mod rejected;
mod replanned;
mod starting;
mod wallets;
mod webhooks;
