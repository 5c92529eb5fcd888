//! Recognising our own ids among the numbers that a provider hands back.

use oms_domain::id::{OrderId, PaymentReference, RefundId};

/// Our refund, where a number is one of ours: an order's id, `-r` and a count. Whoever refunds in the provider's console
/// gives or gets another number, which must not be taken for a refund that we ought to know.
pub(crate) fn refund(number: &str) -> Option<RefundId> {
    RefundId::parse(number).ok().filter(|id| id.order().is_some())
}

/// What a number names, at a provider that hands one back with payments and refunds alike.
#[derive(Debug, Default)]
pub(crate) struct Named {
    /// The payment attempt, of ours or of somebody else's who uses the same account.
    pub(crate) reference: Option<PaymentReference>,
    /// The refund.
    pub(crate) refund_id: Option<RefundId>,
}

impl Named {
    /// Reads a number. The two kinds cannot be taken for one another: only a refund's has a hyphen.
    pub(crate) fn by(number: &str) -> Self {
        Self { reference: PaymentReference::parse(number).ok(), refund_id: refund(number) }
    }

    /// The order that the number belongs to.
    pub(crate) fn order(&self) -> Option<OrderId> {
        let by_reference = || self.reference.as_ref().and_then(PaymentReference::order);
        self.refund_id.as_ref().and_then(RefundId::order).or_else(by_reference)
    }
}
