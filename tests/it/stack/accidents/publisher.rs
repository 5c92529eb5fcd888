//! The publisher is dead: orders go on, and what happened waits in the table's stream until somebody reads it.

use serde_json::Value;

use crate::stack::engine::Consumer;
use crate::stack::listener::Listener;
use crate::stack::shared::{beside_others, restoring};
use crate::world::Basket;

#[test]
fn the_stream_brings_what_nobody_published() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let number = w.number("T");
        let mut listener = Listener::to(w, &number).await;
        let unpublished = async {
            w.engine.pause(Consumer::Publisher).await;
            let placed = w.place_body("storefront", &Basket::of(&[(&tee, 1)]).cod().body(&number)).await;
            let order = w.released(&placed.order_id, 1).await;
            assert!(!listener.missing(&order).await.is_empty(), "nobody publishes");
            order
        };
        let order = restoring(unpublished, w.engine.resume(Consumer::Publisher)).await;
        w.deliver(&order.shipments()[0]).await;
        let order = w.until_status(order.id(), "completed").await;
        let heard = listener.all_of(&order).await;
        assert_eq!(distinct(&heard), 3, "a second copy has the same id: {heard:#?}");
    });
}

fn distinct(events: &[Value]) -> usize {
    let mut ids: Vec<&str> = events.iter().filter_map(|event| event["id"].as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    ids.len()
}
