//! Money on its way back: never above what remains, never twice, and to the last cent.

use oms_domain::body::Provider;
use oms_domain::command::{Command, RefundAnswered, RefundAsk, Report, Scan};
use oms_domain::derived::payment_status;
use oms_domain::event::{OrderEvent, RefundCause, RefundLine};
use oms_domain::id::{LineId, RefundId};
use oms_domain::money::Money;
use oms_domain::payment::{PaymentFactKind, RefundFactStatus};
use oms_domain::refund_share::shares;
use oms_domain::refusal::Refusal;
use oms_domain::status::RefundStatus;
use oms_domain::task::TaskKind;

use crate::given::{cny, discount, due, line, money, order_of, reference, shirts};
use crate::till::Mood;
use crate::world::{World, names};

fn amount(world: &mut World, amount: Money) -> Result<Vec<OrderEvent>, Refusal> {
    let key = world.new_key();
    world.act(Command::RequestRefund {
        key,
        ask: RefundAsk::Amount(amount),
        reason: "late".into(),
        by: "finance".into(),
    })
}

fn lines(world: &mut World, parts: &[(usize, u32)]) -> Result<Vec<OrderEvent>, Refusal> {
    let key = world.new_key();
    let part = |(n, quantity): &(usize, u32)| RefundLine { line_id: LineId::number(*n), quantity: *quantity };
    let ask = RefundAsk::Lines(parts.iter().map(part).collect());
    world.act(Command::RequestRefund { key, ask, reason: "broken".into(), by: "finance".into() })
}

fn sum(events: &[OrderEvent]) -> Money {
    let amounts = events
        .iter()
        .filter_map(|e| if let OrderEvent::RefundApproved { amount, .. } = e { Some(*amount) } else { None });
    let amounts: Vec<Money> = amounts.collect();
    Money::sum(amounts[0].currency(), amounts).unwrap()
}

fn paid() -> World {
    let mut world = World::with(shirts()).paid();
    world.till.take("pi_1", cny("186.00"));
    world
}

#[test]
fn partial_refunds_by_amount_end_at_what_was_captured() {
    let mut world = paid();
    amount(&mut world, cny("6.00")).unwrap();
    world.settle(0);
    assert_eq!((world.order().refunded().unwrap(), payment_status(world.order())), (cny("6.00"), "partially_refunded"));
    let refusal = amount(&mut world, cny("180.01")).unwrap_err();
    assert!(
        matches!(refusal, Refusal::ExceedsRemaining { ref remaining, .. } if remaining == "180.00 CNY"),
        "{refusal}"
    );
    amount(&mut world, cny("180.00")).unwrap();
    world.settle(0);
    assert_eq!(payment_status(world.order()), "refunded");
    assert!(amount(&mut world, cny("0.01")).is_err());
    for odd in [cny("0.00"), cny("-1.00"), money("1.00", "USD")] {
        assert!(matches!(amount(&mut world, odd), Err(Refusal::Field { .. })), "{odd}");
    }
}

#[test]
fn nothing_is_refunded_that_was_not_captured() {
    let mut world = World::with(shirts()).placed();
    assert!(matches!(amount(&mut world, cny("1.00")), Err(Refusal::ExceedsRemaining { .. })));
    assert!(matches!(lines(&mut world, &[(1, 1)]), Err(Refusal::ExceedsRemaining { .. })));
}

#[test]
fn the_same_request_again_is_the_same_refund() {
    let mut world = paid();
    let key = world.new_key();
    let ask = RefundAsk::Amount(cny("6.00"));
    let command = Command::RequestRefund { key: key.clone(), ask, reason: "late".into(), by: "finance".into() };
    assert_eq!(world.must(command.clone()).len(), 1);
    assert!(world.must(command).is_empty());
    assert_eq!(world.order().refund_keys[&key], RefundId::of(&world.order().id, 1));
}

#[test]
fn ten_at_23_90_less_a_quarter_are_179_25_and_come_back_so() {
    let body = || {
        let mut body = order_of(vec![line(1, "TEE-M", 10, money("23.90", "GBP"))], Provider::Stripe);
        body.discounts = vec![discount(money("59.75", "GBP"))];
        body.prices_include_tax = true;
        body.tax = money("29.88", "GBP");
        body.total = money("179.25", "GBP");
        body.payments[0].amount = body.total;
        body
    };
    assert_eq!(shares(World::with(body()).order()).unwrap()[0].paid, money("179.25", "GBP"));
    for parts in [vec![10], vec![1; 10], vec![3, 3, 3, 1], vec![7, 2, 1], vec![1, 9]] {
        let mut world = World::with(body()).paid();
        let mut back = Money::zero(world.order().body.currency);
        for part in &parts {
            back = back.add(sum(&lines(&mut world, &[(1, *part)]).unwrap())).unwrap();
        }
        assert_eq!(back, money("179.25", "GBP"), "{parts:?}");
        assert!(matches!(lines(&mut world, &[(1, 1)]), Err(Refusal::ExceedsRemaining { .. })));
    }
}

