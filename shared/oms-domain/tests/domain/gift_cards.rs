//! Gift cards: a payment that the service of coupons and points keeps count of. Set aside it covers the order, committed it
//! is taken, and what goes back of it goes back by refunds, once.

use oms_domain::benefit::{self, BenefitWork, Spent, SpentKind};
use oms_domain::body::{DeclaredStatus, OrderBody, PlacedOrder, Provider};
use oms_domain::command::{BenefitAnswered, Command, RefundAnswered, RefundAsk};
use oms_domain::derived;
use oms_domain::event::{OrderEvent, RefundLine, RejectionCode};
use oms_domain::id::{LineId, PaymentId};
use oms_domain::ledger::{Account, Balances};
use oms_domain::payment_start::PayerClient;
use oms_domain::refund_first::RefundFirst;
use oms_domain::status::{BenefitStatus, HoldKind, OrderStatus, PaymentStatus, RefundStatus};
use oms_domain::wake::{self, Work};

use crate::given::{at, by_card, cny, due, reference, shirts};
use crate::world::{World, names};

/// Two shirts for 206.00: so much by a gift card, the rest another way.
fn parts(card: &str, provider: Provider, rest: &str) -> OrderBody {
    let mut body = shirts();
    body.discounts.clear();
    body.total = cny("206.00");
    body.payments = vec![by_card("GC-1", cny(card), reference(0, 1)), due(provider, cny(rest), reference(0, 2))];
    body
}

fn half() -> OrderBody {
    parts("106.00", Provider::Stripe, "100.00")
}

fn all() -> OrderBody {
    let mut body = half();
    body.payments = vec![by_card("GC-1", cny("206.00"), reference(0, 1))];
    body
}

fn shop(body: OrderBody) -> World {
    let mut world = World::with(body);
    world.policy.benefits = true;
    world
}

fn reserved(body: OrderBody) -> World {
    let mut world = shop(body);
    world.must(Command::ReserveBenefits { answer: BenefitAnswered::Done });
    world.validate();
    world
}

fn tell(world: &mut World, work: BenefitWork, answer: BenefitAnswered) -> Vec<OrderEvent> {
    world.must(Command::TellBenefits { work, answer })
}

fn committed(body: OrderBody) -> World {
    let mut world = reserved(body);
    if world.order().status == OrderStatus::AwaitingPayment {
        world.captured("pi_1", cny("100.00"));
    }
    tell(&mut world, BenefitWork::Commit, BenefitAnswered::Done);
    world
}

fn no() -> BenefitAnswered {
    BenefitAnswered::Refused { reason: "the card is closed".into() }
}

fn card(world: &World) -> (PaymentStatus, String) {
    let payment = &world.order().payments[0];
    (payment.status, payment.captured.to_string())
}

fn refunds(world: &World) -> Vec<(String, String)> {
    let payments = world.order().refunds.iter().map(|r| (r.payment_id.to_string(), r.amount.to_string()));
    payments.collect()
}

fn ask(world: &mut World, ask: RefundAsk) {
    let key = world.new_key();
    world.must(Command::RequestRefund { key, ask, reason: "kindness".into(), by: "finance".into() });
}

#[test]
fn it_is_set_aside_and_covers_the_order_at_once() {
    let mut world = shop(all());
    let spent = vec![Spent { kind: SpentKind::GiftCard, code: "GC-1".into(), amount: cny("206.00") }];
    assert_eq!(benefit::spent(world.order()), spent);
    assert!(world.validate().is_empty(), "nothing is checked before it is set aside");
    let events = world.must(Command::ReserveBenefits { answer: BenefitAnswered::Done });
    assert_eq!(names(&events), ["benefits_reserved", "payment_authorized"]);
    world.validate();
    // No window opens, and its location has the goods.
    assert_eq!((world.order().status, world.order().payment_deadline), (OrderStatus::InFulfilment, None));
    assert_eq!(card(&world), (PaymentStatus::Authorized, "0.00 CNY".into()));
    let events = tell(&mut world, BenefitWork::Commit, BenefitAnswered::Done);
    assert_eq!(names(&events), ["benefits_committed", "payment_captured"]);
    assert_eq!(card(&world), (PaymentStatus::Captured, "206.00 CNY".into()));
    assert!(world.order().captures.is_empty(), "nobody takes it a second time");
}

