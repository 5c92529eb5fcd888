//! What people look up: pages of orders, of shipments, of tasks.

use std::sync::Arc;

use futures::stream::{self, StreamExt, TryStreamExt};
use oms_domain::event::CommitRecord;
use oms_domain::id::{Channel, LocationId, OrderId};
use oms_domain::order::Order;
use oms_domain::status::{OrderStatus, ShipmentStatus};
use oms_domain::task::{Role, Task, TaskKind};

use crate::error::{AppError, StoreError};
use crate::pointers::WorkList;
use crate::ports::{ListKey, LoadedOrder, OrderLists, OrderStore, Page, Span};

/// How many orders are read at once for a page.
const READS_AT_ONCE: usize = 10;

/// Look-ups.
#[derive(Clone)]
pub struct Queries {
    /// Orders.
    pub orders: Arc<dyn OrderStore>,
    /// Lists.
    pub lists: Arc<dyn OrderLists>,
}

impl Queries {
    /// A page of orders, newest first. Filters apply to the page, which may so be short; `next` says whether more follow.
    ///
    /// # Errors
    /// The store's error.
    pub async fn orders(
        &self,
        key: &ListKey,
        status: Option<OrderStatus>,
        visible: impl Fn(&Channel) -> bool,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page<LoadedOrder>, AppError> {
        let page = self.lists.orders(key, cursor, limit).await?;
        let mut items = self.load(page.items).await?;
        items.retain(|l| visible(&l.order.body.channel) && status.is_none_or(|s| s == l.order.status));
        Ok(Page { items, next: page.next })
    }

    /// A page of a location's shipments, each with its order, oldest first: of one list, or of both, first those that
    /// it still has to work on.
    ///
    /// # Errors
    /// The store's error.
    pub async fn shipments(
        &self,
        location: &LocationId,
        list: Option<WorkList>,
        status: Option<ShipmentStatus>,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page<(oms_domain::id::ShipmentId, Order)>, AppError> {
        let both = list.is_none();
        let (list, mut cursor) = match cursor.map(parts).transpose()? {
            Some(("done", rest)) => (WorkList::Done, Some(rest)),
            Some(("open", rest)) => (WorkList::Open, Some(rest)),
            Some(_) => return Err(StoreError::BadCursor.into()),
            None => (list.unwrap_or(WorkList::Open), None),
        };
        cursor = cursor.filter(|c| !c.is_empty());
        let page = self.lists.shipments(location, list, cursor, limit).await?;
        let next = match (page.next, list) {
            (Some(next), WorkList::Open) => Some(format!("open~{next}")),
            (Some(next), WorkList::Done) => Some(format!("done~{next}")),
            (None, WorkList::Open) if both => Some("done~".to_owned()),
            (None, WorkList::Open | WorkList::Done) => None,
        };
        let order_ids: Vec<OrderId> = page.items.iter().filter_map(|entry| entry.shipment_id.order()).collect();
        let orders = self.load(order_ids).await?;
        let mut items = Vec::new();
        for entry in page.items {
            let of_it = |l: &&LoadedOrder| entry.shipment_id.order().as_ref() == Some(&l.order.id);
            let Some(order) = orders.iter().find(of_it).map(|l| &l.order) else { continue };
            // An entry is written before its shipment: one without may be a moment early, or have come to nothing.
            let Some(shipment) = order.shipment(&entry.shipment_id) else { continue };
            let done = WorkList::of(shipment) == WorkList::Done;
            if shipment.location_id != entry.location_id || (done && entry.list == WorkList::Open) {
                self.orders.leave(&entry).await?;
            } else if !done && entry.list == WorkList::Done {
                // Early too: its commit is under way. Taken out now, it would be missing when that is stored.
            } else if status.is_none_or(|s| s == shipment.status) {
                items.push((entry.shipment_id, order.clone()));
            }
        }
        Ok(Page { items, next })
    }

    /// A page of tasks of some roles, one role after another, oldest first.
    ///
    /// # Errors
    /// The store's error.
    pub async fn tasks(
        &self,
        roles: &[Role],
        kind: Option<TaskKind>,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page<Task>, AppError> {
        let (first, mut cursor) = match cursor.map(parts).transpose()? {
            Some((role, rest)) => {
                let at = Role::from_name(role).and_then(|role| roles.iter().position(|r| *r == role));
                (at.ok_or(StoreError::BadCursor)?, Some(rest).filter(|r| !r.is_empty()))
            }
            None => (0, None),
        };
        let roles: Vec<Role> = roles.iter().copied().skip(first).collect();
        let mut items: Vec<Task> = Vec::new();
        for (i, role) in roles.iter().enumerate() {
            let left = limit.saturating_sub(u32::try_from(items.len()).unwrap_or(limit)).max(1);
            let page = self.lists.tasks(*role, cursor.take(), left).await?;
            items.extend(page.items.into_iter().filter(|t| kind.is_none_or(|k| k == t.kind)));
            if let Some(next) = page.next {
                return Ok(Page { items, next: Some(format!("{}~{next}", role.name())) });
            }
            if items.len() >= limit as usize {
                let next = roles.get(i + 1).map(|r| format!("{}~", r.name()));
                return Ok(Page { items, next });
            }
        }
        Ok(Page { items, next: None })
    }

    /// A page of the commits that moved money in a span of time, oldest first.
    ///
    /// # Errors
    /// The store's error.
    pub async fn ledger(&self, span: &Span, cursor: Option<&str>, limit: u32) -> Result<Page<CommitRecord>, AppError> {
        Ok(self.lists.ledger(span, cursor, limit).await?)
    }

    async fn load(&self, mut ids: Vec<OrderId>) -> Result<Vec<LoadedOrder>, AppError> {
        ids.dedup();
        let loads = ids.into_iter().map(|id| async move { self.orders.load(&id).await });
        let loaded: Vec<Option<LoadedOrder>> = stream::iter(loads).buffered(READS_AT_ONCE).try_collect().await?;
        Ok(loaded.into_iter().flatten().collect())
    }
}

/// A cursor over several lists: which of them, and where in it.
fn parts(cursor: &str) -> Result<(&str, &str), StoreError> {
    cursor.split_once('~').ok_or(StoreError::BadCursor)
}
