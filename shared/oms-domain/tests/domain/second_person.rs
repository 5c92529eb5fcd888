//! Refunds that one person may not decide alone.

use oms_domain::body::Provider;
use oms_domain::command::{Command, RefundAsk, Scan};
use oms_domain::desk;
use oms_domain::event::{OrderEvent, RefundCause, RefundLine};
use oms_domain::id::{LineId, RefundId};
use oms_domain::money::Money;
use oms_domain::refusal::Refusal;
use oms_domain::status::{OrderStatus, RefundStatus, ShipmentStatus};
use oms_domain::task::{Role, TaskKind};

use crate::given::{cny, line, money, order_of, shirts, shirts_in_parts};
use crate::part_cancelled;
use crate::world::{World, names};

/// A paid order in a shop where one person alone may send back so much.
fn paid(above: &[Money]) -> World {
    let mut world = World::with(shirts());
    world.policy.refund_approval_above = above.to_vec();
    let mut world = world.paid();
    world.till.take("pi_1", cny("186.00"));
    world
}

fn ask(world: &mut World, amount: &str, by: &str) -> Vec<OrderEvent> {
    let key = world.new_key();
    let ask = RefundAsk::Amount(cny(amount));
    world.must(Command::RequestRefund { key, ask, reason: "late".into(), by: by.into() })
}

fn number(world: &World, n: usize) -> RefundId {
    RefundId::of(&world.order().id, n)
}

fn approve(world: &mut World, n: usize, by: &str) -> Result<Vec<OrderEvent>, Refusal> {
    let refund_id = number(world, n);
    world.act(Command::ApproveRefund { refund_id, by: by.into() })
}

fn decline(world: &mut World, n: usize) -> Result<Vec<OrderEvent>, Refusal> {
    let refund_id = number(world, n);
    world.act(Command::DeclineRefund { refund_id, reason: "not agreed".into() })
}

fn statuses(world: &World) -> Vec<RefundStatus> {
    world.order().refunds.iter().map(|r| r.status).collect()
}

#[test]
fn what_waits_depends_on_the_amount_and_its_currency() {
    let usd = || money("1.00", "USD");
    for (above, asked, waits) in [
        (vec![], "186.00", false),
        (vec![usd()], "186.00", false),
        (vec![cny("50.00")], "50.00", false),
        (vec![cny("50.00")], "50.01", true),
        (vec![usd(), cny("0.00")], "0.01", true),
    ] {
        let mut world = paid(&above);
        let expected = if waits { "refund_requested" } else { "refund_approved" };
        assert_eq!(names(&ask(&mut world, asked, "anna"))[0], expected, "{asked} above {above:?}");
        world.settle(0);
        let back = if waits { cny("0.00") } else { cny(asked) };
        assert_eq!(world.order().refunded().unwrap(), back, "{asked} above {above:?}");
    }
}

#[test]
fn another_person_agrees_and_nobody_else() {
    let mut world = paid(&[cny("50.00")]);
    ask(&mut world, "60.00", "anna");
    assert_eq!(world.due(0), None, "nothing is done before somebody agrees");
    let tasks = desk::tasks(world.order());
    let task = tasks.iter().find(|t| t.kind == TaskKind::RefundApproval).unwrap();
    assert_eq!(task.role, Role::Finance);
    assert_eq!(task.answers.iter().map(|a| a.answer.as_str()).collect::<Vec<_>>(), ["approve", "decline"]);
    assert!(task.reason.contains("anna") && task.reason.contains("60.00 CNY"), "{}", task.reason);
    let refusal = approve(&mut world, 1, "anna").unwrap_err();
    assert!(matches!(refusal, Refusal::SamePerson { .. }), "{refusal}");
    for command in [Command::SubmitRefund { refund_id: number(&world, 1) }, Command::Compensate] {
        assert_eq!(world.must(command), [], "nobody sends what waits");
    }
    for command in [
        Command::RetryRefund { refund_id: number(&world, 1) },
        Command::SettleRefund { refund_id: number(&world, 1), reason: "cash".into() },
    ] {
        assert!(matches!(world.act(command), Err(Refusal::ThingState { .. })));
    }
    assert_eq!(names(&approve(&mut world, 1, "ben").unwrap()), ["refund_approved"]);
    assert!(desk::tasks(world.order()).is_empty());
    let refund = &world.order().refunds[0];
    assert_eq!((refund.asked_by.as_deref(), refund.approved_by.as_deref()), (Some("anna"), Some("ben")));
    world.settle(0);
    assert_eq!(world.till.sent_back("pi_1"), [cny("60.00")]);
    for again in [approve(&mut world, 1, "carl"), decline(&mut world, 1)] {
        assert!(matches!(again, Err(Refusal::ThingState { kind: "refund", .. })));
    }
    assert!(matches!(approve(&mut world, 9, "ben"), Err(Refusal::Unknown { kind: "refund", .. })));
}

