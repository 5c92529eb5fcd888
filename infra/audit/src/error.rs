//! Why an audit could not be made. What it finds is no error: see [`crate::Report`].

use aws_sdk_dynamodb::error::DisplayErrorContext;

/// Why the tables could not be read to their end.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// DynamoDB refused a call or did not answer.
    #[error("{call} of {table}: {cause}")]
    Read {
        /// The call.
        call: &'static str,
        /// The table.
        table: String,
        /// Why, with all causes.
        cause: String,
    },
}

impl AuditError {
    /// For `map_err`.
    pub(crate) fn read<E: std::error::Error + 'static>(call: &'static str, table: &str) -> impl FnOnce(E) -> Self {
        let table = table.to_owned();
        move |error| Self::Read { call, table, cause: DisplayErrorContext(error).to_string() }
    }
}
