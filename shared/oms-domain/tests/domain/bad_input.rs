//! Whatever is parsed, folded or decided never panics: any text as an id or an amount, and stored records that somebody spoilt.

// The generator needs none of the crate that it lives in, and this crate must build without that one.
#[path = "../../../oms-testkit/src/spoil.rs"]
mod spoil;

use oms_domain::allocation;
use oms_domain::body::Provider;
use oms_domain::command::{CallOffAnswered, CaptureAnswered, Command, RefundAnswered, RefundAsk, Report, Scan};
use oms_domain::decide::decide;
use oms_domain::event::{CommitRecord, RefundLine};
use oms_domain::id::{
    CaptureId, Carrier, Channel, ChannelOrderId, EventKey, HoldId, LineId, LocationId, OrderId, PaymentId,
    PaymentReference, RefundId, ReturnId, ShipmentId, Sku, TrackingNumber,
};
use oms_domain::money::{Currency, Money};
use oms_domain::order::Order;
use oms_domain::outgoing::{Publish, outgoing};
use oms_domain::payment::PaymentFactKind;
use oms_domain::task::TaskKind;
use oms_domain::{derived, desk, stock, wake};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use crate::bodies::shop_plan;
use crate::given;
use crate::lives::steps;
use crate::world::World;

/// Every kind of id, by its parser and through its JSON.
macro_rules! any_text_as {
    ($text:expr, $($id:ident),+) => {{
        let text: &str = $text;
        $(
            let parsed = $id::parse(text);
            if let Ok(id) = &parsed {
                prop_assert_eq!(id.as_str(), text);
                prop_assert!(!text.is_empty() && !text.chars().any(char::is_control));
            }
            prop_assert_eq!(serde_json::from_value::<$id>(json!(text)).ok(), parsed.ok());
        )+
        [$(stringify!($id)),+].len()
    }};
}

fn currencies() -> impl Strategy<Value = Currency> {
    prop::sample::select(vec!["CNY", "JPY", "KWD", "USD", "CLF", "ISK"]).prop_map(given::currency)
}

/// An amount as somebody may write it, with digits on both sides of what is allowed.
fn amount() -> impl Strategy<Value = String> {
    prop_oneof!["-?[0-9]{1,14}(\\.[0-9]{0,6})?", "-?[0-9]{0,45}\\.?[0-9]{0,45}", spoil::text()]
}

proptest! {
    #![proptest_config(spoil::cases(2_000))]

    #[test]
    fn any_text_as_an_id(text in prop_oneof![spoil::text(), "[0-9A-Za-z]{18,34}(-r?[0-9]{0,12})?"]) {
        let tried = any_text_as!(
            &text, OrderId, PaymentReference, Channel, ChannelOrderId, Sku, LocationId, LineId, PaymentId, RefundId, CaptureId,
            ReturnId, HoldId, ShipmentId, TrackingNumber, Carrier, EventKey
        );
        let kinds = include_str!("../../src/id.rs").matches("text_id!(\n").count();
        prop_assert_eq!(tried, kinds, "every kind of id is tried");
        if let Ok(shipment) = ShipmentId::parse(text.clone()) {
            let _its_order = shipment.order();
        }
        if let Ok(reference) = PaymentReference::parse(text.clone()) {
            let _its_order = reference.order();
        }
        let _names = (Provider::from_name(&text), TaskKind::from_name(&text), Scan::from_name(&text));
    }

    #[test]
    fn any_text_as_money(text in amount(), other in amount(), code in spoil::text(), currency in currencies(), times in any::<u32>()) {
        let _known = Currency::parse(&code);
        let _read = serde_json::from_value::<Money>(json!({"amount": text, "currency": code}));
        let Ok(money) = Money::parse(&text, currency) else { return Ok(()) };
        let written = serde_json::to_value(money).unwrap();
        prop_assert_eq!(serde_json::from_value::<Money>(written).unwrap(), money);
        prop_assert!(money.amount().scale() == currency.exponent());
        let _many = money.times(times);
        if let Ok(other) = Money::parse(&other, currency) {
            if let Ok(sum) = money.add(other) {
                prop_assert_eq!(sum.sub(other), Ok(money));
            }
            let _order = (money.sub(other), money.compare(other), money.min(other));
        }
    }

    #[test]
    fn any_split_sums_to_the_whole(text in amount(), currency in currencies(), weights in prop::collection::vec(any::<u64>(), 0..9)) {
        let Ok(money) = Money::parse(&text, currency) else { return Ok(()) };
        let parts = money.split(&weights);
        prop_assert_eq!(parts.len(), weights.len());
        if !weights.is_empty() {
            prop_assert_eq!(parts.iter().map(|part| part.minor()).sum::<i128>(), money.minor());
        }
    }
}

