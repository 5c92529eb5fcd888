//! Stimuli in SQS: which order, which work, nothing else.

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use oms_app::error::PortError;
use oms_app::ports::{Stimulus, StimulusQueue};

use crate::errors;

const PORT: &str = "stimuli queue";
/// The longest delay that SQS has. The local engine takes longer ones, so the check is here.
const LONGEST_DELAY_SECONDS: u32 = 900;

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
