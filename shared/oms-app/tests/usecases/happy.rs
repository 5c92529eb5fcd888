//! Lives without faults: where they end, and what is left of them.

use std::collections::BTreeSet;
use std::sync::Arc;

use oms_app::deliveries::{News, TOLD};
use oms_app::pointers::{Pointer, WorkEntry, WorkList};
use oms_app::ports::{Clock, OrderLists, OrderStore, StockStore};
use oms_app::queries::Queries;
use oms_app::timers::{Timer, Watched};
use oms_domain::derived;
use oms_domain::event::{CommitRecord, OrderEvent};
use oms_domain::location::Location;
use oms_domain::order::Order;
use oms_domain::status::{OrderStatus, ShipmentStatus};
use oms_domain::task::{Role, TaskKind};
use oms_domain::wake::Work;
use oms_testkit::build::{a_location, an_order, cny};
use oms_testkit::faults::Fault;

use crate::lives;
use crate::picture;
use oms_testkit::shop::acts::Act;
use oms_testkit::shop::checks;
use oms_testkit::shop::facts::{captured, fact};
use oms_testkit::shop::{PAYMENT_WINDOW, Shop, WEBHOOK, order_id};

/// Lives a life; nothing is missed on the way, so the sweep finds nothing that it did not know the time of.
async fn live(life: &[Act]) -> (Shop, Order) {
    let mut shop = Shop::new().await;
    for act in life {
        shop.live(act).await;
        tidy(&shop).await;
    }
    shop.settle().await;
    checks::sound(&shop).await;
    tidy(&shop).await;
    let order = shop.order(&shop.id()).await;
    (shop, order)
}

/// Every order has a timer in time, and few that it no longer needs.
async fn tidy(shop: &Shop) {
    let look = shop.look().await;
    for loaded in &look.orders {
        checks::found_by_the_sweep(shop, &loaded.order, &look);
        let of_it = |t: &&Timer| t.of == Watched::Order { order_id: loaded.order.id.clone() };
        assert!(look.timers.iter().filter(of_it).count() <= 3, "{:#?}", look.timers);
    }
}

fn paid_back(order: &Order) -> String {
    order.refunded().unwrap().to_string()
}

