//! Counting stock.

use std::sync::Arc;

use oms_domain::id::{LocationId, Sku};
use oms_domain::stock::StockLevel;
use oms_domain::task::{Answer, Role, Task, TaskKind};

use crate::error::AppError;
use crate::ports::{Clock, StockStore, TaskStore};

/// Stock, as people count it.
#[derive(Clone)]
pub struct Inventory {
    /// Stock.
    pub stock: Arc<dyn StockStore>,
    /// Tasks.
    pub tasks: Arc<dyn TaskStore>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl Inventory {
    /// Takes a count as it comes. One below what is promised raises a task; one that covers it closes the task.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for an unknown location, the store's `VersionTaken` when `expected` is out of date.
    pub async fn count(
        &self,
        location: &LocationId,
        sku: &Sku,
        on_hand: u32,
        safety_stock: u32,
        expected: Option<u64>,
    ) -> Result<StockLevel, AppError> {
        if !self.stock.locations().await?.iter().any(|l| l.location_id == *location) {
            return Err(AppError::NotFound("location"));
        }
        let level = self.stock.set_count(location, sku, on_hand, safety_stock, expected).await?;
        let task_id = format!("stock_short-{location}-{sku}");
        if level.short() > 0 {
            let reason =
                format!("{sku} at {location}: {} counted, {} promised", level.on_hand, level.held + level.committed);
            let answers = vec![
                Answer {
                    answer: "count".into(),
                    method: "PUT".into(),
                    path: format!("/v1/stock/{location}/{sku}"),
                    body: None,
                },
                Answer::post("dismiss", format!("/v1/tasks/{task_id}/dismiss")),
            ];
            let task = Task {
                task_id,
                kind: TaskKind::StockShort,
                role: Role::Warehouse,
                order_id: None,
                reason,
                since: self.clock.now(),
                answers,
            };
            self.tasks.open(&task).await?;
        } else {
            self.tasks.close(&task_id).await?;
        }
        Ok(level)
    }
}
