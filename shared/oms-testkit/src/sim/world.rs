//! The world of a life: a shop, the orders that are about, and everything that is still to come.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use futures::FutureExt;
use jiff::Timestamp;
use oms_app::ports::{Clock, StockStore};
use oms_domain::id::{CaptureId, EventKey, OrderId, RefundId};
use oms_domain::order::Order;

use crate::build::{a_location, a_product, cny};
use crate::memory::Lag;
use crate::seeded::Seeded;
use crate::shop::acts::Act;
use crate::shop::work::{Message, later};
use crate::shop::{Shop, order_id};
use crate::sim::chance::{Chance, NOBODY, What};
use crate::sim::shelves::Shelves;
use crate::sim::weather::Weather;

/// What is sold, and for how much.
pub const GOODS: [(&str, &str); 3] = [("TEE-M", "99.00"), ("HAT", "59.90"), ("MUG", "30.10")];
/// Where it ships from: id, region, city.
pub const PLACES: [(&str, &str, &str); 3] =
    [("sz-1", "广东省", "深圳市"), ("sh-1", "上海市", "上海市"), ("bj-1", "北京市", "北京市")];
/// Above which total a person looks at an order: three shirts.
const REVIEW_ABOVE: &str = "250.00";
/// How much of an order one person alone may send back.
const ALONE_UP_TO: &str = "30.00";
/// The most orders of a life.
const MOST_ORDERS: u16 = 14;

/// A text that lives as long as the process: acts are made of such. There are few, and the same ones in every life.
#[must_use]
pub fn name(text: String) -> &'static str {
    thread_local! {
        static KNOWN: RefCell<BTreeSet<&'static str>> = const { RefCell::new(BTreeSet::new()) };
    }
    KNOWN.with_borrow_mut(|known| match known.get(text.as_str()) {
        Some(name) => name,
        None => {
            let name: &'static str = text.leak();
            known.insert(name);
            name
        }
    })
}

/// Something that is to come.
#[derive(Debug, Clone)]
pub struct Item {
    /// When.
    pub at: Timestamp,
    /// To which order; [`NOBODY`] for none.
    pub order: u16,
    /// What.
    pub what: Todo,
}

/// See [`Item`].
#[derive(Debug, Clone)]
pub enum Todo {
    /// A request reaches the shop; whoever sent it sends it again until it is answered.
    Request(Box<Act>, u32),
    /// The queue delivers a message.
    Message(Message),
    /// The table's stream brings new commits, for the how-manieth time.
    Stream(u32),
    /// The sweep runs.
    Sweep,
    /// Something happens at the provider.
    AtProvider(AtProvider),
}

