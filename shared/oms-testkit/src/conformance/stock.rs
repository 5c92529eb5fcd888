//! Stock: counts, promises, and who gets the last unit.

use futures::future::join_all;
use oms_app::error::StoreError;
use oms_app::ports::Goods;
use oms_domain::event::Allotment;
use oms_domain::id::{LineId, Sku};
use oms_domain::order::Reservation;
use oms_domain::status::ReservationStatus;
use oms_domain::stock::{StockLevel, StockMove, moves};

use super::orders::hold;
use super::{Orders, Stock, commit, first, next, order_id};
use crate::build::{a_location, a_product, location_id, sku};

/// Units of the shirt in Shenzhen that are reserved for a line.
fn reserved(line: usize, quantity: u32, status: ReservationStatus) -> Reservation {
    let allotment =
        Allotment { line_id: LineId::number(line), sku: sku("TEE-M"), location_id: location_id("sz-1"), quantity };
    Reservation { allotment, status, shipment_id: None }
}

async fn level(stock: &impl Stock, sku_text: &str) -> StockLevel {
    stock.levels(&[sku(sku_text)]).await.expect("levels").pop().expect("one level")
}

/// Counts of a SKU at several locations; what was never counted is not there.
pub async fn counts_are_read_back(_: impl Orders, stock: impl Stock) {
    let counted = stock.set_count(&location_id("sz-1"), &sku("TEE-M"), 10, 2, None).await.expect("a count");
    assert_eq!((counted.on_hand, counted.safety_stock, counted.available(), counted.version), (10, 2, 8, 1));
    stock.set_count(&location_id("bj-1"), &sku("TEE-M"), 3, 5, None).await.expect("a count");
    stock.set_count(&location_id("bj-1"), &sku("MUG"), 7, 0, None).await.expect("a count");
    let mut levels = stock.levels(&[sku("TEE-M"), sku("MUG"), sku("TEE-M"), sku("NOBODY")]).await.expect("levels");
    levels.sort_by(|a, b| (&a.sku, &a.location_id).cmp(&(&b.sku, &b.location_id)));
    let seen: Vec<_> =
        levels.iter().map(|l| (l.sku.as_str(), l.location_id.as_str(), l.on_hand, l.available())).collect();
    assert_eq!(seen, [("MUG", "bj-1", 7, 7), ("TEE-M", "bj-1", 3, 0), ("TEE-M", "sz-1", 10, 8)]);
    assert!(stock.levels(&[]).await.expect("levels").is_empty());
}

/// Catalogue and locations; the newest word counts.
pub async fn catalogue_and_locations_are_read_back(_: impl Orders, stock: impl Stock) {
    let tee = a_product("TEE-M", "99.00");
    stock.put_product(&a_product("TEE-M", "1.00")).await.expect("a product");
    stock.put_product(&tee).await.expect("a product");
    stock.set_count(&location_id("sz-1"), &sku("TEE-M"), 10, 2, None).await.expect("a count");
    stock.set_count(&location_id("bj-1"), &sku("NOBODY"), 1, 0, None).await.expect("a count");
    let goods = stock.goods(&[sku("TEE-M"), sku("NOBODY"), sku("TEE-M")]).await.expect("goods");
    assert_eq!(goods.products, [tee]);
    let mut counted: Vec<_> = goods.levels.iter().map(|l| (l.sku.as_str(), l.on_hand)).collect();
    counted.sort_unstable();
    assert_eq!(counted, [("NOBODY", 1), ("TEE-M", 10)]);
    assert_eq!(stock.goods(&[]).await.expect("goods"), Goods::default());
    let (shenzhen, beijing) = (a_location("sz-1", "广东省", "深圳市", 1), a_location("bj-1", "北京市", "北京市", 2));
    stock.put_location(&shenzhen).await.expect("a location");
    stock.put_location(&beijing).await.expect("a location");
    assert_eq!(stock.locations().await.expect("locations"), [beijing, shenzhen]);
}

