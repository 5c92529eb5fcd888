//! Promises that the shop takes itself, with a provider that loses requests and answers: nothing is taken twice, nothing
//! is taken of an order that is undone, and nothing is forgotten.

use oms_domain::command::Command;
use oms_domain::id::CaptureId;
use oms_domain::status::{CaptureStatus, OrderStatus, PaymentStatus};
use oms_domain::task::TaskKind;
use oms_testkit::build::cny;
use oms_testkit::gateway::{ProviderPayment, Script};
use oms_testkit::shop::Shop;
use oms_testkit::shop::acts::Act;
use oms_testkit::shop::checks;

use crate::lives;

/// An order whose money is taken at its release, while the provider follows a script.
async fn promised(script: &[Script]) -> Shop {
    let mut shop = Shop::new().await;
    let life = lives::taken_when_released();
    shop.live(&life[0]).await;
    shop.stripe.script(script.iter().cloned());
    shop.live(&life[1]).await;
    shop
}

fn cancel() -> Act {
    Act::ask(Command::Cancel { reason: "changed my mind".into() })
}

fn asked(shop: &Shop, what: &str) -> usize {
    shop.stripe.calls().iter().filter(|call| call.starts_with(what)).count()
}

async fn status(shop: &Shop) -> CaptureStatus {
    shop.order(&shop.id()).await.captures[0].status
}

/// The whole promise was taken, once, under the capture's own id.
async fn taken_once(shop: &Shop) {
    checks::sound(shop).await;
    let order = shop.order(&shop.id()).await;
    assert_eq!((status(shop).await, order.captured().unwrap()), (CaptureStatus::Succeeded, cny("186.00")));
    assert_eq!(order.payments[0].status, PaymentStatus::Captured);
    let id = CaptureId::of(&order.id, 1);
    assert_eq!(shop.stripe.captures().into_iter().collect::<Vec<_>>(), [(id, ("pi_1".into(), cny("186.00")))]);
}

#[tokio::test]
async fn a_promise_is_taken_without_waiting_for_the_sweep() {
    let shop = promised(&[]).await;
    taken_once(&shop).await;
    assert_eq!((asked(&shop, "capture"), asked(&shop, "query capture")), (1, 0));
}

#[tokio::test]
async fn a_lost_answer_is_asked_about_and_a_lost_request_sent_again() {
    use Script::{LoseAnswer, LoseRequest, Pending};
    for (script, sent, queried) in [
        (vec![LoseAnswer], 1, 1),
        (vec![Pending], 1, 1),
        (vec![LoseRequest], 2, 1),
        (vec![LoseRequest, LoseRequest], 2, 2),
        (vec![LoseRequest, Script::Pass, LoseAnswer], 2, 2),
    ] {
        let mut shop = promised(&script).await;
        for _ in 0..4 {
            shop.pass(1_000).await;
        }
        shop.settle().await;
        taken_once(&shop).await;
        assert_eq!((asked(&shop, "capture"), asked(&shop, "query capture")), (sent, queried), "{script:?}");
    }
}

/// The goods wait until finance has had it sent again.
#[tokio::test]
async fn a_refusal_is_for_finance_and_holds_the_goods() {
    let mut shop = promised(&[Script::Refuse("card_declined".into())]).await;
    checks::sound(&shop).await;
    let order = shop.order(&shop.id()).await;
    assert_eq!(status(&shop).await, CaptureStatus::Manual);
    assert!(order.is_held());
    let kinds: Vec<TaskKind> = shop.store.tasks_of(&order.id).iter().map(|t| t.kind).collect();
    assert!(kinds.contains(&TaskKind::Capture) && kinds.contains(&TaskKind::Hold), "{kinds:?}");
    shop.live(&Act::ask(Command::RetryCapture { capture_id: CaptureId::of(&order.id, 1) })).await;
    shop.settle().await;
    taken_once(&shop).await;
    assert!(!shop.order(&order.id).await.is_held());
    assert!(shop.store.tasks_of(&order.id).is_empty());
}

/// Whether it was taken or not, an order that is undone keeps nothing, and its promise does not stay open.
#[tokio::test]
async fn cancelled_while_the_answer_is_lost() {
    for (script, expected) in [
        (Script::LoseRequest, ProviderPayment::Cancelled),
        (Script::LoseAnswer, ProviderPayment::Captured(cny("186.00"))),
    ] {
        let mut shop = promised(std::slice::from_ref(&script)).await;
        shop.live(&cancel()).await;
        assert_eq!(asked(&shop, "cancel"), 0, "what is being captured is not called off");
        for _ in 0..3 {
            shop.pass(1_000).await;
        }
        shop.settle().await;
        checks::sound(&shop).await;
        let order = shop.order(&shop.id()).await;
        assert_eq!((order.status, shop.stripe.payment("pi_1")), (OrderStatus::Cancelled, Some(expected)), "{script:?}");
        assert!(order.kept().unwrap().is_zero());
        assert_eq!(asked(&shop, "capture"), 1);
    }
}

#[tokio::test]
async fn cancelled_before_its_moment_nothing_is_taken() {
    let mut shop = Shop::new().await;
    shop.live_all(&lives::cancelled_before_it_is_taken()).await;
    shop.settle().await;
    checks::sound(&shop).await;
    assert_eq!((asked(&shop, "capture"), asked(&shop, "cancel")), (0, 1));
    assert_eq!(shop.stripe.payment("pi_1"), Some(ProviderPayment::Cancelled));
    assert_eq!(shop.order(&shop.id()).await.status, OrderStatus::Cancelled);
}

/// A provider that cannot be called takes nothing, and the order goes on waiting for it.
#[tokio::test]
async fn a_promise_that_was_called_off_there_is_not_taken() {
    let mut shop = Shop::new().await;
    shop.live_all(&lives::taken_when_shipped()[..3]).await;
    shop.stripe.set_payment("pi_1", ProviderPayment::Cancelled);
    shop.live(&lives::taken_when_shipped()[3]).await;
    shop.settle().await;
    checks::sound(&shop).await;
    assert_eq!(status(&shop).await, CaptureStatus::Manual);
    let order = shop.order(&shop.id()).await;
    assert!(!order.is_held(), "what has left cannot be held");
    assert!(shop.store.tasks_of(&order.id).iter().any(|t| t.kind == TaskKind::Capture));
}
