//! What a step tells its workflow about what the use case did.

use oms_app::engine;
use oms_domain::status::{OrderStatus, PaymentStatus, RefundStatus};

use crate::step::Outcome;

/// The step's outcome: where the order is over says more than what this step did.
#[must_use]
pub fn summary(done: &engine::Outcome) -> (Outcome, OrderStatus) {
    let status = done.order.status;
    let outcome = match status {
        OrderStatus::Rejected => Outcome::Rejected,
        OrderStatus::Cancelling | OrderStatus::Cancelled | OrderStatus::Expired => Outcome::Superseded,
        OrderStatus::Received
        | OrderStatus::Validated
        | OrderStatus::AwaitingPayment
        | OrderStatus::Confirmed
        | OrderStatus::InFulfilment
        | OrderStatus::Completed
        | OrderStatus::Closed => {
            if done.events.is_empty() {
                Outcome::Unchanged
            } else {
                Outcome::Advanced
            }
        }
    };
    (outcome, status)
}

/// The outcome of a compensating step: it waits while a provider's answer is open.
#[must_use]
pub fn reversal_summary(done: &engine::Outcome) -> (Outcome, OrderStatus) {
    let refunds =
        done.order.refunds.iter().any(|r| matches!(r.status, RefundStatus::Submitted | RefundStatus::Unknown));
    let captures = done.order.captures.iter().any(|c| c.status.is_in_flight());
    let payments = done.order.payments.iter().any(|p| p.status == PaymentStatus::Unknown);
    let outcome = if refunds || captures || payments {
        Outcome::Waiting
    } else if done.events.is_empty() {
        Outcome::Unchanged
    } else {
        Outcome::Advanced
    };
    (outcome, done.order.status)
}
