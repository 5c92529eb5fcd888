//! A shop over the ports in memory: every use case, wired as the functions wire it, with faults around every port. The
//! tests of the use cases and the simulator live in it.

pub mod acts;
pub mod checks;
pub mod facts;
pub mod work;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use oms_app::carriers::Carriers;
use oms_app::deliveries::Deliveries;
use oms_app::engine::Engine;
use oms_app::intake::{Intake, OrderIds};
use oms_app::inventory::Inventory;
use oms_app::ports::{BenefitService, Clock, OrderStore, PaymentGateway, StockStore};
use oms_app::publish::Publisher;
use oms_app::receivers::Receivers;
use oms_app::starting::{Offered, Starting};
use oms_app::sweep::Sweep;
use oms_domain::body::Provider;
use oms_domain::capture::{CaptureMoment, CaptureWhen};
use oms_domain::deposit::{DepositOnDefault, OnDefault};
use oms_domain::event::CommitRecord;
use oms_domain::id::{Channel, ChannelOrderId, OrderId};
use oms_domain::location::Location;
use oms_domain::order::Order;
use oms_domain::outgoing::Publish;
use oms_domain::policy::Policy;
use oms_domain::refund_first::RefundFirst;
use oms_domain::stock::StockLevel;
use serde_json::Value;

use crate::benefits::FakeBenefits;
use crate::build::{a_location, a_product, cny, location_id, sku};
use crate::doubles::{RecordingBus, RecordingQueue, RecordingWebhooks};
use crate::faults::{FaultPlan, Faulty};
use crate::gateway::FakeProvider;
use crate::memory::MemoryStore;
use crate::time::{ManualClock, NoBackoff};

use crate::shop::work::{Message, Way};

/// How long an order may stay unpaid here, in seconds.
pub const PAYMENT_WINDOW: i64 = 10_800;
/// How long a hold may stay unanswered here, in seconds.
pub const HOLD_WINDOW: i64 = 86_400;
/// How long after completion an order is closed here, in seconds.
pub const CLOSE_AFTER: i64 = 1_296_000;
/// How long queues have here before the sweep looks at an order, in seconds.
pub const LOOKOUT: i64 = 300;
/// Where the warehouse in Shenzhen hears of its shipments.
pub const WEBHOOK: &str = "https://wms.example/waybill";

/// A shop and the world around it.
pub struct Shop {
    /// Its tables.
    pub store: MemoryStore,
    /// The stimuli queue.
    pub queue: RecordingQueue,
    /// The event bus.
    pub bus: RecordingBus,
    /// What was on the bus before this shop went a way of its own.
    pub told: Arc<Vec<Value>>,
    /// The payment provider.
    pub stripe: FakeProvider,
    /// The service that keeps count of coupons, points and gift cards, where the policy says that there is one.
    pub benefits: FakeBenefits,
    /// Webhooks to the locations.
    pub webhooks: RecordingWebhooks,
    /// The time.
    pub clock: ManualClock,
    /// Its settings.
    pub policy: Policy,
    /// Which port calls fail.
    pub plan: FaultPlan,
    /// How work that failed comes back.
    pub way: Way,
    /// How often the queue delivers each message.
    pub copies: usize,
    /// Messages that nobody has handled.
    pub mail: Vec<Message>,
    /// How far the table's stream was read.
    pub streamed: usize,
    /// The order that acts are about; none where there is only one.
    pub about: Option<OrderId>,
}

impl Shop {
    /// Ten of everything in Shenzhen and in Shanghai, but hats only in Shenzhen and mugs only in Shanghai.
    pub async fn new() -> Self {
        let shop = Self::empty();
        for (name, price) in [("TEE-M", "99.00"), ("HAT", "59.90"), ("MUG", "30.10"), ("LAST", "10.00")] {
            shop.store.put_product(&a_product(name, price)).await.unwrap();
        }
        let shenzhen =
            Location { webhook_url: Some(WEBHOOK.into()), ..a_location("sz-1", "广东省", "深圳市", 1) };
        shop.store.put_location(&shenzhen).await.unwrap();
        shop.store.put_location(&a_location("sh-1", "上海市", "上海市", 2)).await.unwrap();
        for (place, name) in [("sz-1", "TEE-M"), ("sh-1", "TEE-M"), ("sz-1", "HAT"), ("sh-1", "MUG")] {
            shop.stock(place, name, 10).await;
        }
        shop
    }