#[test]
fn lines_bear_their_share_of_discounts_tax_and_shipping() {
    let mut body = order_of(
        vec![line(1, "A", 3, cny("10.00")), line(2, "B", 1, cny("5.00")), line(3, "C", 1, cny("0.00"))],
        Provider::Stripe,
    );
    body.lines[0].discounts = vec![discount(cny("5.00"))];
    body.discounts = vec![discount(cny("1.00"))];
    body.tax = cny("2.00");
    body.shipping.fee = cny("8.00");
    body.total = cny("39.00");
    body.payments[0].amount = body.total;
    let mut world = World::with(body).paid();
    let paid: Vec<Money> = shares(world.order()).unwrap().into_iter().map(|s| s.paid).collect();
    assert_eq!(paid, [cny("32.51"), cny("6.49"), cny("0.00")], "25 − 0.83 + 1.67 + 6.67, 5 − 0.17 + 0.33 + 1.33");
    assert_eq!(sum(&lines(&mut world, &[(1, 1)]).unwrap()), cny("10.84"));
    assert_eq!(sum(&lines(&mut world, &[(1, 2), (2, 1)]).unwrap()), cny("28.16"));
    assert!(matches!(lines(&mut world, &[(3, 1)]), Err(Refusal::Field { .. })), "worth nothing");
    assert!(world.order().refundable_total().unwrap().is_zero(), "all lines are the whole order");
    for (parts, kind) in [(vec![(9, 1)], "line"), (vec![(1, 0)], ""), (vec![(1, 1)], ""), (vec![(2, 1), (2, 1)], "")] {
        match lines(&mut world, &parts) {
            Err(Refusal::Unknown { kind: k, .. }) => assert_eq!(k, kind),
            Err(Refusal::ExceedsRemaining { .. }) => assert_eq!(kind, ""),
            other => panic!("{parts:?}: {other:?}"),
        }
    }
}

#[test]
fn a_refund_is_taken_from_the_payments_in_turn() {
    let mut body = shirts();
    body.payments[0].amount = cny("100.00");
    body.payments.push(due(Provider::Stripe, cny("86.00"), reference(0, 2)));
    let mut world = World::with(body).placed();
    world.captured("pi_1", cny("100.00"));
    world.captured("pi_2", cny("86.00"));
    let events = amount(&mut world, cny("150.00")).unwrap();
    assert_eq!((events.len(), sum(&events)), (2, cny("150.00")));
    let order = world.order();
    let from: Vec<_> = order.refunds.iter().map(|r| (r.payment_id.as_str(), r.amount)).collect();
    assert_eq!(from, [("p1", cny("100.00")), ("p2", cny("50.00"))]);
}

#[test]
fn what_came_in_twice_goes_back_once_whoever_sends_it() {
    let twice = || {
        let mut world = paid();
        // The second payment has a stranger's reference: a person looks, and nothing goes back by itself.
        let kind = PaymentFactKind::Captured { amount: cny("186.00") };
        let fact = crate::given::fact("evt_x", "pi_2", kind);
        let fact = oms_domain::payment::PaymentFact { reference: Some(reference(7, 1)), ..fact };
        world.must(Command::RecordPayment(fact));
        world.till.take("pi_2", cny("186.00"));
        assert!(world.order().is_held() && world.order().excess().unwrap().is_zero());
        world
    };
    let release = |world: &mut World| {
        let hold_id = world.order().active_holds().next().unwrap().id.clone();
        world.must(Command::ReleaseHold { hold_id, reason: "refunded".into() });
        world.settle(0);
        assert_eq!(world.order().refunded().unwrap(), cny("186.00"), "once");
    };
    // Finance sends it back by hand, then the hold is released.
    let mut world = twice();
    amount(&mut world, cny("186.00")).unwrap();
    assert_eq!(world.order().refunds[0].cause, RefundCause::Excess);
    release(&mut world);
    // Somebody sends it back in the provider's console.
    let mut world = twice();
    world.till.refund_elsewhere("console-1", "pi_2", cny("186.00"));
    world.stripe("pi_2", elsewhere("console-1", "186.00"));
    release(&mut world);
    // More than came in twice: the rest is a refund like any other.
    let mut world = twice();
    let events = amount(&mut world, cny("200.00")).unwrap();
    assert_eq!(sum(&events), cny("200.00"));
    let causes: Vec<_> = world.order().refunds.iter().map(|r| (r.cause, r.amount)).collect();
    assert_eq!(causes, [(RefundCause::Excess, cny("186.00")), (RefundCause::Requested, cny("14.00"))]);
    // Broken goods are another matter than a second payment: both go back.
    let mut world = twice();
    lines(&mut world, &[(1, 1)]).unwrap();
    assert_eq!(world.order().refunds[0].cause, RefundCause::Requested);
    assert_eq!(world.order().suspense().unwrap(), cny("186.00"));
}

