//! Payment attempts side by side: which of them are still open, and which have lost.

use crate::body::Provider;
use crate::id::PaymentId;
use crate::money::Money;
use crate::order::{Order, Payment};
use crate::status::{HoldKind, OrderStatus, PaymentStatus};

impl Provider {
    /// Whether the provider calls a payment off by our reference alone, and says in so many words when it has none of it.
    #[must_use]
    pub fn knows_our_reference(self) -> bool {
        match self {
            Self::Wechatpay | Self::Alipay => true,
            Self::Stripe | Self::Adyen | Self::Paypal | Self::Cod | Self::Channel | Self::GiftCard => false,
        }
    }
}

impl Payment {
    /// Whether there is anything at the provider, or may be, by which it can be asked to call the attempt off.
    #[must_use]
    pub fn can_be_called_off(&self) -> bool {
        let begun = self.started.as_ref().is_some_and(|start| start.object.is_some());
        self.provider_payment_id.is_some() || begun || self.provider.knows_our_reference()
    }

    /// Whether a buyer could still pay the attempt, or it promises money.
    #[must_use]
    pub fn is_open(&self) -> bool {
        match self.status {
            PaymentStatus::Created
            | PaymentStatus::RequiresAction
            | PaymentStatus::Authorized
            | PaymentStatus::Voiding
            | PaymentStatus::Unknown => true,
            PaymentStatus::Failed => self.provider_payment_id.is_some(),
            PaymentStatus::PartiallyCaptured
            | PaymentStatus::Captured
            | PaymentStatus::Expired
            | PaymentStatus::Voided
            | PaymentStatus::Disputed
            | PaymentStatus::ChargedBack => false,
        }
    }
}

/// Open attempts of an order that goes on, and is covered without them: what is taken counts first, then what is promised,
/// the earlier attempt before the later. None while a person looks at what was paid.
#[must_use]
pub fn losers(order: &Order) -> Vec<PaymentId> {
    let ours = |p: &&Payment| p.provider.has_api() && !order.is_collected_by_channel(p);
    let promised = |p: &&Payment| ours(p) && p.status == PaymentStatus::Authorized;
    // What we have begun to give back is given back, whatever happens meanwhile, and so is a promise that nobody will take.
    let begun =
        |p: &&Payment| matches!(p.status, PaymentStatus::Voiding | PaymentStatus::Unknown) || order.is_given_up(p);
    let mut lost: Vec<PaymentId> = order.payments.iter().filter(begun).map(|p| p.id.clone()).collect();
    if order.active_holds().any(|h| h.kind == HoldKind::PaymentMismatch) {
        return lost;
    }
    let Ok(worth) = order.worth() else { return lost };
    let covers =
        |sum: Money| sum.add(order.let_off).and_then(|sum| sum.compare(worth)).is_ok_and(std::cmp::Ordering::is_ge);
    let mut taken = order.payments.iter().filter(|p| !promised(p));
    let zero = Money::zero(order.body.currency);
    let Ok(mut sum) = taken.try_fold(zero, |sum, p| sum.add(order.counted(p)?)) else { return lost };
    for payment in order.payments.iter().filter(promised) {
        if order.is_given_up(payment) {
            // It is among them already.
        } else if covers(sum) {
            lost.push(payment.id.clone());
        } else if let Ok(more) = sum.add(order.secured(payment)) {
            sum = more;
        }
    }
    // Nobody pays for an order that is over, whatever has become of the money it had.
    if covers(sum) || order.status == OrderStatus::Closed {
        let unpaid = |p: &&Payment| {
            let waits =
                matches!(p.status, PaymentStatus::Created | PaymentStatus::RequiresAction | PaymentStatus::Failed);
            // There is nothing to pay of an attempt that is to bring nothing.
            ours(p) && waits && p.is_open() && p.amount.is_positive()
        };
        lost.extend(order.payments.iter().filter(unpaid).map(|p| p.id.clone()));
    }
    lost
}
