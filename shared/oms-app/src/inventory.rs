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
        let known = self.stock.levels(std::slice::from_ref(sku)).await?;
        let before = known.into_iter().find(|l| l.location_id == *location);
        let before = before.unwrap_or_else(|| StockLevel::empty(location.clone(), sku.clone()));
        let coming = StockLevel { on_hand: i64::from(on_hand), ..before };
        if coming.short() > 0 && expected.is_none_or(|version| version == coming.version) {
            // Before the count is stored: who dies in between leaves a task too many, which the next count closes,
            // and not one too few, of which nobody would ever hear.
            self.tasks.open(&self.short(&coming)).await?;
        }
        let level = self.stock.set_count(location, sku, on_hand, safety_stock, expected).await?;
        let task = self.short(&level);
        if level.short() > 0 {
            self.tasks.open(&task).await?;
        } else {
            self.tasks.close(&task.task_id).await?;
        }
        Ok(level)
    }

    /// The task for a shelf that has fewer units than are promised.
    fn short(&self, level: &StockLevel) -> Task {
        let StockLevel { location_id: location, sku, on_hand, held, committed, .. } = level;
        let task_id = format!("stock_short-{location}-{sku}");
        let answers = vec![
            Answer {
                answer: "count".into(),
                method: "PUT".into(),
                path: format!("/v1/stock/{location}/{sku}"),
                body: None,
            },
            Answer::post("dismiss", format!("/v1/tasks/{task_id}/dismiss")),
        ];
        Task {
            task_id,
            kind: TaskKind::StockShort,
            role: Role::Warehouse,
            order_id: None,
            reason: format!("{sku} at {location}: {on_hand} counted, {} promised", held + committed),
            since: self.clock.now(),
            answers,
        }
    }
}
