//! Cash on delivery: no callback, the money comes with the parcel.

use serde_json::json;

use crate::stack::shared::beside_others;
use crate::world::{Basket, yuan};

#[test]
fn paid_at_the_door() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let basket = Basket::of(&[(&tee, 1)]).cod();
        let placed = w.place(&basket).await;
        let order = w.released(&placed.order_id, 1).await;
        assert_eq!((order.payment_status(), order.times("payment_requested")), ("pending", 0), "{}", order.story());
        let work = w.get("warehouse", "/v1/shipments?location_id=sz-1&status=open&limit=100").await.expect(200);
        let mine = work["items"].as_array().unwrap().iter().find(|item| item["order_id"] == placed.order_id.as_str());
        if let Some(mine) = mine {
            assert_eq!(mine["collect_on_delivery"], yuan(basket.total()), "the warehouse knows what to ask for");
        }

        let shipment = &order.shipments()[0];
        w.deliver(shipment).await;
        let order = w.until_status(&placed.order_id, "completed").await;
        assert_eq!(order.payment_status(), "pending", "delivered is not paid");
        w.report(shipment, &json!({ "event": "collected", "amount": yuan(basket.total()) })).await;
        let order = w.completed(&placed.order_id).await;
        assert_eq!(order.text("/totals/captured/amount"), "107.00");
    });
}

#[test]
fn cash_is_reported_in_the_orders_currency_and_only_where_it_is_due() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let placed = w.place(&Basket::of(&[(&tee, 1)]).cod()).await;
        let order = w.released(&placed.order_id, 1).await;
        let shipment = &order.shipments()[0].id;
        let dollars = json!({ "event": "collected", "amount": { "amount": "107.00", "currency": "USD" } });
        let problem = w.reports(shipment, &dollars).await.expect_problem(400, "invalid-field");
        assert_eq!(problem["field"], "amount");
        let missing = w.reports(shipment, &json!({ "event": "collected" })).await;
        assert_eq!(missing.expect_problem(400, "invalid-field")["field"], "amount");

        let (order, _) = w.released_order(&Basket::of(&[(&tee, 1)]), 1).await;
        let cash = json!({ "event": "collected", "amount": yuan(100) });
        let problem = w.reports(&order.shipments()[0].id, &cash).await.expect_problem(400, "invalid-field");
        assert_eq!(problem["field"], "event");
    });
}
