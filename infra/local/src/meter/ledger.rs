//! What the proxy has seen, call by call.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use serde_json::Value;

use super::units::Units;

/// One call that went through the proxy.
#[derive(Clone, Debug)]
pub struct Call {
    /// When its answer was passed on, in milliseconds since 1970.
    pub at: i64,
    /// Who made it.
    pub caller: Caller,
    /// What was called.
    pub target: Target,
    /// The answer's status.
    pub status: u16,
    /// Bytes of the request's body.
    pub sent: u64,
    /// Bytes of the answer's body.
    pub received: u64,
    /// DynamoDB's units.
    pub units: Units,
    /// The keys of the rows that it wrote: table, then the key as JSON text.
    pub rows: Vec<(String, String)>,
    /// The events that it put on the bus, as a rule sees them.
    pub events: Vec<Value>,
    /// How many messages rules of the bus make of these events, once that is known.
    pub queued_by_rules: u64,
    /// The request's text, for those whose order is not known from the time at which they come.
    pub text: Option<String>,
}

/// Who makes calls.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Caller {
    /// The outside world, by HTTP.
    Client,
    /// A function, by its physical name.
    Function(String),
    /// A process that ended before it could be asked, or a system that does not tell.
    Unknown,
}

/// What is called.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// The HTTP API: method and path.
    Http(String, String),
    /// An AWS service and its operation, such as `DynamoDB`, `PutItem`.
    Aws(&'static str, String),
}

/// All calls since the last look. Cheap to clone; clones share it.
#[derive(Clone, Debug)]
pub struct Ledger(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    calls: Vec<Call>,
    open: usize,
    last: Instant,
}

impl Default for Ledger {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Inner { calls: Vec::new(), open: 0, last: Instant::now() })))
    }
}

impl Ledger {
    /// A call has begun.
    pub fn begin(&self) {
        self.with(|inner| {
            inner.open += 1;
            inner.last = Instant::now();
        });
    }

    /// It has ended; none if it came to nothing.
    pub fn end(&self, call: Option<Call>) {
        self.with(|inner| {
            inner.open = inner.open.saturating_sub(1);
            inner.last = Instant::now();
            inner.calls.extend(call);
        });
    }

    /// For how long nothing has happened; none while a call is under way.
    pub fn quiet_for(&self) -> Option<std::time::Duration> {
        self.with(|inner| (inner.open == 0).then(|| inner.last.elapsed()))
    }

    /// Takes the calls.
    pub fn take(&self) -> Vec<Call> {
        self.with(|inner| std::mem::take(&mut inner.calls))
    }

    fn with<T>(&self, act: impl FnOnce(&mut Inner) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
