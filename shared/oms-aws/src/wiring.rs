//! The ports that most functions need, made once from the names of the tables.

use std::sync::Arc;

use oms_app::engine::Engine;
use oms_domain::policy::Policy;

use crate::{Clients, DynamoOrders, DynamoStock, JitteredBackoff, SqsStimuli, SystemClock};

/// The tables behind their ports.
#[derive(Clone)]
pub struct Tables {
    /// Orders, keys, lists, tasks, tracking numbers, timers.
    pub orders: Arc<DynamoOrders>,
    /// Stock, catalogue, locations.
    pub stock: Arc<DynamoStock>,
}

impl Tables {
    /// On the tables with these names.
    #[must_use]
    pub fn new(clients: &Clients, orders_table: &str, stock_table: &str) -> Self {
        let dynamodb = clients.dynamodb();
        Self {
            orders: Arc::new(DynamoOrders::new(dynamodb.clone(), orders_table).with_stock_table(stock_table)),
            stock: Arc::new(DynamoStock::new(dynamodb, stock_table)),
        }
    }

    /// The engine that changes orders on these tables.
    #[must_use]
    pub fn engine(&self, clients: &Clients, queue_url: &str, policy: Policy) -> Engine {
        Engine {
            orders: self.orders.clone(),
            timers: self.orders.clone(),
            stock: self.stock.clone(),
            queue: Arc::new(SqsStimuli::new(clients.sqs(), queue_url)),
            clock: Arc::new(SystemClock),
            backoff: Arc::new(JitteredBackoff),
            policy,
        }
    }
}
