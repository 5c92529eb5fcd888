//! Deposits whose balance does not come by its day: they go back, or the shop keeps them.

use oms_domain::body::{DeclaredStatus, OrderBody, PaymentPurpose, Provider};
use oms_domain::command::{BenefitAnswered, Command, RefundAnswered, RefundAsk};
use oms_domain::deposit::OnDefault;
use oms_domain::derived;
use oms_domain::desk;
use oms_domain::event::{OrderEvent, RefundCause, RefundLine};
use oms_domain::id::{Channel, HoldId, LineId, RefundId};
use oms_domain::ledger::{Account, Balances};
use oms_domain::payment::PaymentFactKind;
use oms_domain::status::{OrderStatus, RefundStatus};
use oms_domain::task::TaskKind;
use oms_domain::terms::Terms;

use crate::given::{at, by_card, cny, due, reference};
use crate::instalments::{BALANCE_DUE, pays, presale};
use crate::postings::{books, done, send};
use crate::world::{World, names};

fn placed(body: OrderBody, on_default: OnDefault) -> World {
    let mut world = World::with(body);
    world.policy.deposit_on_default.otherwise = on_default;
    world.placed()
}

/// A shop that keeps deposits, with an order whose deposit is paid.
fn keeping() -> World {
    let mut world = placed(presale(), OnDefault::Keep);
    pays(&mut world, 1, "50.00");
    world
}

/// The day of the balance passes.
fn expire(world: &mut World) -> Vec<OrderEvent> {
    world.pass(BALANCE_DUE);
    world.must(Command::Compensate)
}

fn kept(world: &World) -> String {
    world.order().forfeited().unwrap().to_string()
}

/// What goes back, and why.
fn back(world: &World) -> Vec<(String, RefundCause)> {
    let back = world.order().refunds.iter().filter(|r| r.status.claims_money());
    back.map(|r| (r.amount.to_string(), r.cause)).collect()
}

fn ask(world: &mut World, amount: &str) -> Vec<OrderEvent> {
    let (key, reason) = (world.new_key(), "the buyer was in hospital".into());
    let ask = RefundAsk::Amount(cny(amount));
    world.must(Command::RequestRefund { key, ask, reason, by: "finance".into() })
}

#[test]
fn the_deposit_is_kept_and_nothing_else_happens_to_it() {
    let mut world = keeping();
    let events = expire(&mut world);
    assert!(names(&events).starts_with(&["order_expired", "deposit_kept"]), "{events:?}");
    assert_eq!(events[1].detail(), "p1: 50.00 CNY");
    let told: Vec<_> = events.iter().filter(|e| e.name() == "customer_notified").map(OrderEvent::detail).collect();
    assert_eq!(told, ["order_expired_deposit_kept"], "the buyer hears of it, once");
    assert_eq!((world.order().status, kept(&world)), (OrderStatus::Expired, "50.00 CNY".into()));
    assert_eq!(back(&world), []);
    let totals = derived::totals(world.order()).unwrap();
    assert_eq!((totals.captured, totals.refunded, totals.forfeited), (cny("50.00"), cny("0.00"), cny("50.00")));
    assert_eq!((totals.due, derived::payment_status(world.order())), (cny("0.00"), "partially_paid"));
    assert_eq!(
        books(&world),
        ["payment_captured: captured:stripe 50.00, suspense -50.00", "deposit_kept: suspense 50.00, forfeited -50.00",]
    );
    world.must(Command::ReleaseStock);
    assert_eq!((world.next_wake(0), desk::tasks(world.order()).len()), (None, 0), "it rests");
    assert!(world.must(Command::Compensate).is_empty(), "once");
}

/// The balance that comes after its day goes back whole, and the deposit stays.
#[test]
fn a_balance_that_comes_late_goes_back_whole() {
    let mut world = keeping();
    expire(&mut world);
    pays(&mut world, 2, "136.00");
    world.must(Command::Compensate);
    assert_eq!(back(&world), [("136.00 CNY".into(), RefundCause::OrderUndone)]);
    send(&mut world, &done());
    assert_eq!((world.order().kept().unwrap(), kept(&world)), (cny("50.00"), "50.00 CNY".into()));
    assert_eq!(Balances::of(world.order()).get(Account::Suspense), 0);
}