/// More products than are asked for at once.
pub async fn many_products_at_once(_: impl Orders, stock: impl Stock) {
    let names: Vec<String> = (0..120).map(|i| format!("SKU-{i:03}")).collect();
    for name in &names {
        stock.put_product(&a_product(name, "1.00")).await.expect("a product");
    }
    let skus: Vec<Sku> = names.iter().map(|name| sku(name)).collect();
    let products = stock.goods(&skus).await.expect("goods").products;
    assert_eq!(products.iter().map(|p| p.sku.as_str()).collect::<Vec<_>>(), names);
}

/// Only what is free can be promised; safety stock is not.
pub async fn promises_need_free_units(orders: impl Orders, stock: impl Stock) {
    stock.set_count(&location_id("sz-1"), &sku("TEE-M"), 5, 2, None).await.expect("a count");
    let mut too_many = first(&order_id(1), 0);
    too_many.stock = vec![hold("TEE-M", "sz-1", 4)];
    assert!(matches!(commit(&orders, &too_many, 1).await, Err(StoreError::StockShort)));
    assert!(orders.load(&order_id(1)).await.expect("a load").is_none());
    let mut enough = first(&order_id(1), 0);
    enough.stock = vec![hold("TEE-M", "sz-1", 3)];
    commit(&orders, &enough, 2).await.expect("a promise");
    let level = level(&stock, "TEE-M").await;
    assert_eq!((level.on_hand, level.held, level.available(), level.version), (5, 3, 0, 2));
}

/// Two lines of one SKU are one move of one row, and need what both need.
pub async fn lines_of_one_sku_are_one_move(orders: impl Orders, stock: impl Stock) {
    let (place, tee) = (location_id("sz-1"), sku("TEE-M"));
    let lines = [reserved(1, 2, ReservationStatus::Held), reserved(2, 3, ReservationStatus::Held)];
    let moves = moves(&[], &lines);
    assert_eq!(moves.len(), 1);
    stock.set_count(&place, &tee, 4, 0, None).await.expect("a count");
    let mut one = first(&order_id(2), 0);
    one.stock.clone_from(&moves);
    assert!(matches!(commit(&orders, &one, 1).await, Err(StoreError::StockShort)));
    stock.set_count(&place, &tee, 5, 0, None).await.expect("a count");
    commit(&orders, &one, 2).await.expect("a promise");
    assert_eq!(level(&stock, "TEE-M").await.held, 5);
}

/// Held, committed, consumed and given back; no counter sinks below zero.
pub async fn counters_stay_above_zero(orders: impl Orders, stock: impl Stock) {
    let (place, tee) = (location_id("sz-1"), sku("TEE-M"));
    let change = |quantity, from: Option<ReservationStatus>, to| {
        moves(&from.map(|from| reserved(1, quantity, from)), &[reserved(1, quantity, to)])
    };
    stock.set_count(&place, &tee, 5, 0, None).await.expect("a count");
    let (held, committed) = (Some(ReservationStatus::Held), Some(ReservationStatus::Committed));
    let steps = [
        (change(3, None, ReservationStatus::Held), (5, 3, 0, 2)),
        (change(2, held, ReservationStatus::Committed), (5, 1, 2, 2)),
        (change(1, held, ReservationStatus::Expired), (5, 0, 2, 3)),
        (change(1, committed, ReservationStatus::Consumed), (4, 0, 1, 3)),
        (change(1, committed, ReservationStatus::Released), (4, 0, 0, 4)),
    ];
    let mut last = first(&order_id(3), 0);
    orders.commit(&last).await.expect("the first commit");
    for (moves, expected) in steps {
        last = next(&last, "step");
        last.stock = moves;
        commit(&orders, &last, last.record.seq).await.expect("a step");
        let level = level(&stock, "TEE-M").await;
        assert_eq!((level.on_hand, level.held, level.committed, level.available()), expected);
    }
    for (from, to) in [
        (held, ReservationStatus::Released),
        (held, ReservationStatus::Committed),
        (committed, ReservationStatus::Released),
        (committed, ReservationStatus::Consumed),
    ] {
        let mut wrong = next(&last, "wrong");
        wrong.stock = change(1, from, to);
        assert!(matches!(commit(&orders, &wrong, 9).await, Err(StoreError::StockShort)), "{from:?} to {to:?}");
    }
    let level = level(&stock, "TEE-M").await;
    assert_eq!((level.on_hand, level.held, level.committed, level.version), (4, 0, 0, 6));
}

