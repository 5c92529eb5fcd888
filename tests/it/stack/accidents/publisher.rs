//! The publisher is dead: events wait in the table, marked, and the sweep puts them on the bus.

use serde_json::Value;

use crate::stack::engine::Consumer;
use crate::stack::listener::Listener;
use crate::stack::shared::{beside_others, restoring};
use crate::world::{Basket, eventually};

#[test]
fn the_sweep_publishes_what_nobody_published() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let number = w.number("T");
        let mut listener = Listener::to(w, &number).await;
        let unpublished = async {
            w.engine.pause(Consumer::Publisher).await;
            let placed = w.place_body("storefront", &Basket::of(&[(&tee, 1)]).cod().body(&number)).await;
            let order = w.released(&placed.order_id, 1).await;
            // The sweep leaves the publisher half a minute before it does its work.
            eventually("the sweep has published it all", async || {
                w.engine.sweep().await;
                let heard = listener.so_far().await;
                let count = order.list("/timeline").len();
                if distinct(&heard) == count { Ok(()) } else { Err(format!("{} of {count} events", distinct(&heard))) }
            })
            .await;
            order
        };
        let order = restoring(unpublished, w.engine.resume(Consumer::Publisher)).await;
        // The publisher, alive again, may say it all once more: under the same ids.
        w.deliver(&order.shipments()[0]).await;
        let order = w.until_status(order.id(), "completed").await;
        let heard = listener.all_until(order.list("/timeline").len() as u64).await;
        assert_eq!(distinct(&heard), order.list("/timeline").len(), "a second copy has the same id");
    });
}

fn distinct(events: &[Value]) -> usize {
    let mut ids: Vec<&str> = events.iter().filter_map(|event| event["id"].as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    ids.len()
}