/// What happens at the provider, of which the shop hears later or never.
#[derive(Debug, Clone)]
pub enum AtProvider {
    /// The storefront opens a payment.
    Opens(&'static str),
    /// The buyer pays: so much in all, unless the payment was called off.
    Pays(&'static str, &'static str),
    /// The buyer's bank promises so much.
    Promises(&'static str, &'static str),
    /// The buyer pays what Waybill has begun, or promises it, as it was begun.
    PaysBegun(&'static str),
    /// The buyer pays the balance of a deposit: so much.
    PaysBalance(&'static str, &'static str),
    /// A promise lapses.
    Lapses(&'static str),
    /// A pending refund is settled.
    Settles(RefundId, bool),
}

/// An order of the life.
#[derive(Debug)]
pub struct Subject {
    /// Its id.
    pub id: OrderId,
    /// As it was last seen in the table.
    pub seen: Option<Order>,
    /// Under which key and with which total it was taken in.
    pub taken: Option<(&'static str, &'static str)>,
    /// How many events the provider has sent about it.
    pub told: u32,
    /// Facts about it that were acknowledged.
    pub acknowledged: BTreeSet<EventKey>,
    /// Refunds that finance was told were taken, by their request's key.
    pub asked: BTreeSet<&'static str>,
    /// The causes that have had their effect.
    pub causes: BTreeSet<EventKey>,
    /// How often staff have dealt with it.
    pub answers: u32,
    /// Refunds at the provider whose end is on its way.
    pub settling: BTreeSet<RefundId>,
    /// Captures of ours that the provider has told of.
    pub taken_later: BTreeSet<CaptureId>,
}

/// The world of a life.
pub struct World {
    /// The shop.
    pub shop: Shop,
    /// Chance.
    pub chance: Chance,
    /// How rough it is.
    pub weather: Weather,
    /// The orders; none where one does not exist in this life.
    pub orders: Vec<Option<Subject>>,
    /// What is to come, oldest first.
    pub pool: Vec<Item>,
    /// What has to be on the shelves.
    pub shelves: Shelves,
    numbers: BTreeMap<OrderId, u16>,
}

impl World {
    /// A world at its beginning.
    ///
    /// # Panics
    /// When the goods cannot be laid on the shelves.
    #[must_use]
    pub fn new(seed: u64, mut chance: Chance) -> Self {
        let mut shop = Shop::empty();
        shop.policy.review_thresholds = vec![cny(REVIEW_ABOVE)];
        shop.policy.refund_approval_above = vec![cny(ALONE_UP_TO)];
        shop.policy.benefits = chance.hits(What::Staff, NOBODY, 500);
        let now = shop.clock.now();
        let weather = Weather::draw(&mut chance, now);
        let mut world = Self {
            shop,
            chance,
            weather,
            orders: Vec::new(),
            pool: Vec::new(),
            shelves: Shelves::default(),
            numbers: BTreeMap::new(),
        };
        world.open_shop(seed);
        for number in 0..MOST_ORDERS {
            let exists = world.chance.hits(What::Exists, number, 600);
            let subject = exists.then(|| world.subject(number));
            world.orders.push(subject);
        }
        world
    }

    fn open_shop(&mut self, seed: u64) {
        let done = "memory answers at once";
        for (sku, price) in GOODS {
            self.shop.store.put_product(&a_product(sku, price)).now_or_never().expect(done).expect("a product");
        }
        let places = PLACES.len() - self.chance.pick(What::World, NOBODY, 2);
        for (priority, (place, region, city)) in (1..).zip(PLACES).take(places) {
            let location = a_location(place, region, city, priority);
            self.shop.store.put_location(&location).now_or_never().expect(done).expect("a location");
            for (sku, _) in GOODS {
                // Scarce: fewer than a life's orders want.
                let on_hand = self.chance.weighted(What::World, NOBODY, &[(3, 2), (2, 0), (3, 1), (2, 4), (1, 9)]);
                self.shop.stock(place, sku, on_hand).now_or_never().expect(done);
            }
        }
        self.shelves = Shelves::new(self.shop.store.all_levels());
        if self.weather.stale > 0 {
            self.shop.store.lag(Lag::Sometimes(Seeded::new(seed), self.weather.stale));
        }
    }

    fn subject(&mut self, number: u16) -> Subject {
        let id = order_id(channel(number), place_number(number));
        self.numbers.insert(id.clone(), number);
        Subject {
            id,
            seen: None,
            taken: None,
            told: 0,
            acknowledged: BTreeSet::new(),
            asked: BTreeSet::new(),
            causes: BTreeSet::new(),
            answers: 0,
            settling: BTreeSet::new(),
            taken_later: BTreeSet::new(),
        }
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.shop.clock.now()
    }

    /// The number of an order.
    #[must_use]
    pub fn number(&self, id: &OrderId) -> Option<u16> {
        self.numbers.get(id).copied()
    }

    /// The number of a refund's order.
    #[must_use]
    pub fn number_of(&self, refund: &RefundId) -> Option<u16> {
        let (order, _) = refund.as_str().rsplit_once("-r")?;
        OrderId::parse(order).ok().and_then(|id| self.number(&id))
    }

    /// An order that exists in this life.
    ///
    /// # Panics
    /// When it does not.
    #[must_use]
    pub fn subject_of(&self, order: u16) -> &Subject {
        self.orders[usize::from(order)].as_ref().expect("an order of this life")
    }

    /// See [`World::subject_of`].
    ///
    /// # Panics
    /// When it does not exist.
    pub fn subject_mut(&mut self, order: u16) -> &mut Subject {
        self.orders[usize::from(order)].as_mut().expect("an order of this life")
    }

    /// The orders of this life, by number.
    pub fn subjects(&self) -> impl Iterator<Item = (u16, &Subject)> {
        (0..).zip(&self.orders).filter_map(|(number, subject)| Some((number, subject.as_ref()?)))
    }

    /// Something comes after so many seconds.
    pub fn after(&mut self, seconds: i64, order: u16, what: Todo) {
        let at = later(self.now(), seconds);
        self.pool.push(Item { at, order, what });
    }

    /// A request is sent after so many seconds; networks make it late, or bring it again.
    pub fn send(&mut self, seconds: i64, order: u16, act: Act) {
        let late = self.chance.sometimes(What::Delivery, order, self.weather.copies, 4);
        let late = late.map_or(0, |how| [1, 40, 700, 20_000][how]);
        self.after(seconds + late, order, Todo::Request(Box::new(act.clone()), 0));
        for _ in 0..2 {
            let Some(how) = self.chance.sometimes(What::Delivery, order, self.weather.copies, 5) else { return };
            self.after(seconds + [0, 0, 2, 600, 90_000][how], order, Todo::Request(Box::new(act.clone()), 0));
        }
    }

    /// Takes what was sent to the queue.
    pub fn fetch(&mut self) {
        let now = self.now();
        for (stimulus, delay) in self.shop.queue.take() {
            let order = self.number(&stimulus.order_id).unwrap_or(NOBODY);
            let message = Message { seen_from: later(now, i64::from(delay)), stimulus, receives: 0 };
            self.pool.push(Item { at: message.seen_from, order, what: Todo::Message(message) });
        }
    }
}

/// Where an order is placed.
#[must_use]
pub fn channel(order: u16) -> &'static str {
    ["web", "app", "tmall"][usize::from(order % 3)]
}

/// What its channel calls it.
#[must_use]
pub fn place_number(order: u16) -> &'static str {
    name(format!("N-{order}"))
}
