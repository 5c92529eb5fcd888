//! How a buyer begins to pay: with what, and whether an attempt may be begun at all.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::PaymentId;
use crate::machine::Machine;
use crate::order::{Order, Payment};
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
    if payment.provider.is_promise() || order.is_collected_by_channel(payment) {
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
        None if payment.provider_payment_id.is_some() => is("begun by the storefront itself"),
        None if order.due(payment)? != payment.amount => {
            let due = order.due(payment)?;
            Err(Refusal::NotOffered(format!(
                "{id} was to bring more than the {due} that are due: open a further attempt"
            )))
        }
        Some(_) | None => Ok(payment),
    }
}
