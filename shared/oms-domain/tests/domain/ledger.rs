//! Double-entry books kept from the stored events alone, apart from the order's own sums: four accounts, in minor
//! units, whose balances sum to zero after every event.

use std::collections::BTreeMap;

use oms_domain::body::DeclaredStatus;
use oms_domain::event::{CommitRecord, OrderEvent, RefundCause};
use oms_domain::id::{PaymentId, RefundId};

#[derive(Debug, Default)]
pub struct Ledger {
    /// Money at the providers and channels (an asset: not below zero).
    pub till: i128,
    /// What buyers have paid for this order and not asked back (not above zero).
    pub sales: i128,
    /// What came in beyond the total and still has to go back (not above zero).
    pub suspense: i128,
    /// Refunds decided and not confirmed yet (not above zero).
    pub payable: i128,
    total: i128,
    applied: i128,
    captured: BTreeMap<PaymentId, i128>,
    refunds: BTreeMap<RefundId, (i128, bool)>,
}

impl Ledger {
    pub fn of(records: &[CommitRecord]) -> Self {
        let mut ledger = Self::default();
        for event in records.iter().flat_map(|r| &r.events) {
            ledger.post(event);
        }
        ledger
    }

    pub fn balance(&self) -> i128 {
        self.till + self.sales + self.suspense + self.payable
    }

    fn post(&mut self, event: &OrderEvent) {
        if let OrderEvent::Received { body } = event {
            self.total = body.total.minor();
            for (i, payment) in body.payments.iter().enumerate() {
                if payment.status == DeclaredStatus::Captured {
                    self.capture(&PaymentId::number(i + 1), payment.amount.minor());
                }
            }
        } else if let OrderEvent::PaymentCaptured { payment_id, captured } = event {
            self.capture(payment_id, captured.minor());
        } else if let OrderEvent::RefundApproved { refund_id, amount, cause, .. } = event {
            let amount = amount.minor();
            let open = -self.suspense;
            let from_suspense = match cause {
                RefundCause::Excess => amount,
                RefundCause::OrderUndone => amount.min(open),
                RefundCause::Requested => (amount + self.sales).max(0),
            };
            self.suspense += from_suspense;
            self.sales += amount - from_suspense;
            self.payable -= amount;
            assert!(self.refunds.insert(refund_id.clone(), (amount, false)).is_none(), "{refund_id} twice");
        } else if let OrderEvent::RefundSucceeded { refund_id, .. } = event {
            self.paid_out(refund_id, true);
        } else if let OrderEvent::RefundFailed { refund_id, .. } = event {
            self.paid_out(refund_id, false);
        }
    }

    fn capture(&mut self, payment: &PaymentId, sum: i128) {
        let known = self.captured.entry(payment.clone()).or_default();
        assert!(sum >= *known, "what was captured never shrinks");
        let more = sum - *known;
        *known = sum;
        let applied = more.min(self.total - self.applied);
        self.applied += applied;
        self.till += more;
        self.sales -= applied;
        self.suspense -= more - applied;
    }

    fn paid_out(&mut self, refund: &RefundId, is_out: bool) {
        let (amount, was_out) = self.refunds.get_mut(refund).expect("an approved refund");
        assert!(!(is_out && *was_out), "{refund} is paid out twice");
        let sign = i128::from(is_out) - i128::from(*was_out);
        *was_out = is_out;
        self.till -= sign * *amount;
        self.payable += sign * *amount;
    }
}
