//! What people look up, page by page: orders they may see, a location's shipments, tasks.

use std::sync::Arc;

use oms_app::error::{AppError, StoreError};
use oms_app::pointers::WorkList;
use oms_app::ports::ListKey;
use oms_app::queries::Queries;
use oms_domain::command::Report;
use oms_domain::status::{OrderStatus, ShipmentStatus};
use oms_domain::task::{Role, TaskKind};
use oms_testkit::build::{OrderBuilder, an_order, location_id};
use oms_testkit::faults::Fault;
use oms_testkit::shop::acts::Act;
use oms_testkit::shop::facts::captured;
use oms_testkit::shop::{Shop, order_id};

fn queries(shop: &Shop) -> Queries {
    Queries { orders: Arc::new(shop.store.clone()), lists: Arc::new(shop.store.clone()) }
}

async fn place(shop: &mut Shop, order: OrderBuilder, channel: &'static str, number: &'static str) {
    shop.about = Some(order_id(channel, number));
    let order = Box::new(order.channel(channel, number));
    shop.live(&Act::Place { order, channel, number, key: number }).await;
    shop.clock.advance_seconds(1);
}

async fn pay(shop: &mut Shop, channel: &str, number: &str) {
    let id = order_id(channel, number);
    shop.about = Some(id.clone());
    shop.live(&Act::told(captured(&id, number, &format!("pi_{number}"), "186.00"))).await;
    shop.clock.advance_seconds(1);
}

/// Three orders: one paid, one not, one of another channel.
async fn three() -> Shop {
    let mut shop = Shop::new().await;
    place(&mut shop, an_order(), "web", "W-1").await;
    place(&mut shop, an_order(), "web", "W-2").await;
    place(&mut shop, an_order(), "app", "A-1").await;
    pay(&mut shop, "web", "W-1").await;
    shop
}

