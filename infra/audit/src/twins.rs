//! One order for a channel's number.
//!
//! An order's id follows from its channel and number, so a second one is only possible if that derivation changed. All that has
//! to be kept to find it is a short hash of each name.

use std::collections::HashSet;

use oms_domain::order::Order;
use sha2::{Digest, Sha256};

use crate::report::{Check, Violation};

/// The names that were seen.
#[derive(Debug, Default)]
pub struct Twins(HashSet<[u8; 16]>);

impl Twins {
    /// Notes an order; a violation if another one has its name.
    pub fn note(&mut self, order: &Order) -> Option<Violation> {
        let (channel, number) = (&order.body.channel, &order.body.channel_order_id);
        let digest = Sha256::new().chain_update(channel.as_str()).chain_update([0]).chain_update(number.as_str());
        let mut name = [0; 16];
        name.iter_mut().zip(digest.finalize()).for_each(|(to, from)| *to = from);
        let known = !self.0.insert(name);
        known.then(|| Violation::new(Check::Twins, &order.id, format!("another order is {channel}'s {number} too")))
    }
}
