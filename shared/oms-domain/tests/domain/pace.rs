//! How a provider's limits for refunds of one payment are kept: by waiting and by asking people, never by a call that is
//! refused.

use jiff::Timestamp;
use oms_domain::body::Provider;
use oms_domain::command::{Command, RefundAnswered, RefundAsk};
use oms_domain::desk;
use oms_domain::event::OrderEvent;
use oms_domain::id::{EventKey, RefundId};
use oms_domain::payment::{PaymentFact, PaymentFactKind};
use oms_domain::refund_pace::{Limits, Turn, turn};
use oms_domain::refusal::Refusal;
use oms_domain::status::RefundStatus;
use oms_domain::wake;

use crate::given::{at, cny, due, fact, reference, shirts, shirts_by};
use crate::world::{World, names};

const A_YEAR: i64 = 365 * 86_400;

/// An order that was paid by WeChat Pay when the tests' time begins, and so many refunds of a yuan asked for at once.
fn asked(refunds: usize) -> World {
    asked_of(Provider::Wechatpay, refunds)
}

fn asked_of(provider: Provider, refunds: usize) -> World {
    let mut world = World::with(shirts_by(provider, oms_domain::body::DeclaredStatus::Due)).placed();
    pay(&mut world, provider, "wx_1", "186.00");
    for _ in 0..refunds {
        ask(&mut world, "1.00");
    }
    world
}

fn pay(world: &mut World, provider: Provider, payment: &str, amount: &str) {
    let key: EventKey = world.new_key();
    let kind = PaymentFactKind::Captured { amount: cny(amount) };
    world.must(Command::RecordPayment(PaymentFact { key, provider, ..fact("any", payment, kind) }));
    world.till.take(payment, cny(amount));
}

fn ask(world: &mut World, amount: &str) {
    let key = world.new_key();
    let ask = RefundAsk::Amount(cny(amount));
    world.must(Command::RequestRefund { key, ask, reason: "late".into(), by: "finance".into() });
}

fn id(world: &World, n: usize) -> RefundId {
    RefundId::of(&world.order().id, n)
}

fn submit(world: &mut World, n: usize) -> Vec<&'static str> {
    let refund_id = id(world, n);
    names(&world.must(Command::SubmitRefund { refund_id }))
}

fn answer(world: &mut World, n: usize, answer: RefundAnswered) {
    let refund_id = id(world, n);
    world.must(Command::AnswerRefund { refund_id, answer });
}

fn pending() -> RefundAnswered {
    RefundAnswered::Pending { reference: "wx-re".into() }
}

fn refund_wake(world: &World) -> Timestamp {
    world.next_wake(0).expect("something is to come")
}

#[test]
fn only_wechat_pay_names_limits() {
    for provider in Provider::ALL {
        let expected = if *provider == Provider::Wechatpay { (60, Some(50), Some(365)) } else { (0, None, None) };
        let limits = Limits::of(*provider);
        assert_eq!((limits.apart_seconds, limits.most, limits.within_days), expected, "{provider:?}");
    }
}

#[test]
fn the_second_goes_a_minute_after_the_first() {
    let mut world = asked(2);
    assert_eq!(submit(&mut world, 1), ["refund_submitted"]);
    assert_eq!(submit(&mut world, 2), [] as [&str; 0], "not in the same moment");
    answer(&mut world, 1, RefundAnswered::Succeeded { reference: None });
    assert_eq!(refund_wake(&world), at(60));
    for (seconds, goes) in [(59, false), (60, true)] {
        world.now = at(seconds);
        assert_eq!(world.due(0).is_some(), goes, "after {seconds} s");
        assert_eq!(submit(&mut world, 2).len(), usize::from(goes), "after {seconds} s");
    }
}

/// The minute counts from the answer where it is late: the call itself may have come just before.
#[test]
fn a_sending_without_an_answer_keeps_the_next_back() {
    for (answered, next) in [
        (RefundAnswered::Succeeded { reference: None }, Some(at(140))),
        (pending(), Some(at(140))),
        (RefundAnswered::Refused { reason: "NOT_ENOUGH".into() }, Some(at(140))),
        (RefundAnswered::Unknown, None),
    ] {
        let mut world = asked(2);
        submit(&mut world, 1);
        world.now = at(70);
        let second = world.order().refunds[1].clone();
        assert_eq!(turn(world.order(), &second), Turn::Behind, "the first may still be on its way");
        assert_eq!(submit(&mut world, 2), [] as [&str; 0]);
        world.now = at(80);
        answer(&mut world, 1, answered.clone());
        let expected = next.map_or(Turn::Behind, Turn::At);
        assert_eq!(turn(world.order(), &second), expected, "{answered:?}");
        assert!(world.next_wake(0).is_some(), "{answered:?}: something comes");
    }
}

