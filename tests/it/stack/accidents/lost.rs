//! A message that is lost between the commit and the queue: the table knows what is open, and the sweep sends it again.

use serde_json::json;

use crate::stack::engine::Consumer;
use crate::stack::shared::{Local, alone_at_first, restoring};
use crate::world::{Basket, Intent, Order, Placed, Product};

/// Three orders, of which each has lost the message that it needs next.
struct Lost {
    tee: Product,
    placed: Placed,
    paid: Placed,
    cancelled: (Order, Intent),
}

async fn lose(w: &Local) -> Lost {
    let tee = w.product(9900, &[("sz-1", 9)]).await;
    let basket = Basket::of(&[(&tee, 1)]);
    let cancelled = w.released_order(&basket, 1).await;
    let paid = w.payable(&basket).await;
    let engine = &w.engine;
    let lost = async {
        engine.stop(Consumer::Dispatcher).await;
        let placed = w.place(&basket).await;
        w.pay(&paid, basket.total()).await;
        let path = format!("/v1/orders/{}/cancellation", cancelled.0.id());
        w.post("support", &path, &json!({ "reason": "test" })).await.expect(202);
        assert_eq!(engine.depth(engine.stimuli()).await[0], 3, "there are three messages to lose");
        engine.purge(engine.stimuli()).await;
        placed
    };
    let placed = restoring(lost, engine.resume(Consumer::Dispatcher)).await;
    Lost { tee, placed, paid, cancelled }
}

#[test]
fn the_sweep_finds_what_no_message_tells() {
    alone_at_first(lose, async |w, lost| {
        let Lost { tee, placed, paid, cancelled: (order, intent) } = lost;
        let order = w.order(order.id()).await;
        assert_eq!(order.status(), "cancelling", "not before the money is back\n{}", order.story());

        let payable = |o: &Order| o.status() == "awaiting_payment";
        w.swept_until(&placed.order_id, "found, and to be paid", payable).await;
        w.swept_until(&paid.order_id, "found, and released", |o| o.is_released(1)).await;
        let order = w.swept_until(order.id(), "found, and undone", |o| o.status() == "cancelled").await;
        w.refunded_once(&order, &intent);
        let shelf = w.shelf(&tee, "sz-1").await;
        assert_eq!((shelf.held, shelf.committed, shelf.available), (1, 1, 7));
    });
}
