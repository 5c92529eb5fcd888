//! The usual life: paid through Stripe, shipped, delivered.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::stack::listener::{Listener, events, number};
use crate::stack::shared::beside_others;
use crate::world::{Basket, shipped};

#[test]
fn paid_and_delivered() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 10)]).await;
        let basket = Basket::of(&[(&tee, 2)]).promotion(2000);
        let number_there = w.number("T");
        let mut listener = Listener::to(w, &number_there).await;
        let placed = w.place_body("storefront", &basket.body(&number_there)).await;

        let order = w.until_status(&placed.order_id, "awaiting_payment").await;
        assert_eq!(order.text("/totals/total/amount"), "186.00");
        assert_eq!(order.text("/payments/0/payment_reference"), placed.reference);
        assert_eq!((order.payment_status(), order.fulfilment_status()), ("pending", "unfulfilled"));
        assert_eq!(w.shelf(&tee, "sz-1").await.held, 2);

        let intent = w.pay(&placed, basket.total()).await;
        let order = w.released(&placed.order_id, 1).await;
        assert_eq!(order.payment_status(), "paid");
        assert_eq!(order.text("/payments/0/provider_reference"), intent.id);
        let shipment = &order.shipments()[0];
        assert_eq!(shipment.location, "sz-1");
        let shelf = w.shelf(&tee, "sz-1").await;
        assert_eq!((shelf.on_hand, shelf.held, shelf.committed, shelf.available), (10, 0, 2, 8));

        let tracking = w.tracking_number();
        w.report(shipment, &json!({ "event": "accepted" })).await;
        w.report(shipment, &json!({ "event": "packed" })).await;
        w.report(shipment, &shipped(&tracking)).await;
        let order = w.until(&placed.order_id, "should be shipped", |o| o.fulfilment_status() == "shipped").await;
        assert_eq!(order.text("/shipments/0/tracking_number"), tracking);
        assert_eq!(order.text("/customer_status"), "shipped");
        let shelf = w.shelf(&tee, "sz-1").await;
        assert_eq!((shelf.on_hand, shelf.committed, shelf.available), (8, 0, 8), "what left is off the shelf");

        for status in ["in_transit", "out_for_delivery", "delivered"] {
            w.scan(&tracking, status).await;
        }
        let order = w.completed(&placed.order_id).await;
        assert_eq!(order.0["lines"][0]["delivered"], 2);
        assert_eq!(order.text("/totals/captured/amount"), "186.00");
        assert!(w.refunds_of(&intent).is_empty());

        // Every commit with news left as one entry, under its number, and none of it is personal.
        let entries = listener.all_of(&order).await;
        let mut names: BTreeMap<u64, Value> = BTreeMap::new();
        for entry in &entries {
            assert_eq!(entry["subject"], placed.order_id.as_str());
            names.insert(number(&entry["sequence"]), entry["data"]["names"].clone());
        }
        let names: Vec<Value> = names.into_values().collect();
        let expected = [
            json!(["order_validated", "stock_reserved", "payment_requested"]),
            json!([
                "payment_identified",
                "payment_captured",
                "order_confirmed",
                "shipment_planned",
                "shipment_released",
                "fulfilment_started",
                "customer_notified"
            ]),
            json!(["shipment_shipped", "customer_notified"]),
            json!(["shipment_delivered", "order_completed", "customer_notified"]),
        ];
        assert_eq!(names, expected, "{}", order.story());
        let told: Vec<Value> = entries.iter().flat_map(events).filter(|e| e["name"] == "customer_notified").collect();
        let told: Vec<&str> = told.iter().map(|e| e["notification"]["template"].as_str().unwrap()).collect();
        for template in ["order_confirmed", "parcel_shipped", "parcel_delivered"] {
            assert!(told.contains(&template), "{template} in {told:?}");
        }
        let all = json!(entries).to_string();
        for personal in ["王芳", "wang@example.com", "13800000000", "科技园路"] {
            assert!(!all.contains(personal), "{personal} left with an event");
        }
    });
}

#[test]
fn split_over_two_locations() {
    beside_others(async |w| {
        let mug = w.product(4500, &[("sz-1", 5)]).await;
        let lamp = w.product(25900, &[("sh-1", 5)]).await;
        let (order, _) = w.released_order(&Basket::of(&[(&mug, 2), (&lamp, 1)]), 2).await;
        let shipments = order.shipments();
        let mut places: Vec<&str> = shipments.iter().map(|shipment| shipment.location.as_str()).collect();
        places.sort_unstable();
        assert_eq!(places, ["sh-1", "sz-1"]);

        let first = w.ship(&shipments[0]).await;
        let order = w.order(order.id()).await;
        assert_eq!(order.fulfilment_status(), "partially_shipped", "{}", order.story());
        w.scan(&first, "delivered").await;
        let order = w.order(order.id()).await;
        assert_eq!(order.fulfilment_status(), "partially_delivered", "{}", order.story());
        assert_eq!(order.status(), "in_fulfilment", "half an order is not completed");

        w.deliver(&shipments[1]).await;
        let order = w.completed(order.id()).await;
        assert_eq!(order.0["lines"][0]["delivered"], 2);
        assert_eq!(order.0["lines"][1]["delivered"], 1);
    });
}

#[test]
fn the_nearest_location_that_has_everything_ships_it() {
    beside_others(async |w| {
        let mug = w.product(4500, &[("sz-1", 5), ("sh-1", 5)]).await;
        let lamp = w.product(25900, &[("sh-1", 5)]).await;
        let (order, _) = w.released_order(&Basket::of(&[(&mug, 1), (&lamp, 1)]), 1).await;
        assert_eq!(order.shipments()[0].location, "sh-1", "one parcel from further away, not two");
        let (order, _) = w.released_order(&Basket::of(&[(&mug, 1)]), 1).await;
        assert_eq!(order.shipments()[0].location, "sz-1", "from the buyer's own city");
    });
}

#[test]
fn a_warehouse_may_skip_states_and_a_late_report_takes_nothing_back() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let (order, _) = w.released_order(&Basket::of(&[(&tee, 1)]), 1).await;
        let shipment = &order.shipments()[0];
        w.report(shipment, &shipped(&w.tracking_number())).await;
        w.report(shipment, &json!({ "event": "delivered" })).await;
        let order = w.completed(order.id()).await;
        w.report(shipment, &json!({ "event": "packed" })).await;
        let late = w.order(order.id()).await;
        assert_eq!((late.status(), late.shipped_as()), ("completed", vec!["delivered".to_owned()]), "{}", late.story());
    });
}
