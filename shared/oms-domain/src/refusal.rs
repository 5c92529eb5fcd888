//! Why a command is refused: a stable code and a text that a customer may see.

/// The domain's no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Something has left a location; goods come back as a return.
    #[error("the order has already shipped")]
    AlreadyShipped,
    /// The order is in a state that does not allow it.
    #[error("the order is {status}, which does not allow this")]
    WrongState {
        /// The order's status.
        status: &'static str,
    },
    /// More than what remains of the captured money, or of a line's quantity.
    #[error("{what} exceeds what remains ({remaining})")]
    ExceedsRemaining {
        /// The amount or the line.
        what: String,
        /// What remains.
        remaining: String,
    },
    /// No such line, hold, refund, shipment or payment in the order.
    #[error("the order has no {kind} {id}")]
    Unknown {
        /// What kind of thing.
        kind: &'static str,
        /// The id asked for.
        id: String,
    },
    /// The thing is in a state that does not allow it.
    #[error("{kind} {id} is {status}, which does not allow this")]
    ThingState {
        /// What kind of thing.
        kind: &'static str,
        /// Its id.
        id: String,
        /// Its status.
        status: &'static str,
    },
    /// Whoever asked cannot be the one who agrees.
    #[error("{kind} {id} was asked for by {by}: another person has to agree")]
    SamePerson {
        /// What kind of thing.
        kind: &'static str,
        /// Its id.
        id: String,
        /// Who asked, and tries to agree.
        by: String,
    },
    /// A request key was used before for something else.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// A field of the command is not acceptable.
    #[error("{field}: {reason}")]
    Field {
        /// The field.
        field: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Not offered (yet).
    #[error("{0}")]
    NotOffered(String),
    /// An amount could not be computed; never expected of a stored order.
    #[error("amount: {0}")]
    Amount(#[from] crate::money::MoneyError),
}

impl Refusal {
    /// The stable name, the last part of the problem's `type`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::AlreadyShipped => "already-shipped",
            Self::WrongState { .. } | Self::ThingState { .. } => "wrong-state",
            Self::ExceedsRemaining { .. } => "exceeds-remaining",
            Self::Unknown { .. } => "not-found",
            Self::SamePerson { .. } => "second-person-required",
            Self::KeyReused => "key-reused",
            Self::Field { .. } | Self::Amount(_) => "invalid-field",
            Self::NotOffered(_) => "not-offered",
        }
    }
}
