//! Shelves that do not hold what they promise: counts that come in short, and counters with less than is taken from them.

use oms_app::error::{AppError, StoreError};
use oms_app::ports::{Clock, OrderLists, OrderStore};
use oms_domain::command::Command;
use oms_domain::id::OrderId;
use oms_domain::stock::{StockLevel, StockMove};
use oms_domain::task::{Role, Task, TaskKind};
use oms_testkit::build::{an_order, location_id, sku};
use oms_testkit::faults::{Fault, Run};
use oms_testkit::shop::acts::Act;
use oms_testkit::shop::facts::captured;
use oms_testkit::shop::{Shop, order_id};

async fn tasks(shop: &Shop) -> Vec<Task> {
    shop.store.tasks(Role::Warehouse, None, 100).await.unwrap().items
}

async fn count(shop: &Shop, on_hand: u32, expected: Option<u64>) -> Result<StockLevel, AppError> {
    shop.inventory().count(&location_id("sz-1"), &sku("TEE-M"), on_hand, 0, expected).await
}

/// Two shirts are promised in Shenzhen, none in Shanghai.
async fn promised() -> Shop {
    let mut shop = Shop::new().await;
    shop.live(&Act::place(an_order())).await;
    assert_eq!(shop.counts("sz-1", "TEE-M"), (10, 2, 0));
    shop
}

#[tokio::test]
async fn a_count_below_what_is_promised_is_a_task_until_one_covers_it() {
    let shop = promised().await;
    count(&shop, 1, None).await.unwrap();
    let open = tasks(&shop).await;
    assert_eq!(open.len(), 1);
    assert_eq!((open[0].kind, open[0].reason.as_str()), (TaskKind::StockShort, "TEE-M at sz-1: 1 counted, 2 promised"));
    count(&shop, 2, None).await.unwrap();
    assert_eq!(tasks(&shop).await, []);
    let nowhere = shop.inventory().count(&location_id("nowhere"), &sku("TEE-M"), 5, 0, None).await;
    assert!(matches!(nowhere, Err(AppError::NotFound("location"))));
}

/// Who dies in between leaves a task too many, which the next count closes, and not one too few.
#[tokio::test]
async fn the_task_is_there_before_the_count_that_needs_it() {
    for (on_hand, open) in [(1, 1), (2, 0), (3, 0)] {
        let shop = promised().await;
        shop.plan.fail_call("stock.set_count", 1, Fault::CrashBefore);
        let died = shop.plan.run(async { count(&shop, on_hand, None).await.is_ok() }).await;
        assert_eq!(died, Run::Crashed);
        assert_eq!(tasks(&shop).await.len(), open, "{on_hand} counted");
        assert_eq!(shop.counts("sz-1", "TEE-M").0, 10);
    }
}

#[tokio::test]
async fn a_count_of_an_older_shelf_changes_nothing_and_asks_nobody() {
    let shop = promised().await;
    let version = shop.level("sz-1", "TEE-M").version;
    let late = count(&shop, 1, Some(version - 1)).await;
    assert!(matches!(late, Err(AppError::Store(StoreError::VersionTaken))), "{late:?}");
    assert_eq!((tasks(&shop).await, shop.counts("sz-1", "TEE-M").0), (vec![], 10));
    count(&shop, 1, Some(version)).await.unwrap();
    assert_eq!(tasks(&shop).await.len(), 1);
    // Nor does a count that says so at once and dies.
    let shop = promised().await;
    shop.plan.fail_call("stock.set_count", 1, Fault::CrashBefore);
    shop.plan.run(async { count(&shop, 1, Some(version)).await.is_ok() }).await;
    assert_eq!(tasks(&shop).await.len(), 1);
}

/// Somebody changes the row by hand, behind the orders' backs.
async fn by_hand(shop: &Shop, held: i64, committed: i64) {
    let other = an_order().received(&order_id("hand", &format!("{held}{committed}")), shop.clock.now());
    let change =
        StockMove { location_id: location_id("sz-1"), sku: sku("TEE-M"), on_hand: 0, held, committed, takes: 0 };
    let commit = oms_app::ports::Commit { stock: vec![change], ..other };
    shop.store.commit(&commit).await.unwrap();
}

async fn told(shop: &mut Shop, id: &OrderId, event: &str) {
    shop.about = Some(id.clone());
    shop.live(&Act::told(captured(id, event, &format!("pi_{event}"), "186.00"))).await;
}

/// What has happened has happened, a payment above all.
#[tokio::test]
async fn a_counter_with_less_than_is_taken_stops_at_zero() {
    // Set aside: the capture binds the units all the same.
    let mut shop = promised().await;
    let id = order_id("web", "W-1");
    by_hand(&shop, -1, 0).await;
    told(&mut shop, &id, "evt_1").await;
    assert_eq!(shop.counts("sz-1", "TEE-M"), (10, 0, 2));
    // In a parcel: what is withdrawn goes back.
    by_hand(&shop, 0, -1).await;
    shop.live(&Act::ask(Command::Cancel { reason: "changed my mind".into() })).await;
    assert_eq!(shop.counts("sz-1", "TEE-M"), (10, 0, 0));
    assert!(shop.order(&id).await.is_undone());
}

/// Only the counter that has too little stops; the others count on, with what they have for other orders.
#[tokio::test]
async fn a_counter_with_enough_counts_on() {
    let mut shop = promised().await;
    let (first, second) = (order_id("web", "W-1"), order_id("web", "W-2"));
    let other = an_order().channel("web", "W-2");
    shop.live(&Act::Place { order: Box::new(other), channel: "web", number: "W-2", key: "key-2" }).await;
    told(&mut shop, &first, "evt_1").await;
    told(&mut shop, &second, "evt_2").await;
    assert_eq!(shop.counts("sz-1", "TEE-M"), (10, 0, 4));
    count(&shop, 1, None).await.unwrap();
    shop.about = Some(first);
    shop.live(&Act::shipped(1, "SF1", "r-1")).await;
    assert_eq!(shop.counts("sz-1", "TEE-M"), (0, 0, 2));
}

#[test]
fn an_error_says_whether_to_come_again() {
    assert!(!AppError::NotFound("order").is_transient());
    let lasting = [StoreError::Malformed("x".into()), StoreError::BadCursor];
    assert!(lasting.into_iter().all(|e| !AppError::Store(e).is_transient()));
    let passing = [
        StoreError::VersionTaken,
        StoreError::StockShort,
        StoreError::Contended("x".into()),
        StoreError::Unavailable("x".into()),
    ];
    assert!(passing.into_iter().all(|e| AppError::Store(e).is_transient()));
}
