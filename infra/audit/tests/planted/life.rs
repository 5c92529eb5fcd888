//! Healthy lives, as commits and as the rows that the store makes of them.

use std::collections::{BTreeSet, HashMap};

use audit::beside::{self, Beside};
use audit::rows::OrderRows;
use audit::{Violation, checks};
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use oms_aws::keys;
use oms_aws::rows::{BODY, G_LEDGER, G_TASK, G_TASK_SINCE, Item, NEWS, NO, PK, SK};
use oms_domain::desk;
use oms_domain::event::{Actor, Allotment, CommitRecord, OrderEvent, RefundCause, ShipmentLine};
use oms_domain::id::{
    Carrier, HoldId, LineId, LocationId, OrderId, PaymentId, RefundId, ShipmentId, Sku, TrackingNumber,
};
use oms_domain::ledger;
use oms_domain::money::{Currency, Money};
use oms_domain::order::Order;
use oms_domain::outgoing::Publish;
use oms_domain::status::{HoldKind, ShipmentStatus};
use oms_domain::terms::Terms;
use serde_json::{Value, json};

/// An order's commits.
#[derive(Clone)]
pub struct Life {
    pub records: Vec<CommitRecord>,
}

pub fn order_id() -> OrderId {
    OrderId::parse("01j9zk3w8q7rx5t2m4n6p8s0vb").unwrap()
}

/// A time so many minutes after the order was placed.
pub fn at(minutes: i64) -> Timestamp {
    Timestamp::from_second(1_763_000_000).unwrap() + SignedDuration::from_mins(minutes)
}

pub fn cny(amount: &str) -> Money {
    Money::parse(amount, Currency::parse("CNY").unwrap()).unwrap()
}

pub fn sku(text: &str) -> Sku {
    Sku::parse(text).unwrap()
}

/// Two shirts at 99.00 less 20.00 plus 8.00 for shipping, by card, as it is stored.
fn received() -> CommitRecord {
    let cny = |amount: &str| json!({ "amount": amount, "currency": "CNY" });
    received_for(&json!([{ "provider": "stripe", "amount": cny("186.00"), "reference": format!("{}P01", order_id()) }]))
}

/// The same, paid in these parts.
fn received_for(payments: &Value) -> CommitRecord {
    let cny = |amount: &str| json!({ "amount": amount, "currency": "CNY" });
    let id = order_id();
    let body = json!({
        "channel": "web", "channel_order_id": "W-1001", "currency": "CNY",
        "customer": { "id": "c-1", "name": "王芳", "email": "wang@example.com", "phone": "+8613800000000" },
        "shipping_address": { "name": "王芳", "country": "CN", "city": "深圳市", "lines": ["科技园路1号"], "masked": false },
        "lines": [{ "line_id": "1", "sku": "TEE-M", "title": "T恤 M", "quantity": 2, "unit_price": cny("99.00") }],
        "discounts": [{ "code": "SUMMER", "kind": "coupon", "amount": cny("20.00") }],
        "shipping": { "method": "standard", "fee": cny("8.00") }, "tax": cny("0.00"),
        "payments": payments,
        "total": cny("186.00"),
    });
    serde_json::from_value(json!({
        "order_id": id, "seq": 1, "first_event": 1, "at": at(0), "actor": "storefront",
        "cause": "intake:storefront:key-1#0123456789abcdef", "channel": "web", "channel_order_id": "W-1001",
        "events": [{ "type": "received", "body": body }],
    }))
    .unwrap()
}

pub fn p1() -> PaymentId {
    PaymentId::number(1)
}

pub fn shipment(number: usize) -> ShipmentId {
    ShipmentId::of(&order_id(), number)
}

pub fn refund(number: usize) -> RefundId {
    RefundId::of(&order_id(), number)
}

fn location(text: &str) -> LocationId {
    LocationId::parse(text).unwrap()
}

pub fn allotment(quantity: u32) -> Allotment {
    Allotment { line_id: LineId::number(1), sku: sku("TEE-M"), location_id: location("sz-1"), quantity }
}

pub fn planned(number: usize, quantity: u32) -> OrderEvent {
    let line = ShipmentLine { line_id: LineId::number(1), channel_line_id: None, sku: sku("TEE-M"), quantity };
    OrderEvent::ShipmentPlanned { shipment_id: shipment(number), location_id: location("sz-1"), lines: vec![line] }
}

