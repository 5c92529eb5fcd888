//! What gets lost, and what comes more often than it should: messages, published events, deliveries.

use oms_domain::command::Command;
use oms_domain::id::OrderId;
use oms_domain::status::{OrderStatus, ShipmentStatus};
use oms_domain::wake::Work;
use oms_testkit::build::an_order;
use oms_testkit::faults::Fault;
use oms_testkit::memory::Lag;
use oms_testkit::seeded::Seeded;

use oms_app::ports::Stimulus;

use crate::lives;
use crate::picture;
use oms_testkit::shop::acts::Act;
use oms_testkit::shop::checks;
use oms_testkit::shop::facts::captured;
use oms_testkit::shop::work::{Message, Way};
use oms_testkit::shop::{LOOKOUT, PAYMENT_WINDOW, Shop, order_id};

/// Every life, lived in a way, has the same end as without it.
async fn same_ends<F>(live: impl Fn(Shop, Vec<Act>) -> F)
where
    F: Future<Output = Shop>,
{
    for (name, life) in lives::ALL {
        let mut plain = Shop::new().await;
        plain.live_all(&life()).await;
        plain.settle().await;
        let mut odd = live(Shop::new().await, life()).await;
        odd.settle().await;
        checks::sound(&odd).await;
        assert_eq!(picture::picture(&odd).await, picture::picture(&plain).await, "{name}");
    }
}

/// Loses every message that was sent at once; what has its time is found by the sweep anyway.
fn lose_mail(shop: &mut Shop) -> usize {
    shop.fetch();
    let count = shop.mail.len();
    shop.mail.clear();
    count
}

#[tokio::test]
async fn the_sweep_finds_every_lost_message() {
    same_ends(|mut shop, life| async move {
        for act in life {
            shop.act(&act).await;
            // Each round loses whatever the last one led to: only the sweep's own messages arrive.
            for _ in 0..12 {
                lose_mail(&mut shop);
                shop.stream().await;
                shop.clock.advance_seconds(61);
                shop.sweep_all().await;
                shop.fetch();
                for Message { stimulus, .. } in std::mem::take(&mut shop.mail) {
                    shop.run(&stimulus).await.unwrap();
                }
            }
        }
        shop
    })
    .await;
}

#[tokio::test]
async fn each_workflow_is_found_by_its_own_name() {
    let mut shop = Shop::new().await;
    let id = order_id("web", "W-1");
    let swept = async |shop: &mut Shop| -> Vec<Work> {
        lose_mail(shop);
        shop.clock.advance_seconds(LOOKOUT + 21);
        shop.sweep_all().await;
        shop.fetch();
        shop.mail.iter().map(|m| m.stimulus.work).collect()
    };
    shop.act(&Act::place(an_order())).await;
    assert_eq!(swept(&mut shop).await, [Work::Placement]);
    shop.drain().await;
    shop.act(&Act::told(captured(&id, "evt_1", "pi_1", "186.00"))).await;
    assert!(swept(&mut shop).await.is_empty(), "it is with its location already");
    shop.act(&lives::planned_elsewhere()[2]).await;
    assert_eq!(swept(&mut shop).await, [Work::Fulfilment]);
    shop.drain().await;
    let cancel = oms_domain::command::Command::Cancel { reason: "changed my mind".into() };
    shop.act(&Act::ask(cancel)).await;
    assert_eq!(swept(&mut shop).await, [Work::Reversal]);
    shop.drain().await;
    assert_eq!(shop.order(&id).await.status, OrderStatus::Cancelled);
    assert!(swept(&mut shop).await.is_empty());
}

#[tokio::test]
async fn a_swept_order_is_not_swept_again_at_once() {
    let mut shop = Shop::new().await;
    shop.act(&Act::place(an_order())).await;
    lose_mail(&mut shop);
    shop.clock.advance_seconds(LOOKOUT + 21);
    for _ in 0..3 {
        shop.sweep_all().await;
    }
    assert_eq!(lose_mail(&mut shop), 1);
    // A quarter of the time for which it has waited, and the sweep's grace.
    shop.clock.advance_seconds((LOOKOUT + 21) / 4 + 21);
    shop.sweep_all().await;
    assert_eq!(lose_mail(&mut shop), 1);
}

