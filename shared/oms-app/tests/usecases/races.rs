//! Several at once: a worker comes between any two calls of another, and a hundred buyers want one thing.

use std::future::Future;

use oms_app::ports::Stimulus;
use oms_domain::command::{Command, Report};
use oms_domain::id::{HoldId, ShipmentId};
use oms_domain::status::{OrderStatus, ReservationStatus};
use oms_domain::wake::Work;
use oms_testkit::build::an_order;

use crate::{lives, picture};
use oms_testkit::shop::acts::Act;
use oms_testkit::shop::checks;
use oms_testkit::shop::facts::{authorized, captured, failed};
use oms_testkit::shop::work::Way;
use oms_testkit::shop::{PAYMENT_WINDOW, Shop, order_id};

/// Runs something whose n-th call waits until something else has come to its end. When it has fewer calls, the other
/// follows it.
pub async fn within<A, B>(
    shop: &Shop,
    n: u64,
    first: impl Future<Output = A>,
    second: impl Future<Output = B>,
) -> (A, B) {
    shop.plan.stall_nth(n);
    let mut first = Box::pin(first);
    let early = tokio::select! {
        biased;
        done = &mut first => Some(done),
        () = shop.plan.stalled() => None,
    };
    let second = Box::pin(second).await;
    shop.plan.go_on();
    match early {
        Some(first) => (first, second),
        None => (first.await, second),
    }
}

/// Every message is delivered to two workers at once: the second runs it from start to end between two calls of the first.
#[tokio::test]
async fn two_workers_on_each_message() {
    for (name, life) in lives::ALL {
        let mut shop = Shop::new().await;
        for (i, act) in life().iter().enumerate() {
            if !lives::is_new(name, i) {
                shop.live(act).await;
                continue;
            }
            shop = shop.fork(Way::Message);
            shop.act(act).await;
            let mut plain = shop.fork(Way::Message);
            plain.mail.extend(sent(&shop));
            plain.drain().await;
            let calls = plain.plan.trace().len() as u64;
            plain.settle().await;
            let expected = picture::picture(&plain).await;
            for n in 1..=calls {
                let mut twins = shop.fork(Way::Message);
                twins.mail.extend(sent(&shop));
                drain_twice(&mut twins, n).await;
                twins.settle().await;
                checks::sound(&twins).await;
                assert_eq!(picture::picture(&twins).await, expected, "{name}, act {i} {act:?}, call {n}");
            }
            shop.drain().await;
        }
    }
}

fn sent(shop: &Shop) -> Vec<oms_testkit::shop::work::Message> {
    let now = oms_app::ports::Clock::now(&shop.clock);
    let message = |(stimulus, delay): (Stimulus, u32)| oms_testkit::shop::work::Message {
        stimulus,
        seen_from: oms_testkit::shop::work::later(now, i64::from(delay)),
        receives: 0,
    };
    shop.queue.sent().into_iter().map(message).collect()
}

async fn drain_twice(shop: &mut Shop, n: u64) {
    shop.plan.stall_nth(n);
    loop {
        shop.fetch();
        let now = oms_app::ports::Clock::now(&shop.clock);
        let Some(next) = shop.mail.iter().position(|m| m.seen_from <= now) else { break };
        let stimulus = shop.mail.remove(next).stimulus;
        let colleague = shop.colleague();
        let mut first = Box::pin(shop.run(&stimulus));
        let early = tokio::select! {
            biased;
            done = &mut first => Some(done),
            () = shop.plan.stalled() => None,
        };
        colleague.run(&stimulus).await.unwrap();
        match early {
            Some(done) => done.unwrap(),
            None => {
                shop.plan.go_on();
                first.await.unwrap();
            }
        }
    }
    // Publishing has no twin: nobody has to come between.
    shop.plan.go_on();
    shop.stream().await;
}

