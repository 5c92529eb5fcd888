//! Batches of queue messages: each message is handled alone, and only those that failed come back.

use std::future::Future;
use std::time::Duration;

use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use futures::future::join_all;
use oms_app::error::{AppError, WorkflowError};
use oms_app::ports::Redelivery;
use serde::de::DeserializeOwned;

/// What is known of a message besides its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageInfo {
    /// The queue's id of the message.
    pub message_id: String,
    /// How often it was received, this time included.
    pub receive_count: u32,
}

/// Why a message was not handled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// It can never be handled: it is received again soon, until the queue puts it aside.
    Lasting(String),
    /// It may be handled later.
    Passing(String),
}

impl From<WorkflowError> for Failure {
    fn from(error: WorkflowError) -> Self {
        match error {
            WorkflowError::Refused(detail) => Self::Lasting(detail),
            WorkflowError::Failed(detail) => Self::Passing(detail),
        }
    }
}

impl From<AppError> for Failure {
    fn from(error: AppError) -> Self {
        if error.is_transient() { Self::Passing(error.to_string()) } else { Self::Lasting(error.to_string()) }
    }
}

impl Failure {
    /// How long the message waits before it is received again, in seconds. Without this it would stay hidden for the
    /// queue's whole visibility time-out, which is made for the slowest batch: a message that fails at once would be
    /// tried again after a quarter of an hour.
    fn wait_seconds(&self, receive_count: u32) -> u32 {
        let (first, most) = match self {
            Self::Lasting(_) => (1, 30),
            Self::Passing(_) => (15, 900),
        };
        2_u32.saturating_pow(receive_count.saturating_sub(1)).saturating_mul(first).min(most)
    }

    fn detail(&self) -> &str {
        match self {
            Self::Lasting(detail) | Self::Passing(detail) => detail,
        }
    }
}

/// Handles every message of a batch at once and reports those that failed, so that the queue sends them again and in
/// the end puts them aside. A message that cannot be read fails at once; one that takes longer than `deadline` fails
/// then, whatever becomes of its work, so that a slow message does not fail its neighbours.
pub async fn each<T, F, Fut, E>(
    event: SqsEvent,
    deadline: Option<Duration>,
    redelivery: &dyn Redelivery,
    handle: F,
) -> SqsBatchResponse
where
    T: DeserializeOwned,
    F: Fn(T, MessageInfo) -> Fut,
    Fut: Future<Output = Result<(), E>>,
    E: Into<Failure>,
{
    let count = event.records.len();
    let results = join_all(event.records.into_iter().map(|message| one(message, deadline, redelivery, &handle))).await;
    let mut response = SqsBatchResponse::default();
    response.batch_item_failures = results.into_iter().flatten().collect();
    let failed = response.batch_item_failures.len();
    tracing::info!(messages = count, failed, "batch of {count} messages, {failed} failed");
    response
}