#[test]
fn a_no_is_kept_and_nothing_moves() {
    let mut world = paid(&[cny("50.00")]);
    let key = world.new_key();
    let part = RefundLine { line_id: LineId::number(1), quantity: 2 };
    let ask_lines = |key| {
        let ask = RefundAsk::Lines(vec![part.clone()]);
        Command::RequestRefund { key, ask, reason: "broken".into(), by: "anna".into() }
    };
    world.must(ask_lines(key.clone()));
    assert_eq!(world.order().refund_keys[&key], number(&world, 1), "the request has its refund at once");
    assert!(world.must(ask_lines(key)).is_empty(), "the same request again is the same refund");
    let again = world.new_key();
    assert!(matches!(world.act(ask_lines(again)), Err(Refusal::ExceedsRemaining { .. })), "what waits is claimed");
    assert_eq!(names(&decline(&mut world, 1).unwrap())[..2], ["refund_declined", "hold_released"]);
    world.settle(0);
    assert_eq!(statuses(&world), [RefundStatus::Declined]);
    assert!(world.till.sent_back("pi_1").is_empty());
    // Its units and its money are free again.
    let again = world.new_key();
    assert_eq!(names(&world.must(ask_lines(again))), ["refund_requested", "hold_placed"]);
}

/// Asking in parts is no way around it; what two people have agreed to is no longer one person's.
#[test]
fn parts_are_counted_together_until_two_have_agreed() {
    let mut world = paid(&[cny("50.00")]);
    for (asked, expected) in [("30.00", "refund_approved"), ("20.00", "refund_approved"), ("0.01", "refund_requested")]
    {
        assert_eq!(names(&ask(&mut world, asked, "anna")), [expected], "{asked}");
    }
    assert_eq!(names(&ask(&mut world, "0.02", "ben")), ["refund_requested"], "nor is asking by another person");
    decline(&mut world, 3).unwrap();
    approve(&mut world, 4, "anna").unwrap();
    world.settle(0);
    assert_eq!(names(&ask(&mut world, "0.01", "anna")), ["refund_requested"], "fifty are still one person's");
    assert_eq!(world.order().refunded().unwrap(), cny("50.02"));
}

#[test]
fn what_is_owed_does_not_wait() {
    // Cancelled: what waited is overtaken, and all of it goes back.
    let mut world = paid(&[cny("0.00")]);
    ask(&mut world, "60.00", "anna");
    world.must(Command::Cancel { reason: "no".into() });
    assert!(world.due(0).is_some());
    world.settle(0);
    assert_eq!(world.order().status, OrderStatus::Cancelled);
    assert_eq!(statuses(&world), [RefundStatus::Declined, RefundStatus::Succeeded]);
    assert_eq!(world.till.sent_back("pi_1"), [cny("186.00")]);
    // Paid twice: the second payment goes back, by itself or when somebody asks.
    let mut world = paid(&[cny("0.00")]);
    world.captured("pi_2", cny("186.00"));
    world.till.take("pi_2", cny("186.00"));
    ask(&mut world, "187.00", "anna");
    let causes: Vec<_> = world.order().refunds.iter().map(|r| (r.cause, r.status)).collect();
    let (excess, asked) = (RefundCause::Excess, RefundCause::Requested);
    assert_eq!(causes, [(excess, RefundStatus::Approved), (asked, RefundStatus::Requested)]);
    world.settle(0);
    assert_eq!(world.order().refunded().unwrap(), cny("186.00"));
}

