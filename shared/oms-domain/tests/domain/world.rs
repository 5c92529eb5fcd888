//! A simulated shop: orders, one stock table that keeps the store's conditions, the time. Each change of an order is a
//! commit as the store would have it, and every commit's fold is compared with the live order.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use oms_domain::body::{OrderBody, PlacedOrder};
use oms_domain::command::{Command, Report, Scan};
use oms_domain::decide::decide;
use oms_domain::event::{Actor, CommitRecord, OrderEvent};
use oms_domain::id::{EventKey, LocationId, ShipmentId, Sku};
use oms_domain::ledger;
use oms_domain::location::{Location, Product};
use oms_domain::order::Order;
use oms_domain::payment::{PaymentFact, PaymentFactKind};
use oms_domain::policy::{Context, Policy};
use oms_domain::refusal::Refusal;
use oms_domain::stock::{self, StockLevel, StockMove};

use crate::given;
use crate::older;
use crate::till::Till;

/// An order with its stored commits.
pub struct Life {
    pub order: Order,
    pub records: Vec<CommitRecord>,
    /// The fold of the commits as they read when they come back from the table.
    replayed: Option<Order>,
}

/// One commit, and the order as it was before.
pub struct Change {
    pub life: usize,
    pub before: Option<Order>,
    pub record: CommitRecord,
}

pub struct World {
    pub policy: Policy,
    pub now: Timestamp,
    pub stock: BTreeMap<(LocationId, Sku), StockLevel>,
    pub locations: Vec<Location>,
    pub products: Vec<Product>,
    pub lives: Vec<Life>,
    pub till: Till,
    /// Everything that was ever put on a shelf.
    pub filled: BTreeMap<(LocationId, Sku), i64>,
    /// Facts that were told, and to which order.
    pub told: Vec<(usize, PaymentFact)>,
    /// What has changed since somebody last looked.
    pub fresh: Vec<Change>,
    /// Whether the version before this one is running.
    pub older: bool,
    keys: usize,
}

impl World {
    pub fn new(locations: Vec<Location>, stock: Vec<StockLevel>, products: Vec<Product>) -> Self {
        let filled = stock.iter().map(|s| ((s.location_id.clone(), s.sku.clone()), s.on_hand)).collect();
        Self {
            policy: given::policy(),
            now: given::at(0),
            stock: stock.into_iter().map(|s| ((s.location_id.clone(), s.sku.clone()), s)).collect(),
            locations,
            products,
            lives: Vec::new(),
            till: Till::default(),
            filled,
            told: Vec::new(),
            fresh: Vec::new(),
            older: false,
            keys: 0,
        }
    }

    /// One order in a shop that sells what it wants, with ten of each in Shenzhen and in Shanghai.
    pub fn with(body: OrderBody) -> Self {
        let stock = body.lines.iter().flat_map(|l| {
            [given::level("sz-1", l.sku.as_str(), 10), given::level("sh-1", l.sku.as_str(), 10)].into_iter()
        });
        let products = body.lines.iter().map(|l| given::product(l.sku.as_str(), l.unit_price)).collect();
        let mut world = Self::new(given::locations(), stock.collect(), products);
        world.place(body);
        world
    }

    /// An order arrives.
    pub fn place(&mut self, body: OrderBody) -> usize {
        let life = self.lives.len();
        let body = PlacedOrder::new(body).expect("a valid order");
        let id = given::order_id(life);
        let mut record = CommitRecord {
            order_id: id.clone(),
            seq: 1,
            first_event: 1,
            at: self.now,
            actor: Actor::named("storefront"),
            cause: None,
            channel: body.channel.clone(),
            channel_order_id: body.channel_order_id.clone(),
            events: vec![OrderEvent::Received { body: Box::new(body.clone()) }],
            postings: Vec::new(),
        };
        let mut order = Order::received(id, body, self.now);
        record.postings = ledger::postings(&order, &record.events, self.now);
        order.version = 1;
        order.event_count = 1;
        self.lives.push(Life { order, records: Vec::new(), replayed: None });
        self.keep(life, None, record);
        life
    }

