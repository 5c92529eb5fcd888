//! Payments, refunds, and payments called off.

use oms_domain::status::{HoldStatus, OrderStatus, PaymentStatus, RefundStatus};

use super::state::{AtProvider, Attempt, Refund, Sending, State, Why, Window};

impl State {
    /// The attempt that a payment of the provider is: the one that is known by it, else the first that has none yet.
    fn attempt_of(&self, payment: usize) -> Option<usize> {
        let known = self.books.attempts.iter().position(|a| a.payment == Some(payment));
        known.or_else(|| self.books.attempts.iter().position(|a| a.payment.is_none()))
    }

    /// The storefront tells which payment it has begun.
    pub fn identify(&mut self) {
        if let Some(attempt) = self.attempt_of(0) {
            self.books.attempts[attempt].payment = Some(0);
        }
    }

    /// Money has come in: a fact, whatever the attempt's state. A payment that nobody expected gets an attempt of its own.
    pub fn captured(&mut self, payment: usize) {
        let attempt = self.attempt_of(payment).unwrap_or_else(|| {
            self.books.attempts.push(Attempt { payment: None, status: PaymentStatus::Created, captured: false });
            self.books.attempts.len() - 1
        });
        let attempt = &mut self.books.attempts[attempt];
        *attempt = Attempt { payment: Some(payment), status: PaymentStatus::Captured, captured: true };
    }

    pub fn told_declined(&mut self) {
        if let Some(attempt) = self.attempt_of(0) {
            let attempt = &mut self.books.attempts[attempt];
            attempt.payment = Some(0);
            // Declined does not undo what is paid, or called off.
            if attempt.status == PaymentStatus::Created {
                attempt.status = PaymentStatus::Failed;
            }
        }
    }

    /// What time decides, then what is owed.
    pub fn compensate(&mut self) {
        let (review, back) = (self.books.review_over, self.books.back_over);
        if review {
            self.books.review = Some(HoldStatus::Expired);
        }
        if back {
            self.books.back = Some(HoldStatus::Expired);
        }
        if review || back {
            self.undo();
        } else if self.books.order == OrderStatus::AwaitingPayment
            && self.books.window == Window::Over
            && !self.books.held()
        {
            self.books.order = OrderStatus::Expired;
        }
        if !self.books.undone() {
            if self.books.suspense()
                && let Some(latest) = self.books.refundable_attempts().pop()
            {
                self.approve(latest, Why::Excess);
            }
            self.expire_unknown();
            return;
        }
        if self.books.awaits_location() {
            return;
        }
        for attempt in self.books.refundable_attempts() {
            self.approve(attempt, Why::Undone);
        }
        self.expire_unknown();
    }

    /// There is nobody to ask about an attempt that no payment is known of.
    fn expire_unknown(&mut self) {
        for a in 0..self.books.attempts.len() {
            if self.books.attempts[a].payment.is_none() && self.books.open_attempt(a) {
                self.books.attempts[a].status = PaymentStatus::Expired;
            }
        }
    }

    fn approve(&mut self, attempt: usize, why: Why) {
        self.books.refunds.push(Refund { attempt, why, status: RefundStatus::Approved, refused: false });
        self.world.sendings.push(Sending::default());
    }

    /// Finance sends the total back: what came in twice first.
    pub fn ask_refund(&mut self) {
        let refundable = self.books.refundable_attempts();
        let (attempt, why) =
            if self.books.suspense() { (refundable.last(), Why::Excess) } else { (refundable.first(), Why::Asked) };
        if let Some(attempt) = attempt {
            self.approve(*attempt, why);
            let nothing_is_paid = why == Why::Asked && self.books.refundable_attempts().is_empty();
            let over = self.books.undone() || self.books.order == OrderStatus::Completed;
            if nothing_is_paid && !over && !self.books.has_shipped() && !self.books.sent_back() {
                self.books.back = Some(HoldStatus::Active);
            }
        }
    }

    /// A worker stores that it is about to call; only then it calls.
    pub fn submit(&mut self, refund: usize) {
        let refund = &mut self.books.refunds[refund];
        if matches!(refund.status, RefundStatus::Approved | RefundStatus::Unknown) {
            refund.status = RefundStatus::Submitted;
            refund.refused = false;
        }
    }

    pub fn answered_sent(&mut self, refund: usize) {
        let refund = &mut self.books.refunds[refund];
        if matches!(refund.status, RefundStatus::Submitted | RefundStatus::Unknown) {
            refund.status = RefundStatus::Succeeded;
        }
    }

    /// The provider's no goes to a person.
    pub fn answered_no(&mut self, refund: usize) {
        self.world.sendings[refund].refusal = false;
        let refund = &mut self.books.refunds[refund];
        if matches!(refund.status, RefundStatus::Submitted | RefundStatus::Unknown) {
            refund.status = RefundStatus::Manual;
            refund.refused = true;
        }
    }

    /// The provider's event. After a no it may be old news, so that people look.
    pub fn told_sent(&mut self, refund: usize) {
        let at = &mut self.world.sendings[refund];
        let refund = &mut self.books.refunds[refund];
        if refund.status == RefundStatus::Succeeded || at.told {
            return;
        }
        if refund.refused {
            self.books.odd = true;
            at.told = true;
        } else {
            refund.status = RefundStatus::Succeeded;
        }
    }

    /// The provider is asked to take no more money for a payment; it may have some already.
    pub fn call_off(&mut self, payment: usize) {
        self.world.asked_off[payment] = true;
        if self.world.payments[payment] == AtProvider::Open {
            self.world.payments[payment] = AtProvider::CalledOff;
        }
    }

    pub fn answered_call_off(&mut self, payment: usize) {
        if self.world.payments[payment] == AtProvider::Paid {
            return self.captured(payment);
        }
        if let Some(attempt) = self.attempt_of(payment) {
            let attempt = &mut self.books.attempts[attempt];
            if matches!(attempt.status, PaymentStatus::Created | PaymentStatus::Failed) {
                attempt.status = PaymentStatus::Expired;
            }
        }
    }
}