/// Only whoever lets the day pass loses the deposit, and only under terms that said so.
#[test]
fn for_any_other_reason_it_goes_back() {
    type Act = fn(&mut World);
    let cases: [(&str, OnDefault, Act); 9] = [
        ("the shop sends deposits back", OnDefault::Refund, |w| _ = expire(w)),
        ("it keeps them only since", OnDefault::Refund, |w| {
            w.policy.deposit_on_default.otherwise = OnDefault::Keep;
            expire(w);
        }),
        ("it keeps them no longer", OnDefault::Keep, |w| {
            w.policy.deposit_on_default.otherwise = OnDefault::Refund;
            expire(w);
        }),
        ("this channel's go back", OnDefault::Keep, |w| {
            let web = Channel::parse("web").unwrap();
            w.policy.deposit_on_default.channels = [(web, OnDefault::Refund)].into();
            expire(w);
        }),
        ("cancelled before the day, by whomever", OnDefault::Keep, |w| {
            w.must(Command::Cancel { reason: "no longer wanted, or sold out".into() });
            w.must(Command::Compensate);
        }),
        ("turned down by a person", OnDefault::Keep, |w| {
            hold(w);
            w.must(Command::RejectHold { hold_id: HoldId::number(1), reason: "stock is missing".into() });
            w.must(Command::Compensate);
        }),
        ("held on the day, and nobody answers", OnDefault::Keep, |w| {
            hold(w);
            expire(w);
        }),
        ("held on the day, let go after it, and not paid in the time that this gives", OnDefault::Keep, |w| {
            hold(w);
            w.pass(BALANCE_DUE + 60);
            w.must(Command::ReleaseHold { hold_id: HoldId::number(1), reason: "fine".into() });
            w.pass(BALANCE_DUE + 60 + w.policy.payment_window_seconds);
            w.must(Command::Compensate);
            assert_eq!(w.order().status, OrderStatus::Expired);
        }),
        ("asked back before the day, and turned down after it", OnDefault::Keep, |w| {
            w.policy.refund_approval_above = vec![cny("1.00")];
            w.pass(BALANCE_DUE - 60);
            ask(w, "50.00");
            w.pass(BALANCE_DUE + 60);
            let refund_id = RefundId::of(&w.order().id, 1);
            w.must(Command::DeclineRefund { refund_id, reason: "no".into() });
            assert!(w.must(Command::Compensate).is_empty(), "the buyer has time to pay the balance");
            w.pass(BALANCE_DUE + 60 + w.policy.payment_window_seconds);
            w.must(Command::Compensate);
        }),
    ];
    for (name, on_default, act) in cases {
        let mut world = placed(presale(), on_default);
        pays(&mut world, 1, "50.00");
        act(&mut world);
        let order = world.order();
        assert!(back(&world).iter().all(|(_, cause)| *cause == RefundCause::OrderUndone), "{name}");
        assert_eq!((order.refundable_total().unwrap(), kept(&world)), (cny("0.00"), "0.00 CNY".into()), "{name}");
        assert!(world.order().payments.iter().all(|p| p.forfeited.is_zero()), "{name}");
    }
}

/// Of a deposit that is kept some is sent back after all, and that arrives before what is owed beside it has gone: the books
/// say what each of them was.
#[test]
fn what_is_owed_is_not_kept_also_before_it_has_gone() {
    let mut world = placed(presale(), OnDefault::Keep);
    pays(&mut world, 1, "60.00");
    let hold_id = world.order().active_holds().next().expect("a hold").id.clone();
    world.must(Command::ReleaseHold { hold_id, reason: "the rest is less".into() });
    expire(&mut world);
    ask(&mut world, "20.00");
    let said = || RefundAnswered::Succeeded { reference: None };
    for (number, entry, left) in [
        (2, "refund_succeeded: captured:stripe -20.00, forfeited 20.00", "30.00 CNY"),
        (1, "refund_succeeded: captured:stripe -10.00, suspense 10.00", "30.00 CNY"),
    ] {
        let refund_id = RefundId::of(&world.order().id, number);
        world.must(Command::SubmitRefund { refund_id: refund_id.clone() });
        world.must(Command::AnswerRefund { refund_id, answer: said() });
        assert_eq!(books(&world).last().unwrap(), entry);
        assert_eq!(kept(&world), left);
        assert_eq!(Balances::of(world.order()).get(Account::Forfeited), -3_000);
    }
}

