//! Several attempts to pay one order: who may open one, what Waybill has begun, and what becomes of those that lose.

use oms_domain::body::{DeclaredStatus, Provider};
use oms_domain::command::{CallOffAnswered, Command};
use oms_domain::event::{OrderEvent, RefundLine};
use oms_domain::id::{EventKey, LineId, PaymentId, PaymentReference};
use oms_domain::order::Order;
use oms_domain::payment::{PaymentFact, PaymentFactKind};
use oms_domain::payment_start::PayerClient;
use oms_domain::refusal::Refusal;
use oms_domain::status::{OrderStatus, PaymentStatus};
use oms_domain::wake::{self, Work};

use crate::given::{at, cny, due, reference, shirts, shirts_by};
use crate::world::{World, names};

const FULL: &str = "186.00";

fn open(provider: Provider, amount: &str) -> Command {
    Command::OpenPayment { provider, amount: cny(amount), key: None }
}

fn start(payment: usize, client: PayerClient, id: Option<&str>, object: Option<&str>) -> Command {
    Command::StartPayment {
        payment_id: PaymentId::number(payment),
        client,
        provider_payment_id: id.map(str::to_owned),
        object: object.map(str::to_owned),
        expires_at: at(1800),
    }
}

/// A fact about the attempt at a position.
fn told(world: &mut World, provider: Provider, position: usize, id: &str, kind: PaymentFactKind) -> Vec<OrderEvent> {
    let key: EventKey = world.new_key();
    world.must(Command::RecordPayment(PaymentFact {
        key,
        provider,
        provider_payment_id: id.into(),
        reference: Some(reference(0, position)),
        live: false,
        kind,
        fees: Vec::new(),
    }))
}

fn captured(world: &mut World, provider: Provider, position: usize, id: &str) {
    told(world, provider, position, id, PaymentFactKind::Captured { amount: cny(FULL) });
    world.till.take(id, cny(FULL));
}

fn statuses(world: &World) -> Vec<PaymentStatus> {
    world.order().payments.iter().map(|p| p.status).collect()
}

fn to_call_off(world: &World) -> Vec<usize> {
    let payments = &world.order().payments;
    let open: Vec<_> = wake::to_call_off(world.order()).map(|p| p.id.clone()).collect();
    (1..=payments.len()).filter(|n| open.contains(&payments[n - 1].id)).collect()
}

#[test]
fn each_attempt_has_a_reference_of_its_own() {
    let mut world = World::with(shirts()).placed();
    for (n, provider) in [(2, Provider::Stripe), (3, Provider::Wechatpay), (4, Provider::Paypal)] {
        assert_eq!(names(&world.must(open(provider, FULL))), ["payment_added"]);
        let payment = world.order().payments.last().unwrap();
        assert_eq!((payment.provider, payment.amount, payment.declared), (provider, cny(FULL), false));
        assert_eq!(payment.reference, PaymentReference::of(&world.order().id, n));
    }
    // The one that is paid pays the order, and raises no doubt.
    captured(&mut world, Provider::Wechatpay, 3, "wx_1");
    assert_eq!(world.order().status, OrderStatus::InFulfilment);
    assert_eq!(world.order().active_holds().count(), 0);
}

#[test]
fn who_may_not_open_another() {
    let field = |answer: Result<Vec<OrderEvent>, Refusal>| match answer {
        Err(Refusal::Field { field, .. }) => field,
        other => panic!("{other:?}"),
    };
    let state = |answer: Result<Vec<OrderEvent>, Refusal>| assert!(matches!(answer, Err(Refusal::WrongState { .. })));
    let mut world = World::with(shirts()).placed();
    assert_eq!(field(world.act(open(Provider::Stripe, "1.00"))), "amount");
    assert_eq!(field(world.act(open(Provider::Cod, FULL))), "provider");
    world.policy.providers.remove(&Provider::Adyen);
    assert_eq!(field(world.act(open(Provider::Adyen, FULL))), "provider");
    for _ in 1..20 {
        world.must(open(Provider::Stripe, FULL));
    }
    assert!(matches!(world.act(open(Provider::Stripe, FULL)), Err(Refusal::NotOffered(_))));
    // Of an order in parts: one of them, or all that is owed.
    let mut body = shirts();
    body.payments[0].amount = cny("100.00");
    body.payments.push(due(Provider::Stripe, cny("86.00"), reference(0, 2)));
    let mut parts = World::with(body).placed();
    parts.must(open(Provider::Alipay, "86.00"));
    parts.must(open(Provider::Alipay, FULL));
    parts.captured("pi_1", cny("100.00"));
    assert_eq!(field(parts.act(open(Provider::Alipay, "100.00"))), "amount");
    parts.must(open(Provider::Alipay, "86.00"));
    // Paid, cancelled, expired.
    state(World::with(shirts()).paid().act(open(Provider::Stripe, FULL)));
    state(World::with(shirts_by(Provider::Cod, DeclaredStatus::Due)).placed().act(open(Provider::Stripe, FULL)));
    let mut world = World::with(shirts()).placed();
    world.must(Command::Cancel { reason: "no".into() });
    state(world.act(open(Provider::Stripe, FULL)));
    let mut world = World::with(shirts()).placed();
    world.pass(1800);
    world.must(Command::Compensate);
    state(world.act(open(Provider::Stripe, FULL)));
}