/// However the answers come, two refunds of a payment are never sent within a minute, and all of them are in the end.
#[test]
fn a_row_of_refunds_takes_a_minute_each() {
    let mut world = asked(5);
    let mut sent: Vec<Timestamp> = Vec::new();
    for _ in 0..400 {
        let before = world.order().refunds.iter().filter(|r| r.attempts > 0).count();
        if world.due(0).is_some() {
            world.run(0, wake::Work::Reversal, crate::till::Mood::Fine);
        }
        let after = world.order().refunds.iter().filter(|r| r.attempts > 0).count();
        assert!(after <= before + 1, "two in one go");
        if after > before {
            sent.push(world.now);
        }
        world.pass(7);
    }
    assert_eq!(sent.len(), 5);
    assert!(sent.windows(2).all(|pair| pair[1].duration_since(pair[0]).as_secs() >= 60), "{sent:?}");
    assert_eq!(world.till.sent_back("wx_1"), [cny("1.00"); 5]);
}

#[test]
fn other_payments_and_other_providers_do_not_wait() {
    let mut world = asked_of(Provider::Stripe, 2);
    assert_eq!((submit(&mut world, 1), submit(&mut world, 2)), (vec!["refund_submitted"], vec!["refund_submitted"]));
    let mut body = shirts();
    body.payments[0] = due(Provider::Wechatpay, cny("100.00"), reference(0, 1));
    body.payments.push(due(Provider::Wechatpay, cny("86.00"), reference(0, 2)));
    let mut world = World::with(body).placed();
    pay(&mut world, Provider::Wechatpay, "wx_1", "100.00");
    pay(&mut world, Provider::Wechatpay, "wx_2", "86.00");
    ask(&mut world, "150.00");
    assert_eq!((submit(&mut world, 1), submit(&mut world, 2)), (vec!["refund_submitted"], vec!["refund_submitted"]));
}

#[test]
fn the_fifty_first_is_for_a_person() {
    let mut world = asked(51);
    for n in 1..=50 {
        assert_eq!(submit(&mut world, n), ["refund_submitted"], "{n}");
        answer(&mut world, n, RefundAnswered::Succeeded { reference: None });
        world.pass(60);
    }
    let refund_id = id(&world, 51);
    let events = world.must(Command::SubmitRefund { refund_id });
    assert_eq!(names(&events), ["refund_manual"]);
    assert!(events.iter().all(desk::money_waits), "somebody is called");
    let task = desk::tasks(world.order()).pop().unwrap();
    assert!(task.reason.contains("no more than 50 refunds"), "{}", task.reason);
    assert_eq!(task.answers.iter().map(|a| a.answer.as_str()).collect::<Vec<_>>(), ["settle"]);
    let refund_id = id(&world, 51);
    assert!(matches!(world.act(Command::RetryRefund { refund_id: refund_id.clone() }), Err(Refusal::NotOffered(_))));
    world.must(Command::SettleRefund { refund_id, reason: "by bank".into() });
    assert_eq!(world.order().refunded().unwrap(), cny("51.00"));
}

#[test]
fn nothing_is_sent_a_year_after_the_payment() {
    for (seconds, expected) in [(A_YEAR, "refund_submitted"), (A_YEAR + 1, "refund_manual")] {
        let mut world = asked(1);
        world.now = at(seconds);
        assert!(world.due(0).is_some());
        assert_eq!(submit(&mut world, 1), [expected], "after {seconds} s");
    }
    // One whose call was lost a year ago is not sent again either.
    let mut world = asked(1);
    world.now = at(A_YEAR);
    submit(&mut world, 1);
    answer(&mut world, 1, RefundAnswered::Unknown);
    world.pass(600);
    assert_eq!(submit(&mut world, 1), ["refund_manual"]);
    assert_eq!(world.order().refunds[0].status, RefundStatus::Manual);
}

/// A refund that a person sends again has its turn as well: when it is asked about, which is when it may be sent.
#[test]
fn one_that_is_sent_again_has_its_turn() {
    let mut world = asked(2);
    submit(&mut world, 1);
    answer(&mut world, 1, RefundAnswered::Refused { reason: "NOT_ENOUGH".into() });
    world.now = at(60);
    submit(&mut world, 2);
    world.now = at(62);
    answer(&mut world, 2, RefundAnswered::Succeeded { reference: None });
    world.now = at(65);
    let refund_id = id(&world, 1);
    let events: Vec<OrderEvent> = world.must(Command::RetryRefund { refund_id });
    assert_eq!(names(&events), ["refund_submitted"]);
    assert_eq!(wake::asked_at(world.order(), &world.order().refunds[0]), at(122));
}

/// The money can be on its way for days, and each question is answered: nobody has to look. Only a row of lost answers is
/// a provider that does not answer.
#[test]
fn not_yet_is_an_answer_and_brings_no_refund_nearer_to_people() {
    let mut world = asked(1);
    submit(&mut world, 1);
    let mut told = |answers: usize, said: &RefundAnswered| {
        (0..answers).for_each(|_| answer(&mut world, 1, said.clone()));
        world.order().refunds[0].status
    };
    assert_eq!(told(30, &pending()), RefundStatus::Submitted);
    assert_eq!(told(19, &RefundAnswered::Unknown), RefundStatus::Unknown);
    assert_eq!(told(1, &pending()), RefundStatus::Submitted, "it has answered");
    assert_eq!(told(19, &RefundAnswered::Unknown), RefundStatus::Unknown);
    assert_eq!(told(1, &RefundAnswered::Unknown), RefundStatus::Manual);
    assert!(desk::tasks(world.order()).iter().any(|t| t.kind == oms_domain::task::TaskKind::Refund));
}
