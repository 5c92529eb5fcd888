//! Points of a part of an order: what units carry goes back with them, once, and the parts sum to the whole.

use std::collections::{BTreeMap, BTreeSet};

use oms_domain::benefit::{self, BenefitWork, SpentKind};
use oms_domain::body::{Discount, DiscountKind, OrderBody, PlacedOrder, Provider};
use oms_domain::command::{BenefitAnswered, Command, RefundAsk};
use oms_domain::event::{CancelledLine, OrderEvent, RefundLine};
use oms_domain::id::{LineId, RefundId};
use oms_domain::ledger::{Account, Balances};
use oms_domain::order::Order;
use oms_domain::points_back;
use oms_domain::refund_share;
use oms_domain::status::{BenefitStatus, RefundStatus};
use proptest::prelude::*;

use crate::bodies::{body_plan, shop_plan};
use crate::given::{at, cny, line, order_id, order_of};
use crate::invariants;
use crate::lives::{config, steps};
use crate::shares::take;
use crate::world::{World, names};

/// Three of A at 10.00 less 1.00 of points of its own, one B at 29.00; on all of it a coupon of 4.00 and points of 5.00.
/// Each line carries 2.50 of the order's points, so that an A carries 1.17, 1.17 and 1.16.
fn basket() -> OrderBody {
    let mut body = order_of(vec![line(1, "A", 3, cny("10.00")), line(2, "B", 1, cny("29.00"))], Provider::Stripe);
    let off = |code: &str, kind, amount| Discount { code: code.into(), kind, amount: cny(amount), funded_by: None };
    body.lines[0].discounts = vec![off("P-1", DiscountKind::Points, "1.00")];
    body.discounts = vec![off("C-1", DiscountKind::Coupon, "4.00"), off("P-2", DiscountKind::Points, "5.00")];
    body.total = cny("49.00");
    body.payments[0].amount = body.total;
    body
}

/// A shop whose service has reserved what the basket spends.
fn shop() -> World {
    let mut world = World::with(basket());
    world.policy.benefits = true;
    world.till.take("pi_1", cny("49.00"));
    world.must(Command::ReserveBenefits { answer: BenefitAnswered::Done });
    world
}

fn units(parts: &[(usize, u32)]) -> Vec<RefundLine> {
    parts.iter().map(|(n, quantity)| RefundLine { line_id: LineId::number(*n), quantity: *quantity }).collect()
}

fn cancel(world: &mut World, parts: &[(usize, u32)]) {
    world.must(Command::CancelLines { lines: units(parts), reason: "too many".into() });
}

fn refund(world: &mut World, parts: &[(usize, u32)]) {
    let (key, ask) = (world.new_key(), RefundAsk::Lines(units(parts)));
    world.must(Command::RequestRefund { key, ask, reason: "broken".into(), by: "finance".into() });
}

/// Tells the service all that is due, and says what that was.
fn told(world: &mut World) -> Vec<String> {
    let mut said = Vec::new();
    while let Some(work) = benefit::work(world.order(), &world.policy) {
        said.push(match &work {
            BenefitWork::Return(back) => {
                let items: Vec<_> = back.items.iter().map(|i| format!("{} {}", i.code, i.amount.amount())).collect();
                let id = back.id.as_str().trim_start_matches(world.order().id.as_str());
                format!("{}: {}", &id[1..], items.join(", "))
            }
            BenefitWork::Commit => "commit".into(),
            BenefitWork::Release => "release".into(),
        });
        world.must(Command::TellBenefits { work, answer: BenefitAnswered::Done });
    }
    said
}

#[test]
fn each_part_brings_its_points_and_the_last_one_the_rest() {
    let mut world = shop().placed();
    assert!(told(&mut world).is_empty());
    cancel(&mut world, &[(1, 1)]);
    assert_eq!(told(&mut world), ["c1-points: P-1 1.00, P-2 0.17"], "of what is reserved, too");
    world.captured("pi_1", cny("40.83"));
    assert_eq!(told(&mut world), ["commit"]);
    cancel(&mut world, &[(1, 1), (2, 1)]);
    assert_eq!(told(&mut world), ["c2-points: P-2 1.17", "c3-points: P-2 2.50"]);
    let stored = world.lives[0].records.last().unwrap();
    assert_eq!(
        (names(&stored.events), stored.events[0].detail()),
        (vec!["benefits_returned"], format!("{}-c3-points: 2.50 CNY", world.order().id))
    );
    // The last unit takes the order with it: the service knows what is back, and releases the rest.
    cancel(&mut world, &[(1, 1)]);
    assert!(world.order().is_undone());
    assert_eq!(told(&mut world), ["release"]);
    assert_eq!(world.order().benefits, Some(BenefitStatus::Released));
}

