//! The rules that an order's body keeps, each named by the field at fault.

use std::collections::BTreeSet;

use crate::body::{DeclaredPayment, DeclaredStatus, DeliveryType, LineKind, OrderBody, PaymentPurpose, Provider};
use crate::money::{Money, MoneyError};

/// The most lines that an order may have: all of them fit one transaction with their stock.
pub const MAX_LINES: usize = 80;
/// The most of one line.
pub const MAX_QUANTITY: u32 = 1_000_000;

/// A field that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct FieldError {
    /// The field's path in the request, such as `lines[0].quantity`.
    pub field: String,
    /// What is wrong with it.
    pub reason: String,
}

impl FieldError {
    /// A rule broken by a field.
    pub fn new(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { field: field.into(), reason: reason.into() }
    }
}

fn money(field: &str) -> impl Fn(MoneyError) -> FieldError + '_ {
    move |error| FieldError::new(field, error.to_string())
}

pub(crate) fn check(body: &OrderBody) -> Result<(), FieldError> {
    let within = |field: String, amount: Money| {
        if amount.currency() != body.currency {
            Err(FieldError::new(field, format!("must be in the order's currency, {}", body.currency)))
        } else if amount.is_negative() {
            Err(FieldError::new(field, "must not be negative"))
        } else {
            Ok(())
        }
    };
    if body.lines.is_empty() {
        return Err(FieldError::new("lines", "must have at least one line"));
    }
    if body.lines.len() > MAX_LINES {
        return Err(FieldError::new("lines", format!("must not have more than {MAX_LINES} lines")));
    }
    let mut items = Money::zero(body.currency);
    let mut discounts = Money::zero(body.currency);
    let mut taxes = Money::zero(body.currency);
    let mut names = BTreeSet::new();
    for (i, line) in body.lines.iter().enumerate() {
        if line.quantity == 0 || line.quantity > MAX_QUANTITY {
            return Err(FieldError::new(format!("lines[{i}].quantity"), format!("must be from 1 to {MAX_QUANTITY}")));
        }
        within(format!("lines[{i}].unit_price"), line.unit_price)?;
        if let Some(name) = &line.channel_line_id
            && !names.insert(name.as_str())
        {
            return Err(FieldError::new(format!("lines[{i}].channel_line_id"), "must be unique within the order"));
        }
        if line.kind == LineKind::Gift && !line.unit_price.is_zero() {
            return Err(FieldError::new(format!("lines[{i}].unit_price"), "must be zero for a gift"));
        }
        let field = format!("lines[{i}].unit_price");
        let gross = line.unit_price.times(line.quantity).map_err(money(&field))?;
        items = items.add(gross).map_err(money(&field))?;
        let mut off = Money::zero(body.currency);
        for (k, discount) in line.discounts.iter().enumerate() {
            let field = format!("lines[{i}].discounts[{k}].amount");
            within(field.clone(), discount.amount)?;
            off = off.add(discount.amount).map_err(money(&field))?;
        }
        if gross.sub(off).map_err(money(&field))?.is_negative() {
            return Err(FieldError::new(format!("lines[{i}].discounts"), "must not exceed the line's price"));
        }
        discounts = discounts.add(off).map_err(money(&field))?;
        for (k, tax) in line.taxes.iter().enumerate() {
            let field = format!("lines[{i}].taxes[{k}].amount");
            within(field.clone(), tax.amount)?;
            taxes = taxes.add(tax.amount).map_err(money(&field))?;
            if tax.rate.is_sign_negative() {
                return Err(FieldError::new(format!("lines[{i}].taxes[{k}].rate"), "must not be negative"));
            }
        }
    }
    sets(body)?;
    for (k, discount) in body.discounts.iter().enumerate() {
        let field = format!("discounts[{k}].amount");
        within(field.clone(), discount.amount)?;
        discounts = discounts.add(discount.amount).map_err(money(&field))?;
    }
    within("shipping.fee".into(), body.shipping.fee)?;
    within("tax".into(), body.tax)?;
    if !body.prices_include_tax && taxes.compare(body.tax).map_err(money("tax"))?.is_gt() {
        return Err(FieldError::new("tax", format!("must not be less than the taxes of the lines, {taxes}")));
    }
    within("total".into(), body.total)?;
    let goods = items.sub(discounts).map_err(money("discounts"))?;
    if goods.is_negative() {
        return Err(FieldError::new("discounts", "must not exceed the price of the lines"));
    }
    total(body, goods)?;
    payments(body)?;
    delivery(body)
}