/// A shelf that was never counted has nothing, and nothing can be put back on it.
pub async fn what_was_never_counted_is_short(orders: impl Orders, stock: impl Stock) {
    let mut one = first(&order_id(4), 0);
    one.stock = vec![hold("TEE-M", "sz-1", 1)];
    assert!(matches!(commit(&orders, &one, 1).await, Err(StoreError::StockShort)));
    let back = StockMove { on_hand: 1, held: 0, takes: 0, ..hold("TEE-M", "sz-1", 1) };
    one.stock = vec![back];
    assert!(matches!(commit(&orders, &one, 2).await, Err(StoreError::StockShort)));
    assert!(stock.levels(&[sku("TEE-M")]).await.expect("levels").is_empty());
}

/// `If-Match`: the version that was seen, or no count.
pub async fn a_count_follows_its_version(orders: impl Orders, stock: impl Stock) {
    let (place, tee) = (location_id("sz-1"), sku("TEE-M"));
    assert!(matches!(stock.set_count(&place, &tee, 5, 0, Some(3)).await, Err(StoreError::VersionTaken)));
    let first_count = stock.set_count(&place, &tee, 5, 0, Some(0)).await.expect("a count");
    assert_eq!(first_count.version, 1);
    assert!(matches!(stock.set_count(&place, &tee, 6, 0, Some(0)).await, Err(StoreError::VersionTaken)));
    let mut one = first(&order_id(5), 0);
    one.stock = vec![hold("TEE-M", "sz-1", 1)];
    commit(&orders, &one, 1).await.expect("a promise");
    assert!(matches!(stock.set_count(&place, &tee, 6, 0, Some(1)).await, Err(StoreError::VersionTaken)));
    let counted = stock.set_count(&place, &tee, 6, 1, Some(2)).await.expect("a count");
    assert_eq!(
        (counted.on_hand, counted.held, counted.safety_stock, counted.available(), counted.version),
        (6, 1, 1, 4, 3)
    );
    assert_eq!(counted, level(&stock, "TEE-M").await);
}

/// A count below what is promised is taken: nothing more can be promised, and promises can still be given back.
pub async fn a_count_below_what_is_promised(orders: impl Orders, stock: impl Stock) {
    let (place, tee) = (location_id("sz-1"), sku("TEE-M"));
    stock.set_count(&place, &tee, 5, 0, None).await.expect("a count");
    let mut one = first(&order_id(6), 0);
    one.stock = vec![hold("TEE-M", "sz-1", 4)];
    commit(&orders, &one, 1).await.expect("a promise");
    let counted = stock.set_count(&place, &tee, 1, 0, None).await.expect("a count");
    assert_eq!((counted.available(), counted.short(), counted.free()), (0, 3, -3));
    let mut two = next(&one, "more");
    two.stock = vec![hold("TEE-M", "sz-1", 1)];
    assert!(matches!(commit(&orders, &two, 2).await, Err(StoreError::StockShort)));
    two.stock = vec![hold("TEE-M", "sz-1", -4)];
    commit(&orders, &two, 3).await.expect("a promise given back");
    two = next(&two, "again");
    two.stock = vec![hold("TEE-M", "sz-1", 1)];
    commit(&orders, &two, 4).await.expect("a promise");
    assert_eq!(level(&stock, "TEE-M").await.available(), 0);
}

