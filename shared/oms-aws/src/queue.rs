//! Stimuli in SQS: which order, which work, nothing else.

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use oms_app::error::PortError;
use oms_app::ports::{Redelivery, Stimulus, StimulusQueue};

use crate::errors;

const PORT: &str = "stimuli queue";
/// The longest delay that SQS has. The local engine takes longer ones, so the check is here.
const LONGEST_DELAY_SECONDS: u32 = 900;

/// The longest that SQS hides a received message.
const LONGEST_WAIT_SECONDS: u32 = 43_200;

/// The queue of stimuli.
#[derive(Debug, Clone)]
pub struct SqsStimuli {
    client: Client,
    queue_url: String,
}

impl SqsStimuli {
    /// On a queue.
    pub fn new(client: Client, queue_url: impl Into<String>) -> Self {
        Self { client, queue_url: queue_url.into() }
    }
}

/// Messages of a queue that were received and not handled.
#[derive(Debug, Clone)]
pub struct SqsRedelivery {
    client: Client,
    queue_url: String,
}

impl SqsRedelivery {
    /// Of a queue.
    pub fn new(client: Client, queue_url: impl Into<String>) -> Self {
        Self { client, queue_url: queue_url.into() }
    }
}

#[async_trait]
impl Redelivery for SqsRedelivery {
    async fn retry_in(&self, receipt: &str, seconds: u32) -> Result<(), PortError> {
        self.client
            .change_message_visibility()
            .queue_url(&self.queue_url)
            .receipt_handle(receipt)
            .visibility_timeout(i32::try_from(seconds.min(LONGEST_WAIT_SECONDS)).unwrap_or(0))
            .send()
            .await
            .map_err(|e| errors::port("redelivery", &e))?;
        Ok(())
    }
}

#[async_trait]
impl StimulusQueue for SqsStimuli {
    async fn send(&self, stimulus: &Stimulus, delay_seconds: u32) -> Result<(), PortError> {
        let wrong = |detail: String| PortError { port: PORT, detail };
        if delay_seconds > LONGEST_DELAY_SECONDS {
            return Err(wrong(format!("a delay of {delay_seconds} s is above {LONGEST_DELAY_SECONDS} s")));
        }
        let body = serde_json::to_string(stimulus).map_err(|e| wrong(e.to_string()))?;
        // A retry after a lost answer sends the stimulus twice, which is harmless: work is decided from the order's state.
        self.client
            .send_message()
            .queue_url(&self.queue_url)
            .message_body(body)
            .set_delay_seconds((delay_seconds > 0).then(|| i32::try_from(delay_seconds).unwrap_or(0)))
            .send()
            .await
            .map_err(|e| errors::port(PORT, &e))?;
        Ok(())
    }
}
