//! A queue, a bus, workflows and webhooks that only remember what they were given.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;
use oms_app::error::{PortError, WorkflowError};
use oms_app::ports::{EventBus, Stimulus, StimulusQueue, WebhookSender, Workflows};
use serde_json::Value;

/// What was given, in order. Clones share it.
#[derive(Debug)]
struct Log<T>(Arc<Mutex<Vec<T>>>);

impl<T> Clone for Log<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for Log<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T: Clone> Log<T> {
    fn push(&self, item: T) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(item);
    }

    fn all(&self) -> Vec<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn since(&self, known: usize) -> Vec<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(known..).unwrap_or_default().to_vec()
    }

    fn take(&self) -> Vec<T> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A queue that keeps stimuli and their delays (seconds).
#[derive(Debug, Clone, Default)]
pub struct RecordingQueue(Log<(Stimulus, u32)>);

impl RecordingQueue {
    /// Empty.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What was sent and not taken.
    #[must_use]
    pub fn sent(&self) -> Vec<(Stimulus, u32)> {
        self.0.all()
    }

    /// Takes what was sent.
    #[must_use]
    pub fn take(&self) -> Vec<(Stimulus, u32)> {
        self.0.take()
    }
}

#[async_trait]
impl StimulusQueue for RecordingQueue {
    async fn send(&self, stimulus: &Stimulus, delay_seconds: u32) -> Result<(), PortError> {
        if delay_seconds > 900 {
            return Err(PortError { port: "stimuli queue", detail: "SQS refuses a delay above 900 s".into() });
        }
        self.0.push((stimulus.clone(), delay_seconds));
        Ok(())
    }
}

/// A bus that keeps events.
#[derive(Debug, Clone, Default)]
pub struct RecordingBus(Log<Value>);

impl RecordingBus {
    /// Empty.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What was put, in order.
    #[must_use]
    pub fn events(&self) -> Vec<Value> {
        self.0.all()
    }

    /// What was put after the first `known` events, in order.
    #[must_use]
    pub fn since(&self, known: usize) -> Vec<Value> {
        self.0.since(known)
    }

    /// The names of the events in all that was put, in order.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let names = |entry: &Value| entry["data"]["names"].as_array().cloned().unwrap_or_default();
        let entries = self.events();
        entries.iter().flat_map(names).filter_map(|name| name.as_str().map(str::to_owned)).collect()
    }
}

#[async_trait]
impl EventBus for RecordingBus {
    async fn put(&self, events: &[Value]) -> Result<(), PortError> {
        for event in events {
            self.0.push(event.clone());
        }
        Ok(())
    }
}

/// Workflows that are only asked for.
#[derive(Debug, Clone, Default)]
pub struct RecordingWorkflows(Log<Stimulus>);

impl RecordingWorkflows {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Those that were asked for, in order.
    #[must_use]
    pub fn runs(&self) -> Vec<Stimulus> {
        self.0.all()
    }
}

#[async_trait]
impl Workflows for RecordingWorkflows {
    async fn run(&self, stimulus: &Stimulus) -> Result<(), WorkflowError> {
        self.0.push(stimulus.clone());
        Ok(())
    }
}

/// A delivery to a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Where to.
    pub url: String,
    /// The message's id.
    pub id: String,
    /// Its time.
    pub at: Timestamp,
    /// Its body.
    pub body: Vec<u8>,
}

/// A webhook sender that keeps deliveries.
#[derive(Debug, Clone, Default)]
pub struct RecordingWebhooks(Log<Delivery>);

impl RecordingWebhooks {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What was posted, in order.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.0.all()
    }
}

#[async_trait]
impl WebhookSender for RecordingWebhooks {
    async fn post(&self, url: &str, id: &str, at: Timestamp, body: &[u8]) -> Result<(), PortError> {
        self.0.push(Delivery { url: url.to_owned(), id: id.to_owned(), at, body: body.to_vec() });
        Ok(())
    }
}
