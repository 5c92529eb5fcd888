//! Answers of the payment provider that are lost: nothing is ever sent twice, and nothing is forgotten.

use std::sync::Arc;

use async_trait::async_trait;
use oms_app::error::PortError;
use oms_app::ports::{Gateways, PaymentGateway};
use oms_app::reversal;
use oms_domain::body::Provider;
use oms_domain::command::Command;
use oms_domain::id::RefundId;
use oms_domain::status::{OrderStatus, PaymentStatus, RefundStatus};
use oms_domain::task::TaskKind;
use oms_domain::wake;
use oms_testkit::build::cny;
use oms_testkit::faults::Fault;
use oms_testkit::gateway::{ProviderPayment, Script};

use crate::lives;
use crate::races;
use oms_testkit::shop::acts::Act;
use oms_testkit::shop::checks;
use oms_testkit::shop::facts::authorized;
use oms_testkit::shop::work::Way;
use oms_testkit::shop::{Shop, order_id};

fn first_refund() -> RefundId {
    RefundId::of(&order_id("web", "W-1"), 1)
}

/// A paid order that is cancelled while the provider follows a script.
async fn cancelled(script: &[Script]) -> Shop {
    let mut shop = Shop::new().await;
    shop.live_all(&lives::cancelled_after_payment()[..2]).await;
    shop.stripe.script(script.iter().cloned());
    shop.live(&lives::cancelled_after_payment()[2]).await;
    shop
}

/// How often the provider was asked for something.
fn asked(shop: &Shop, what: &str) -> usize {
    shop.stripe.calls().iter().filter(|call| call.starts_with(what)).count()
}

async fn refund_status(shop: &Shop) -> RefundStatus {
    shop.order(&shop.id()).await.refund(&first_refund()).unwrap().status
}

/// The order is cancelled, and exactly its money went back, under one key.
async fn paid_back_once(shop: &Shop) {
    checks::sound(shop).await;
    let order = shop.order(&shop.id()).await;
    assert_eq!(order.status, OrderStatus::Cancelled);
    assert_eq!(order.refunds.len(), 1);
    assert_eq!(shop.stripe.refunds().keys().collect::<Vec<_>>(), [&first_refund()]);
    assert_eq!(shop.stripe.refunded("pi_1"), Some(cny("186.00")));
    let keys = shop
        .stripe
        .calls()
        .iter()
        .filter(|c| c.starts_with("refund"))
        .cloned()
        .collect::<std::collections::BTreeSet<_>>();
    assert_eq!(keys.len(), 1, "{keys:?}");
}

#[tokio::test]
async fn the_effect_was_and_its_answer_was_lost() {
    let mut shop = cancelled(&[Script::LoseAnswer]).await;
    assert_eq!(refund_status(&shop).await, RefundStatus::Unknown);
    assert_eq!(shop.order(&shop.id()).await.status, OrderStatus::Cancelling);
    // Stock does not wait for money.
    assert_eq!(shop.counts("sz-1", "TEE-M"), (10, 0, 0));
    shop.settle().await;
    assert_eq!((asked(&shop, "refund"), asked(&shop, "query")), (1, 1));
    paid_back_once(&shop).await;
}

#[tokio::test]
async fn the_request_never_arrived() {
    let mut shop = cancelled(&[Script::LoseRequest]).await;
    assert_eq!(refund_status(&shop).await, RefundStatus::Unknown);
    shop.settle().await;
    assert_eq!((asked(&shop, "refund"), asked(&shop, "query")), (2, 1));
    paid_back_once(&shop).await;
}

#[tokio::test]
async fn every_mixture_of_lost_requests_and_answers() {
    use Script::{LoseAnswer, LoseRequest, Pass, Pending};
    let all = [LoseRequest, LoseAnswer, Pass, Pending];
    for i in 0..64 {
        let script = [&all[i / 16], &all[i / 4 % 4], &all[i % 4]].map(Script::clone);
        let mut shop = cancelled(&script).await;
        for _ in 0..5 {
            shop.pass(1_000).await;
        }
        if shop.stripe.refunds().get(&first_refund()).is_some_and(|refund| refund.succeeded.is_none()) {
            shop.stripe.settle(&first_refund(), true);
        }
        for _ in 0..4 {
            shop.pass(1_000).await;
        }
        shop.settle().await;
        paid_back_once(&shop).await;
    }
}

#[tokio::test]
async fn dead_between_the_mark_and_the_call() {
    for (call, fault) in [
        ("gateway.refund", Fault::CrashBefore),
        ("gateway.refund", Fault::CrashAfter),
        ("orders.commit", Fault::CrashAfter),
        ("orders.commit", Fault::After),
    ] {
        for n in 1..=4 {
            for way in Way::ALL {
                let mut shop = Shop::new().await;
                shop.live_all(&lives::cancelled_after_payment()[..2]).await;
                shop = shop.fork(way);
                shop.act(&lives::cancelled_after_payment()[2]).await;
                shop.plan.fail_call(call, n, fault);
                shop.drain().await;
                shop.settle().await;
                paid_back_once(&shop).await;
                assert!(asked(&shop, "refund") <= 2, "{call} {fault:?} {n} {way:?}: {:?}", shop.stripe.calls());
            }
        }
    }
}

