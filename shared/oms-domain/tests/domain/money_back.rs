//! Money that goes back, where two rules meet: which refund waits for which, which gives way, and what the books then say.

use oms_domain::body::Provider;
use oms_domain::command::{Command, RefundAnswered, RefundAsk};
use oms_domain::event::OrderEvent;
use oms_domain::id::RefundId;
use oms_domain::ledger::{Account, Balances, Entry, Posting};
use oms_domain::payment::PaymentFactKind;
use oms_domain::refund_first::RefundFirst;
use oms_domain::refusal::Refusal;
use oms_domain::status::{PaymentStatus, RefundStatus};
use oms_domain::wake;

use crate::given::{at, cny, currency, order_id, shirts, shirts_in_parts};
use crate::part_cancelled::part;
use crate::taken_from::five;
use crate::world::{World, names};

const FULL: &str = "186.00";

fn ask(world: &mut World, amount: &str) -> Vec<OrderEvent> {
    let key = world.new_key();
    let ask = RefundAsk::Amount(cny(amount));
    world.must(Command::RequestRefund { key, ask, reason: "late".into(), by: "finance".into() })
}

fn id(n: usize) -> RefundId {
    RefundId::of(&order_id(0), n)
}

fn submit(world: &mut World, n: usize) -> Vec<&'static str> {
    names(&world.must(Command::SubmitRefund { refund_id: id(n) }))
}

fn statuses(world: &World) -> Vec<RefundStatus> {
    world.order().refunds.iter().map(|refund| refund.status).collect()
}

#[test]
fn names_are_read_as_they_are_written() {
    let names: Vec<_> = RefundFirst::ALL.iter().map(|first| first.name()).collect();
    assert_eq!(names, ["money", "gift_card"]);
    for first in RefundFirst::ALL {
        assert_eq!(RefundFirst::from_name(first.name()), Some(*first));
    }
    assert_eq!(RefundFirst::from_name("cash"), None);
    let plain: Vec<_> = Account::names().filter(|name| *name != "captured").collect();
    assert_eq!(Account::names().take(3).collect::<Vec<_>>(), ["receivable", "captured", "suspense"]);
    assert!(plain.iter().all(|name| Account::parse(name).is_ok_and(|account| account.name() == *name)), "{plain:?}");
    assert_eq!(plain.len(), 12);
}

/// Providers tell of a refund under our id: the order is read from it, and from nothing that only looks like one.
#[test]
fn a_refunds_id_names_its_order() {
    assert_eq!(id(7).order(), Some(order_id(0)));
    for foreign in ["re_123", "r1", "-r1", "01JC-r1", "01JC0000000000000000000000-r", "01JC0000000000000000000000-rx"] {
        assert_eq!(RefundId::parse(foreign).unwrap().order(), None, "{foreign}");
    }
}

/// Only where a provider wants a pause does one refund wait for another, also with the question what became of it.
#[test]
fn a_refund_is_asked_about_in_its_own_time() {
    let mut world = World::with(shirts()).paid();
    ask(&mut world, "1.00");
    ask(&mut world, "2.00");
    submit(&mut world, 1);
    world.now = at(100);
    submit(&mut world, 2);
    let asked = |n: usize| wake::asked_at(world.order(), &world.order().refunds[n]);
    assert_eq!((asked(0), asked(1)), (at(30), at(130)));
}

#[test]
fn a_refund_that_was_never_sent_keeps_nobody_waiting() {
    let mut body = shirts();
    body.payments[0].provider = Provider::Wechatpay;
    let mut world = World::with(body).placed();
    let told = PaymentFactKind::Captured { amount: cny(FULL) };
    let fact =
        oms_domain::payment::PaymentFact { provider: Provider::Wechatpay, ..crate::given::fact("paid", "wx_1", told) };
    world.must(Command::RecordPayment(fact));
    world.policy.refund_approval_above = vec![cny("10.00")];
    ask(&mut world, "50.00");
    world.must(Command::DeclineRefund { refund_id: id(1), reason: "no".into() });
    ask(&mut world, "5.00");
    assert_eq!(statuses(&world), [RefundStatus::Declined, RefundStatus::Approved]);
    assert_eq!(submit(&mut world, 2), ["refund_submitted"], "at once");
}

/// A person who has to send money by hand may not just strike it out: the buyer is owed it.
#[test]
fn what_a_person_has_to_send_is_not_declined() {
    let mut world = World::with(shirts()).paid();
    ask(&mut world, "50.00");
    submit(&mut world, 1);
    world.must(Command::AnswerRefund { refund_id: id(1), answer: RefundAnswered::Refused { reason: "closed".into() } });
    assert_eq!(statuses(&world), [RefundStatus::Manual]);
    let declined = world.act(Command::DeclineRefund { refund_id: id(1), reason: "no".into() });
    assert!(matches!(declined, Err(Refusal::ThingState { kind: "refund", .. })), "{declined:?}");
    assert_eq!(statuses(&world), [RefundStatus::Manual]);
}

/// The bank takes one of two payments back: refunds of the other are none of its business.
#[test]
fn a_chargeback_touches_the_refunds_of_its_own_payment() {
    let body = shirts_in_parts(&[(Provider::Stripe, "100.00"), (Provider::Stripe, "86.00")]);
    for (payment, amount, expected) in [
        ("pi_2", "86.00", [RefundStatus::Approved, RefundStatus::Declined]),
        ("pi_1", "100.00", [RefundStatus::Declined, RefundStatus::Approved]),
    ] {
        let mut world = World::with(body.clone()).placed();
        world.captured("pi_1", cny("100.00"));
        world.captured("pi_2", cny("86.00"));
        ask(&mut world, "120.00");
        assert_eq!(world.order().refunds.iter().map(|r| r.amount).collect::<Vec<_>>(), [cny("100.00"), cny("20.00")]);
        world.stripe(payment, PaymentFactKind::DisputeLost { amount: cny(amount) });
        assert_eq!(statuses(&world), expected, "{payment}");
        assert!(world.order().anomalies.iter().all(|a| a.what != "payment_back_twice"), "{payment}");
    }
}