#[test]
fn beside_it_the_buyer_the_door_or_the_channel_brings_the_rest() {
    let mut world = reserved(half());
    assert_eq!(world.order().status, OrderStatus::AwaitingPayment);
    assert_eq!(benefit::work(world.order(), &world.policy), None, "taken once the order is confirmed");
    world.captured("pi_1", cny("100.00"));
    assert_eq!(world.order().status, OrderStatus::InFulfilment);
    assert_eq!(benefit::work(world.order(), &world.policy), Some(BenefitWork::Commit));
    let door = reserved(parts("106.00", Provider::Cod, "100.00"));
    assert_eq!(door.order().status, OrderStatus::InFulfilment);
    let mut body = parts("106.00", Provider::Channel, "100.00");
    body.payments[1].collected_by_channel = true;
    body.payments[1].status = DeclaredStatus::Captured;
    assert_eq!(reserved(body).order().status, OrderStatus::InFulfilment);
    // A deposit by card: the balance is what is missing, by its own time.
    let mut body = half();
    body.payments[1].due_at = Some(at(100_000));
    let world = reserved(body);
    assert_eq!(
        (world.order().status, world.order().payment_deadline),
        (OrderStatus::AwaitingPayment, Some(at(100_000)))
    );
}

#[test]
fn where_no_service_keeps_count_it_is_not_taken() {
    let mut world = World::with(half());
    world.validate();
    assert_eq!(world.order().rejections[0].code, RejectionCode::PaymentMethod);
    assert_eq!(world.order().rejections[0].detail, "payment by gift_card is not offered");
}

#[test]
fn one_that_is_not_there_rejects_the_order() {
    let mut world = shop(half());
    world.must(Command::ReserveBenefits { answer: no() });
    assert_eq!(world.order().rejections[0].code, RejectionCode::BenefitRefused);
    // Nothing was set aside, as far as anybody knows; what may be there is released.
    world.must(Command::Compensate);
    assert_eq!(card(&world).0, PaymentStatus::Expired);
    tell(&mut world, BenefitWork::Release, BenefitAnswered::Done);
    assert_eq!(wake::work(world.order(), &world.policy, world.now), None);
}

#[test]
fn what_was_only_set_aside_goes_back_with_the_release() {
    let mut world = reserved(half());
    world.must(Command::Cancel { reason: "no".into() });
    world.must(Command::Compensate);
    assert_eq!(card(&world).0, PaymentStatus::Authorized, "it is not called off by itself");
    assert!(world.order().kept_on_release().is_empty());
    world.must(Command::ReleaseStock);
    assert_eq!(world.order().status, OrderStatus::Cancelling);
    let events = tell(&mut world, BenefitWork::Release, BenefitAnswered::Done);
    assert_eq!(names(&events)[..3], ["benefits_released", "payment_voiding", "payment_voided"]);
    assert_eq!((world.order().status, refunds(&world).len()), (OrderStatus::Cancelled, 0));
    // Unpaid until its time is over, the same.
    let mut world = reserved(half());
    world.pass(1_800);
    world.must(Command::Compensate);
    tell(&mut world, BenefitWork::Release, no());
    assert_eq!((world.order().status, card(&world).0), (OrderStatus::Expired, PaymentStatus::Expired));
    assert_eq!(world.order().anomalies[0].what, "benefit_release_refused");
}

#[test]
fn what_was_taken_goes_back_by_a_refund_and_not_with_the_release() {
    let mut world = committed(half());
    world.till.take("pi_1", cny("100.00"));
    assert_eq!(world.order().kept_on_release(), [SpentKind::GiftCard]);
    world.must(Command::Cancel { reason: "no".into() });
    world.must(Command::Compensate);
    let expected = [("p1".to_owned(), "106.00 CNY".to_owned()), ("p2".to_owned(), "100.00 CNY".to_owned())];
    assert_eq!(refunds(&world), expected);
    let back = world.order().returned_to_card(&world.order().refunds[0]).unwrap();
    assert_eq!((back.kind, back.code.as_str(), back.amount), (SpentKind::GiftCard, "GC-1", cny("106.00")));
    assert_eq!(world.order().returned_to_card(&world.order().refunds[1]), None);
    world.rest(0);
    assert_eq!((world.order().status, world.order().benefits), (OrderStatus::Cancelled, Some(BenefitStatus::Released)));
    assert!(world.order().refunds.iter().all(|r| r.status == RefundStatus::Succeeded));
    assert_eq!(card(&world), (PaymentStatus::Captured, "106.00 CNY".into()));
}

#[test]
fn an_undone_order_takes_no_card_that_was_committed_meanwhile() {
    let mut world = reserved(all());
    world.must(Command::Cancel { reason: "no".into() });
    // The answer to a commit that was under way: the order knows better, and releases all of it.
    assert!(tell(&mut world, BenefitWork::Commit, BenefitAnswered::Done).is_empty());
    assert!(world.order().kept_on_release().is_empty());
    tell(&mut world, BenefitWork::Release, BenefitAnswered::Done);
    assert_eq!(card(&world), (PaymentStatus::Voided, "0.00 CNY".into()));
}

