//! A message that is lost between the commit and the queue: the table knows what is open, and the sweep sends it again.

use serde_json::json;

use crate::stack::engine::Consumer;
use crate::stack::shared::{Local, alone_at_first, restoring};
use crate::world::{Basket, Intent, Order, Placed, Product};

/// Three orders, of which each has lost the message that it needs next.
struct Lost {
    tee: Product,
    placed: Placed,
    refused: Order,
    cancelled: (Order, Intent),
}

async fn lose(w: &Local) -> Lost {
    let tee = w.product(9900, &[("sz-1", 9), ("sh-1", 9)]).await;
    let basket = Basket::of(&[(&tee, 1)]);
    let cancelled = w.released_order(&basket, 1).await;
    let (refused, _) = w.released_order(&basket, 1).await;
    let engine = &w.engine;
    let lost = async {
        engine.stop(Consumer::Dispatcher).await;
        let placed = w.place(&basket).await;
        w.report(&refused.shipments()[0], &json!({ "event": "rejected", "reason": "shelf is empty" })).await;
        let path = format!("/v1/orders/{}/cancellation", cancelled.0.id());
        w.post("support", &path, &json!({ "reason": "test" })).await.expect(202);
        // The sweep may have sent some for orders of other tests meanwhile: those do not count.
        let waiting = engine.peek_all(engine.stimuli()).await;
        for id in [placed.order_id.as_str(), refused.id(), cancelled.0.id()] {
            assert!(waiting.iter().any(|body| body.contains(id)), "{id} has no message to lose among {waiting:?}");
        }
        engine.purge(engine.stimuli()).await;
        placed
    };
    let placed = restoring(lost, engine.resume(Consumer::Dispatcher)).await;
    Lost { tee, placed, refused, cancelled }
}

#[test]
fn the_sweep_finds_what_no_message_tells() {
    alone_at_first(lose, async |w, lost| {
        let Lost { tee, placed, refused, cancelled: (order, intent) } = lost;
        let order = w.order(order.id()).await;
        assert_eq!(order.status(), "cancelling", "not before the money is back\n{}", order.story());

        let payable = |o: &Order| o.status() == "awaiting_payment";
        w.swept_until(&placed.order_id, "found, and to be paid", payable).await;
        let elsewhere = |o: &Order| o.shipped_as() == ["rejected", "released"];
        w.swept_until(refused.id(), "found, and released elsewhere", elsewhere).await;
        let order = w.swept_until(order.id(), "found, and undone", |o| o.status() == "cancelled").await;
        w.refunded_once(&order, &intent);
        let shelves = (w.shelf(&tee, "sz-1").await, w.shelf(&tee, "sh-1").await);
        assert_eq!((shelves.0.held, shelves.0.committed, shelves.0.available), (1, 0, 8));
        assert_eq!((shelves.1.held, shelves.1.committed, shelves.1.available), (0, 1, 8));
    });
}