#[tokio::test]
async fn every_life_ends_where_it_should() {
    use OrderStatus::{Cancelled, Closed, Completed, Expired, InFulfilment, Rejected};
    let ends: [(&str, OrderStatus, &str, &str, &str); 45] = [
        ("paid_and_delivered", Closed, "paid", "delivered", "0.00 CNY"),
        ("split", Completed, "paid", "delivered", "0.00 CNY"),
        ("channel", Completed, "paid", "delivered", "0.00 CNY"),
        ("channel_cancelled", Cancelled, "refunded", "cancelled", "120.10 CNY"),
        ("cash_on_delivery", Completed, "paid", "delivered", "0.00 CNY"),
        ("digital", Completed, "paid", "delivered", "0.00 CNY"),
        ("cancelled_after_payment", Cancelled, "refunded", "cancelled", "186.00 CNY"),
        ("cancelled_unpaid", Cancelled, "voided", "cancelled", "0.00 CNY"),
        ("cancelled_in_part", Completed, "partially_refunded", "delivered", "93.00 CNY"),
        ("cancelled_part_by_part", Cancelled, "refunded", "cancelled", "186.00 CNY"),
        ("stopped_by_the_warehouse", Cancelled, "refunded", "cancelled", "186.00 CNY"),
        ("too_late_to_stop", Completed, "paid", "delivered", "0.00 CNY"),
        ("expired", Expired, "voided", "cancelled", "0.00 CNY"),
        ("paid_too_late", Expired, "refunded", "cancelled", "186.00 CNY"),
        ("paid_while_it_expires", Expired, "refunded", "cancelled", "186.00 CNY"),
        ("rejected", Rejected, "voided", "cancelled", "0.00 CNY"),
        ("sold_out_and_paid", Rejected, "refunded", "cancelled", "10.00 CNY"),
        ("held_and_released", InFulfilment, "paid", "shipped", "0.00 CNY"),
        ("held_and_rejected", Rejected, "refunded", "cancelled", "891.00 CNY"),
        ("held_and_forgotten", Rejected, "refunded", "cancelled", "891.00 CNY"),
        ("wrong_amount_accepted", InFulfilment, "paid", "shipped", "0.00 CNY"),
        ("paid_twice", InFulfilment, "paid", "unfulfilled", "186.00 CNY"),
        ("callback_before_its_order", InFulfilment, "paid", "shipped", "0.00 CNY"),
        ("scan_before_its_report", Completed, "paid", "delivered", "0.00 CNY"),
        ("planned_elsewhere", Completed, "paid", "delivered", "0.00 CNY"),
        ("waits_for_stock", InFulfilment, "paid", "shipped", "0.00 CNY"),
        ("refunded_in_parts", InFulfilment, "refunded", "on_hold", "186.00 CNY"),
        ("refunded_a_minute_apart", InFulfilment, "partially_refunded", "unfulfilled", "13.00 CNY"),
        ("agreed_by_two", InFulfilment, "partially_refunded", "unfulfilled", "260.00 CNY"),
        ("agreed_by_nobody", Cancelled, "refunded", "cancelled", "305.00 CNY"),
        ("authorized_and_voided", Cancelled, "voided", "cancelled", "0.00 CNY"),
        ("taken_when_released", InFulfilment, "paid", "unfulfilled", "0.00 CNY"),
        ("taken_when_shipped", Completed, "paid", "delivered", "0.00 CNY"),
        ("told_what_it_costs", InFulfilment, "paid", "unfulfilled", "0.00 CNY"),
        ("taken_and_cancelled", Cancelled, "refunded", "cancelled", "186.00 CNY"),
        ("cancelled_before_it_is_taken", Cancelled, "voided", "cancelled", "0.00 CNY"),
        ("third_time_lucky", InFulfilment, "paid", "unfulfilled", "0.00 CNY"),
        ("refunded_by_hand", InFulfilment, "partially_refunded", "shipped", "6.00 CNY"),
        ("paid_in_two_ways", Cancelled, "refunded", "cancelled", "186.00 CNY"),
        ("counted_short", OrderStatus::AwaitingPayment, "pending", "unfulfilled", "0.00 CNY"),
        ("shipped_more_than_counted", InFulfilment, "paid", "shipped", "0.00 CNY"),
        ("begun_and_changed", InFulfilment, "paid", "unfulfilled", "0.00 CNY"),
        ("begun_and_expired", Expired, "voided", "cancelled", "0.00 CNY"),
        ("deposit_kept", Expired, "partially_refunded", "cancelled", "136.00 CNY"),
        ("deposit_sent_back", Expired, "refunded", "cancelled", "186.00 CNY"),
    ];
    assert_eq!(ends.map(|end| end.0).to_vec(), lives::ALL.iter().map(|life| life.0).collect::<Vec<_>>());
    for ((name, life), (_, status, payment, fulfilment, refunded)) in lives::ALL.iter().zip(ends) {
        let (_, order) = live(&life()).await;
        assert_eq!(order.status, status, "{name}");
        assert_eq!(derived::payment_status(&order), payment, "{name}");
        assert_eq!(derived::fulfilment_status(&order), fulfilment, "{name}");
        assert_eq!(paid_back(&order), refunded, "{name}");
        assert!(order.anomalies.is_empty(), "{name}: {:?}", order.anomalies);
    }
}

#[tokio::test]
async fn stock_moves_with_the_order() {
    let mut shop = Shop::new().await;
    let mut seen = vec![shop.counts("sz-1", "TEE-M")];
    for act in lives::paid_and_delivered() {
        shop.live(&act).await;
        seen.push(shop.counts("sz-1", "TEE-M"));
    }
    seen.dedup();
    assert_eq!(seen, [(10, 0, 0), (10, 2, 0), (10, 0, 2), (8, 0, 0)]);
    let (shop, _) = live(&lives::shipped_more_than_counted()).await;
    assert_eq!(shop.counts("sz-1", "TEE-M"), (0, 0, 0));
    for life in [lives::cancelled_after_payment(), lives::expired(), lives::paid_too_late(), lives::held_and_rejected()]
    {
        let (shop, _) = live(&life).await;
        assert_eq!(shop.counts("sz-1", "TEE-M"), (10, 0, 0));
    }
}