/// The records that random lives left behind.
fn histories() -> impl Strategy<Value = Vec<Vec<CommitRecord>>> {
    (shop_plan(2), steps(50)).prop_map(|(plan, steps)| {
        let mut world = plan.world();
        for step in &steps {
            world.fresh.clear();
            world.take(step);
        }
        world.lives.into_iter().map(|life| life.records).collect()
    })
}

/// A place among all records' parts, and what is put there from elsewhere.
type Swap = (Index, Index);

/// The records with some of their parts exchanged: by parts of other places, so that types mostly fit and sense does not.
fn shuffled(records: &[CommitRecord], swaps: &[Swap]) -> Vec<CommitRecord> {
    let mut document = serde_json::to_value(records).unwrap();
    for (to, from) in swaps {
        let places = spoil::places(&document);
        let (to, from) = (to.get(&places), from.get(&places));
        // The same name, so that an amount is put where an amount was.
        let name = to.rsplit('/').next().unwrap();
        let alike: Vec<&String> = places.iter().filter(|place| place.rsplit('/').next() == Some(name)).collect();
        let from = alike.get(places.iter().position(|place| place == from).unwrap() % alike.len()).unwrap();
        let copied = document.pointer(from).unwrap().clone();
        *document.pointer_mut(to).unwrap() = copied;
    }
    // Those that can be read still, in a row: what cannot be read is refused by the store.
    let records: Vec<CommitRecord> =
        document.as_array().unwrap().iter().filter_map(|record| serde_json::from_value(record.clone()).ok()).collect();
    records.into_iter().enumerate().map(|(i, record)| CommitRecord { seq: i as u64 + 1, ..record }).collect()
}

/// Everything that is ever worked out from an order.
fn look_at(order: &Order, world: &World) {
    let policy = &world.policy;
    for task in desk::tasks(order) {
        serde_json::to_value(task).unwrap();
    }
    let _work = (wake::next(order, policy), wake::next_wake(order, policy), wake::work(order, policy, world.now));
    let _words = (derived::payment_status(order), derived::fulfilment_status(order), derived::customer_status(order));
    let _sums = (derived::totals(order), order.captured(), order.refunded(), order.excess(), order.suspense());
    for line in &order.body.lines {
        let _counters = derived::line_counters(order, line);
    }
    for payment in &order.payments {
        let _owed = (order.refundable(payment), order.secured(payment), order.is_collected_by_channel(payment));
    }
    let _demand = allocation::demand(order);
    let _moves = stock::moves(&order.reservations, []);
}

