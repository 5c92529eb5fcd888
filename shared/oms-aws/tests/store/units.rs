//! What calls cost, by what DynamoDB itself says that it consumed. `docs/tables.md` has the same table:
//! `cargo test -p oms-aws --test store units -- --nocapture` prints it anew.

use std::fmt::Write as _;

use jiff::SignedDuration;
use oms_app::pointers::{Pointer, WorkEntry, WorkList};
use oms_app::ports::{
    Commit, KeyStore, ListKey, OrderLists, OrderStore, ParkedFact, SideRow, Span, StockStore, TrackingStore,
};
use oms_app::timers::{Timer, TimerStore, Watched};
use oms_aws::meter::Meter;
use oms_domain::body::Provider;
use oms_domain::event::OrderEvent;
use oms_domain::id::{Carrier, EventKey, PaymentId, ShipmentId, TrackingNumber};
use oms_domain::ledger::{Account, Entry, Posting};
use oms_domain::payment::{PaymentFact, PaymentFactKind};
use oms_domain::stock::StockMove;
use oms_domain::task::{Answer, Role, Task, TaskKind};
use oms_domain::terms::Terms;
use oms_testkit::build::{a_location, a_product, an_order, cny, location_id, next_commit, sku};
use oms_testkit::seeded::SeededIds;
use oms_testkit::time::start;

use crate::engine::{DYNAMODB_LOCAL, stores_on};