#[test]
fn what_was_begun_is_kept_once() {
    let mut world = World::with(shirts()).placed();
    let web = || start(1, PayerClient::Web, Some("pi_1"), None);
    assert_eq!(names(&world.must(web())), ["payment_started", "payment_identified"]);
    assert!(world.must(web()).is_empty());
    let payment = &world.order().payments[0];
    assert_eq!(payment.provider_payment_id.as_deref(), Some("pi_1"));
    assert_eq!(payment.started.as_ref().unwrap().client, PayerClient::Web);
    // The provider's number is for one kind of client.
    let other = world.act(start(1, PayerClient::MobileWeb, Some("pi_1"), None));
    assert!(matches!(other, Err(Refusal::ThingState { .. })), "{other:?}");
    // Declined, the buyer tries another card: the same payment.
    told(&mut world, Provider::Stripe, 1, "pi_1", PaymentFactKind::Failed { reason: "declined".into() });
    assert!(world.must(web()).is_empty());
}

/// A buyer who agrees while the order expires has promised money that nothing calls off again: a person has to.
#[test]
fn what_is_promised_after_it_was_called_off_is_told_to_people() {
    for (provider, is_told) in [(Provider::Paypal, true), (Provider::Adyen, true), (Provider::Stripe, false)] {
        let mut world = World::with(shirts_by(provider, DeclaredStatus::Due)).placed();
        world.pass(1800);
        world.must(Command::Compensate);
        let late = PaymentFactKind::Authorized { amount: cny(FULL), expires_at: None };
        told(&mut world, provider, 1, "auth_1", late);
        let found = world.order().anomalies.iter().any(|a| a.what == "payment_promised_late");
        assert_eq!(found, is_told, "{provider:?}: {:?}", world.order().payments[0].status);
    }
}

#[test]
fn what_cannot_be_begun() {
    let start = || start(1, PayerClient::Web, Some("pi_9"), None);
    let wrong = |world: &mut World| match world.act(start()) {
        Err(Refusal::WrongState { status } | Refusal::ThingState { status, .. }) => status,
        other => panic!("{other:?}"),
    };
    assert_eq!(wrong(&mut World::with(shirts())), "received");
    assert_eq!(wrong(&mut World::with(shirts()).paid()), "in_fulfilment");
    // The time is over, and nobody has said so yet.
    let mut world = World::with(shirts()).placed();
    world.pass(1800);
    assert_eq!(wrong(&mut world), "expired");
    // The storefront did it itself.
    let mut world = World::with(shirts_by(Provider::Adyen, DeclaredStatus::Due)).placed();
    told(&mut world, Provider::Adyen, 1, "psp_1", PaymentFactKind::Pending);
    assert_eq!(wrong(&mut world), "begun by the storefront itself");
    // Stripe may have told of the intent before our own answer is stored.
    let mut world = World::with(shirts()).placed();
    told(&mut world, Provider::Stripe, 1, "pi_9", PaymentFactKind::Pending);
    assert_eq!(names(&world.must(start())), ["payment_started"]);
    // A part was paid of another amount: a person looks first.
    let mut world = World::with(shirts()).placed();
    world.captured("pi_1", cny("1.00"));
    assert_eq!(wrong(&mut world), "on hold");
    let mut body = shirts_by(Provider::Channel, DeclaredStatus::Captured);
    body.payments[0].amount = cny("100.00");
    body.payments.push(due(Provider::Stripe, cny("86.00"), reference(0, 2)));
    assert!(matches!(World::with(body).placed().act(start()), Err(Refusal::NotOffered(_))));
    let mut world = World::with(shirts()).placed();
    let unknown = Command::StartPayment {
        payment_id: PaymentId::number(7),
        client: PayerClient::Web,
        provider_payment_id: None,
        object: None,
        expires_at: at(1800),
    };
    assert!(matches!(world.act(unknown), Err(Refusal::Unknown { .. })));
}

