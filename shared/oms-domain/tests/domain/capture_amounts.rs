//! Which promise is taken, and how much of it, where several could bring the same money; and only for goods that move.

use oms_domain::body::Provider;
use oms_domain::capture::CaptureMoment;
use oms_domain::command::{Command, Report, Scan};
use oms_domain::id::PaymentId;
use oms_domain::money::Money;
use oms_domain::payment::PaymentFactKind;
use oms_domain::status::{CaptureStatus, PaymentStatus};

use crate::captures::{answer, promise, promised, refused, submitted};
use crate::given::{cny, due, location_id, reference};
use crate::part_cancelled::{basket, part};
use crate::world::{World, names};

const FULL: &str = "186.00";

fn taken(world: &World) -> Vec<(PaymentId, Money)> {
    world.order().captures.iter().map(|c| (c.payment_id.clone(), c.amount)).collect()
}

/// Neither is called off yet: the buyer pays by the card that was promised first, and once.
#[test]
fn of_two_promises_for_the_same_money_the_first_is_taken() {
    let mut world = promised(CaptureMoment::Delivered);
    world.stripe("pi_2", promise(FULL));
    world.shipped(1);
    world.scan(1, Scan::Delivered);
    assert_eq!(taken(&world), [(PaymentId::number(1), cny(FULL))]);
}

/// A capture that a person looks at counts on nothing any more once its promise is gone.
#[test]
fn a_promise_in_the_place_of_one_that_is_gone_is_taken_in_full() {
    let mut world = submitted();
    answer(&mut world, refused());
    world.stripe("pi_1", PaymentFactKind::Cancelled);
    assert_eq!(world.order().payments[0].status, PaymentStatus::Expired);
    assert_eq!(world.order().captures[0].status, CaptureStatus::Manual);
    world.stripe("pi_2", promise(FULL));
    assert_eq!(taken(&world)[1..], [(PaymentId::number(2), cny(FULL))]);
}

/// 24.00 of the first card and 20.00 of the second, of which only 9.00 are needed once a unit is cancelled. The first
/// bank takes its money back, and the buyer promises it anew: the second card still brings no more than its 9.00.
#[test]
fn a_capture_counts_for_what_it_takes_and_not_for_all_that_was_promised() {
    let mut body = basket(Provider::Stripe);
    let part_of = |amount, n| due(Provider::Stripe, cny(amount), reference(0, n));
    body.payments = vec![part_of("24.00", 1), part_of("20.00", 2)];
    let mut world = World::with(body).placed();
    world.policy.capture_when.otherwise = CaptureMoment::Delivered;
    world.captured("pi_1", cny("24.00"));
    world.stripe("pi_2", promise("20.00"));
    world.must(part(&[(1, 1)]));
    world.shipped(2);
    world.scan(2, Scan::Delivered);
    assert_eq!(taken(&world), [(PaymentId::number(2), cny("9.00"))]);
    world.stripe("pi_1", PaymentFactKind::DisputeLost { amount: cny("24.00") });
    world.stripe("pi_3", promise("24.00"));
    assert_eq!(taken(&world)[1..], [(PaymentId::number(3), cny("24.00"))], "33.00 in all");
}

/// A shop begins to take promises at the release while an order's goods are with no location: its buyer is charged when
/// there are goods for the money again.
#[test]
fn nothing_is_taken_for_goods_that_no_location_has() {
    let mut world = promised(CaptureMoment::Provider);
    world.stock.retain(|(location, _), _| *location == location_id("sz-1"));
    world.report(1, Report::Rejected { reason: None });
    world.policy.capture_when.otherwise = CaptureMoment::Release;
    assert_eq!(names(&world.plan()), ["plan_failed"]);
    assert_eq!(taken(&world), []);
    // The location is asked again, and takes it.
    assert_eq!(names(&world.must(Command::RetryPlan)), ["plan_retried"]);
    assert!(names(&world.plan()).contains(&"shipment_released"));
    assert_eq!(taken(&world), [(PaymentId::number(1), cny(FULL))]);
}
