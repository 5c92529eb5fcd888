//! Attempts beside each other: which may be begun or opened, what each still has to bring, and which one is meant.

use oms_domain::body::Provider;
use oms_domain::capture::CaptureMoment;
use oms_domain::command::{CallOffAnswered, Command};
use oms_domain::id::PaymentId;
use oms_domain::payment::{PaymentFact, PaymentFactKind};
use oms_domain::payment_start::{PayerClient, payable};
use oms_domain::refusal::Refusal;
use oms_domain::status::{HoldKind, OrderStatus, PaymentStatus};

use crate::given::{by_card, cny, reference, shirts, shirts_in_parts};
use crate::part_cancelled::part;
use crate::world::World;

const FULL: &str = "186.00";

fn open(provider: Provider, amount: &str) -> Command {
    Command::OpenPayment { provider, amount: cny(amount), key: None }
}

/// What a provider tells of the attempt at a position, under an id of its own.
fn told(world: &mut World, provider: Provider, position: usize, id: &str, kind: PaymentFactKind) {
    let (key, provider_payment_id) = (world.new_key(), id.to_owned());
    let reference = Some(world.order().payments[position - 1].reference.clone());
    let fact = PaymentFact { key, provider, provider_payment_id, reference, live: false, kind, fees: Vec::new() };
    world.must(Command::RecordPayment(fact));
}

fn captured(amount: &str) -> PaymentFactKind {
    PaymentFactKind::Captured { amount: cny(amount) }
}

fn promised(amount: &str) -> PaymentFactKind {
    PaymentFactKind::Authorized { amount: cny(amount), expires_at: None }
}

fn is_held(world: &World) -> bool {
    world.order().active_holds().any(|hold| hold.kind == HoldKind::PaymentMismatch)
}

#[test]
fn the_kinds_of_clients_have_names_of_their_own() {
    let names: Vec<_> = PayerClient::ALL.iter().map(|client| client.name()).collect();
    assert_eq!(names, ["web", "mobile_web", "qr", "mini_program"]);
}

/// A buyer begins what an API takes and nobody else collects.
#[test]
fn what_is_paid_at_the_door_or_to_the_channel_is_not_begun() {
    for (provider, by_channel, may_begin) in
        [(Provider::Stripe, false, true), (Provider::Stripe, true, false), (Provider::Cod, false, false)]
    {
        let mut body = shirts_in_parts(&[(provider, "86.00"), (Provider::Stripe, "100.00")]);
        body.payments[0].collected_by_channel = by_channel;
        let world = World::with(body).placed();
        let begun = payable(world.order(), &PaymentId::number(1), PayerClient::Web, world.now);
        assert_eq!(begun.is_ok(), may_begin, "{provider:?} {by_channel}: {begun:?}");
        assert!(may_begin || matches!(begun, Err(Refusal::NotOffered(_))), "{provider:?} {by_channel}");
    }
}

/// A gift card's part, or one at the door, is none that another provider could bring.
#[test]
fn an_attempt_is_opened_for_a_part_that_an_api_takes() {
    for (amount, may_open) in [("100.00", true), (FULL, true), ("86.00", false)] {
        let mut body = shirts_in_parts(&[(Provider::Stripe, "100.00")]);
        body.payments.push(by_card("GC-1", cny("86.00"), reference(0, 2)));
        let answer = World::with(body).act(open(Provider::Alipay, amount));
        assert_eq!(answer.is_ok(), may_open, "{amount}: {answer:?}");
    }
    for (amount, may_open) in [("100.00", true), (FULL, false), ("86.00", false)] {
        let parts = [(Provider::Stripe, "100.00"), (Provider::Cod, "86.00")];
        let answer = World::with(shirts_in_parts(&parts)).placed().act(open(Provider::Alipay, amount));
        assert_eq!(answer.is_ok(), may_open, "{amount}: {answer:?}");
    }
}

/// Somebody has paid a part in another way, so that less of the promise is taken than was declared: that is what was
/// asked for.
#[test]
fn what_is_taken_of_a_promise_is_measured_by_what_was_asked_of_it() {
    for (taken, doubt) in [("136.00", false), ("100.00", true)] {
        let mut world = World::with(shirts());
        world.policy.capture_when.otherwise = CaptureMoment::Shipped;
        let mut world = world.placed();
        told(&mut world, Provider::Stripe, 1, "pi_1", promised(FULL));
        world.captured("pi_2", cny("50.00"));
        world.shipped(1);
        assert_eq!(world.order().captures[0].amount, cny("136.00"));
        told(&mut world, Provider::Stripe, 1, "pi_1", captured(taken));
        assert_eq!(is_held(&world), doubt, "{taken}");
    }
}