#[tokio::test]
async fn each_parcel_carries_the_channels_ids() {
    let (shop, order) = live(&lives::channel()).await;
    assert!(order.payments.iter().all(|p| p.provider_payment_id.is_none()));
    assert!(!shop.bus.names().iter().any(|name| name == "payment_requested"));
    let entries = shop.bus.events();
    let parcels = entries.iter().filter(|e| e["data"]["names"][0] == "shipment_shipped");
    let told: BTreeSet<(&str, &str, &str)> = parcels
        .map(|e| {
            let shipment = &e["data"]["events"][0]["shipment"];
            assert_eq!((&e["data"]["channel"], &e["data"]["channel_order_id"]), (&"tmall".into(), &"T-1".into()));
            let text = |v: &'_ serde_json::Value| -> &'static str { v.as_str().unwrap().to_owned().leak() };
            (
                text(&shipment["tracking_number"]),
                text(&shipment["lines"][0]["channel_line_id"]),
                text(&shipment["location_id"]),
            )
        })
        .collect();
    assert_eq!(told, BTreeSet::from([("SF1", "T-1-2", "sh-1"), ("SF2", "T-1-1", "sz-1")]));
}

#[tokio::test]
async fn commits_leave_in_their_order() {
    for (name, life) in lives::ALL {
        let (shop, order) = live(&life()).await;
        let numbers: Vec<u64> =
            shop.bus.events().iter().map(|e| e["sequence"].as_str().unwrap().parse().unwrap()).collect();
        assert_eq!(numbers, (1..=order.version).collect::<Vec<_>>(), "{name}");
    }
}

/// An ordinary order is few commits and one workflow run: what can follow from a commit is a part of it.
#[tokio::test]
async fn what_follows_by_itself_needs_no_workflow() {
    let mut shop = Shop::new().await;
    let mut runs = Vec::new();
    for act in lives::paid_and_delivered() {
        shop.act(&act).await;
        shop.fetch();
        runs.extend(shop.mail.iter().filter(|m| m.seen_from <= shop.clock.now()).map(|m| m.stimulus.work));
        shop.drain().await;
    }
    // Closing is the one thing that time alone brings.
    assert_eq!(runs, [Work::Placement, Work::Reversal]);
    let names = |record: CommitRecord| record.events.iter().map(OrderEvent::name).collect::<Vec<_>>();
    let commits: Vec<_> = shop.records(&shop.id()).await.into_iter().map(names).collect();
    let expected = [
        vec!["order_received"],
        vec!["order_validated", "stock_reserved", "payment_requested"],
        vec![
            "payment_identified",
            "payment_captured",
            "order_confirmed",
            "shipment_planned",
            "shipment_released",
            "fulfilment_started",
            "customer_notified",
        ],
        vec!["shipment_accepted"],
        vec!["shipment_packed"],
        vec!["shipment_shipped", "customer_notified"],
        vec!["shipment_in_transit"],
        vec!["shipment_out_for_delivery"],
        vec!["shipment_delivered", "order_completed", "customer_notified"],
        vec!["order_closed"],
    ];
    assert_eq!(commits, expected);
}

#[tokio::test]
async fn a_rejection_says_why_for_each_line() {
    let (_, order) = live(&lives::rejected()).await;
    let details: Vec<&str> = order.rejections.iter().map(|r| r.detail.as_str()).collect();
    assert_eq!(details, ["NOPE is not sold here", "TEE-M costs 99.00 CNY, not 98.00 CNY"]);
    let (_, order) = live(&lives::sold_out_and_paid()).await;
    assert_eq!(order.rejections[0].detail, "LAST is out of stock");
}

#[tokio::test]
async fn scans_of_a_parcel_that_nobody_knows_become_a_task() {
    let mut shop = Shop::new().await;
    shop.live(&Act::Scan { number: "SF9", status: "in_transit", event: "s-1" }).await;
    for _ in 0..287 {
        shop.pass(300).await;
    }
    assert!(checks::loose_tasks(&shop).await.is_empty());
    shop.pass(700).await;
    let tasks = checks::loose_tasks(&shop).await;
    assert_eq!(tasks.len(), 1);
    assert!(tasks.iter().all(|t| t.starts_with(TaskKind::UnmatchedTracking.name())), "{tasks:?}");
    assert!(shop.store.all_timers().is_empty());
}

