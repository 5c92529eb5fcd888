//! Rows that point to orders from outside: idempotency keys and tracking numbers.

use std::collections::HashMap;

use jiff::Timestamp;
use oms_aws::keys;
use oms_aws::rows::Item;
use oms_domain::event::CommitRecord;
use oms_domain::id::{OrderId, ShipmentId};

use crate::item;
use crate::report::{Check, Summary, Violation};

/// Whether a row is an idempotency key's.
pub(crate) fn is_key(pk: &str) -> bool {
    pk.starts_with("K#")
}

/// Whether a partition is a tracking number's.
pub(crate) fn is_tracking(pk: &str) -> bool {
    pk.starts_with("N#")
}

/// The order that a row points to.
pub(crate) fn target(row: &Item) -> Option<OrderId> {
    let order = item::text(row, "order_id").and_then(|text| OrderId::parse(text).ok());
    order.or_else(|| shipment(row)?.order())
}

fn shipment(row: &Item) -> Option<ShipmentId> {
    item::text(row, "shipment_id").and_then(|text| ShipmentId::parse(text).ok())
}

/// Checks a key against the first commit of its order.
///
/// A key without an order is none of the checks' business once its lease is over: the request died before anything was stored,
/// got no answer, and was never sent again. It is counted, since after a test whose clients never give up there must be none.
pub fn key(
    row: &Item,
    orders: &HashMap<OrderId, Item>,
    now: Timestamp,
    found: &mut Vec<Violation>,
    summary: &mut Summary,
) {
    summary.keys += 1;
    let pk = item::partition(row);
    // The key itself is its sender's, and may say anything: it is told by its order.
    let Some(order_id) = target(row) else {
        found.push(Violation::new(Check::Unreadable, "an idempotency key", "order_id is missing"));
        return;
    };
    let (Some(hash), Some(lease_until)) = (item::text(row, "hash"), item::number(row, "lease_until")) else {
        found.push(Violation::new(Check::Unreadable, &order_id, "its idempotency key lacks hash or lease"));
        return;
    };
    let Some(first) = orders.get(&order_id) else {
        summary.keys_without_answer += u64::from(lease_until <= now.as_millisecond());
        return;
    };
    // An order that cannot be read is told by its own checks.
    let Ok(record) = item::body::<CommitRecord>(first) else { return };
    let Some((credential, key, body)) = record.cause.as_ref().and_then(|cause| made_by(cause.as_str())) else {
        found.push(Violation::new(Check::Keys, &order_id, "no request made it"));
        return;
    };
    // Another key is that of a request that was told of the order: the same number once more.
    let own = keys::idempotency(credential, key) == pk;
    if own && !hash.starts_with(body) {
        found.push(Violation::new(
            Check::Keys,
            &order_id,
            "its key is remembered with another body than it was made of",
        ));
    }
}

/// `intake:<credential>:<key>#<start of the body's hash>`; a key may hold any character.
fn made_by(cause: &str) -> Option<(&str, &str, &str)> {
    let (credential, rest) = cause.strip_prefix("intake:")?.split_once(':')?;
    let (key, hash) = rest.rsplit_once('#')?;
    Some((credential, key, hash))
}

/// Checks a tracking number: its shipment is one of an order that is there. Whether it has that number is the shipment's to say.
pub fn tracking(row: &Item, orders: &HashMap<OrderId, Item>, found: &mut Vec<Violation>, summary: &mut Summary) {
    summary.tracking_numbers += 1;
    let subject = item::partition(row);
    let Some(order_id) = shipment(row).and_then(|shipment| shipment.order()) else {
        found.push(Violation::new(Check::Unreadable, subject, "shipment_id is missing"));
        return;
    };
    if !orders.contains_key(&order_id) {
        found.push(Violation::new(Check::Tracking, subject, format!("order {order_id} does not exist")));
    }
}