fn elsewhere(id: &str, amount: &str) -> PaymentFactKind {
    PaymentFactKind::Refund {
        refund_id: None,
        provider_refund_id: id.into(),
        amount: cny(amount),
        status: RefundFactStatus::Succeeded,
    }
}

#[test]
fn money_sent_back_does_not_settle_an_order() {
    let mut world = World::with(shirts()).placed();
    world.captured("pi_1", cny("50.00"));
    amount(&mut world, cny("50.00")).unwrap();
    let hold_id = world.order().active_holds().next().unwrap().id.clone();
    let events = world.must(Command::ReleaseHold { hold_id, reason: "refunded, please pay again".into() });
    assert_eq!(names(&events), ["hold_released"]);
    assert!(!world.order().is_covered());
}

#[test]
fn a_lost_answer_is_asked_about_and_sent_again_under_the_same_key() {
    for mood in [Mood::LostAnswer, Mood::LostCall] {
        let mut world = paid();
        amount(&mut world, cny("6.00")).unwrap();
        world.run(0, oms_domain::wake::Work::Reversal, mood);
        let refund = &world.order().refunds[0];
        assert_eq!(refund.status, RefundStatus::Unknown);
        assert!(refund.retry_at.unwrap() > world.now);
        let refusal = world.act(Command::RetryRefund { refund_id: refund.id.clone() });
        assert!(refusal.is_err(), "nobody sends an unknown refund anew");
        world.rest(0);
        assert_eq!(world.order().refunds[0].status, RefundStatus::Succeeded);
        assert_eq!(world.till.sent_back("pi_1"), [cny("6.00")]);
    }
}

#[test]
fn after_too_many_questions_a_person_takes_over() {
    let mut world = paid();
    amount(&mut world, cny("6.00")).unwrap();
    for _ in 0..40 {
        if world.due(0).is_some() {
            world.run(0, oms_domain::wake::Work::Reversal, Mood::LostCall);
        }
        world.pass(900);
    }
    assert_eq!(world.order().refunds[0].status, RefundStatus::Manual);
    let refund_id = world.order().refunds[0].id.clone();
    world.must(Command::RetryRefund { refund_id });
    world.rest(0);
    assert_eq!(world.order().refunds[0].status, RefundStatus::Succeeded);
}

#[test]
fn a_refund_that_is_pending_is_asked_about_until_it_is_done() {
    let mut world = paid();
    amount(&mut world, cny("6.00")).unwrap();
    world.run(0, oms_domain::wake::Work::Reversal, Mood::Slow);
    let refund = &world.order().refunds[0];
    assert_eq!((refund.status, refund.provider_reference.is_some()), (RefundStatus::Submitted, true));
    world.rest(0);
    assert_eq!(world.order().refunds[0].status, RefundStatus::Succeeded);
}

fn fact(world: &World, status: RefundFactStatus) -> PaymentFactKind {
    let refund = &world.order().refunds[0];
    let (refund_id, amount) = (Some(refund.id.clone()), refund.amount);
    PaymentFactKind::Refund { refund_id, provider_refund_id: "re_1".into(), amount, status }
}

fn submitted() -> World {
    let mut world = paid();
    amount(&mut world, cny("6.00")).unwrap();
    let refund_id = world.order().refunds[0].id.clone();
    world.must(Command::SubmitRefund { refund_id });
    world
}