#[test]
fn a_card_that_is_not_taken_holds_what_has_not_left() {
    let mut world = reserved(all());
    let events = tell(&mut world, BenefitWork::Commit, no());
    assert_eq!(names(&events)[..4], ["anomaly_raised", "benefits_committed", "payment_failed", "hold_placed"]);
    assert_eq!(world.order().active_holds().next().unwrap().kind, HoldKind::PaymentMismatch);
    assert!(world.order().kept_on_release().is_empty(), "whatever the service has is released");
    // What has left is raised to people, under a number of its own.
    let mut world = reserved(all());
    world.shipped(1);
    tell(&mut world, BenefitWork::Commit, no());
    let raised: Vec<_> = world.order().anomalies.iter().map(|a| (a.id.as_str(), a.what.as_str())).collect();
    assert_eq!(raised, [("a1", "benefit_commit_refused"), ("a2", "payment_promise_lost")]);
}

/// Whoever has accepted what came by then has not accepted that the card would not come; and whoever lets the goods go
/// without it lets its money off.
#[test]
fn a_card_that_is_not_taken_is_missed_whatever_was_accepted() {
    let mut world = reserved(half());
    world.captured("pi_1", cny("99.99"));
    let release = |world: &mut World| {
        let hold_id = world.order().active_holds().next().expect("a hold").id.clone();
        world.must(Command::ReleaseHold { hold_id, reason: "fine".into() });
    };
    release(&mut world);
    assert_eq!(world.order().status, OrderStatus::InFulfilment);
    tell(&mut world, BenefitWork::Commit, no());
    assert_eq!(world.order().active_holds().next().map(|h| h.kind), Some(HoldKind::PaymentMismatch));
    let mut world = reserved(all());
    tell(&mut world, BenefitWork::Commit, no());
    release(&mut world);
    assert_eq!((world.order().let_off, world.order().is_held()), (cny("206.00"), false));
    assert_eq!(Balances::of(world.order()).get(Account::Receivable), 0);
}

/// What is still to be paid does not count what is set aside, nor does a card that nobody has asked for yet become a gift.
#[test]
fn what_is_due_is_beside_the_card() {
    let world = reserved(half());
    assert_eq!(derived::totals(world.order()).unwrap().due, cny("100.00"));
    assert_eq!(derived::totals(reserved(all()).order()).unwrap().due, cny("0.00"));
    let mut world = shop(half());
    world.captured("pi_1", cny("99.99"));
    let hold_id = world.order().active_holds().next().expect("a hold").id.clone();
    world.must(Command::ReleaseHold { hold_id, reason: "fine".into() });
    assert_eq!(world.order().let_off, cny("0.01"));
}

#[test]
fn nobody_begins_it_tells_of_it_or_opens_another() {
    let mut world = reserved(half());
    let start = |n: usize| Command::StartPayment {
        payment_id: PaymentId::number(n),
        client: PayerClient::Web,
        provider_payment_id: None,
        object: None,
        expires_at: jiff::Timestamp::MAX,
    };
    assert!(world.act(start(1)).is_err());
    assert!(world.act(start(2)).is_ok());
    let amount = cny("100.00");
    assert!(world.act(Command::OpenPayment { provider: Provider::GiftCard, amount, key: None }).is_err());
    let provider_payment_id = "GC-1".to_owned();
    let identify =
        Command::IdentifyPayment { provider: Provider::GiftCard, amount: cny("106.00"), provider_payment_id };
    assert!(world.act(identify).is_err());
}

#[test]
fn money_goes_back_first_or_the_card_as_the_shop_says() {
    let amount = |text| RefundAsk::Amount(cny(text));
    let line = RefundAsk::Lines(vec![RefundLine { line_id: LineId::number(1), quantity: 1 }]);
    let two = |first: (&str, &str), then: (&str, &str)| {
        [first, then].map(|(payment, money)| (payment.to_owned(), format!("{money} CNY"))).to_vec()
    };
    for (first, asked, expected) in [
        (RefundFirst::Money, amount("50.00"), two(("p2", "50.00"), ("", ""))),
        (RefundFirst::Money, amount("150.00"), two(("p2", "100.00"), ("p1", "50.00"))),
        (RefundFirst::Money, line.clone(), two(("p2", "100.00"), ("p1", "3.00"))),
        (RefundFirst::GiftCard, amount("50.00"), two(("p1", "50.00"), ("", ""))),
        (RefundFirst::GiftCard, amount("150.00"), two(("p1", "106.00"), ("p2", "44.00"))),
        (RefundFirst::GiftCard, line, two(("p1", "103.00"), ("", ""))),
    ] {
        let mut world = committed(half());
        world.policy.refund_first = first;
        ask(&mut world, asked);
        let expected: Vec<_> = expected.into_iter().filter(|(payment, _)| !payment.is_empty()).collect();
        assert_eq!(refunds(&world), expected, "{first:?}");
    }
    // A cancelled part's worth, and money beyond the total.
    for (first, expected) in [
        (RefundFirst::Money, two(("p2", "100.00"), ("p1", "3.00"))),
        (RefundFirst::GiftCard, two(("p1", "103.00"), ("", ""))),
    ] {
        let mut world = committed(half());
        world.policy.refund_first = first;
        let lines = vec![RefundLine { line_id: LineId::number(1), quantity: 1 }];
        world.must(Command::CancelLines { lines, reason: "one is enough".into() });
        let expected: Vec<_> = expected.into_iter().filter(|(payment, _)| !payment.is_empty()).collect();
        assert_eq!(refunds(&world), expected, "{first:?}");
    }
}

