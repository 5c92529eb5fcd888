//! Payments of orders that end: expiry against payment, promises that are given back, and the ids by which that is done.

use oms_domain::body::{DeclaredStatus, Provider};
use oms_domain::command::{CallOffAnswered, Command};
use oms_domain::derived::payment_status;
use oms_domain::event::OrderEvent;
use oms_domain::id::PaymentId;
use oms_domain::money::Money;
use oms_domain::payment::PaymentFactKind;
use oms_domain::refusal::Refusal;
use oms_domain::status::{OrderStatus, PaymentStatus};
use oms_domain::wake;

use crate::given::{cny, due, money, reference, shirts, shirts_by};
use crate::till::Mood;
use crate::world::{World, names};

const FULL: &str = "186.00";

#[test]
fn expiry_and_payment_in_both_orders() {
    // The payment first: it wins.
    let mut world = World::with(shirts()).placed();
    world.pass(1800);
    world.captured("pi_1", cny(FULL));
    assert_eq!(world.must(Command::Compensate).len(), 0);
    assert_eq!(world.order().status, OrderStatus::InFulfilment);
    // Expiry first: the money goes back, and the stock came back once.
    let mut world = World::with(shirts()).placed();
    world.pass(1799);
    assert_eq!(world.must(Command::Compensate).len(), 0, "not a second early");
    world.pass(1);
    world.settle(0);
    let free: Vec<_> = world.stock.values().map(|l| (l.on_hand, l.held, l.committed)).collect();
    assert_eq!(world.order().status, OrderStatus::Expired);
    world.captured("pi_1", cny(FULL));
    world.till.take("pi_1", cny(FULL));
    world.settle(0);
    let order = world.order();
    assert_eq!((order.status, order.refunded().unwrap()), (OrderStatus::Expired, cny(FULL)));
    assert_eq!(payment_status(order), "refunded");
    assert_eq!(free, world.stock.values().map(|l| (l.on_hand, l.held, l.committed)).collect::<Vec<_>>());
    assert_eq!(free, [(10, 0, 0), (10, 0, 0)]);
}

#[test]
fn expiry_calls_the_payment_off_where_its_id_is_known() {
    let expired = |world: &mut World| {
        world.pass(1800);
        world.must(Command::Compensate);
    };
    let mut world = World::with(shirts()).placed();
    expired(&mut world);
    assert_eq!(world.order().payments[0].status, PaymentStatus::Expired, "nobody to ask");
    let mut world = World::with(shirts()).placed();
    world.must(Command::IdentifyPayment {
        provider: Provider::Stripe,
        amount: cny(FULL),
        provider_payment_id: "pi_1".into(),
    });
    expired(&mut world);
    assert_eq!(world.order().payments[0].status, PaymentStatus::Created);
    assert_eq!(wake::to_call_off(world.order()).count(), 1);
    // Meanwhile the buyer has paid: too late for the order, and the money goes back.
    world.till.take("pi_1", cny(FULL));
    world.settle(0);
    assert_eq!(world.order().refunded().unwrap(), cny(FULL));
}

#[test]
fn a_promise_of_an_undone_order_is_given_back_whatever_the_provider_answers() {
    let begin = || {
        let mut world = World::with(shirts()).placed();
        world.stripe("pi_1", PaymentFactKind::Authorized { amount: cny(FULL), expires_at: None });
        world.must(Command::Cancel { reason: "changed my mind".into() });
        world
    };
    for (mood, expected) in [
        (Mood::Fine, PaymentStatus::Voided),
        (Mood::LostAnswer, PaymentStatus::Unknown),
        (Mood::LostCall, PaymentStatus::Unknown),
        (Mood::Refusing, PaymentStatus::Expired),
    ] {
        let mut world = begin();
        world.run(0, wake::Work::Reversal, mood);
        let order = world.order();
        assert_eq!(order.payments[0].status, expected, "{mood:?}");
        let over = expected != PaymentStatus::Unknown;
        assert_eq!(order.status == OrderStatus::Cancelled, over, "not cancelled before the promise is back");
        assert_eq!(order.anomalies.len(), usize::from(mood == Mood::Refusing));
        // Asked again, and answered: over.
        world.pass(30);
        world.settle(0);
        assert_eq!(world.order().status, OrderStatus::Cancelled);
    }
    // Asked about, the provider refuses; or it has taken a part meanwhile.
    for (answer, expected) in [
        (CallOffAnswered::Refused { reason: "no".into() }, PaymentStatus::Expired),
        (CallOffAnswered::Captured(cny("50.00")), PaymentStatus::PartiallyCaptured),
        (CallOffAnswered::Captured(cny(FULL)), PaymentStatus::Captured),
    ] {
        let mut world = begin();
        world.run(0, wake::Work::Reversal, Mood::LostCall);
        world.must(Command::AnswerCallOff { payment_id: PaymentId::number(1), answer });
        assert_eq!(world.order().payments[0].status, expected);
    }
    // An event that says the same as the answer that was lost.
    let mut world = begin();
    world.run(0, wake::Work::Reversal, Mood::LostAnswer);
    assert_eq!(names(&world.stripe("pi_1", PaymentFactKind::Cancelled))[0], "payment_voided");
    assert_eq!(world.order().status, OrderStatus::Cancelled);
}

