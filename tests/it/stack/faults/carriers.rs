//! Scans of parcels that nobody knows yet, and parcels in trouble.

use serde_json::json;

use crate::stack::shared::beside_others;
use crate::world::{Basket, shipped};

#[test]
fn a_scan_before_the_number_is_known_is_kept_and_applied() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let placed = w.place(&Basket::of(&[(&tee, 1)]).cod()).await;
        let order = w.released(&placed.order_id, 1).await;
        let (tracking, scan) = (w.tracking_number(), w.number("scan"));
        for _ in 0..3 {
            w.scans(&scan, &tracking, "in_transit").await.expect(200);
        }
        assert_eq!(w.order(&placed.order_id).await.version(), order.version(), "nobody knows whose it is");
        w.engine.sweep().await;
        w.report(&order.shipments()[0], &shipped(&tracking)).await;
        let moving = w.until(&placed.order_id, "should be in transit", |o| o.shipped_as() == ["in_transit"]).await;
        assert_eq!(moving.times("shipment_in_transit"), 1, "{}", moving.story());
        w.scans(&scan, &tracking, "in_transit").await.expect(200);
        w.scan(&tracking, "delivered").await;
        w.until_status(&placed.order_id, "completed").await;
    });
}

#[test]
fn a_parcel_in_trouble_is_shown_to_people_and_may_still_arrive() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let placed = w.place(&Basket::of(&[(&tee, 1)]).cod()).await;
        let order = w.released(&placed.order_id, 1).await;
        let tracking = w.ship(&order.shipments()[0]).await;
        w.scan(&tracking, "exception").await;
        let task = w.task("support", "shipment_trouble", &placed.order_id).await;
        w.follow("support", &task, "close", &json!({ "reason": "地址已更正" })).await.expect(200);
        w.no_task("support", "shipment_trouble", &placed.order_id).await;
        w.scan(&tracking, "in_transit").await;
        w.scan(&tracking, "delivered").await;
        w.until_status(&placed.order_id, "completed").await;
    });
}

#[test]
fn a_lost_parcel_is_never_called_delivered() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let (order, _) = w.released_order(&Basket::of(&[(&tee, 1)]), 1).await;
        let tracking = w.ship(&order.shipments()[0]).await;
        w.scan(&tracking, "in_transit").await;
        w.scan(&tracking, "lost").await;
        let task = w.task("support", "shipment_trouble", order.id()).await;
        assert!(!task["answers"].as_array().unwrap().is_empty());
        let order = w.order(order.id()).await;
        assert_eq!(order.shipped_as(), ["lost"]);
        assert_ne!(order.status(), "completed", "{}", order.story());
        w.scan(&tracking, "in_transit").await;
        let order = w.order(order.id()).await;
        assert_ne!(order.fulfilment_status(), "delivered", "{}", order.story());
    });
}

#[test]
fn a_status_that_nobody_knows_is_acknowledged_and_changes_nothing() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let placed = w.place(&Basket::of(&[(&tee, 1)]).cod()).await;
        let order = w.released(&placed.order_id, 1).await;
        let tracking = w.ship(&order.shipments()[0]).await;
        let before = w.order(&placed.order_id).await.version();
        w.scan(&tracking, "eaten_by_a_bear").await;
        assert_eq!(w.order(&placed.order_id).await.version(), before);
    });
}
