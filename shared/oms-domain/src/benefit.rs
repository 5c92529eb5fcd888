//! Coupons, points and gift cards: what a buyer has only once, where a service of the shop keeps count of it. They are
//! reserved before an order is checked, committed once it is confirmed, and released when it is undone. Points of a part
//! go back with it ([`crate::points_back`]), money of a gift card by refunds.

use serde::{Deserialize, Serialize};

use crate::body::DiscountKind;
use crate::money::Money;
use crate::order::Order;
use crate::points_back::{self, PointsReturn};
use crate::policy::Policy;
use crate::status::{BenefitStatus, OrderStatus};

/// What kind of thing is spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpentKind {
    /// A coupon: used or not.
    Coupon,
    /// Points, by what they are worth.
    Points,
    /// Money on a gift card.
    GiftCard,
}

/// Something that the buyer spends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    /// What kind of thing.
    pub kind: SpentKind,
    /// Which.
    pub code: String,
    /// What it takes off the order, or pays of it.
    pub amount: Money,
}

/// What has to be told to the service now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BenefitWork {
    /// A part of the order has come back: its points go back.
    Return(PointsReturn),
    /// The order is confirmed: they are spent.
    Commit,
    /// The order is undone: they go back.
    Release,
}

/// What an order spends: the coupons and points among the discounts of the order and of its lines, and the gift cards
/// among its payments.
#[must_use]
pub fn spent(order: &Order) -> Vec<Spent> {
    let of_lines = order.body.lines.iter().flat_map(|l| &l.discounts);
    let all = order.body.discounts.iter().chain(of_lines);
    let kept = all.filter_map(|d| {
        let kind = match d.kind {
            DiscountKind::Coupon => SpentKind::Coupon,
            DiscountKind::Points => SpentKind::Points,
            // Nobody keeps count of what everybody gets.
            DiscountKind::Promotion => return None,
        };
        Some(Spent { kind, code: d.code.clone(), amount: d.amount })
    });
    let cards = order.gift_cards().map(|(payment, code)| Spent {
        kind: SpentKind::GiftCard,
        code: code.to_owned(),
        amount: payment.amount,
    });
    kept.chain(cards).collect()
}

/// Whether the service has to reserve before the order can be checked.
#[must_use]
pub fn needs_reserving(order: &Order, policy: &Policy) -> bool {
    policy.benefits && order.status == OrderStatus::Received && order.benefits.is_none() && !spent(order).is_empty()
}

/// What the service has to be told, if anything. An order that was undone before the answer to its reservation was stored
/// may have one there: it is released like any other, which does nothing where there is none. Points of a part come first,
/// since nothing can be said after a release.
#[must_use]
pub fn work(order: &Order, policy: &Policy) -> Option<BenefitWork> {
    if let Some(back) = points_back::due(order) {
        return Some(BenefitWork::Return(back));
    }
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
