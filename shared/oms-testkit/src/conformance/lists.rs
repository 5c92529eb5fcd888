//! Lists, pages and cursors; tasks and work lists.

use std::collections::BTreeSet;

use oms_app::error::StoreError;
use oms_app::pointers::{Pointer, WorkEntry, WorkList};
use oms_app::ports::{Commit, ListKey, SideRow, Span};
use oms_domain::body::Provider;
use oms_domain::event::CommitRecord;
use oms_domain::id::{Channel, OrderId, ShipmentId};
use oms_domain::ledger::{Account, Entry, Posting};
use oms_domain::money::Currency;
use oms_domain::task::Role;

use super::orders::task;
use super::{Orders, Stock, at, commit, eventually, first, next, order_id};
use crate::build::{an_order, location_id};

fn day(date: &str, channel: &str) -> ListKey {
    ListKey::Day(date.to_owned(), Channel::parse(channel).expect("a channel"))
}

/// All pages of a list.
async fn pages(orders: &impl Orders, key: &ListKey, limit: u32) -> Result<Vec<Vec<OrderId>>, StoreError> {
    let mut pages = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let page = orders.orders(key, cursor.as_deref(), limit).await?;
        pages.push(page.items);
        cursor = page.next;
        if cursor.is_none() {
            return Ok(pages);
        }
    }
}

/// A customer's orders, newest first, page by page, each once; the last page says that it is the last.
pub async fn a_customer_sees_the_newest_first(orders: impl Orders, _: impl Stock) {
    for i in 0..7 {
        let id = order_id(u64::try_from(i).expect("a number"));
        orders.commit(&an_order().customer("c-7").received(&id, at(i))).await.expect("a commit");
    }
    orders.commit(&an_order().customer("c-70").received(&order_id(99), at(9))).await.expect("a commit");
    let key = ListKey::Customer("c-7".into());
    let newest_first: Vec<OrderId> = (0..7).rev().map(order_id).collect();
    let all =
        eventually("all orders", || pages(&orders, &key, 3), |p| p.iter().map(Vec::len).sum::<usize>() == 7).await;
    assert_eq!(all.iter().map(Vec::len).collect::<Vec<_>>(), [3, 3, 1]);
    assert_eq!(all.concat(), newest_first);
    assert_eq!(pages(&orders, &key, 7).await.expect("pages"), [newest_first]);
    assert_eq!(pages(&orders, &ListKey::Customer("nobody".into()), 7).await.expect("pages"), [Vec::<OrderId>::new()]);
}

/// A day's orders come from several partitions in one order, and new ones do not disturb who is paging.
pub async fn a_day_is_merged_over_its_shards(orders: impl Orders, _: impl Stock) {
    for i in 0..30 {
        let id = order_id(100 + u64::try_from(i).expect("a number"));
        orders.commit(&an_order().received(&id, at(i))).await.expect("a commit");
    }
    orders.commit(&an_order().channel("app", "A-1").received(&order_id(50), at(5))).await.expect("a commit");
    let key = day("2026-11-11", "web");
    let newest_first: Vec<OrderId> = (100..130).rev().map(order_id).collect();
    let all =
        eventually("all orders", || pages(&orders, &key, 7), |p| p.iter().map(Vec::len).sum::<usize>() == 30).await;
    assert_eq!(all.concat(), newest_first);
    assert_eq!(all.iter().map(Vec::len).collect::<Vec<_>>(), [7, 7, 7, 7, 2]);

    let begun = orders.orders(&key, None, 10).await.expect("a page");
    orders.commit(&an_order().received(&order_id(150), at(40))).await.expect("a commit");
    eventually("the new order", || orders.orders(&key, None, 1), |page| page.items == [order_id(150)]).await;
    let went_on = orders.orders(&key, begun.next.as_deref(), 100).await.expect("a page");
    assert_eq!([begun.items, went_on.items].concat(), newest_first);
    assert_eq!(went_on.next, None);
}

