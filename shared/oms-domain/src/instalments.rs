//! Deposit and balance (定金, 尾款): an order that is paid in parts, one at once and others by a time of their own. Until
//! all is paid its goods are set aside and go nowhere.

use jiff::Timestamp;

use crate::body::{DeclaredPayment, PaymentPurpose, Provider};
use crate::money::Money;
use crate::order::{Order, Payment};
use crate::status::PaymentStatus;

impl Order {
    /// Until when the next part is to be paid, once everything that was due before it is. What came by further attempts counts
    /// for the parts in their order. None while a part is missing that is due at once, and where no part has a time.
    #[must_use]
    pub fn next_instalment(&self) -> Option<Timestamp> {
        let mut parts: Vec<_> = self.declared().collect();
        parts.sort_by_key(|(declared, _)| declared.due_at);
        let beside = self.payments.iter().filter(|p| !p.declared).map(|p| self.secured(p));
        let mut beside = Money::sum(self.body.currency, beside).and_then(|sum| sum.add(self.let_off)).ok()?;
        for (declared, payment) in parts {
            beside = beside.sub(self.missing(payment)).ok()?;
            if beside.is_negative() {
                return declared.due_at;
            }
        }
        None
    }

    /// Until when a part that the order declared is due, where it has a time of its own.
    #[must_use]
    pub fn due_at(&self, payment: &Payment) -> Option<Timestamp> {
        self.declared().find(|(_, part)| part.id == payment.id).and_then(|(declared, _)| declared.due_at)
    }

    /// Whether a part of the order has a time of its own.
    pub(crate) fn is_paid_in_parts(&self) -> bool {
        self.body.payments.iter().any(|declared| declared.due_at.is_some())
    }

    /// Whether money is paid long before the goods may move: a part of it is a deposit, or another has a time of its own.
    pub(crate) fn has_deposit(&self) -> bool {
        let is_one = |declared: &DeclaredPayment| declared.purpose == Some(PaymentPurpose::Deposit);
        self.is_paid_in_parts() || self.body.payments.iter().any(is_one)
    }

    /// What is missing and has no time of its own: parts that have one are still to be paid, and a gift card that the service
    /// has not been asked for brings its part by itself.
    pub(crate) fn missing_at_once(&self) -> Money {
        let zero = Money::zero(self.body.currency);
        let is_unasked = |p: &Payment| p.provider == Provider::GiftCard && p.status == PaymentStatus::Created;
        let later = self.declared().filter(|(declared, p)| declared.due_at.is_some() || is_unasked(p));
        let later = later.map(|(_, p)| self.missing(p));
        let now = Money::sum(self.body.currency, later).and_then(|later| self.shortfall().sub(later));
        now.ok().filter(|missing| missing.is_positive()).unwrap_or(zero)
    }

    /// The parts that the order declared, with what has become of them.
    pub(crate) fn declared(&self) -> impl Iterator<Item = (&DeclaredPayment, &Payment)> {
        let of =
            |declared: &DeclaredPayment| self.payments.iter().find(|p| p.declared && p.reference == declared.reference);
        self.body.payments.iter().filter_map(move |declared| Some((declared, of(declared)?)))
    }

    fn missing(&self, payment: &Payment) -> Money {
        let missing = payment.amount.sub(self.secured(payment));
        missing.ok().filter(|m| m.is_positive()).unwrap_or(Money::zero(self.body.currency))
    }
}
