//! A hundred buyers want the last unit.

use futures::StreamExt;
use futures::stream::iter;

use crate::stack::shared::alone;
use crate::world::{Basket, World, eventually};

/// How many buyers want the last unit.
const BUYERS: usize = 100;
/// How many of them are at the door at once.
const AT_ONCE: usize = 24;

/// The orders of a customer by status, which must all be there.
async fn statuses(w: &World, customer: &str, count: usize) -> Vec<String> {
    let mut all = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/v1/orders?customer_id={customer}&limit=100{cursor}");
        let page = w.get("support", &path).await.expect(200);
        let items = page["items"].as_array().unwrap().iter();
        all.extend(items.map(|order| order["status"].as_str().unwrap().to_owned()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(all.len(), count);
    all
}

#[test]
fn a_hundred_orders_for_one_unit() {
    alone(async |w| {
        let last = w.product(9900, &[("sz-1", 1)]).await;
        let customer = w.number("c");
        let baskets: Vec<Basket> = (0..BUYERS).map(|_| Basket::of(&[(&last, 1)]).cod().customer(&customer)).collect();
        let placed: Vec<_> = iter(&baskets).map(|basket| w.place(basket)).buffer_unordered(AT_ONCE).collect().await;
        let resting = eventually("every order rests", async || {
            // The counters are read in between: none may ever be below zero, which reading them checks.
            assert!(w.shelf(&last, "sz-1").await.available <= 1);
            let now = statuses(w, &customer, BUYERS).await;
            let open = now.iter().filter(|status| !["in_fulfilment", "rejected"].contains(&status.as_str())).count();
            if open == 0 { Ok(now) } else { Err(format!("{open} are not at rest")) }
        })
        .await;
        assert_eq!(resting.iter().filter(|status| *status == "in_fulfilment").count(), 1, "one gets it");
        let shelf = w.shelf(&last, "sz-1").await;
        assert_eq!((shelf.on_hand, shelf.held, shelf.committed, shelf.available), (1, 0, 1, 0));
        for placed in placed.iter().take(10) {
            let order = w.order(&placed.order_id).await;
            if order.status() == "rejected" {
                assert_eq!(order.rejections(), [("1", "out_of_stock")], "{}", order.story());
            }
        }
    });
}
