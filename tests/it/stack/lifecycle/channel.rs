//! An order that its marketplace has already collected: masked buyer, the channel's prices and line ids.

use serde_json::{Value, json};

use crate::stack::listener::{Listener, events};
use crate::stack::shared::beside_others;
use crate::world::Basket;

#[test]
fn collected_by_the_channel_split_and_traced_by_its_own_ids() {
    beside_others(async |w| {
        let mug = w.product(4500, &[("sz-1", 5)]).await;
        let lamp = w.product(25900, &[("sh-1", 5)]).await;
        let basket = Basket::of(&[(&mug, 1), (&lamp, 2)]).tmall();
        let number = w.number("T");
        let mut body = basket.collected_body(&number);
        // The channel's prices count, whatever the catalogue says.
        body["lines"][0]["unit_price"]["amount"] = json!("40.00");
        let total = crate::world::yuan(basket.total() - 500);
        body["total"] = total.clone();
        body["payments"][0]["amount"] = total;
        let mut listener = Listener::to(w, &number).await;
        let placed = w.place_body("channel_tmall", &body).await;

        let order = w.released(&placed.order_id, 2).await;
        assert_eq!(order.payment_status(), "paid");
        assert_eq!((order.times("payment_requested"), order.list("/holds").len()), (0, 0), "{}", order.story());
        assert_eq!(order.text("/shipping_address/name"), "王**");
        assert_eq!(order.0["shipping_address"]["masked"], true);
        assert_eq!(order.text("/shipping_address/channel_token"), "oaid-8841");
        assert_eq!(order.text("/payments/0/collected_by"), "channel");
        assert_eq!(order.text("/payments/0/provider_reference"), format!("alipay-{number}"));
        assert_eq!(order.text("/lines/0/channel_line_id"), format!("{number}-1"));
        assert_eq!(order.text("/lines/0/unit_price/amount"), "40.00");

        let mut numbers = Vec::new();
        for shipment in &order.shipments() {
            numbers.push((w.ship(shipment).await, shipment.location.clone()));
        }
        let order = w.until(&placed.order_id, "should be shipped", |o| o.fulfilment_status() == "shipped").await;
        let entries = listener.all_of(&order).await;
        for entry in &entries {
            let data = &entry["data"];
            let names = (data["channel"].as_str(), data["channel_order_id"].as_str());
            assert_eq!(names, (Some("tmall"), Some(number.as_str())));
        }
        let mut shipped: Vec<Value> = entries.iter().flat_map(events).collect();
        shipped.retain(|event| event["name"] == "shipment_shipped");
        shipped.dedup();
        assert_eq!(shipped.len(), 2, "{entries:#?}");
        for event in &shipped {
            let shipment = &event["shipment"];
            let location = shipment["location_id"].as_str().unwrap();
            let tracking = shipment["tracking_number"].as_str().unwrap();
            assert!(numbers.contains(&(tracking.to_owned(), location.to_owned())), "{shipment}");
            let line = if location == "sz-1" { "1" } else { "2" };
            assert_eq!(shipment["lines"][0]["channel_line_id"], format!("{number}-{line}"), "{shipment}");
        }
        for (tracking, _) in numbers {
            w.scan(&tracking, "delivered").await;
        }
        w.completed(&placed.order_id).await;
    });
}

#[test]
fn only_the_channel_itself_may_say_what_it_collected() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let basket = Basket::of(&[(&tee, 1)]);
        let mut collected = basket.collected_body(&w.number("T"));
        let problem = w.post("storefront", "/v1/orders", &collected).await.expect_problem(403, "forbidden");
        assert_eq!(problem["field"], "price_source");
        collected.as_object_mut().unwrap().remove("price_source");
        let problem = w.post("storefront", "/v1/orders", &collected).await.expect_problem(403, "forbidden");
        assert_eq!(problem["field"], "payments[0].status");
    });
}

#[test]
fn what_a_channel_collected_goes_back_through_the_channel() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let basket = Basket::of(&[(&tee, 1)]).tmall();
        let placed = w.place_body("channel_tmall", &basket.collected_body(&w.number("T"))).await;
        w.released(&placed.order_id, 1).await;
        let path = format!("/v1/orders/{}/cancellation", placed.order_id);
        w.post("channel_tmall", &path, &json!({ "reason": "买家退单" })).await.expect(202);
        let order = w.until_status(&placed.order_id, "cancelled").await;
        assert_eq!((order.payment_status(), order.refunded_as()), ("refunded", vec!["succeeded"]), "{}", order.story());
        assert_eq!(w.shelf(&tee, "sz-1").await.available, 5);
    });
}