/// Two timers run at once, one within the other, over whatever was lost.
#[tokio::test]
async fn two_sweeps_at_once() {
    for (name, life) in lives::ALL {
        let mut shop = Shop::new().await;
        for (i, act) in life().iter().enumerate() {
            if lives::is_new(name, i) {
                let lost = shop.fork(Way::Message);
                lost.act(act).await;
                drop(lost.queue.take());
                lost.clock.advance_seconds(61);
                let mut once = lost.fork(Way::Message);
                once.sweep_all().await;
                let calls = once.plan.trace().len() as u64;
                once.settle().await;
                let expected = picture::picture(&once).await;
                // The first half of the calls only reads empty shards.
                for n in (1..=calls).step_by(5) {
                    let mut twice = lost.fork(Way::Message);
                    let colleague = twice.colleague();
                    within(&twice, n, twice.sweep_all(), colleague.sweep_all()).await;
                    twice.settle().await;
                    checks::sound(&twice).await;
                    assert_eq!(picture::picture(&twice).await, expected, "{name}, act {i} {act:?}, call {n}");
                }
            }
            shop.live(act).await;
        }
    }
}

/// Something that happens at the same moment as something else.
#[derive(Debug, Clone)]
enum Move {
    Act(Act),
    Work(Work),
}

async fn make(shop: &Shop, what: &Move) {
    match what {
        // The later of two may be told that it is too late.
        Move::Act(act) => drop(shop.try_act(act).await),
        Move::Work(work) => {
            let stimulus = Stimulus { order_id: shop.id(), work: *work };
            shop.run(&stimulus).await.unwrap();
        }
    }
}

async fn end(mut shop: Shop) -> Vec<String> {
    shop.settle().await;
    checks::sound(&shop).await;
    picture::picture(&shop).await
}

/// One thing comes between any two calls of another: it ends as if one had come after the other.
async fn as_in_turn(past: &Shop, first: Move, second: Move) -> usize {
    for what in [&first, &second] {
        if let Move::Act(act) = what {
            past.prepare(act);
        }
    }
    let mut ends = Vec::new();
    let mut calls = 0;
    for (a, b) in [(&first, &second), (&second, &first)] {
        let shop = past.fork(Way::Message);
        make(&shop, a).await;
        calls = calls.max(shop.plan.trace().len());
        make(&shop, b).await;
        ends.push(end(shop).await);
    }
    for n in 1..=calls as u64 {
        let shop = past.fork(Way::Message);
        let colleague = shop.colleague();
        within(&shop, n, make(&shop, &first), make(&colleague, &second)).await;
        let found = end(shop).await;
        assert!(
            ends.contains(&found),
            "{second:?} at call {n} of {first:?}:\n{}\n\nwould be one of {ends:#?}",
            found.join("\n")
        );
    }
    calls
}

async fn after(acts: &[Act]) -> Shop {
    let mut shop = Shop::new().await;
    shop.live_all(acts).await;
    shop.fork(Way::Message)
}

fn told(event: &str, payment: &str) -> Move {
    Move::Act(Act::told(captured(&order_id("web", "W-1"), event, payment, "186.00")))
}

fn cancel() -> Move {
    Move::Act(Act::ask(Command::Cancel { reason: "changed my mind".into() }))
}

fn shipped() -> Move {
    Move::Act(Act::shipped(1, "SF1", "r-9"))
}

#[tokio::test]
async fn payment_and_expiry_in_the_same_instant() {
    for identified in [false, true] {
        let mut shop = after(&lives::expired()[..if identified { 2 } else { 1 }]).await;
        shop.clock.advance_seconds(PAYMENT_WINDOW);
        shop = shop.fork(Way::Message);
        as_in_turn(&shop, Move::Work(Work::Reversal), told("evt_1", "pi_1")).await;
        as_in_turn(&shop, told("evt_1", "pi_1"), Move::Work(Work::Reversal)).await;
        // Whichever wins, the money is kept for goods or sent back, and the stock is promised once or not at all.
        let expired = shop.fork(Way::Message);
        make(&expired, &Move::Work(Work::Reversal)).await;
        make(&expired, &told("evt_1", "pi_1")).await;
        let lines = end(expired).await;
        assert!(lines.iter().any(|l| l.contains("captured 186.00 CNY refunded 186.00 CNY")), "{lines:#?}");
    }
}