#[test]
fn the_loser_is_called_off_as_its_provider_does_it() {
    // By its id, by what was begun, by our reference, and without a call where nobody knows it.
    for (provider, id, object, asked) in [
        (Provider::Stripe, Some("pi_1"), None, true),
        (Provider::Paypal, None, Some("ORDER1"), true),
        (Provider::Wechatpay, None, None, true),
        (Provider::Alipay, None, None, true),
        (Provider::Stripe, None, None, false),
        (Provider::Adyen, None, None, false),
    ] {
        let mut world = World::with(shirts_by(provider, DeclaredStatus::Due)).placed();
        if id.is_some() || object.is_some() {
            world.must(start(1, PayerClient::Web, id, object));
        }
        world.must(open(Provider::Stripe, FULL));
        assert_eq!(to_call_off(&world), [0; 0], "nobody has paid");
        captured(&mut world, Provider::Stripe, 2, "pi_2");
        assert_eq!(world.order().status, OrderStatus::InFulfilment, "the goods do not wait for that");
        assert_eq!(to_call_off(&world), [1]);
        assert_eq!(world.due(0), Some(Work::Reversal));
        world.must(Command::Compensate);
        let expected = if asked { PaymentStatus::Created } else { PaymentStatus::Expired };
        assert_eq!(statuses(&world), [expected, PaymentStatus::Captured], "{provider:?}");
        world.settle(0);
        assert_eq!(statuses(&world), [PaymentStatus::Expired, PaymentStatus::Captured], "{provider:?}");
        assert_eq!(world.order().anomalies.len(), 0);
    }
}

#[test]
fn the_loser_that_was_paid_as_well_is_refunded() {
    let mut world = World::with(shirts()).placed();
    world.must(start(1, PayerClient::Web, Some("pi_1"), None));
    world.must(open(Provider::Stripe, FULL));
    captured(&mut world, Provider::Stripe, 2, "pi_2");
    // Its provider has the money by the time that it is asked.
    world.till.take("pi_1", cny(FULL));
    world.settle(0);
    assert_eq!(statuses(&world), [PaymentStatus::Captured, PaymentStatus::Captured]);
    // The later attempt goes back.
    assert_eq!((world.till.sent_back("pi_1"), world.till.sent_back("pi_2")), (vec![], vec![cny(FULL)]));
    assert_eq!(world.order().kept().unwrap(), cny(FULL));
    assert_eq!(world.order().status, OrderStatus::InFulfilment);
}

#[test]
fn of_two_promises_the_later_is_given_back() {
    let mut world = World::with(shirts()).placed();
    world.must(open(Provider::Stripe, FULL));
    let promised = || PaymentFactKind::Authorized { amount: cny(FULL), expires_at: None };
    told(&mut world, Provider::Stripe, 1, "pi_1", promised());
    told(&mut world, Provider::Stripe, 2, "pi_2", promised());
    assert_eq!(to_call_off(&world), [2]);
    world.settle(0);
    assert_eq!(statuses(&world), [PaymentStatus::Authorized, PaymentStatus::Voided]);
    // Money goes before a promise, whichever was first.
    let mut world = World::with(shirts()).placed();
    world.must(open(Provider::Stripe, FULL));
    told(&mut world, Provider::Stripe, 1, "pi_1", promised());
    captured(&mut world, Provider::Stripe, 2, "pi_2");
    assert_eq!(to_call_off(&world), [1]);
    // An answer that is lost is asked for again.
    world.must(Command::AnswerCallOff { payment_id: PaymentId::number(1), answer: CallOffAnswered::Unknown });
    assert_eq!(statuses(&world), [PaymentStatus::Unknown, PaymentStatus::Captured]);
    world.pass(30);
    world.settle(0);
    assert_eq!(statuses(&world), [PaymentStatus::Voided, PaymentStatus::Captured]);
}

#[test]
fn nothing_is_called_off_while_a_person_looks() {
    let mut world = World::with(shirts()).placed();
    world.must(start(1, PayerClient::Web, Some("pi_1"), None));
    world.must(open(Provider::Stripe, FULL));
    let kind = PaymentFactKind::Captured { amount: cny("200.00") };
    told(&mut world, Provider::Stripe, 2, "pi_2", kind);
    let hold = world.order().active_holds().next().expect("a mismatch").id.clone();
    assert!(world.order().is_covered());
    assert_eq!(to_call_off(&world), [0; 0]);
    world.must(Command::ReleaseHold { hold_id: hold, reason: "the buyer meant it".into() });
    assert_eq!(to_call_off(&world), [1]);
}

