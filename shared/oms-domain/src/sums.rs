//! What an order's money comes to: taken, sent back, kept, and what of it is nobody's yet.

use crate::event::RefundCause;
use crate::money::{Money, MoneyError};
use crate::order::{Order, Payment};
use crate::status::{HoldKind, RefundStatus};

impl Order {
    /// All money taken.
    ///
    /// # Errors
    /// [`MoneyError`], never for amounts that were accepted one by one.
    pub fn captured(&self) -> Result<Money, MoneyError> {
        Money::sum(self.body.currency, self.payments.iter().map(|p| p.captured))
    }

    /// All money that is back with buyers.
    ///
    /// # Errors
    /// [`MoneyError`], never for amounts that were accepted one by one.
    pub fn refunded(&self) -> Result<Money, MoneyError> {
        let done = self.refunds.iter().filter(|r| r.status == RefundStatus::Succeeded);
        Money::sum(self.body.currency, done.map(|r| r.amount))
    }

    /// All money that is lost to buyers' banks for good.
    ///
    /// # Errors
    /// [`MoneyError`], never for amounts that were accepted one by one.
    pub fn lost(&self) -> Result<Money, MoneyError> {
        Money::sum(self.body.currency, self.payments.iter().map(|p| p.lost))
    }

    /// What is here of all money taken; below nothing where money went back twice, by a refund and by a bank.
    ///
    /// # Errors
    /// [`MoneyError`], never for amounts that were accepted one by one.
    pub fn kept(&self) -> Result<Money, MoneyError> {
        self.captured()?.sub(self.refunded()?)?.sub(self.lost()?)
    }

    /// What of a payment no refund claims yet, and no bank has taken back.
    ///
    /// # Errors
    /// [`MoneyError`], never for amounts that were accepted one by one.
    pub fn refundable(&self, payment: &Payment) -> Result<Money, MoneyError> {
        let claimed = self.refunds.iter().filter(|r| r.payment_id == payment.id && r.status.claims_money());
        let left = payment.captured.sub(Money::sum(self.body.currency, claimed.map(|r| r.amount))?)?;
        // Where a refund and the bank have sent the same money back, nothing is left, and not less.
        let gone = if left.is_positive() { payment.lost.min(left)? } else { Money::zero(self.body.currency) };
        left.sub(gone)
    }

    /// What no refund claims yet, over all payments.
    ///
    /// # Errors
    /// [`MoneyError`], never for amounts that were accepted one by one.
    pub fn refundable_total(&self) -> Result<Money, MoneyError> {
        self.payments.iter().try_fold(Money::zero(self.body.currency), |sum, p| sum.add(self.refundable(p)?))
    }

    /// Money that came in beyond what the order is worth, and that no refund of excess claims yet: it stands in suspense.
    /// What only waits for a second person does not claim it: that gives way to what is owed.
    ///
    /// # Errors
    /// [`MoneyError`], never for amounts that were accepted one by one.
    pub fn suspense(&self) -> Result<Money, MoneyError> {
        let zero = Money::zero(self.body.currency);
        let beyond = self.captured()?.sub(self.lost()?)?.sub(self.worth()?)?;
        if !beyond.is_positive() {
            return Ok(zero);
        }
        let claimed = self.refunds.iter().filter(|r| r.cause == RefundCause::Excess && r.status.claims_money());
        let open = beyond.sub(Money::sum(self.body.currency, claimed.map(|r| r.amount))?)?;
        let open = if open.is_negative() { zero } else { open };
        let there = self.payments.iter().try_fold(zero, |sum, payment| {
            let there = self.still_there(payment)?;
            if there.is_positive() { sum.add(there) } else { Ok(sum) }
        })?;
        open.min(there)
    }

    /// What of the money in suspense is to go back now: nothing while a person looks at a payment mismatch.
    ///
    /// # Errors
    /// [`MoneyError`], never for amounts that were accepted one by one.
    pub fn excess(&self) -> Result<Money, MoneyError> {
        if self.active_holds().any(|h| h.kind == HoldKind::PaymentMismatch) {
            Ok(Money::zero(self.body.currency))
        } else {
            self.suspense()
        }
    }
}