/// What is owed for units that were cancelled comes first: a request that no longer fits beside it gives way, one that does
/// still waits. Nothing is left that nobody would send.
#[test]
fn what_is_owed_for_cancelled_units_comes_before_what_waits() {
    // One of two shirts comes off: 93.00 of 186.00 are owed, the other 93.00 can be asked for.
    for (asked, first) in [
        ("50.00", RefundStatus::Requested),
        ("93.00", RefundStatus::Requested),
        ("93.01", RefundStatus::Declined),
        ("186.00", RefundStatus::Declined),
    ] {
        let mut world = paid(&[cny("0.00")]);
        ask(&mut world, asked, "anna");
        world.must(part_cancelled::part(&[(1, 1)]));
        assert_eq!(world.order().taken_off().unwrap(), cny("93.00"));
        world.settle(0);
        assert_eq!(statuses(&world), [first, RefundStatus::Succeeded], "{asked}");
        assert_eq!(world.till.sent_back("pi_1"), [cny("93.00")], "{asked}");
        assert_eq!(world.order().suspense().unwrap(), cny("0.00"), "{asked}");
        // Where the rest is paid for, nobody asks any more whether it ships.
        assert_eq!(world.order().is_held(), asked == "93.00", "{asked}");
    }
    // Of several, the latest give way, and no more of them than must.
    let mut world = paid(&[cny("0.00")]);
    for asked in ["60.00", "40.00", "30.00"] {
        ask(&mut world, asked, "anna");
    }
    world.must(part_cancelled::part(&[(1, 1)]));
    let (waits, gone) = (RefundStatus::Requested, RefundStatus::Declined);
    assert_eq!(statuses(&world), [waits, gone, gone, RefundStatus::Approved]);
}

/// Units that wait to be paid back, and are cancelled then, are paid back as cancelled ones: once, and for all their worth.
#[test]
fn units_that_are_cancelled_are_not_asked_back_as_well() {
    // One of two is asked back, the other cancelled: both are paid back, each in its way.
    let mut world = paid(&[cny("0.00")]);
    let one = || RefundAsk::Lines(vec![RefundLine { line_id: LineId::number(1), quantity: 1 }]);
    let key = world.new_key();
    world.must(Command::RequestRefund { key, ask: one(), reason: "broken".into(), by: "anna".into() });
    world.must(part_cancelled::part(&[(1, 1)]));
    assert_eq!((world.order().taken_off().unwrap(), statuses(&world)[0]), (cny("93.00"), RefundStatus::Requested));
    // Both are asked back: the one that is cancelled cannot be paid back by the asking as well.
    let mut world = paid(&[cny("0.00")]);
    let ask = RefundAsk::Lines(vec![RefundLine { line_id: LineId::number(1), quantity: 2 }]);
    let key = world.new_key();
    world.must(Command::RequestRefund { key, ask, reason: "broken".into(), by: "anna".into() });
    assert!(world.order().is_held(), "nothing stays for the goods");
    world.must(part_cancelled::part(&[(1, 1)]));
    assert!(!world.order().is_held(), "the other shirt is paid for");
    world.settle(0);
    assert_eq!(statuses(&world), [RefundStatus::Declined, RefundStatus::Succeeded]);
    assert_eq!((world.order().taken_off().unwrap(), world.till.sent_back("pi_1")), (cny("93.00"), vec![cny("93.00")]));
    // The other one can be asked for anew.
    let key = world.new_key();
    world.must(Command::RequestRefund { key, ask: one(), reason: "broken".into(), by: "anna".into() });
    assert_eq!(world.order().refunds[2].amount, cny("93.00"));
}

