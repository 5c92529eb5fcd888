//! What units of a line are worth when they come back: their price less their share of discounts, with their share of
//! tax and shipping, by largest remainder. The shares of all units of all lines sum to the order's total, to the last
//! cent.

use crate::benefit::Spent;
use crate::body::{Discount, DiscountKind, Line};
use crate::event::{CancelledLine, RefundLine};
use crate::id::LineId;
use crate::money::{Money, MoneyError};
use crate::order::Order;
use crate::points_back::{self, Left};
use crate::refusal::Refusal;

/// What one line's units are worth in all, part by part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// The line.
    pub line_id: LineId,
    /// What is paid for it: its price less its own discounts, less its share of the order's discounts, with its tax
    /// where prices do not include it, and with its share of shipping.
    pub paid: Money,
    /// What coupons and promotions take off it.
    pub discount: Money,
    /// What points take off it.
    pub points: Money,
    /// Its tax, also where prices include it.
    pub tax: Money,
    /// Its share of shipping.
    pub shipping: Money,
}

/// The shares of all lines, in the order of the lines. Those of each part sum to what the order has of it.
///
/// # Errors
/// [`MoneyError`], never for an order that was accepted.
pub fn shares(order: &Order) -> Result<Vec<Share>, MoneyError> {
    let (body, currency) = (&order.body, order.body.currency);
    let of_kind = |discounts: &[Discount], points: bool| {
        let wanted = discounts.iter().filter(|d| (d.kind == DiscountKind::Points) == points);
        Money::sum(currency, wanted.map(|d| d.amount))
    };
    let mut nets = Vec::with_capacity(body.lines.len());
    for line in &body.lines {
        let off = Money::sum(currency, line.discounts.iter().map(|d| d.amount))?;
        nets.push(line.unit_price.times(line.quantity)?.sub(off)?);
    }
    let weights: Vec<u64> = nets.iter().map(|n| u64::try_from(n.minor()).unwrap_or(0)).collect();
    let all_off = Money::sum(currency, body.discounts.iter().map(|d| d.amount))?.split(&weights);
    let points_off = within(of_kind(&body.discounts, true)?.split(&weights), &all_off)?;
    let taxes = taxes(order, &weights)?;
    let shipping = body.shipping.fee.split(&weights);
    let parts = nets.into_iter().zip(all_off).zip(points_off).zip(taxes).zip(shipping);
    let mut shares = Vec::with_capacity(body.lines.len());
    for (line, ((((net, off), points), tax), shipping)) in body.lines.iter().zip(parts) {
        let on_top = if body.prices_include_tax { Money::zero(currency) } else { tax };
        shares.push(Share {
            line_id: line.line_id.clone(),
            paid: net.sub(off)?.add(on_top)?.add(shipping)?,
            discount: of_kind(&line.discounts, false)?.add(off.sub(points)?)?,
            points: of_kind(&line.discounts, true)?.add(points)?,
            tax,
            shipping,
        });
    }
    Ok(shares)
}

/// The parts of points in what is taken off each line. Both are rounded by themselves, so that points can be a minor unit
/// more than all that is taken off a line: such units go to the first lines that have room.
fn within(mut points: Vec<Money>, all: &[Money]) -> Result<Vec<Money>, MoneyError> {
    let Some(first) = all.first() else { return Ok(points) };
    let mut over = Money::zero(first.currency());
    for (part, most) in points.iter_mut().zip(all) {
        let fits = part.min(*most)?;
        over = over.add(part.sub(fits)?)?;
        *part = fits;
    }
    for (part, most) in points.iter_mut().zip(all) {
        let more = most.sub(*part)?.min(over)?;
        *part = part.add(more)?;
        over = over.sub(more)?;
    }
    Ok(points)
}

/// The tax of each line: its own where lines say theirs, and a share of what no line says, such as the tax of shipping.
fn taxes(order: &Order, weights: &[u64]) -> Result<Vec<Money>, MoneyError> {
    let currency = order.body.currency;
    let own = |line: &Line| Money::sum(currency, line.taxes.iter().map(|t| t.amount));
    let own = order.body.lines.iter().map(own).collect::<Result<Vec<_>, _>>()?;
    let rest = order.body.tax.sub(Money::sum(currency, own.iter().copied())?)?;
    // Where lines say more tax than the order has they are not believed: stored before this was checked.
    if rest.is_negative() {
        return Ok(order.body.tax.split(weights));
    }
    own.into_iter().zip(rest.split(weights)).map(|(own, share)| own.add(share)).collect()
}

