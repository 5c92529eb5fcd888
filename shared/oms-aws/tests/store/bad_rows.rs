//! Rows that somebody spoilt: every reader answers or says which row is wrong, never panics, and never repeats a row's content,
//! which may be personal. The table is a server that returns whatever the case wants.

use std::cell::Cell;
use std::sync::{Arc, Mutex};

use oms_app::error::StoreError;
use oms_app::pointers::WorkList;
use oms_app::ports::{KeyStore, ListKey, OrderLists, OrderStore, ParkedScan, StockStore, TaskStore, TrackingStore};
use oms_app::timers::{Timer, TimerStore, Watched};
use oms_aws::{Clients, DynamoOrders, DynamoStock, packing};
use oms_domain::body::Provider;
use oms_domain::id::{Carrier, Channel, EventKey, OrderId, TrackingNumber};
use oms_domain::task::{Role, Task, TaskKind};
use oms_testkit::build::{a_location, a_product, an_order, location_id, sku};
use oms_testkit::seeded::SeededIds;
use oms_testkit::spoil;
use oms_testkit::time::start;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

/// What stands in the rows and may stand in no error.
const PERSONAL: &[&str] = &["王芳", "13800000000", "wang@example.com", "科技园路"];

/// A table that keeps what is written and returns what it is told to.
#[derive(Clone, Default)]
struct Table(Arc<Mutex<Rows>>);

#[derive(Default)]
struct Rows {
    written: Vec<Value>,
    returned: Vec<Value>,
}

impl Respond for Table {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let asked = request.headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let mut rows = self.0.lock().unwrap();
        let answer = match asked.rsplit('.').next().unwrap() {
            "PutItem" => {
                rows.written.push(body["Item"].clone());
                json!({})
            }
            "TransactWriteItems" => {
                let items = body["TransactItems"].as_array().unwrap();
                rows.written
                    .extend(items.iter().map(|item| item["Put"]["Item"].clone()).filter(|item| item.is_object()));
                json!({})
            }
            "Query" => json!({ "Items": rows.returned }),
            "GetItem" => json!({ "Item": rows.returned.first() }),
            "UpdateItem" => json!({ "Attributes": rows.returned.first() }),
            "BatchGetItem" => {
                let table = body["RequestItems"].as_object().unwrap().keys().next().unwrap().clone();
                json!({ "Responses": { table: rows.returned } })
            }
            _ => json!({}),
        };
        ResponseTemplate::new(200).set_body_raw(answer.to_string(), "application/x-amz-json-1.0")
    }
}

impl Table {
    fn returns(&self, items: Vec<Value>) {
        self.0.lock().unwrap().returned = items;
    }
}

struct Stores {
    orders: DynamoOrders,
    stock: DynamoStock,
    order_id: OrderId,
    carrier: Carrier,
    number: TrackingNumber,
}

impl Stores {
    /// Writes a row of each kind.
    async fn write(&self) {
        let orders = &self.orders;
        orders.commit(&an_order().received(&self.order_id, start())).await.unwrap();
        self.stock.put_product(&a_product("TEE-M", "99.00")).await.unwrap();
        self.stock.put_location(&a_location("sz-1", "广东省", "深圳市", 1)).await.unwrap();
        self.stock.set_count(&location_id("sz-1"), &sku("TEE-M"), 5, 1, None).await.unwrap();
        let scan = ParkedScan {
            carrier: self.carrier.clone(),
            tracking_number: self.number.clone(),
            event_id: EventKey::parse("standard:evt_1").unwrap(),
            status: "in_transit".into(),
            occurred_at: start(),
            at: start(),
        };
        orders.park_scan(&scan).await.unwrap();
        let task = Task {
            task_id: "stock_short-sz-1-TEE-M".into(),
            kind: TaskKind::StockShort,
            order_id: None,
            role: Role::Warehouse,
            since: start(),
            reason: "short".into(),
            answers: Vec::new(),
        };
        orders.open(&task).await.unwrap();
        let timer = Timer { at: start(), of: Watched::Order { order_id: self.order_id.clone() } };
        orders.set(&timer).await.unwrap();
    }