#[tokio::test]
async fn two_who_ask_at_once_send_one() {
    for script in [vec![Script::LoseRequest], vec![Script::LoseAnswer], vec![]] {
        let mut past = Shop::new().await;
        past.live_all(&lives::cancelled_after_payment()[..2]).await;
        past.act(&lives::cancelled_after_payment()[2]).await;
        drop(past.queue.take());
        let sent = if script.contains(&Script::LoseRequest) { 2 } else { 1 };
        past.stripe.script(script);
        let stimulus = oms_app::ports::Stimulus { order_id: past.id(), work: oms_domain::wake::Work::Reversal };
        for n in 1..=12 {
            for later in [0, 61] {
                let mut shop = past.fork(Way::Message);
                if later > 0 {
                    shop.run(&stimulus).await.unwrap();
                    shop.clock.advance_seconds(later);
                }
                let colleague = shop.colleague();
                let second = async {
                    // Of the same moment the two would write the same commit, and neither could tell which of them stored it.
                    shop.clock.advance_seconds(1);
                    colleague.run(&stimulus).await
                };
                let (a, b) = races::within(&shop, n, shop.run(&stimulus), second).await;
                a.unwrap();
                b.unwrap();
                shop.settle().await;
                paid_back_once(&shop).await;
                // The same key twice would do no harm, but whoever did not store it does not send.
                assert_eq!(asked(&shop, "refund"), sent, "{n}, {later}: {:?}", shop.stripe.calls());
            }
        }
    }
}

#[tokio::test]
async fn a_provider_that_never_answers_becomes_a_task() {
    let mut shop = Shop::new().await;
    shop.live_all(&lives::cancelled_after_payment()[..2]).await;
    for call in ["gateway.refund", "gateway.query_refund"] {
        shop.plan.fail_every(call, Fault::Before);
    }
    shop.live(&lives::cancelled_after_payment()[2]).await;
    for _ in 0..40 {
        shop.pass(1_000).await;
    }
    assert_eq!(refund_status(&shop).await, RefundStatus::Manual);
    let tasks = shop.store.tasks_of(&shop.id());
    assert_eq!(tasks.iter().map(|t| t.kind).collect::<Vec<_>>(), [TaskKind::Refund]);
    checks::sound(&shop).await;
    // The provider is back, and finance tries again.
    shop.plan.stop();
    shop.live(&Act::ask(Command::RetryRefund { refund_id: first_refund() })).await;
    shop.settle().await;
    paid_back_once(&shop).await;
}

#[tokio::test]
async fn a_refusal_waits_for_a_person() {
    let mut shop = cancelled(&[Script::Refuse("insufficient funds".into())]).await;
    assert_eq!(refund_status(&shop).await, RefundStatus::Manual);
    shop.settle().await;
    // A failed compensation never reads cancelled.
    assert_eq!(shop.order(&shop.id()).await.status, OrderStatus::Cancelling);
    checks::sound(&shop).await;
    let settle = Command::SettleRefund { refund_id: first_refund(), reason: "by bank transfer".into() };
    shop.live(&Act::ask(settle)).await;
    shop.settle().await;
    let order = shop.order(&shop.id()).await;
    assert_eq!(order.status, OrderStatus::Cancelled);
    assert_eq!(shop.stripe.refunds().len(), 0);
    assert_eq!(order.refunded().unwrap(), cny("186.00"));
}

#[tokio::test]
async fn a_pending_refund_is_asked_about_until_it_is_done() {
    let mut shop = cancelled(&[Script::Pending]).await;
    for _ in 0..5 {
        shop.pass(100).await;
    }
    assert_eq!(refund_status(&shop).await, RefundStatus::Submitted);
    shop.stripe.settle(&first_refund(), true);
    for _ in 0..3 {
        shop.pass(1_000).await;
    }
    paid_back_once(&shop).await;
    assert_eq!(asked(&shop, "refund"), 1);
}

/// An order that expires, or is cancelled, while the provider follows a script for the calling off of its payment.
async fn called_off(life: fn() -> Vec<Act>, script: &[Script]) -> Shop {
    let mut shop = Shop::new().await;
    let life = life();
    let (last, before) = life.split_last().unwrap();
    shop.live_all(before).await;
    shop.stripe.script(script.iter().cloned());
    shop.live(last).await;
    shop
}

/// Every provider is configured, and none can be set up: no secret is there.
struct NoSecrets;

#[async_trait]
impl Gateways for NoSecrets {
    async fn gateway(&self, _provider: Provider) -> Result<Option<Arc<dyn PaymentGateway>>, PortError> {
        Err(PortError { port: "payment gateway", detail: "its secret is not there".into() })
    }
}

