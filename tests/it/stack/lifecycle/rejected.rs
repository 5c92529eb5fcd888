//! Orders that cannot be taken: each says why, line by line.

use serde_json::json;

use crate::stack::shared::beside_others;
use crate::world::{Basket, Product, yuan};

#[test]
fn every_line_says_what_is_wrong_with_it() {
    beside_others(async |w| {
        let good = w.product(9900, &[("sz-1", 2000)]).await;
        let dearer = w.product(9900, &[("sz-1", 5)]).await;
        let unknown = Product { sku: w.number("NO-SUCH-SKU"), cents: 1000 };
        let stale = Product { cents: 8900, ..dearer.clone() };
        let many = w.product(100, &[("sz-1", 2000)]).await;
        let placed = w.place(&Basket::of(&[(&good, 1), (&unknown, 1), (&stale, 2), (&many, 1000)])).await;
        let order = w.until_status(&placed.order_id, "rejected").await;
        let found = order.rejections();
        let expected = [("2", "unknown_sku"), ("3", "price_changed"), ("4", "quantity_limit")];
        assert_eq!(found, expected, "{}", order.story());
        assert_eq!(order.fulfilment_status(), "cancelled", "{}", order.story());
        w.until(&placed.order_id, "should not be paid any more", |o| o.payment_status() == "voided").await;
        for product in [&good, &dearer, &many] {
            let shelf = w.shelf(product, "sz-1").await;
            assert_eq!((shelf.held, shelf.committed), (0, 0), "nothing is set aside for it");
        }
    });
}

#[test]
fn all_lines_or_none_are_set_aside() {
    beside_others(async |w| {
        let there = w.product(9900, &[("sz-1", 5)]).await;
        let gone = w.product(4500, &[("sz-1", 1)]).await;
        let placed = w.place(&Basket::of(&[(&there, 1), (&gone, 2)])).await;
        let order = w.until_status(&placed.order_id, "rejected").await;
        assert_eq!(order.rejections(), [("2", "out_of_stock")], "{}", order.story());
        assert_eq!(w.shelf(&there, "sz-1").await.available, 5);
        assert_eq!(w.shelf(&gone, "sz-1").await.available, 1);
    });
}

#[test]
fn an_incomplete_address() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let mut nowhere = Basket::of(&[(&tee, 1)]).body(&w.number("T"));
        nowhere["shipping_address"]["lines"] = json!([]);
        let placed = w.place_body("storefront", &nowhere).await;
        let order = w.until_status(&placed.order_id, "rejected").await;
        assert_eq!(order.rejections(), [("", "incomplete_address")], "{}", order.story());
    });
}

#[test]
fn money_that_came_for_a_rejected_order_goes_back() {
    beside_others(async |w| {
        let gone = w.product(4500, &[("sz-1", 0)]).await;
        let basket = Basket::of(&[(&gone, 1)]);
        let placed = w.place(&basket).await;
        w.until_status(&placed.order_id, "rejected").await;
        let intent = w.pay(&placed, basket.total()).await;
        let order = w.until(&placed.order_id, "should be refunded", |o| o.payment_status() == "refunded").await;
        assert_eq!(order.status(), "rejected", "{}", order.story());
        w.refunded_once(&order, &intent);
    });
}

#[test]
fn a_free_gift_ships_along() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let sticker = w.product(200, &[("sz-1", 5)]).await;
        let mut body = Basket::of(&[(&tee, 1)]).cod().body(&w.number("T"));
        let gift = json!({ "sku": sticker.sku, "quantity": 1, "unit_price": yuan(0), "kind": "gift" });
        body["lines"].as_array_mut().unwrap().push(gift);
        let placed = w.place_body("storefront", &body).await;
        let order = w.released(&placed.order_id, 1).await;
        assert_eq!(order.list("/shipments/0/lines").len(), 2, "{}", order.story());
    });
}