    pub fn context(&self) -> Context<'_> {
        Context { now: self.now, policy: &self.policy }
    }

    pub fn levels(&self) -> Vec<StockLevel> {
        self.stock.values().cloned().collect()
    }

    /// What a command would do.
    pub fn decide(&self, life: usize, command: &Command) -> Result<Vec<OrderEvent>, Refusal> {
        decide(&self.lives[life].order, command, &self.context())
    }

    /// A command, decided and stored. Whatever happened is returned.
    pub fn order_act(&mut self, life: usize, command: Command) -> Result<Vec<OrderEvent>, Refusal> {
        let cause = if let Command::RecordPayment(fact) = &command {
            Some(fact.key.clone())
        } else if let Command::RequestRefund { key, .. } = &command {
            Some(key.clone())
        } else {
            None
        };
        self.act_for(life, cause, command)
    }

    /// A command whose cause has its effect once, as the use cases do it.
    pub fn act_for(
        &mut self,
        life: usize,
        cause: Option<EventKey>,
        command: Command,
    ) -> Result<Vec<OrderEvent>, Refusal> {
        if cause.as_ref().is_some_and(|c| self.lives[life].order.applied.contains(c)) {
            return Ok(Vec::new());
        }
        let mut events = self.decide(life, &command)?;
        if self.older {
            events = older::part(&command, events);
        }
        if events.is_empty() {
            return Ok(events);
        }
        let stored = self.store(life, cause, events.clone());
        Ok(if stored { events } else { Vec::new() })
    }

    /// Stores events as one commit with the moves of stock that follow; false when the stock does not allow them.
    fn store(&mut self, life: usize, cause: Option<EventKey>, events: Vec<OrderEvent>) -> bool {
        let before = self.lives[life].order.clone();
        let record = CommitRecord {
            order_id: before.id.clone(),
            seq: before.version + 1,
            first_event: before.event_count + 1,
            at: self.now,
            actor: Actor::system(),
            cause,
            channel: before.body.channel.clone(),
            channel_order_id: before.body.channel_order_id.clone(),
            // The version before kept no books.
            postings: if self.older { Vec::new() } else { ledger::postings(&before, &events, self.now) },
            events,
        };
        let mut after = before.clone();
        after.apply_record(&record).unwrap();
        let Some(stock) = moved(&self.stock, &stock::moves(&before.reservations, &after.reservations)) else {
            return false;
        };
        self.stock = stock;
        self.lives[life].order = after;
        self.keep(life, Some(before), record);
        true
    }

    fn keep(&mut self, number: usize, before: Option<Order>, record: CommitRecord) {
        let text = serde_json::to_string(&record).unwrap();
        let read: CommitRecord = serde_json::from_str(&text).unwrap();
        assert_eq!(read, record, "a stored commit reads as it was written");
        let life = &mut self.lives[number];
        let replayed = match life.replayed.take() {
            None => Order::from_records(&[read]).unwrap(),
            Some(mut order) => {
                order.apply_record(&read).unwrap();
                order
            }
        };
        assert_eq!(replayed, life.order, "the fold of the stored commits is the live order");
        life.replayed = Some(replayed);
        life.records.push(record.clone());
        self.fresh.push(Change { life: number, before, record });
    }

    /// A key that was never used.
    pub fn new_key(&mut self) -> EventKey {
        self.keys += 1;
        given::key(format!("test:{}", self.keys))
    }

    /// Goods arrive at a shelf.
    pub fn fill(&mut self, row: &(LocationId, Sku), units: i64) {
        self.stock.get_mut(row).unwrap().on_hand += units;
        *self.filled.entry(row.clone()).or_default() += units;
    }

    pub fn pass(&mut self, seconds: i64) {
        self.now += SignedDuration::from_secs(seconds);
    }
}

