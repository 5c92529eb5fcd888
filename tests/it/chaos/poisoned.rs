//! One message in a hundred cannot be processed. Exactly those end in the dead-letter queue, the others hardly notice, and what
//! was repaired is completed by a redrive.

use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::stream::iter;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::plan::Plan;
use crate::stack::engine::Consumer;
use crate::stack::shared::{Local, alone, restoring};
use crate::world::{Basket, Order, Placed, Product, eventually_within};

/// Orders a second: well below what the engine can do, so that what is measured is not the queue.
const RATE: u32 = 6;
/// Of the long run, in which figures are taken; more would measure no better.
const MEASURED: usize = 400;
/// Of the short run, which takes none.
const SHORT: usize = 30;
/// Before either: as many as wake a process for everything that runs at once at this rate.
const WARM_UP: usize = 12;
/// What cannot succeed is tried five times, each after twice the time.
const PATIENCE: Duration = Duration::from_secs(120);
/// How much the healthy orders' p99 may move in the long run. The aim is 10 %; the rest is the engine's own noise.
const MOST_MOVED: f64 = 1.5;
/// The p99 of fewer orders is the slowest one or two of them, which says nothing.
const ENOUGH: usize = 300;

/// Orders whose first row was made unreadable, with what it was.
struct Spoiled {
    placed: Placed,
    row: Value,
}

#[test]
fn exactly_the_poison_is_put_aside() {
    alone(async |w| {
        let plan = Plan::of_this_run();
        let count = if plan.long { plan.orders.min(MEASURED) } else { SHORT };
        let tee = w.product(9900, &[("sz-1", 5000)]).await;
        let calm = if plan.long { Some(measured_alone(w, &tee, count).await) } else { None };

        // One message in a hundred, half of it beyond repair; in the short run one of each kind.
        let spoiled = spoil(w, &tee, (count / 200).max(1)).await;
        let garbage = garbage(w, (count / 400).max(1)).await;
        let mut poison = garbage.clone();
        poison.extend(spoiled.iter().map(|s| stimulus(&s.placed.order_id)));
        let healthy = measured_beside(w, &tee, count, &garbage).await;
        put_aside(w, &poison).await;
        let other = bodies(w).await.into_iter().filter(|body| healthy.iter().any(|o| body.contains(o.id()))).count();
        assert_eq!(other, 0, "a healthy order's message was put aside");

        // The cause is repaired for some; garbage stays garbage.
        for Spoiled { placed, row } in &spoiled {
            put(w, &placed.order_id, row.clone()).await;
        }
        let moved = w.engine.redrive().await;
        assert!(moved as usize >= poison.len(), "{moved} of {} went back", poison.len());
        for Spoiled { placed, .. } in &spoiled {
            let order = w.released(&placed.order_id, 1).await;
            assert_eq!(order.times("order_received"), 1, "{}", order.story());
        }
        put_aside(w, &garbage).await;
        let left = bodies(w).await;
        for Spoiled { placed, .. } in &spoiled {
            assert!(!left.iter().any(|body| body.contains(&placed.order_id)), "{} is still there", placed.order_id);
        }
        plan.tell(format!(
            "{} poisoned messages of {}: put aside, {} repaired and completed",
            poison.len(),
            count,
            spoiled.len()
        ));
        if let Some(calm) = calm {
            compare(plan, &calm, &healthy);
        }
    });
}

/// From the order's reception to its release, as the shop's own clock has it.
fn compare(plan: Plan, calm: &[Order], poisoned: &[Order]) {
    let [calm, poisoned] = [calm, poisoned].map(|orders| {
        let mut times: Vec<i64> = orders.iter().map(milliseconds).collect();
        times.sort_unstable();
        times
    });
    let at = |times: &[i64], percent: usize| times[(times.len() * percent).div_ceil(100) - 1];
    for percent in [50, 99] {
        let (before, after) = (at(&calm, percent), at(&poisoned, percent));
        #[allow(clippy::cast_precision_loss, clippy::float_arithmetic, reason = "a figure for people")]
        let moved = after as f64 / before as f64;
        plan.tell(format!(
            "p{percent} of healthy orders from reception to release: {before} ms, with poison {after} ms"
        ));
        let judged = percent == 99 && poisoned.len() >= ENOUGH;
        assert!(!judged || moved < MOST_MOVED, "the healthy orders suffer: {moved}");
    }
}

fn milliseconds(order: &Order) -> i64 {
    let at = |event: &str| -> Timestamp {
        let entry = order.list("/timeline").iter().find(|entry| entry["event"] == event).unwrap();
        entry["at"].as_str().unwrap().parse().unwrap()
    };
    at("shipment_released").as_millisecond() - at("order_received").as_millisecond()
}

