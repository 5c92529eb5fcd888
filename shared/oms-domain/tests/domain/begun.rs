//! Payments that Waybill begins: whether their money is taken at once or promised. It follows from what was stored before the
//! provider is asked, so that whoever asks again asks for the same.

use oms_domain::body::{OrderBody, PaymentPurpose, Provider};
use oms_domain::capture::CaptureMoment;
use oms_domain::command::{Command, Report};
use oms_domain::event::OrderEvent;
use oms_domain::payment::PaymentFactKind;
use oms_domain::payment_start::{PayerClient, Taking};
use oms_domain::status::{OrderStatus, PaymentStatus};

use crate::given::{at, cny, due, reference, shirts};
use crate::world::World;

const FULL: &str = "186.00";

fn by(provider: Provider) -> OrderBody {
    let mut body = shirts();
    body.payments[0].provider = provider;
    body
}

/// Two parts: of the first it may be said that it is a deposit, the second may have a day of its own.
fn in_parts(is_deposit: bool, has_day: bool) -> OrderBody {
    let mut body = shirts();
    body.payments = vec![
        due(Provider::Stripe, cny("50.00"), reference(0, 1)),
        due(Provider::Stripe, cny("136.00"), reference(0, 2)),
    ];
    body.payments[0].purpose = is_deposit.then_some(PaymentPurpose::Deposit);
    body.payments[1].due_at = has_day.then(|| at(500_000));
    body
}

fn asked_to_pay(body: OrderBody, moment: CaptureMoment) -> World {
    let mut world = World::with(body);
    world.policy.capture_when.otherwise = moment;
    world.placed()
}

fn takings(world: &World) -> Vec<Taking> {
    world.order().payments.iter().map(|p| world.order().taking(p)).collect()
}

fn begin(world: &mut World) {
    let command = Command::StartPayment {
        payment_id: world.order().payments[0].id.clone(),
        client: PayerClient::Web,
        provider_payment_id: Some("pi_1".into()),
        object: None,
        expires_at: at(3600),
    };
    world.must(command);
}

#[test]
fn what_is_promised_and_what_is_taken_at_once() {
    use CaptureMoment::{Delivered, Provider as Set, Release, Shipped};
    use Taking::{AsSetUp, AtOnce, Promised};
    for (body, moment, expected) in [
        (shirts(), Set, vec![AsSetUp]),
        (shirts(), Release, vec![Promised]),
        (shirts(), Shipped, vec![Promised]),
        (by(Provider::Paypal), Delivered, vec![Promised]),
        (by(Provider::Adyen), Delivered, vec![Promised]),
        // They know no promises.
        (by(Provider::Wechatpay), Shipped, vec![AsSetUp]),
        (by(Provider::Alipay), Shipped, vec![AsSetUp]),
        // Promises end before most balances are due.
        (in_parts(true, true), Shipped, vec![AtOnce, AtOnce]),
        (in_parts(true, false), Shipped, vec![AtOnce, AtOnce]),
        (in_parts(false, true), Shipped, vec![AtOnce, AtOnce]),
        (in_parts(false, false), Shipped, vec![Promised, Promised]),
        (in_parts(true, true), Set, vec![AsSetUp, AsSetUp]),
    ] {
        let label = format!("{moment:?} {:?}", body.payments);
        assert_eq!(takings(&asked_to_pay(body, moment)), expected, "{label}");
    }
}

/// The buyer was asked to pay under one setting: what the shop chooses later is for the orders after that.
#[test]
fn the_setting_of_the_first_request_counts_for_good() {
    for (before, after, expected) in [
        (CaptureMoment::Shipped, CaptureMoment::Provider, Taking::Promised),
        (CaptureMoment::Provider, CaptureMoment::Shipped, Taking::AsSetUp),
    ] {
        let mut world = asked_to_pay(shirts(), before);
        world.policy.capture_when.otherwise = after;
        assert_eq!(takings(&world), [expected], "{before:?}");
        world.must(Command::OpenPayment { provider: Provider::Stripe, amount: cny(FULL), key: None });
        assert_eq!(takings(&world), [expected, expected], "{before:?}");
    }
}