pub fn moved(number: usize, to: ShipmentStatus) -> OrderEvent {
    let left = to == ShipmentStatus::Shipped;
    OrderEvent::ShipmentMoved {
        shipment_id: shipment(number),
        to,
        carrier: left.then(|| Carrier::parse("standard").unwrap()),
        tracking_number: left.then(|| TrackingNumber::parse("SF1").unwrap()),
        detail: None,
        lines: Vec::new(),
        location_id: None,
    }
}

pub fn captured(amount: &str) -> OrderEvent {
    OrderEvent::PaymentCaptured { payment_id: p1(), captured: cny(amount) }
}

pub fn fee(reference: &str, amount: &str) -> OrderEvent {
    OrderEvent::FeeCharged { payment_id: p1(), reference: reference.into(), amount: cny(amount) }
}

pub fn kept(amount: &str) -> OrderEvent {
    OrderEvent::DepositKept { payment_id: p1(), amount: cny(amount) }
}

pub fn approved(number: usize, amount: Money) -> OrderEvent {
    OrderEvent::RefundApproved {
        refund_id: refund(number),
        payment_id: p1(),
        amount,
        cause: RefundCause::Requested,
        reason: "test".into(),
        lines: Vec::new(),
        points_back: Vec::new(),
        key: None,
        by: None,
    }
}

pub fn submitted(number: usize) -> OrderEvent {
    OrderEvent::RefundSubmitted { refund_id: refund(number) }
}

pub fn succeeded(number: usize) -> OrderEvent {
    OrderEvent::RefundSucceeded { refund_id: refund(number), provider_reference: Some(format!("re_{number}")) }
}

pub fn hold() -> OrderEvent {
    OrderEvent::HoldPlaced {
        hold_id: HoldId::parse("h1").unwrap(),
        kind: HoldKind::ManualReview,
        reason: "large".into(),
        deadline: at(600),
    }
}

impl Life {
    /// Received, and what follows commit by commit, a minute each.
    pub fn of(commits: Vec<Vec<OrderEvent>>) -> Self {
        Self::begun(received(), commits)
    }

    fn begun(received: CommitRecord, commits: Vec<Vec<OrderEvent>>) -> Self {
        let mut life = Self { records: vec![received] };
        for events in commits {
            life.push(events);
        }
        life
    }

    pub fn push(&mut self, events: Vec<OrderEvent>) {
        let last = self.records.last().unwrap();
        let now = at(self.records.len() as i64);
        let next = CommitRecord {
            seq: last.seq + 1,
            first_event: last.first_event + last.events.len() as u64,
            at: now,
            actor: Actor::system(),
            cause: None,
            postings: Order::from_records(&self.records).map_or(Vec::new(), |o| ledger::postings(&o, &events, now)),
            events,
            ..last.clone()
        };
        self.records.push(next);
    }

    pub fn then(mut self, events: Vec<OrderEvent>) -> Self {
        self.push(events);
        self
    }

    fn reserved() -> Vec<OrderEvent> {
        let reserved = OrderEvent::StockReserved { allotments: vec![allotment(2)] };
        vec![
            OrderEvent::Validated,
            reserved,
            OrderEvent::PaymentRequested { deadline: at(30), terms: Terms::default() },
        ]
    }

    /// A deposit was paid and its balance did not come; the terms say whether the deposit is kept.
    pub fn deposit(keeps_deposit: bool) -> Self {
        let cny = |amount: &str| json!({ "amount": amount, "currency": "CNY" });
        let part = |number: usize, amount: &str| json!({ "provider": "stripe", "amount": cny(amount), "reference": format!("{}P0{number}", order_id()) });
        let (mut deposit, mut balance) = (part(1, "50.00"), part(2, "136.00"));
        deposit["purpose"] = json!("deposit");
        balance["purpose"] = json!("balance");
        balance["due_at"] = json!(at(2));
        let mut reserved = Self::reserved();
        if let Some(OrderEvent::PaymentRequested { terms, .. }) = reserved.last_mut() {
            terms.keeps_deposit = keeps_deposit;
        }
        Self::begun(received_for(&json!([deposit, balance])), vec![reserved, vec![captured("50.00")]])
    }

    /// The deposit is kept when the order expires.
    pub fn deposit_kept() -> Self {
        let over = |number| OrderEvent::PaymentExpired { payment_id: PaymentId::number(number) };
        Self::deposit(true)
            .then(vec![OrderEvent::Expired, kept("50.00"), over(2)])
            .then(vec![OrderEvent::StockReleased { allotments: vec![allotment(2)] }])
    }

    /// Paid, and with its location.
    pub fn released() -> Self {
        Self::of(vec![
            Self::reserved(),
            vec![captured("186.00"), OrderEvent::Confirmed],
            vec![planned(1, 2), moved(1, ShipmentStatus::Released), OrderEvent::FulfilmentStarted],
        ])
    }

