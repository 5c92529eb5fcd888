//! What customers, staff and other systems are shown: derived from the machines, and free of personal data.

use std::collections::BTreeSet;

use oms_domain::body::{DeclaredStatus, LineKind, Provider};
use oms_domain::command::{Command, RefundAsk, Report, Scan};
use oms_domain::derived::{customer_status, fulfilment_status, line_counters, payment_status, totals};
use oms_domain::desk;
use oms_domain::event::OrderEvent;
use oms_domain::id::{OrderId, PaymentReference, ShipmentId};
use oms_domain::notification::Template;
use oms_domain::outgoing::{Publish, outgoing};
use oms_domain::payment::PaymentFactKind;
use oms_domain::status::OrderStatus;
use oms_domain::task::{Role, TaskKind};
use oms_domain::wake::Work;

use crate::given::{at, cny, discount, download, line, order_id, order_of, shirts, shirts_by};
use crate::world::World;

const FULL: &str = "186.00";

#[test]
fn each_stage_of_an_order_has_its_words() {
    type Stage = (&'static str, fn(&mut World));
    let stages: &[(&str, &str, &str, Stage)] = &[
        ("received", "pending", "unfulfilled", ("received", |_| {})),
        ("awaiting_payment", "pending", "unfulfilled", ("placed", |w| drop(w.validate()))),
        ("preparing", "paid", "unfulfilled", ("paid", |w| drop(w.captured("pi_1", cny(FULL))))),
        ("shipped", "paid", "shipped", ("shipped", |w| drop(w.shipped(1)))),
        ("delivered", "paid", "delivered", ("delivered", |w| drop(w.scan(1, Scan::Delivered)))),
    ];
    let mut world = World::with(shirts());
    for (customer, payment, fulfilment, (stage, act)) in stages {
        act(&mut world);
        let order = world.order();
        let shown = (customer_status(order), payment_status(order), fulfilment_status(order));
        assert_eq!(shown, (*customer, *payment, *fulfilment), "{stage}");
    }
}

#[test]
fn the_other_words_for_payments() {
    let placed = || World::with(shirts()).placed();
    let mut world = placed();
    world.stripe("pi_1", PaymentFactKind::Authorized { amount: cny(FULL), expires_at: None });
    assert_eq!(payment_status(world.order()), "authorized");
    world.must(Command::Cancel { reason: "no".into() });
    world.settle(0);
    assert_eq!((payment_status(world.order()), customer_status(world.order())), ("voided", "cancelled"));
    let mut world = placed();
    world.captured("pi_1", cny("50.00"));
    assert_eq!(payment_status(world.order()), "partially_paid");
    let mut world = placed();
    world.pass(1800);
    world.settle(0);
    assert_eq!((payment_status(world.order()), customer_status(world.order())), ("voided", "expired"));
    let mut free = shirts();
    free.discounts[0].amount = cny("198.00");
    free.shipping.fee = cny("0.00");
    free.total = cny("0.00");
    free.payments[0].amount = cny("0.00");
    assert_eq!(payment_status(World::with(free).order()), "paid");
    let mut held = World::with(order_of(vec![line(1, "TEE-M", 1, cny("6000.00"))], Provider::Stripe)).placed();
    assert_eq!((customer_status(held.order()), fulfilment_status(held.order())), ("under_review", "on_hold"));
    held.must(Command::Cancel { reason: "no".into() });
    assert_eq!(customer_status(held.order()), "cancelling");
}

#[test]
fn totals_are_those_of_the_order() {
    let mut body = shirts();
    body.lines[0].discounts = vec![discount(cny("8.00"))];
    body.total = cny("178.00");
    body.payments[0].amount = cny("178.00");
    let mut world = World::with(body).paid();
    let key = world.new_key();
    world.must(Command::RequestRefund {
        key,
        ask: RefundAsk::Amount(cny("8.00")),
        reason: "late".into(),
        by: "finance".into(),
    });
    world.till.take("pi_1", cny("178.00"));
    world.settle(0);
    let t = totals(world.order()).unwrap();
    let shown = [t.items, t.discount, t.shipping, t.tax, t.total, t.captured, t.refunded];
    let expected = ["198.00", "28.00", "8.00", "0.00", "178.00", "178.00", "8.00"].map(cny);
    assert_eq!(shown, expected);
}

#[test]
fn what_never_ships_is_cancelled_and_what_comes_back_is_returned() {
    let counters = |w: &World| {
        let c = line_counters(w.order(), &w.order().body.lines[0]);
        (c.open, c.cancelled, c.shipped, c.delivered, c.returned)
    };
    let mut world = World::with(shirts()).placed();
    assert_eq!(counters(&world), (2, 0, 0, 0, 0));
    world.must(Command::Cancel { reason: "no".into() });
    assert_eq!(counters(&world), (2, 0, 0, 0, 0), "not yet");
    world.settle(0);
    assert_eq!(counters(&world), (0, 2, 0, 0, 0));
    let mut world = World::with(shirts()).paid();
    world.shipped(1);
    assert_eq!(counters(&world), (0, 0, 2, 0, 0));
    world.scan(1, Scan::ReturnedToSender);
    assert_eq!(counters(&world), (0, 0, 2, 0, 2));
}

#[test]
fn a_task_says_what_why_since_when_whose_and_how_to_answer() {
    let mut world = World::with(shirts()).placed();
    world.pass(60);
    world.captured("pi_1", cny("50.00"));
    let tasks = desk::tasks(world.order());
    assert_eq!(tasks.len(), 1);
    let task = &tasks[0];
    let id = order_id(0);
    assert_eq!((task.kind, task.role, task.since), (TaskKind::Hold, Role::Support, at(60)));
    assert_eq!(task.task_id, format!("{id}.h1"));
    assert_eq!(task.order_id.as_ref(), Some(&id));
    assert_eq!(task.reason, "payment_mismatch: p1: 50.00 CNY instead of 186.00 CNY");
    let paths: Vec<_> = task.answers.iter().map(|a| a.path.as_str()).collect();
    assert_eq!(paths, [format!("/v1/orders/{id}/holds/h1/release"), format!("/v1/orders/{id}/holds/h1/reject")]);
    let role = |what: &str| {
        let mut world = World::with(shirts()).placed();
        let now = world.now;
        let raised = OrderEvent::AnomalyRaised { anomaly_id: "a1".into(), what: what.into(), detail: String::new() };
        world.lives[0].order.apply(&raised, now);
        desk::tasks(world.order())[0].role
    };
    let money = ["payment_mode", "payment_currency", "payment_call_off_refused", "refund_elsewhere", "cash_above_due"];
    assert!(money.iter().all(|what| role(what) == Role::Finance));
    assert_eq!(role("shipped_while_held"), Role::Support);
}

#[test]
fn an_anomaly_is_acknowledged_once() {
    let mut world = World::with(shirts()).placed();
    world.captured("pi_1", cny("-1.00"));
    assert_eq!(world.open_tasks(0), 1);
    let close = |id: &str| Command::CloseAnomaly { anomaly_id: id.into(), reason: "seen".into() };
    assert_eq!(world.must(close("a1")).len(), 1);
    assert_eq!((world.open_tasks(0), world.must(close("a1")).len()), (0, 0));
    assert!(world.act(close("a2")).is_err());
}

#[test]
fn the_buyer_is_told_in_the_language_of_the_order() {
    let notice = |locale: Option<&str>| {
        let mut body = shirts_by(Provider::Cod, DeclaredStatus::Due);
        body.locale = locale.map(Into::into);
        let world = World::with(body).placed();
        let sent = world.lives[0].records.iter().filter_map(|r| outgoing(r, Publish::Milestones));
        sent.flat_map(|e| e.data.events).find_map(|e| e.notification).unwrap()
    };
    assert_eq!(notice(None).subject, "订单 W-1001 已确认", "Chinese for orders in CNY");
    assert_eq!(notice(Some("zh-TW")).locale, "zh-TW");
    assert_eq!(notice(Some("en-GB")).subject, "Order W-1001 is confirmed");
    let names: BTreeSet<_> = Template::ALL.iter().map(|t| t.name()).collect();
    assert_eq!(names.len(), Template::ALL.len());
    for template in Template::ALL {
        for locale in ["zh-CN", "en"] {
            let text = template.text(locale);
            assert!(text.subject.contains("{order}") && text.body.contains("{order}"), "{}", template.name());
        }
    }
}

#[test]
fn names_are_found_again() {
    assert!(Role::ALL.iter().all(|r| Role::from_name(r.name()) == Some(*r)));
    assert!(TaskKind::ALL.iter().all(|k| TaskKind::from_name(k.name()) == Some(*k)));
    assert!(TaskKind::ALL.iter().all(|k| !k.english().is_empty() && !k.chinese().is_ascii()));
    assert!(Provider::ALL.iter().all(|p| Provider::from_name(p.name()) == Some(*p)));
    assert_eq!((Role::from_name("boss"), TaskKind::from_name("x"), Provider::from_name("visa")), (None, None, None));
    assert_eq!(Work::ALL.iter().map(|w| w.name()).collect::<Vec<_>>(), ["placement", "fulfilment", "reversal"]);
    for (name, scan) in [
        ("in_transit", Scan::InTransit),
        ("out_for_delivery", Scan::OutForDelivery),
        ("delivered", Scan::Delivered),
        ("exception", Scan::Exception),
        ("lost", Scan::Lost),
        ("returned_to_sender", Scan::ReturnedToSender),
    ] {
        assert_eq!(Scan::from_name(name), Some(scan));
    }
    assert_eq!(Scan::from_name("shipped"), None);
}

#[test]
fn ids_lead_back_to_their_order() {
    let id = order_id(3);
    assert_eq!(ShipmentId::of(&id, 12).order(), Some(id.clone()));
    assert_eq!(ShipmentId::parse("TEE-M").unwrap().order(), None);
    let reference = PaymentReference::of(&id, 1);
    assert_eq!((reference.order(), reference.as_str().len()), (Some(id), 29));
    for wrong in ["", "short", &"x".repeat(33), "01JC-0000000000000000000", "０１２３４５６７８９０１２３４５６７８９"]
    {
        assert!(OrderId::parse(wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn work_that_is_due_is_the_earliest_and_time_alone_makes_it_due() {
    let mut world = World::with(shirts()).paid();
    world.report(1, Report::Accepted);
    assert_eq!((world.due(0), world.next_wake(0)), (None, Some(at(86_400))));
    world.pass(86_399);
    assert_eq!(world.due(0), None);
    world.pass(1);
    assert_eq!(world.due(0), Some(Work::Reversal));
    world.settle(0);
    assert_eq!((world.due(0), world.order().status), (None, OrderStatus::InFulfilment));
}

#[test]
fn words_that_say_no_more_than_is_known() {
    // Reserved by nobody yet, and held by nobody.
    let world = World::with(shirts()).older();
    let mut world = world;
    world.validate();
    assert_eq!((world.order().status, customer_status(world.order())), (OrderStatus::Validated, "received"));
    // Nothing on a shelf is not the same as everything handed over.
    let mut service = order_of(vec![line(1, "WRAP", 1, cny("30.00"))], Provider::Stripe);
    service.lines[0].kind = LineKind::Service;
    assert_eq!(fulfilment_status(World::with(service).placed().order()), "unfulfilled");
    let mut world = World::with(download()).placed();
    assert_eq!(fulfilment_status(world.order()), "unfulfilled");
    let counters = |world: &World| line_counters(world.order(), &world.order().body.lines[0]);
    assert_eq!((counters(&world).open, counters(&world).delivered), (1, 0));
    world.captured("pi_1", cny("30.00"));
    assert_eq!((counters(&world).open, counters(&world).shipped, counters(&world).delivered), (0, 1, 1));
    // A failed payment is not called off because its order is.
    let mut world = World::with(shirts()).placed();
    world.stripe("pi_1", PaymentFactKind::Failed { reason: "card_declined".into() });
    world.must(Command::Cancel { reason: "no".into() });
    assert_eq!(payment_status(world.order()), "failed");
}

#[test]
fn what_cannot_be_placed_can_be_cancelled_until_something_has_left() {
    let mut world = World::with(order_of(vec![line(1, "TEE-M", 12, cny("10.00"))], Provider::Stripe)).paid();
    let answers = |world: &World| {
        let tasks = desk::tasks(world.order());
        let task = tasks.iter().find(|t| t.kind == TaskKind::Unplaceable).unwrap();
        task.answers.iter().map(|a| a.answer.clone()).collect::<Vec<_>>()
    };
    world.report(2, Report::Rejected { reason: None });
    world.plan();
    assert_eq!(answers(&world), ["retry", "cancel"]);
    assert!(world.act(Command::RetryPlan).is_ok());
    world.shipped(1);
    assert_eq!(answers(&world), ["retry"]);
    // There is nothing to try again where nothing failed, or where nothing may move.
    let mut sound = World::with(shirts()).paid();
    assert!(sound.act(Command::RetryPlan).is_err());
    let mut undone = World::with(order_of(vec![line(1, "TEE-M", 12, cny("10.00"))], Provider::Stripe)).paid();
    undone.report(2, Report::Rejected { reason: None });
    undone.plan();
    undone.must(Command::Cancel { reason: "no".into() });
    assert!(undone.act(Command::RetryPlan).is_err());
}

#[test]
fn the_timeline_says_what_happened_and_tasks_what_they_are() {
    let mut world = World::with(shirts()).paid();
    world.shipped(1);
    let details: Vec<(&str, String)> =
        world.lives[0].records.iter().flat_map(|r| &r.events).map(|e| (e.name(), e.detail())).collect();
    let shipment = world.shipment(1);
    for (name, detail) in [
        ("order_received", "web 186.00 CNY".to_owned()),
        ("stock_reserved", "2 × TEE-M at sz-1".to_owned()),
        ("payment_identified", "p1: pi_1".to_owned()),
        ("payment_captured", "p1: 186.00 CNY".to_owned()),
        ("order_confirmed", String::new()),
        ("shipment_planned", format!("{shipment} from sz-1, 2 units")),
        ("shipment_shipped", format!("{shipment} standard SF1")),
    ] {
        assert!(details.contains(&(name, detail.clone())), "{name}: {detail} is not in {details:?}");
    }
    let titles: BTreeSet<_> = TaskKind::ALL.iter().map(|k| k.english()).collect();
    assert_eq!(titles.len(), TaskKind::ALL.len(), "each kind has a title of its own");
}