/// Its day decides, and not whether the buyer or the sweep comes first after it.
#[test]
fn whoever_cancels_after_the_day_has_let_it_pass() {
    for (late, status, expected) in [(-1, OrderStatus::Cancelling, "0.00 CNY"), (0, OrderStatus::Expired, "50.00 CNY")]
    {
        let all = vec![RefundLine { line_id: LineId::number(1), quantity: 2 }];
        let reason = || "changed my mind".to_owned();
        for cancel in [Command::Cancel { reason: reason() }, Command::CancelLines { lines: all, reason: reason() }] {
            let mut world = placed(presale(), OnDefault::Keep);
            pays(&mut world, 1, "50.00");
            world.pass(BALANCE_DUE + late);
            world.must(cancel);
            assert_eq!((world.order().status, kept(&world)), (status, expected.into()), "{late}");
        }
    }
}

/// A part of the balance comes, and a person has to look at it.
fn hold(world: &mut World) {
    pays(world, 2, "100.00");
    assert!(world.order().is_held());
}

/// A deposit that was not taken, not in full, or is another's, is not kept.
#[test]
fn what_is_no_paid_deposit_is_not_kept() {
    let mut promised = placed(presale(), OnDefault::Keep);
    promised.stripe("pi_1", PaymentFactKind::Authorized { amount: cny("50.00"), expires_at: None });
    expire(&mut promised);
    assert_eq!((kept(&promised), promised.order().status), ("0.00 CNY".into(), OrderStatus::Expired));
    // Its own window passed.
    let mut short = placed(presale(), OnDefault::Keep);
    pays(&mut short, 2, "136.00");
    short.pass(1_800);
    short.must(Command::Compensate);
    assert_eq!((kept(&short), back(&short).len()), ("0.00 CNY".into(), 1));
    // One of two deposits was never paid: no balance was due yet.
    let mut body = presale();
    body.payments[0].amount = cny("30.00");
    body.payments.insert(1, due(Provider::Stripe, cny("20.00"), reference(0, 3)));
    body.payments[1].purpose = Some(PaymentPurpose::Deposit);
    let mut half = placed(body, OnDefault::Keep);
    pays(&mut half, 1, "30.00");
    half.pass(1_800);
    half.must(Command::Compensate);
    assert_eq!((kept(&half), half.order().status), ("0.00 CNY".into(), OrderStatus::Expired));
    assert_eq!(back(&half), [("30.00 CNY".into(), RefundCause::OrderUndone)]);
    // The channel has the money.
    let mut body = presale();
    body.payments[0].provider = Provider::Channel;
    body.payments[0].collected_by_channel = true;
    body.payments[0].status = DeclaredStatus::Captured;
    let mut channel = placed(body, OnDefault::Keep);
    assert_eq!(channel.order().terms, Terms::default());
    expire(&mut channel);
    assert_eq!((kept(&channel), back(&channel).len()), ("0.00 CNY".into(), 1));
    // A part that is paid at once and is not called a deposit.
    let mut body = presale();
    body.payments[0].purpose = None;
    let mut part = placed(body, OnDefault::Keep);
    pays(&mut part, 1, "50.00");
    expire(&mut part);
    assert_eq!((kept(&part), back(&part).len()), ("0.00 CNY".into(), 1));
}

