//! Tasks that belong to no order, in a partition of their own. Those of orders are written and deleted by the order's
//! commits alone, and cannot be closed here: an order that waits for a person must not lose its task by another way.

use async_trait::async_trait;
use oms_app::error::StoreError;
use oms_app::ports::TaskStore;
use oms_domain::task::Task;

use crate::commit;
use crate::keys;
use crate::orders::DynamoOrders;
use crate::rows::Row;

#[async_trait]
impl TaskStore for DynamoOrders {
    async fn open(&self, task: &Task) -> Result<(), StoreError> {
        let row = commit::task_row(Row::new(keys::LOOSE_TASKS, keys::task(&task.task_id)), task)?;
        // Whether it was there already is all the same: it waits since it was first opened.
        let _opened_before = self.table.put_if(row.item(), commit::UNWRITTEN, &[], vec![]).await?;
        Ok(())
    }

    async fn close(&self, task_id: &str) -> Result<bool, StoreError> {
        self.table.delete(keys::LOOSE_TASKS, &keys::task(task_id)).await
    }
}