#[test]
fn events_and_answers_about_a_refund_meet_in_any_order() {
    use RefundFactStatus::{Failed, Pending, Succeeded};
    let mut world = submitted();
    world.stripe("pi_1", fact(&world, Succeeded));
    let refund_id = world.order().refunds[0].id.clone();
    for answer in [RefundAnswered::Succeeded { reference: None }, RefundAnswered::Unknown] {
        assert!(world.must(Command::AnswerRefund { refund_id: refund_id.clone(), answer }).is_empty());
    }
    for late in [Succeeded, Pending] {
        assert_eq!(names(&world.stripe("pi_1", fact(&world, late))), ["noted"]);
    }
    // It bounces: a person sends it by another way, or again.
    assert_eq!(names(&world.stripe("pi_1", fact(&world, Failed))), ["refund_failed", "refund_manual"]);
    assert!(world.order().refunded().unwrap().is_zero());
    assert_eq!(oms_domain::desk::tasks(world.order())[0].kind, TaskKind::Refund);
    // The bounce overtakes the success: it is not believed, and somebody looks.
    let mut world = submitted();
    world.stripe("pi_1", fact(&world, Failed));
    assert_eq!(names(&world.stripe("pi_1", fact(&world, Succeeded))), ["anomaly_raised"]);
    assert_eq!(world.order().refunds[0].status, RefundStatus::Manual);
    // Sent again by a person, a success is news.
    let refund_id = world.order().refunds[0].id.clone();
    world.must(Command::RetryRefund { refund_id });
    world.stripe("pi_1", fact(&world, Succeeded));
    assert_eq!(world.order().refunds[0].status, RefundStatus::Succeeded);
}

#[test]
fn without_a_gateway_a_person_sends_it_also_when_it_is_sent_again() {
    let mut world = paid();
    amount(&mut world, cny("6.00")).unwrap();
    let refund_id = world.order().refunds[0].id.clone();
    let none = || RefundAnswered::NoGateway { reason: "stripe is not configured".into() };
    world.must(Command::AnswerRefund { refund_id: refund_id.clone(), answer: none() });
    assert_eq!(world.order().refunds[0].status, RefundStatus::Manual);
    world.must(Command::RetryRefund { refund_id: refund_id.clone() });
    let events = world.must(Command::AnswerRefund { refund_id: refund_id.clone(), answer: none() });
    assert_eq!(names(&events), ["refund_failed", "refund_manual"]);
    world.fresh.clear();
    world.must(Command::SettleRefund { refund_id: refund_id.clone(), reason: "cash".into() });
    assert_eq!(world.order().refunds[0].provider_reference.as_deref(), Some("manual: cash"));
    let commands = [
        Command::SettleRefund { refund_id: refund_id.clone(), reason: "twice".into() },
        Command::RetryRefund { refund_id },
    ];
    for command in commands {
        assert!(matches!(world.act(command), Err(Refusal::ThingState { kind: "refund", .. })));
    }
}

#[test]
fn a_refund_made_in_the_console_counts_once() {
    let mut world = paid();
    let events = world.stripe("pi_1", elsewhere("re_9", "80.00"));
    assert_eq!(names(&events)[..3], ["refund_approved", "refund_submitted", "refund_succeeded"]);
    assert_eq!(names(&world.stripe("pi_1", elsewhere("re_9", "80.00"))), ["noted"]);
    assert_eq!(world.order().refunded().unwrap(), cny("80.00"));
    assert_eq!(names(&world.stripe("pi_1", elsewhere("re_10", "106.01"))), ["anomaly_raised"], "more than remains");
    assert_eq!(names(&world.stripe("pi_8", elsewhere("re_11", "1.00"))), ["anomaly_raised"], "of no payment of ours");
    let pending = PaymentFactKind::Refund {
        refund_id: None,
        provider_refund_id: "re_12".into(),
        amount: cny("1.00"),
        status: RefundFactStatus::Pending,
    };
    assert_eq!(names(&world.stripe("pi_1", pending)), ["noted"]);
    assert!(amount(&mut world, cny("106.01")).is_err());
}

#[test]
fn goods_that_arrived_can_still_be_refunded_and_the_order_stays_completed() {
    let mut world = paid();
    world.settle(0);
    world.shipped(1);
    world.scan(1, Scan::Delivered);
    lines(&mut world, &[(1, 1)]).unwrap();
    world.settle(0);
    assert_eq!(world.order().status, oms_domain::status::OrderStatus::Completed);
    assert_eq!(world.order().refunded().unwrap(), cny("93.00"), "half of the goods, and of their shipping");
}