/// Two shirts, paid in two parts, and both asked back by the piece: what waits is two refunds, and one request.
#[test]
fn a_request_over_two_payments_gives_way_as_a_whole() {
    let body = shirts_in_parts(&[(Provider::Stripe, "60.00"), (Provider::Stripe, "126.00")]);
    for asked in [
        RefundAsk::Lines(vec![RefundLine { line_id: LineId::number(1), quantity: 2 }]),
        RefundAsk::Amount(cny("186.00")),
    ] {
        let mut world = World::with(body.clone());
        world.policy.refund_approval_above = vec![cny("0.00")];
        let mut world = world.placed();
        for (n, amount) in [(1, "60.00"), (2, "126.00")] {
            crate::instalments::pays(&mut world, n, amount);
            world.till.take(&format!("pi_{n}"), cny(amount));
        }
        let key = world.new_key();
        world.must(Command::RequestRefund { key, ask: asked.clone(), reason: "broken".into(), by: "anna".into() });
        assert_eq!(statuses(&world), [RefundStatus::Requested; 2], "{asked:?}");
        world.must(part_cancelled::part(&[(1, 1)]));
        world.settle(0);
        assert_eq!(statuses(&world)[..2], [RefundStatus::Declined; 2], "{asked:?}");
        assert_eq!(world.order().refunded().unwrap(), cny("93.00"), "{asked:?}");
        assert!(!world.order().is_held(), "{asked:?}");
    }
}

/// Whatever gives way, goods for which nothing stays wait on.
#[test]
fn goods_wait_on_where_the_rest_is_asked_back_too() {
    for agreed in [false, true] {
        let lines = vec![line(1, "TEE-M", 1, cny("100.00")), line(2, "MUG", 1, cny("86.00"))];
        let mut world = World::with(order_of(lines, Provider::Stripe));
        world.policy.refund_approval_above = vec![cny("0.00")];
        let mut world = world.paid();
        world.till.take("pi_1", cny("186.00"));
        ask(&mut world, "86.00", "anna");
        if agreed {
            approve(&mut world, 1, "ben").unwrap();
            world.settle(0);
        }
        let key = world.new_key();
        let shirt = RefundAsk::Lines(vec![RefundLine { line_id: LineId::number(1), quantity: 1 }]);
        world.must(Command::RequestRefund { key, ask: shirt, reason: "broken".into(), by: "anna".into() });
        assert!(world.order().is_held());
        // The shirt's own refund gives way, and its worth goes back: for the mug nothing stays as before.
        world.must(part_cancelled::part(&[(1, 1)]));
        world.settle(0);
        assert_eq!((statuses(&world)[1], world.order().is_held()), (RefundStatus::Declined, true), "{agreed}");
        assert!(world.order().shipments.iter().all(|s| s.status != ShipmentStatus::Released), "{agreed}");
    }
}

/// An order of which nothing arrived is given up when no money is kept: waiting money is.
#[test]
fn an_order_is_not_given_up_for_money_that_waits() {
    let mut world = paid(&[cny("0.00")]);
    world.shipped(1);
    world.scan(1, Scan::Lost);
    let shipment_id = world.shipment(1);
    world.must(Command::CloseTrouble { shipment_id, reason: "lost".into() });
    ask(&mut world, "186.00", "anna");
    world.settle(0);
    assert_eq!((world.order().status, statuses(&world)), (OrderStatus::InFulfilment, vec![RefundStatus::Requested]));
    approve(&mut world, 1, "ben").unwrap();
    world.settle(0);
    assert_eq!((world.order().status, statuses(&world)), (OrderStatus::Cancelled, vec![RefundStatus::Succeeded]));
}

/// Rows of the version before name nobody: nothing of them is counted against anybody, and nothing waits.
#[test]
fn refunds_stored_before_have_nobody() {
    let text = r#"{"type":"refund_approved","refund_id":"R-r1","payment_id":"p1",
        "amount":{"amount":"60.00","currency":"CNY"},"cause":"requested","reason":"late"}"#;
    let event: OrderEvent = serde_json::from_str(text).unwrap();
    let mut world = paid(&[cny("50.00")]);
    let now = world.now;
    world.lives[0].order.apply(&event, now);
    assert_eq!((world.order().refunds[0].asked_by.as_deref(), statuses(&world)), (None, vec![RefundStatus::Approved]));
    world.lives[0].order.refunds[0].status = RefundStatus::Succeeded;
    let command = Command::RequestRefund {
        key: crate::given::key("refund:x"),
        ask: RefundAsk::Amount(cny("50.00")),
        reason: "late".into(),
        by: "anna".into(),
    };
    assert_eq!(names(&world.decide(0, &command).unwrap()), ["refund_approved"]);
}
