//! Each callback three times and in every order ends in the same state.

use futures::StreamExt;
use futures::stream::iter;
use serde_json::Value;

use crate::stack::shared::{Local, beside_others};
use crate::world::{Basket, Intent, Order};

/// All orders of so many things.
fn permutations(count: usize) -> Vec<Vec<usize>> {
    let Some(last) = count.checked_sub(1) else { return vec![Vec::new()] };
    let shorter = permutations(last);
    let with_last = |shorter: &Vec<usize>| {
        (0..count)
            .map(|place| {
                let mut longer = shorter.clone();
                longer.insert(place, last);
                longer
            })
            .collect::<Vec<_>>()
    };
    shorter.iter().flat_map(with_last).collect()
}

/// What must be the same at the end.
fn end(order: &Order) -> Value {
    serde_json::json!({
        "status": order.status(), "payment": order.payment_status(), "fulfilment": order.fulfilment_status(),
        "shipments": order.shipped_as(), "refunds": order.refunded_as(), "captured": order.0["totals"]["captured"],
        "refunded": order.0["totals"]["refunded"], "holds": order.0["holds"],
        "payments": order.list("/payments").iter().map(|p| p["status"].clone()).collect::<Vec<_>>(),
    })
}

#[test]
fn payment_events() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 100)]).await;
        let basket = Basket::of(&[(&tee, 1)]);
        let ends = iter(permutations(4)).map(|sequence| tell(w, &basket, sequence)).buffer_unordered(4);
        let ends: Vec<(Vec<usize>, Value)> = ends.collect().await;
        let first = &ends[0].1;
        assert_eq!((&first["status"], &first["payment"]), (&"in_fulfilment".into(), &"paid".into()), "{first:#}");
        for (sequence, end) in &ends {
            assert_eq!(end, first, "{sequence:?}");
        }
        let shelf = w.shelf(&tee, "sz-1").await;
        assert_eq!((shelf.held, shelf.committed), (0, ends.len() as i64), "each is promised once");
    });
}

/// One order, told everything about its payment in this sequence, each three times.
async fn tell(w: &Local, basket: &Basket, sequence: Vec<usize>) -> (Vec<usize>, Value) {
    let placed = w.payable(basket).await;
    let intent = w.buyer_pays(&placed, basket.total());
    let before = Intent { status: "requires_payment_method", received: 0, ..intent.clone() };
    let events = [
        w.event("payment_intent.created", &before),
        w.event("payment_intent.processing", &before),
        w.event("payment_intent.payment_failed", &before),
        w.event("payment_intent.succeeded", &intent),
    ];
    for index in &sequence {
        for _ in 0..3 {
            w.stripe_says(&events[*index]).await.expect(200);
        }
    }
    let order = w.released(&placed.order_id, 1).await;
    assert_eq!(order.times("payment_captured"), 1, "{sequence:?}\n{}", order.story());
    (sequence, end(&order))
}

#[test]
fn scans_and_reports() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 100)]).await;
        let basket = Basket::of(&[(&tee, 1)]).cod();
        let ends = iter(permutations(3)).map(|sequence| carry(w, &basket, sequence)).buffer_unordered(3);
        let ends: Vec<(Vec<usize>, Value)> = ends.collect().await;
        for (sequence, end) in &ends {
            assert_eq!(end, &ends[0].1, "{sequence:?}");
            assert_eq!(end["status"], "completed", "{sequence:?}");
        }
        let shelf = w.shelf(&tee, "sz-1").await;
        assert_eq!((shelf.on_hand, shelf.committed), (100 - ends.len() as i64, 0), "each left once");
    });
}

/// One parcel, whose scans come in this sequence, each three times under the event's own id.
async fn carry(w: &Local, basket: &Basket, sequence: Vec<usize>) -> (Vec<usize>, Value) {
    let placed = w.place(basket).await;
    let order = w.released(&placed.order_id, 1).await;
    let tracking = w.ship(&order.shipments()[0]).await;
    let ids = ["a", "b", "c"].map(|part| w.number(part));
    for index in &sequence {
        for _ in 0..3 {
            let status = ["in_transit", "out_for_delivery", "delivered"][*index];
            w.scans(&ids[*index], &tracking, status).await.expect(200);
        }
    }
    let order = w.until_status(&placed.order_id, "completed").await;
    assert_eq!(order.times("shipment_delivered"), 1, "{sequence:?}\n{}", order.story());
    (sequence, end(&order))
}

#[test]
fn a_warehouses_report_three_times_at_once() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let placed = w.place(&Basket::of(&[(&tee, 1)]).cod()).await;
        let order = w.released(&placed.order_id, 1).await;
        let path = format!("/v1/shipments/{}/events", order.shipments()[0].id);
        let (key, shipped) = (w.number("key"), crate::world::shipped(&w.tracking_number()));
        let reports = (0..3).map(|_| w.post_as("warehouse", &path, &shipped, &key));
        for answer in futures::future::join_all(reports).await {
            answer.expect(202);
        }
        let order = w.until(&placed.order_id, "should be shipped", |o| o.fulfilment_status() == "shipped").await;
        assert_eq!(order.times("shipment_shipped"), 1, "{}", order.story());
        assert_eq!(w.shelf(&tee, "sz-1").await.on_hand, 4, "it left once");
        let other = serde_json::json!({ "event": "delivered" });
        w.post_as("warehouse", &path, &other, &key).await.expect_problem(422, "key-reused");
    });
}
