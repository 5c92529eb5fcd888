//! A deposit whose balance does not come by its day (定金): it goes back, or the shop keeps it. Only what was paid as the
//! deposit can be kept, only under terms under which the buyer was asked to pay, and only where the buyer let the day pass.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::body::{DeclaredPayment, PaymentPurpose};
use crate::id::{Channel, PaymentId};
use crate::money::{Money, MoneyError};
use crate::order::{Order, Payment, Refund};
use crate::policy::Policy;
use crate::status::RefundStatus;

/// What becomes of the deposit of an order that is not paid in full by its day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum OnDefault {
    /// It goes back.
    #[default]
    Refund,
    /// The shop keeps it.
    Keep,
}

impl OnDefault {
    /// Both.
    pub const ALL: &'static [Self] = &[Self::Refund, Self::Keep];

    /// The stable name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Refund => "refund",
            Self::Keep => "keep",
        }
    }

    /// The one with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|known| known.name() == name)
    }
}

/// What becomes of deposits, by channel.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DepositOnDefault {
    /// In channels that are not named.
    pub otherwise: OnDefault,
    /// In those that are.
    pub channels: BTreeMap<Channel, OnDefault>,
}

impl DepositOnDefault {
    /// Whether the shop keeps the deposits of a channel's orders.
    #[must_use]
    pub fn keeps(&self, channel: &Channel) -> bool {
        self.channels.get(channel).copied().unwrap_or(self.otherwise) == OnDefault::Keep
    }
}

impl Order {
    /// Whether a part of it is a deposit that the buyer pays to the shop, and another has a day of its own.
    #[must_use]
    pub fn has_deposit_and_balance(&self) -> bool {
        self.is_paid_in_parts() && self.deposits().next().is_some()
    }

    /// What its deposits come to: no more of it is ever kept.
    ///
    /// # Errors
    /// [`MoneyError`], never for amounts that were accepted one by one.
    pub fn deposit(&self) -> Result<Money, MoneyError> {
        Money::sum(self.body.currency, self.deposits().map(|(declared, _)| declared.amount))
    }

    /// Parts that are deposits, but for those whose money a channel has, and gift cards: those are not taken before the
    /// order is confirmed.
    fn deposits(&self) -> impl Iterator<Item = (&DeclaredPayment, &Payment)> {
        self.declared().filter(move |(declared, payment)| {
            let is_ours = payment.provider.has_api() && !self.is_collected_by_channel(payment);
            declared.purpose == Some(PaymentPurpose::Deposit) && is_ours
        })
    }

    /// What the shop keeps of a payment as a deposit: as much of what it was to keep as is still there.
    ///
    /// # Errors
    /// [`MoneyError`], never for amounts that were accepted one by one.
    pub fn forfeited_of(&self, payment: &Payment) -> Result<Money, MoneyError> {
        let there = self.still_there(payment)?;
        let none = Money::zero(self.body.currency);
        if there.is_positive() { payment.forfeited.min(there) } else { Ok(none) }
    }

    /// The same over all payments.
    ///
    /// # Errors
    /// [`MoneyError`], never for amounts that were accepted one by one.
    pub fn forfeited(&self) -> Result<Money, MoneyError> {
        self.payments.iter().try_fold(Money::zero(self.body.currency), |sum, p| sum.add(self.forfeited_of(p)?))
    }

    /// What of a payment has to go back once the order is undone, and no refund claims yet: all but a deposit that is kept.
    ///
    /// # Errors
    /// [`MoneyError`], never for amounts that were accepted one by one.
    pub fn owed_back(&self, payment: &Payment) -> Result<Money, MoneyError> {
        let left = self.refundable(payment)?;
        left.sub(payment.forfeited.min(left)?)
    }

    /// What has to go back now and no refund claims yet: all but a deposit that is kept where the order is undone, what came
    /// in beyond its worth otherwise.
    ///
    /// # Errors
    /// [`MoneyError`], never for amounts that were accepted one by one.
    pub fn owes(&self) -> Result<Money, MoneyError> {
        if !self.is_undone() {
            return self.excess();
        }
        self.payments.iter().try_fold(Money::zero(self.body.currency), |sum, p| sum.add(self.owed_back(p)?))
    }

    /// Whether a refund is of a deposit that is kept, and of nothing else: nobody is owed it, so that it goes back only if
    /// people want that.
    #[must_use]
    pub fn is_of_kept_deposit(&self, refund: &Refund) -> bool {
        self.payment(&refund.payment_id).is_some_and(|payment| {
            let all_of_it = self.still_there(payment).and_then(|there| there.compare(payment.forfeited));
            payment.forfeited.is_positive() && all_of_it.is_ok_and(std::cmp::Ordering::is_le)
        })
    }

    /// What was taken of a payment and has not gone back, nor is on its way. A refund that waits for a second person is
    /// neither.
    ///
    /// # Errors
    /// [`MoneyError`], never for amounts that were accepted one by one.
    pub(crate) fn still_there(&self, payment: &Payment) -> Result<Money, MoneyError> {
        let gone = |r: &&Refund| {
            let waits = r.status == RefundStatus::Requested;
            r.payment_id == payment.id && r.status.claims_money() && !waits
        };
        let gone = Money::sum(self.body.currency, self.refunds.iter().filter(gone).map(|r| r.amount))?;
        payment.captured.sub(payment.lost)?.sub(gone)
    }
}

/// What is kept of an order that expires: of each payment so much. Nothing unless its deposit was paid and its next part did not
/// come by its day, and nothing unless the shop keeps deposits and did so when it asked for this one.
pub(crate) fn kept(order: &Order, policy: &Policy, now: Timestamp) -> Result<Vec<(PaymentId, Money)>, MoneyError> {
    // Whoever is asked after the day, since a hold was active on it, could not keep it.
    let was_free = |day: Timestamp| order.asked_at.is_some_and(|asked| asked <= day);
    let is_in_default = order.next_instalment().is_some_and(|day| day <= now && was_free(day));
    let is_agreed = order.terms.keeps_deposit && policy.deposit_on_default.keeps(&order.body.channel);
    if !is_in_default || !is_agreed {
        return Ok(Vec::new());
    }
    // What units are worth that were cancelled meanwhile is the buyer's in any case.
    let mut open = order.deposit()?.min(order.worth()?)?;
    let by_name = order.deposits().map(|(declared, payment)| (payment, declared.amount));
    // A deposit may have come by a further attempt.
    let by_others = order.deposits().try_fold(Money::zero(order.body.currency), |sum, (declared, payment)| {
        let missing = declared.amount.sub(payment.captured)?;
        if missing.is_positive() { sum.add(missing) } else { Ok(sum) }
    })?;
    let further = order.payments.iter().filter(|p| !p.declared && !p.provider.is_promise()).map(|p| (p, by_others));
    let mut kept = Vec::new();
    for (payment, most) in by_name.chain(further) {
        let part = open.min(most)?.min(order.still_there(payment)?)?;
        if part.is_positive() {
            open = open.sub(part)?;
            kept.push((payment.id.clone(), part));
        }
    }
    Ok(kept)
}
