//! What came in, what went back, and what is kept.

use oms_domain::event::OrderEvent;
use oms_domain::money::{Money, MoneyError};
use oms_domain::order::Order;
use oms_domain::status::{RefundStatus, ShipmentStatus};

use super::{Findings, waits};
use crate::report::Check;

/// A capture never shrinks, and a refund is paid out once.
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
    }
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
    if waits::is_over(order) && !order.is_undone() {
        kept(order, order.kept()?, findings)?;
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
