//! What providers tell: facts about the payment `pi_1` and others, as Stripe's callbacks bring them.

use oms_domain::body::Provider;
use oms_domain::id::{EventKey, OrderId, PaymentReference, RefundId};
use oms_domain::payment::{PaymentFact, PaymentFactKind, RefundFactStatus};

use crate::build::cny;

/// A fact about a payment of Stripe, under an event id of its own.
#[must_use]
pub fn fact(order: &OrderId, event: &str, payment: &str, kind: PaymentFactKind) -> PaymentFact {
    PaymentFact {
        key: EventKey::parse(format!("stripe:{event}")).unwrap(),
        provider: Provider::Stripe,
        provider_payment_id: payment.to_owned(),
        reference: Some(PaymentReference::of(order, 1)),
        live: false,
        kind,
        fees: Vec::new(),
    }
}

/// Money was taken.
#[must_use]
pub fn captured(order: &OrderId, event: &str, payment: &str, amount: &str) -> PaymentFact {
    fact(order, event, payment, PaymentFactKind::Captured { amount: cny(amount) })
}

/// Money was promised.
#[must_use]
pub fn authorized(order: &OrderId, event: &str, payment: &str, amount: &str) -> PaymentFact {
    fact(order, event, payment, PaymentFactKind::Authorized { amount: cny(amount), expires_at: None })
}

/// The card was declined.
#[must_use]
pub fn failed(order: &OrderId, event: &str, payment: &str) -> PaymentFact {
    fact(order, event, payment, PaymentFactKind::Failed { reason: "card_declined".into() })
}

/// The buyer has something to do.
#[must_use]
pub fn pending(order: &OrderId, event: &str, payment: &str) -> PaymentFact {
    fact(order, event, payment, PaymentFactKind::Pending)
}

/// A refund moved.
#[must_use]
pub fn refunded(order: &OrderId, event: &str, refund: usize, amount: &str, status: RefundFactStatus) -> PaymentFact {
    let kind = PaymentFactKind::Refund {
        refund_id: Some(RefundId::of(order, refund)),
        provider_refund_id: format!("re_{refund}"),
        amount: cny(amount),
        status,
    };
    fact(order, event, "pi_1", kind)
}
