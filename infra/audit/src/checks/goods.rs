//! Whether goods may move.

use oms_domain::event::{CommitRecord, OrderEvent};
use oms_domain::order::Order;
use oms_domain::status::ShipmentStatus;

use super::Findings;
use crate::report::Check;

/// Nothing is planned, or handed to a location, while a hold is active or the order is being undone, or unless it is covered.
pub(super) fn event(before: &Order, event: &OrderEvent, findings: &mut Findings<'_>) {
    let handed = matches!(event, OrderEvent::ShipmentMoved { to: ShipmentStatus::Released, .. });
    if handed || matches!(event, OrderEvent::ShipmentPlanned { .. } | OrderEvent::DigitalDelivered) {
        let by = event.name();
        findings.hold(Check::HeldGoods, !before.is_held(), || format!("{by} while a hold is active"));
        findings.hold(Check::HeldGoods, !before.is_undone(), || format!("{by} while the order is undone"));
    }
    if matches!(event, OrderEvent::Confirmed) {
        findings.hold(Check::HeldGoods, before.is_covered(), || "confirmed, and not covered".into());
    }
}

/// A location that ships a held order all the same has done so: then people are told in the same commit.
pub(super) fn commit(before: &Order, after: &Order, record: &CommitRecord, findings: &mut Findings<'_>) {
    let left = |order: &Order| order.shipments.iter().filter(|s| s.status.has_shipped()).count();
    let raised = record.events.iter().any(|event| matches!(event, OrderEvent::AnomalyRaised { .. }));
    let silent = before.is_held() && left(after) > left(before) && !raised;
    findings.hold(Check::HeldGoods, !silent, || format!("shipped while held, and commit {} tells nobody", record.seq));
}
