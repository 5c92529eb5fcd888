//! What the use cases need of the world: capability-sized traits, each mirrored by an IAM statement of the functions
//! that use it.

use async_trait::async_trait;
use jiff::Timestamp;
use oms_domain::body::Provider;
use oms_domain::event::CommitRecord;
use oms_domain::id::{Carrier, Channel, EventKey, LocationId, OrderId, ShipmentId, Sku, TrackingNumber};
use oms_domain::location::{Location, Product};
use oms_domain::order::Order;
use oms_domain::payment::PaymentFact;
use oms_domain::stock::{StockLevel, StockMove};
use oms_domain::task::{Role, Task};
use oms_domain::wake::Work;
use serde::{Deserialize, Serialize};

use crate::error::{PortError, StoreError, WorkflowError};
use crate::pointers::{Pointer, WorkEntry, WorkList};

mod benefit;
mod payment;

pub use benefit::{BenefitRequest, BenefitReturn, BenefitService};
pub use payment::{
    BuyerSecret, CancelAnswer, CancelRequest, CaptureAnswer, CaptureRequest, Gateways, NextAction, Payer,
    PaymentGateway, RefundAnswer, RefundRequest, SecretStore, StartAnswer, StartRequest, Started,
};

/// The time. A port, so that tests and the simulator turn the hands.
pub trait Clock: Send + Sync {
    /// Now, in UTC.
    fn now(&self) -> Timestamp;
}

/// Waiting before another try. A port, so that tests do not wait.
#[async_trait]
pub trait Backoff: Send + Sync {
    /// Waits before try `attempt` (from 1): longer for later ones, with jitter.
    async fn pause(&self, attempt: u32);
}

/// An order as the table has it.
#[derive(Debug, Clone)]
pub struct LoadedOrder {
    /// The fold of its events.
    pub order: Order,
    /// External events that came before the order did.
    pub parked: Vec<ParkedFact>,
    /// Its stored commits, oldest first (the timeline).
    pub records: Vec<CommitRecord>,
    /// The timers that its commits set, whether or not they have come since.
    pub timers: Vec<Timestamp>,
}

/// A payment fact that waits for its order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParkedFact {
    /// The fact.
    pub fact: PaymentFact,
    /// When it came.
    pub at: Timestamp,
}

/// A carrier event that waits for its tracking number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParkedScan {
    /// The carrier.
    pub carrier: Carrier,
    /// The number.
    pub tracking_number: TrackingNumber,
    /// The carrier's id of the event.
    pub event_id: EventKey,
    /// What it says, by the contract's names (`in_transit`, `delivered`, …).
    pub status: String,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// When it came.
    pub at: Timestamp,
}

/// A row that is written together with a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SideRow {
    /// Something begins to wait for a person.
    OpenTask(Task),
    /// It waits no longer.
    CloseTask {
        /// The task's id.
        task_id: String,
    },
    /// A parked fact has been applied.
    DropParked {
        /// Its key.
        key: EventKey,
    },
}

/// One decision, ready to be stored: all of it or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// The new row of the order.
    pub record: CommitRecord,
    /// Conditional changes of stock rows, at most one for each.
    pub stock: Vec<StockMove>,
    /// Further rows.
    pub rows: Vec<SideRow>,
    /// By what it is found: written before.
    pub points: Vec<Pointer>,
    /// What it puts out of date: taken away after.
    pub stale: Vec<WorkEntry>,
    /// When the order next needs work, if ever.
    pub work_at: Option<Timestamp>,
    /// The timer that was set for it, kept with it so that later commits know.
    pub timer: Option<Timestamp>,
    /// The provider's own id of a payment that became known, so that later events find the order by it.
    pub payment: Option<(Provider, String)>,
}

/// Orders, by id.
#[async_trait]
pub trait OrderStore: Send + Sync {
    /// The order, read consistently, or none when the id was never issued (parked facts do not make an order).
    async fn load(&self, id: &OrderId) -> Result<Option<LoadedOrder>, StoreError>;

