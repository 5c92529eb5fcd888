//! Until when a promise is good: as its provider says, as far as that can be true, and else by the days of its pages.

use jiff::{SignedDuration, Timestamp};
use oms_domain::body::{DeclaredStatus, Provider};
use oms_domain::capture::CaptureMoment;
use oms_domain::command::Command;
use oms_domain::event::OrderEvent;
use oms_domain::payment::PaymentFactKind;
use oms_domain::promise;
use oms_domain::status::PaymentStatus;

use crate::given::{at, cny, shirts, shirts_by};
use crate::world::{World, names};

const FULL: &str = "186.00";
const DAY: i64 = 86_400;

fn promise(expires_at: Option<Timestamp>) -> PaymentFactKind {
    PaymentFactKind::Authorized { amount: cny(FULL), expires_at }
}

fn days(world: &World, days: i64) -> Timestamp {
    world.now + SignedDuration::from_secs(days * DAY)
}

/// A shop that takes money on delivery.
fn placed() -> World {
    let mut world = World::with(shirts());
    world.policy.capture_when.otherwise = CaptureMoment::Delivered;
    world.placed()
}

fn end(world: &World) -> Option<Timestamp> {
    world.order().payments[0].expires_at
}

#[test]
fn a_promise_is_taken_an_hour_before_the_end_that_its_provider_tells() {
    for told in [3, 20] {
        let mut world = placed();
        let until = days(&world, told);
        world.stripe("pi_1", promise(Some(until)));
        assert_eq!(end(&world), Some(until));
        world.pass(told * DAY - 3_601);
        assert!(!names(&world.must(Command::Compensate)).contains(&"capture_requested"), "{told}");
        world.pass(1);
        assert!(names(&world.must(Command::Compensate)).contains(&"capture_requested"), "{told}");
    }
}

/// What cannot be true is not believed; nor does it break anything.
#[test]
fn an_end_that_cannot_be_is_none() {
    let now = at(0);
    let after = |seconds: i64| now + SignedDuration::from_secs(seconds);
    for (told, is_credible) in [
        (after(1), true),
        (after(180 * DAY), true),
        (after(180 * DAY + 1), false),
        (now, false),
        (after(-1), false),
        (Timestamp::MIN, false),
        (Timestamp::MAX, false),
    ] {
        assert_eq!(promise::credible(Some(told), now), Some(told).filter(|_| is_credible), "{told}");
        let mut world = placed();
        world.stripe("pi_1", promise(Some(told)));
        let expected = if is_credible { told } else { days(&world, 7) };
        assert_eq!(end(&world), Some(expected), "{told}");
        assert_eq!(world.order().payments[0].status, PaymentStatus::Authorized);
    }
    assert_eq!(promise::credible(None, now), None);
    // Not even at the end of all time.
    assert_eq!(promise::credible(Some(Timestamp::MAX), Timestamp::MAX), None);
}

/// Stripe's charge comes after its payment intent, or before it.
#[test]
fn an_end_that_is_told_by_itself_is_known_from_then_on() {
    let mut world = placed();
    world.stripe("pi_1", promise(None));
    assert_eq!(end(&world), Some(days(&world, 7)));
    world.pass(60);
    let until = days(&world, 5);
    let events = world.stripe("pi_1", promise(Some(until)));
    assert_eq!(names(&events), ["payment_authorized"]);
    assert_eq!(events[0].detail(), format!("p1: 186.00 CNY, until {until}"));
    assert_eq!((end(&world), world.order().payments[0].authorized), (Some(until), cny(FULL)));
    // Told again, and without an end: nothing that was not known.
    for told in [Some(until), None, Some(Timestamp::MIN)] {
        assert_eq!(names(&world.stripe("pi_1", promise(told))), ["noted"], "{told:?}");
        assert_eq!(end(&world), Some(until), "{told:?}");
    }
    // Of another amount, it is the end that is news.
    let later = days(&world, 6);
    world.stripe("pi_1", PaymentFactKind::Authorized { amount: cny("1.00"), expires_at: Some(later) });
    assert_eq!((end(&world), world.order().payments[0].authorized), (Some(later), cny(FULL)));
    // Money needs no end.
    world.captured("pi_1", cny(FULL));
    let until = days(&world, 4);
    assert_eq!(names(&world.stripe("pi_1", promise(Some(until)))), ["noted"]);
    assert_eq!(world.order().payments[0].status, PaymentStatus::Captured);
}

#[test]
fn what_an_older_version_stored_reads_as_before() {
    let amount = r#"{"amount":"186.00","currency":"CNY"}"#;
    let text = format!(r#"{{"type":"payment_authorized","payment_id":"p1","amount":{amount}}}"#);
    let event: OrderEvent = serde_json::from_str(&text).unwrap();
    assert_eq!((serde_json::to_string(&event).unwrap(), event.detail()), (text, "p1: 186.00 CNY".to_owned()));
    let mut world = placed();
    world.lives[0].order.apply(&event, at(0));
    assert_eq!(end(&world), Some(days(&world, 7)));
    let parked: PaymentFactKind =
        serde_json::from_str(&format!(r#"{{"kind":"authorized","amount":{amount}}}"#)).unwrap();
    assert_eq!(parked, promise(None));
}

/// A channel may say of a payment that it is only promised, and then when it was: its end counts from there.
#[test]
fn a_promise_that_the_channel_declares_ends_as_any_other() {
    for (status, ends) in [
        (DeclaredStatus::Authorized, Some(at(-3_600 + 7 * DAY))),
        (DeclaredStatus::Captured, None),
        (DeclaredStatus::Due, None),
    ] {
        let mut body = shirts_by(Provider::Stripe, status);
        body.payments[0].collected_by_channel = true;
        body.payments[0].channel_reference = Some("pi_1".into());
        body.payments[0].paid_at = Some(at(-3_600));
        assert_eq!(end(&World::with(body)), ends, "{status:?}");
    }
}