#[tokio::test]
async fn a_provider_that_cannot_be_set_up_leaves_refunds_and_payments_to_be_tried_again() {
    for life in [lives::cancelled_after_payment(), lives::paid_in_two_ways(), lives::cancelled_unpaid()] {
        let mut shop = Shop::new().await;
        let (cancel, before) = life.split_last().unwrap();
        shop.live_all(before).await;
        // The message that would undo it is lost, so that the order waits for the sweep.
        shop.try_act(cancel).await.unwrap();
        let (engine, id) = (shop.engine(), shop.id());
        let asked_before = shop.stripe.calls();
        for _ in 0..2 {
            let error = reversal::compensate(&engine, &NoSecrets, None, &id).await.unwrap_err();
            assert!(error.is_transient(), "{error}");
        }
        let order = shop.order(&id).await;
        assert_eq!(shop.stripe.calls(), asked_before, "nothing was sent");
        for refund in &order.refunds {
            let provider = order.payment(&refund.payment_id).unwrap().provider;
            // What the channel sends back does not wait for somebody else's secret.
            let wanted = if provider == Provider::Channel { RefundStatus::Succeeded } else { RefundStatus::Approved };
            assert_eq!(refund.status, wanted, "{provider:?}");
        }
        assert!(wake::next(&order, &engine.policy).is_some(), "it is looked at again");
        shop.settle().await;
        checks::sound(&shop).await;
        assert_eq!(shop.order(&id).await.status, OrderStatus::Cancelled);
    }
}

#[tokio::test]
async fn calling_a_payment_off_is_tried_until_it_is_answered() {
    use Script::{LoseAnswer, LoseRequest};
    let lives: [fn() -> Vec<Act>; 3] = [lives::expired, lives::cancelled_unpaid, lives::authorized_and_voided];
    for life in lives {
        for script in [vec![LoseRequest], vec![LoseAnswer], vec![LoseRequest, LoseAnswer, LoseRequest]] {
            let mut shop = called_off(life, &script).await;
            // Stock is back although the money's side failed.
            assert_eq!(shop.counts("sz-1", "TEE-M"), (10, 0, 0));
            assert_ne!(shop.order(&shop.id()).await.status, OrderStatus::Cancelled);
            shop.settle().await;
            checks::sound(&shop).await;
            let order = shop.order(&shop.id()).await;
            assert!(matches!(order.status, OrderStatus::Expired | OrderStatus::Cancelled), "{:?}", order.status);
            assert!(matches!(order.payments[0].status, PaymentStatus::Expired | PaymentStatus::Voided));
            assert_eq!(shop.stripe.payment("pi_1"), Some(ProviderPayment::Cancelled));
            assert_eq!(asked(&shop, "cancel"), script.len() + 1);
        }
    }
}

#[tokio::test]
async fn calling_off_too_late_finds_the_money_and_sends_it_back() {
    let lives: [fn() -> Vec<Act>; 3] = [lives::expired, lives::cancelled_unpaid, lives::authorized_and_voided];
    for life in lives {
        for script in [vec![], vec![Script::LoseRequest], vec![Script::LoseAnswer]] {
            let mut shop = Shop::new().await;
            let life = life();
            let (last, before) = life.split_last().unwrap();
            shop.live_all(before).await;
            shop.stripe.script(script);
            shop.stripe.set_payment("pi_1", ProviderPayment::Captured(cny("186.00")));
            shop.live(last).await;
            shop.settle().await;
            checks::sound(&shop).await;
            assert_eq!(shop.stripe.refunded("pi_1"), Some(cny("186.00")));
            assert_eq!(shop.order(&shop.id()).await.refunded().unwrap(), cny("186.00"));
        }
    }
}

#[tokio::test]
async fn money_found_while_calling_off_goes_back_without_waiting_for_the_sweep() {
    let mut shop = Shop::new().await;
    let life = lives::cancelled_unpaid();
    shop.live_all(&life[..2]).await;
    shop.stripe.set_payment("pi_1", ProviderPayment::Captured(cny("186.00")));
    shop.live(&life[2]).await;
    assert_eq!(shop.stripe.refunded("pi_1"), Some(cny("186.00")));
    assert_eq!(shop.order(&shop.id()).await.status, OrderStatus::Cancelled);
}

#[tokio::test]
async fn a_promise_that_cannot_be_given_back_is_shown_to_people() {
    let id = order_id("web", "W-1");
    let mut shop = Shop::new().await;
    shop.live_all(&lives::cancelled_unpaid()[..2]).await;
    shop.live(&Act::told(authorized(&id, "evt_1", "pi_1", "186.00"))).await;
    shop.stripe.script([Script::Refuse("already being captured".into())]);
    shop.live(&Act::ask(Command::Cancel { reason: "changed my mind".into() })).await;
    shop.settle().await;
    checks::sound(&shop).await;
    assert!(shop.store.tasks_of(&id).iter().any(|t| t.kind == TaskKind::Anomaly));
}