/// The table after the moves, all or none, under the store's conditions.
fn moved(
    stock: &BTreeMap<(LocationId, Sku), StockLevel>,
    moves: &[StockMove],
) -> Option<BTreeMap<(LocationId, Sku), StockLevel>> {
    let mut stock = stock.clone();
    for (i, change) in moves.iter().enumerate() {
        let row = (change.location_id.clone(), change.sku.clone());
        let twice = moves[..i].iter().any(|m| (&m.location_id, &m.sku) == (&row.0, &row.1));
        assert!(!twice, "a transaction touches a row once");
        let level = stock.get_mut(&row)?;
        if change.takes > level.free() {
            return None;
        }
        level.on_hand += change.on_hand;
        level.held += change.held;
        level.committed += change.committed;
        level.version += 1;
        if level.on_hand < 0 || level.held < 0 || level.committed < 0 {
            return None;
        }
    }
    Some(stock)
}

/// The first order, for tests that have one: commands by the words that people use for them.
impl World {
    pub fn order(&self) -> &Order {
        &self.lives[0].order
    }

    pub fn act(&mut self, command: Command) -> Result<Vec<OrderEvent>, Refusal> {
        self.order_act(0, command)
    }

    /// A command that must be taken.
    pub fn must(&mut self, command: Command) -> Vec<OrderEvent> {
        self.act(command).expect("the command is taken")
    }

    pub fn validate(&mut self) -> Vec<OrderEvent> {
        let command = self.placement();
        self.must(command)
    }

    /// The command of placement, with the catalogue and the shelves as they are.
    pub fn placement(&self) -> Command {
        let (products, locations) = (self.products.clone(), self.locations.clone());
        Command::Validate { products, levels: self.levels(), locations }
    }

    pub fn plan(&mut self) -> Vec<OrderEvent> {
        let (levels, locations) = (self.levels(), self.locations.clone());
        self.must(Command::Plan { levels, locations })
    }

    /// A Stripe event about a payment, under a key of its own.
    pub fn stripe(&mut self, payment: &str, kind: PaymentFactKind) -> Vec<OrderEvent> {
        let key = self.new_key();
        let fact = oms_domain::payment::PaymentFact { key, ..given::fact("any", payment, kind) };
        self.must(Command::RecordPayment(fact))
    }

    pub fn captured(&mut self, payment: &str, amount: oms_domain::money::Money) -> Vec<OrderEvent> {
        self.stripe(payment, PaymentFactKind::Captured { amount })
    }

    /// From received to reserved.
    pub fn placed(mut self) -> Self {
        self.validate();
        if self.older {
            self.validate();
        }
        self
    }

    /// From received to covered by one capture of the whole total, and with it to the locations.
    pub fn paid(self) -> Self {
        let mut world = self.placed();
        let total = world.order().body.total;
        world.captured("pi_1", total);
        world
    }

    pub fn shipment(&self, number: usize) -> ShipmentId {
        self.order().shipments[number - 1].id.clone()
    }

    pub fn report(&mut self, number: usize, report: Report) -> Vec<OrderEvent> {
        let shipment_id = self.shipment(number);
        self.must(Command::Report { shipment_id, report })
    }

    pub fn shipped(&mut self, number: usize) -> Vec<OrderEvent> {
        let tracking_number = given::tracking(&format!("SF{number}"));
        self.report(number, Report::Shipped { carrier: given::carrier(), tracking_number })
    }

    pub fn scan(&mut self, number: usize, scan: Scan) -> Vec<OrderEvent> {
        let shipment_id = self.shipment(number);
        self.must(Command::Scan { shipment_id, scan })
    }
}

/// The events' names.
pub fn names(events: &[OrderEvent]) -> Vec<&'static str> {
    events.iter().map(OrderEvent::name).collect()
}