#[tokio::test]
async fn orders_are_those_that_somebody_may_see_and_asks_for() {
    let shop = three().await;
    let key = ListKey::Customer("c-1".into());
    let found = async |status: Option<OrderStatus>, channel: Option<&str>| {
        let visible = |c: &oms_domain::id::Channel| channel.is_none_or(|wanted| wanted == c.as_str());
        let page = queries(&shop).orders(&key, status, visible, None, 10).await.unwrap();
        assert_eq!(page.next, None);
        page.items.iter().map(|l| l.order.body.channel_order_id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(found(None, None).await, ["A-1", "W-2", "W-1"]);
    assert_eq!(found(None, Some("web")).await, ["W-2", "W-1"]);
    assert_eq!(found(Some(OrderStatus::AwaitingPayment), None).await, ["A-1", "W-2"]);
    assert_eq!(found(Some(OrderStatus::AwaitingPayment), Some("web")).await, ["W-2"]);
    assert_eq!(found(Some(OrderStatus::Closed), None).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_locations_shipments_are_walked_through_to_their_end() {
    let mut shop = three().await;
    pay(&mut shop, "web", "W-2").await;
    pay(&mut shop, "app", "A-1").await;
    // The first has left, the second is accepted, the third is new.
    for (channel, number, report) in [("web", "W-1", Report::Delivered), ("web", "W-2", Report::Accepted)] {
        shop.about = Some(order_id(channel, number));
        shop.live(&Act::Report { shipment: 1, report, key: number }).await;
    }
    let shop = shop;
    let walk = async |list: Option<WorkList>, status: Option<ShipmentStatus>, limit: u32| {
        let (mut found, mut cursor, mut pages) = (Vec::new(), None, 0);
        loop {
            let at = cursor.as_deref();
            let page = queries(&shop).shipments(&location_id("sz-1"), list, status, at, limit).await.unwrap();
            found.extend(page.items.iter().map(|(id, order)| {
                assert_eq!(id.order().as_ref(), Some(&order.id), "each with its own order");
                order.body.channel_order_id.to_string()
            }));
            pages += 1;
            match page.next {
                Some(next) => cursor = Some(next),
                None => return (found, pages),
            }
        }
    };
    let texts = |numbers: &[&str]| numbers.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
    // Both lists, one behind the other, however small the pages are.
    assert_eq!(walk(None, None, 10).await, (texts(&["W-2", "A-1", "W-1"]), 2));
    assert_eq!(walk(None, None, 1).await, (texts(&["W-2", "A-1", "W-1"]), 3));
    assert_eq!(walk(Some(WorkList::Open), None, 10).await, (texts(&["W-2", "A-1"]), 1));
    assert_eq!(walk(Some(WorkList::Open), None, 1).await, (texts(&["W-2", "A-1"]), 2));
    assert_eq!(walk(Some(WorkList::Done), None, 10).await, (texts(&["W-1"]), 1));
    assert_eq!(walk(None, Some(ShipmentStatus::Accepted), 10).await.0, texts(&["W-2"]));
    assert_eq!(walk(None, Some(ShipmentStatus::Delivered), 10).await.0, texts(&["W-1"]));
}

#[tokio::test]
async fn tasks_are_those_of_the_roles_one_after_another() {
    let mut shop = Shop::new().await;
    // Two matters for support, and one for the warehouse.
    place(&mut shop, an_order().empty().line("TEE-M", 6, "99.00"), "web", "W-1").await;
    place(&mut shop, an_order(), "web", "W-2").await;
    shop.about = Some(order_id("web", "W-2"));
    shop.live(&Act::told(captured(&order_id("web", "W-2"), "evt_1", "pi_1", "50.00"))).await;
    shop.live(&Act::Count { place: "sz-1", sku: "TEE-M", on_hand: 1 }).await;
    let shop = shop;
    let walk = async |roles: &[Role], kind: Option<TaskKind>, limit: u32| {
        let (mut found, mut cursor) = (Vec::new(), None);
        for _ in 0..10 {
            let page = queries(&shop).tasks(roles, kind, cursor.as_deref(), limit).await.unwrap();
            assert!(page.items.len() <= limit as usize);
            found.extend(page.items.iter().map(|t| (t.role, t.kind)));
            match page.next {
                Some(next) => cursor = Some(next),
                None => return found,
            }
        }
        panic!("the pages have no end");
    };
    let (hold, short) = ((Role::Support, TaskKind::Hold), (Role::Warehouse, TaskKind::StockShort));
    let all = [Role::Support, Role::Finance, Role::Warehouse];
    for limit in [1, 2, 3, 10] {
        assert_eq!(walk(&all, None, limit).await, [hold, hold, short], "{limit} a page");
        assert_eq!(walk(&[Role::Warehouse], None, limit).await, [short]);
        assert_eq!(walk(&[Role::Finance], None, limit).await, []);
        assert_eq!(walk(&all, Some(TaskKind::StockShort), limit).await, [short]);
    }
}

/// What could not be taken out of a list when it was done with is seen by the order, not shown, and taken out then.
#[tokio::test]
async fn an_entry_that_is_out_of_date_is_not_shown_and_goes() {
    let mut shop = Shop::new().await;
    place(&mut shop, an_order(), "web", "W-1").await;
    pay(&mut shop, "web", "W-1").await;
    shop.plan.fail_call("orders.leave", 1, Fault::Before);
    shop.live(&Act::Report { shipment: 1, report: Report::Delivered, key: "r-1" }).await;
    let id = shop.order(&order_id("web", "W-1")).await.shipments[0].id.clone();
    assert!(shop.store.is_listed(&id, WorkList::Open) && shop.store.is_listed(&id, WorkList::Done));
    let look = async |list| queries(&shop).shipments(&location_id("sz-1"), Some(list), None, None, 10).await.unwrap();
    assert_eq!(look(WorkList::Open).await.items.len(), 0);
    assert!(!shop.store.is_listed(&id, WorkList::Open), "it is taken out");
    assert_eq!(look(WorkList::Done).await.items.len(), 1);
}

/// A cursor that is damaged on its way does not begin the list again.
#[tokio::test]
async fn a_cursor_that_no_list_gave_is_refused() {
    let shop = three().await;
    let all = [Role::Support, Role::Finance, Role::Warehouse];
    for cursor in ["x", "~", "elsewhere~", "finance"] {
        let tasks = queries(&shop).tasks(&all, None, Some(cursor), 5).await;
        assert!(matches!(tasks, Err(AppError::Store(StoreError::BadCursor))), "{cursor}: {tasks:?}");
        let shipments = queries(&shop).shipments(&location_id("sz-1"), None, None, Some(cursor), 5).await;
        assert!(matches!(shipments, Err(AppError::Store(StoreError::BadCursor))), "{cursor}");
    }
    // Another desk's cursor is none of this one's list.
    assert!(queries(&shop).tasks(&all[..1], None, Some("finance~"), 5).await.is_err());
}
