//! How the world fails, and the one error of the use cases.

use oms_domain::refusal::Refusal;

/// A port that is not the store failed.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{port}: {detail}")]
pub struct PortError {
    /// Which port.
    pub port: &'static str,
    /// What happened, for the log; never shown to clients.
    pub detail: String,
}

/// A workflow did not succeed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum WorkflowError {
    /// It failed by an error that stays: the order does not exist, or something stored or sent makes no sense.
    #[error("{0}")]
    Refused(String),
    /// It failed, was not started, or did not answer in time.
    #[error("{0}")]
    Failed(String),
}

/// The store failed, or refused a condition.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// Another writer has this number: load again and decide again.
    #[error("the version is taken")]
    VersionTaken,
    /// A stock condition failed: fewer units are free, held or committed than the move needs.
    #[error("stock is short")]
    StockShort,
    /// The table could not serialise the transaction now; it says nothing about the data.
    #[error("contended: {0}")]
    Contended(String),
    /// Throttled, timed out or down.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// A stored row cannot be read.
    #[error("malformed: {0}")]
    Malformed(String),
    /// A cursor that no list gave.
    #[error("the cursor is none of this list")]
    BadCursor,
}

/// Why a use case did not do what was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AppError {
    /// No such order, shipment, hold, ….
    #[error("{0} not found")]
    NotFound(&'static str),
    /// The domain says no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The store failed for longer than we retry.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Another port failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl AppError {
    /// Whether the same request may well succeed later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::NotFound(_) | Self::Refused(_) => false,
            Self::Port(_) => true,
            Self::Store(error) => match error {
                StoreError::VersionTaken
                | StoreError::StockShort
                | StoreError::Contended(_)
                | StoreError::Unavailable(_) => true,
                StoreError::Malformed(_) | StoreError::BadCursor => false,
            },
        }
    }
}