/// A gift card is not taken before the order is confirmed, and no other money is kept in its place.
#[test]
fn a_deposit_by_gift_card_is_not_kept_of_what_else_came() {
    let mut body = presale();
    body.payments = vec![
        by_card("GC-1", cny("50.00"), reference(0, 1)),
        due(Provider::Stripe, cny("36.00"), reference(0, 2)),
        due(Provider::Stripe, cny("100.00"), reference(0, 3)),
    ];
    body.payments[0].purpose = Some(PaymentPurpose::Deposit);
    body.payments[1].due_at = Some(at(BALANCE_DUE));
    body.payments[2].due_at = Some(at(2 * BALANCE_DUE));
    let mut world = World::with(body);
    (world.policy.benefits, world.policy.deposit_on_default.otherwise) = (true, OnDefault::Keep);
    world.must(Command::ReserveBenefits { answer: BenefitAnswered::Done });
    world.validate();
    let key = Some(world.new_key());
    world.must(Command::OpenPayment { provider: Provider::Stripe, amount: cny("36.00"), key });
    pays(&mut world, 4, "36.00");
    world.pass(2 * BALANCE_DUE);
    world.must(Command::Compensate);
    assert_eq!((world.order().status, kept(&world)), (OrderStatus::Expired, "0.00 CNY".into()));
    assert_eq!(back(&world), [("36.00 CNY".into(), RefundCause::OrderUndone)]);
}

#[test]
fn what_was_paid_beyond_the_deposit_goes_back() {
    // A part of the balance.
    let mut body = presale();
    body.payments[1].amount = cny("36.00");
    body.payments.push(due(Provider::Stripe, cny("100.00"), reference(0, 3)));
    body.payments[2].due_at = Some(at(2 * BALANCE_DUE));
    body.payments[2].purpose = Some(PaymentPurpose::Balance);
    let mut world = placed(body, OnDefault::Keep);
    pays(&mut world, 1, "50.00");
    pays(&mut world, 2, "36.00");
    world.pass(2 * BALANCE_DUE);
    world.must(Command::Compensate);
    assert_eq!(back(&world), [("36.00 CNY".into(), RefundCause::OrderUndone)]);
    assert_eq!(kept(&world), "50.00 CNY");
    // More than the deposit.
    let mut world = placed(presale(), OnDefault::Keep);
    pays(&mut world, 1, "60.00");
    let hold_id = world.order().active_holds().next().expect("a hold").id.clone();
    world.must(Command::ReleaseHold { hold_id, reason: "the rest is less".into() });
    expire(&mut world);
    assert_eq!(back(&world), [("10.00 CNY".into(), RefundCause::OrderUndone)]);
    send(&mut world, &done());
    assert_eq!((kept(&world), world.order().kept().unwrap()), ("50.00 CNY".into(), cny("50.00")));
    assert_eq!(derived::payment_status(world.order()), "partially_refunded");
    // Less, where a person let the rest of it off.
    let mut world = placed(presale(), OnDefault::Keep);
    pays(&mut world, 1, "49.00");
    let hold_id = world.order().active_holds().next().expect("a hold").id.clone();
    world.must(Command::ReleaseHold { hold_id, reason: "a cent of the exchange".into() });
    expire(&mut world);
    assert_eq!((kept(&world), back(&world).len()), ("49.00 CNY".into(), 0));
    // By a further attempt.
    let mut world = placed(presale(), OnDefault::Keep);
    world.must(Command::OpenPayment { provider: Provider::Stripe, amount: cny("50.00"), key: None });
    pays(&mut world, 3, "50.00");
    expire(&mut world);
    assert_eq!((kept(&world), world.order().payments[2].forfeited), ("50.00 CNY".into(), cny("50.00")));
}

/// Finance may send it back after all; above the amount for one person, two have to want that.
#[test]
fn people_may_send_it_back_after_all() {
    let mut world = keeping();
    expire(&mut world);
    ask(&mut world, "20.00");
    send(&mut world, &done());
    assert_eq!((kept(&world), world.order().kept().unwrap()), ("30.00 CNY".into(), cny("30.00")));
    assert_eq!(books(&world).last().unwrap(), "refund_succeeded: captured:stripe -20.00, forfeited 20.00");
    assert!(world.must(Command::Compensate).is_empty(), "nobody is owed the rest");

    let mut world = keeping();
    world.policy.refund_approval_above = vec![cny("10.00")];
    expire(&mut world);
    world.must(Command::ReleaseStock);
    assert_eq!(names(&ask(&mut world, "50.00")), ["refund_requested"]);
    assert_eq!((world.next_wake(0), world.must(Command::Compensate)), (None, vec![]), "it waits");
    let tasks = desk::tasks(world.order());
    assert_eq!(tasks.iter().map(|t| t.kind).collect::<Vec<_>>(), [TaskKind::RefundApproval]);
    assert_eq!(kept(&world), "50.00 CNY", "until somebody agrees");
    let refund_id = RefundId::of(&world.order().id, 1);
    world.must(Command::ApproveRefund { refund_id, by: "manager".into() });
    send(&mut world, &done());
    assert_eq!((kept(&world), world.order().kept().unwrap()), ("0.00 CNY".into(), cny("0.00")));
    assert_eq!(derived::payment_status(world.order()), "refunded");
}

