//! What the answers of the service of coupons and points do to the gift cards that an order is paid with.

use crate::decide::payment::lost_promise;
use crate::event::OrderEvent;
use crate::order::{Order, Payment};
use crate::policy::Context;
use crate::status::PaymentStatus;

/// Set aside: each card promises what it is to bring.
pub(super) fn promised(order: &Order) -> impl Iterator<Item = OrderEvent> {
    let authorized =
        |p: &Payment| OrderEvent::PaymentAuthorized { payment_id: p.id.clone(), amount: p.amount, expires_at: None };
    cards(order, PaymentStatus::Created).map(authorized)
}

/// Spent: each card has brought what it promised.
pub(super) fn taken(order: &Order) -> impl Iterator<Item = OrderEvent> {
    let captured = |p: &Payment| OrderEvent::PaymentCaptured { payment_id: p.id.clone(), captured: p.authorized };
    cards(order, PaymentStatus::Authorized).map(captured)
}

/// The service does not take what it had set aside: that money is not there, as with a promise that a bank takes back.
pub(super) fn not_taken(order: &Order, reason: &str, before: &[OrderEvent], ctx: &Context<'_>) -> Vec<OrderEvent> {
    let failed = |p: &Payment| OrderEvent::PaymentFailed { payment_id: p.id.clone(), reason: reason.to_owned() };
    let mut events: Vec<OrderEvent> = cards(order, PaymentStatus::Authorized).map(failed).collect();
    if events.is_empty() {
        return events;
    }
    let known = [before, events.as_slice()].concat();
    events.extend(lost_promise(order, format!("the gift card was not taken: {reason}"), &known, ctx));
    events
}

/// Released: what was only set aside is the buyer's again. Where the service refuses that, the promise is over all the same.
pub(super) fn given_back(order: &Order, is_done: bool) -> Vec<OrderEvent> {
    let over = |p: &Payment| {
        let payment_id = p.id.clone();
        if is_done {
            vec![
                OrderEvent::PaymentVoiding { payment_id: payment_id.clone() },
                OrderEvent::PaymentVoided { payment_id },
            ]
        } else {
            vec![OrderEvent::PaymentExpired { payment_id }]
        }
    };
    cards(order, PaymentStatus::Authorized).flat_map(over).collect()
}

fn cards(order: &Order, status: PaymentStatus) -> impl Iterator<Item = &Payment> {
    order.gift_cards().map(|(payment, _)| payment).filter(move |payment| payment.status == status)
}
