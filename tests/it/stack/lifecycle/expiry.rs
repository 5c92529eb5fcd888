//! Nobody pays in time. The rule: a payment that comes while the order still waits for it counts; one that comes after the
//! order has expired goes back.

use std::time::Duration;

use futures::future::join_all;
use jiff::Timestamp;
use local_stack::clock;
use serde_json::json;

use crate::stack::shared::{Local, beside_others};
use crate::world::{Basket, Level, Order, Placed, yuan};

/// The window and whatever a busy machine adds to it.
const PATIENCE: Duration = Duration::from_secs(150);

async fn expired(w: &Local, placed: &Placed) -> Order {
    w.until_within(PATIENCE, &placed.order_id, "should expire", |order| order.status() == "expired").await
}

/// How long until the order's window closes.
async fn remaining(w: &Local, placed: &Placed) -> Duration {
    let order = w.order(&placed.order_id).await;
    let deadline: Timestamp = order.text("/payment_deadline").parse().unwrap_or_else(|_| panic!("{}", order.story()));
    Duration::try_from(deadline.duration_since(clock::now())).unwrap_or_default()
}

#[test]
fn an_unpaid_order_gives_its_stock_back_exactly_once() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let placed = w.payable(&Basket::of(&[(&tee, 2)])).await;
        assert_eq!(w.shelf(&tee, "sz-1").await.held, 2);
        let order = expired(w, &placed).await;
        assert_eq!((order.payment_status(), order.fulfilment_status()), ("voided", "cancelled"), "{}", order.story());
        w.all_back(&tee, "sz-1", 5).await;
        let order = w.order(order.id()).await;

        // Whatever runs again finds nothing left to do.
        for workflow in ["reversal", "placement", "fulfilment"] {
            assert_eq!(w.engine.run(workflow, &placed.order_id).await, "SUCCEEDED");
        }
        w.engine.sweep().await;
        w.all_back(&tee, "sz-1", 5).await;
        assert_eq!(w.order(&placed.order_id).await.version(), order.version());
    });
}

#[test]
fn a_payment_after_expiry_is_refunded_in_full() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let basket = Basket::of(&[(&tee, 1)]);
        let placed = w.payable(&basket).await;
        expired(w, &placed).await;
        let intent = w.buyer_pays(&placed, basket.total());
        let paid = w.event("payment_intent.succeeded", &intent);
        for _ in 0..3 {
            w.stripe_says(&paid).await.expect(200);
        }
        let back = |o: &Order| o.payment_status() == "refunded";
        let order = w.until(&placed.order_id, "should be refunded", back).await;
        assert_eq!((order.status(), order.refunded_as()), ("expired", vec!["succeeded"]), "{}", order.story());
        assert!(order.shipments().is_empty(), "{}", order.story());
        w.refunded_once(&order, &intent);
        w.all_back(&tee, "sz-1", 5).await;
    });
}

#[test]
fn a_payment_that_is_known_is_called_off_at_the_provider() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let basket = Basket::of(&[(&tee, 1)]);
        let placed = w.payable(&basket).await;
        let intent = w.opens_payment(&placed, basket.total());
        let told = json!({ "provider": "stripe", "amount": yuan(basket.total()), "provider_payment_id": intent.id });
        let path = format!("/v1/orders/{}/payments", placed.order_id);
        let answer = w.post("storefront", &path, &told).await.expect(200);
        assert_eq!(answer["payment_reference"], placed.reference.as_str());
        expired(w, &placed).await;
        let off = |o: &Order| o.text("/payments/0/status") == "expired";
        w.until(&placed.order_id, "should have called the payment off", off).await;
        let status = w.stripe.with(|ledger| ledger.intent(&intent.id).unwrap().status);
        assert_eq!(status, "canceled", "the buyer cannot pay any more");
        w.all_back(&tee, "sz-1", 5).await;
    });
}

#[test]
fn payment_and_expiry_in_the_same_instant() {
    beside_others(async |w| {
        // From well before the deadline to well after it; those between race with the expiry itself.
        let offsets_ms: [i64; 9] = [-4000, -400, -100, 0, 200, 500, 800, 1100, 1400];
        let units = offsets_ms.len() as u32;
        let tee = w.product(9900, &[("sz-1", units)]).await;
        let basket = Basket::of(&[(&tee, 1)]);
        let races = offsets_ms.map(|offset| race(w, &basket, offset));
        let ends = join_all(races).await;

        let paid = ends.iter().filter(|won| **won).count() as i64;
        assert!(ends[0], "a payment well before the deadline counts");
        let on_hand = i64::from(units);
        // Only what is paid is promised.
        let promised = Level { on_hand, held: 0, committed: paid, available: on_hand - paid };
        w.shelf_comes_to(&tee, "sz-1", promised).await;
    });
}

/// Pays this long after the deadline while the expiry is set off as well. True if the payment won.
async fn race(w: &Local, basket: &Basket, offset_ms: i64) -> bool {
    let placed = w.payable(basket).await;
    let intent = w.buyer_pays(&placed, basket.total());
    let deadline = remaining(w, &placed).await;
    let shift = Duration::from_millis(offset_ms.unsigned_abs());
    let at = if offset_ms < 0 { deadline.saturating_sub(shift) } else { deadline + shift };
    let pay = async {
        tokio::time::sleep(at).await;
        w.paid(&intent).await;
    };
    // The queue's own message comes a second after the deadline; this one comes at it.
    let expire = async {
        tokio::time::sleep(deadline).await;
        w.engine.run("reversal", &placed.order_id).await;
    };
    tokio::join!(pay, expire);
    let rests = |o: &Order| match o.status() {
        "in_fulfilment" => o.is_released(1),
        "expired" => o.payment_status() == "refunded",
        _ => false,
    };
    let order = w.until_within(PATIENCE, &placed.order_id, "should be paid or refunded", rests).await;
    let won = order.status() == "in_fulfilment";
    if won {
        assert_eq!(order.payment_status(), "paid", "{}", order.story());
        assert!(w.refunds_of(&intent).is_empty(), "{}", order.story());
    } else {
        w.refunded_once(&order, &intent);
    }
    won
}