#[tokio::test]
async fn an_order_that_nothing_helps_does_not_fill_the_queue() {
    let mut shop = Shop::new().await;
    shop.way = Way::Sweep;
    shop.live_all(&lives::expired()[..2]).await;
    // The provider is down for a day, so the payment cannot be called off.
    shop.plan.fail_every("gateway.cancel_payment", Fault::Before);
    shop.clock.advance_seconds(PAYMENT_WINDOW);
    let mut sent = Vec::new();
    for minute in 0..1_440 {
        shop.clock.advance_seconds(60);
        shop.sweep_all().await;
        for (stimulus, _) in shop.queue.take() {
            sent.push(minute);
            let _ = shop.run(&stimulus).await;
        }
    }
    assert!(sent.len() < 130, "{} messages in a day: {sent:?}", sent.len());
    assert!(sent.iter().filter(|minute| **minute < 10).count() >= 5, "not prompt: {sent:?}");
    // And it is back: a quarter of an hour later the order has come to rest.
    shop.plan.stop();
    for _ in 0..17 {
        shop.pass(60).await;
    }
    assert_eq!(asked(&shop, "cancel"), 1);
    shop.settle().await;
    checks::sound(&shop).await;
}

/// How often the provider was reached for something.
fn asked(shop: &Shop, what: &str) -> usize {
    shop.stripe.calls().iter().filter(|call| call.starts_with(what)).count()
}

#[tokio::test]
async fn lists_that_are_behind() {
    same_ends(|mut shop, life| async move {
        shop.way = Way::Sweep;
        let mut seed = 0;
        for act in life {
            seed += 1;
            shop.store.lag(Lag::Sometimes(Seeded::new(seed), 600));
            shop.live(&act).await;
            for _ in 0..3 {
                shop.pass(61).await;
            }
        }
        shop.store.lag(Lag::None);
        shop
    })
    .await;
}

/// Every replica lacks the newest commit, at every call: what is decided from it is then decided again.
#[tokio::test]
async fn replicas_that_are_behind() {
    same_ends(|mut shop, life| async move {
        shop.store.lag(Lag::Frozen);
        shop.live_all(&life).await;
        shop.store.lag(Lag::None);
        shop
    })
    .await;
}

/// A replica that does not know that the location has gone on takes a second cancellation for the first one again.
#[tokio::test]
async fn a_replica_that_has_nothing_to_do_is_asked_no_further() {
    let mut shop = Shop::new().await;
    shop.live_all(&lives::too_late_to_stop()[..5]).await;
    shop.settle().await;
    let id = order_id("web", "W-1");
    assert_eq!(shop.order(&id).await.status, OrderStatus::InFulfilment);
    shop.store.lag(Lag::Frozen);
    shop.live(&Act::ask(Command::Cancel { reason: "again".into() })).await;
    shop.store.lag(Lag::None);
    assert_eq!(shop.order(&id).await.status, OrderStatus::Cancelling);
}

#[tokio::test]
async fn the_sweep_publishes_what_the_stream_lost() {
    same_ends(|mut shop, life| async move {
        for act in life {
            shop.act(&act).await;
            for _ in 0..6 {
                shop.fetch();
                for Message { stimulus, .. } in std::mem::take(&mut shop.mail) {
                    shop.run(&stimulus).await.unwrap();
                }
            }
        }
        shop
    })
    .await;
}

#[tokio::test]
async fn a_bus_that_is_down_holds_up_no_order() {
    let mut shop = Shop::new().await;
    let id = order_id("web", "W-1");
    shop.way = Way::Sweep;
    shop.plan.fail_every("bus.put", Fault::Before);
    shop.live_all(&[Act::place(an_order()), Act::told(captured(&id, "evt_1", "pi_1", "186.00"))]).await;
    shop.act(&lives::cancelled_after_payment()[2]).await;
    // The cancellation's message is lost as well.
    lose_mail(&mut shop);
    for _ in 0..8 {
        shop.pass(61).await;
    }
    assert_eq!(shop.order(&id).await.status, OrderStatus::Cancelled);
    assert!(shop.bus.events().is_empty());
    shop.plan.stop();
    shop.settle().await;
    checks::sound(&shop).await;
}

