//! The provider is faster than the storefront: the callback comes before the order exists.

use serde_json::json;

use crate::stack::shared::beside_others;
use crate::world::{Basket, Placed};

#[test]
fn a_payment_for_an_order_to_come_is_kept_and_applied() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let basket = Basket::of(&[(&tee, 1)]);
        let number = w.number("T");
        let placed = w.to_be(&number).await;
        let intent = w.buyer_pays(&placed, basket.total());
        let paid = w.event("payment_intent.succeeded", &intent);
        for _ in 0..3 {
            w.stripe_says(&paid).await.expect(200);
        }
        w.stripe_says(&w.event("payment_intent.processing", &intent)).await.expect(200);
        let path = format!("/v1/orders/{}", placed.order_id);
        w.get("support", &path).await.expect_problem(404, "not-found");

        let accepted = w.place_body("storefront", &basket.body(&number)).await;
        assert_eq!((accepted.order_id, accepted.reference), (placed.order_id.clone(), placed.reference));
        let order = w.released(&placed.order_id, 1).await;
        assert_eq!((order.payment_status(), order.times("payment_captured")), ("paid", 1), "{}", order.story());
        assert_eq!(order.times("payment_requested"), 0, "a paid order is not asked for payment\n{}", order.story());
        w.stripe_says(&paid).await.expect(200);
        assert_eq!(w.order(&placed.order_id).await.version(), order.version(), "once more changes nothing");
        assert!(w.refunds_of(&intent).is_empty());
    });
}

#[test]
fn a_payment_that_races_with_its_order_counts_once() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 50)]).await;
        let basket = Basket::of(&[(&tee, 1)]);
        let races = (0..6).map(async |_| {
            let number = w.number("T");
            let placed = w.to_be(&number).await;
            let intent = w.buyer_pays(&placed, basket.total());
            let paid = w.event("payment_intent.succeeded", &intent);
            let body = basket.body(&number);
            let (_, told) = tokio::join!(w.place_body("storefront", &body), w.stripe_says(&paid));
            told.expect(200);
            let order = w.released(&placed.order_id, 1).await;
            assert_eq!((order.payment_status(), order.times("payment_captured")), ("paid", 1), "{}", order.story());
        });
        futures::future::join_all(races).await;
        assert_eq!(w.shelf(&tee, "sz-1").await.committed, 6);
    });
}

#[test]
fn a_payment_for_an_order_that_never_comes_is_accepted_and_kept() {
    beside_others(async |w| {
        let never = w.to_be(&w.number("never")).await;
        let intent = w.intent(&never, 10_700);
        w.paid(&intent).await;
        w.get("support", &format!("/v1/orders/{}", never.order_id)).await.expect_problem(404, "not-found");
        assert_eq!(w.engine.sweep().await["failed"], 0, "the sweep bears it");
    });
}

#[test]
fn a_payment_that_names_nobody_is_shown_to_finance() {
    beside_others(async |w| {
        let nobody = Placed { order_id: String::new(), reference: String::new() };
        let mut intent = w.intent(&nobody, 10_700);
        intent.metadata.clear();
        w.paid(&intent).await;
        let task = w.task("finance", "unmatched_payment", &intent.id).await;
        w.follow("finance", &task, "dismiss", &json!({ "reason": "另一家店铺的收款" })).await.expect(204);
        w.no_task("finance", "unmatched_payment", &intent.id).await;
    });
}