/// The storefront may have shown either amount: what was asked for, or what is left of it since a part was cancelled.
#[test]
fn after_a_part_is_cancelled_the_old_amount_and_the_new_one_may_be_opened() {
    for (amount, may_open) in [("136.00", true), ("43.00", true), ("50.00", false), ("93.00", false)] {
        let mut world =
            World::with(shirts_in_parts(&[(Provider::Stripe, "50.00"), (Provider::Stripe, "136.00")])).placed();
        told(&mut world, Provider::Stripe, 1, "pi_1", captured("50.00"));
        world.must(part(&[(1, 1)]));
        let answer = world.act(open(Provider::Alipay, amount));
        assert_eq!(answer.is_ok(), may_open, "{amount}: {answer:?}");
    }
}

/// What another attempt of the right amount brings is no mistake, although no part was ever of it.
#[test]
fn an_attempt_that_brings_what_is_left_raises_no_doubt() {
    for (amount, doubt) in [("43.00", false), ("42.00", true), ("93.00", true)] {
        let mut world =
            World::with(shirts_in_parts(&[(Provider::Stripe, "50.00"), (Provider::Stripe, "136.00")])).placed();
        told(&mut world, Provider::Stripe, 1, "pi_1", captured("50.00"));
        world.must(part(&[(1, 1)]));
        world.must(open(Provider::Alipay, "43.00"));
        told(&mut world, Provider::Alipay, 3, "ali_1", captured(amount));
        assert_eq!(is_held(&world), doubt, "{amount}");
    }
}

/// One of two shirts is cancelled, so that 93.00 are left to pay. Of money at the door the earlier part comes first; of
/// other money only what has come counts.
#[test]
fn what_each_part_still_has_to_bring() {
    use Provider::{Cod, Stripe};
    for (parts, left) in [
        ([(Cod, "100.00"), (Cod, "86.00")], ["93.00", "0.00"]),
        ([(Cod, "60.00"), (Cod, "126.00")], ["60.00", "33.00"]),
        ([(Cod, "100.00"), (Stripe, "86.00")], ["93.00", "86.00"]),
        ([(Stripe, "86.00"), (Cod, "100.00")], ["86.00", "93.00"]),
        ([(Stripe, "100.00"), (Stripe, "86.00")], ["93.00", "86.00"]),
    ] {
        let mut world = World::with(shirts_in_parts(&parts)).placed();
        world.must(part(&[(1, 1)]));
        let order = world.order();
        let due: Vec<_> = order.payments.iter().map(|payment| order.due(payment).unwrap()).collect();
        assert_eq!(due, left.map(cny), "{parts:?}");
    }
}

/// PayPal tells our reference with everything: a capture belongs to the promise of its own reference, and to no other
/// payment.
#[test]
fn a_capture_is_that_of_its_own_promise() {
    let ids = |world: &World| -> Vec<Option<String>> {
        world.order().payments.iter().map(|p| p.provider_payment_id.clone()).collect()
    };
    let is = |id: &str| Some(id.to_owned());
    let parts = [(Provider::Paypal, "100.00"), (Provider::Paypal, "86.00")];
    let start = || {
        let mut world = World::with(shirts_in_parts(&parts)).placed();
        told(&mut world, Provider::Paypal, 1, "AUTH-1", promised("100.00"));
        world
    };
    let mut world = start();
    told(&mut world, Provider::Paypal, 1, "CAP-1", captured("100.00"));
    assert_eq!(ids(&world), [is("CAP-1"), None]);
    // One that is taken already is not taken again: this is another payment.
    told(&mut world, Provider::Paypal, 1, "CAP-2", captured("100.00"));
    assert_eq!(ids(&world), [is("CAP-1"), None, is("CAP-2")]);
    let mut world = start();
    told(&mut world, Provider::Paypal, 2, "CAP-3", captured("86.00"));
    assert_eq!(ids(&world), [is("AUTH-1"), is("CAP-3")]);
    assert_eq!(world.order().payments[0].status, PaymentStatus::Authorized);
}

/// The bank takes back what had paid for everything; that a promise of a part is let go as well changes nothing.
#[test]
fn a_promise_that_did_not_pay_for_the_order_is_let_go_in_silence() {
    let mut world = World::with(shirts_in_parts(&[(Provider::Stripe, "100.00"), (Provider::Stripe, "86.00")])).placed();
    world.must(open(Provider::Stripe, FULL));
    told(&mut world, Provider::Stripe, 3, "pi_3", captured(FULL));
    assert_eq!(world.order().status, OrderStatus::InFulfilment);
    told(&mut world, Provider::Stripe, 1, "pi_1", promised("100.00"));
    told(&mut world, Provider::Stripe, 3, "pi_3", PaymentFactKind::DisputeLost { amount: cny(FULL) });
    assert!(!world.order().is_secured());
    let (holds, anomalies) = (world.order().holds.len(), world.order().anomalies.len());
    let payment_id = PaymentId::number(1);
    world.must(Command::AnswerCallOff { payment_id, answer: CallOffAnswered::Done });
    assert_eq!(world.order().payments[0].status, PaymentStatus::Voided);
    assert_eq!((world.order().holds.len(), world.order().anomalies.len()), (holds, anomalies));
}
