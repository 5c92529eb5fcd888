//! What providers and carriers tell, in any order and any number: the end is the same.

use oms_domain::command::Command;
use oms_domain::payment::RefundFactStatus;
use oms_domain::status::{OrderStatus, PaymentStatus, RefundStatus, ShipmentStatus};
use oms_testkit::build::an_order;
use oms_testkit::gateway::Script;

use crate::{lives, picture};
use oms_testkit::shop::acts::Act;
use oms_testkit::shop::checks;
use oms_testkit::shop::facts::{authorized, captured, failed, pending, refunded};
use oms_testkit::shop::{Shop, order_id};

/// All orders of some things.
fn permutations<T: Clone>(items: &[T]) -> Vec<Vec<T>> {
    if items.len() <= 1 {
        return vec![items.to_vec()];
    }
    let mut all = Vec::new();
    for i in 0..items.len() {
        let mut rest = items.to_vec();
        let first = rest.remove(i);
        for mut tail in permutations(&rest) {
            tail.insert(0, first.clone());
            all.push(tail);
        }
    }
    all
}

/// Every act of a permutation three times, then all of them once more.
async fn thrice(past: &Shop, acts: &[Act], drained: bool) -> Shop {
    let mut shop = past.fork(oms_testkit::shop::work::Way::Message);
    for act in acts {
        for _ in 0..3 {
            shop.act(act).await;
        }
        if drained {
            shop.drain().await;
        }
    }
    shop.drain().await;
    for act in acts {
        shop.live(act).await;
    }
    shop.settle().await;
    checks::sound(&shop).await;
    shop
}

/// An eventually consistent read costs half; what it says is believed only where a commit's number confirms it.
#[tokio::test]
async fn the_first_look_is_the_cheap_one() {
    let mut past = Shop::new().await;
    past.live(&Act::place(an_order())).await;
    let shop = past.fork(past.way);
    shop.act(&Act::told(captured(&shop.id(), "evt_1", "pi_1", "186.00"))).await;
    let reads: Vec<_> = shop.plan.trace().into_iter().filter(|call| call.starts_with("orders.load")).collect();
    assert_eq!(reads, ["orders.load_from_replica"]);
    // Told again: that nothing is to be done is not believed of a replica.
    shop.act(&Act::told(captured(&shop.id(), "evt_1", "pi_1", "186.00"))).await;
    let reads: Vec<_> = shop.plan.trace().into_iter().filter(|call| call.starts_with("orders.load")).collect();
    assert_eq!(reads[1..], ["orders.load_from_replica", "orders.load"]);
}

#[tokio::test]
async fn four_payment_events_and_their_order_in_any_order() {
    let id = order_id("web", "W-1");
    let acts = [
        Act::place(an_order()),
        Act::told(pending(&id, "evt_1", "pi_1")),
        Act::told(authorized(&id, "evt_2", "pi_1", "186.00")),
        Act::told(failed(&id, "evt_3", "pi_1")),
        Act::told(captured(&id, "evt_4", "pi_1", "186.00")),
    ];
    let past = Shop::new().await;
    let mut expected = None;
    for (i, order) in permutations(&acts).iter().enumerate() {
        let shop = thrice(&past, order, i % 2 == 0).await;
        let found = shop.order(&id).await;
        assert_eq!(found.payments.len(), 1, "{order:?}");
        assert_eq!(found.payments[0].status, PaymentStatus::Captured, "{order:?}");
        assert_eq!(found.status, OrderStatus::InFulfilment, "{order:?}");
        let found = picture::picture(&shop).await;
        assert_eq!(found, *expected.get_or_insert_with(|| found.clone()), "{order:?}");
    }
}