#[test]
fn an_unpaid_wallet_is_closed_by_our_reference_when_the_order_expires() {
    for provider in [Provider::Wechatpay, Provider::Alipay] {
        let mut world = World::with(shirts_by(provider, DeclaredStatus::Due)).placed();
        world.pass(1800);
        world.must(Command::Compensate);
        assert_eq!(statuses(&world), [PaymentStatus::Created], "{provider:?} is asked first");
        assert_eq!(to_call_off(&world), [1]);
        world.settle(0);
        assert_eq!((world.order().status, statuses(&world)), (OrderStatus::Expired, vec![PaymentStatus::Expired]));
        // It slipped through all the same: refunded in full.
        captured(&mut world, provider, 1, "wx_1");
        world.settle(0);
        assert_eq!(world.till.sent_back("wx_1"), [cny(FULL)]);
    }
}

/// Asked to close the order, the wallet says that it is paid: the money is known by the wallet's id, and goes back.
#[test]
fn money_that_is_found_by_our_reference_goes_back() {
    let mut world = World::with(shirts_by(Provider::Wechatpay, DeclaredStatus::Due)).placed();
    world.pass(1800);
    world.must(Command::Compensate);
    let found = || CallOffAnswered::Found { provider_payment_id: "wx_1".into(), amount: cny(FULL) };
    let answer = || Command::AnswerCallOff { payment_id: PaymentId::number(1), answer: found() };
    assert_eq!(names(&world.must(answer()))[..2], ["payment_identified", "payment_captured"]);
    world.till.take("wx_1", cny(FULL));
    assert_eq!(world.must(answer()), [], "no news");
    world.settle(0);
    assert_eq!(world.till.sent_back("wx_1"), [cny(FULL)]);
    // The callback that comes after that says nothing new.
    captured(&mut world, Provider::Wechatpay, 1, "wx_1");
    world.settle(0);
    assert_eq!(world.till.sent_back("wx_1"), [cny(FULL)]);
}

/// Of several open attempts a storefront tells the id of the one that the buyer tries now.
#[test]
fn an_id_is_of_the_latest_attempt() {
    let mut world = World::with(shirts()).placed();
    world.must(open(Provider::Stripe, FULL));
    let identify = |id: &str| Command::IdentifyPayment {
        provider: Provider::Stripe,
        amount: cny(FULL),
        provider_payment_id: id.into(),
    };
    world.must(identify("pi_2"));
    world.must(identify("pi_1"));
    let known: Vec<_> = world.order().payments.iter().map(|p| p.provider_payment_id.as_deref()).collect();
    assert_eq!(known, [Some("pi_1"), Some("pi_2")]);
}

#[test]
fn what_is_owed_is_owed_for_what_was_not_cancelled() {
    let mut world = World::with(shirts()).placed();
    let lines = vec![RefundLine { line_id: LineId::number(1), quantity: 1 }];
    world.must(Command::CancelLines { lines, reason: "one is enough".into() });
    let first = start(1, PayerClient::Web, Some("pi_1"), None);
    assert!(matches!(world.decide(0, &first), Err(Refusal::NotOffered(_))), "it was to bring too much");
    let owed = world.order().worth().unwrap();
    assert!(owed.compare(cny(FULL)).unwrap().is_lt());
    assert!(world.decide(0, &Command::OpenPayment { provider: Provider::Stripe, amount: owed, key: None }).is_ok());
}

#[test]
fn nobody_pays_for_an_order_that_is_over() {
    let mut world = World::with(shirts()).placed();
    world.must(open(Provider::Wechatpay, FULL));
    world.must(start(2, PayerClient::Qr, None, None));
    captured(&mut world, Provider::Stripe, 1, "pi_1");
    // Before the other attempt is called off, the bank takes the money back: it may be paid by that one now.
    told(&mut world, Provider::Stripe, 1, "pi_1", PaymentFactKind::Disputed { amount: cny(FULL) });
    told(&mut world, Provider::Stripe, 1, "pi_1", PaymentFactKind::DisputeLost { amount: cny(FULL) });
    assert_eq!(to_call_off(&world), [0_usize; 0]);
    let order = Order { status: OrderStatus::Closed, ..world.order().clone() };
    assert_eq!(wake::to_call_off(&order).map(|p| p.id.clone()).collect::<Vec<_>>(), [PaymentId::number(2)]);
}

#[test]
fn a_promise_that_the_order_needs_is_kept_whatever_a_person_has_accepted() {
    let mut world = World::with(shirts()).placed();
    world.must(open(Provider::Wechatpay, FULL));
    told(&mut world, Provider::Wechatpay, 2, "wx_1", PaymentFactKind::Captured { amount: cny("40.00") });
    told(&mut world, Provider::Stripe, 1, "pi_1", PaymentFactKind::Authorized { amount: cny(FULL), expires_at: None });
    let hold_id = world.order().active_holds().next().expect("a hold").id.clone();
    world.must(Command::ReleaseHold { hold_id, reason: "the rest is promised".into() });
    assert!(!to_call_off(&world).contains(&1), "{:?}", world.order().payments);
}