/// Every command, about whatever the order has.
fn commands(order: &Order, world: &World) -> Vec<Command> {
    let reason = || "why".to_owned();
    let (levels, locations) = (world.levels(), world.locations.clone());
    let mut all = vec![
        Command::Validate { products: world.products.clone(), levels: levels.clone(), locations: locations.clone() },
        Command::Plan { levels, locations },
        Command::Cancel { reason: reason() },
        Command::CancelLines { lines: vec![RefundLine { line_id: LineId::number(1), quantity: 1 }], reason: reason() },
        Command::Compensate,
        Command::ReleaseStock,
        Command::RetryPlan,
        Command::RequestRefund {
            key: given::key("refund:k"),
            ask: RefundAsk::Amount(order.body.total),
            reason: reason(),
            by: "finance".into(),
        },
        Command::RecordPayment(given::fact("evt_new", "pi_1", PaymentFactKind::Captured { amount: order.body.total })),
    ];
    for hold in &order.holds {
        all.push(Command::ReleaseHold { hold_id: hold.id.clone(), reason: reason() });
        all.push(Command::RejectHold { hold_id: hold.id.clone(), reason: reason() });
    }
    for refund in &order.refunds {
        all.push(Command::SubmitRefund { refund_id: refund.id.clone() });
        all.push(Command::AnswerRefund { refund_id: refund.id.clone(), answer: RefundAnswered::Unknown });
        all.push(Command::RetryRefund { refund_id: refund.id.clone() });
        all.push(Command::ApproveRefund { refund_id: refund.id.clone(), by: "manager".into() });
        all.push(Command::DeclineRefund { refund_id: refund.id.clone(), reason: reason() });
    }
    for capture in &order.captures {
        let capture_id = || capture.id.clone();
        all.push(Command::SubmitCapture { capture_id: capture_id() });
        all.push(Command::AnswerCapture { capture_id: capture_id(), answer: CaptureAnswered::Unknown });
        all.push(Command::RetryCapture { capture_id: capture_id() });
        all.push(Command::WithdrawCapture { capture_id: capture_id(), reason: reason() });
    }
    for payment in &order.payments {
        let answer = CallOffAnswered::Captured(payment.amount);
        all.push(Command::AnswerCallOff { payment_id: payment.id.clone(), answer });
    }
    for shipment in &order.shipments {
        let about = || shipment.id.clone();
        for report in
            [Report::Accepted, Report::Rejected { reason: None }, Report::Packed, Report::Delivered, Report::Cancelled]
        {
            all.push(Command::Report { shipment_id: about(), report });
        }
        all.push(Command::Report { shipment_id: about(), report: Report::Collected { amount: order.body.total } });
        all.push(Command::Scan { shipment_id: about(), scan: Scan::Lost });
        all.push(Command::CloseTrouble { shipment_id: about(), reason: reason() });
    }
    all
}

/// Folds the records and looks at the order from every side; then decides everything, and looks again.
fn live_with(records: &[CommitRecord], world: &World) {
    for record in records {
        for publish in [Publish::All, Publish::Milestones] {
            serde_json::to_value(outgoing(record, publish)).unwrap();
        }
    }
    let Ok(order) = Order::from_records(records) else { return };
    look_at(&order, world);
    for command in commands(&order, world) {
        if let Ok(events) = decide(&order, &command, &world.context()) {
            let mut after = order.clone();
            events.iter().for_each(|event| after.apply(event, world.now));
            look_at(&after, world);
        }
    }
}

/// One of the records, with a few places of it changed.
fn spoilt(histories: Vec<Vec<CommitRecord>>) -> impl Strategy<Value = Value> {
    spoil::spoiled(histories.iter().flatten().map(|record| serde_json::to_value(record).unwrap()).collect())
}

proptest! {
    #![proptest_config(spoil::cases(200))]

    #[test]
    fn records_of_which_parts_were_exchanged_are_folded_or_refused(
        histories in histories(), swaps in prop::collection::vec(any::<Swap>(), 0..12),
    ) {
        let world = World::with(given::shirts());
        for records in histories {
            live_with(&shuffled(&records, &swaps), &world);
        }
    }

    #[test]
    fn events_in_any_order_are_folded(histories in histories(), picks in prop::collection::vec(any::<(Index, Index)>(), 0..40)) {
        let world = World::with(given::shirts());
        let records: Vec<CommitRecord> = histories.into_iter().flatten().collect();
        let Some(first) = records.iter().find(|record| record.seq == 1).cloned() else { return Ok(()) };
        let mut order = Order::from_records(&[first]).unwrap();
        for (record, event) in picks {
            let record = record.get(&records);
            order.apply(event.get(&record.events), record.at);
        }
        look_at(&order, &world);
        for command in commands(&order, &world) {
            let _answer = decide(&order, &command, &world.context());
        }
    }

    #[test]
    fn any_json_is_no_record(document in spoil::any_json()) {
        let _refused = serde_json::from_value::<CommitRecord>(document);
    }

    #[test]
    fn a_spoilt_record_is_read_or_refused(document in histories().prop_flat_map(spoilt)) {
        if let Ok(record) = serde_json::from_value::<CommitRecord>(document) {
            live_with(&[record], &World::with(given::shirts()));
        }
    }
}