#[test]
fn points_of_a_part_are_back_before_an_order_that_is_undone_is_released() {
    let mut world = shop().placed();
    cancel(&mut world, &[(2, 1)]);
    world.must(Command::Cancel { reason: "no".into() });
    assert_eq!(told(&mut world), ["c1-points: P-2 2.50", "release"]);
}

#[test]
fn a_refund_by_lines_brings_them_with_its_money_and_a_unit_brings_them_once() {
    let mut world = shop().paid();
    assert_eq!(told(&mut world), ["commit"]);
    refund(&mut world, &[(1, 1)]);
    assert!(told(&mut world).is_empty(), "the money is not back");
    world.settle(0);
    let booked = world.lives[0].records.iter().flat_map(|r| &r.postings).last().unwrap();
    assert_eq!((booked.event.as_str(), booked.is_balanced()), ("benefits_returned", true));
    assert_eq!(booked.subject, Some(format!("{}-r1-points", world.order().id)));
    let books = Balances::of(world.order());
    assert_eq!((books.get(Account::Points), books.get(Account::Refund)), (600 - 117, 817 + 117));
    // All three are cancelled: the one that was refunded brings nothing again.
    cancel(&mut world, &[(1, 3)]);
    assert_eq!(told(&mut world), ["c1-points: P-2 2.33"]);
    assert_eq!(Balances::of(world.order()).get(Account::Points), 250, "what the B carries");
    let back = world.order().cancelled.iter().flat_map(|c| &c.points_back);
    assert!(back.chain(&world.order().refunds[0].points_back).all(|s| s.kind == SpentKind::Points));
}

#[test]
fn a_refund_that_nobody_agrees_to_brings_none() {
    let mut world = shop();
    world.policy.refund_approval_above = vec![cny("1.00")];
    let mut world = world.paid();
    told(&mut world);
    refund(&mut world, &[(1, 1)]);
    let first = RefundId::of(&world.order().id, 1);
    assert_eq!(world.order().refunds[0].status, RefundStatus::Requested);
    world.must(Command::DeclineRefund { refund_id: first, reason: "no".into() });
    world.settle(0);
    assert!(world.order().points_returned.is_empty());
    // It is as if nobody had asked.
    refund(&mut world, &[(1, 1)]);
    let second = RefundId::of(&world.order().id, 2);
    world.must(Command::ApproveRefund { refund_id: second, by: "manager".into() });
    world.settle(0);
    let back: Vec<_> = world.order().refunds[1].points_back.iter().map(|s| (s.code.as_str(), s.amount)).collect();
    assert_eq!(back, [("P-1", cny("1.00")), ("P-2", cny("0.17"))]);
    assert_eq!(world.order().points_returned.len(), 1);
}

#[test]
fn what_the_service_refuses_is_for_people() {
    let mut world = shop().placed();
    cancel(&mut world, &[(2, 1)]);
    let work = benefit::work(world.order(), &world.policy).unwrap();
    let answer = BenefitAnswered::Refused { reason: "the account is closed".into() };
    let tell = Command::TellBenefits { work, answer };
    assert_eq!(names(&world.must(tell.clone())), ["anomaly_raised", "benefits_returned"]);
    assert_eq!(world.order().anomalies[0].what, "benefit_return_refused");
    assert!(world.must(tell).is_empty(), "once");
    assert!(told(&mut world).is_empty());
}

#[test]
fn without_a_service_and_of_older_parts_none_is_due() {
    let mut world = World::with(basket()).placed();
    cancel(&mut world, &[(1, 1)]);
    assert_eq!(benefit::work(world.order(), &world.policy), None);
    // A part that was cancelled before points went back with it: they stay spent until the whole order is undone.
    let mut world = shop().placed();
    cancel(&mut world, &[(1, 1)]);
    let mut stored = serde_json::to_value(&world.order().cancelled[0]).unwrap();
    stored.as_object_mut().unwrap().remove("points_back").unwrap();
    let mut order = world.order().clone();
    order.cancelled = vec![serde_json::from_value::<CancelledLine>(stored).unwrap()];
    assert_eq!(points_back::due(&order), None);
}

