//! The one way in for callbacks: verify, interpret, answer in the sender's own manner.

use std::borrow::Cow;

use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use oms_domain::id::{EventKey, OrderId};
use oms_domain::payment::PaymentFact;

use crate::error::{Fault, ProviderError};
use crate::verified::Verified;

/// Somebody who calls us back: a payment provider, a carrier.
///
/// `interpret` takes a [`Verified`], which only a signature check makes, so an implementation without one does not
/// compile. Object safe: a function holds a map from the name in the path to a box of it, and what is not in the map
/// is off.
pub trait CallbackProvider: Send + Sync {
    /// What its callbacks say, in our words.
    type Said;

    /// Checks the signature over the bytes exactly as they came.
    ///
    /// # Errors
    /// A [`ProviderError`] whose fault is [`Fault::Unsigned`].
    fn verify<'a>(
        &self,
        headers: &HeaderMap,
        raw_body: &'a [u8],
        now: Timestamp,
    ) -> Result<Verified<'a>, ProviderError>;

    /// Says what a verified body means. Pure.
    ///
    /// # Errors
    /// A [`ProviderError`] whose fault is [`Fault::NotAnEvent`] or [`Fault::Unreadable`].
    fn interpret(&self, verified: Verified<'_>) -> Result<Self::Said, ProviderError>;

    /// The answer once what was said is committed, and not before.
    fn accepted(&self) -> Answer;

    /// The answer to what is not taken. Nothing was changed.
    fn refused(&self, error: &ProviderError) -> Answer;

    /// The answer when we could not commit, so that the sender tries again.
    fn unavailable(&self) -> Answer;
}

/// A payment provider's callbacks. Mostly one body says one thing; some providers gather several events in one, and then
/// all of them are committed before the body is accepted.
pub type PaymentCallbackProvider = dyn CallbackProvider<Said = Vec<Callback>>;

/// Verifies and interprets in one step, so that what one provider signed is never read as another's.
///
/// # Errors
/// Those of [`CallbackProvider::verify`] and [`CallbackProvider::interpret`]; answer with
/// [`CallbackProvider::refused`].
pub fn receive<S>(
    provider: &dyn CallbackProvider<Said = S>,
    headers: &HeaderMap,
    raw_body: &[u8],
    now: Timestamp,
) -> Result<S, ProviderError> {
    provider.interpret(provider.verify(headers, raw_body, now)?)
}

/// What a payment provider said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Callback {
    /// Something happened to a payment.
    Fact {
        /// The order that the event names. Without one it has to be found by the provider's id of the payment; if that
        /// is not known either, it is recorded as unhandled and, where money moved, shown to people.
        order_id: Option<OrderId>,
        /// What happened.
        fact: PaymentFact,
    },
    /// Genuine, but nothing that we can act upon: recorded and acknowledged, so that it is not sent again.
    Unhandled {
        /// The event's key.
        key: EventKey,
        /// The provider's name of its type.
        kind: String,
        /// Why nothing follows from it.
        why: WhyUnhandled,
    },
}

/// Why nothing follows from a genuine event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhyUnhandled {
    /// A type of event that we do not use.
    UnknownType,
    /// It names an order by something that no order id of ours looks like.
    MalformedOrderId,
    /// It names no payment.
    NoPayment,
}

impl WhyUnhandled {
    /// The stable name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::UnknownType => "unknown_type",
            Self::MalformedOrderId => "malformed_order_id",
            Self::NoPayment => "no_payment",
        }
    }
}

/// An exact HTTP answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The value of `content-type`.
    pub content_type: &'static str,
    /// The body, to the byte.
    pub body: Cow<'static, str>,
}

impl Answer {
    /// A JSON answer.
    #[must_use]
    pub fn json(status: StatusCode, body: impl Into<Cow<'static, str>>) -> Self {
        Self { status, content_type: "application/json", body: body.into() }
    }

    /// A JSON refusal that carries the error's stable name and no more.
    #[must_use]
    pub fn error(status: StatusCode, error: &ProviderError) -> Self {
        Self::json(status, format!(r#"{{"error":"{}"}}"#, error.name()))
    }

    /// The status for a refusal of money matters.
    ///
    /// - 401 for a bad signature; nothing is said about which part was wrong beyond the error's name.
    /// - 400 for signed bytes that are no event at all: no provider sends that, so whoever holds the secret is at fault.
    /// - 500 for a genuine event of a type that we use and cannot read. The provider told the truth and *we* fail to
    ///   understand it, possibly about money. Acknowledging would lose it; any refusal makes the provider send it again
    ///   for days; and only a 5xx also sets off the alarm that brings a person to it.
    #[must_use]
    pub fn money_status(error: &ProviderError) -> StatusCode {
        match error.fault() {
            Fault::Unsigned => StatusCode::UNAUTHORIZED,
            Fault::NotAnEvent => StatusCode::BAD_REQUEST,
            Fault::Unreadable | Fault::Configuration => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}