    /// With nothing to sell and nowhere to ship from.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            store: MemoryStore::new(),
            queue: RecordingQueue::new(),
            bus: RecordingBus::new(),
            told: Arc::default(),
            stripe: FakeProvider::new(Provider::Stripe),
            benefits: FakeBenefits::default(),
            webhooks: RecordingWebhooks::new(),
            clock: ManualClock::default(),
            policy: policy(),
            plan: FaultPlan::none(),
            way: Way::Message,
            copies: 1,
            mail: Vec::new(),
            streamed: 0,
            about: None,
        }
    }

    /// Counts stock.
    pub async fn stock(&self, place: &str, name: &str, on_hand: u32) {
        self.store.set_count(&location_id(place), &sku(name), on_hand, 0, None).await.unwrap();
    }

    /// The same past, from which another future follows.
    pub fn fork(&self, way: Way) -> Self {
        let fresh = self.bus.events();
        let told =
            if fresh.is_empty() { Arc::clone(&self.told) } else { Arc::new([self.told.as_slice(), &fresh].concat()) };
        Self {
            store: self.store.fork(),
            queue: RecordingQueue::new(),
            bus: RecordingBus::new(),
            told,
            stripe: self.stripe.fork(),
            benefits: self.benefits.fork(),
            webhooks: RecordingWebhooks::new(),
            clock: ManualClock::at(self.clock.now()),
            policy: self.policy.clone(),
            plan: FaultPlan::none(),
            way,
            copies: self.copies,
            mail: self.mail.clone(),
            streamed: self.streamed,
            about: self.about.clone(),
        }
    }

    /// The same shop seen by another worker, whose calls have faults of their own.
    pub fn colleague(&self) -> Self {
        Self {
            store: self.store.clone(),
            queue: self.queue.clone(),
            bus: self.bus.clone(),
            told: Arc::clone(&self.told),
            stripe: self.stripe.clone(),
            benefits: self.benefits.clone(),
            webhooks: self.webhooks.clone(),
            clock: self.clock.clone(),
            policy: self.policy.clone(),
            plan: FaultPlan::none(),
            way: self.way,
            copies: self.copies,
            mail: Vec::new(),
            streamed: 0,
            about: self.about.clone(),
        }
    }

    fn port<P: Clone>(&self, port: &P) -> Arc<Faulty<P>> {
        Arc::new(Faulty::new(port.clone(), &self.plan))
    }

    /// The engine.
    pub fn engine(&self) -> Engine {
        Engine {
            orders: self.port(&self.store),
            stock: self.port(&self.store),
            timers: self.port(&self.store),
            queue: self.port(&self.queue),
            clock: Arc::new(self.clock.clone()),
            backoff: Arc::new(NoBackoff::default()),
            policy: self.policy.clone(),
        }
    }

    /// The intake.
    pub fn intake(&self) -> Intake {
        Intake { engine: self.engine(), keys: self.port(&self.store) }
    }

    /// Locations' and carriers' reports.
    pub fn carriers(&self) -> Carriers {
        Carriers { engine: self.engine(), tracking: self.port(&self.store) }
    }

    /// The way to the bus.
    pub fn publisher(&self) -> Publisher {
        Publisher {
            bus: self.port(&self.bus),
            timers: self.port(&self.store),
            clock: Arc::new(self.clock.clone()),
            publish: Publish::All,
            receivers: Receivers::new(self.port(&self.store), Arc::new(self.clock.clone())),
        }
    }

    /// The sweep.
    pub fn sweep(&self) -> Sweep {
        Sweep { carriers: self.carriers(), tasks: self.port(&self.store), publisher: self.publisher() }
    }

    /// Counting.
    pub fn inventory(&self) -> Inventory {
        Inventory { stock: self.port(&self.store), tasks: self.port(&self.store), clock: Arc::new(self.clock.clone()) }
    }

    /// Webhooks to locations.
    pub fn deliveries(&self) -> Deliveries {
        Deliveries {
            orders: self.port(&self.store),
            stock: self.port(&self.store),
            sender: Some(self.port(&self.webhooks)),
            clock: Arc::new(self.clock.clone()),
        }
    }

    /// The providers' APIs.
    pub fn gateways(&self) -> BTreeMap<Provider, Arc<dyn PaymentGateway>> {
        let stripe: Arc<dyn PaymentGateway> = self.port(&self.stripe);
        // Its limits apart, WeChat Pay is asked and answers like Stripe: both write in the same books here.
        let wechatpay: Arc<dyn PaymentGateway> = self.port(&self.stripe.named(Provider::Wechatpay));
        BTreeMap::from([(Provider::Stripe, stripe), (Provider::Wechatpay, wechatpay)])
    }

    /// What begins payments; Waybill does that here for every provider.
    pub fn starting(&self) -> Starting {
        let offered = Offered {
            providers: BTreeSet::from([Provider::Stripe, Provider::Wechatpay]),
            return_hosts: BTreeSet::from(["shop.example".to_owned()]),
        };
        Starting { engine: self.engine(), gateways: Arc::new(self.gateways()), offered }
    }

    /// The service that keeps count of coupons, points and gift cards.
    pub fn benefit_service(&self) -> Arc<dyn BenefitService> {
        self.port(&self.benefits)
    }

    /// Everything that was ever put on the bus, in order.
    #[must_use]
    pub fn events(&self) -> Vec<Value> {
        self.told.iter().cloned().chain(self.bus.events()).collect()
    }

    /// The stored commits of an order, past all faults.
    pub async fn records(&self, id: &OrderId) -> Vec<CommitRecord> {
        self.store.load(id).await.unwrap().map(|loaded| loaded.records).unwrap_or_default()
    }

    /// An order, past all faults.
    pub async fn order(&self, id: &OrderId) -> Order {
        self.store.load(id).await.unwrap().expect("the order exists").order
    }

    /// Stock at a location, past all faults.
    pub fn level(&self, place: &str, name: &str) -> StockLevel {
        let level = |l: &StockLevel| l.location_id.as_str() == place && l.sku.as_str() == name;
        self.store.all_levels().into_iter().find(level).expect("the row was counted")
    }

    /// On hand, held and committed at a location.
    pub fn counts(&self, place: &str, name: &str) -> (i64, i64, i64) {
        let level = self.level(place, name);
        (level.on_hand, level.held, level.committed)
    }
}

