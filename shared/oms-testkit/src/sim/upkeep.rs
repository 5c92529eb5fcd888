//! The one place that knows how the shop keeps itself going: how commits leave, and when the sweep finds something.

use futures::FutureExt;
use jiff::Timestamp;
use oms_app::ports::{LoadedOrder, OrderStore};
use oms_app::timers::{Timer, Watched};
use oms_domain::event::CommitRecord;
use oms_domain::id::OrderId;
use oms_domain::order::Order;

use crate::shop::work::{Failed, Look, later};
use crate::shop::{Shop, checks};

/// How long after its time a timer is looked at, in seconds.
const GRACE: i64 = 20;

/// The commits that the table's stream has and nobody has read.
#[must_use]
pub fn unread(shop: &Shop) -> Vec<CommitRecord> {
    shop.store.stream(shop.streamed)
}

/// A batch of the table's stream.
///
/// # Errors
/// What the publisher says: the stream brings the batch again.
pub async fn publish(worker: Shop, commits: Vec<CommitRecord>) -> Result<(), Failed> {
    worker.call(worker.publisher().publish(&commits)).await.map(|_| ())
}

/// One run of the sweep.
///
/// # Errors
/// None: what fails in it is looked at again by the next.
pub async fn sweep(worker: Shop) -> Result<(), Failed> {
    worker.sweep_all().await;
    Ok(())
}

/// When the sweep next finds something: an order not before the time that `from` says, or not at all.
#[must_use]
pub fn next_look(shop: &Shop, from: impl Fn(&OrderId) -> Option<Timestamp>) -> Option<Timestamp> {
    let look = |timer: &Timer| match &timer.of {
        Watched::Order { order_id } => from(order_id).map(|from| timer.at.max(from)),
        Watched::Entry { .. } | Watched::Fact { .. } | Watched::Scan { .. } => Some(timer.at),
    };
    shop.store.all_timers().iter().filter_map(look).min().map(|at| later(at, GRACE))
}

/// Whether the sweep would find an order that needs work, if everything that is under way were lost now.
///
/// # Panics
/// When it would not.
pub fn is_found(shop: &Shop, order: &Order, now: Timestamp) {
    let far = later(now, 100 * 86_400);
    checks::found_by_the_sweep(shop, order, &Look { orders: Vec::new(), timers: shop.timers(far), far });
}

/// An order as the table has it, past all faults.
///
/// # Panics
/// When its rows cannot be read.
#[must_use]
pub fn loaded(shop: &Shop, id: &OrderId) -> Option<LoadedOrder> {
    let load = shop.store.load(id).now_or_never();
    load.expect("memory answers at once").expect("rows that can be read")
}

/// Whether an error will not go away by itself.
#[must_use]
pub fn lasts(failed: &Failed) -> bool {
    match failed {
        Failed::Died => false,
        Failed::Error(error) => !error.is_transient(),
        Failed::NotTaken(_) => true,
    }
}
