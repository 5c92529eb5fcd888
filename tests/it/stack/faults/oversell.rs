//! Nothing is sold that is not there.

use crate::stack::shared::beside_others;
use crate::world::{Basket, Product};

#[test]
fn two_lines_of_one_sku() {
    beside_others(async |w| {
        let check = async |tee: &Product, quantities: (u32, u32), expected: &str| {
            let placed = w.place(&Basket::of(&[(tee, quantities.0), (tee, quantities.1)]).cod()).await;
            w.until_status(&placed.order_id, expected).await
        };
        let one = w.product(9900, &[("sz-1", 1)]).await;
        let order = check(&one, (1, 1), "rejected").await;
        assert_eq!(order.rejections(), [("1", "out_of_stock"), ("2", "out_of_stock")], "{}", order.story());
        assert_eq!(w.shelf(&one, "sz-1").await.available, 1);

        let five = w.product(9900, &[("sz-1", 5)]).await;
        let order = check(&five, (2, 3), "in_fulfilment").await;
        let shelf = w.shelf(&five, "sz-1").await;
        assert_eq!((shelf.committed, shelf.available), (5, 0), "{}", order.story());

        // Together over two shelves.
        let spread = w.product(9900, &[("sz-1", 2), ("sh-1", 3)]).await;
        let order = check(&spread, (2, 3), "in_fulfilment").await;
        let stock = w.stock(&spread).await;
        assert_eq!((stock["sz-1"].committed, stock["sh-1"].committed), (2, 3), "{}", order.story());
    });
}

#[test]
fn a_count_below_what_is_promised_is_taken_and_shown_as_none() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let (order, _) = w.released_order(&Basket::of(&[(&tee, 3)]), 1).await;
        w.count(&tee, "sz-1", 2).await;
        let shelf = w.shelf(&tee, "sz-1").await;
        assert_eq!((shelf.on_hand, shelf.committed, shelf.available), (2, 3, 0));
        let task = w.task("warehouse", "stock_short", &tee.sku).await;
        let placed = w.place(&Basket::of(&[(&tee, 1)])).await;
        w.until_status(&placed.order_id, "rejected").await;
        // What has left has left, whatever was counted.
        w.deliver(&order.shipments()[0]).await;
        w.completed(order.id()).await;
        assert_eq!(w.shelf(&tee, "sz-1").await.on_hand, 0);
        let said = serde_json::json!({ "on_hand": 7, "safety_stock": 0 });
        w.follow("warehouse", &task, "count", &said).await.expect(200);
        w.no_task("warehouse", "stock_short", &tee.sku).await;
        assert_eq!(w.shelf(&tee, "sz-1").await.available, 7);
    });
}
