//! Starts one short workflow for each stimulus and reports those that did not succeed, so that the queue sends them
//! again and in the end puts them aside.

use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use oms_app::ports::{Redelivery, Stimulus, Workflows};
use oms_lambda::sqs;

/// What the handler works with.
#[derive(Clone)]
pub struct Deps {
    /// The workflows.
    pub workflows: Arc<dyn Workflows>,
    /// The queue that messages come back from.
    pub redelivery: Arc<dyn Redelivery>,
    /// How long one message may take.
    pub deadline: Duration,
}

/// Runs the workflows of a batch at once. Every item has its own deadline, so that a slow one fails alone.
pub async fn handle(event: SqsEvent, deps: &Deps) -> SqsBatchResponse {
    let run = |stimulus: Stimulus, _| async move { deps.workflows.run(&stimulus).await };
    sqs::each(event, Some(deps.deadline), deps.redelivery.as_ref(), run).await
}
