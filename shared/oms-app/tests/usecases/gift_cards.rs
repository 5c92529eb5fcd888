//! Gift cards at the service of coupons and points: charged once, given back once, whatever is lost, doubled or dies.

use oms_app::ports::Clock;
use oms_domain::benefit::SpentKind;
use oms_domain::body::{DeclaredStatus, Provider};
use oms_domain::command::{Command, Report};
use oms_domain::id::{RefundId, ReturnId};
use oms_domain::status::{OrderStatus, PaymentStatus, RefundStatus};
use oms_testkit::build::{OrderBuilder, an_order, cny};
use oms_testkit::shop::acts::Act;
use oms_testkit::shop::facts::captured;
use oms_testkit::shop::{PAYMENT_WINDOW, Shop, checks, order_id};

use crate::{crash, lives};

async fn shop() -> Shop {
    let mut shop = Shop::new().await;
    shop.policy.benefits = true;
    shop
}

async fn lived(life: &[Act]) -> Shop {
    let mut shop = shop().await;
    shop.live_all(life).await;
    shop.settle().await;
    checks::sound(&shop).await;
    shop
}

/// Two shirts for 186.00: a part by gift card, the rest another way.
fn with(provider: Provider) -> OrderBuilder {
    an_order()
        .paid_in_parts(&[(Provider::GiftCard, "86.00", DeclaredStatus::Due), (provider, "100.00", DeclaredStatus::Due)])
}

fn paid() -> Act {
    Act::told(captured(&order_id("web", "W-1"), "evt_1", "pi_1", "100.00"))
}

fn cancel() -> Act {
    Act::ask(Command::Cancel { reason: "changed my mind".into() })
}

fn one_less() -> Act {
    Act::CancelLines { line: 1, quantity: 1, key: "fewer" }
}

/// Card and gift card, then a part is cancelled, then all of it.
fn cut_and_cancelled() -> Vec<Act> {
    vec![Act::place(with(Provider::Stripe)), paid(), one_less(), cancel()]
}

/// All of it by gift card; the goods leave, and some money goes back.
fn all_by_card() -> Vec<Act> {
    vec![
        Act::place(an_order().paid_by(Provider::GiftCard)),
        Act::shipped(1, "SF1", "r-1"),
        Act::Refund { amount: "6.00", key: "k-1" },
    ]
}

/// The rest at the door.
fn at_the_door() -> Vec<Act> {
    vec![
        Act::place(with(Provider::Cod)),
        one_less(),
        Act::shipped(1, "SF1", "r-1"),
        Act::Report { shipment: 1, report: Report::Collected { amount: cny("7.00") }, key: "r-2" },
    ]
}

/// Nobody pays the rest.
fn unpaid() -> Vec<Act> {
    vec![Act::place(with(Provider::Stripe)), Act::Pass(PAYMENT_WINDOW + 30)]
}

fn held(shop: &Shop) -> i128 {
    shop.benefits.held(&shop.id(), SpentKind::GiftCard)
}

#[tokio::test]
async fn it_is_charged_with_the_order_and_comes_back_with_it() {
    for (life, acts, status, kept) in [
        ("placed", &cut_and_cancelled()[..1], PaymentStatus::Authorized, 8_600),
        ("paid", &cut_and_cancelled()[..2], PaymentStatus::Captured, 8_600),
        ("cut", &cut_and_cancelled()[..3], PaymentStatus::Captured, 8_600),
        ("cancelled", &cut_and_cancelled()[..], PaymentStatus::Captured, 0),
        ("all of it", &all_by_card()[..1], PaymentStatus::Captured, 18_600),
        ("some goes back", &all_by_card()[..], PaymentStatus::Captured, 18_000),
        ("at the door", &at_the_door()[..], PaymentStatus::Captured, 8_600),
        ("unpaid", &unpaid()[..], PaymentStatus::Voided, 0),
    ] {
        let shop = lived(acts).await;
        let order = shop.order(&shop.id()).await;
        assert_eq!((order.payments[0].status, held(&shop)), (status, kept), "{life}");
        // Whoever knows the code can spend the card.
        assert!(shop.events().iter().all(|event| !event.to_string().contains("GC-1")), "{life}");
    }
}