#[test]
fn goods_wait_for_a_person_when_everything_was_sent_back_in_the_console() {
    let mut world = paid();
    world.till.refund_elsewhere("re_9", "pi_1", cny("186.00"));
    let events = world.stripe("pi_1", elsewhere("re_9", "186.00"));
    assert!(names(&events).contains(&"hold_placed"), "{events:?}");
    let shipment_id = world.shipment(1);
    assert!(
        world.act(Command::Report { shipment_id, report: Report::Packed }).is_err(),
        "the location is told to stop"
    );
    let hold_id = world.order().holds[0].id.clone();
    world.must(Command::RejectHold { hold_id, reason: "cancelled by telephone".into() });
    world.settle(0);
    assert_eq!(world.order().status, oms_domain::status::OrderStatus::Cancelled);
    assert_eq!(world.till.sent_back("pi_1"), [cny("186.00")]);
    // A part sent back is a kindness and holds nothing; nor is there anything to hold once the goods have left.
    let mut world = paid();
    world.stripe("pi_1", elsewhere("re_9", "185.99"));
    assert!(!world.order().is_held());
    world.settle(0);
    world.shipped(1);
    world.stripe("pi_1", elsewhere("re_10", "0.01"));
    assert!(!world.order().is_held());
}

/// Whoever has said that the money is on its way tells us when it has arrived, and is asked more and more rarely; whoever
/// says nothing is asked soon, however long that lasts.
#[test]
fn how_long_the_next_question_waits() {
    let pending = || RefundAnswered::Pending { reference: "re_1".into() };
    let doubling = [10, 20, 40, 80, 160, 320, 640, 1_280, 2_560, 5_120, 10_240, 20_480, 21_600, 21_600];
    let soon = doubling.map(|seconds: i64| seconds.min(900));
    for (answer, waits) in [(pending(), doubling), (RefundAnswered::Unknown, soon)] {
        let mut world = submitted();
        for (question, expected) in waits.into_iter().enumerate() {
            let refund_id = world.order().refunds[0].id.clone();
            world.must(Command::AnswerRefund { refund_id, answer: answer.clone() });
            let asked_at = world.order().refunds[0].retry_at.unwrap();
            assert_eq!(asked_at.as_second() - world.now.as_second(), expected, "{answer:?}, question {question}");
            world.pass(expected);
        }
    }
    // Of the two the last answer counts.
    let mut world = submitted();
    let mut expect = |answer: RefundAnswered, expected: i64| {
        let refund_id = world.order().refunds[0].id.clone();
        world.must(Command::AnswerRefund { refund_id, answer });
        let asked_at = world.order().refunds[0].retry_at.unwrap();
        assert_eq!(asked_at.as_second() - world.now.as_second(), expected);
    };
    for expected in &doubling[..13] {
        expect(pending(), *expected);
    }
    expect(RefundAnswered::Unknown, 900);
    expect(pending(), 21_600);
}

#[test]
fn a_lost_answer_that_turns_out_pending_is_submitted_again_without_a_call() {
    let mut world = paid();
    amount(&mut world, cny("6.00")).unwrap();
    world.run(0, oms_domain::wake::Work::Reversal, Mood::LostAnswer);
    let refund_id = world.order().refunds[0].id.clone();
    let pending = || RefundAnswered::Pending { reference: "re_1".into() };
    let events = world.must(Command::AnswerRefund { refund_id: refund_id.clone(), answer: pending() });
    assert_eq!(names(&events), ["refund_submitted", "refund_pending"]);
    assert_eq!(names(&world.must(Command::AnswerRefund { refund_id, answer: pending() })), ["refund_pending"]);
    assert_eq!(world.order().refunds[0].status, RefundStatus::Submitted);
}

/// Twenty lost answers make a refund a person's; whoever sends it again by hand begins anew.
#[test]
fn a_refund_that_is_sent_again_by_hand_has_all_its_tries_again() {
    let mut world = submitted();
    for round in 0..2 {
        for question in 1..=20 {
            let refund_id = world.order().refunds[0].id.clone();
            world.must(Command::AnswerRefund { refund_id, answer: RefundAnswered::Unknown });
            let status = world.order().refunds[0].status;
            let expected = if question == 20 { RefundStatus::Manual } else { RefundStatus::Unknown };
            assert_eq!(status, expected, "round {round}, question {question}");
        }
        let refund_id = world.order().refunds[0].id.clone();
        world.must(Command::RetryRefund { refund_id });
    }
}
