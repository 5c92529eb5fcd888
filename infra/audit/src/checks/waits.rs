//! Whether something will ever happen to an order that is not over.

use std::collections::BTreeSet;

use oms_domain::capture::CaptureWhen;
use oms_domain::deposit::DepositOnDefault;
use oms_domain::desk;
use oms_domain::machine::Machine;
use oms_domain::order::Order;
use oms_domain::policy::Policy;
use oms_domain::refund_first::RefundFirst;
use oms_domain::status::{CaptureStatus, RefundStatus};
use oms_domain::wake;

use super::Findings;
use crate::beside::Beside;
use crate::report::Check;

pub(super) fn check(order: &Order, beside: &Beside, findings: &mut Findings<'_>) {
    let wakes = wake::next(order, &nominal_policy());
    // Where a service keeps count of coupons, an order may wait for that alone; which shop has one, the tables do not say.
    let with_service = Policy { benefits: true, ..nominal_policy() };
    let moves = wakes.is_some() || wake::next(order, &with_service).is_some();
    let waits = moves || !desk::tasks(order).is_empty() || is_over(order);
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
    let captures =
        order.captures.iter().all(|c| matches!(c.status, CaptureStatus::Succeeded | CaptureStatus::Withdrawn));
    over && refunds
        && captures
        && order.owes().is_ok_and(|owes| owes.is_zero())
        && order.live_reservations().next().is_none()
}

/// Whether anything wakes an order does not depend on the shop's settings but for a service of coupons, only when it does: any
/// will serve.
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
        refund_first: RefundFirst::default(),
        deposit_on_default: DepositOnDefault::default(),
        shipment_response_seconds: 86_400,
        close_after_seconds: 1_296_000,
        lookout_seconds: 300,
    }
}