/// Without gift cards nothing changes, whatever the setting says: the latest money first, and by request the earliest.
#[test]
fn other_orders_do_not_hear_of_the_setting() {
    for first in RefundFirst::ALL {
        let mut world = World::with(shirts()).paid();
        world.policy.refund_first = *first;
        world.captured("pi_2", cny("186.00"));
        ask(&mut world, RefundAsk::Amount(cny("200.00")));
        let expected = [("p2".to_owned(), "186.00 CNY".to_owned()), ("p1".to_owned(), "14.00 CNY".to_owned())];
        assert_eq!(refunds(&world), expected);
    }
}

#[test]
fn before_it_is_taken_a_cut_order_takes_all_and_gives_the_rest_back() {
    let mut world = reserved(all());
    let lines = vec![RefundLine { line_id: LineId::number(1), quantity: 1 }];
    world.must(Command::CancelLines { lines, reason: "one is enough".into() });
    assert_eq!(refunds(&world).len(), 0, "nothing was taken yet");
    tell(&mut world, BenefitWork::Commit, BenefitAnswered::Done);
    assert_eq!(wake::work(world.order(), &world.policy, world.now), Some(Work::Reversal));
    world.must(Command::Compensate);
    assert_eq!(refunds(&world), [("p1".to_owned(), "103.00 CNY".to_owned())]);
    // At the door less is due, and the card stays as it is.
    let mut world = committed(parts("106.00", Provider::Cod, "100.00"));
    let lines = vec![RefundLine { line_id: LineId::number(1), quantity: 1 }];
    world.must(Command::CancelLines { lines, reason: "one is enough".into() });
    assert_eq!(refunds(&world), [("p1".to_owned(), "3.00 CNY".to_owned())]);
    assert!(world.order().due(&world.order().payments[1]).unwrap().is_zero());
}

#[test]
fn the_books_have_an_account_for_it() {
    let mut world = committed(half());
    let books = |world: &World, account| Balances::of(world.order()).get(account);
    assert_eq!(books(&world, Account::GiftCard), 10_600);
    assert_eq!(books(&world, Account::Captured(Provider::Stripe)), 10_000);
    assert_eq!(books(&world, Account::Receivable), 0);
    world.policy.refund_first = RefundFirst::GiftCard;
    ask(&mut world, RefundAsk::Amount(cny("6.00")));
    let refund_id = world.order().refunds[0].id.clone();
    world.must(Command::SubmitRefund { refund_id: refund_id.clone() });
    world.must(Command::AnswerRefund { refund_id, answer: RefundAnswered::Succeeded { reference: None } });
    assert_eq!((books(&world, Account::GiftCard), books(&world, Account::Refund)), (10_000, 600));
    assert_eq!(Account::parse("gift_card"), Ok(Account::GiftCard));
    assert!(Account::parse("captured:gift_card").is_err(), "it is with no provider");
}

#[test]
fn its_code_and_nothing_else_names_it() {
    let wrong = |change: fn(&mut OrderBody)| {
        let mut body = half();
        change(&mut body);
        PlacedOrder::new(body).unwrap_err().field
    };
    assert_eq!(wrong(|b| b.payments[0].code = None), "payments[0].code");
    assert_eq!(wrong(|b| b.payments[1].code = Some("GC-2".into())), "payments[1].code");
    assert_eq!(wrong(|b| b.payments[1] = by_card("GC-1", cny("100.00"), reference(0, 2))), "payments[1].code");
    assert_eq!(wrong(|b| b.payments[0].amount = cny("0.00")), "payments[0].amount");
    assert_eq!(wrong(|b| b.payments[0].status = DeclaredStatus::Captured), "payments[0].status");
    assert_eq!(wrong(|b| b.payments[0].collected_by_channel = true), "payments[0].collected_by");
    assert_eq!(wrong(|b| b.payments[0].channel_reference = Some("T-1".into())), "payments[0].reference");
    assert_eq!(wrong(|b| b.payments[0].due_at = Some(at(1))), "payments[0].due_at");
}
