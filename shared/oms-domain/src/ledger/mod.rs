//! The ledger: double-entry books of every order, kept with the order itself.
//!
//! What each account holds follows from an order's state ([`Balances::of`]), account by account and none as the rest of
//! the others. A commit's postings are what its events change in that, event by event ([`postings`]), and are stored in
//! the commit's own row: they can be neither forgotten nor differ from the state. `docs/ledger.md` has the accounts.

mod account;
mod balances;
mod posting;

pub use account::{Account, UnknownAccount};
pub use balances::Balances;
pub use posting::{Entry, Posting, history, postings};