#[tokio::test]
async fn what_people_do_at_the_same_moment() {
    let placed = lives::cancelled_after_payment()[..1].to_vec();
    let paid = lives::cancelled_after_payment()[..2].to_vec();
    let packed = lives::too_late_to_stop()[..3].to_vec();
    let held = lives::held_and_released()[..1].to_vec();
    let release = Move::Act(Act::ask(Command::ReleaseHold { hold_id: HoldId::number(1), reason: "fine".into() }));
    let reject = Move::Act(Act::ask(Command::RejectHold { hold_id: HoldId::number(1), reason: "bad".into() }));
    let refund = Move::Act(Act::Refund { amount: "186.00", key: "k-1" });
    let fewer = Move::Act(Act::CancelLines { line: 1, quantity: 1, key: "c-1" });
    let another = Move::Act(Act::Refund { amount: "186.00", key: "k-2" });
    let refuses = Move::Act(Act::Report { shipment: 1, report: Report::Rejected { reason: None }, key: "r-8" });
    let stops = Move::Act(Act::Report { shipment: 1, report: Report::Cancelled, key: "r-7" });
    let declined = Move::Act(Act::told(failed(&order_id("web", "W-1"), "evt_8", "pi_1")));
    let promised = Move::Act(Act::told(authorized(&order_id("web", "W-1"), "evt_7", "pi_1", "186.00")));
    let pairs = [
        (&placed, cancel(), told("evt_1", "pi_1")),
        (&placed, told("evt_1", "pi_1"), told("evt_2", "pi_2")),
        (&placed, told("evt_1", "pi_1"), declined.clone()),
        (&placed, told("evt_1", "pi_1"), promised),
        (&paid, cancel(), shipped()),
        (&paid, cancel(), refund.clone()),
        (&placed, fewer.clone(), told("evt_1", "pi_1")),
        (&paid, fewer.clone(), shipped()),
        (&paid, fewer.clone(), cancel()),
        (&paid, fewer, refund.clone()),
        (&paid, cancel(), told("evt_2", "pi_2")),
        (&paid, refund.clone(), another),
        (&paid, refund, told("evt_2", "pi_2")),
        (&paid, refuses.clone(), shipped()),
        (&paid, refuses, cancel()),
        (&packed, cancel(), shipped()),
        (&packed, stops, cancel()),
        (&held, release.clone(), reject),
        (&held, release, cancel()),
    ];
    for (past, a, b) in pairs {
        let shop = after(past).await;
        as_in_turn(&shop, a.clone(), b.clone()).await;
        as_in_turn(&shop, b, a).await;
    }
}

#[tokio::test]
async fn requests_against_workflows() {
    let cases = [
        (vec![lives::expired()[0].clone()], Work::Placement, cancel()),
        (vec![lives::expired()[0].clone()], Work::Placement, told("evt_1", "pi_1")),
        (lives::planned_elsewhere()[..3].to_vec(), Work::Fulfilment, cancel()),
        (lives::planned_elsewhere()[..3].to_vec(), Work::Fulfilment, told("evt_2", "pi_2")),
        (lives::cancelled_after_payment(), Work::Reversal, told("evt_2", "pi_2")),
        (lives::cancelled_after_payment(), Work::Reversal, shipped()),
        (lives::paid_twice(), Work::Reversal, cancel()),
        (lives::paid_twice(), Work::Reversal, Move::Act(Act::Refund { amount: "372.00", key: "k-1" })),
    ];
    for (acts, work, request) in cases {
        let mut shop = Shop::new().await;
        let (last, before) = acts.split_last().unwrap();
        shop.live_all(before).await;
        // The last act has led to a message; its workflow is what runs.
        shop.act(last).await;
        drop(shop.queue.take());
        let shop = shop.fork(Way::Message);
        let calls = as_in_turn(&shop, Move::Work(work), request.clone()).await;
        assert!(calls > 2, "{work:?} had nothing to do");
        as_in_turn(&shop, request, Move::Work(work)).await;
    }
}

