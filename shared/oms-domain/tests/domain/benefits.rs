//! Coupons and points: nothing is checked before they are reserved, and whatever happens they end with their order.

use oms_domain::benefit::{self, BenefitWork};
use oms_domain::body::{Discount, DiscountKind, Provider};
use oms_domain::command::{BenefitAnswered, Command, Report};
use oms_domain::event::RejectionCode;
use oms_domain::status::{BenefitStatus, OrderStatus};
use proptest::prelude::*;

use crate::bodies::shop_plan;
use crate::given::{cny, line, order_of};
use crate::invariants;
use crate::lives::{config, steps};
use crate::world::{World, names};

/// Two at 99.00, less a coupon, points, and what everybody gets.
fn shop() -> World {
    let mut body = order_of(vec![line(1, "TEE-M", 2, cny("99.00"))], Provider::Stripe);
    let off = |code: &str, kind, amount| Discount { code: code.into(), kind, amount: cny(amount), funded_by: None };
    body.discounts = vec![off("C-1", DiscountKind::Coupon, "20.00"), off("ALL", DiscountKind::Promotion, "8.00")];
    body.lines[0].discounts = vec![off("P-1", DiscountKind::Points, "10.00")];
    body.total = cny("160.00");
    body.payments[0].amount = body.total;
    let mut world = World::with(body);
    world.policy.benefits = true;
    world
}

fn done() -> Command {
    Command::ReserveBenefits { answer: BenefitAnswered::Done }
}

fn no(reason: &str) -> BenefitAnswered {
    BenefitAnswered::Refused { reason: reason.into() }
}

fn due(world: &World) -> Option<BenefitWork> {
    benefit::work(world.order(), &world.policy)
}

#[test]
fn nothing_is_checked_before_they_are_reserved() {
    let mut world = shop();
    let spent: Vec<_> = benefit::spent(world.order()).into_iter().map(|s| (s.code, s.amount)).collect();
    assert_eq!(spent, [("C-1".into(), cny("20.00")), ("P-1".into(), cny("10.00"))]);
    assert!(world.validate().is_empty());
    assert_eq!(names(&world.must(done())), ["benefits_reserved"]);
    assert!(world.must(done()).is_empty(), "once");
    assert_eq!((due(&world), world.order().status), (None, OrderStatus::Received));
    world.validate();
    world.captured("pi_1", cny("160.00"));
    assert_eq!(due(&world), Some(BenefitWork::Commit));
    let answer = BenefitAnswered::Done;
    let release = Command::TellBenefits { work: BenefitWork::Release, answer: answer.clone() };
    assert!(world.must(release).is_empty(), "nobody has undone it");
    let commit = Command::TellBenefits { work: BenefitWork::Commit, answer };
    assert_eq!(names(&world.must(commit.clone())), ["benefits_committed"]);
    assert!(world.must(commit).is_empty(), "once");
    assert_eq!(due(&world), None);
}

#[test]
fn what_is_not_there_rejects_the_order() {
    let mut world = shop();
    let answer = no("C-1 was used before");
    assert_eq!(names(&world.must(Command::ReserveBenefits { answer }))[0], "order_rejected");
    let rejection = &world.order().rejections[0];
    assert_eq!((rejection.code, rejection.detail.as_str()), (RejectionCode::BenefitRefused, "C-1 was used before"));
    // Said all the same: another worker may have reserved them meanwhile.
    assert_eq!(due(&world), Some(BenefitWork::Release));
}

#[test]
fn an_order_is_cancelled_when_they_are_back_and_not_while_a_location_may_ship() {
    let mut world = shop();
    world.must(done());
    world.validate();
    world.till.take("pi_1", cny("160.00"));
    world.captured("pi_1", cny("160.00"));
    world.report(1, Report::Accepted);
    world.must(Command::Cancel { reason: "no".into() });
    assert_eq!(due(&world), None, "the location has not answered");
    world.report(1, Report::Cancelled);
    assert_eq!(due(&world), Some(BenefitWork::Release));
    world.must(Command::Compensate);
    let refund = world.order().refunds[0].id.clone();
    world.send_refund(0, &refund, crate::till::Mood::Fine);
    world.must(Command::ReleaseStock);
    assert_eq!(world.order().status, OrderStatus::Cancelling, "they are not back");
    // What the service refuses is for people, and the order does not wait for it.
    let tell = Command::TellBenefits { work: BenefitWork::Release, answer: no("closed") };
    assert_eq!(names(&world.must(tell))[..2], ["anomaly_raised", "benefits_released"]);
    assert_eq!(world.order().status, OrderStatus::Cancelled);
    assert_eq!(world.order().anomalies[0].what, "benefit_release_refused");
}

#[test]
fn where_no_service_keeps_count_nothing_is_asked() {
    let mut world = shop();
    world.policy.benefits = false;
    world.validate();
    assert_eq!((world.order().benefits, due(&world)), (None, None));
    world.must(Command::Cancel { reason: "no".into() });
    assert_eq!(due(&world), None);
}

proptest! {
    #![proptest_config(config(60))]

    /// In any life: never goods for an order whose coupons are not reserved, and in the end they stand as their order does.
    #[test]
    fn they_end_with_their_order(plan in shop_plan(2), steps in steps(70)) {
        let mut world = plan.world();
        world.policy.benefits = true;
        for step in &steps {
            world.fresh.clear();
            world.take(step);
            invariants::machines(&world);
            invariants::ways_out(&world);
            for life in &world.lives {
                let spends = !benefit::spent(&life.order).is_empty();
                prop_assert!(!spends || !life.order.reserved || life.order.benefits.is_some());
            }
        }
        for life in 0..world.lives.len() {
            world.settle(life);
            let order = &world.lives[life].order;
            if benefit::work(order, &world.policy).is_none() && !order.awaits_location() {
                let is_back = order.benefits == Some(BenefitStatus::Released);
                prop_assert_eq!(is_back, order.is_undone() && !benefit::spent(order).is_empty());
            }
        }
    }
}
