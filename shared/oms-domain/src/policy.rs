//! The shop's settings that decisions depend on.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::body::Provider;
use crate::capture::CaptureWhen;
use crate::deposit::DepositOnDefault;
use crate::money::Money;
use crate::refund_first::RefundFirst;

/// The shop's settings. Durations are in seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// How long an order may stay unpaid.
    pub payment_window_seconds: i64,
    /// How long a hold may stay unanswered before it rejects.
    pub hold_window_seconds: i64,
    /// Above this total, in its currency, a person looks at the order. No entry for a currency: nobody does.
    pub review_thresholds: Vec<Money>,
    /// Above this, in its currency, what people send back of one order needs a second person. No entry for a currency:
    /// nobody is asked.
    pub refund_approval_above: Vec<Money>,
    /// The most of one line that an order may have.
    pub max_line_quantity: u32,
    /// Whether the stack takes real money; a payment of the other mode never counts.
    pub live: bool,
    /// Whether a service keeps count of coupons, points and gift cards; where none does, coupons and points are taken as the
    /// storefront says, and gift cards are not taken.
    pub benefits: bool,
    /// How orders may be paid here.
    pub providers: BTreeSet<Provider>,
    /// When promises of money are taken, by channel.
    pub capture_when: CaptureWhen,
    /// What a refund takes from first, where an order was paid by gift card and by other money.
    pub refund_first: RefundFirst,
    /// What becomes of deposits whose balance does not come, by channel.
    pub deposit_on_default: DepositOnDefault,
    /// How long a location, and ten times as long a carrier, may stay silent.
    pub shipment_response_seconds: i64,
    /// How long after completion an order is closed.
    pub close_after_seconds: i64,
    /// How long queues have for what is due before the sweep looks at an order; at least twice as long as any function
    /// may run.
    pub lookout_seconds: i64,
}

impl Policy {
    /// A time so many seconds later; the far future when it cannot be represented.
    #[must_use]
    pub fn after(now: Timestamp, seconds: i64) -> Timestamp {
        now.checked_add(SignedDuration::from_secs(seconds.max(0))).unwrap_or(Timestamp::MAX)
    }

    /// Whether orders may be paid so here.
    #[must_use]
    pub fn offers(&self, provider: Provider) -> bool {
        match provider {
            Provider::GiftCard => self.benefits,
            Provider::Stripe
            | Provider::Alipay
            | Provider::Wechatpay
            | Provider::Adyen
            | Provider::Paypal
            | Provider::Cod
            | Provider::Channel => self.providers.contains(&provider),
        }
    }

    /// The total above which a person looks at orders in a currency.
    #[must_use]
    pub fn review_threshold(&self, currency: crate::money::Currency) -> Option<Money> {
        self.review_thresholds.iter().copied().find(|m| m.currency() == currency)
    }

    /// Above how much one person alone may not send money back, in a currency.
    #[must_use]
    pub fn refund_approval(&self, currency: crate::money::Currency) -> Option<Money> {
        self.refund_approval_above.iter().copied().find(|m| m.currency() == currency)
    }
}

/// What a decision needs besides the order: the time and the settings.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// Now.
    pub now: Timestamp,
    /// The settings.
    pub policy: &'a Policy,
}

impl Context<'_> {
    /// A time so many seconds from now.
    #[must_use]
    pub fn after(&self, seconds: i64) -> Timestamp {
        Policy::after(self.now, seconds)
    }
}