    /// From reception to its end, with a part of the money sent back.
    pub fn delivered() -> Self {
        Self::released()
            .then(vec![moved(1, ShipmentStatus::Shipped)])
            .then(vec![moved(1, ShipmentStatus::Delivered), OrderEvent::Completed])
            .then(vec![approved(1, cny("50.00"))])
            .then(vec![submitted(1)])
            .then(vec![succeeded(1)])
            .then(vec![OrderEvent::Closed])
    }

    /// Held, paid, and let go.
    pub fn held() -> Self {
        let reserved = OrderEvent::StockReserved { allotments: vec![allotment(2)] };
        let released = OrderEvent::HoldReleased { hold_id: HoldId::parse("h1").unwrap(), reason: "fine".into() };
        Self::of(vec![
            vec![OrderEvent::Validated, hold(), reserved],
            vec![captured("186.00"), fee("txn_1", "5.70")],
            vec![released, OrderEvent::Confirmed],
        ])
    }

    /// Paid, and undone again.
    pub fn cancelled() -> Self {
        Self::of(vec![Self::reserved(), vec![captured("186.00"), OrderEvent::Confirmed]])
            .then(vec![OrderEvent::CancellationRequested { reason: "test".into() }])
            .then(vec![approved(1, cny("186.00")), OrderEvent::StockReleased { allotments: vec![allotment(2)] }])
            .then(vec![submitted(1)])
            .then(vec![succeeded(1), OrderEvent::Cancelled])
    }

    /// Cancelled before the service of its coupon has answered: it waits for the release alone.
    pub fn cancelled_unasked() -> Self {
        Self { records: vec![received()] }.then(vec![
            OrderEvent::CancellationRequested { reason: "test".into() },
            OrderEvent::PaymentExpired { payment_id: p1() },
        ])
    }

    pub fn first(&self, commits: usize) -> Self {
        Self { records: self.records[..commits].to_vec() }
    }

    pub fn order(&self) -> Order {
        Order::from_records(&self.records).unwrap()
    }

    /// The partition as the store leaves it.
    pub fn rows(&self) -> Vec<Item> {
        let pk = keys::order(&order_id());
        let mut rows: Vec<Item> = self.records.iter().map(|record| commit_row(&pk, record)).collect();
        let Ok(order) = Order::from_records(&self.records) else { return rows };
        for task in desk::tasks(&order) {
            let since = keys::task_since(task.since, task.order_id.as_ref(), &task.task_id);
            let body = serde_json::to_string(&task).unwrap();
            let beside = [(BODY, body), (G_TASK, keys::tasks_of(task.role)), (G_TASK_SINCE, since)];
            rows.push(row(&pk, &keys::task(&task.task_id), &beside));
        }
        rows
    }

    /// What the store leaves beside the partition.
    pub fn beside(&self) -> Beside {
        let pointers = Order::from_records(&self.records).iter().flat_map(beside::wanted).collect();
        Beside { timed: BTreeSet::from([order_id()]), pointers }
    }

    pub fn violations(&self) -> Vec<Violation> {
        check(self.rows(), &self.beside())
    }
}

/// What the checks say of these rows, and of what stands beside them.
pub fn check(rows: Vec<Item>, beside: &Beside) -> Vec<Violation> {
    let mut partition = OrderRows::new(order_id());
    for row in rows {
        partition.add(row);
    }
    checks::order(&partition, beside).violations
}

fn commit_row(pk: &str, record: &CommitRecord) -> Item {
    let body = serde_json::to_string(record).unwrap();
    let mut row = row(pk, &keys::commit(record.seq), &[(BODY, body)]);
    row.insert(NO.to_owned(), AttributeValue::N(record.first_event.to_string()));
    if Publish::Milestones.takes(record) {
        row.insert(NEWS.to_owned(), AttributeValue::S("1".to_owned()));
    }
    if !record.postings.is_empty() {
        row.insert(G_LEDGER.to_owned(), AttributeValue::S(keys::ledger_of(record.at, &record.order_id)));
    }
    row
}

pub fn row(pk: &str, sk: &str, texts: &[(&str, String)]) -> Item {
    let text = |value: &str| AttributeValue::S(value.to_owned());
    let mut row = HashMap::from([(PK.to_owned(), text(pk)), (SK.to_owned(), text(sk))]);
    row.extend(texts.iter().map(|(name, value)| ((*name).to_owned(), text(value))));
    row
}