#[tokio::test]
async fn two_payments_in_any_order() {
    let id = order_id("web", "W-1");
    let acts = [
        Act::place(an_order()),
        Act::told(captured(&id, "evt_1", "pi_1", "186.00")),
        Act::told(captured(&id, "evt_2", "pi_2", "186.00")),
        Act::told(failed(&id, "evt_3", "pi_2")),
    ];
    let past = Shop::new().await;
    for order in permutations(&acts) {
        let shop = thrice(&past, &order, true).await;
        let found = shop.order(&id).await;
        assert_eq!(found.captured().unwrap().to_string(), "372.00 CNY", "{order:?}");
        assert_eq!(found.refunded().unwrap().to_string(), "186.00 CNY", "{order:?}");
        assert_eq!(shop.stripe.refunds().len(), 1, "{order:?}");
        assert_eq!(found.status, OrderStatus::InFulfilment, "{order:?}");
    }
}

#[tokio::test]
async fn four_parcel_events_in_any_order() {
    let mut past = Shop::new().await;
    past.live_all(&lives::paid_and_delivered()[..2]).await;
    let scan = |status, event| Act::Scan { number: "SF1", status, event };
    let acts =
        [Act::shipped(1, "SF1", "r-1"), scan("in_transit", "s-1"), scan("exception", "s-2"), scan("delivered", "s-3")];
    let mut expected = None;
    for (i, order) in permutations(&acts).iter().enumerate() {
        let shop = thrice(&past, order, i % 2 == 0).await;
        let found = shop.order(&shop.id()).await;
        assert_eq!(found.shipments[0].status, ShipmentStatus::Delivered, "{order:?}");
        assert_eq!(found.status, OrderStatus::Completed, "{order:?}");
        assert_eq!(shop.counts("sz-1", "TEE-M"), (8, 0, 0), "{order:?}");
        let mut found = picture::picture(&shop).await;
        // Whether the buyer heard of trouble depends on whether it came before the parcel.
        found.retain(|line| !line.ends_with("told parcel_trouble") && !line.ends_with("told parcel_shipped"));
        assert_eq!(found, *expected.get_or_insert_with(|| found.clone()), "{order:?}");
    }
}

#[tokio::test]
async fn a_warehouses_reports_in_any_order() {
    let mut past = Shop::new().await;
    past.live_all(&lives::paid_and_delivered()[..2]).await;
    let report = |report, key| Act::Report { shipment: 1, report, key };
    let acts = [
        report(oms_domain::command::Report::Accepted, "r-1"),
        report(oms_domain::command::Report::Packed, "r-2"),
        Act::shipped(1, "SF1", "r-3"),
        report(oms_domain::command::Report::Delivered, "r-4"),
    ];
    for order in permutations(&acts) {
        let shop = thrice(&past, &order, true).await;
        let found = shop.order(&shop.id()).await;
        assert_eq!(found.status, OrderStatus::Completed, "{order:?}");
        assert!(found.shipments[0].tracking_number.is_some(), "{order:?}");
        assert!(found.anomalies.is_empty(), "{order:?}: {:?}", found.anomalies);
    }
}

#[tokio::test]
async fn what_the_provider_says_of_a_refund_in_any_order() {
    let id = order_id("web", "W-1");
    let mut past = Shop::new().await;
    past.live_all(&lives::cancelled_after_payment()[..2]).await;
    past.stripe.script([Script::Pending]);
    past.live(&Act::ask(Command::Cancel { reason: "changed my mind".into() })).await;
    assert_eq!(past.order(&id).await.refunds[0].status, RefundStatus::Submitted);
    past.stripe.settle(&past.order(&id).await.refunds[0].id, true);
    let acts = [
        Act::told(refunded(&id, "evt_2", 1, "186.00", RefundFactStatus::Pending)),
        Act::told(refunded(&id, "evt_3", 1, "186.00", RefundFactStatus::Succeeded)),
        Act::told(refunded(&id, "evt_4", 1, "186.00", RefundFactStatus::Pending)),
        Act::Pass(1_000),
    ];
    let mut expected = None;
    for order in permutations(&acts) {
        let shop = thrice(&past, &order, true).await;
        let found = shop.order(&id).await;
        assert_eq!((found.status, found.refunds.len()), (OrderStatus::Cancelled, 1), "{order:?}");
        let found = picture::picture(&shop).await;
        assert_eq!(found, *expected.get_or_insert_with(|| found.clone()), "{order:?}");
    }
}
