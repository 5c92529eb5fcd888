//! What an order is worth once units of it were cancelled while the rest goes on: its total less what they were worth.

use crate::body::Line;
use crate::id::LineId;
use crate::money::{Money, MoneyError};
use crate::order::{Order, Payment};

impl Order {
    /// Units of a line that were cancelled while the rest of the order went on.
    #[must_use]
    pub fn cancelled_units(&self, line: &LineId) -> u32 {
        self.cancelled.iter().filter(|c| c.line_id == *line).fold(0, |sum, c| sum.saturating_add(c.quantity))
    }

    /// Units of a line that were ordered and not cancelled by themselves.
    #[must_use]
    pub fn wanted(&self, line: &Line) -> u32 {
        line.quantity.saturating_sub(self.cancelled_units(&line.line_id))
    }

    /// What cancelled units were worth in all.
    ///
    /// # Errors
    /// [`MoneyError`], never for amounts that were accepted one by one.
    pub fn taken_off(&self) -> Result<Money, MoneyError> {
        Money::sum(self.body.currency, self.cancelled.iter().map(|c| c.amount))
    }

    /// What the order is worth now: its total less what cancelled units were worth.
    ///
    /// # Errors
    /// [`MoneyError`], never for amounts that were accepted one by one.
    pub fn worth(&self) -> Result<Money, MoneyError> {
        self.body.total.sub(self.taken_off()?)
    }

    /// What an attempt still has to bring in all: what it was meant to bring, or less where the rest of the order costs
    /// less than that beside what the others have brought. Of several promises the earlier ones bring first.
    ///
    /// # Errors
    /// [`MoneyError`], never for amounts that were accepted one by one.
    pub fn due(&self, payment: &Payment) -> Result<Money, MoneyError> {
        if self.cancelled.is_empty() {
            return Ok(payment.amount);
        }
        let firm = |p: &Payment| if p.provider.is_promise() { p.captured } else { self.secured(p) };
        let mut open = self.worth()?;
        let mut is_earlier = true;
        for other in &self.payments {
            if other.id == payment.id {
                is_earlier = false;
            } else if is_earlier && payment.provider.is_promise() && other.provider.is_promise() {
                open = open.sub(other.amount)?;
            } else {
                open = open.sub(firm(other))?;
            }
        }
        let open = if open.is_negative() { Money::zero(self.body.currency) } else { open };
        payment.amount.min(open)
    }

    /// What of an attempt the others may count on. Of money at the door that is what is still due there once units were
    /// cancelled: where a promise and the door each counted on all that the other was to bring, both would bring too little.
    ///
    /// # Errors
    /// [`MoneyError`], never for amounts that were accepted one by one.
    pub fn counted(&self, payment: &Payment) -> Result<Money, MoneyError> {
        let secured = self.secured(payment);
        if !payment.provider.is_promise() || !payment.declared {
            return Ok(secured);
        }
        let due = self.due(payment)?;
        Ok(if due.compare(payment.captured)?.is_lt() { payment.captured } else { due })
    }

    /// Whether what is secured, with what a person has let off, comes to what the order is worth.
    #[must_use]
    pub fn is_secured(&self) -> bool {
        Money::sum(self.body.currency, self.payments.iter().map(|p| self.secured(p)))
            .and_then(|sum| sum.add(self.let_off)?.compare(self.worth()?))
            .is_ok_and(std::cmp::Ordering::is_ge)
    }
}