/// One that a person has to make: where it never went out it is not made any more; where it may have gone out, people look.
#[test]
fn a_chargeback_ends_what_was_never_sent_and_shows_what_may_have_been() {
    let no_gateway = RefundAnswered::NoGateway { reason: "not connected".into() };
    for (answers, status, back_twice) in [
        (vec![no_gateway], RefundStatus::Declined, false),
        (vec![RefundAnswered::Unknown; 20], RefundStatus::Manual, true),
    ] {
        let mut world = World::with(shirts()).paid();
        ask(&mut world, "50.00");
        if answers.len() > 1 {
            submit(&mut world, 1);
        }
        for answer in answers {
            world.must(Command::AnswerRefund { refund_id: id(1), answer });
        }
        assert_eq!(statuses(&world), [RefundStatus::Manual]);
        world.stripe("pi_1", PaymentFactKind::DisputeLost { amount: cny(FULL) });
        assert_eq!(statuses(&world), [status]);
        assert_eq!(world.order().anomalies.iter().any(|a| a.what == "payment_back_twice"), back_twice, "{status:?}");
    }
}

/// The news of a dispute come in any order, and what it ends with is what counts.
#[test]
fn money_that_comes_back_from_the_bank_lifts_the_hold_whatever_was_told_before() {
    let disputed = || PaymentFactKind::Disputed { amount: cny(FULL) };
    let lost = || PaymentFactKind::DisputeLost { amount: cny(FULL) };
    for news in [vec![disputed(), lost()], vec![lost()], vec![lost(), disputed()], vec![disputed()]] {
        let mut world = World::with(shirts()).paid();
        for kind in &news {
            world.stripe("pi_1", kind.clone());
        }
        assert!(world.order().is_held(), "{news:?}");
        world.stripe("pi_1", PaymentFactKind::DisputeWon);
        let order = world.order();
        assert_eq!((order.is_held(), order.payments[0].status), (false, PaymentStatus::Captured), "{news:?}");
    }
}

/// Three of five have left when the others are cancelled: what of the money is left then goes back, and nobody is asked whether
/// the goods shall ship.
#[test]
fn the_last_of_the_money_of_what_has_left_asks_nobody() {
    let mut world = five().paid();
    world.shipped(1);
    ask(&mut world, "30.00");
    let events = world.must(part(&[(1, 2)]));
    assert!(names(&events).contains(&"refund_approved") && world.order().holds.is_empty(), "{:?}", names(&events));
    assert!(world.order().refundable_total().unwrap().is_zero());
}

/// A person lets a buyer off what is missing, and then it comes after all: it is paid, and nothing is given away.
#[test]
fn what_was_let_off_and_comes_after_all_is_no_discount() {
    let mut world = World::with(shirts()).placed();
    world.captured("pi_1", cny("100.00"));
    let hold_id = world.order().active_holds().next().unwrap().id.clone();
    world.must(Command::ReleaseHold { hold_id, reason: "a good customer".into() });
    let before = Balances::of(world.order());
    assert_eq!((before.get(Account::Receivable), before.get(Account::Discount)), (0, 8_600 + 2_000));
    world.captured("pi_2", cny("86.00"));
    let after = Balances::of(world.order());
    assert_eq!((after.get(Account::Receivable), after.get(Account::Discount), after.sum()), (0, 2_000, 0));
}

/// More goes back than the rest of the order is worth, since a kindness came before the cancelled part: nothing of it is nobody's.
#[test]
fn what_goes_back_beyond_the_worth_of_what_is_left_leaves_no_money_without_an_owner() {
    let mut world = World::with(shirts()).paid();
    let sent = |world: &mut World, n: usize| {
        submit(world, n);
        world.must(Command::AnswerRefund { refund_id: id(n), answer: RefundAnswered::Succeeded { reference: None } });
    };
    ask(&mut world, "150.00");
    sent(&mut world, 1);
    world.must(part(&[(1, 1)]));
    sent(&mut world, 2);
    assert_eq!(world.order().refunds[1].amount, cny("36.00"), "all that was left");
    let books = Balances::of(world.order());
    assert_eq!((books.get(Account::Suspense), books.get(Account::Receivable), books.sum()), (0, 0, 0));
    assert_eq!(books.get(Account::Captured(Provider::Stripe)), 0);
}

#[test]
fn books_that_do_not_balance_say_so() {
    let posting = |minors: &[i128]| Posting {
        event: "payment_captured".into(),
        subject: None,
        reference: None,
        currency: currency("CNY"),
        entries: minors.iter().map(|minor| Entry { account: Account::Tax, minor: *minor }).collect(),
    };
    for (minors, sum) in [(&[5, -5][..], 0), (&[5, -4], 1), (&[-3], -3), (&[], 0), (&[i128::MAX, 1], i128::MAX)] {
        let posting = posting(minors);
        assert_eq!(posting.is_balanced(), sum == 0, "{minors:?}");
        let mut books = Balances::default();
        books.post(&posting.entries);
        assert_eq!(books.sum(), sum, "{minors:?}");
    }
    let nothing = Entry { account: Account::Tax, minor: 0 };
    assert_eq!((nothing.debit(currency("CNY")), nothing.credit(currency("CNY"))), (None, None));
}
