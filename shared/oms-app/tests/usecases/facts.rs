//! What providers tell: facts about the payment `pi_1` and others, as Stripe's callbacks bring them.

use oms_domain::body::Provider;
use oms_domain::id::{EventKey, OrderId, PaymentReference, RefundId};
use oms_domain::payment::{PaymentFact, PaymentFactKind, RefundFactStatus};
use oms_testkit::build::cny;

/// A fact about a payment of Stripe, under an event id of its own.
pub fn fact(order: &OrderId, event: &str, payment: &str, kind: PaymentFactKind) -> PaymentFact {
    PaymentFact {
        key: EventKey::parse(format!("stripe:{event}")).unwrap(),
        provider: Provider::Stripe,
        provider_payment_id: payment.to_owned(),
        reference: Some(PaymentReference::of(order, 1)),
        live: false,
        kind,
    }
}

pub fn captured(order: &OrderId, event: &str, payment: &str, amount: &str) -> PaymentFact {
    fact(order, event, payment, PaymentFactKind::Captured { amount: cny(amount) })
}

pub fn authorized(order: &OrderId, event: &str, payment: &str, amount: &str) -> PaymentFact {
    fact(order, event, payment, PaymentFactKind::Authorized { amount: cny(amount) })
}

pub fn failed(order: &OrderId, event: &str, payment: &str) -> PaymentFact {
    fact(order, event, payment, PaymentFactKind::Failed { reason: "card_declined".into() })
}

pub fn pending(order: &OrderId, event: &str, payment: &str) -> PaymentFact {
    fact(order, event, payment, PaymentFactKind::Pending)
}

pub fn refunded(order: &OrderId, event: &str, refund: usize, amount: &str, status: RefundFactStatus) -> PaymentFact {
    let kind = PaymentFactKind::Refund {
        refund_id: Some(RefundId::of(order, refund)),
        provider_refund_id: format!("re_{refund}"),
        amount: cny(amount),
        status,
    };
    fact(order, event, "pi_1", kind)
}