/// The day on which the channel says that the order was placed counts, in UTC.
pub async fn the_channels_day_counts(orders: impl Orders, _: impl Stock) {
    let placed = "2026-11-10T23:59:59Z".parse().expect("a timestamp");
    orders.commit(&an_order().placed_at(placed).received(&order_id(1), at(60))).await.expect("a commit");
    let list = day("2026-11-10", "web");
    let page = eventually("the day's orders", || orders.orders(&list, None, 5), |page| !page.items.is_empty()).await;
    assert_eq!(page.items, [order_id(1)]);
    assert!(orders.orders(&day("2026-11-11", "web"), None, 5).await.expect("a page").items.is_empty());
}

/// A cursor that no list gave is the client's mistake.
pub async fn foreign_cursors_are_refused(orders: impl Orders, _: impl Stock) {
    let key = ListKey::Customer("c-1".into());
    for cursor in ["", "x", "!!", "YWJj", "%00", "eyJhIjoxfQ"] {
        let answer = orders.orders(&key, Some(cursor), 5).await;
        assert!(matches!(&answer, Err(StoreError::BadCursor)), "{cursor}: {answer:?}");
    }
}

/// A role's tasks, oldest first; opened and closed by commits.
pub async fn tasks_open_and_close(orders: impl Orders, _: impl Stock) {
    let id = order_id(3);
    let mut one = first(&id, 0);
    let (old, young) = (task("t-old", Some(&one), Role::Support, 1), task("t-young", Some(&one), Role::Support, 2));
    one.rows = vec![
        SideRow::OpenTask(young.clone()),
        SideRow::OpenTask(old.clone()),
        SideRow::OpenTask(task("t-money", Some(&one), Role::Finance, 1)),
    ];
    commit(&orders, &one, 1).await.expect("the first commit");
    let list = || orders.tasks(Role::Support, None, 10);
    let open = eventually("two tasks", list, |page| page.items.len() == 2).await;
    assert_eq!(open.items, [old.clone(), young.clone()]);
    let page = orders.tasks(Role::Support, None, 1).await.expect("a page");
    assert_eq!(page.items, [old]);
    let rest = orders.tasks(Role::Support, page.next.as_deref(), 1).await.expect("a page");
    assert_eq!((rest.items.as_slice(), rest.next), (std::slice::from_ref(&young), None));
    // The order's tasks are the order's alone.
    assert!(!orders.close("t-old").await.expect("a close"));
    let mut two = next(&one, "support");
    two.rows = vec![SideRow::CloseTask { task_id: "t-old".into() }, SideRow::CloseTask { task_id: "t-never".into() }];
    commit(&orders, &two, 2).await.expect("the second commit");
    assert_eq!(eventually("one task", list, |page| page.items.len() == 1).await.items, [young]);
    // Tasks do not make an order of another id, nor show in this one.
    assert_eq!(orders.load(&id).await.expect("a load").expect("an order").records.len(), 2);
}

/// Tasks without an order: opened once, closed once.
pub async fn tasks_of_no_order(orders: impl Orders, _: impl Stock) {
    let lost = task("unmatched-1", None, Role::Finance, 5);
    orders.open(&lost).await.expect("an opening");
    let mut later = lost.clone();
    later.since = at(50);
    orders.open(&later).await.expect("an opening once more");
    let list = || orders.tasks(Role::Finance, None, 10);
    assert_eq!(eventually("the task", list, |page| page.items.len() == 1).await.items, [lost]);
    assert!(orders.close("unmatched-1").await.expect("a close"));
    assert!(!orders.close("unmatched-1").await.expect("a close once more"));
    eventually("no task", list, |page| page.items.is_empty()).await;
}

/// A commit that moves money, so many seconds after the cases' start.
fn paid(before: &Commit, seconds: i64) -> Commit {
    let currency = Currency::parse("CNY").expect("a currency");
    let entry = |account, minor| Entry { account, minor };
    let entries = vec![entry(Account::Captured(Provider::Stripe), 18_600), entry(Account::Suspense, -18_600)];
    let mut commit = next(before, "stripe");
    commit.record.at = at(seconds);
    commit.record.postings =
        vec![Posting { event: "payment_captured".into(), subject: None, reference: None, currency, entries }];
    commit
}

/// All of a span's ledger, page by page.
async fn ledger(orders: &impl Orders, span: Span, limit: u32) -> Result<Vec<CommitRecord>, StoreError> {
    let (mut records, mut cursor) = (Vec::new(), None);
    loop {
        let page = orders.ledger(&span, cursor.as_deref(), limit).await?;
        assert!(page.items.len() <= limit as usize);
        records.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            return Ok(records);
        }
    }
}

