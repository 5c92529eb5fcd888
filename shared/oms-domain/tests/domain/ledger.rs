//! Double-entry books kept from the stored events alone, apart from the order's own sums: four accounts, in minor
//! units, whose balances sum to zero after every event.

use std::collections::{BTreeMap, BTreeSet};

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
    /// What buyers' banks have taken back (a loss: not below zero).
    pub chargebacks: i128,
    total: i128,
    applied: i128,
    captured: BTreeMap<PaymentId, i128>,
    refunds: BTreeMap<RefundId, Posted>,
    lost: BTreeMap<PaymentId, i128>,
    /// What providers keep of the money, beside all of this.
    pub fees: i128,
    fee_names: BTreeSet<String>,
}

/// A refund on the books.
#[derive(Debug)]
struct Posted {
    amount: i128,
    from_suspense: i128,
    is_out: bool,
}

impl Ledger {
    pub fn of(records: &[CommitRecord]) -> Self {
        let mut ledger = Self::default();
        for event in records.iter().flat_map(|r| &r.events) {
            ledger.post(event);
        }
        ledger
    }

    /// All that came in.
    pub fn taken(&self) -> i128 {
        self.captured.values().sum()
    }

    pub fn balance(&self) -> i128 {
        self.till + self.sales + self.suspense + self.payable + self.chargebacks
    }

    fn post(&mut self, event: &OrderEvent) {
        if let OrderEvent::Received { body } = event {
            self.total = body.total.minor();
            for (i, payment) in body.payments.iter().enumerate() {
                if payment.status == DeclaredStatus::Captured {
                    self.capture(&PaymentId::number(i + 1), payment.amount.minor());
                }
            }
        } else if let OrderEvent::LinesCancelled { lines, .. } = event {
            self.cut(lines.iter().map(|l| l.amount.minor()).sum());
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
            let posted = Posted { amount, from_suspense, is_out: false };
            assert!(self.refunds.insert(refund_id.clone(), posted).is_none(), "{refund_id} twice");
        } else if let OrderEvent::RefundDeclined { refund_id, .. } = event {
            self.declined(refund_id);
        } else if let OrderEvent::DisputeLost { payment_id, amount } = event {
            self.charged_back(payment_id, amount.minor());
        } else if let OrderEvent::DisputeWon { payment_id } = event {
            self.charged_back(payment_id, 0);
        } else if let OrderEvent::FeeCharged { reference, amount, .. } = event {
            self.fee(reference, amount.minor());
        } else if let OrderEvent::FeeReturned { reference, amount, .. } = event {
            self.fee(reference, -amount.minor());
        } else if let OrderEvent::RefundSucceeded { refund_id, .. } = event {
            self.paid_out(refund_id, true);
        } else if let OrderEvent::RefundFailed { refund_id, .. } = event {
            self.paid_out(refund_id, false);
        }
    }

    /// The order costs less: what was applied beyond that is nobody's, unless it was asked back before.
    fn cut(&mut self, amount: i128) {
        self.total -= amount;
        let freed = (self.applied - self.total).max(0);
        self.applied -= freed;
        let back = freed.min(-self.sales);
        self.sales += back;
        self.suspense -= back;
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
        let posted = self.refunds.get_mut(refund).expect("an approved refund");
        assert!(!(is_out && posted.is_out), "{refund} is paid out twice");
        let sign = i128::from(is_out) - i128::from(posted.is_out);
        posted.is_out = is_out;
        self.till -= sign * posted.amount;
        self.payable += sign * posted.amount;
    }

    /// One that was approved and is given up is as if it had never been; one that only waited never was.
    fn declined(&mut self, refund: &RefundId) {
        let Some(posted) = self.refunds.remove(refund) else { return };
        assert!(!posted.is_out, "{refund} is out and declined");
        self.suspense -= posted.from_suspense;
        self.sales -= posted.amount - posted.from_suspense;
        self.payable += posted.amount;
    }

    fn fee(&mut self, reference: &str, minor: i128) {
        assert!(minor != 0 && self.fee_names.insert(reference.into()), "the fee {reference} is booked twice");
        self.fees += minor;
    }

    fn charged_back(&mut self, payment: &PaymentId, sum: i128) {
        let known = self.lost.insert(payment.clone(), sum).unwrap_or(0);
        self.till -= sum - known;
        self.chargebacks += sum - known;
    }
}
