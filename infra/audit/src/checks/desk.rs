//! What people look at, against what the order's state asks for.

use std::collections::BTreeMap;

use oms_aws::keys;
use oms_domain::desk;
use oms_domain::order::Order;
use oms_domain::task::Task;

use super::Findings;
use crate::beside::{self, Beside};
use crate::report::Check;
use crate::rows::OrderRows;

/// The stored tasks are exactly those of the order's state, each on its desk. Their wording may be an older release's.
pub(super) fn tasks(rows: &OrderRows, order: &Order, findings: &mut Findings<'_>) {
    let mut wanted: BTreeMap<String, Task> =
        desk::tasks(order).into_iter().map(|task| (keys::task(&task.task_id), task)).collect();
    for (place, stored) in &rows.tasks {
        let Some(task) = wanted.remove(place) else {
            findings.note(Check::Tasks, format!("{place} is open, and nothing asks for it"));
            continue;
        };
        let same = (task.kind, task.role, task.since, &task.order_id, &task.answers)
            == (stored.task.kind, stored.task.role, stored.task.since, &stored.task.order_id, &stored.task.answers);
        findings.hold(Check::Tasks, same, || format!("{place} is not the task that the order's state asks for"));
        let desk = (
            Some(keys::tasks_of(task.role)),
            Some(keys::task_since(task.since, task.order_id.as_ref(), &task.task_id)),
        );
        findings.hold(Check::Tasks, stored.desk == desk, || format!("{place} is on the wrong desk"));
    }
    for (place, task) in wanted {
        findings.note(Check::Tasks, format!("{place} ({}) is missing", task.kind.name()));
    }
}

/// Each shipment stands in its location's list, and is found by its tracking number.
pub(super) fn pointers(order: &Order, beside: &Beside, findings: &mut Findings<'_>) {
    for shipment in &order.shipments {
        let entry = beside::entry(shipment);
        findings.hold(Check::WorkList, beside.pointers.contains(&entry), || {
            format!("{} does not stand in {}", shipment.id, entry.0)
        });
        let found = beside::number(shipment).is_none_or(|number| beside.pointers.contains(&number));
        findings.hold(Check::Tracking, found, || format!("{} is not found by its tracking number", shipment.id));
    }
}