#[tokio::test]
async fn a_payment_for_an_order_that_never_comes_becomes_a_task() {
    let mut shop = Shop::new().await;
    let id = order_id("web", "W-1");
    shop.live(&Act::told(captured(&id, "evt_1", "pi_1", "186.00"))).await;
    for _ in 0..287 {
        shop.pass(300).await;
    }
    assert!(checks::loose_tasks(&shop).await.is_empty());
    shop.pass(700).await;
    assert_eq!(checks::loose_tasks(&shop).await.len(), 1);
    // Should it come after all, it finds its payment.
    shop.live(&Act::place(an_order())).await;
    shop.settle().await;
    checks::sound(&shop).await;
    assert_eq!(shop.order(&id).await.status, OrderStatus::InFulfilment);
}

#[tokio::test]
async fn a_fact_without_an_order_finds_it_by_the_payment() {
    use oms_app::callbacks::{Recorded, record_nameless};
    let mut shop = Shop::new().await;
    let id = order_id("web", "W-1");
    shop.live_all(&lives::cancelled_after_payment()[..2]).await;
    let mut dispute =
        fact(&id, "evt_9", "pi_1", oms_domain::payment::PaymentFactKind::Disputed { amount: cny("186.00") });
    dispute.reference = None;
    let engine = shop.engine();
    assert_eq!(record_nameless(&engine, &shop.store, &dispute).await.unwrap(), Recorded::Applied);
    assert_eq!(derived::payment_status(&shop.order(&id).await), "disputed");
    dispute.provider_payment_id = "pi_other".into();
    assert_eq!(record_nameless(&engine, &shop.store, &dispute).await.unwrap(), Recorded::Unmatched);
    assert_eq!(checks::loose_tasks(&shop).await.len(), 1);
    let tasks = shop.store.tasks(Role::Finance, None, 10).await.unwrap().items;
    let reasons: Vec<_> = tasks.iter().filter(|t| t.order_id.is_none()).map(|t| t.reason.as_str()).collect();
    assert_eq!(reasons, ["stripe pi_other: 186.00 CNY disputed, and no order knows this payment"]);
    assert_eq!(shop.store.unhandled().len(), 1);
}

/// The bus's rule feeds the webhook queue with these.
fn news(shop: &Shop) -> Vec<News> {
    let is_told = |name: &serde_json::Value| TOLD.iter().any(|told| name == told);
    let wanted =
        |e: &serde_json::Value| e["webhook"] == true && e["data"]["names"].as_array().unwrap().iter().any(is_told);
    shop.bus.events().into_iter().filter(wanted).map(|e| serde_json::from_value(e).unwrap()).collect()
}

#[tokio::test]
async fn a_warehouse_with_an_address_is_told() {
    for (life, told) in [
        (lives::split(), vec!["released"]),
        (lives::cancelled_after_payment(), vec!["released", "withdrawn"]),
        (lives::cancelled_in_part(), vec!["released", "withdrawn", "released"]),
        (lives::stopped_by_the_warehouse(), vec!["released", "cancel_requested", "withdrawn"]),
    ] {
        let (shop, _) = live(&life).await;
        for news in news(&shop) {
            // Each call of the delivery fails once, in one way after the other; the queue brings the message again.
            for fault in Fault::ALL {
                shop.plan.fail_nth(1 + shop.plan.trace().len() as u64 % 3, *fault);
                while shop.call(shop.deliveries().deliver(&news)).await.is_err() {}
            }
        }
        let mut ids = BTreeSet::new();
        let mut kinds = Vec::new();
        for delivery in shop.webhooks.deliveries() {
            assert_eq!(delivery.url, WEBHOOK);
            let body: serde_json::Value = serde_json::from_slice(&delivery.body).unwrap();
            assert_eq!(body["id"], delivery.id);
            assert_eq!(body["location_id"], "sz-1");
            assert_eq!(body["recipient"]["name"], "王芳");
            if ids.insert(delivery.id) {
                kinds.push(body["type"].as_str().unwrap().to_owned());
            }
        }
        let mut told: Vec<String> = told.iter().map(|k| format!("waybill.shipment.{k}.v1")).collect();
        // What one commit tells may come in another order when a call failed: receivers go by the shipment.
        kinds.sort();
        told.sort();
        assert_eq!(kinds, told);
    }
}

