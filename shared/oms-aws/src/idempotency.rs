//! The `Idempotency-Key` records of the intake.
//!
//! A record says which body a key was used with, which order that leads to, and until when the request that wrote it may be
//! at work. It has no "done" mark: the order itself is the mark, so that a crash between the two cannot exist. A fresh key
//! costs one conditional write; a repeated one costs that refused write, which returns the record, and one read.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use oms_app::error::StoreError;
use oms_app::ports::{KeyState, KeyStore};
use oms_domain::id::OrderId;

use crate::commit;
use crate::keys;
use crate::orders::{self, DynamoOrders};
use crate::rows::{self, Row};

/// How long a key is remembered. Longer than a shop's own queues retry (a weekend's outage and its aftermath); after that
/// the same body still leads to the same order, and only the check against another body is gone.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 7);

#[async_trait]
impl KeyStore for DynamoOrders {
    async fn lease(
        &self,
        credential: &str,
        key: &str,
        body_hash: &str,
        order_id: &OrderId,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<KeyState, StoreError> {
        let pk = keys::idempotency(credential, key);
        let kept_until = now.checked_add(KEPT).unwrap_or(now).as_second();
        // A lease whose answer is lost is asked for again by the SDK and finds itself: that is no other request.
        let writer = orders::writer()?;
        let row = Row::new(&pk, keys::ALONE)
            .bytes(rows::WRITER, &writer)
            .text("hash", body_hash)
            .text("order_id", order_id.as_str())
            .number("lease_until", until.as_millisecond())
            .number(rows::TTL, kept_until)
            .item();
        // DynamoDB deletes a row some time after its `ttl`; until then it must count as gone already.
        let free = "attribute_not_exists(pk) OR #ttl <= :now";
        let values = vec![(":now", rows::n(now.as_second()))];
        let Err(found) = self.table.put_if(row.clone(), free, &[("#ttl", rows::TTL)], values).await? else {
            return Ok(KeyState::Leased);
        };
        if commit::is_own(Some(&found), &writer) {
            return Ok(KeyState::Leased);
        }
        if rows::text(&found, "hash")? != body_hash {
            return Ok(KeyState::OtherBody);
        }
        let known = rows::parsed(&found, "order_id", |text| OrderId::parse(text).ok())?;
        let (pk, sk) = commit::first_commit(&known);
        if self.table.exists(&pk, &sk).await? {
            return Ok(KeyState::Known(known));
        }
        let lease_until: i64 = rows::number(&found, "lease_until")?;
        if lease_until > now.as_millisecond() {
            return Ok(KeyState::InFlight);
        }
        // Its holder died before the order was stored. Of several that notice, one takes over.
        let same = "#hash = :hash AND #lease = :seen";
        let names = [("#hash", "hash"), ("#lease", "lease_until")];
        let values = vec![(":hash", rows::s(body_hash)), (":seen", rows::n(lease_until))];
        Ok(match self.table.put_if(row, same, &names, values).await? {
            Ok(()) => KeyState::Leased,
            Err(row) if commit::is_own(Some(&row), &writer) => KeyState::Leased,
            Err(_) => KeyState::InFlight,
        })
    }
}