/// The same orders without poison, to compare with. A minute after its release each asks after its silent warehouse: that is waited
/// for, or those that come next would be placed beside as many timers as orders, which these were not.
async fn measured_alone(w: &Local, tee: &Product, count: usize) -> Vec<Order> {
    let orders = measured_beside(w, tee, count, &[]).await;
    for order in &orders {
        w.until_within(PATIENCE, order.id(), "asks after its warehouse", |order| order.times("shipment_overdue") > 0)
            .await;
    }
    orders
}

/// Places orders at a steady rate with these messages among them, and waits until all orders are with their warehouse.
async fn measured_beside(w: &Local, tee: &Product, count: usize, poison: &[String]) -> Vec<Order> {
    let basket = Basket::of(&[(tee, 1)]).cod();
    // A consumer that was stopped takes a moment to look at its queue again, and cold starts are not what is compared.
    at_a_steady_rate(w, &basket, WARM_UP, &[]).await;
    at_a_steady_rate(w, &basket, count, poison).await
}

/// Places so many orders with messages spread among them, and waits until each is with its warehouse.
async fn at_a_steady_rate(w: &Local, basket: &Basket, count: usize, poison: &[String]) -> Vec<Order> {
    let every = count / poison.len().max(1);
    let since = Instant::now();
    let placing = iter(0..count).map(async |i| {
        let due = Duration::from_secs(1) * u32::try_from(i).unwrap() / RATE;
        tokio::time::sleep(due.saturating_sub(since.elapsed())).await;
        if let Some(message) = poison.get(i / every).filter(|_| i % every == 0) {
            w.engine.send(w.engine.stimuli(), message).await;
        }
        w.place(basket).await
    });
    let placed: Vec<Placed> = placing.buffer_unordered(count).collect().await;
    iter(&placed).map(|placed| w.released(&placed.order_id, 1)).buffer_unordered(4).collect().await
}

fn stimulus(order_id: &str) -> String {
    json!({ "order_id": order_id, "work": "placement" }).to_string()
}

/// Messages that mean nothing, or nothing that exists.
async fn garbage(w: &Local, each: usize) -> Vec<String> {
    let mut all = Vec::new();
    for _ in 0..each {
        let nobody = w.to_be(&w.number("never")).await.order_id;
        all.push(format!("not json {nobody}"));
        all.push(stimulus(&nobody));
    }
    all
}

/// Takes orders in while nobody looks at them, and makes their rows unreadable before anybody does.
async fn spoil(w: &Local, tee: &Product, count: usize) -> Vec<Spoiled> {
    let basket = Basket::of(&[(tee, 1)]).cod();
    let spoiling = async {
        w.engine.stop(Consumer::Dispatcher).await;
        let mut spoiled = Vec::new();
        for _ in 0..count {
            let placed = w.place(&basket).await;
            let orders = &w.stack.tables["orders"];
            let key = json!({ "pk": { "S": format!("O#{}", placed.order_id) }, "sk": { "S": "E#00000001" } });
            let row = w.engine.call("DynamoDB_20120810.GetItem", &json!({ "TableName": orders, "Key": key })).await;
            let row = row["Item"].clone();
            let mut broken = row.clone();
            broken["body"] = json!({ "S": "{\"order_id\":" });
            put(w, &placed.order_id, broken).await;
            spoiled.push(Spoiled { placed, row });
        }
        spoiled
    };
    restoring(spoiling, w.engine.resume(Consumer::Dispatcher)).await
}

async fn put(w: &Local, order_id: &str, row: Value) {
    assert!(row["pk"]["S"].as_str().unwrap().ends_with(order_id));
    let body = json!({ "TableName": w.stack.tables["orders"], "Item": row });
    w.engine.call("DynamoDB_20120810.PutItem", &body).await;
}

/// Waits until all of these are in the dead-letter queue.
async fn put_aside(w: &Local, poison: &[String]) {
    eventually_within(PATIENCE, "all poison is in the dead-letter queue", async || {
        let there = bodies(w).await;
        let missing = poison.iter().filter(|message| !there.contains(message)).count();
        if missing == 0 { Ok(()) } else { Err(format!("{missing} of {} missing", poison.len())) }
    })
    .await;
}

/// What is in the dead-letter queue. One reading shows ten messages at most, so it is read until nothing new shows.
async fn bodies(w: &Local) -> Vec<String> {
    w.engine.peek_all(w.engine.dead_letters()).await
}