    /// The order as one replica of the table has it: for half the price, and its newest commits may be missing. Only a commit may
    /// stand on it, because that is stored only if its number is free, and then nothing was missing.
    async fn load_from_replica(&self, id: &OrderId) -> Result<Option<LoadedOrder>, StoreError>;

    /// Stores a decision under its number.
    ///
    /// # Errors
    /// [`StoreError::VersionTaken`] when somebody else was faster, [`StoreError::StockShort`] when a stock condition
    /// failed, [`StoreError::Contended`] when the table could not serialise the transaction (try again with jitter).
    async fn commit(&self, commit: &Commit) -> Result<(), StoreError>;

    /// Writes a pointer; writing it again changes nothing.
    async fn point(&self, pointer: &Pointer) -> Result<(), StoreError>;

    /// Takes an entry out of a location's list; one that is gone already is no error.
    async fn leave(&self, entry: &WorkEntry) -> Result<(), StoreError>;

    /// Keeps a payment fact for an order that does not exist yet. False, and nothing kept, when it exists by now.
    async fn park_fact(&self, order_id: &OrderId, parked: &ParkedFact) -> Result<bool, StoreError>;

    /// The payment facts that wait for an order, oldest first, whether it exists or not.
    async fn parked_facts(&self, order_id: &OrderId) -> Result<Vec<ParkedFact>, StoreError>;

    /// Forgets a parked fact that was applied.
    async fn drop_fact(&self, order_id: &OrderId, key: &EventKey) -> Result<(), StoreError>;

    /// The order that knows a payment by the provider's own id, if any does yet. Eventually consistent.
    async fn order_of_payment(
        &self,
        provider: Provider,
        provider_payment_id: &str,
    ) -> Result<Option<OrderId>, StoreError>;

    /// Records an acknowledged external event that has no order or no meaning to us. Idempotent.
    async fn note_unhandled(&self, provider: &str, key: &EventKey, kind: &str, at: Timestamp)
    -> Result<(), StoreError>;
}

/// Where the idempotency record of an intake request stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyState {
    /// It is this request's now, until the lease ends.
    Leased,
    /// Another request with the same body holds the lease.
    InFlight,
    /// The same body was used with this key before; the order that it led to.
    Known(OrderId),
    /// The key was used with another body.
    OtherBody,
}

/// The `Idempotency-Key` records of the intake.
#[async_trait]
pub trait KeyStore: Send + Sync {
    /// Takes the lease on a key for a body (by its hash), or says why not. A lease whose end has passed is taken over
    /// by the same body. `Known` is answered for the same hash once the lease has ended or `order_id` may exist:
    /// the caller checks whether that order is stored.
    async fn lease(
        &self,
        credential: &str,
        key: &str,
        body_hash: &str,
        order_id: &OrderId,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<KeyState, StoreError>;
}

/// Which orders a list asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListKey {
    /// All orders of a customer.
    Customer(String),
    /// All orders of a channel placed on a day (UTC, `2026-11-11`).
    Day(String, Channel),
}

/// A span of time, such as somebody's day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Its first moment.
    pub from: Timestamp,
    /// The first moment after it.
    pub until: Timestamp,
}

/// A page of ids and where the next begins (opaque to clients).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
}

