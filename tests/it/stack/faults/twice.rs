//! The same work twice at once: queues deliver at least once, and a workflow cannot be stopped.

use futures::future::join_all;

use crate::stack::shared::beside_others;
use crate::world::Basket;

#[test]
fn the_same_stimulus_many_times_at_once() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let basket = Basket::of(&[(&tee, 2)]);
        let placed = w.place(&basket).await;
        let id = &placed.order_id;
        let many = async |workflow: &str| {
            for status in join_all((0..5).map(|_| w.engine.run(workflow, id))).await {
                assert_eq!(status, "SUCCEEDED", "{workflow}");
            }
        };
        many("placement").await;
        let order = w.until_status(id, "awaiting_payment").await;
        assert_eq!((order.times("stock_reserved"), order.times("payment_requested")), (1, 1), "{}", order.story());
        assert_eq!(w.shelf(&tee, "sz-1").await.held, 2);

        let intent = w.pay(&placed, basket.total()).await;
        many("fulfilment").await;
        let order = w.released(id, 1).await;
        assert_eq!((order.times("shipment_planned"), order.times("shipment_released")), (1, 1), "{}", order.story());
        assert_eq!(w.shelf(&tee, "sz-1").await.committed, 2);

        let path = format!("/v1/orders/{id}/cancellation");
        let reason = serde_json::json!({ "reason": "twice" });
        for answer in join_all((0..3).map(|_| w.post("support", &path, &reason))).await {
            answer.expect(202);
        }
        many("reversal").await;
        let order = w.until_status(id, "cancelled").await;
        assert_eq!(order.times("cancellation_requested"), 1, "{}", order.story());
        w.refunded_once(&order, &intent);
        w.stripe_is_content_with(&intent);
        assert_eq!(w.shelf(&tee, "sz-1").await.available, 5);
    });
}

#[test]
fn work_for_an_order_that_does_not_need_it_is_success() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let placed = w.place(&Basket::of(&[(&tee, 1)]).cod()).await;
        let order = w.released(&placed.order_id, 1).await;
        w.deliver(&order.shipments()[0]).await;
        let order = w.until_status(&placed.order_id, "completed").await;
        for workflow in ["placement", "fulfilment", "reversal"] {
            assert_eq!(w.engine.run(workflow, &placed.order_id).await, "SUCCEEDED", "{workflow}");
        }
        assert_eq!(w.order(&placed.order_id).await.version(), order.version());
    });
}