/// Three lines whose points are rounded up where all discounts together are not: no minor unit is lost.
#[test]
fn shares_of_points_sum_to_the_points() {
    let mut most = 0;
    for weights in [[2, 2, 3], [1, 2, 4], [3, 3, 5], [1, 1, 1], [5, 7, 11]] {
        for (points, coupon) in (0..30).flat_map(|p| (0..30).map(move |c| (p, c))) {
            let lines = (1..)
                .zip(weights)
                .map(|(n, price)| line(n, "A", 1, crate::given::minor(price * 100, cny("1").currency())));
            let mut body = order_of(lines.collect(), Provider::Stripe);
            let minor = |units| crate::given::minor(units, body.currency);
            let off =
                |code: &str, kind, units| Discount { code: code.into(), kind, amount: minor(units), funded_by: None };
            let discounts = vec![off("P", DiscountKind::Points, points), off("C", DiscountKind::Coupon, coupon)];
            body.total = body.total.sub(minor(points + coupon)).unwrap();
            body.payments[0].amount = body.total;
            body.discounts = discounts;
            let order = Order::received(order_id(0), PlacedOrder::new(body).unwrap(), at(0));
            let shares = refund_share::shares(&order).unwrap();
            let sum = |of: fn(&refund_share::Share) -> i128| shares.iter().map(of).sum::<i128>();
            let sums = (sum(|s| s.points.minor()), sum(|s| s.discount.minor()));
            assert_eq!(sums, (i128::from(points), i128::from(coupon)), "{weights:?}");
            assert!(shares.iter().all(|s| !s.points.is_negative() && !s.discount.is_negative()));
            most += 1;
        }
    }
    assert_eq!(most, 4_500);
}

/// What has gone back of each code, by the commits; each return once.
fn returned(events: &[&OrderEvent]) -> BTreeMap<String, i128> {
    let mut ids = BTreeSet::new();
    let mut sums: BTreeMap<String, i128> = BTreeMap::new();
    for event in events {
        let OrderEvent::BenefitsReturned { return_id, items } = event else { continue };
        assert!(ids.insert(return_id.clone()), "{return_id} twice");
        for item in items {
            *sums.entry(item.code.clone()).or_default() += item.amount.minor();
        }
    }
    sums
}

/// The points that an order spends, by code.
fn spent(order: &Order) -> BTreeMap<String, i128> {
    let mut sums: BTreeMap<String, i128> = BTreeMap::new();
    for spent in benefit::spent(order).iter().filter(|s| s.kind == SpentKind::Points && s.amount.is_positive()) {
        *sums.entry(spent.code.clone()).or_default() += spent.amount.minor();
    }
    sums
}

proptest! {
    #![proptest_config(config(60))]

    /// Whatever the order in which units come back: all of them bring all points, to the last minor unit of each code.
    #[test]
    fn all_units_bring_all_points(plan in body_plan(), picks in prop::collection::vec((any::<u8>(), 1_u32..3), 0..40)) {
        let mut world = World::with(plan.with_points().body(0));
        let order = &mut world.lives[0].order;
        let count = order.body.lines.len();
        let mut left: Vec<u32> = order.body.lines.iter().map(|l| l.quantity).collect();
        let rest: Vec<(usize, u32)> = left.iter().copied().enumerate().collect();
        for (i, quantity) in picks.into_iter().map(|(i, q)| (usize::from(i) % count, q)).chain(rest) {
            let quantity = quantity.min(left[i]);
            if quantity > 0 {
                left[i] -= quantity;
                take(order, i + 1, quantity);
            }
        }
        let mut back: BTreeMap<String, i128> = BTreeMap::new();
        for item in order.refunds.iter().flat_map(|r| &r.points_back) {
            *back.entry(item.code.clone()).or_default() += item.amount.minor();
        }
        prop_assert_eq!(back, spent(order));
    }

    /// In any life: each return is said once, none gives back more than was spent, the books balance, and at rest all is said.
    #[test]
    fn in_any_life_they_go_back_once(plan in shop_plan(2), steps in steps(70)) {
        let mut world = plan.with_points().world();
        world.policy.benefits = true;
        for step in &steps {
            world.fresh.clear();
            world.take(step);
            invariants::machines(&world);
            invariants::ways_out(&world);
            invariants::ledger(&world);
        }
        for life in 0..world.lives.len() {
            world.settle(life);
            let life = &world.lives[life];
            let events: Vec<_> = life.records.iter().flat_map(|r| &r.events).collect();
            let (back, spent) = (returned(&events), spent(&life.order));
            prop_assert!(back.iter().all(|(code, sum)| spent.get(code).is_some_and(|most| sum <= most)), "{:?}", back);
            prop_assert_eq!(points_back::due(&life.order), None);
            for cut in &life.order.cancelled {
                let carried: i128 = cut.points_back.iter().map(|s| s.amount.minor()).sum();
                prop_assert!(carried <= cut.points.minor());
            }
        }
    }
}
