//! A warehouse says no: the goods come from somewhere else, or a person decides.

use serde_json::json;

use crate::stack::shared::beside_others;
use crate::world::{Basket, Order};

#[test]
fn a_rejected_shipment_is_planned_again_elsewhere() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5), ("sh-1", 5)]).await;
        let (order, _) = w.released_order(&Basket::of(&[(&tee, 2)]), 1).await;
        let first = order.shipments()[0].clone();
        assert_eq!(first.location, "sz-1");
        w.report(&first, &json!({ "event": "rejected", "reason": "破损" })).await;
        let again = |o: &Order| o.shipped_as() == ["rejected", "released"];
        let order = w.until(order.id(), "should be planned again", again).await;
        let second = &order.shipments()[1];
        assert_eq!(second.location, "sh-1");
        let (sz, sh) = (w.shelf(&tee, "sz-1").await, w.shelf(&tee, "sh-1").await);
        assert_eq!((sz.held, sz.committed), (0, 0), "the refusing location keeps nothing for it");
        assert_eq!((sh.held, sh.committed), (0, 2));
        w.deliver(second).await;
        let order = w.completed(order.id()).await;
        assert_eq!(order.0["lines"][0]["delivered"], 2);
    });
}

#[test]
fn with_no_other_location_a_person_is_asked_and_may_cancel() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let (order, intent) = w.released_order(&Basket::of(&[(&tee, 1)]), 1).await;
        w.report(&order.shipments()[0], &json!({ "event": "rejected" })).await;
        let task = w.task("support", "unplaceable", order.id()).await;
        let order = w.order(order.id()).await;
        assert_eq!(order.fulfilment_status(), "backordered", "{}", order.story());
        w.follow("support", &task, "cancel", &json!({ "reason": "无货" })).await.expect(202);
        let order = w.until_status(order.id(), "cancelled").await;
        w.refunded_once(&order, &intent);
        w.no_task("support", "unplaceable", order.id()).await;
        assert_eq!(w.shelf(&tee, "sz-1").await.available, 5);
    });
}

#[test]
fn with_no_other_location_it_ships_when_goods_arrive() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let (order, _) = w.released_order(&Basket::of(&[(&tee, 1)]), 1).await;
        w.report(&order.shipments()[0], &json!({ "event": "rejected" })).await;
        let task = w.task("support", "unplaceable", order.id()).await;
        // There were fewer on the shelf than its count said; elsewhere some arrive.
        w.count(&tee, "sz-1", 0).await;
        w.count(&tee, "sh-1", 3).await;
        w.follow("support", &task, "retry", &json!({})).await.expect(202);
        let again = |o: &Order| o.shipped_as() == ["rejected", "released"];
        let order = w.until(order.id(), "should be planned again", again).await;
        assert_eq!(order.shipments()[1].location, "sh-1");
        w.no_task("support", "unplaceable", order.id()).await;
    });
}
