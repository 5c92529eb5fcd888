//! Idempotency: one order, one refund, one report, however often and by whomever they are sent.

use oms_app::commands;
use oms_app::error::AppError;
use oms_app::intake::{IntakeError, Request};
use oms_domain::command::{RefundAsk, Report};
use oms_domain::id::{OrderId, RefundId, ShipmentId};
use oms_domain::money::Money;
use oms_domain::refusal::Refusal;
use oms_domain::status::ShipmentStatus;
use oms_testkit::build::{OrderBuilder, an_order, cny};
use oms_testkit::faults::{Fault, Run};

use crate::races;
use oms_testkit::shop::acts::{Act, request};
use oms_testkit::shop::checks;
use oms_testkit::shop::facts::captured;
use oms_testkit::shop::{Shop, order_id};

fn web(order: OrderBuilder, key: &str) -> Request {
    request(&order.channel("web", "W-1"), "web", "W-1", key)
}

async fn place(shop: &Shop, request: &Request) -> Result<OrderId, IntakeError> {
    shop.intake().place(request).await
}

/// A lease that its holder left: the function died between the lease and the order.
async fn abandoned(shop: &Shop, request: &Request) {
    shop.plan.fail_call("orders.commit", 1, Fault::CrashBefore);
    assert_eq!(shop.plan.run(async { place(shop, request).await.is_ok() }).await, Run::Crashed);
}

#[tokio::test]
async fn the_same_again_is_the_same_order() {
    let shop = Shop::new().await;
    let request = web(an_order(), "k-1");
    let id = place(&shop, &request).await.unwrap();
    for _ in 0..3 {
        shop.clock.advance_seconds(100);
        assert_eq!(place(&shop, &request).await.unwrap(), id);
    }
    assert_eq!(shop.records(&id).await.len(), 1);
    assert_eq!(shop.queue.sent().len(), 1);
}

/// Two channels may use one number, and where a channel's name ends counts.
#[test]
fn an_order_is_named_by_its_channel_and_its_number() {
    let ids = [order_id("web", "W-1"), order_id("app", "W-1"), order_id("web", "W-2"), order_id("we", "bW-1")];
    assert_eq!(ids.iter().collect::<std::collections::BTreeSet<_>>().len(), ids.len());
}

#[tokio::test]
async fn another_body_under_the_key() {
    let shop = Shop::new().await;
    place(&shop, &web(an_order(), "k-1")).await.unwrap();
    let other = web(an_order().discount("0"), "k-1");
    assert!(matches!(place(&shop, &other).await, Err(IntakeError::KeyReused)));
    // Also while the first is at work, and after it died.
    let shop = Shop::new().await;
    abandoned(&shop, &web(an_order(), "k-1")).await;
    assert!(matches!(place(&shop, &other).await, Err(IntakeError::KeyReused)));
    shop.clock.advance_seconds(31);
    assert!(matches!(place(&shop, &other).await, Err(IntakeError::KeyReused)));
}

#[tokio::test]
async fn in_flight_until_the_lease_ends() {
    let shop = Shop::new().await;
    let request = web(an_order(), "k-1");
    abandoned(&shop, &request).await;
    assert!(matches!(place(&shop, &request).await, Err(IntakeError::InFlight)));
    shop.clock.advance_seconds(29);
    assert!(matches!(place(&shop, &request).await, Err(IntakeError::InFlight)));
    shop.clock.advance_seconds(2);
    let id = place(&shop, &request).await.unwrap();
    assert_eq!(shop.records(&id).await.len(), 1);
}

#[tokio::test]
async fn a_lost_answer_is_given_again() {
    let shop = Shop::new().await;
    let request = web(an_order(), "k-1");
    shop.plan.fail_call("orders.commit", 1, Fault::CrashAfter);
    assert_eq!(shop.plan.run(async { place(&shop, &request).await.is_ok() }).await, Run::Crashed);
    // At once, although the lease has not ended: the order is there.
    let id = place(&shop, &request).await.unwrap();
    assert_eq!(shop.records(&id).await.len(), 1);
}