/// Counting and promising at once: both hold, and what is free stays what follows from the counters.
pub async fn a_count_beside_reservations(orders: impl Orders, stock: impl Stock) {
    let (place, tee) = (location_id("sz-1"), sku("TEE-M"));
    stock.set_count(&place, &tee, 50, 0, None).await.expect("a count");
    let buyers = (0..20).map(|i| {
        let orders = orders.clone();
        tokio::spawn(async move {
            let mut one = first(&order_id(6000 + i), 0);
            one.stock = vec![hold("TEE-M", "sz-1", 1)];
            commit(&orders, &one, i).await.expect("a promise");
        })
    });
    let counter = tokio::spawn({
        let (stock, place, tee) = (stock.clone(), place.clone(), tee.clone());
        async move {
            for count in [60, 40, 45] {
                loop {
                    match stock.set_count(&place, &tee, count, count / 10, None).await {
                        Err(StoreError::Contended(_) | StoreError::Unavailable(_)) => {}
                        other => {
                            other.expect("a count");
                            break;
                        }
                    }
                }
            }
        }
    });
    let buyers: Vec<_> = buyers.collect();
    for done in join_all(buyers).await {
        done.expect("a buyer");
    }
    counter.await.expect("the counter");
    let level = level(&stock, "TEE-M").await;
    assert_eq!((level.on_hand, level.held, level.safety_stock, level.available(), level.version), (45, 20, 4, 21, 24));
    // The condition reads the materialised free units: they must be exactly these 21.
    let mut rest = first(&order_id(7), 0);
    rest.stock = vec![hold("TEE-M", "sz-1", 22)];
    assert!(matches!(commit(&orders, &rest, 1).await, Err(StoreError::StockShort)));
    rest.stock = vec![hold("TEE-M", "sz-1", 21)];
    commit(&orders, &rest, 2).await.expect("the rest");
}

/// Several people count one shelf at once: one of their counts stands, and what is free follows from it.
pub async fn many_count_at_once(orders: impl Orders, stock: impl Stock) {
    let (place, tee) = (location_id("sz-1"), sku("TEE-M"));
    stock.set_count(&place, &tee, 5, 0, None).await.expect("a count");
    let people: Vec<_> = (0..12_u32)
        .map(|i| {
            let (stock, place, tee) = (stock.clone(), place.clone(), tee.clone());
            tokio::spawn(async move {
                loop {
                    match stock.set_count(&place, &tee, 10 + i, i % 3, None).await {
                        Err(StoreError::Contended(_) | StoreError::Unavailable(_)) => {}
                        other => return other.expect("a count"),
                    }
                }
            })
        })
        .collect();
    let mut last = 0;
    for done in join_all(people).await {
        last = last.max(done.expect("a count").version);
    }
    let level = level(&stock, "TEE-M").await;
    assert_eq!((last, level.version), (13, 13));
    let mut rest = first(&order_id(9), 0);
    rest.stock = vec![hold("TEE-M", "sz-1", level.free() + 1)];
    assert!(matches!(commit(&orders, &rest, 1).await, Err(StoreError::StockShort)));
    rest.stock = vec![hold("TEE-M", "sz-1", level.free())];
    commit(&orders, &rest, 2).await.expect("the rest");
}

/// A hundred orders for one unit: one gets it, ninety-nine are told that it is gone, and nothing is oversold.
pub async fn one_of_a_hundred_gets_the_last_unit(orders: impl Orders, stock: impl Stock) {
    stock.set_count(&location_id("sz-1"), &sku("TEE-M"), 1, 0, None).await.expect("a count");
    let buyers: Vec<_> = (0..100)
        .map(|i| {
            let orders = orders.clone();
            tokio::spawn(async move {
                let mut one = first(&order_id(8000 + i), 0);
                one.stock = vec![hold("TEE-M", "sz-1", 1)];
                commit(&orders, &one, i).await
            })
        })
        .collect();
    let mut won = 0;
    for done in join_all(buyers).await {
        match done.expect("a buyer") {
            Ok(()) => won += 1,
            Err(StoreError::StockShort) => {}
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(won, 1);
    let level = level(&stock, "TEE-M").await;
    assert_eq!((level.on_hand, level.held, level.available()), (1, 1, 0));
}
