//! The one error of this crate. Each variant has a stable name for logs, metrics and answers.

/// Why a provider cannot be set up, or why what came in its name is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// A secret that an enabled provider needs is missing. The start must stop: an empty key verifies anything.
    #[error("{name} is empty")]
    SecretEmpty {
        /// Which secret, by its field name; never its value.
        name: &'static str,
    },
    /// A secret is there but cannot be one.
    #[error("{name} {reason}")]
    SecretMalformed {
        /// Which secret, by its field name; never its value.
        name: &'static str,
        /// What is wrong, ready to follow the name in a sentence.
        reason: String,
    },
    /// An address in the configuration cannot be used.
    #[error("{name} {reason}")]
    AddressRefused {
        /// Which address.
        name: &'static str,
        /// What is wrong, ready to follow the name in a sentence.
        reason: &'static str,
    },
    /// The HTTP client could not be built, for example because the machine has no certificate store.
    #[error("the HTTP client could not be built: {detail}")]
    ClientNotBuilt {
        /// What the TLS or HTTP library said.
        detail: String,
    },
    /// The request carries no signature.
    #[error("{header} is missing")]
    SignatureMissing {
        /// The header or form field that a signed request has.
        header: &'static str,
    },
    /// The signature, or what belongs to it, cannot be read.
    #[error("{header} {reason}")]
    SignatureMalformed {
        /// The header or form field.
        header: &'static str,
        /// What is wrong, ready to follow the name in a sentence.
        reason: &'static str,
    },
    /// No signature fits the body under any of our secrets.
    #[error("no signature fits the body")]
    SignatureMismatch,
    /// Signed too long ago or too far ahead, so it may be a replay.
    #[error("signed {seconds} seconds from now, more than the {tolerance} that are allowed")]
    TimestampOutside {
        /// The distance in seconds, in whichever direction.
        seconds: u64,
        /// The largest distance allowed.
        tolerance: u64,
    },
    /// The signature is good but the body is no event of the provider at all.
    #[error("the body is not an event: {detail}")]
    NotAnEvent {
        /// What the parser said.
        detail: String,
    },
    /// A genuine event of a type that we use, which we cannot read.
    #[error("{kind}: {detail}")]
    EventUnreadable {
        /// The provider's name of the event type.
        kind: String,
        /// What is wrong with it.
        detail: String,
    },
    /// A currency whose amounts at this provider are not known for certain.
    #[error("{code} is not a currency that {provider} is known to take")]
    CurrencyUnsupported {
        /// The provider.
        provider: &'static str,
        /// The code as given, shortened.
        code: String,
    },
    /// An amount that cannot be said in the provider's units, or its units that are no amount of ours.
    #[error("{amount} {currency} cannot be expressed: {reason}")]
    AmountUnsupported {
        /// The number as given.
        amount: String,
        /// Its currency.
        currency: String,
        /// Why.
        reason: &'static str,
    },
}

impl ProviderError {
    /// The stable name of the variant.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::SecretEmpty { .. } => "SecretEmpty",
            Self::SecretMalformed { .. } => "SecretMalformed",
            Self::AddressRefused { .. } => "AddressRefused",
            Self::ClientNotBuilt { .. } => "ClientNotBuilt",
            Self::SignatureMissing { .. } => "SignatureMissing",
            Self::SignatureMalformed { .. } => "SignatureMalformed",
            Self::SignatureMismatch => "SignatureMismatch",
            Self::TimestampOutside { .. } => "TimestampOutside",
            Self::NotAnEvent { .. } => "NotAnEvent",
            Self::EventUnreadable { .. } => "EventUnreadable",
            Self::CurrencyUnsupported { .. } => "CurrencyUnsupported",
            Self::AmountUnsupported { .. } => "AmountUnsupported",
        }
    }

    /// What kind of failure it is: who has to do something about it.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::SecretEmpty { .. }
            | Self::SecretMalformed { .. }
            | Self::AddressRefused { .. }
            | Self::ClientNotBuilt { .. } => Fault::Configuration,
            Self::SignatureMissing { .. }
            | Self::SignatureMalformed { .. }
            | Self::SignatureMismatch
            | Self::TimestampOutside { .. } => Fault::Unsigned,
            Self::NotAnEvent { .. } => Fault::NotAnEvent,
            Self::EventUnreadable { .. } | Self::CurrencyUnsupported { .. } | Self::AmountUnsupported { .. } => {
                Fault::Unreadable
            }
        }
    }
}

/// Who has to do something about a [`ProviderError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// We: the provider is not set up rightly.
    Configuration,
    /// Nobody, or whoever tries to look like the provider.
    Unsigned,
    /// The sender: it knows a secret but does not send events.
    NotAnEvent,
    /// We: the provider said something true that we do not understand. Money may be at stake.
    Unreadable,
}
