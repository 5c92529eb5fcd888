//! Three hundred orders at once: none lost, none doubled.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::iter;

use crate::stack::shared::alone;
use crate::world::{Basket, eventually_within};

const ORDERS: usize = 300;
/// How many requests are open at once.
const AT_ONCE: usize = 24;
const PATIENCE: Duration = Duration::from_secs(240);

#[test]
fn three_hundred_orders_at_once() {
    alone(async |w| {
        let given_up = w.engine.depth(w.engine.dead_letters()).await;
        let shelves = [w.product(9900, &[("sz-1", 150)]).await, w.product(4500, &[("sh-1", 150)]).await];
        let baskets: Vec<Basket> = (0..ORDERS).map(|i| Basket::of(&[(&shelves[i % 2], 1)]).cod()).collect();
        let placed: Vec<_> = iter(&baskets).map(|basket| w.place(basket)).buffer_unordered(AT_ONCE).collect().await;
        let ids: BTreeSet<String> = placed.into_iter().map(|placed| placed.order_id).collect();
        assert_eq!(ids.len(), ORDERS, "every order has an id of its own");

        // The counters say when all are promised; only then is each order looked at.
        eventually_within(PATIENCE, "everything is promised", async || {
            let (first, second) = (w.shelf(&shelves[0], "sz-1").await, w.shelf(&shelves[1], "sh-1").await);
            assert!(first.committed <= 150 && second.committed <= 150, "an order was doubled");
            if first.committed + second.committed == 300 { Ok(()) } else { Err(format!("{first:?} {second:?}")) }
        })
        .await;
        let orders = iter(&ids).map(|id| w.released(id, 1)).buffer_unordered(4);
        let orders: Vec<_> = orders.collect().await;
        for order in &orders {
            for once in ["order_received", "stock_reserved", "order_confirmed", "shipment_planned", "shipment_released"]
            {
                assert_eq!(order.times(once), 1, "{once}\n{}", order.story());
            }
        }
        assert_eq!(w.engine.depth(w.engine.dead_letters()).await, given_up, "nothing was given up");
        for (product, location) in shelves.iter().zip(["sz-1", "sh-1"]) {
            let shelf = w.shelf(product, location).await;
            assert_eq!((shelf.on_hand, shelf.held, shelf.committed, shelf.available), (150, 0, 150, 0));
        }
    });
}
