//! What the sweep finds.

use jiff::Timestamp;
use oms_app::error::StoreError;
use oms_app::ports::{DueItem, ParkedScan};
use oms_domain::id::{Carrier, EventKey, OrderId, TrackingNumber};

use super::orders::fact;
use super::{Orders, Stock, at, eventually, first, next, order_id};

/// All that is due, over all shards.
async fn due(orders: &impl Orders, now: Timestamp) -> Result<Vec<DueItem>, StoreError> {
    let mut items = Vec::new();
    for shard in 0..orders.shards() {
        items.extend(orders.due(shard, now, 100).await?);
    }
    Ok(items)
}

/// Waits until so many rows are due.
async fn expect(orders: &impl Orders, now: Timestamp, count: usize) -> Vec<DueItem> {
    eventually("due rows", || due(orders, now), |items: &Vec<DueItem>| items.len() == count).await
}

fn commit_item(order_id: &OrderId, seq: u64, unsent: bool, work_at: Option<Timestamp>) -> DueItem {
    DueItem::Commit { order_id: order_id.clone(), seq, unsent, work_at }
}

/// A commit is swept half a minute after it was made, unless its events were sent.
pub async fn a_commit_is_due_when_nobody_published_it(orders: impl Orders, _: impl Stock) {
    let id = order_id(1);
    orders.commit(&first(&id, 0)).await.expect("a commit");
    assert_eq!(expect(&orders, at(30), 1).await, [commit_item(&id, 1, true, None)]);
    assert!(due(&orders, at(29)).await.expect("due").is_empty());
    orders.mark_sent(&id, 1, None).await.expect("a mark");
    expect(&orders, at(100_000), 0).await;
}

/// Work that is due earlier than the grace makes the row due earlier.
pub async fn work_comes_before_the_grace(orders: impl Orders, _: impl Stock) {
    let (soon, later) = (order_id(2), order_id(3));
    let mut commit = first(&soon, 0);
    commit.work_at = Some(at(5));
    orders.commit(&commit).await.expect("a commit");
    let mut commit = first(&later, 0);
    commit.work_at = Some(at(500));
    orders.commit(&commit).await.expect("a commit");
    assert_eq!(expect(&orders, at(5), 1).await, [commit_item(&soon, 1, true, Some(at(5)))]);
    expect(&orders, at(30), 2).await;
}

/// Once sent, a row stays for its work alone, and then says that it was sent.
pub async fn sent_commits_wait_for_their_work(orders: impl Orders, _: impl Stock) {
    let id = order_id(4);
    let mut commit = first(&id, 0);
    commit.work_at = Some(at(500));
    orders.commit(&commit).await.expect("a commit");
    expect(&orders, at(499), 1).await;
    orders.mark_sent(&id, 1, Some(at(500))).await.expect("a mark");
    expect(&orders, at(499), 0).await;
    assert_eq!(expect(&orders, at(500), 1).await, [commit_item(&id, 1, false, Some(at(500)))]);
    orders.set_due(&id, 1, None).await.expect("a move");
    expect(&orders, at(100_000), 0).await;
}

/// A second publisher changes nothing, also not what was moved since.
pub async fn marking_is_idempotent(orders: impl Orders, _: impl Stock) {
    let id = order_id(5);
    let mut commit = first(&id, 0);
    commit.work_at = Some(at(500));
    orders.commit(&commit).await.expect("a commit");
    orders.mark_sent(&id, 1, Some(at(500))).await.expect("a mark");
    orders.set_due(&id, 1, Some(at(900))).await.expect("a move");
    orders.mark_sent(&id, 1, Some(at(500))).await.expect("a mark");
    expect(&orders, at(900), 1).await;
    expect(&orders, at(899), 0).await;
    orders.set_due(&id, 1, None).await.expect("a move");
    orders.mark_sent(&id, 1, Some(at(500))).await.expect("a mark");
    expect(&orders, at(100_000), 0).await;
    assert!(orders.load(&id).await.expect("a load").is_some());
}

