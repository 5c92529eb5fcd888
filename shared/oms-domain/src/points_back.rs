//! Points of a part of an order: what units carry of the buyer's points goes back to the buyer with them. Units that are
//! cancelled bring it at once, units that are refunded by lines once their money is back. A coupon has no parts.

use crate::benefit::{self, Spent, SpentKind};
use crate::body::{Discount, DiscountKind, Line};
use crate::id::ReturnId;
use crate::money::{Money, MoneyError};
use crate::order::{Order, Refund};
use crate::status::{BenefitStatus, RefundStatus};

/// Points that go back with a part of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PointsReturn {
    /// Its id, by what it comes from and therefore the same however often it is said.
    pub id: ReturnId,
    /// The points, by the discounts' codes.
    pub items: Vec<Spent>,
}

/// The next points that have to go back, if any: of an order whose coupons and points a service holds.
#[must_use]
pub fn due(order: &Order) -> Option<PointsReturn> {
    let is_held = match order.benefits {
        Some(BenefitStatus::Reserved | BenefitStatus::Committed) => true,
        Some(BenefitStatus::Released) | None => false,
    };
    let (id, items) = parts(order).find(|(id, _)| is_held && !order.points_returned.contains(id))?;
    Some(PointsReturn { id, items: items.to_vec() })
}

/// Points that are back with a refund by lines: the units stay sold.
pub(crate) fn sent_back(order: &Order) -> impl Iterator<Item = &Spent> {
    order.refunds.iter().filter(move |r| is_returned(order, r)).flat_map(|r| &r.points_back)
}

/// Every part that has come back and carries points: lines in the order in which they were cancelled, then refunds.
fn parts(order: &Order) -> impl Iterator<Item = (ReturnId, &[Spent])> {
    let cancelled = order.cancelled.iter().enumerate();
    let cancelled = cancelled.map(move |(at, c)| (ReturnId::of_cancelled(&order.id, at + 1), &*c.points_back));
    let refunds = order.refunds.iter().filter(|r| r.status == RefundStatus::Succeeded);
    let refunded = refunds.map(|r| (ReturnId::of_refunded(&r.id), &*r.points_back));
    cancelled.chain(refunded).filter(|(_, items)| !items.is_empty())
}

fn is_returned(order: &Order, refund: &Refund) -> bool {
    order.points_returned.contains(&ReturnId::of_refunded(&refund.id))
}

/// What of an order's points still stands for units that have not come back, one entry for each code.
pub(crate) struct Left<'a> {
    order: &'a Order,
    left: Vec<Spent>,
}

impl<'a> Left<'a> {
    /// What no cancelled line and no refund carries. A refund that was turned down carries none, unless its points went
    /// back before that.
    ///
    /// # Errors
    /// [`MoneyError`], never for an order that was accepted.
    pub(crate) fn of(order: &'a Order) -> Result<Self, MoneyError> {
        let points = benefit::spent(order).into_iter().filter(|s| s.kind == SpentKind::Points);
        let mut left = sums(points)?;
        let claims = |refund: &&Refund| refund.status.claims_money() || is_returned(order, refund);
        let refunded = order.refunds.iter().filter(claims).flat_map(|r| &r.points_back);
        let cancelled = order.cancelled.iter().flat_map(|c| &c.points_back);
        for gone in cancelled.chain(refunded) {
            if let Some(of) = left.iter_mut().find(|of| of.code == gone.code) {
                of.amount = of.amount.sub(gone.amount)?;
            }
        }
        Ok(Self { order, left })
    }

    /// Takes what units of a line carry out of it: of the line's own discounts first, then of the order's. Where shares
    /// were rounded for units that did not come back after all, whatever is left serves.
    ///
    /// # Errors
    /// [`MoneyError`], never for an order that was accepted.
    pub(crate) fn take(&mut self, line: &Line, amount: Money) -> Result<Vec<Spent>, MoneyError> {
        let has = |discounts: &[Discount], of: &Spent| {
            discounts.iter().any(|d| d.kind == DiscountKind::Points && d.code == of.code)
        };
        let order = self.order;
        self.left.sort_by_key(|of| (!has(&line.discounts, of), !has(&order.body.discounts, of)));
        let mut open = amount;
        let mut taken = Vec::new();
        for of in &mut self.left {
            let part = open.min(of.amount)?;
            if part.is_positive() {
                (open, of.amount) = (open.sub(part)?, of.amount.sub(part)?);
                taken.push(Spent { amount: part, ..of.clone() });
            }
        }
        Ok(taken)
    }
}

/// One entry for each code, in the order in which the codes come first.
///
/// # Errors
/// [`MoneyError`], never for amounts of one order that was accepted.
pub(crate) fn sums(points: impl IntoIterator<Item = Spent>) -> Result<Vec<Spent>, MoneyError> {
    let mut sums: Vec<Spent> = Vec::new();
    for part in points {
        match sums.iter_mut().find(|sum| sum.code == part.code) {
            Some(sum) => sum.amount = sum.amount.add(part.amount)?,
            None => sums.push(part),
        }
    }
    Ok(sums)
}