/// Lists that people look at; eventually consistent.
#[async_trait]
pub trait OrderLists: Send + Sync {
    /// Ids of orders, newest first.
    async fn orders(&self, key: &ListKey, cursor: Option<&str>, limit: u32) -> Result<Page<OrderId>, StoreError>;
    /// Open tasks of a role, oldest first.
    async fn tasks(&self, role: Role, cursor: Option<&str>, limit: u32) -> Result<Page<Task>, StoreError>;
    /// Shipments of a location, oldest first.
    async fn shipments(
        &self,
        location: &LocationId,
        list: WorkList,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page<WorkEntry>, StoreError>;
    /// Commits that moved money within a span of time, oldest first.
    async fn ledger(&self, span: &Span, cursor: Option<&str>, limit: u32) -> Result<Page<CommitRecord>, StoreError>;
}

/// Tasks that belong to no order: payments and parcels that nobody knows, counts below what is promised.
#[async_trait]
pub trait TaskStore: Send + Sync {
    /// Opens a task; opening it again changes nothing.
    async fn open(&self, task: &Task) -> Result<(), StoreError>;
    /// Closes a task. False when there is none.
    async fn close(&self, task_id: &str) -> Result<bool, StoreError>;
}

/// Tracking numbers.
#[async_trait]
pub trait TrackingStore: Send + Sync {
    /// The shipment that a number points to, read consistently. Whether it has that number, its order says.
    async fn shipment(&self, carrier: &Carrier, number: &TrackingNumber) -> Result<Option<ShipmentId>, StoreError>;
    /// Keeps a scan of a number that is not known yet.
    async fn park_scan(&self, scan: &ParkedScan) -> Result<(), StoreError>;
    /// The scans that wait for a number.
    async fn parked_scans(&self, carrier: &Carrier, number: &TrackingNumber) -> Result<Vec<ParkedScan>, StoreError>;
    /// Forgets a scan that has been applied, or given to people.
    async fn drop_scan(&self, scan: &ParkedScan) -> Result<(), StoreError>;
}

/// What catalogue and shelves have of some SKUs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Goods {
    /// Those that are registered, by SKU.
    pub products: Vec<Product>,
    /// Those that were ever counted somewhere, by SKU and location.
    pub levels: Vec<StockLevel>,
}

/// Stock, catalogue and locations.
#[async_trait]
pub trait StockStore: Send + Sync {
    /// The levels of these SKUs at every location, read consistently.
    async fn levels(&self, skus: &[Sku]) -> Result<Vec<StockLevel>, StoreError>;
    /// What catalogue and shelves have of these SKUs, read consistently, for the price of the levels alone.
    async fn goods(&self, skus: &[Sku]) -> Result<Goods, StoreError>;
    /// All locations.
    async fn locations(&self) -> Result<Vec<Location>, StoreError>;
    /// Stores a product.
    async fn put_product(&self, product: &Product) -> Result<(), StoreError>;
    /// Stores a location.
    async fn put_location(&self, location: &Location) -> Result<(), StoreError>;
    /// Sets the count and the safety stock; held and committed stay. `expected` is the version of `If-Match`.
    ///
    /// # Errors
    /// [`StoreError::VersionTaken`] when `expected` is not the row's version.
    async fn set_count(
        &self,
        location: &LocationId,
        sku: &Sku,
        on_hand: u32,
        safety_stock: u32,
        expected: Option<u64>,
    ) -> Result<StockLevel, StoreError>;
}

/// Ids only: what the queue carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stimulus {
    /// The order.
    pub order_id: OrderId,
    /// Which workflow carries it on.
    pub work: Work,
}

/// The queue of stimuli.
#[async_trait]
pub trait StimulusQueue: Send + Sync {
    /// Sends at once, or after `delay_seconds` (at most 900).
    async fn send(&self, stimulus: &Stimulus, delay_seconds: u32) -> Result<(), PortError>;
}

/// Short synchronous workflows.
#[async_trait]
pub trait Workflows: Send + Sync {
    /// Runs one to its end. Anything but success is an error.
    async fn run(&self, stimulus: &Stimulus) -> Result<(), WorkflowError>;
}

/// Messages that a function received and could not handle.
#[async_trait]
pub trait Redelivery: Send + Sync {
    /// Lets a message, by its receipt, be received again after `seconds` (at most 43,200).
    async fn retry_in(&self, receipt: &str, seconds: u32) -> Result<(), PortError>;
}

/// The event bus.
#[async_trait]
pub trait EventBus: Send + Sync {
    /// Puts CloudEvents on the bus, in order; all or an error (then all are put again: consumers know ids).
    async fn put(&self, events: &[serde_json::Value]) -> Result<(), PortError>;
}

/// Outbound webhooks to a location's own system, signed.
#[async_trait]
pub trait WebhookSender: Send + Sync {
    /// Posts the body; an error when the receiver does not answer 2xx.
    async fn post(&self, url: &str, id: &str, at: Timestamp, body: &[u8]) -> Result<(), PortError>;
}
