//! What the SDK's errors mean to the ports.

use std::error::Error;
use std::fmt::Write;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use oms_app::error::{PortError, StoreError};

/// The error's chain of messages. Never its `Debug` form: that of a failed condition holds the stored row, and with it
/// personal data that must not get into logs.
pub(crate) fn describe(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let _ = write!(text, ": {inner}");
        source = inner.source();
    }
    text
}

/// A store error for a call that has no condition of its own, or whose condition was looked at before.
///
/// Whatever is not the data's fault counts as unavailable, missing permissions and missing tables included: the caller's
/// retries end in a dead-letter queue, from which it is redriven when the fault is mended.
pub(crate) fn store<E, R>(error: SdkError<E, R>) -> StoreError
where
    E: ProvideErrorMetadata + Error + 'static,
    R: std::fmt::Debug + 'static,
{
    let text = describe(&error);
    match error.code() {
        // Another transaction touches the row, or this very one is still under way under its token.
        Some("TransactionConflictException" | "TransactionInProgressException") => StoreError::Contended(text),
        Some(
            "ValidationException"
            | "SerializationException"
            | "ItemCollectionSizeLimitExceededException"
            | "IdempotentParameterMismatchException",
        ) => StoreError::Malformed(text),
        Some(_) | None => StoreError::Unavailable(text),
    }
}

/// An error of a port that is not the store.
pub(crate) fn port(port: &'static str, error: &(dyn Error + 'static)) -> PortError {
    PortError { port, detail: describe(error) }
}

/// A request that could not even be built.
pub(crate) fn build(error: aws_sdk_dynamodb::error::BuildError) -> StoreError {
    StoreError::Malformed(error.to_string())
}
