//! What providers keep for their services. It changes nothing but the books: a payment has brought what was captured, can
//! be refunded as far, and reads as paid, whatever its fee.

use crate::body::Provider;
use crate::id::PaymentId;
use crate::money::Money;
use crate::order::{Order, Payment};

/// A fee that a provider has told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fee {
    /// The provider's own id of what it charges by.
    pub reference: String,
    /// Whether the provider gives it back.
    pub is_returned: bool,
    /// How much, above zero.
    pub amount: Money,
}

impl Payment {
    /// What the provider keeps of it in all, in minor units: below nothing where it has given back what it never told.
    #[must_use]
    pub fn fees_minor(&self) -> i128 {
        let minor = |fee: &Fee| if fee.is_returned { -fee.amount.minor() } else { fee.amount.minor() };
        self.fees.iter().map(minor).sum()
    }
}

impl Order {
    /// Whether a provider's fee is in the books, by the provider's own id of it.
    #[must_use]
    pub fn has_fee(&self, provider: Provider, reference: &str) -> bool {
        let of_theirs = self.payments.iter().filter(|p| p.provider == provider);
        of_theirs.flat_map(|p| &p.fees).any(|fee| fee.reference == reference)
    }

    pub(crate) fn apply_fee(&mut self, payment_id: &PaymentId, fee: Fee) {
        if let Some(payment) = self.payments.iter_mut().find(|p| p.id == *payment_id) {
            payment.fees.push(fee);
        }
    }
}