#[tokio::test]
async fn a_queue_that_is_down_holds_up_no_event() {
    let mut shop = Shop::new().await;
    shop.way = Way::Sweep;
    shop.plan.fail_every("queue.send", Fault::Before);
    shop.act(&Act::place(an_order())).await;
    for _ in 0..3 {
        shop.pass(61).await;
    }
    assert_eq!(shop.bus.names(), ["order_received"]);
    shop.plan.stop();
    shop.settle().await;
    assert_eq!(shop.order(&shop.id()).await.status, OrderStatus::AwaitingPayment);
}

#[tokio::test]
async fn every_message_three_times() {
    same_ends(|mut shop, life| async move {
        shop.copies = 3;
        shop.live_all(&life).await;
        shop
    })
    .await;
}

#[tokio::test]
async fn every_request_three_times() {
    same_ends(|mut shop, life| async move {
        for act in life {
            shop.act(&act).await;
            for _ in 0..2 {
                again(&shop, &act).await;
            }
            shop.drain().await;
            again(&shop, &act).await;
            shop.drain().await;
        }
        shop
    })
    .await;
}

/// The same request again. Staff who ask for what is done already are told so.
async fn again(shop: &Shop, act: &Act) {
    match act {
        Act::Ask(_) => drop(shop.try_act(act).await),
        Act::Pass(_) => shop.sweep_all().await,
        Act::Place { .. }
        | Act::Told(_)
        | Act::Identify { .. }
        | Act::Open { .. }
        | Act::Start { .. }
        | Act::Report { .. }
        | Act::Scan { .. }
        | Act::CancelLines { .. }
        | Act::Refund { .. }
        | Act::RefundLines { .. }
        | Act::Count { .. } => shop.try_act(act).await.unwrap(),
    }
}

#[tokio::test]
async fn any_workflow_at_any_time() {
    same_ends(|mut shop, life| async move {
        for act in life {
            shop.live(&act).await;
            let ids: Vec<OrderId> = shop.store.order_ids();
            for work in Work::ALL {
                for id in &ids {
                    shop.run(&Stimulus { order_id: id.clone(), work: *work }).await.unwrap();
                }
            }
            shop.drain().await;
        }
        shop
    })
    .await;
}

#[tokio::test]
async fn workflows_of_an_order_that_never_was() {
    let shop = Shop::new().await;
    for work in Work::ALL {
        let stimulus = Stimulus { order_id: order_id("web", "never"), work: *work };
        assert!(shop.run(&stimulus).await.is_err());
    }
    assert!(shop.store.order_ids().is_empty());
}

/// The number is written before the parcel has it, so one whose report was never stored leads to a parcel all the same.
#[tokio::test]
async fn a_number_that_its_parcel_does_not_have_moves_nothing() {
    let mut shop = Shop::new().await;
    let id = order_id("web", "W-1");
    shop.live_all(&[Act::place(an_order()), Act::told(captured(&id, "evt_1", "pi_1", "186.00"))]).await;
    shop.plan.fail_call("orders.commit", 1, Fault::CrashBefore);
    assert!(shop.try_act(&Act::shipped(1, "SF2", "r-1")).await.is_err());
    shop.live(&Act::shipped(1, "SF1", "r-2")).await;
    let scan = |number, event| Act::Scan { number, status: "delivered", event };
    shop.live(&scan("SF2", "e-1")).await;
    assert_eq!(shop.order(&id).await.shipments[0].status, ShipmentStatus::Shipped);
    shop.live(&scan("SF1", "e-2")).await;
    assert_eq!(shop.order(&id).await.shipments[0].status, ShipmentStatus::Delivered);
}
