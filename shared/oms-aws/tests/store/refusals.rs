//! What the ports say when DynamoDB is not there, or its answer is another than hoped.

use oms_app::error::StoreError;
use oms_app::ports::OrderStore;
use oms_aws::{Clients, DynamoOrders};
use oms_testkit::build::an_order;
use oms_testkit::seeded::SeededIds;
use oms_testkit::time::start;

use crate::engine::DYNAMODB_LOCAL;

#[tokio::test]
async fn nobody_answers() {
    // A port that was free a moment ago.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let orders = DynamoOrders::new(Clients::at(&address).await.dynamodb(), "orders");
    let id = SeededIds::new(1).order_id();
    assert!(matches!(orders.load(&id).await, Err(StoreError::Unavailable(_))));
    let commit = an_order().received(&id, start());
    let Err(StoreError::Unavailable(text)) = orders.commit(&commit).await else { panic!("it answered") };
    assert!(!text.contains("王芳") && !text.contains("TEE-M"), "{text}");
    orders.warm().await;
}

#[tokio::test]
async fn no_such_table() {
    let Some(clients) = DYNAMODB_LOCAL.clients().await else { return };
    let orders = DynamoOrders::new(clients.dynamodb(), "nowhere");
    let id = SeededIds::new(1).order_id();
    assert!(matches!(orders.load(&id).await, Err(StoreError::Unavailable(text)) if text.contains("ResourceNotFound")));
}

#[tokio::test]
async fn stock_without_a_stock_table() {
    let orders = DynamoOrders::new(Clients::at("http://127.0.0.1:1").await.dynamodb(), "orders");
    let mut commit = an_order().received(&SeededIds::new(1).order_id(), start());
    commit.stock = vec![oms_domain::stock::StockMove {
        location_id: oms_testkit::build::location_id("sz-1"),
        sku: oms_testkit::build::sku("TEE-M"),
        on_hand: 0,
        held: 1,
        committed: 0,
        takes: 1,
    }];
    assert!(matches!(orders.commit(&commit).await, Err(StoreError::Malformed(_))));
}
