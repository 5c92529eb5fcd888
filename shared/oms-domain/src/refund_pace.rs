//! What a provider takes of refunds to one payment: how far apart, how many, for how long. Kept by waiting, so that
//! nothing is sent that would be refused. Pure, from the order alone.
//!
//! WeChat Pay takes at most 50 partial refunds of a payment, a minute apart, within a year of the payment
//! (<https://pay.weixin.qq.com/doc/v3/merchant/4012791883>). The other providers name no such limits: they take what
//! remains.

use jiff::Timestamp;

use crate::body::Provider;
use crate::money::Money;
use crate::order::{Order, Refund};
use crate::policy::Policy;
use crate::status::RefundStatus;

/// Seconds of a day.
const A_DAY: i64 = 86_400;

/// A provider's limits for refunds of one payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Seconds between two refunds.
    pub apart_seconds: i64,
    /// How many refunds.
    pub most: Option<usize>,
    /// For how many days after the payment.
    pub within_days: Option<i64>,
}

impl Limits {
    /// The limits of a provider.
    #[must_use]
    pub fn of(provider: Provider) -> Self {
        match provider {
            Provider::Wechatpay => Self { apart_seconds: 60, most: Some(50), within_days: Some(365) },
            Provider::Stripe
            | Provider::Alipay
            | Provider::Adyen
            | Provider::Paypal
            | Provider::Cod
            | Provider::Channel
            | Provider::GiftCard => Self { apart_seconds: 0, most: None, within_days: None },
        }
    }
}

/// Whether a refund that was never sent may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Nothing is in its way.
    Now,
    /// Not before this time: another has just been sent.
    At(Timestamp),
    /// Not before another, which is on its way, has an answer.
    Behind,
}

/// When it is a refund's turn, which was never sent.
#[must_use]
pub fn turn(order: &Order, refund: &Refund) -> Turn {
    if limits(order, refund).apart_seconds == 0 {
        return Turn::Now;
    }
    if others(order, refund).any(Refund::is_in_flight) {
        return Turn::Behind;
    }
    free_at(order, refund).map_or(Turn::Now, Turn::At)
}

/// When the provider next takes a refund of its payment, by the refunds that were sent before.
#[must_use]
pub fn free_at(order: &Order, refund: &Refund) -> Option<Timestamp> {
    let apart = limits(order, refund).apart_seconds;
    let last = others(order, refund).filter_map(|r| r.sent_at).max().filter(|_| apart > 0);
    last.map(|at| Policy::after(at, apart))
}

/// Why the provider would not take a refund at a time, now or ever.
#[must_use]
pub fn refusal(order: &Order, refund: &Refund, at: Timestamp) -> Option<String> {
    let payment = order.payment(&refund.payment_id)?;
    let (limits, name) = (Limits::of(payment.provider), payment.provider.name());
    if is_charged_back(order, refund) {
        return Some("the buyer's bank has taken this money back".into());
    }
    if let Some(days) = limits.within_days
        && payment.captured_at.is_some_and(|paid| Policy::after(paid, days * A_DAY) < at)
    {
        return Some(format!("{name} takes no refund later than {days} days after the payment"));
    }
    if let Some(most) = limits.most
        && others(order, refund).filter(|r| r.sent_at.is_some()).count() >= most
    {
        return Some(format!("{name} takes no more than {most} refunds of one payment"));
    }
    None
}

/// Whether the money of a refund is gone: the buyer's bank has taken it back, and what is left is claimed by others.
#[must_use]
pub fn is_charged_back(order: &Order, refund: &Refund) -> bool {
    let Some(payment) = order.payment(&refund.payment_id).filter(|p| p.lost.is_positive()) else {
        return false;
    };
    let claims = others(order, refund).filter(|r| r.status.claims_money()).map(|r| r.amount);
    let left = Money::sum(order.body.currency, claims)
        .and_then(|claimed| payment.captured.sub(payment.lost)?.sub(claimed))
        .and_then(|left| left.compare(refund.amount));
    left.is_ok_and(std::cmp::Ordering::is_lt)
}

fn limits(order: &Order, refund: &Refund) -> Limits {
    order.payment(&refund.payment_id).map_or(Limits::of(Provider::Channel), |p| Limits::of(p.provider))
}

/// The other refunds of the same payment.
fn others<'a>(order: &'a Order, refund: &'a Refund) -> impl Iterator<Item = &'a Refund> {
    order.refunds.iter().filter(|r| r.payment_id == refund.payment_id && r.id != refund.id)
}

impl Refund {
    /// Whether it was sent, or is about to be, and no answer has come.
    #[must_use]
    pub fn is_in_flight(&self) -> bool {
        match self.status {
            // An answer that it is accepted comes with a time to ask again.
            RefundStatus::Submitted => self.retry_at.is_none(),
            RefundStatus::Unknown => true,
            RefundStatus::Requested
            | RefundStatus::Approved
            | RefundStatus::Declined
            | RefundStatus::Succeeded
            | RefundStatus::Failed
            | RefundStatus::Manual => false,
        }
    }
}
