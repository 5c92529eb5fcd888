//! Coupons and points: what a buyer spends that is no money, where a service of the shop keeps count of it. They are
//! reserved before an order is checked, committed once it is confirmed, and released when it is undone.

use crate::body::DiscountKind;
use crate::money::Money;
use crate::order::Order;
use crate::policy::Policy;
use crate::status::{BenefitStatus, OrderStatus};

/// Something that the buyer spends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spent {
    /// Coupon or points.
    pub kind: DiscountKind,
    /// Which.
    pub code: String,
    /// What it takes off the order.
    pub amount: Money,
}

/// What has to be told to the service now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BenefitWork {
    /// The order is confirmed: they are spent.
    Commit,
    /// The order is undone: they go back.
    Release,
}

/// What an order spends: the coupons and points among the discounts of the order and of its lines.
#[must_use]
pub fn spent(order: &Order) -> Vec<Spent> {
    let of_lines = order.body.lines.iter().flat_map(|l| &l.discounts);
    let all = order.body.discounts.iter().chain(of_lines);
    let kept = all.filter(|d| match d.kind {
        DiscountKind::Coupon | DiscountKind::Points => true,
        // Nobody keeps count of what everybody gets.
        DiscountKind::Promotion => false,
    });
    kept.map(|d| Spent { kind: d.kind, code: d.code.clone(), amount: d.amount }).collect()
}

/// Whether the service has to reserve before the order can be checked.
#[must_use]
pub fn needs_reserving(order: &Order, policy: &Policy) -> bool {
    policy.benefits && order.status == OrderStatus::Received && order.benefits.is_none() && !spent(order).is_empty()
}

/// What the service has to be told, if anything. An order that was undone before the answer to its reservation was stored
/// may have one there: it is released like any other, which does nothing where there is none.
#[must_use]
pub fn work(order: &Order, policy: &Policy) -> Option<BenefitWork> {
    if order.is_undone() {
        let may_have = policy.benefits && !order.reserved && !spent(order).is_empty();
        let owed = match order.benefits {
            Some(BenefitStatus::Reserved | BenefitStatus::Committed) => true,
            Some(BenefitStatus::Released) => false,
            None => may_have,
        };
        return (owed && !order.awaits_location()).then_some(BenefitWork::Release);
    }
    let confirmed = match order.status {
        OrderStatus::Confirmed | OrderStatus::InFulfilment | OrderStatus::Completed | OrderStatus::Closed => true,
        OrderStatus::Received
        | OrderStatus::Validated
        | OrderStatus::AwaitingPayment
        | OrderStatus::Rejected
        | OrderStatus::Expired
        | OrderStatus::Cancelling
        | OrderStatus::Cancelled => false,
    };
    (confirmed && order.benefits == Some(BenefitStatus::Reserved)).then_some(BenefitWork::Commit)
}
