//! How long a promise of money lasts, and what is done before it ends. Pure: the wake and the decision both ask here.
//!
//! Where the provider says until when, that counts ([`credible`]). Else the days do: they are those of the providers' pages, and
//! none is confirmed. Card schemes have their own, and a promise that ends sooner is told by the provider. Stripe: seven days for cards
//! (<https://docs.stripe.com/payments/place-a-hold-on-a-payment-method>). Adyen: up to 28, by scheme
//! (<https://docs.adyen.com/online-payments/adjust-authorisation/validity>). PayPal: 29, of which three are honoured
//! (<https://developer.paypal.com/docs/checkout/standard/customize/authorization/>).

use jiff::{SignedDuration, Timestamp};

use crate::body::Provider;
use crate::capture::{CaptureMoment, is_relied_on};
use crate::id::PaymentId;
use crate::order::{Order, Payment};
use crate::policy::Policy;
use crate::status::PaymentStatus;

/// So long before its end a promise is taken that goods rely on, in seconds.
const AHEAD_SECONDS: i64 = 3_600;

/// For how many days a promise is good; none at a provider that takes money at once or is no bank's.
fn days(provider: Provider) -> Option<i64> {
    match provider {
        Provider::Stripe => Some(7),
        Provider::Adyen => Some(28),
        Provider::Paypal => Some(29),
        Provider::Wechatpay | Provider::Alipay | Provider::Cod | Provider::Channel | Provider::GiftCard => None,
    }
}

impl Provider {
    /// Whether a buyer can be asked through it for a promise that is taken later.
    #[must_use]
    pub fn can_promise(self) -> bool {
        days(self).is_some()
    }
}

/// No scheme binds a buyer's money for longer than this, in days.
const LONGEST_DAYS: i64 = 180;

/// The end of a promise as its provider tells it, where that can be: not over already, and no later than any promise lasts. Of
/// anything else the days count.
#[must_use]
pub fn credible(told: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
    told.filter(|end| now < *end && *end <= Policy::after(now, LONGEST_DAYS * 86_400))
}

/// When a promise that is made at a time ends, if its provider lets promises end.
#[must_use]
pub fn ends(provider: Provider, at: Timestamp) -> Option<Timestamp> {
    days(provider).map(|days| Policy::after(at, days * 86_400))
}

/// What is done about a promise that ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Goods rely on it: it is taken before.
    Take,
    /// Nothing relies on it: it is over.
    Over,
}

/// Promises that are neither taken nor called off, with what is done about each and when. None where captures are left to
/// the provider, or the order is undone: then they are called off.
pub fn endings<'a>(order: &'a Order, policy: &'a Policy) -> impl Iterator<Item = (Timestamp, &'a PaymentId, End)> {
    let is_ours = move |p: &Payment| policy.capture_when.of(order, p) != CaptureMoment::Provider;
    let open = move |p: &&Payment| {
        !order.is_undone()
            && is_ours(p)
            && p.status == PaymentStatus::Authorized
            && !order.is_collected_by_channel(p)
            && order.capture_of(p).is_none()
    };
    order.payments.iter().filter(open).filter_map(move |payment| {
        let expires_at = payment.expires_at?;
        let is_wanted = order.wanted_of(payment).is_ok_and(|wanted| wanted.is_positive());
        if is_relied_on(order) && is_wanted {
            let at = expires_at.checked_sub(SignedDuration::from_secs(AHEAD_SECONDS)).unwrap_or(expires_at);
            Some((at, &payment.id, End::Take))
        } else {
            Some((expires_at, &payment.id, End::Over))
        }
    })
}
