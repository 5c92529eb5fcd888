//! Timers.

use jiff::Timestamp;
use oms_app::timers::{Timer, TimerStore, Watched};
use oms_domain::id::{Carrier, EventKey, TrackingNumber};

use super::{Orders, Stock, at, first, next, order_id};

/// What has come by a time, from all shards.
async fn due(timers: &impl TimerStore, now: Timestamp) -> Vec<Timer> {
    let mut found = Vec::new();
    for shard in 0..timers.shards() {
        found.extend(timers.due(shard, now, 100).await.expect("timers"));
    }
    found
}

/// Clears a timer where it is.
async fn clear(timers: &impl TimerStore, timer: &Timer) {
    for shard in 0..timers.shards() {
        timers.clear(shard, timer).await.expect("a clearing");
    }
}

fn order_timer(number: u64, seconds: i64) -> Timer {
    Timer { at: at(seconds), of: Watched::Order { order_id: order_id(number) } }
}

/// A timer comes at its time and not before, and stays until it is cleared.
pub async fn a_timer_comes_when_it_is_time(orders: impl Orders, _: impl Stock) {
    let timer = order_timer(1, 100);
    orders.set(&timer).await.expect("a timer");
    assert!(due(&orders, at(99)).await.is_empty());
    assert_eq!(due(&orders, at(100)).await, std::slice::from_ref(&timer));
    assert_eq!(due(&orders, at(5_000)).await, std::slice::from_ref(&timer));
    clear(&orders, &timer).await;
    clear(&orders, &timer).await;
    assert!(due(&orders, at(5_000)).await.is_empty());
}

/// A shard gives its earliest timers first, as many as were asked for.
pub async fn earliest_first(orders: impl Orders, _: impl Stock) {
    for seconds in [50, 10, 40, 20, 30] {
        orders.set(&order_timer(2, seconds)).await.expect("a timer");
    }
    for shard in 0..orders.shards() {
        let some = orders.due(shard, at(1_000), 3).await.expect("timers");
        if !some.is_empty() {
            assert_eq!(some, [order_timer(2, 10), order_timer(2, 20), order_timer(2, 30)]);
        }
    }
    assert_eq!(due(&orders, at(40)).await.len(), 4);
}

/// Two timers for the same at the same time are one; for something else, or at another time, they are two.
pub async fn a_timer_is_one_however_often_it_is_set(orders: impl Orders, _: impl Stock) {
    for timer in [order_timer(3, 10), order_timer(3, 10), order_timer(3, 11), order_timer(4, 10)] {
        orders.set(&timer).await.expect("a timer");
    }
    assert_eq!(due(&orders, at(20)).await.len(), 3);
    clear(&orders, &order_timer(3, 11)).await;
    let mut left = due(&orders, at(20)).await;
    left.sort();
    let mut expected = [order_timer(3, 10), order_timer(4, 10)];
    expected.sort();
    assert_eq!(left, expected);
}

/// Whatever is watched is read back, whatever its names contain.
pub async fn all_kinds_are_read_back(orders: impl Orders, _: impl Stock) {
    let all = [
        Watched::Order { order_id: order_id(5) },
        Watched::Entry { order_id: order_id(5), seq: 7 },
        Watched::Fact { order_id: order_id(5), key: EventKey::parse("stripe:evt#1 £").expect("a key") },
        Watched::Scan {
            carrier: Carrier::parse("standard").expect("a carrier"),
            tracking_number: TrackingNumber::parse("SF100").expect("a number"),
            event_id: EventKey::parse("standard:1#2").expect("a key"),
        },
    ];
    for of in &all {
        orders.set(&Timer { at: at(1), of: of.clone() }).await.expect("a timer");
    }
    let mut found: Vec<Watched> = due(&orders, at(1)).await.into_iter().map(|timer| timer.of).collect();
    found.sort();
    let mut expected = all.to_vec();
    expected.sort();
    assert_eq!(found, expected);
}

/// An order knows the timers that its commits set.
pub async fn a_commit_keeps_its_timer(orders: impl Orders, _: impl Stock) {
    let id = order_id(6);
    let mut one = first(&id, 0);
    one.timer = Some(at(300));
    orders.commit(&one).await.expect("a commit");
    let two = next(&one, "nobody");
    orders.commit(&two).await.expect("a commit");
    let mut three = next(&two, "somebody");
    three.timer = Some(at(900));
    orders.commit(&three).await.expect("a commit");
    let loaded = orders.load(&id).await.expect("a load").expect("an order");
    assert_eq!(loaded.timers, [at(300), at(900)]);
}
