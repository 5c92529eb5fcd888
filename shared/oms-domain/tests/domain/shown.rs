//! What customers, staff and other systems are shown: derived from the machines, and free of personal data.

use std::collections::BTreeSet;

use oms_domain::body::{DeclaredStatus, Provider};
use oms_domain::command::{Command, RefundAsk, Report, Scan};
use oms_domain::derived::{customer_status, fulfilment_status, line_counters, payment_status, totals};
use oms_domain::desk;
use oms_domain::event::OrderEvent;
use oms_domain::id::{OrderId, PaymentReference, ShipmentId};
use oms_domain::notification::Template;
use oms_domain::outgoing::{kind, outgoing};
use oms_domain::payment::PaymentFactKind;
use oms_domain::status::OrderStatus;
use oms_domain::task::{Role, TaskKind};
use oms_domain::wake::Work;

use crate::given::{at, cny, discount, line, order_id, order_of, shirts, shirts_by};
use crate::world::World;

const FULL: &str = "186.00";

#[test]
fn each_stage_of_an_order_has_its_words() {
    type Stage = (&'static str, fn(&mut World));
    let stages: &[(&str, &str, &str, Stage)] = &[
        ("received", "pending", "unfulfilled", ("received", |_| {})),
        ("received", "pending", "unfulfilled", ("validated", |w| drop(w.validate()))),
        ("awaiting_payment", "pending", "unfulfilled", ("reserved", |w| drop(w.reserve()))),
        ("preparing", "paid", "unfulfilled", ("paid", |w| drop(w.captured("pi_1", cny(FULL))))),
        ("preparing", "paid", "unfulfilled", ("planned", |w| drop(w.plan()))),
        ("preparing", "paid", "unfulfilled", ("released", |w| drop(w.release()))),
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
    world.stripe("pi_1", PaymentFactKind::Authorized { amount: cny(FULL) });
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
    world.must(Command::RequestRefund { key, ask: RefundAsk::Amount(cny("8.00")), reason: "late".into() });
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
    let mut world = World::with(shirts()).released();
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
fn events_leave_numbered_without_gaps_and_without_personal_data() {
    let mut world = World::with(shirts()).released();
    world.shipped(1);
    world.scan(1, Scan::Delivered);
    let sent: Vec<_> = world.lives[0].records.iter().flat_map(outgoing).collect();
    for (i, event) in sent.iter().enumerate() {
        assert_eq!(event.sequence, (i + 1).to_string());
        assert_eq!(event.id, format!("{}-{}", order_id(0), i + 1));
        assert_eq!((event.specversion, event.subject.as_str()), ("1.0", order_id(0).as_str()));
        assert!(event.kind.starts_with("waybill.") && event.kind.ends_with(".v1"));
        let text = serde_json::to_string(event).unwrap();
        for personal in ["王芳", "+8613800000000", "科技园路", "wang@example.com"] {
            assert!(!text.contains(personal), "{text}");
        }
    }
    assert_eq!(sent.len() as u64, world.order().event_count);
    let kinds: Vec<_> = sent.iter().map(|e| e.kind.as_str()).collect();
    for expected in [
        "waybill.order.received.v1",
        "waybill.payment.captured.v1",
        "waybill.shipment.released.v1",
        "waybill.order.completed.v1",
        "waybill.customer.notified.v1",
    ] {
        assert!(kinds.contains(&expected), "{kinds:?}");
    }
    let captured = sent.iter().find(|e| e.kind == "waybill.payment.captured.v1").unwrap();
    assert_eq!(captured.data.amount, Some(cny(FULL)));
    assert_eq!(kind(&OrderEvent::Noted { what: "x".into(), detail: String::new() }), "waybill.order.noted.v1");
}

#[test]
fn the_buyer_is_told_in_the_language_of_the_order() {
    let notice = |locale: Option<&str>| {
        let mut body = shirts_by(Provider::Cod, DeclaredStatus::Due);
        body.locale = locale.map(Into::into);
        let world = World::with(body).placed();
        let sent: Vec<_> = world.lives[0].records.iter().flat_map(outgoing).collect();
        sent.into_iter().find_map(|e| e.data.notification).unwrap()
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
    let mut world = World::with(shirts()).released();
    world.report(1, Report::Accepted);
    assert_eq!((world.due(0), world.next_wake(0)), (None, Some(at(86_400))));
    world.pass(86_399);
    assert_eq!(world.due(0), None);
    world.pass(1);
    assert_eq!(world.due(0), Some(Work::Reversal));
    world.settle(0);
    assert_eq!((world.due(0), world.order().status), (None, OrderStatus::InFulfilment));
}