/// Units of a line whose money has gone back, or is on its way: refunded by lines, or cancelled.
pub(crate) fn gone_back(order: &Order, line: &LineId) -> u32 {
    let refunds = order.refunds.iter().filter(|r| r.status.claims_money());
    let refunded = refunds.flat_map(|r| &r.lines).filter(|l| l.line_id == *line).map(|l| l.quantity);
    let cancelled = order.cancelled.iter().filter(|c| c.line_id == *line).map(|c| c.quantity);
    refunded.chain(cancelled).fold(0, u32::saturating_add)
}

/// What units of a line come off an order for, by the shares of its lines: those whose money is still here come first,
/// and of the others nothing goes back again. `left` are the points that no unit has brought back so far.
///
/// # Errors
/// [`MoneyError`], never for an order that was accepted.
pub(crate) fn cancelled(
    order: &Order,
    shares: &[Share],
    left: &mut Left<'_>,
    line: &Line,
    quantity: u32,
) -> Result<CancelledLine, MoneyError> {
    let used = gone_back(order, &line.line_id).min(line.quantity);
    let count = quantity.min(line.quantity.saturating_sub(used));
    let share = shares.iter().find(|s| s.line_id == line.line_id);
    let of = |part: fn(&Share) -> Money| {
        let whole = share.map_or(Money::zero(order.body.currency), part);
        units(whole, line.quantity, used, count)
    };
    let points = of(|s| s.points)?;
    Ok(CancelledLine {
        line_id: line.line_id.clone(),
        quantity,
        amount: of(|s| s.paid)?,
        discount: of(|s| s.discount)?,
        points,
        points_back: left.take(line, points)?,
        tax: of(|s| s.tax)?,
        shipping: of(|s| s.shipping)?,
    })
}

/// What goes back for units of lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Back {
    /// Their worth.
    pub amount: Money,
    /// The points that they carry, by the discounts' codes.
    pub points: Vec<Spent>,
}

/// What goes back for units of lines that have not come back before.
///
/// # Errors
/// [`Refusal::Unknown`] for a line that is not there, [`Refusal::ExceedsRemaining`] for more units than are left.
pub fn of_lines(order: &Order, asked: &[RefundLine]) -> Result<Back, Refusal> {
    let (shares, mut carried) = (shares(order)?, Left::of(order)?);
    let zero = Money::zero(order.body.currency);
    let (mut amount, mut points) = (zero, Vec::new());
    let mut earlier: Vec<(&LineId, u32)> = Vec::with_capacity(asked.len());
    for wanted in asked {
        let line = order
            .body
            .line(&wanted.line_id)
            .ok_or_else(|| Refusal::Unknown { kind: "line", id: wanted.line_id.to_string() })?;
        let asked_before = earlier.iter().filter(|(id, _)| **id == wanted.line_id);
        let used = asked_before.fold(gone_back(order, &wanted.line_id), |sum, (_, q)| sum.saturating_add(*q));
        let left = line.quantity.saturating_sub(used);
        if wanted.quantity == 0 || wanted.quantity > left {
            return Err(Refusal::ExceedsRemaining {
                what: format!("{} units of line {}", wanted.quantity, wanted.line_id),
                remaining: format!("{left} units"),
            });
        }
        let share = shares.iter().find(|share| share.line_id == wanted.line_id);
        let of = |part: fn(&Share) -> Money| units(share.map_or(zero, part), line.quantity, used, wanted.quantity);
        amount = amount.add(of(|s| s.paid)?)?;
        points.extend(carried.take(line, of(|s| s.points)?)?);
        earlier.push((&wanted.line_id, wanted.quantity));
    }
    Ok(Back { amount, points: points_back::sums(points)? })
}

/// The worth of `count` units after the first `used` of `quantity`, when all of them are worth `worth`: each unit has
/// the whole part, and the minor units left over go to the first units, one each.
fn units(worth: Money, quantity: u32, used: u32, count: u32) -> Result<Money, MoneyError> {
    let upto = |n: u32| -> Result<Money, MoneyError> {
        let quantity = i128::from(quantity.max(1));
        let (whole, left) = (worth.minor() / quantity, worth.minor() % quantity);
        let minor = whole * i128::from(n) + left.min(i128::from(n));
        Money::from_minor(i64::try_from(minor).map_err(|_| MoneyError::OutOfRange)?, worth.currency())
    };
    upto(used.saturating_add(count))?.sub(upto(used)?)
}