    /// Everything that reads, and what it complained of.
    async fn read(&self) -> Vec<StoreError> {
        let (orders, stock) = (&self.orders, &self.stock);
        let mut all = Vec::new();
        let mut tell = |error: Option<StoreError>| all.extend(error);
        tell(orders.load(&self.order_id).await.err());
        tell(orders.parked_facts(&self.order_id).await.err());
        tell(orders.order_of_payment(Provider::Stripe, "pi_1").await.err());
        tell(orders.orders(&ListKey::Customer("c-1".into()), None, 5).await.err());
        let day = ListKey::Day("2026-11-11".into(), Channel::parse("web").unwrap());
        tell(orders.orders(&day, None, 5).await.err());
        tell(orders.tasks(Role::Support, None, 5).await.err());
        tell(orders.shipments(&location_id("sz-1"), WorkList::Open, None, 5).await.err());
        tell(orders.shipment(&self.carrier, &self.number).await.err());
        tell(orders.parked_scans(&self.carrier, &self.number).await.err());
        tell(orders.due(0, start(), 5).await.err());
        tell(orders.lease("storefront", "key", "hash", &self.order_id, start(), start()).await.err());
        tell(stock.levels(&[sku("TEE-M")]).await.err());
        tell(stock.goods(&[sku("TEE-M")]).await.err());
        tell(stock.locations().await.err());
        tell(stock.set_count(&location_id("sz-1"), &sku("TEE-M"), 3, 0, Some(1)).await.err());
        all
    }
}

#[test]
fn spoilt_rows_are_read_or_refused_by_name() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (table, stores, _server) = runtime.block_on(async {
        let (table, server) = (Table::default(), MockServer::start().await);
        Mock::given(any()).respond_with(table.clone()).mount(&server).await;
        let client = Clients::at(&server.uri()).await.dynamodb();
        let stores = Stores {
            orders: DynamoOrders::new(client.clone(), "orders").with_stock_table("stock"),
            stock: DynamoStock::new(client, "stock"),
            order_id: SeededIds::new(1).order_id(),
            carrier: Carrier::parse("standard").unwrap(),
            number: TrackingNumber::parse("SF1").unwrap(),
        };
        stores.write().await;
        (table, stores, server)
    });
    let rows = std::mem::take(&mut table.0.lock().unwrap().written);
    assert!(rows.len() >= 7, "a row of each kind: {rows:#?}");
    let (read, refused) = (Cell::new(0), Cell::new(0));
    // A row that is right is first in half of the cases, so that readers get beyond it.
    let spoilt =
        (prop::collection::vec(spoil::spoiled(rows.clone()), 0..3), prop::option::of(prop::sample::select(rows)));
    TestRunner::new(spoil::cases(60))
        .run(&spoilt, |(spoilt, right)| {
            table.returns(right.into_iter().chain(spoilt).filter(Value::is_object).collect());
            let errors = runtime.block_on(stores.read());
            refused.set(refused.get() + usize::from(!errors.is_empty()));
            read.set(read.get() + usize::from(errors.len() < 15));
            for error in errors {
                let told = error.to_string();
                prop_assert!(PERSONAL.iter().all(|part| !told.contains(part)), "{told}");
            }
            Ok(())
        })
        .unwrap();
    assert!(read.get() > 10 && refused.get() > 10, "{read:?} read, {refused:?} refused");
}

proptest! {
    #![proptest_config(spoil::cases(2_000))]

    #[test]
    fn any_bytes_are_unpacked_or_refused(bytes in any_bytes()) {
        let _text_or_refused = packing::unpack(&bytes);
    }

    #[test]
    fn any_text_as_a_key(text in prop_oneof![spoil::text(), "[OESTNKXD]#.{0,40}", "O#[0-9A-Z]{20,32}", "E#[0-9]{0,30}"]) {
        let _parsed = (oms_aws::keys::order_of(&text), oms_aws::keys::seq_of(&text), oms_aws::keys::shard(&text, 8));
    }
}

fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(proptest::num::u8::ANY, 0..200)
}
