//! The intake's idempotency records.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use oms_app::error::StoreError;
use oms_app::ports::{KeyState, KeyStore};
use oms_domain::id::OrderId;

use super::MemoryStore;

/// How long a key is remembered.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 7);

#[derive(Debug, Clone)]
pub(super) struct KeyRow {
    hash: String,
    order_id: OrderId,
    /// Epoch milliseconds.
    lease_until: i64,
    /// Epoch seconds.
    ttl: i64,
}

#[async_trait]
impl KeyStore for MemoryStore {
    async fn lease(
        &self,
        credential: &str,
        key: &str,
        body_hash: &str,
        order_id: &OrderId,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<KeyState, StoreError> {
        let mut state = self.state();
        let place = (credential.to_owned(), key.to_owned());
        if let Some(row) = state.keys.get(&place).filter(|row| row.ttl > now.as_second()) {
            if row.hash != body_hash {
                return Ok(KeyState::OtherBody);
            }
            if state.commits.contains_key(&row.order_id) {
                return Ok(KeyState::Known(row.order_id.clone()));
            }
            if row.lease_until > now.as_millisecond() {
                return Ok(KeyState::InFlight);
            }
        }
        let ttl = now.checked_add(KEPT).unwrap_or(now).as_second();
        let row =
            KeyRow { hash: body_hash.to_owned(), order_id: order_id.clone(), lease_until: until.as_millisecond(), ttl };
        state.keys.insert(place, row);
        Ok(KeyState::Leased)
    }
}