/// A hundred orders at once, each in its own worker, mixed by a seed.
async fn rush(order: impl Fn(usize) -> oms_testkit::build::OrderBuilder, count: usize, seed: u64) -> Shop {
    let shop = Shop::new().await;
    shop.stock("sz-1", "LAST", 1).await;
    let numbers: Vec<&'static str> = (0..count).map(|i| &*format!("W-{i}").leak()).collect();
    for (i, number) in numbers.iter().enumerate() {
        let placed = oms_testkit::shop::acts::request(&order(i).channel("web", number), "web", number, number);
        shop.intake().place(&placed).await.unwrap();
    }
    drop(shop.queue.take());
    shop.plan.mix(seed);
    let runs = numbers.iter().map(|number| {
        let stimulus = Stimulus { order_id: order_id("web", number), work: Work::Placement };
        let shop = &shop;
        async move { Box::pin(shop.run(&stimulus)).await.unwrap() }
    });
    futures::future::join_all(runs).await;
    shop
}

#[tokio::test]
async fn a_hundred_buyers_of_the_last_one() {
    for seed in 0..2 {
        let mut shop = rush(|_| an_order().empty().line("LAST", 1, "10.00"), 100, seed).await;
        assert_eq!(shop.counts("sz-1", "LAST"), (1, 1, 0));
        let mut won = 0;
        for loaded in shop.orders().await {
            if loaded.order.status == OrderStatus::AwaitingPayment {
                won += 1;
            } else {
                assert_eq!(loaded.order.status, OrderStatus::Rejected);
                assert!(loaded.order.reservations.is_empty());
            }
        }
        assert_eq!(won, 1, "seed {seed}");
        shop.settle().await;
        checks::sound(&shop).await;
        // It comes back once, and one of the next gets it.
        shop.pass(PAYMENT_WINDOW + 30).await;
        shop.settle().await;
        assert_eq!(shop.counts("sz-1", "LAST"), (1, 0, 0));
    }
}

#[tokio::test]
async fn two_lines_of_one_thing_are_one_promise() {
    let order = || an_order().empty().line("LAST", 1, "10.00").line("LAST", 1, "10.00");
    let shop = rush(|_| order(), 3, 1).await;
    assert_eq!(shop.counts("sz-1", "LAST"), (1, 0, 0));
    assert!(shop.orders().await.iter().all(|l| l.order.status == OrderStatus::Rejected));
    let mut shop = Shop::new().await;
    shop.stock("sz-1", "LAST", 3).await;
    let id = order_id("web", "W-1");
    shop.live_all(&[Act::place(order()), Act::told(captured(&id, "evt_1", "pi_1", "20.00"))]).await;
    assert_eq!(shop.counts("sz-1", "LAST"), (3, 0, 2));
    shop.live(&Act::shipped(1, "SF1", "r-1")).await;
    assert_eq!(shop.counts("sz-1", "LAST"), (1, 0, 0));
    let order = shop.order(&id).await;
    assert!(order.reservations.iter().all(|r| r.status == ReservationStatus::Consumed));
    assert_eq!(order.shipments[0].id, ShipmentId::of(&id, 1));
}

#[tokio::test]
async fn a_rush_for_what_is_in_two_places() {
    // Ten hats and ten mugs; each order wants one of each, or all that is left of one.
    let order = |i: usize| match i % 3 {
        0 => an_order().empty().line("HAT", 1, "59.90").line("MUG", 1, "30.10"),
        1 => an_order().empty().line("MUG", 2, "30.10").line("HAT", 1, "59.90"),
        _ => an_order().empty().line("HAT", 2, "59.90"),
    };
    for seed in 0..2 {
        let mut shop = rush(order, 30, seed).await;
        shop.settle().await;
        checks::sound(&shop).await;
        let (hats, mugs) = (shop.level("sz-1", "HAT"), shop.level("sh-1", "MUG"));
        assert!(hats.held <= 10 && mugs.held <= 10);
        assert!(
            hats.available() == 0 || mugs.available() == 0,
            "somebody was sent away for nothing: {hats:?} {mugs:?}"
        );
    }
}