#[test]
fn a_calling_off_that_brings_no_news_ends_all_the_same() {
    for amount in [Money::zero(cny("0").currency()), money(FULL, "USD")] {
        let mut world = World::with(shirts()).placed();
        world.stripe("pi_1", PaymentFactKind::Pending);
        world.pass(1800);
        world.must(Command::Compensate);
        let answer = CallOffAnswered::Captured(amount);
        world.must(Command::AnswerCallOff { payment_id: PaymentId::number(1), answer });
        assert_eq!(world.order().payments[0].status, PaymentStatus::Expired);
        assert_eq!(world.order().anomalies.len(), 1, "people look at what the provider meant");
        assert_eq!(world.due(0), Some(wake::Work::Reversal), "the stock");
    }
}

#[test]
fn what_the_channel_was_promised_needs_no_call() {
    for provider in [Provider::Channel, Provider::Alipay] {
        let mut body = shirts_by(provider, DeclaredStatus::Authorized);
        body.payments[0].collected_by_channel = true;
        let mut world = World::with(body).placed();
        world.must(Command::Cancel { reason: "changed my mind".into() });
        world.settle(0);
        let order = world.order();
        assert_eq!((order.status, order.payments[0].status), (OrderStatus::Cancelled, PaymentStatus::Expired));
    }
}

#[test]
fn a_storefront_tells_the_id_of_the_current_payment() {
    let mut world = World::with(shirts()).placed();
    let identify = |provider, amount, id: &str| Command::IdentifyPayment {
        provider,
        amount: cny(amount),
        provider_payment_id: id.into(),
    };
    let field = |r: Result<Vec<OrderEvent>, Refusal>| match r {
        Err(Refusal::Field { field, .. }) => field,
        other => panic!("{other:?}"),
    };
    assert_eq!(field(world.act(identify(Provider::Stripe, "1.00", "pi_1"))), "amount");
    assert_eq!(names(&world.must(identify(Provider::Stripe, FULL, "pi_1"))), ["payment_identified"]);
    assert!(world.must(identify(Provider::Stripe, FULL, "pi_1")).is_empty());
    // One that the order does not know yet is a further attempt, and is known from the beginning.
    for (provider, id, number) in [(Provider::Stripe, "pi_2", 2), (Provider::Alipay, "2026", 3)] {
        assert_eq!(field(world.act(identify(provider, "1.00", id))), "amount");
        assert_eq!(names(&world.must(identify(provider, FULL, id))), ["payment_added", "payment_identified"]);
        assert!(world.must(identify(provider, FULL, id)).is_empty());
        let payment = &world.order().payments[number - 1];
        assert_eq!((payment.provider, payment.provider_payment_id.as_deref()), (provider, Some(id)));
        assert_eq!(payment.reference, reference(0, number));
    }
    // Of two parts the one that it fits.
    let mut body = shirts();
    body.payments[0].amount = cny("100.00");
    body.payments.push(due(Provider::Stripe, cny("86.00"), reference(0, 2)));
    let mut parts = World::with(body).placed();
    parts.must(identify(Provider::Stripe, "86.00", "pi_2"));
    assert_eq!(parts.order().payments[1].provider_payment_id.as_deref(), Some("pi_2"));
    let mut cod = World::with(shirts_by(Provider::Cod, DeclaredStatus::Due)).placed();
    assert_eq!(field(cod.act(identify(Provider::Cod, FULL, "x"))), "provider");
}

#[test]
fn a_providers_news_is_not_about_what_the_channel_collected() {
    let mut body = shirts_by(Provider::Stripe, DeclaredStatus::Captured);
    body.payments[0].collected_by_channel = true;
    let mut world = World::with(body).placed();
    assert_eq!(world.order().status, OrderStatus::InFulfilment);
    let identify =
        Command::IdentifyPayment { provider: Provider::Stripe, amount: cny(FULL), provider_payment_id: "pi_1".into() };
    assert!(matches!(world.act(identify), Err(Refusal::WrongState { .. })));
    // A payment that came to us all the same is a second one, and goes back.
    world.captured("pi_1", cny(FULL));
    world.till.take("pi_1", cny(FULL));
    world.settle(0);
    assert_eq!(world.till.sent_back("pi_1"), [cny(FULL)]);
}

/// Asked again by the sweep until it is known: nothing is promised that could be lost meanwhile.
#[test]
fn a_lost_answer_about_an_attempt_that_promised_nothing_changes_nothing() {
    let mut world = World::with(shirts()).placed();
    world.must(Command::IdentifyPayment {
        provider: Provider::Stripe,
        amount: cny(FULL),
        provider_payment_id: "pi_1".into(),
    });
    world.pass(1800);
    world.must(Command::Compensate);
    let command = Command::AnswerCallOff { payment_id: PaymentId::number(1), answer: CallOffAnswered::Unknown };
    assert_eq!(world.must(command), []);
    assert_eq!(world.order().payments[0].status, PaymentStatus::Created);
    assert_eq!(wake::to_call_off(world.order()).count(), 1);
}

#[test]
fn money_that_goes_back_says_why() {
    let paid_late = |world: &mut World| {
        world.captured("pi_1", cny(FULL));
        world.must(Command::Compensate);
        world.order().refunds[0].reason.clone()
    };
    let mut world = World::with(shirts()).placed();
    world.pass(1800);
    world.must(Command::Compensate);
    assert_eq!(paid_late(&mut world), "not paid in time");
    let mut world = World::with(shirts());
    world.products.clear();
    world.validate();
    assert_eq!(paid_late(&mut world), "the order was rejected");
    let mut world = World::with(shirts()).placed();
    world.must(Command::Cancel { reason: "changed my mind".into() });
    assert_eq!(paid_late(&mut world), "changed my mind");
}
