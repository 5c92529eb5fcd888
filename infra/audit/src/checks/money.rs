//! What came in, what went back, and what is kept.

use oms_domain::event::OrderEvent;
use oms_domain::machine::Machine;
use oms_domain::money::{Money, MoneyError};
use oms_domain::order::Order;
use oms_domain::status::{BenefitStatus, OrderStatus, RefundStatus, ShipmentStatus};

use super::{Findings, waits};
use crate::report::Check;

/// A capture never shrinks, a refund is paid out once, and a fee is booked once.
pub(super) fn event(before: &Order, event: &OrderEvent, findings: &mut Findings<'_>) {
    if let OrderEvent::PaymentCaptured { payment_id, captured } = event {
        let known = before.payment(payment_id).map(|payment| payment.captured);
        let grows = known.is_some_and(|known| captured.compare(known).is_ok_and(std::cmp::Ordering::is_ge));
        findings.hold(Check::Money, grows, || match known {
            Some(known) => format!("{payment_id} had captured {known}, then {captured}"),
            None => format!("{payment_id} captures {captured}, and is no payment of the order"),
        });
    } else if let OrderEvent::RefundSucceeded { refund_id, .. } = event {
        let status = before.refund(refund_id).map(|refund| refund.status);
        let first = status.is_some_and(|status| status != RefundStatus::Succeeded);
        findings.hold(Check::Money, first, || format!("{refund_id} is paid out again, or was never asked for"));
    } else if let OrderEvent::FeeCharged { payment_id, reference, amount }
    | OrderEvent::FeeReturned { payment_id, reference, amount } = event
    {
        let payment = before.payment(payment_id);
        let first = payment.is_some_and(|payment| !before.has_fee(payment.provider, reference));
        let fits = amount.currency() == before.body.currency && amount.is_positive();
        findings.hold(Check::Money, first && fits, || {
            format!("the fee {amount} by {reference} is booked again, or is none of {payment_id}")
        });
    } else if let OrderEvent::DepositKept { payment_id, amount } = event {
        let may = may_keep(before, *amount).unwrap_or(false);
        findings.hold(Check::KeptMoney, may, || format!("{amount} of {payment_id} is kept, and is no deposit to keep"));
    }
}

/// Whether so much more may be kept as a deposit: of an order that has just expired, under terms that said so, and with what
/// is kept already no more than its deposit and than the order is worth.
fn may_keep(before: &Order, amount: Money) -> Result<bool, MoneyError> {
    let known = Money::sum(before.body.currency, before.payments.iter().map(|p| p.forfeited))?;
    let most = before.deposit()?.min(before.worth()?)?;
    let within = known.add(amount)?.compare(most)?.is_le();
    Ok(before.status == OrderStatus::Expired && before.terms.keeps_deposit && within && amount.is_positive())
}

/// The order as it stands.
pub(super) fn check(order: &Order, findings: &mut Findings<'_>) {
    if let Err(error) = sums(order, findings) {
        findings.note(Check::Money, error.to_string());
    }
}

fn sums(order: &Order, findings: &mut Findings<'_>) -> Result<(), MoneyError> {
    let currency = order.body.currency;
    let of_payments = order.payments.iter().flat_map(|p| [p.amount, p.authorized, p.captured]);
    for amount in of_payments.chain(order.refunds.iter().map(|r| r.amount)) {
        let fits = amount.currency() == currency && !amount.is_negative();
        findings.hold(Check::Money, fits, || format!("{amount} in an order in {}", currency.code()));
        if !fits {
            return Ok(());
        }
    }
    for payment in &order.payments {
        let left = order.refundable(payment)?;
        findings.hold(Check::Money, !left.is_negative(), || {
            format!("{} has captured {} and refunds claim {left} beyond it", payment.id, payment.captured)
        });
    }
    for (at, capture) in order.captures.iter().enumerate() {
        let payment = order.payment(&capture.payment_id);
        let within = payment.is_some_and(|p| capture.amount.compare(p.authorized).is_ok_and(std::cmp::Ordering::is_le));
        let first = !order.captures.iter().take(at).any(|c| c.payment_id == capture.payment_id);
        findings.hold(Check::Money, within && first && capture.amount.is_positive(), || {
            format!("{} takes {} of {}, beyond its promise or again", capture.id, capture.amount, capture.payment_id)
        });
    }
    for (payment, _) in order.gift_cards() {
        let is_reserved = order.benefits == Some(BenefitStatus::Reserved);
        let is_spent = matches!(order.benefits, Some(BenefitStatus::Committed | BenefitStatus::Released));
        let stands = payment.is_set_aside_on_a_card() == is_reserved && (is_spent || payment.captured.is_zero());
        findings.hold(Check::Money, stands, || {
            let benefits = order.benefits.map_or("never reserved", |b| b.name());
            format!("{} is {} on a gift card, and the service has it {benefits}", payment.id, payment.status.name())
        });
    }
    for refund in &order.refunds {
        let known = order.payment(&refund.payment_id).is_some();
        findings.hold(Check::Money, known && refund.amount.is_positive(), || {
            format!("{} of {} goes back to {}", refund.id, refund.amount, refund.payment_id)
        });
    }
    let (captured, refunded) = (order.captured()?, order.refunded()?);
    findings.hold(Check::Money, refunded.compare(captured)?.is_le(), || {
        format!("{refunded} refunded of {captured} captured")
    });
    if waits::is_over(order) {
        if order.is_undone() {
            let (kept, most) = (order.kept()?, order.forfeited()?);
            let fits = kept.compare(most)?.is_le();
            findings.hold(Check::KeptMoney, fits, || {
                format!("is undone and keeps {kept}, of which {most} is a deposit to keep")
            });
        } else {
            kept(order, order.kept()?, findings)?;
        }
    }
    Ok(())
}

/// An order that is over and was not undone has delivered, and keeps no more than its total. One that still owes money is not over:
/// then something has to wake it (`waits`, `wake_row`).
fn kept(order: &Order, kept: Money, findings: &mut Findings<'_>) -> Result<(), MoneyError> {
    let delivered = order.digital_delivered || order.shipments.iter().any(|s| s.status == ShipmentStatus::Delivered);
    findings.hold(Check::KeptMoney, delivered, || "over without a delivery".into());
    let worth = order.worth()?;
    let owed = kept.compare(worth)?.is_le();
    findings.hold(Check::KeptMoney, owed, || format!("keeps {kept} of a total of {worth}"));
    Ok(())
}