/// The id of a channel's order.
pub fn order_id(channel: &str, number: &str) -> OrderId {
    thread_local! {
        static KNOWN: RefCell<BTreeMap<(String, String), OrderId>> = RefCell::default();
    }
    let make = || {
        let ids = OrderIds::new(&[7; 32]).unwrap();
        ids.id(&Channel::parse(channel).unwrap(), &ChannelOrderId::parse(number).unwrap()).unwrap()
    };
    KNOWN.with_borrow_mut(|known| known.entry((channel.to_owned(), number.to_owned())).or_insert_with(make).clone())
}

fn policy() -> Policy {
    Policy {
        payment_window_seconds: PAYMENT_WINDOW,
        hold_window_seconds: HOLD_WINDOW,
        review_thresholds: vec![cny("500.00")],
        refund_approval_above: vec![cny("250.00")],
        max_line_quantity: 999,
        live: false,
        benefits: false,
        providers: BTreeSet::from([Provider::Stripe, Provider::Wechatpay, Provider::Cod, Provider::Channel]),
        capture_when: capture_when(),
        refund_first: RefundFirst::default(),
        deposit_on_default: deposit_on_default(),
        shipment_response_seconds: 86_400,
        close_after_seconds: CLOSE_AFTER,
        lookout_seconds: LOOKOUT,
    }
}

/// Card payments of the app are taken when the goods leave, those of tmall when they are released, others by the provider.
fn capture_when() -> CaptureWhen {
    let channel = |name: &str| Channel::parse(name).unwrap();
    let channels = [(channel("app"), CaptureMoment::Shipped), (channel("tmall"), CaptureMoment::Release)];
    CaptureWhen { otherwise: CaptureMoment::Provider, channels: BTreeMap::from(channels) }
}

/// The app keeps deposits whose balance does not come; the other channels send them back.
fn deposit_on_default() -> DepositOnDefault {
    let app = Channel::parse("app").unwrap();
    DepositOnDefault { otherwise: OnDefault::Refund, channels: BTreeMap::from([(app, OnDefault::Keep)]) }
}