/// Nobody else takes a promise that Waybill began, also where the shop leaves captures to the provider by now.
#[test]
fn a_promise_that_was_begun_is_taken_whatever_the_setting_has_become() {
    for (is_begun, captures) in [(true, 1), (false, 0)] {
        let mut world = asked_to_pay(shirts(), CaptureMoment::Shipped);
        if is_begun {
            begin(&mut world);
        }
        world.policy.capture_when.otherwise = CaptureMoment::Provider;
        world.stripe("pi_1", PaymentFactKind::Authorized { amount: cny(FULL), expires_at: None });
        world.report(1, Report::Accepted);
        assert!(world.order().captures.is_empty(), "not before its moment");
        world.shipped(1);
        assert_eq!(world.order().captures.len(), captures, "{is_begun}");
    }
    // Nor does it end under goods.
    let mut world = asked_to_pay(shirts(), CaptureMoment::Delivered);
    begin(&mut world);
    world.policy.capture_when.otherwise = CaptureMoment::Provider;
    world.stripe("pi_1", PaymentFactKind::Authorized { amount: cny(FULL), expires_at: None });
    world.pass(7 * 86_400 - 3_600);
    world.must(Command::Compensate);
    assert_eq!((world.order().captures.len(), world.order().status), (1, OrderStatus::InFulfilment));
}

/// An attempt that was begun as a promise is called off as one, also before anything was told of it.
#[test]
fn what_was_begun_as_a_promise_is_called_off_as_one() {
    for (moment, is_begun, expected) in [
        (CaptureMoment::Shipped, true, true),
        (CaptureMoment::Shipped, false, false),
        (CaptureMoment::Provider, true, false),
    ] {
        let mut world = asked_to_pay(shirts(), moment);
        if is_begun {
            begin(&mut world);
        }
        let payment = &world.order().payments[0];
        assert_eq!((payment.status, world.order().is_only_promised(payment)), (PaymentStatus::Created, expected));
    }
    let mut world = asked_to_pay(shirts(), CaptureMoment::Shipped);
    begin(&mut world);
    world.captured("pi_1", cny(FULL));
    assert!(!world.order().is_only_promised(&world.order().payments[0]), "money is no promise");
}

/// Orders whose buyers were asked by a version that began nothing but payments at once.
#[test]
fn what_an_older_version_stored_is_taken_as_the_account_is_set_up() {
    let old: OrderEvent =
        serde_json::from_str(r#"{"type":"payment_requested","deadline":"2026-11-11T15:30:00Z"}"#).unwrap();
    let asked = world_asked(&old);
    assert_eq!(takings(&asked), [Taking::AsSetUp]);
    let new = r#"{"type":"payment_requested","deadline":"2026-11-11T15:30:00Z","terms":{"capture_when":"shipped"}}"#;
    let new: OrderEvent = serde_json::from_str(new).unwrap();
    assert_eq!(takings(&world_asked(&new)), [Taking::Promised]);
    assert_eq!(old.detail(), "until 2026-11-11T15:30:00Z");
    assert_eq!(new.detail(), "until 2026-11-11T15:30:00Z, taken when the goods have left");
}

fn world_asked(event: &OrderEvent) -> World {
    let mut world = World::with(shirts());
    world.lives[0].order.apply(event, at(0));
    world
}

/// Its provider was told to take it at once, and takes it: a capture of ours would be a second one.
#[test]
fn what_is_taken_at_once_is_not_captured_by_us() {
    let mut world = asked_to_pay(in_parts(true, true), CaptureMoment::Release);
    begin(&mut world);
    assert_eq!(takings(&world)[0], Taking::AtOnce);
    world.stripe("pi_1", PaymentFactKind::Authorized { amount: cny("50.00"), expires_at: None });
    world.captured("pi_2", cny("136.00"));
    assert_eq!(world.order().status, OrderStatus::InFulfilment);
    assert!(world.order().captures.is_empty(), "{:?}", world.order().captures);
}