#[tokio::test]
async fn a_card_that_is_not_known_rejects_the_order() {
    let mut shop = shop().await;
    shop.benefits.forget("GC-1");
    shop.live(&cut_and_cancelled()[0]).await;
    shop.settle().await;
    assert_eq!(shop.order(&shop.id()).await.status, OrderStatus::Rejected);
    checks::sound(&shop).await;
}

/// Nobody waits for the sweep: whoever stores that it goes back sends it.
#[tokio::test]
async fn it_is_back_as_soon_as_the_order_is_cancelled() {
    let mut shop = shop().await;
    shop.live_all(&cut_and_cancelled()[..2]).await;
    let now = shop.clock.now();
    shop.live(&cancel()).await;
    assert_eq!((held(&shop), shop.clock.now()), (0, now));
    assert_eq!(shop.benefits.returns().len(), 1);
}

/// The service takes nothing back on a card: a person pays by hand, and the release does not pay it again.
#[tokio::test]
async fn what_the_service_does_not_take_back_goes_to_a_person() {
    let mut shop = shop().await;
    shop.live_all(&cut_and_cancelled()[..2]).await;
    shop.settle().await;
    shop.benefits.close("GC-1");
    shop.live(&cancel()).await;
    shop.settle().await;
    let order = shop.order(&shop.id()).await;
    let back = order.refunds.iter().find(|r| order.returned_to_card(r).is_some()).unwrap();
    assert_eq!((back.status, order.status), (RefundStatus::Manual, OrderStatus::Cancelling));
    let settle = Command::SettleRefund { refund_id: back.id.clone(), reason: "by bank".into() };
    shop.live(&Act::ask(settle)).await;
    shop.settle().await;
    checks::sound(&shop).await;
    assert_eq!(shop.order(&shop.id()).await.status, OrderStatus::Cancelled);
    assert_eq!(held(&shop), 8_600, "the card stays charged: the buyer has the money");
}

/// Retried by a person it is the same return: one that had arrived does not give the money back twice.
#[tokio::test]
async fn a_return_that_is_said_again_moves_nothing() {
    let mut shop = lived(&cut_and_cancelled()).await;
    let order = shop.order(&shop.id()).await;
    for refund in order.refunds.iter().filter(|r| order.returned_to_card(r).is_some()) {
        let request = oms_app::ports::BenefitReturn {
            order_id: order.id.clone(),
            return_id: ReturnId::from(&refund.id),
            items: order.returned_to_card(refund).into_iter().collect(),
        };
        let answer = oms_app::ports::BenefitService::give_back(&shop.benefits, &request).await.unwrap();
        assert_eq!(answer, oms_domain::command::BenefitAnswered::Done);
    }
    assert_eq!(held(&shop), 0);
    assert!(shop.benefits.returns().iter().all(|(id, back)| {
        *id == order.id && (1..=order.refunds.len()).any(|n| ReturnId::from(&RefundId::of(id, n)) == *back)
    }));
    shop.settle().await;
}

/// Orders that spend nothing there are told to nobody, and stored as often as before.
#[tokio::test]
async fn an_order_without_a_card_costs_nothing_more() {
    let mut without = Shop::new().await;
    let life = lives::cash_on_delivery();
    let expected = crash::run(&without, &life[0], None).await.calls;
    without.policy.benefits = true;
    let plain = Act::place(an_order().discount("0.00").paid_by(Provider::Cod));
    let calls = crash::run(&without, &plain, None).await.calls;
    assert_eq!(calls, expected);
    assert!(calls.iter().all(|call| !call.starts_with("benefits.")), "{calls:?}");
}

#[tokio::test]
async fn no_fault_charges_or_gives_back_twice() {
    let lives: [(&str, lives::Life); 4] = [
        ("cut_and_cancelled", cut_and_cancelled),
        ("all_by_card", all_by_card),
        ("at_the_door", at_the_door),
        ("unpaid", unpaid),
    ];
    for (name, life) in lives {
        let covered = crash::matrix(shop().await, |_| true, life()).await;
        println!("{name}: {covered:?}");
    }
}
