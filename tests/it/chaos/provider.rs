//! The payment provider on its bad days: slow, down, out of its mind. Every refund is made, and is made once.

use std::time::Duration;

use futures::StreamExt;
use futures::stream::iter;
use local_stack::stripe_api::{Mood, Rubbish};
use serde_json::json;

use super::plan::Plan;
use crate::stack::shared::{Local, alone_at_first, beside_others, restoring};
use crate::world::{Basket, Intent, Order};

/// Orders that are watched at a time: a hundred that are each asked about ten times a second are more than the engine answers.
const AT_ONCE: usize = 16;

/// What a provider may be like.
fn moods() -> Vec<Mood> {
    let slow = [3, 5, 8].map(|seconds| Mood::Slow(Duration::from_secs(seconds)));
    let all = [Rubbish::ServerError, Rubbish::BadGateway, Rubbish::Page, Rubbish::Half];
    // Rubbish may hide a success or a failure: nobody can tell by looking at it.
    let rubbish = all.into_iter().flat_map(|says| [true, false].map(|does| Mood::Rubbish { says, does }));
    slow.into_iter().chain(rubbish).collect()
}

/// How many refunds meet each mood.
fn each(plan: Plan) -> usize {
    if plan.long { (plan.orders / 100).max(2) } else { 1 }
}

/// Paid orders that are with their warehouse.
async fn released(w: &Local, count: usize) -> Vec<(Order, Intent)> {
    let tee = w.product(9900, &[("sz-1", 500)]).await;
    let basket = Basket::of(&[(&tee, 1)]);
    iter(0..count).map(|_| w.released_order(&basket, 1)).buffer_unordered(8).collect().await
}

async fn cancel(w: &Local, order: &Order) {
    let path = format!("/v1/orders/{}/cancellation", order.id());
    w.post("support", &path, &json!({ "reason": "chaos" })).await.expect(202);
}

/// A refund went out, and what came back settles nothing: the order waits, and is called neither cancelled nor failed.
async fn is_in_doubt(w: &Local, order: &Order) {
    let order = w.until(order.id(), "in doubt", |o| o.times("refund_unknown") > 0).await;
    assert_eq!(order.status(), "cancelling", "{}", order.story());
    assert_eq!(order.refunded_as(), ["unknown"], "{}", order.story());
}

/// It ends with the money back, once.
async fn is_refunded_once(w: &Local, order: &Order, intent: &Intent) {
    let order = w.swept_until(order.id(), "refunded", |o| o.status() == "cancelled").await;
    assert_eq!((order.payment_status(), order.refunded_as()), ("refunded", vec!["succeeded"]), "{}", order.story());
    w.refunded_once(&order, intent);
    w.stripe_is_content_with(intent);
}

async fn at_once(watched: impl Iterator<Item = impl Future<Output = ()>>) {
    iter(watched).buffer_unordered(AT_ONCE).collect::<Vec<()>>().await;
}

#[test]
fn slow_or_out_of_its_mind() {
    beside_others(async |w| {
        let plan = Plan::of_this_run();
        let moods: Vec<Mood> = moods().into_iter().flat_map(|mood| vec![mood; each(plan)]).collect();
        let orders = released(w, moods.len()).await;
        let refunds = orders.iter().zip(&moods).map(async |((order, intent), mood)| {
            w.stripe.with(|ledger| ledger.disposed(&intent.id, Some(*mood)));
            cancel(w, order).await;
            if matches!(mood, Mood::Rubbish { .. }) {
                is_in_doubt(w, order).await;
                w.stripe.with(|ledger| ledger.disposed(&intent.id, None));
            }
            is_refunded_once(w, order, intent).await;
        });
        at_once(refunds).await;
        plan.tell(format!("{} refunds through a slow or mad provider, each made once", orders.len()));
    });
}

#[test]
fn down() {
    alone_at_first(
        async |w| {
            let plan = Plan::of_this_run();
            let orders = released(w, 4 * each(plan)).await;
            w.stripe.stop_listening().await;
            let refused = async {
                for (order, _) in &orders {
                    cancel(w, order).await;
                }
                at_once(orders.iter().map(|(order, _)| is_in_doubt(w, order))).await;
            };
            restoring(refused, async { w.stripe.listen_again().await.unwrap() }).await;
            orders
        },
        async |w, orders| {
            at_once(orders.iter().map(|(order, intent)| is_refunded_once(w, order, intent))).await;
            Plan::of_this_run().tell(format!("{} refunds after the provider was down, each made once", orders.len()));
        },
    );
}
