//! Every state that waits has a way out: whoever stops answering, the order comes to rest by itself or lies on a desk.

use oms_app::ports::Clock;
use oms_domain::desk;
use oms_domain::machine::Machine;
use oms_domain::wake;
use oms_testkit::faults::Fault;

use crate::lives;
use oms_testkit::shop::Shop;
use oms_testkit::shop::checks;
use oms_testkit::shop::work::Way;

/// How often the world may wake an order that is left alone before it has to rest or be known to people.
const MOST_WAKES: usize = 60;

/// Nobody outside does anything any more: only time passes, from one due time to the next.
pub async fn leave_alone(shop: &mut Shop) {
    for _ in 0..MOST_WAKES {
        shop.settle().await;
        checks::sound(shop).await;
        let orders = shop.orders().await;
        let Some(next) = orders.iter().filter_map(|l| wake::next_wake(&l.order, &shop.policy)).min() else { return };
        let wait = next.duration_since(shop.clock.now()).as_secs();
        shop.pass(wait.max(0) + 30).await;
    }
}

pub async fn has_ended(shop: &Shop, what: &str) {
    for loaded in shop.orders().await {
        let order = loaded.order;
        let at_rest = order.status.is_final() && wake::next_wake(&order, &shop.policy).is_none();
        assert!(at_rest || !desk::tasks(&order).is_empty(), "{what}: {:?} for ever: {order:#?}", order.status);
    }
}

#[tokio::test]
async fn left_alone_after_any_act_of_any_life() {
    for (name, life) in lives::ALL {
        let mut shop = Shop::new().await;
        for (i, act) in life().iter().enumerate() {
            shop.live(act).await;
            if !lives::is_new(name, i) {
                continue;
            }
            let mut alone = shop.fork(Way::Message);
            leave_alone(&mut alone).await;
            has_ended(&alone, &format!("{name} after act {i}")).await;
        }
    }
}

#[tokio::test]
async fn while_the_provider_never_answers() {
    for (name, life) in lives::ALL {
        let mut shop = Shop::new().await;
        for (i, act) in life().iter().enumerate() {
            shop.live(act).await;
            if !lives::is_new(name, i) {
                continue;
            }
            let mut alone = shop.fork(Way::Sweep);
            for call in ["gateway.refund", "gateway.query_refund", "gateway.cancel_payment"] {
                alone.plan.fail_every(call, Fault::Before);
            }
            for _ in 0..MOST_WAKES {
                alone.pass(901).await;
            }
            for _ in 0..20 {
                alone.pass(100_000).await;
            }
            has_stopped_asking(&alone, &format!("{name} after act {i}")).await;
        }
    }
}

/// A provider that never answers leaves tasks, or payments that are still being called off; stock is back all the same.
async fn has_stopped_asking(shop: &Shop, what: &str) {
    for loaded in shop.orders().await {
        let order = loaded.order;
        let calls_off = wake::to_call_off(&order).next().is_some();
        let known = !desk::tasks(&order).is_empty();
        assert!(calls_off || known || order.status.is_final(), "{what}: {order:#?}");
        if order.is_undone() && !order.awaits_location() {
            assert_eq!(order.live_reservations().count(), 0, "{what}: stock waits for money");
        }
    }
}

#[tokio::test]
async fn every_task_can_be_answered_where_it_says() {
    for (name, life) in lives::ALL {
        let mut shop = Shop::new().await;
        for act in life() {
            shop.live(&act).await;
            for task in shop.store.tasks_of(&shop.id()) {
                assert!(!task.answers.is_empty(), "{name}: {task:?}");
                for answer in &task.answers {
                    assert!(
                        answer.path.starts_with("/v1/") && answer.path.contains(shop.id().as_str()),
                        "{name}: {answer:?}"
                    );
                }
            }
        }
    }
}