#[tokio::test]
async fn a_location_that_does_not_answer_holds_up_no_other() {
    let mut shop = Shop::new().await;
    let shanghai =
        Location { webhook_url: Some("https://sh.example/".into()), ..a_location("sh-1", "上海市", "上海市", 2) };
    shop.store.put_location(&shanghai).await.unwrap();
    shop.live_all(&lives::split()[..2]).await;
    let [entry] = news(&shop).try_into().expect("both parcels were released in one commit");
    shop.plan.fail_call("webhooks.post", 1, Fault::Before);
    assert!(shop.deliveries().deliver(&entry).await.is_err());
    let told: Vec<_> = shop.webhooks.deliveries().into_iter().map(|d| d.url).collect();
    assert_eq!(told, [WEBHOOK], "the second was told although the first was not");
    assert_eq!(shop.deliveries().deliver(&entry).await.unwrap(), 2);
    let ids: Vec<_> = shop.webhooks.deliveries().into_iter().map(|d| d.id).collect();
    assert_eq!((ids.len(), &ids[0]), (3, &ids[2]), "once more under the same id");
}

#[tokio::test]
async fn the_buyer_is_asked_until_the_window_ends() {
    let mut shop = Shop::new().await;
    shop.live(&lives::expired()[0]).await;
    shop.pass(PAYMENT_WINDOW - 1).await;
    assert_eq!(shop.order(&shop.id()).await.status, OrderStatus::AwaitingPayment);
    shop.pass(31).await;
    assert_eq!(shop.order(&shop.id()).await.status, OrderStatus::Expired);
}

#[tokio::test]
async fn a_silent_warehouse_and_a_silent_carrier_become_tasks() {
    let mut shop = Shop::new().await;
    shop.live_all(&lives::paid_and_delivered()[..2]).await;
    let kinds = |shop: &Shop| shop.store.tasks_of(&shop.id()).iter().map(|t| t.kind).collect::<Vec<_>>();
    shop.pass(86_400 + 30).await;
    assert_eq!(kinds(&shop), [TaskKind::ShipmentOverdue]);
    shop.live(&Act::shipped(1, "SF1", "r-1")).await;
    assert!(kinds(&shop).is_empty());
    shop.pass(10 * 86_400 + 30).await;
    assert_eq!(kinds(&shop), [TaskKind::ShipmentOverdue]);
    shop.live(&Act::Scan { number: "SF1", status: "lost", event: "s-1" }).await;
    assert_eq!(kinds(&shop), [TaskKind::ShipmentTrouble]);
    assert_eq!(shop.order(&shop.id()).await.shipments[0].status, ShipmentStatus::Lost);
    checks::sound(&shop).await;
    assert!(!picture::picture(&shop).await.is_empty());
}

#[tokio::test]
async fn a_list_keeps_what_is_a_moment_early() {
    let mut shop = Shop::new().await;
    shop.live_all(&lives::paid_and_delivered()[..2]).await;
    let shipment = shop.order(&shop.id()).await.shipments[0].clone();
    let early = WorkEntry {
        location_id: shipment.location_id.clone(),
        list: WorkList::Done,
        since: shipment.planned_at,
        shipment_id: shipment.id.clone(),
    };
    // Somebody reads the list between the entry and its commit.
    shop.store.point(&Pointer::Work(early)).await.unwrap();
    let queries = Queries { orders: Arc::new(shop.store.clone()), lists: Arc::new(shop.store.clone()) };
    let done = queries.shipments(&shipment.location_id, Some(WorkList::Done), None, None, 10).await.unwrap();
    assert!(done.items.is_empty());
    assert!(shop.store.is_listed(&shipment.id, WorkList::Done), "taken out before its commit was stored");
    assert!(shop.store.is_listed(&shipment.id, WorkList::Open));
}

/// What a caller is answered is the order as anybody reads it, and its events are numbered without a gap.
#[tokio::test]
async fn the_order_that_is_answered_is_the_order_that_is_stored() {
    let mut shop = Shop::new().await;
    let id = order_id("web", "W-1");
    shop.act(&Act::place(an_order())).await;
    let placed = oms_app::placement::validate(&shop.engine(), None, &id).await.unwrap();
    assert!(!placed.events.is_empty());
    assert_eq!(placed.order, shop.order(&id).await);
    shop.live(&Act::told(captured(&id, "evt_1", "pi_1", "186.00"))).await;
    let mut next = 1;
    for record in shop.records(&id).await {
        assert_eq!(record.first_event, next, "commit {}", record.seq);
        next += record.events.len() as u64;
    }
    assert_eq!(shop.order(&id).await.event_count + 1, next);
}