#[tokio::test]
async fn a_short_weakness_of_the_table_is_not_the_senders_business() {
    // Otherwise the sender's next try would meet its own lease and be told to wait.
    for fault in [Fault::Contended, Fault::Throttled, Fault::After] {
        let shop = Shop::new().await;
        shop.plan.fail_call("orders.commit", 1, fault);
        let id = place(&shop, &web(an_order(), "k-1")).await.unwrap();
        assert_eq!(shop.records(&id).await.len(), 1);
        assert_eq!(shop.queue.sent().len(), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn one_order_under_two_keys() {
    let shop = Shop::new().await;
    let (first, second) = (web(an_order(), "k-1"), web(an_order(), "k-2"));
    let id = place(&shop, &first).await.unwrap();
    // The answer stays the same, however often it is asked for.
    for _ in 0..3 {
        assert!(matches!(place(&shop, &second).await, Err(IntakeError::Duplicate(known)) if known == id));
        assert_eq!(place(&shop, &first).await.unwrap(), id);
        shop.clock.advance_seconds(40);
    }
    assert_eq!(shop.records(&id).await.len(), 1);
}

#[tokio::test]
async fn whoever_died_first_comes_second() {
    let shop = Shop::new().await;
    let (first, second) = (web(an_order(), "k-1"), web(an_order(), "k-2"));
    abandoned(&shop, &first).await;
    let id = place(&shop, &second).await.unwrap();
    for _ in 0..2 {
        assert!(matches!(place(&shop, &first).await, Err(IntakeError::Duplicate(known)) if known == id));
        shop.clock.advance_seconds(40);
    }
}

/// Two requests of intake, the second within the first, at every call of it.
#[tokio::test]
async fn requests_within_requests() {
    for (other_key, same) in [("k-1", true), ("k-2", false)] {
        for n in 1..=4 {
            let shop = Shop::new().await;
            let colleague = shop.colleague();
            let (one, two) = (web(an_order(), "k-1"), web(an_order(), other_key));
            let (first, second) = races::within(&shop, n, place(&shop, &one), place(&colleague, &two)).await;
            let ids = [&first, &second].into_iter().flatten().count();
            assert!(ids >= 1, "nobody placed it: {first:?} {second:?}");
            if same {
                // The second is told to wait, or that it is done.
                assert!(matches!(second, Ok(_) | Err(IntakeError::InFlight)), "{second:?}");
            } else {
                assert_eq!(ids, 1, "{first:?} {second:?}");
            }
            assert_eq!(shop.records(&order_id("web", "W-1")).await.len(), 1);
        }
    }
}

async fn paid() -> Shop {
    let mut shop = Shop::new().await;
    let id = order_id("web", "W-1");
    shop.live_all(&[Act::place(an_order()), Act::told(captured(&id, "evt_1", "pi_1", "186.00"))]).await;
    shop
}

async fn refund(shop: &Shop, amount: &str, key: &str) -> Result<RefundId, AppError> {
    let ask = RefundAsk::Amount(cny(amount));
    commands::refund(&shop.engine(), &shop.id(), ask, "goodwill".into(), "finance", key, amount).await
}

fn reused<T>(answer: &Result<T, AppError>) -> bool {
    matches!(answer, Err(AppError::Refused(Refusal::KeyReused)))
}

async fn claimed(shop: &Shop) -> Money {
    let order = shop.order(&shop.id()).await;
    order.captured().unwrap().sub(order.refundable_total().unwrap()).unwrap()
}

#[tokio::test]
async fn a_refund_has_one_effect_for_each_key() {
    let mut shop = paid().await;
    let first = refund(&shop, "50.00", "k").await.unwrap();
    assert_eq!(refund(&shop, "50.00", "k").await.unwrap(), first);
    assert!(reused(&refund(&shop, "60.00", "k").await));
    shop.drain().await;
    // Also long after it has gone out.
    assert_eq!(refund(&shop, "50.00", "k").await.unwrap(), first);
    assert!(reused(&refund(&shop, "60.00", "k").await));
    let second = refund(&shop, "50.00", "k2").await.unwrap();
    assert_ne!(first, second);
    shop.settle().await;
    checks::sound(&shop).await;
    assert_eq!(shop.stripe.refunded("pi_1"), Some(cny("100.00")));
    let above = refund(&shop, "86.01", "k3").await;
    assert!(matches!(above, Err(AppError::Refused(Refusal::ExceedsRemaining { .. }))));
}

#[tokio::test]
async fn a_key_within_a_key_is_another_key() {
    let shop = paid().await;
    refund(&shop, "1.00", "k#1").await.unwrap();
    refund(&shop, "2.00", "k").await.unwrap();
    refund(&shop, "3.00", "k#").await.unwrap();
    assert_eq!(claimed(&shop).await, cny("6.00"));
    let id = ShipmentId::of(&shop.id(), 1);
    let carriers = shop.carriers();
    carriers.report(&id, Report::Accepted, "warehouse", "r#1", "a").await.unwrap();
    carriers.report(&id, Report::Packed, "warehouse", "r", "b").await.unwrap();
}

#[tokio::test]
async fn a_key_that_two_use_at_once_is_used_once() {
    for (other, same) in [("50.00", true), ("60.00", false)] {
        for n in 1..=4 {
            let shop = paid().await;
            let colleague = shop.colleague();
            let (first, second) =
                races::within(&shop, n, refund(&shop, "50.00", "k"), refund(&colleague, other, "k")).await;
            if same {
                assert_eq!(first.unwrap(), second.unwrap());
            } else {
                assert!(reused(&first) ^ reused(&second), "call {n}: {first:?} {second:?}");
            }
            assert_eq!(shop.order(&shop.id()).await.refunds.len(), 1, "call {n}");
        }
    }
}

#[tokio::test]
async fn a_report_has_one_effect_for_each_key() {
    let shop = paid().await;
    let id = ShipmentId::of(&shop.id(), 1);
    let carriers = shop.carriers();
    let report = |report: Report, key: &'static str, hash: &'static str| {
        let (carriers, id) = (&carriers, &id);
        async move { carriers.report(id, report, "warehouse", key, hash).await.map(|o| o.events.len()) }
    };
    assert!(report(Report::Accepted, "r-1", "accepted").await.unwrap() > 0);
    assert_eq!(report(Report::Accepted, "r-1", "accepted").await.unwrap(), 0);
    assert!(reused(&report(Report::Packed, "r-1", "packed").await));
    assert!(report(Report::Packed, "r-2", "packed").await.unwrap() > 0);
    assert_eq!(shop.order(&shop.id()).await.shipments[0].status, ShipmentStatus::Packed);
    // Long after, and although the shipment has moved on.
    shop.clock.advance_seconds(10_000);
    assert_eq!(report(Report::Accepted, "r-1", "accepted").await.unwrap(), 0);

    let nowhere = ShipmentId::of(&shop.id(), 7);
    let unknown = carriers.report(&nowhere, Report::Packed, "warehouse", "r-9", "packed").await;
    assert!(matches!(unknown, Err(AppError::NotFound("shipment"))), "{unknown:?}");
    let never = ShipmentId::of(&order_id("web", "never"), 1);
    let unknown = carriers.report(&never, Report::Packed, "warehouse", "r-9", "packed").await;
    assert!(matches!(unknown, Err(AppError::NotFound("shipment"))), "{unknown:?}");
}

#[tokio::test]
async fn a_report_key_that_two_use_at_once_is_used_once() {
    for n in 1..=4 {
        let shop = paid().await;
        let colleague = shop.colleague();
        let id = ShipmentId::of(&shop.id(), 1);
        let (mine, theirs) = (shop.carriers(), colleague.carriers());
        let (first, second) = races::within(
            &shop,
            n,
            mine.report(&id, Report::Accepted, "warehouse", "r-1", "accepted"),
            theirs.report(&id, Report::Packed, "warehouse", "r-1", "packed"),
        )
        .await;
        assert!(reused(&first) ^ reused(&second), "call {n}: {first:?} {second:?}");
    }
}

/// The lease is looked at, then the order: what is stored in between counts, if this request stored it.
#[tokio::test]
async fn an_order_that_comes_between_the_lease_and_the_look_counts_for_its_own_key() {
    let (one, two) = (web(an_order(), "k-1"), web(an_order(), "k-2"));
    let shop = Shop::new().await;
    abandoned(&shop, &one).await;
    let colleague = shop.colleague();
    let other = place(&colleague, &two);
    let (first, second) = races::within(&shop, 2, place(&shop, &one), other).await;
    assert!(matches!((&first, &second), (Err(IntakeError::InFlight), Ok(_))), "{first:?} {second:?}");
    let shop = Shop::new().await;
    abandoned(&shop, &one).await;
    let colleague = shop.colleague();
    let again = async {
        colleague.clock.advance_seconds(31);
        place(&colleague, &one).await
    };
    let (first, second) = races::within(&shop, 2, place(&shop, &one), again).await;
    assert_eq!(first.unwrap(), second.unwrap());
}

#[tokio::test]
async fn a_table_that_stays_weak_is_told_to_the_sender_soon() {
    let shop = Shop::new().await;
    shop.plan.fail_every("orders.commit", Fault::Throttled);
    assert!(matches!(place(&shop, &web(an_order(), "k-1")).await, Err(IntakeError::App(_))));
    assert_eq!(shop.plan.trace().iter().filter(|call| **call == "orders.commit").count(), 4);
}