/// Commits that moved money are found by when they did, whichever day of the calendar that was; others are not. The same
/// commit is in one day only, also where days begin at another hour.
pub async fn the_ledger_is_read_by_the_day(orders: impl Orders, _: impl Stock) {
    const DAY: i64 = 86_400;
    let mut expected = Vec::new();
    for (n, seconds) in [0, 1, 1, 7_200, DAY - 1, DAY, DAY + 1].into_iter().enumerate() {
        let mut one = first(&order_id(200 + u64::try_from(n).expect("a number")), -60);
        if n == 2 {
            // A channel that has collected: the very first commit moves money.
            one.record.at = at(seconds);
            one.record.postings = paid(&one, seconds).record.postings;
        }
        orders.commit(&one).await.expect("a first commit");
        let two = if n == 2 { next(&one, "system") } else { paid(&one, seconds) };
        orders.commit(&two).await.expect("a second commit");
        expected.push((seconds, if n == 2 { one.record } else { two.record }));
    }
    let within = |from: i64, until: i64| -> BTreeSet<(OrderId, u64)> {
        let records = expected.iter().filter(|(seconds, _)| (from..until).contains(seconds));
        records.map(|(_, record)| (record.order_id.clone(), record.seq)).collect()
    };
    for (from, until) in [(0, DAY), (DAY, 2 * DAY), (7_200, DAY + 1), (1, 2), (2 * DAY, 3 * DAY)] {
        let wanted = within(from, until);
        let span = Span { from: at(from), until: at(until) };
        let all = eventually("the ledger", || ledger(&orders, span, 2), |all| all.len() == wanted.len()).await;
        assert_eq!(all.iter().map(|r| (r.order_id.clone(), r.seq)).collect::<BTreeSet<_>>(), wanted, "{from}…{until}");
        assert!(all.is_sorted_by_key(|r| r.at), "oldest first");
        assert!(all.iter().all(|r| expected.iter().any(|(_, e)| e == r)), "whole, as they were stored");
    }
    // A place in one day's ledger is none in an earlier one's.
    let span = |from, until| Span { from: at(from), until: at(until) };
    let cursor = orders.ledger(&span(0, 2 * DAY), None, 6).await.expect("a page").next.expect("a seventh");
    assert!(matches!(orders.ledger(&span(0, 60), Some(&cursor), 5).await, Err(StoreError::BadCursor)));
}

/// Shipments enter a list of their location and leave it, each once, and are read page by page.
pub async fn shipments_enter_and_leave_lists(orders: impl Orders, _: impl Stock) {
    let (id, place) = (order_id(5), location_id("sz-1"));
    let entry = |n: usize, list, seconds| WorkEntry {
        location_id: location_id("sz-1"),
        list,
        since: at(seconds),
        shipment_id: ShipmentId::of(&id, n),
    };
    let (open, done) = (WorkList::Open, WorkList::Done);
    for entry in [entry(2, open, 2), entry(1, open, 1), entry(2, open, 2), entry(1, done, 1)] {
        orders.point(&Pointer::Work(entry)).await.expect("an entry");
    }
    let page = orders.shipments(&place, open, None, 10).await.expect("a page");
    assert_eq!(page.items, [entry(1, open, 1), entry(2, open, 2)]);
    for _ in 0..2 {
        orders.leave(&entry(1, open, 1)).await.expect("a leave");
    }
    assert_eq!(orders.shipments(&place, open, None, 10).await.expect("a page").items, [entry(2, open, 2)]);
    assert_eq!(orders.shipments(&place, done, None, 10).await.expect("a page").items, [entry(1, done, 1)]);
    assert!(orders.shipments(&location_id("sz-10"), open, None, 10).await.expect("a page").items.is_empty());

    for n in 3..9 {
        orders.point(&Pointer::Work(entry(n, open, 2))).await.expect("an entry");
    }
    let mut seen = BTreeSet::new();
    let mut cursor = None;
    loop {
        let page = orders.shipments(&place, open, cursor.as_deref(), 2).await.expect("a page");
        assert!(page.items.into_iter().all(|entry| seen.insert(entry)));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 7);
}