/// The table as it is measured.
struct Sheet {
    meter: Meter,
    text: String,
    rows: Vec<(&'static str, u64, u64)>,
}

impl Sheet {
    /// Notes what was consumed since the last row.
    fn row(&mut self, what: &'static str) {
        let sum = self.meter.take_sum();
        let units = |tenths: u64| format!("{}.{}", tenths / 10, tenths % 10);
        let (writes, reads) = (units(sum.write_tenths), units(sum.read_tenths));
        writeln!(self.text, "| {what} | {} | {writes} | {reads} |", sum.calls).unwrap();
        self.rows.push((what, sum.write_tenths, sum.read_tenths));
    }
}

fn moves(on_hand: i64, held: i64, committed: i64, takes: i64) -> Vec<StockMove> {
    let of =
        |name: &str| StockMove { location_id: location_id("sz-1"), sku: sku(name), on_hand, held, committed, takes };
    vec![of("TEE-M"), of("MUG")]
}

fn follow(before: &Commit, event: OrderEvent) -> Commit {
    next_commit(&before.record, "system", before.record.at, vec![event])
}

#[tokio::test]
async fn of_every_call() {
    let Some(clients) = DYNAMODB_LOCAL.clients().await else { return };
    let meter = Meter::default();
    let (orders, stock) = stores_on(&clients.dynamodb_metered(&meter), "units").await;
    for name in ["TEE-M", "MUG"] {
        stock.set_count(&location_id("sz-1"), &sku(name), 100, 0, None).await.unwrap();
        stock.put_product(&a_product(name, "99.00")).await.unwrap();
    }
    stock.put_location(&a_location("sz-1", "广东省", "深圳市", 1)).await.unwrap();
    let mut sheet = Sheet { meter, text: String::new(), rows: Vec::new() };
    let _ = sheet.meter.take();

    let id = SeededIds::new(1).order_id();
    let skus = [sku("TEE-M"), sku("MUG")];
    orders.lease("storefront", "key-1", &"0".repeat(64), &id, start(), start()).await.unwrap();
    sheet.row("intake: a fresh key");

    let mut one = an_order().line("MUG", 1, "30.00").received(&id, start());
    let timer = Timer { at: start(), of: Watched::Order { order_id: id.clone() } };
    orders.set(&timer).await.unwrap();
    sheet.row("set a timer");
    one.timer = Some(timer.at);
    orders.commit(&one).await.unwrap();
    sheet.row("commit of a new order, 2 lines (in the customer and day indexes)");

    let two = follow(&one, OrderEvent::Validated);
    orders.commit(&two).await.unwrap();
    sheet.row("commit of one event, nothing beside it");

    let mut three = follow(&two, OrderEvent::PaymentRequested { deadline: start(), terms: Terms::default() });
    three.stock = moves(0, 1, 0, 1);
    orders.commit(&three).await.unwrap();
    sheet.row("commit with stock of 2 SKUs (a transaction)");

    let mut four =
        follow(&three, OrderEvent::PaymentCaptured { payment_id: PaymentId::number(1), captured: cny("186.00") });
    four.payment = Some((Provider::Stripe, "pi_3MtwBwLkdIwHu7ix28a3tqPa".into()));
    orders.commit(&four).await.unwrap();
    sheet.row("commit that makes a payment's id known (in the payment index)");

    let mut money = follow(&four, OrderEvent::Noted { what: "money".into(), detail: String::new(), released: None });
    let currency = cny("1.00").currency();
    let entry = |account, minor| Entry { account, minor };
    let entries = vec![entry(Account::Captured(Provider::Stripe), 18_600), entry(Account::Suspense, -18_600)];
    money.record.postings =
        vec![Posting { event: "payment_captured".into(), subject: None, reference: None, currency, entries }];
    orders.commit(&money).await.unwrap();
    sheet.row("commit that moves money (in the ledger index)");

    let mut five = follow(&money, OrderEvent::FulfilmentStarted);
    let shipment_id = ShipmentId::of(&id, 1);
    let entry =
        |list| WorkEntry { location_id: location_id("sz-1"), list, since: start(), shipment_id: shipment_id.clone() };
    five.stock = moves(0, -1, 1, 0);
    orders.commit(&five).await.unwrap();
    let _ = sheet.meter.take();
    orders.point(&Pointer::Work(entry(WorkList::Open))).await.unwrap();
    sheet.row("a shipment enters a list of its location");

    let mut six = follow(&five, OrderEvent::Confirmed);
    six.stock = moves(-1, 0, -1, 0);
    orders.commit(&six).await.unwrap();
    let _ = sheet.meter.take();
    let (carrier, tracking_number) = (Carrier::parse("standard").unwrap(), TrackingNumber::parse("SF100").unwrap());
    let number = Pointer::Tracking {
        carrier: carrier.clone(),
        tracking_number: tracking_number.clone(),
        shipment_id: shipment_id.clone(),
    };
    orders.point(&number).await.unwrap();
    sheet.row("a tracking number becomes known");
    orders.leave(&entry(WorkList::Open)).await.unwrap();
    sheet.row("a shipment leaves a list");

    let task = Task {
        task_id: format!("{id}.h1"),
        kind: TaskKind::Hold,
        role: Role::Support,
        order_id: Some(id.clone()),
        reason: "manual_review: the total is above the limit".into(),
        since: start(),
        answers: vec![Answer::post("release", format!("/v1/orders/{id}/holds/h1/release")); 2],
    };
    let mut seven = follow(&six, OrderEvent::Completed);
    seven.rows = vec![SideRow::OpenTask(task.clone())];
    orders.commit(&seven).await.unwrap();
    sheet.row("commit that opens a task");
    let mut eight = follow(&seven, OrderEvent::Closed);
    eight.rows = vec![SideRow::CloseTask { task_id: task.task_id }];
    orders.commit(&eight).await.unwrap();
    sheet.row("commit that closes a task");

    let fact = PaymentFact {
        key: EventKey::parse("stripe:evt_1").unwrap(),
        provider: Provider::Stripe,
        provider_payment_id: "pi_1".into(),
        reference: None,
        live: false,
        kind: PaymentFactKind::Captured { amount: cny("186.00") },
        fees: Vec::new(),
    };
    let early = SeededIds::new(2).order_id();
    orders.park_fact(&early, &ParkedFact { fact, at: start() }).await.unwrap();
    sheet.row("park a callback that came before its order");

    orders.load(&id).await.unwrap().unwrap();
    sheet.row("load of the order, 9 commits");
    orders.load_from_replica(&id).await.unwrap().unwrap();
    sheet.row("the same from one replica");
    stock.levels(&skus).await.unwrap();
    sheet.row("stock levels of 2 SKUs, one location each");
    stock.goods(&skus).await.unwrap();
    sheet.row("2 products with their levels");
    stock.locations().await.unwrap();
    sheet.row("all locations (one)");
    orders.shipment(&carrier, &tracking_number).await.unwrap();
    sheet.row("look-up of a tracking number");
    orders.order_of_payment(Provider::Stripe, "pi_1").await.unwrap();
    sheet.row("look-up of a payment's id");
    orders.orders(&ListKey::Customer("c-1".into()), None, 20).await.unwrap();
    sheet.row("page of a customer's orders (ids)");
    orders.orders(&ListKey::Day("2026-11-11".into(), one.record.channel.clone()), None, 20).await.unwrap();
    sheet.row("page of a day's orders (ids, 4 partitions)");
    let until = start().checked_add(SignedDuration::from_hours(24)).unwrap();
    assert_eq!(orders.ledger(&Span { from: start(), until }, None, 20).await.unwrap().items.len(), 1);
    sheet.row("page of a day's ledger (8 partitions, one commit)");
    for shard in 0..orders.shards() {
        orders.due(shard, start(), 200).await.unwrap();
    }
    sheet.row("a sweep of all 8 shards that finds one timer");
    orders.clear(0, &timer).await.unwrap();
    sheet.row("clear a timer");

    println!("| call | calls | write units | read units |\n| --- | ---: | ---: | ---: |\n{}", sheet.text);
    // Bounds rather than figures: a longer name may cost another unit, a forgotten index costs one everywhere.
    let writes = |what: &str| sheet.rows.iter().find(|row| row.0.starts_with(what)).map(|row| row.1).unwrap();
    assert!(writes("commit of one event") <= 10);
    assert!(writes("set a timer") <= 10);
    assert!(writes("a shipment enters a list") <= 10);
    assert!(writes("commit with stock of 2 SKUs (a") <= 80);
}