/// A set is nothing but its parts: each part names one set, and a set without parts would never ship.
fn sets(body: &OrderBody) -> Result<(), FieldError> {
    for (i, line) in body.lines.iter().enumerate() {
        let others = || body.lines.iter().enumerate().filter(|(k, _)| *k != i).map(|(_, other)| other);
        if line.parent.is_some() && !others().any(|o| o.channel_line_id == line.parent) {
            return Err(FieldError::new(format!("lines[{i}].parent"), "must be the channel_line_id of another line"));
        }
        let has_parts = line.channel_line_id.is_some() && others().any(|o| o.parent == line.channel_line_id);
        if line.kind == LineKind::Bundle && !has_parts {
            return Err(FieldError::new(
                format!("lines[{i}].kind"),
                "a bundle needs lines that name it as their parent",
            ));
        }
    }
    Ok(())
}

fn total(body: &OrderBody, goods: Money) -> Result<(), FieldError> {
    let mut expected = goods.add(body.shipping.fee).map_err(money("shipping.fee"))?;
    if !body.prices_include_tax {
        expected = expected.add(body.tax).map_err(money("tax"))?;
    }
    if expected == body.total {
        Ok(())
    } else {
        let rule = if body.prices_include_tax {
            "lines − discounts + shipping"
        } else {
            "lines − discounts + shipping + tax"
        };
        Err(FieldError::new("total", format!("must be {rule} = {expected}")))
    }
}

fn payments(body: &OrderBody) -> Result<(), FieldError> {
    if body.payments.is_empty() {
        return Err(FieldError::new("payment", "is required"));
    }
    let mut sum = Money::zero(body.currency);
    for (i, payment) in body.payments.iter().enumerate() {
        let field = format!("payments[{i}].amount");
        if payment.amount.currency() != body.currency || payment.amount.is_negative() {
            return Err(FieldError::new(field, format!("must be in {} and not negative", body.currency)));
        }
        sum = sum.add(payment.amount).map_err(money(&field))?;
        later(i, payment)?;
        gift_card(i, payment)?;
        if payment.code.is_some() && body.payments.iter().take(i).any(|other| other.code == payment.code) {
            return Err(FieldError::new(format!("payments[{i}].code"), "stands there twice"));
        }
    }
    let first = |p: &DeclaredPayment| p.due_at.is_none() && p.amount.is_positive();
    if body.payments.iter().any(|p| p.due_at.is_some()) && !body.payments.iter().any(first) {
        return Err(FieldError::new("payments", "one must be due at once where others have a due_at"));
    }
    if sum == body.total { Ok(()) } else { Err(FieldError::new("payments", "amounts must add up to the total")) }
}

/// A part that is paid later is the shop's to ask for, and the buyer's to pay.
fn later(i: usize, payment: &DeclaredPayment) -> Result<(), FieldError> {
    let is_open = payment.status == DeclaredStatus::Due && payment.provider.has_api() && !payment.collected_by_channel;
    if payment.due_at.is_some() && !is_open {
        return Err(FieldError::new(format!("payments[{i}].due_at"), "is only for what the buyer still has to pay"));
    }
    let fits = match payment.purpose {
        Some(PaymentPurpose::Deposit) => payment.due_at.is_none(),
        Some(PaymentPurpose::Balance) => payment.due_at.is_some(),
        None => true,
    };
    if fits {
        Ok(())
    } else {
        Err(FieldError::new(format!("payments[{i}].purpose"), "a balance has a due_at, and a deposit has none"))
    }
}

/// A gift card is named by its code, and the service that keeps count of it takes the money: nobody has done so before.
fn gift_card(i: usize, payment: &DeclaredPayment) -> Result<(), FieldError> {
    let wrong = |field: &str, reason: &str| Err(FieldError::new(format!("payments[{i}].{field}"), reason));
    if payment.provider != Provider::GiftCard {
        return if payment.code.is_some() { wrong("code", "is only for a gift card") } else { Ok(()) };
    }
    if payment.code.is_none() {
        wrong("code", "is required for a gift card")
    } else if !payment.amount.is_positive() {
        wrong("amount", "must be above zero for a gift card")
    } else if payment.status != DeclaredStatus::Due {
        wrong("status", "must be due for a gift card")
    } else if payment.collected_by_channel {
        wrong("collected_by", "must be merchant for a gift card")
    } else if payment.channel_reference.is_some() {
        wrong("reference", "a gift card has none but its code")
    } else {
        Ok(())
    }
}

fn delivery(body: &OrderBody) -> Result<(), FieldError> {
    if let Some(window) = &body.delivery.window
        && window.to < window.from
    {
        return Err(FieldError::new("delivery.window.to", "must not be before from"));
    }
    match body.delivery.kind {
        DeliveryType::Ship | DeliveryType::Local if body.shipping_address.is_none() => {
            Err(FieldError::new("shipping_address", "is required for this delivery type"))
        }
        DeliveryType::Pickup if body.delivery.location_id.is_none() => {
            Err(FieldError::new("delivery.location_id", "is required for pickup"))
        }
        DeliveryType::Ship | DeliveryType::Local | DeliveryType::Pickup | DeliveryType::Digital => Ok(()),
    }
}
