//! Points of parts: what went back belongs to a part of the order, and parts carry no more than the buyer spends.

use std::collections::BTreeMap;

use oms_domain::benefit::{self, SpentKind};
use oms_domain::id::ReturnId;
use oms_domain::order::Order;

use super::Findings;
use crate::report::Check;

pub(super) fn check(order: &Order, findings: &mut Findings<'_>) {
    let cancelled = (1..).zip(&order.cancelled).map(|(n, _)| ReturnId::of_cancelled(&order.id, n));
    let parts: Vec<ReturnId> = cancelled.chain(order.refunds.iter().map(|r| ReturnId::of_refunded(&r.id))).collect();
    for id in &order.points_returned {
        findings.hold(Check::Points, parts.contains(id), || format!("{id} brought points back and is of no part"));
    }
    let mut left: BTreeMap<&str, i128> = BTreeMap::new();
    let spent = benefit::spent(order);
    for points in spent.iter().filter(|spent| spent.kind == SpentKind::Points) {
        *left.entry(&points.code).or_default() += points.amount.minor();
    }
    let refunded = order.refunds.iter().filter(|r| r.status.claims_money()).flat_map(|r| &r.points_back);
    for part in order.cancelled.iter().flat_map(|c| &c.points_back).chain(refunded) {
        *left.entry(&part.code).or_default() -= part.amount.minor();
    }
    for (code, left) in left {
        findings.hold(Check::Points, left >= 0, || format!("parts carry {} more of {code} than is spent", -left));
    }
}
