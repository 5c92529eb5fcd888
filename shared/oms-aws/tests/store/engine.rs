//! Engines to test against, by the addresses that the environment names.

use std::io::Write;
use std::sync::Once;
use std::time::Duration;

use oms_aws::{Clients, DynamoOrders, DynamoStock};

use crate::tables;

/// An engine that speaks DynamoDB.
pub struct Engine {
    name: &'static str,
    variable: &'static str,
    said: Once,
}

/// The stores of a case, on tables of their own.
pub type Stores = (DynamoOrders, DynamoStock);

pub static DYNAMODB_LOCAL: Engine =
    Engine { name: "DynamoDB Local", variable: "WAYBILL_DYNAMODB_LOCAL", said: Once::new() };
pub static MINISTACK: Engine = Engine { name: "MiniStack", variable: "WAYBILL_MINISTACK", said: Once::new() };

impl Engine {
    /// Clients of the engine, or none when no address is set: then the skip is said, once, and fails in CI.
    pub async fn clients(&self) -> Option<Clients> {
        if let Ok(address) = std::env::var(self.variable)
            && !address.is_empty()
        {
            return Some(Clients::at(&address).await);
        }
        let skipped = format!("SKIPPED: store against {} (set {} or run cargo local test)", self.name, self.variable);
        assert!(std::env::var_os("CI").is_none(), "{skipped}");
        // Not `eprintln!`, which the test runner swallows when a test passes.
        self.said.call_once(|| writeln!(std::io::stderr(), "{skipped}").expect("standard error"));
        None
    }

    /// Empty stores for a case.
    pub async fn stores(&self, case: &str) -> Option<Stores> {
        let client = self.clients().await?.dynamodb();
        Some(stores_on(&client, case).await)
    }
}

/// Stores on fresh tables.
pub async fn stores_on(client: &aws_sdk_dynamodb::Client, case: &str) -> Stores {
    let run = std::process::id();
    let (orders, stock) = (format!("orders-{run}-{case}"), format!("stock-{run}-{case}"));
    for (logical_id, name) in [("OrdersTable", &orders), ("StockTable", &stock)] {
        let table = tables::of_template(logical_id);
        table.create(client, name).await;
        for _ in 0..100 {
            let state = client.describe_table().table_name(name).send().await.expect("a table").table.expect("a table");
            if state.table_status == Some(aws_sdk_dynamodb::types::TableStatus::Active) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    (DynamoOrders::new(client.clone(), &orders).with_stock_table(&stock), DynamoStock::new(client.clone(), &stock))
}
