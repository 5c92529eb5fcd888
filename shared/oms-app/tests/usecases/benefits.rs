//! Coupons and points at a service: reserved, committed and released once, whatever is lost, doubled or dies in between.

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
    let lives: [(&str, lives::Life); 4] = [
        ("cash_on_delivery", lives::cash_on_delivery),
        ("cancelled_after_payment", lives::cancelled_after_payment),
        ("expired", lives::expired),
        ("stopped_by_the_warehouse", lives::stopped_by_the_warehouse),
    ];
    for (name, life) in lives {
        let covered = crash::matrix(shop().await, |_| true, life()).await;
        println!("{name}: {covered:?}");
    }
}