/// What waits when the order expires gives way to what is owed, and to nothing else.
#[test]
fn what_waits_gives_way_to_what_is_owed_alone() {
    for (paid, waits) in [("50.00", true), ("60.00", false)] {
        let mut world = placed(presale(), OnDefault::Keep);
        pays(&mut world, 1, paid);
        let hold = world.order().active_holds().next().map(|h| h.id.clone());
        if let Some(hold_id) = hold {
            world.must(Command::ReleaseHold { hold_id, reason: "fine".into() });
        }
        world.policy.refund_approval_above = vec![cny("5.00")];
        ask(&mut world, "20.00");
        expire(&mut world);
        assert_eq!(kept(&world), "50.00 CNY", "{paid}");
        let status = world.order().refunds[0].status;
        assert_eq!(status, if waits { RefundStatus::Requested } else { RefundStatus::Declined }, "{paid}");
        assert_eq!(world.order().owes().unwrap(), cny("0.00"), "{paid}");
    }
}

/// The bank takes it: it was the shop's, and is lost.
#[test]
fn a_kept_deposit_that_the_bank_takes_back_is_lost() {
    let mut world = keeping();
    expire(&mut world);
    world.stripe("pi_1", PaymentFactKind::Disputed { amount: cny("50.00") });
    let lost = PaymentFactKind::DisputeLost { amount: cny("50.00") };
    world.stripe("pi_1", lost);
    let ledger = Balances::of(world.order());
    let held: Vec<_> = ledger.entries().map(|e| (e.account.to_string(), e.minor)).collect();
    assert_eq!(held, [("chargeback".into(), 5_000), ("forfeited".into(), -5_000)]);
    assert_eq!((kept(&world), world.order().owes().unwrap()), ("0.00 CNY".into(), cny("0.00")));
}

#[test]
fn the_terms_are_stored_when_the_buyer_is_asked() {
    let world = placed(presale(), OnDefault::Keep);
    let asked =
        world.lives[0].records.iter().flat_map(|r| &r.events).find(|e| e.name() == "payment_requested").unwrap();
    assert!(asked.detail().ends_with(", the deposit is kept if the rest does not come"), "{}", asked.detail());
    let text = serde_json::to_string(asked).unwrap();
    assert!(text.ends_with(r#""terms":{"keeps_deposit":true}}"#), "{text}");
    // Nothing is stored for an order that has none.
    let mut body = presale();
    body.payments[0].purpose = None;
    let world = placed(body, OnDefault::Keep);
    let asked =
        world.lives[0].records.iter().flat_map(|r| &r.events).find(|e| e.name() == "payment_requested").unwrap();
    assert!(!serde_json::to_string(asked).unwrap().contains("terms"));
    assert_eq!(
        OnDefault::ALL.iter().map(|d| OnDefault::from_name(d.name())).collect::<Vec<_>>(),
        [Some(OnDefault::Refund), Some(OnDefault::Keep),]
    );
    assert_eq!(OnDefault::from_name("half"), None);
}

/// The day may be over before the window is in which the deposit had to come.
#[test]
fn a_day_within_the_window_counts_like_any_other() {
    let mut body = presale();
    body.payments[1].due_at = Some(at(1_000));
    let mut world = placed(body, OnDefault::Keep);
    pays(&mut world, 1, "50.00");
    world.pass(1_800);
    world.must(Command::Compensate);
    assert_eq!((world.order().status, kept(&world)), (OrderStatus::Expired, "50.00 CNY".into()));
}
