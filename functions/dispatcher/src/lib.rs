//! Starts one short workflow for each stimulus and reports those that did not succeed, so that the queue sends them
//! again and in the end puts them aside.

use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use oms_app::ports::{Stimulus, Workflows};
use oms_lambda::sqs;

/// Runs the workflows of a batch at once. Every item has its own deadline, so that a slow one fails alone.
pub async fn handle(event: SqsEvent, workflows: &Arc<dyn Workflows>, deadline: Duration) -> SqsBatchResponse {
    sqs::each(event, Some(deadline), |stimulus: Stimulus, _| async move { workflows.run(&stimulus).await }).await
}
