//! Whether something will ever happen to an order that is not over.

use std::collections::BTreeSet;

use oms_domain::capture::CaptureWhen;
use oms_domain::desk;
use oms_domain::machine::Machine;
use oms_domain::order::Order;
use oms_domain::policy::Policy;
use oms_domain::status::{CaptureStatus, RefundStatus};
use oms_domain::wake;

use super::Findings;
use crate::beside::Beside;
use crate::report::Check;

pub(super) fn check(order: &Order, beside: &Beside, findings: &mut Findings<'_>) {
    let wakes = wake::next(order, &nominal_policy());
    let waits = wakes.is_some() || !desk::tasks(order).is_empty() || is_over(order);
    findings.hold(Check::Waits, waits, || {
        format!("{}, and neither a time nor a person will move it", oms_domain::machine::Machine::name(order.status))
    });
    findings.hold(Check::WakeRow, wakes.is_none() || beside.timed.contains(&order.id), || {
        let work = wakes.map_or("", |(_, work)| work.name());
        format!("waits for {work}, and no timer would wake it")
    });
}

/// Whether an order has reached its end and owes nothing.
pub(super) fn is_over(order: &Order) -> bool {
    let over = order.status.is_final();
    let refunds = order.refunds.iter().all(|r| matches!(r.status, RefundStatus::Succeeded | RefundStatus::Declined));
    let owes = if order.is_undone() { order.refundable_total() } else { order.excess() };
    let captures =
        order.captures.iter().all(|c| matches!(c.status, CaptureStatus::Succeeded | CaptureStatus::Withdrawn));
    over && refunds && captures && owes.is_ok_and(|owes| owes.is_zero()) && order.live_reservations().next().is_none()
}

/// Whether anything wakes an order does not depend on the shop's settings, only when it does: any will serve.
pub(super) fn nominal_policy() -> Policy {
    Policy {
        payment_window_seconds: 1800,
        hold_window_seconds: 86_400,
        review_thresholds: Vec::new(),
        refund_approval_above: Vec::new(),
        max_line_quantity: 999,
        live: false,
        benefits: false,
        providers: BTreeSet::new(),
        capture_when: CaptureWhen::default(),
        shipment_response_seconds: 86_400,
        close_after_seconds: 1_296_000,
        lookout_seconds: 300,
    }
}
