//! How a buyer begins to pay: with what, and whether an attempt may be begun at all.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::body::Provider;
use crate::id::PaymentId;
use crate::machine::Machine;
use crate::order::{Order, Payment};
use crate::policy::Policy;
use crate::refusal::Refusal;
use crate::status::{OrderStatus, PaymentStatus};

/// With what the buyer pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PayerClient {
    /// A page in a browser.
    Web,
    /// A page in a telephone's browser.
    MobileWeb,
    /// A telephone that scans a code shown elsewhere.
    Qr,
    /// A program inside the provider's own app.
    MiniProgram,
}

/// When the money of an attempt is taken that Waybill begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Taking {
    /// As the account at the provider is set up: at once, where nothing there says otherwise.
    AsSetUp,
    /// At once, also where the account takes promises by itself.
    AtOnce,
    /// When we ask for it: until then the buyer's bank promises it.
    Promised,
}

impl PayerClient {
    /// Every kind.
    pub const ALL: &'static [Self] = &[Self::Web, Self::MobileWeb, Self::Qr, Self::MiniProgram];

    /// The stable name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::MobileWeb => "mobile_web",
            Self::Qr => "qr",
            Self::MiniProgram => "mini_program",
        }
    }
}

/// That Waybill began an attempt at its provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentStart {
    /// For which kind of client: a provider takes one number for one kind only.
    pub client: PayerClient,
    /// The provider's own id of what was begun, where that is not the payment's (a payment link, an order).
    pub object: Option<String>,
    /// Until when it may be paid as the provider was told, where it is told.
    pub expires_at: Option<Timestamp>,
}

/// Seconds of a day.
const A_DAY: i64 = 86_400;

/// For how many days at most a payment may wait for its buyer, at providers that are told an end when it is begun.
///
/// Adyen: 70 (its API's own documentation of `expiresAt`). Alipay: 15 (that of `timeout_express`; of `time_expire`, which is
/// sent, none is named). WeChat Pay names none; seven is how long an order without an end waits, and is not confirmed.
/// Stripe and PayPal are told none: what is not paid in time is called off.
#[must_use]
pub fn longest_wait_days(provider: Provider) -> Option<i64> {
    match provider {
        Provider::Wechatpay => Some(7),
        Provider::Alipay => Some(15),
        Provider::Adyen => Some(70),
        Provider::Stripe | Provider::Paypal | Provider::Cod | Provider::Channel | Provider::GiftCard => None,
    }
}

/// Until when an attempt may be paid, as its provider is told: until its part's own day, or else the order's deadline, as far as
/// the provider takes it.
///
/// It is told once. The order's deadline moves, with a deposit that is paid and with a hold that is lifted, and WeChat Pay
/// refuses a number that comes with another end: what was begun keeps the end that it was begun with. Before that is
/// stored, an attempt that is asked for again on the same day has the same end.
#[must_use]
pub fn ends_at(order: &Order, payment: &Payment, now: Timestamp) -> Timestamp {
    let deadline = order.payment_deadline.unwrap_or(Timestamp::MAX);
    let Some(days) = longest_wait_days(payment.provider) else { return deadline };
    if let Some(start) = &payment.started {
        return start.expires_at.unwrap_or(deadline);
    }
    let today = Timestamp::from_second(now.as_second().div_euclid(A_DAY) * A_DAY).unwrap_or(now);
    // A hold that was active on the part's day has moved the order's deadline beyond it.
    order.due_at(payment).map_or(deadline, |day| day.max(deadline)).min(Policy::after(today, days * A_DAY))
}

impl Order {
    /// When the money of an attempt is taken that Waybill begins. It follows from what was stored before the provider was
    /// asked, so that whoever asks again asks for the same, whatever the shop's settings say by then.
    #[must_use]
    pub fn taking(&self, payment: &Payment) -> Taking {
        if self.terms.capture_when.is_none() || !payment.provider.can_promise() {
            Taking::AsSetUp
        } else if self.has_deposit() {
            // A promise ends before most balances are due.
            Taking::AtOnce
        } else {
            Taking::Promised
        }
    }

    /// Whether Waybill began an attempt whose money the buyer's bank promises and nobody but us takes.
    #[must_use]
    pub fn is_begun_as_promise(&self, payment: &Payment) -> bool {
        payment.started.is_some() && self.taking(payment) == Taking::Promised
    }

    /// Whether the provider has no more of an attempt than a promise, if it has anything: some call that off in another way
    /// than money.
    #[must_use]
    pub fn is_only_promised(&self, payment: &Payment) -> bool {
        (payment.authorized.is_positive() || self.is_begun_as_promise(payment)) && payment.captured.is_zero()
    }
}

/// The attempt, if the buyer may begin to pay it now.
///
/// # Errors
/// [`Refusal::WrongState`] when the order waits for no payment (any more), [`Refusal::Unknown`],
/// [`Refusal::NotOffered`] for money that comes another way, [`Refusal::ThingState`] for an attempt that is over, that was
/// begun for another kind of client, or that the storefront has begun by itself.
pub fn payable<'a>(
    order: &'a Order,
    id: &PaymentId,
    client: PayerClient,
    now: Timestamp,
) -> Result<&'a Payment, Refusal> {
    let payment = order.payment(id).ok_or_else(|| Refusal::Unknown { kind: "payment", id: id.to_string() })?;
    if order.status != OrderStatus::AwaitingPayment {
        return Err(Refusal::WrongState { status: order.status.name() });
    }
    if order.is_held() {
        return Err(Refusal::WrongState { status: "on hold" });
    }
    if order.payment_deadline.is_none_or(|deadline| deadline <= now) {
        return Err(Refusal::WrongState { status: OrderStatus::Expired.name() });
    }
    if !payment.provider.has_api() || order.is_collected_by_channel(payment) {
        return Err(Refusal::NotOffered(format!("{id} is not paid through an API")));
    }
    let is = |status| Err(Refusal::ThingState { kind: "payment", id: id.to_string(), status });
    match payment.status {
        // A provider lets a buyer whose card was declined try another one.
        PaymentStatus::Created | PaymentStatus::RequiresAction | PaymentStatus::Failed => {}
        PaymentStatus::Authorized
        | PaymentStatus::PartiallyCaptured
        | PaymentStatus::Captured
        | PaymentStatus::Expired
        | PaymentStatus::Voiding
        | PaymentStatus::Voided
        | PaymentStatus::Unknown
        | PaymentStatus::Disputed
        | PaymentStatus::ChargedBack => return is(payment.status.name()),
    }
    match &payment.started {
        Some(start) if start.client != client => is("begun for another kind of client"),
        Some(start) if start.expires_at.is_some_and(|end| end <= now) => {
            is("begun, and over at its provider: open a further attempt")
        }
        // Stripe tells of an intent as soon as it is made, which may be before our own answer is stored; by its id it is
        // the same one that is gone on with.
        None if payment.provider_payment_id.is_some() && payment.provider != Provider::Stripe => {
            is("begun by the storefront itself")
        }
        None if order.due(payment)? != payment.amount => {
            let due = order.due(payment)?;
            Err(Refusal::NotOffered(format!(
                "{id} was to bring more than the {due} that are due: open a further attempt"
            )))
        }
        Some(_) | None => Ok(payment),
    }
}
