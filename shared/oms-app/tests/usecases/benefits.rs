//! Coupons and points at a service: reserved, committed and released once, and points of a part given back with it, whatever
//! is lost, doubled or dies in between.

use oms_domain::benefit::SpentKind;
use oms_domain::status::{BenefitStatus, OrderStatus};
use oms_testkit::shop::Shop;
use oms_testkit::shop::acts::Act;
use oms_testkit::shop::checks;

use crate::{crash, lives};

/// A shop whose coupons a service keeps count of.
async fn shop() -> Shop {
    let mut shop = Shop::new().await;
    shop.policy.benefits = true;
    shop
}

/// The same life of two shirts, of whose 20.00 off a half is points: each shirt carries 5.00 of them.
fn with_points(mut life: Vec<Act>) -> Vec<Act> {
    for act in &mut life {
        if let Act::Place { order, .. } = act {
            **order = (**order).clone().discount("10.00").points("10.00");
        }
    }
    life
}

/// One shirt comes back after the other, and finance sends back what each was worth.
fn refunded_by_lines() -> Vec<Act> {
    let shirt = |key| Act::RefundLines { line: 1, quantity: 1, key };
    let mut life = with_points(lives::paid_and_delivered()[..2].to_vec());
    life.extend([shirt("k-1"), shirt("k-2")]);
    life
}

fn cancelled_in_part() -> Vec<Act> {
    with_points(lives::cancelled_in_part())
}

/// Of two shirts one is paid back and the other cancelled; then nothing is left.
fn refunded_and_cancelled() -> Vec<Act> {
    let mut life = refunded_by_lines();
    life.pop();
    life.push(Act::CancelLines { line: 1, quantity: 1, key: "c-1" });
    life.push(Act::CancelLines { line: 1, quantity: 1, key: "c-2" });
    life
}

async fn lived(life: &[Act]) -> Shop {
    let mut shop = shop().await;
    shop.live_all(life).await;
    shop.settle().await;
    checks::sound(&shop).await;
    shop
}

#[tokio::test]
async fn they_are_spent_with_the_order_and_come_back_with_it() {
    for (life, acts, expected) in [
        ("placed", &lives::paid_and_delivered()[..1], BenefitStatus::Reserved),
        ("paid", &lives::paid_and_delivered()[..2], BenefitStatus::Committed),
        ("closed", &lives::paid_and_delivered()[..], BenefitStatus::Committed),
        ("cash on delivery", &lives::cash_on_delivery()[..1], BenefitStatus::Committed),
        ("cancelled", &lives::cancelled_after_payment()[..], BenefitStatus::Released),
        ("cancelled unpaid", &lives::cancelled_unpaid()[..], BenefitStatus::Released),
        ("expired", &lives::expired()[..], BenefitStatus::Released),
        ("paid too late", &lives::paid_too_late()[..], BenefitStatus::Released),
        ("stopped", &lives::stopped_by_the_warehouse()[..], BenefitStatus::Released),
        ("asked to stop", &lives::stopped_by_the_warehouse()[..4], BenefitStatus::Committed),
        ("too late to stop", &lives::too_late_to_stop()[..], BenefitStatus::Committed),
        ("a part", &lives::cancelled_in_part()[..], BenefitStatus::Committed),
    ] {
        let shop = lived(acts).await;
        let order = shop.order(&shop.id()).await;
        assert_eq!((order.benefits, shop.benefits.of(&order.id)), (Some(expected), Some(expected)), "{life}");
    }
}

#[tokio::test]
async fn points_of_a_part_go_back_with_it() {
    for (name, life, standing, held, returns) in [
        ("a part", cancelled_in_part(), BenefitStatus::Committed, 500, 1),
        ("part by part", with_points(lives::cancelled_part_by_part()), BenefitStatus::Released, 0, 1),
        ("refunded by lines", refunded_by_lines(), BenefitStatus::Committed, 0, 2),
        ("refunded and cancelled", refunded_and_cancelled(), BenefitStatus::Released, 0, 2),
    ] {
        let shop = lived(&life).await;
        let id = shop.id();
        assert_eq!(shop.benefits.of(&id), Some(standing), "{name}");
        assert_eq!(
            (shop.benefits.held(&id, SpentKind::Points), shop.benefits.returns().len()),
            (held, returns),
            "{name}"
        );
    }
    // Nobody keeps count of them where no service does.
    let mut shop = Shop::new().await;
    shop.live_all(&cancelled_in_part()).await;
    shop.settle().await;
    checks::sound(&shop).await;
    assert!(shop.order(&shop.id()).await.points_returned.is_empty());
}

/// The service will not take them back: people hear of it, and the order goes on.
#[tokio::test]
async fn points_that_are_refused_are_for_people() {
    let mut shop = shop().await;
    shop.benefits.close("POINTS");
    shop.live_all(&cancelled_in_part()).await;
    shop.settle().await;
    let order = shop.order(&shop.id()).await;
    assert_eq!(order.anomalies[0].what, "benefit_return_refused");
    assert_eq!(order.status, OrderStatus::Completed);
    assert_eq!(shop.benefits.held(&order.id, SpentKind::Points), 1_000);
}

#[tokio::test]
async fn an_order_whose_coupon_is_not_known_is_rejected() {
    let mut shop = shop().await;
    shop.benefits.forget("SUMMER");
    shop.live(&lives::paid_and_delivered()[0]).await;
    shop.settle().await;
    let order = shop.order(&shop.id()).await;
    assert_eq!(order.status, OrderStatus::Rejected);
    assert_eq!(order.rejections[0].detail, "SUMMER is not known");
    checks::sound(&shop).await;
}

/// A worker has reserved and is slow to say so; meanwhile the order is cancelled. What it says then changes nothing, and
/// what it would reserve once more is refused.
#[tokio::test]
async fn a_reservation_that_comes_after_the_release_takes_nothing() {
    use oms_app::ports::{BenefitRequest, BenefitService};
    let shop = lived(&lives::cancelled_unpaid()).await;
    let order = shop.order(&shop.id()).await;
    let request = BenefitRequest {
        order_id: order.id.clone(),
        channel: order.body.channel.clone(),
        customer_id: order.body.customer.id.clone(),
        items: oms_domain::benefit::spent(&order),
    };
    assert_ne!(shop.benefits.reserve(&request).await.unwrap(), oms_domain::command::BenefitAnswered::Done);
    assert_eq!(shop.benefits.of(&order.id), Some(BenefitStatus::Released));
}

#[tokio::test]
async fn no_fault_loses_or_doubles_them() {
    let lives: [(&str, lives::Life); 7] = [
        ("cash_on_delivery", lives::cash_on_delivery),
        ("cancelled_after_payment", lives::cancelled_after_payment),
        ("expired", lives::expired),
        ("stopped_by_the_warehouse", lives::stopped_by_the_warehouse),
        ("cancelled_in_part", cancelled_in_part),
        ("refunded_by_lines", refunded_by_lines),
        ("refunded_and_cancelled", refunded_and_cancelled),
    ];
    for (name, life) in lives {
        let covered = crash::matrix(shop().await, |_| true, life()).await;
        println!("{name}: {covered:?}");
    }
}
