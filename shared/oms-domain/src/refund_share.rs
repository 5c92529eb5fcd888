//! What units of a line are worth when they come back: their price less their share of discounts, with their share of
//! tax and shipping, by largest remainder. The shares of all units of all lines sum to the order's total, to the last
//! cent.

use crate::body::Line;
use crate::event::RefundLine;
use crate::id::LineId;
use crate::money::{Money, MoneyError};
use crate::order::Order;
use crate::refusal::Refusal;

/// What was paid for each line, in the order of the lines: the line's price less its own discounts, less its share of
/// the order's discounts, with its tax where prices do not include it, and with its share of shipping.
///
/// # Errors
/// [`MoneyError`], never for an order that was accepted.
pub fn paid_for_lines(order: &Order) -> Result<Vec<(LineId, Money)>, MoneyError> {
    let (body, currency) = (&order.body, order.body.currency);
    let mut nets = Vec::with_capacity(body.lines.len());
    for line in &body.lines {
        let off = Money::sum(currency, line.discounts.iter().map(|d| d.amount))?;
        nets.push(line.unit_price.times(line.quantity)?.sub(off)?);
    }
    let weights: Vec<u64> = nets.iter().map(|n| u64::try_from(n.minor()).unwrap_or(0)).collect();
    let discounts = Money::sum(currency, body.discounts.iter().map(|d| d.amount))?.split(&weights);
    let taxes = taxes(order, &weights)?;
    let shipping = body.shipping.fee.split(&weights);
    let shares = nets.into_iter().zip(discounts).zip(taxes).zip(shipping);
    let mut paid = Vec::with_capacity(body.lines.len());
    for (line, (((net, off), tax), shipping)) in body.lines.iter().zip(shares) {
        paid.push((line.line_id.clone(), net.sub(off)?.add(tax)?.add(shipping)?));
    }
    Ok(paid)
}

/// The tax on top of each line: its own where lines say theirs, and a share of what no line says, such as the tax of
/// shipping. Nothing where prices include it.
fn taxes(order: &Order, weights: &[u64]) -> Result<Vec<Money>, MoneyError> {
    let currency = order.body.currency;
    let zero = Money::zero(currency);
    if order.body.prices_include_tax {
        return Ok(vec![zero; weights.len()]);
    }
    let own = |line: &Line| Money::sum(currency, line.taxes.iter().map(|t| t.amount));
    let own = order.body.lines.iter().map(own).collect::<Result<Vec<_>, _>>()?;
    let rest = order.body.tax.sub(Money::sum(currency, own.iter().copied())?)?;
    // Stored before this was checked: lines that say more tax than the order has are not believed.
    if rest.is_negative() {
        return Ok(order.body.tax.split(weights));
    }
    own.into_iter().zip(rest.split(weights)).map(|(own, share)| own.add(share)).collect()
}

/// The worth of units of lines that have not come back before.
///
/// # Errors
/// [`Refusal::Unknown`] for a line that is not there, [`Refusal::ExceedsRemaining`] for more units than are left.
pub fn of_lines(order: &Order, asked: &[RefundLine]) -> Result<Money, Refusal> {
    let paid = paid_for_lines(order)?;
    let mut sum = Money::zero(order.body.currency);
    let mut earlier: Vec<(&LineId, u32)> = order
        .refunds
        .iter()
        .filter(|r| r.status.claims_money())
        .flat_map(|r| &r.lines)
        .map(|l| (&l.line_id, l.quantity))
        .collect();
    for wanted in asked {
        let line = order
            .body
            .line(&wanted.line_id)
            .ok_or_else(|| Refusal::Unknown { kind: "line", id: wanted.line_id.to_string() })?;
        let used: u32 =
            earlier.iter().filter(|(id, _)| **id == wanted.line_id).fold(0, |sum, (_, q)| sum.saturating_add(*q));
        let left = line.quantity.saturating_sub(used);
        if wanted.quantity == 0 || wanted.quantity > left {
            return Err(Refusal::ExceedsRemaining {
                what: format!("{} units of line {}", wanted.quantity, wanted.line_id),
                remaining: format!("{left} units"),
            });
        }
        let worth =
            paid.iter().find(|(id, _)| *id == wanted.line_id).map_or(Money::zero(order.body.currency), |(_, m)| *m);
        sum = sum.add(units(worth, line.quantity, used, wanted.quantity)?)?;
        earlier.push((&wanted.line_id, wanted.quantity));
    }
    Ok(sum)
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