async fn one<T, F, Fut, E>(
    message: SqsMessage,
    deadline: Option<Duration>,
    redelivery: &dyn Redelivery,
    handle: &F,
) -> Option<BatchItemFailure>
where
    T: DeserializeOwned,
    F: Fn(T, MessageInfo) -> Fut,
    Fut: Future<Output = Result<(), E>>,
    E: Into<Failure>,
{
    let count = message.attributes.get("ApproximateReceiveCount").and_then(|text| text.parse().ok()).unwrap_or(1);
    // Without an id the failure has an empty one, which the queue takes as "the whole batch failed": nothing is lost.
    let info = MessageInfo { message_id: message.message_id.unwrap_or_default(), receive_count: count };
    let body = message.body.unwrap_or_default();
    let message_id = info.message_id.clone();
    let result = match serde_json::from_str::<T>(&body) {
        Ok(body) => {
            let work = async { handle(body, info).await.map_err(Into::into) };
            match deadline {
                None => work.await,
                Some(deadline) => tokio::time::timeout(deadline, work)
                    .await
                    .unwrap_or_else(|_| Err(Failure::Passing(format!("not done within {} ms", deadline.as_millis())))),
            }
        }
        Err(error) => Err(Failure::Lasting(format!("unreadable: {error}"))),
    };
    let failure = result.err()?;
    let wait = failure.wait_seconds(count);
    tracing::error!(message_id, receive_count = count, error = failure.detail(), wait, "message {message_id} failed");
    if let Some(receipt) = message.receipt_handle
        && let Err(error) = redelivery.retry_in(&receipt, wait).await
    {
        // It comes back all the same, when its visibility time-out ends.
        tracing::warn!(message_id, %error, "the wait of message {message_id} was not shortened");
    }
    let mut failure = BatchItemFailure::default();
    failure.item_identifier = message_id;
    Some(failure)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
    use super::*;
    use oms_app::ports::Stimulus;
    use serde_json::{Value, json};

    const ORDER: &str = "0123456789ABCDEFGHIJKLMNOP";

    fn batch(bodies: &[&str]) -> SqsEvent {
        let records: Vec<Value> = bodies
            .iter()
            .enumerate()
            .map(|(i, body)| {
                json!({"messageId": format!("m{i}"), "receiptHandle": "r", "body": body, "md5OfBody": "",
                       "attributes": {"ApproximateReceiveCount": "2"}, "messageAttributes": {},
                       "eventSource": "aws:sqs", "eventSourceARN": "arn", "awsRegion": "us-east-1"})
            })
            .collect();
        serde_json::from_value(json!({"Records": records})).unwrap()
    }

    /// Notes for how long each message was put off.
    #[derive(Default)]
    struct Waits(std::sync::Mutex<Vec<u32>>);

    #[async_trait::async_trait]
    impl Redelivery for Waits {
        async fn retry_in(&self, _: &str, seconds: u32) -> Result<(), oms_app::error::PortError> {
            self.0.lock().unwrap().push(seconds);
            Ok(())
        }
    }

    #[test]
    fn what_lasts_comes_back_soon_and_what_passes_later_and_later() {
        for (failure, waits) in [
            (Failure::Lasting(String::new()), [1, 2, 4, 8, 16, 30]),
            (Failure::Passing(String::new()), [15, 30, 60, 120, 240, 480]),
        ] {
            let found: Vec<u32> = (1..=6).map(|count| failure.wait_seconds(count)).collect();
            assert_eq!(found, waits);
        }
        assert_eq!(Failure::Passing(String::new()).wait_seconds(u32::MAX), 900);
    }

    fn failures(response: &SqsBatchResponse) -> Vec<&str> {
        response.batch_item_failures.iter().map(|f| f.item_identifier.as_str()).collect()
    }

    #[tokio::test]
    async fn only_what_failed_comes_back() {
        let good = json!({"order_id": ORDER, "work": "placement"}).to_string();
        let other = json!({"order_id": ORDER, "work": "reversal"}).to_string();
        let event =
            batch(&[&good, "{", &other, "", &json!({"order_id": ORDER, "work": "placement", "body": 1}).to_string()]);
        let waits = Waits::default();
        let response = each(event, None, &waits, |stimulus: Stimulus, info| async move {
            assert_eq!(info.receive_count, 2);
            if stimulus.work == oms_domain::wake::Work::Placement { Ok(()) } else { Err(Failure::Passing("no".into())) }
        })
        .await;
        let mut waits = waits.0.into_inner().unwrap();
        waits.sort_unstable();
        // Three unreadable ones and one that may pass, each received for the second time.
        assert_eq!(waits, [2, 2, 2, 30]);
        assert_eq!(failures(&response), ["m1", "m2", "m3", "m4"]);
        assert_eq!(serde_json::to_value(&response).unwrap()["batchItemFailures"][0], json!({"itemIdentifier": "m1"}));
    }

    #[tokio::test(start_paused = true)]
    async fn messages_run_at_once_and_a_slow_one_fails_alone() {
        let bodies: Vec<String> = [1, 90, 2].iter().map(ToString::to_string).collect();
        let bodies: Vec<&str> = bodies.iter().map(String::as_str).collect();
        let start = tokio::time::Instant::now();
        let response =
            each(batch(&bodies), Some(Duration::from_secs(20)), &Waits::default(), |seconds: u64, _| async move {
                tokio::time::sleep(Duration::from_secs(seconds)).await;
                Ok::<(), Failure>(())
            })
            .await;
        assert_eq!(failures(&response), ["m1"]);
        assert_eq!(start.elapsed(), Duration::from_secs(20));
    }
}
