//! The one error of this crate.

use std::fmt::Display;

/// What can go wrong. The message is for the person at the terminal; [`LocalError::Blocked`] also says what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// Something outside this program stands in the way, and the reader can remove it.
    #[error("{what}\n  what to do: {remedy}")]
    Blocked {
        /// What stands in the way.
        what: String,
        /// What the reader can do, as an instruction.
        remedy: String,
    },
    /// A file or process operation failed.
    #[error("{context}: {source}")]
    Io {
        /// What was being done, with the path.
        context: String,
        /// The operating system's answer.
        source: std::io::Error,
    },
    /// The engine or the deployed API gave an answer that this program cannot go on with.
    #[error("{context}: {message}")]
    Call {
        /// What was asked.
        context: String,
        /// What came back.
        message: String,
    },
    /// The work was done and its result is a failure: a demo scenario, a test.
    #[error("{0}")]
    Failed(String),
    /// As [`LocalError::Failed`], and the reader has been told everything already.
    #[error("see above")]
    Told,
}

/// The crate's result.
pub type Result<T, E = LocalError> = std::result::Result<T, E>;

impl LocalError {
    /// An obstacle and its remedy.
    pub fn blocked(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Blocked { what: what.into(), remedy: remedy.into() }
    }

    /// A call that was answered in an unusable way.
    pub fn call(context: impl Into<String>, message: impl Display) -> Self {
        Self::Call { context: context.into(), message: message.to_string() }
    }

    /// For `map_err`: names what was being done with a file or process.
    pub fn io(context: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let context = context.into();
        move |source| Self::Io { context, source }
    }

    /// For `map_err`: names what was asked of the engine, with the whole chain of causes.
    pub fn engine<E: std::error::Error>(context: impl Into<String>) -> impl FnOnce(E) -> Self {
        let context = context.into();
        move |error| Self::Call { context, message: chain(&error) }
    }
}

/// An error with its causes, outermost first; neighbours that say the same are joined.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        cause = inner.source();
    }
    text
}
