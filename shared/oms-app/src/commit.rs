//! From a decision to what is stored: the order's new row, the stock that moves with it, the rows that people read.

use jiff::Timestamp;
use oms_domain::body::Provider;
use oms_domain::decide;
use oms_domain::desk;
use oms_domain::event::{Actor, CommitRecord, OrderEvent};
use oms_domain::id::EventKey;
use oms_domain::ledger;
use oms_domain::order::Order;
use oms_domain::policy::Policy;
use oms_domain::stock;
use oms_domain::wake;

use crate::pointers::pointers;
use crate::ports::{Commit, SideRow};

/// The commit that stores these events as the order's next number, and the order after it.
pub(crate) fn commit(
    before: &Order,
    events: Vec<OrderEvent>,
    actor: &Actor,
    cause: Option<EventKey>,
    policy: &Policy,
    now: Timestamp,
) -> (Commit, Order) {
    let record = CommitRecord {
        order_id: before.id.clone(),
        seq: before.version + 1,
        first_event: before.event_count + 1,
        at: now,
        actor: actor.clone(),
        cause,
        channel: before.body.channel.clone(),
        channel_order_id: before.body.channel_order_id.clone(),
        postings: ledger::postings(before, &events, now),
        events,
    };
    let mut after = decide::after(before, &record.events, now);
    after.version = record.seq;
    after.event_count += record.events.len() as u64;
    after.updated_at = now;
    after.applied.extend(record.cause.clone());
    let (points, stale) = pointers(before, &after);
    let commit = Commit {
        stock: stock::moves(&before.reservations, &after.reservations),
        rows: side_rows(before, &after),
        points,
        stale,
        work_at: wake::next_wake(&after, policy),
        timer: None,
        payment: identified(before, &after),
        record,
    };
    (commit, after)
}

/// The provider's own id of a payment that these events made known.
fn identified(before: &Order, after: &Order) -> Option<(Provider, String)> {
    after.payments.iter().filter(|p| !p.provider.is_promise()).find_map(|p| {
        let known = before.payment(&p.id).and_then(|b| b.provider_payment_id.as_ref());
        let now = p.provider_payment_id.as_ref()?;
        (known != Some(now)).then(|| (p.provider, now.clone()))
    })
}

/// What changed for people: tasks.
fn side_rows(before: &Order, after: &Order) -> Vec<SideRow> {
    let (old, new) = (desk::tasks(before), desk::tasks(after));
    let mut rows = Vec::new();
    for task in &new {
        if !old.contains(task) {
            rows.push(SideRow::OpenTask(task.clone()));
        }
    }
    for task in &old {
        if !new.iter().any(|t| t.task_id == task.task_id) {
            rows.push(SideRow::CloseTask { task_id: task.task_id.clone() });
        }
    }
    rows
}