/// Marks and moves of rows that do not exist make none.
pub async fn marking_brings_nothing_back(orders: impl Orders, _: impl Stock) {
    let id = order_id(6);
    orders.mark_sent(&id, 1, Some(at(1))).await.expect("a mark");
    orders.mark_sent(&id, 1, None).await.expect("a mark");
    orders.set_due(&id, 1, Some(at(1))).await.expect("a move");
    orders.set_due(&id, 1, None).await.expect("a move");
    assert!(orders.load(&id).await.expect("a load").is_none());
    assert!(due(&orders, at(100)).await.expect("due").is_empty());
    orders.commit(&first(&id, 0)).await.expect("the row is free");
}

/// A due time moves, and a moved row is found again.
pub async fn due_times_move(orders: impl Orders, _: impl Stock) {
    let id = order_id(7);
    orders.commit(&first(&id, 0)).await.expect("a commit");
    orders.set_due(&id, 1, Some(at(300))).await.expect("a move");
    expect(&orders, at(300), 1).await;
    expect(&orders, at(299), 0).await;
    orders.set_due(&id, 1, None).await.expect("a move");
    expect(&orders, at(100_000), 0).await;
    orders.set_due(&id, 1, Some(at(400))).await.expect("a move");
    expect(&orders, at(400), 1).await;
}

/// A shard gives its most overdue rows first, as many as were asked for.
pub async fn most_overdue_first(orders: impl Orders, _: impl Stock) {
    let id = order_id(8);
    let mut last = first(&id, 0);
    orders.commit(&last).await.expect("a commit");
    for i in 1..6 {
        last = next(&last, "more");
        last.record.at = at(i * 10);
        orders.commit(&last).await.expect("a commit");
    }
    expect(&orders, at(1000), 6).await;
    for shard in 0..orders.shards() {
        let some = orders.due(shard, at(1000), 4).await.expect("due");
        if !some.is_empty() {
            let expected: Vec<DueItem> = (1..5).map(|seq| commit_item(&id, seq, true, None)).collect();
            assert_eq!(some, expected);
            let early = orders.due(shard, at(50), 100).await.expect("due");
            assert_eq!(early.len(), 3, "due at 30, 40 and 50");
        }
    }
}

/// A fact whose order never came is found, with all that it says, until it is dropped or applied.
pub async fn parked_facts_become_due(orders: impl Orders, _: impl Stock) {
    let id = order_id(9);
    let parked = fact("stripe:evt_1", 1);
    assert!(orders.park_fact(&id, &parked, at(86_400)).await.expect("a park"));
    let found = expect(&orders, at(86_400), 1).await;
    assert_eq!(found, [DueItem::ParkedFact { order_id: id.clone(), parked: parked.clone() }]);
    assert!(due(&orders, at(86_399)).await.expect("due").is_empty());
    orders.drop_parked_fact(&id, &parked.fact.key).await.expect("a drop");
    orders.drop_parked_fact(&id, &parked.fact.key).await.expect("a drop once more");
    expect(&orders, at(100_000), 0).await;
}

/// A scan whose number never came, likewise.
pub async fn parked_scans_become_due(orders: impl Orders, _: impl Stock) {
    let scan = ParkedScan {
        carrier: Carrier::parse("standard").expect("a carrier"),
        tracking_number: TrackingNumber::parse("SF100").expect("a number"),
        event_id: EventKey::parse("standard:1").expect("a key"),
        status: "in_transit".into(),
        occurred_at: at(1),
        at: at(2),
    };
    assert!(orders.park_scan(&scan, at(86_400)).await.expect("a park"));
    assert_eq!(expect(&orders, at(86_400), 1).await, [DueItem::ParkedScan(scan.clone())]);
    orders.drop_scan(&scan).await.expect("a drop");
    expect(&orders, at(100_000), 0).await;
}
