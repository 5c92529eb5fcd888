//! How rows are named. A prefix says what a row is, so that one table holds all that belongs to an order, and one query
//! reads it.

use jiff::Timestamp;
use oms_domain::body::Provider;
use oms_domain::id::{Carrier, Channel, EventKey, LocationId, OrderId, ShipmentId, Sku, TrackingNumber};
use oms_domain::task::Role;

use oms_app::pointers::{WorkEntry, WorkList};

/// Partitions of the timers: all orders write there, so one partition's 1,000 writes a second would be the cap.
pub const TIMER_SHARDS: u32 = 8;
/// Partitions of one channel's day: 4,000 orders a second of a channel before the index throttles the table.
pub const DAY_SHARDS: u32 = 4;
/// Partitions of a day's ledger, which all channels share: 8,000 commits a second that move money.
pub const LEDGER_SHARDS: u32 = 8;

/// The sort key of a row that is alone in its partition.
pub const ALONE: &str = "-";
/// The partition of the locations, in the stock table.
pub const LOCATIONS: &str = "LOCATIONS";
/// The sort key of a product, in its SKU's partition.
pub const PRODUCT: &str = "PRODUCT";
/// The partition of tasks that belong to no order.
pub const LOOSE_TASKS: &str = "TASK";
/// What the sort keys of an order's commits begin with; the publisher's stream filter knows it too.
pub const COMMIT_PREFIX: &str = "E#";
/// What the sort keys of parked events begin with.
pub const PARKED_PREFIX: &str = "P#";
/// What the sort keys of stock rows begin with.
pub const LEVEL_PREFIX: &str = "LOC#";

/// Which of `shards` partitions a text belongs to. FNV-1a: the same on every machine and in every release, which the
/// standard library's hasher does not promise.
#[must_use]
pub fn shard(text: &str, shards: u32) -> u32 {
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    // The low bits of FNV alone mix the last bytes too little.
    let folded = hash ^ (hash >> 32);
    u32::try_from(folded % u64::from(shards.max(1))).unwrap_or(0)
}

/// An order's partition.
#[must_use]
pub fn order(id: &OrderId) -> String {
    format!("O#{id}")
}

/// The order whose partition this is.
#[must_use]
pub fn order_of(pk: &str) -> Option<OrderId> {
    OrderId::parse(pk.strip_prefix("O#")?).ok()
}

/// A commit, by its number.
#[must_use]
pub fn commit(seq: u64) -> String {
    format!("{COMMIT_PREFIX}{seq:08}")
}

/// The number of the commit whose sort key this is.
#[must_use]
pub fn seq_of(sk: &str) -> Option<u64> {
    sk.strip_prefix(COMMIT_PREFIX)?.parse().ok()
}

/// An event that waits for what it belongs to.
#[must_use]
pub fn parked(key: &EventKey) -> String {
    format!("{PARKED_PREFIX}{key}")
}

/// A task.
#[must_use]
pub fn task(task_id: &str) -> String {
    format!("T#{task_id}")
}

/// An intake request's record. A `#` in a credential's name is written otherwise, so that no two pairs share a key.
#[must_use]
pub fn idempotency(credential: &str, key: &str) -> String {
    format!("K#{}#{key}", credential.replace('%', "%25").replace('#', "%23"))
}

/// A tracking number's partition.
#[must_use]
pub fn tracking(carrier: &Carrier, number: &TrackingNumber) -> String {
    format!("N#{carrier}#{number}")
}

/// An acknowledged external event without a meaning to us.
#[must_use]
pub fn unhandled(provider: &str, key: &EventKey) -> String {
    format!("X#{provider}#{key}")
}

/// A SKU's partition, in the stock table.
#[must_use]
pub fn sku(sku: &Sku) -> String {
    format!("SKU#{sku}")
}

/// A SKU's row at a location.
#[must_use]
pub fn level(location: &LocationId) -> String {
    format!("{LEVEL_PREFIX}{location}")
}

/// A partition of timers.
#[must_use]
pub fn timers(shard: u32) -> String {
    format!("D#{shard}")
}

/// A timer's place among them: its time in milliseconds, then what it is for.
#[must_use]
pub fn timer(at: Timestamp, name: &str) -> String {
    format!("{:014}#{name}", at.as_millisecond().max(0))
}

/// Beyond the last place of a time.
#[must_use]
pub fn timers_until(at: Timestamp) -> String {
    format!("{:014}$", at.as_millisecond().max(0))
}

/// The time of the timer whose sort key this is.
#[must_use]
pub fn timer_at(sk: &str) -> Option<Timestamp> {
    Timestamp::from_millisecond(sk.split_once('#')?.0.parse().ok()?).ok()
}

/// A customer's partition of the customer index; none for an id that cannot be an index key, whose orders are then found
/// by day only.
#[must_use]
pub fn customer(id: &str) -> Option<String> {
    (!id.is_empty() && id.len() <= 1024).then(|| id.to_owned())
}

/// A partition of the day index.
#[must_use]
pub fn day(date: &str, channel: &Channel, shard: u32) -> String {
    format!("{date}#{channel}#{shard}")
}

/// An order's place in a list, newest last. The id makes it unique, so that it can be a cursor.
#[must_use]
pub fn created(at: Timestamp, order: &OrderId) -> String {
    format!("{at:.3}#{order}")
}

/// A partition of the ledger index, by the day (UTC) on which the money moved.
#[must_use]
pub fn ledger(date: &str, shard: u32) -> String {
    format!("{date}#{shard}")
}

