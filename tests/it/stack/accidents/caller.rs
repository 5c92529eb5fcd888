//! A workflow that outlives its caller. A synchronous execution cannot be stopped: the dispatcher may be gone by the time it
//! ends, and the queue then delivers the same stimulus again.

use std::time::Duration;

use crate::stack::engine::Consumer;
use crate::stack::shared::{alone, restoring};
use crate::world::Basket;

#[test]
fn the_caller_gives_up_and_the_work_is_done_once() {
    alone(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let basket = Basket::of(&[(&tee, 2)]);
        let engine = &w.engine;
        let outlived = async {
            engine.stop(Consumer::Dispatcher).await;
            let placed = w.place(&basket).await;
            // Every execution takes the engine at least 150 ms.
            let gone = engine.run_and_hang_up("placement", &placed.order_id, Duration::from_millis(60)).await;
            assert!(gone, "it had not ended when its caller hung up");
            let order = w.until_status(&placed.order_id, "awaiting_payment").await;
            assert!(engine.depth(engine.stimuli()).await[0] > 0, "the stimulus itself is still to be delivered");
            (placed, order.version())
        };
        let (placed, version) = restoring(outlived, engine.resume(Consumer::Dispatcher)).await;

        engine.until_done().await;
        let order = w.order(&placed.order_id).await;
        assert_eq!(order.version(), version, "the second run found nothing left to do\n{}", order.story());
        assert_eq!(w.shelf(&tee, "sz-1").await.held, 2);

        // Given up in the middle of a refund, with the dispatcher at the same work.
        let intent = w.pay(&placed, basket.total()).await;
        let order = w.released(&placed.order_id, 1).await;
        let path = format!("/v1/orders/{}/cancellation", order.id());
        w.post("support", &path, &serde_json::json!({ "reason": "test" })).await.expect(202);
        for _ in 0..3 {
            engine.run_and_hang_up("reversal", order.id(), Duration::from_millis(40)).await;
        }
        let order = w.until_status(order.id(), "cancelled").await;
        w.refunded_once(&order, &intent);
        w.stripe_is_content_with(&intent);
        assert_eq!(w.shelf(&tee, "sz-1").await.available, 5);
    });
}