/// The partition of the ledger for what an order did at a time.
#[must_use]
pub fn ledger_of(at: Timestamp, order: &OrderId) -> String {
    ledger(&at.strftime("%Y-%m-%d").to_string(), shard(order.as_str(), LEDGER_SHARDS))
}

/// A commit's place in the ledger. The first one's is its order's place in the other lists, since it has one for all.
#[must_use]
pub fn posted(at: Timestamp, order: &OrderId, seq: u64) -> String {
    let place = created(at, order);
    if seq == 1 { place } else { format!("{place}#{seq:08}") }
}

/// Beyond a place, and before every later one: no place goes on with so small a letter.
#[must_use]
pub fn just_beyond(place: &str) -> String {
    format!("{place}!")
}

/// The first thing that is not before a time, where places begin with one.
#[must_use]
pub fn places_from(at: Timestamp) -> String {
    format!("{at:.3}")
}

/// A role's partition of the task index.
#[must_use]
pub fn tasks_of(role: Role) -> String {
    format!("T#{}", role.name())
}

/// A task's place in its role's list.
#[must_use]
pub fn task_since(since: Timestamp, order: Option<&OrderId>, task_id: &str) -> String {
    format!("{since:.3}#{}#{task_id}", order.map_or("", OrderId::as_str))
}

/// A location's work list.
#[must_use]
pub fn work(location: &LocationId, list: WorkList) -> String {
    let list = match list {
        WorkList::Open => "open",
        WorkList::Done => "done",
    };
    format!("L#{location}#{list}")
}

/// An entry's place in its list.
#[must_use]
pub fn work_place(entry: &WorkEntry) -> String {
    format!("{:.3}#{}", entry.since, entry.shipment_id)
}

/// The time and the shipment whose place in a list this is.
#[must_use]
pub fn work_of(sk: &str) -> Option<(Timestamp, ShipmentId)> {
    let (since, shipment) = sk.split_once('#')?;
    Some((since.parse().ok()?, ShipmentId::parse(shipment).ok()?))
}

/// The value of the `payment` index for a provider's own id of a payment.
#[must_use]
pub fn payment(provider: Provider, provider_payment_id: &str) -> String {
    format!("Y#{}#{provider_payment_id}", provider.name())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn shards_are_the_same_for_ever() {
        // Rows that are stored already must be found again by every later release.
        let texts = ["01J9ZK3W8Q7RX5T2M4N6P8S0VB", "00000000000000000000000001", "N#standard#SF1", ""];
        assert_eq!(texts.map(|text| shard(text, TIMER_SHARDS)), [2, 4, 1, 1]);
        assert_eq!(texts.map(|text| shard(text, DAY_SHARDS)), [2, 0, 1, 1]);
    }

    #[test]
    fn shards_are_even() {
        let mut counts = [0_u32; 8];
        for i in 0..8_000 {
            let id = format!("01J9ZK3W8Q7RX5T2M4{i:08}");
            *counts.get_mut(shard(&id, 8) as usize).unwrap() += 1;
        }
        assert!(counts.iter().all(|count| (800..1200).contains(count)), "{counts:?}");
    }

    #[test]
    fn keys_are_read_back() {
        let id = OrderId::parse("01J9ZK3W8Q7RX5T2M4N6P8S0VB").unwrap();
        assert_eq!(order_of(&order(&id)), Some(id.clone()));
        assert_eq!(seq_of(&commit(42)), Some(42));
        assert!(commit(9) < commit(10) && commit(99_999_998) < commit(99_999_999));
        assert_eq!(seq_of("P#1"), None);
        let shipment_id = ShipmentId::of(&id, 2);
        let since = Timestamp::from_millisecond(1_762_819_200_120).unwrap();
        let location_id = LocationId::parse("sz-1").unwrap();
        let entry = WorkEntry { location_id, list: WorkList::Open, since, shipment_id: shipment_id.clone() };
        assert_eq!(work_of(&work_place(&entry)), Some((since, shipment_id)));
        assert_ne!(idempotency("a#b", "c"), idempotency("a", "b#c"));
        let at = Timestamp::from_millisecond(1_762_819_200_123).unwrap();
        assert_eq!(timer_at(&timer(at, "O#1")), Some(at));
        assert_eq!(timer_at("x"), None);
    }

    #[test]
    fn places_sort_by_time() {
        let id = OrderId::parse("01J9ZK3W8Q7RX5T2M4N6P8S0VB").unwrap();
        let at = |ms| created(Timestamp::from_millisecond(ms).unwrap(), &id);
        assert_eq!(at(1_762_819_200_000), "2025-11-11T00:00:00.000Z#01J9ZK3W8Q7RX5T2M4N6P8S0VB");
        assert!(at(1_762_819_200_000) < at(1_762_819_200_001));
        assert!(at(1_762_819_200_999) < at(1_762_819_201_000));
        let at = |ms| Timestamp::from_millisecond(ms).unwrap();
        let (day, next) = (at(1_762_819_200_000), at(1_762_819_200_001));
        let (first, second, later) = (posted(day, &id, 1), posted(day, &id, 2), posted(next, &id, 3));
        assert!(places_from(day) < first && first < just_beyond(&first) && just_beyond(&first) < second);
        assert!(just_beyond(&second) < places_from(next) && places_from(next) < later);
        let until = timers_until(at(1_762_819_200_001));
        assert!(timer(at(1_762_819_200_001), "\u{10ffff}") < until && until < timer(at(1_762_819_200_002), ""));
        assert!(timer(at(5), "") < timer(at(1_762_819_200_001), ""));
    }
}
