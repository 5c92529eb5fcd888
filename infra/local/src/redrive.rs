//! Dead letters back to where they came from.
//!
//! AWS has `StartMessageMoveTask` for this. The engine lacks it, so messages are received and sent, which keeps their bodies and
//! attributes but not their ids.

use std::collections::HashMap;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{
    Message, MessageSystemAttributeName, MessageSystemAttributeNameForSends, MessageSystemAttributeValue,
    QueueAttributeName,
};

use crate::error::{LocalError, Result};
use crate::stack_file::StackFile;

/// What became of one dead-letter queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redriven {
    /// Its name in `stack.json`.
    pub name: String,
    /// How many messages were sent back.
    pub moved: u32,
    /// How many stay because nothing takes them back: a stream's failed batches, which the sweep makes good.
    pub left: u32,
}

/// Sends the messages of every dead-letter queue, or of the one with this name, to its source queue.
///
/// # Errors
/// No such queue, or the engine refuses. A message is deleted only after it was sent: after an error it may exist twice, and
/// every consumer takes duplicates.
pub async fn redrive(client: &Client, stack: &StackFile, only: Option<&str>) -> Result<Vec<Redriven>> {
    if let Some(name) = only
        && !stack.dead_letter_queues.contains_key(name)
    {
        let known: Vec<&str> = stack.dead_letter_queues.keys().map(String::as_str).collect();
        return Err(LocalError::blocked(
            format!("there is no dead-letter queue named `{name}`"),
            format!("name one of {}", known.join(", ")),
        ));
    }
    let sources = sources(client, stack).await?;
    let mut results = Vec::new();
    for (name, url) in &stack.dead_letter_queues {
        if only.is_some_and(|only| only != name) {
            continue;
        }
        let (arn, waiting) = describe(client, url).await?;
        let result = match sources.get(&arn) {
            Some(source) => Redriven { name: name.clone(), moved: drain(client, url, source, waiting).await?, left: 0 },
            None => Redriven { name: name.clone(), moved: 0, left: waiting },
        };
        results.push(result);
    }
    Ok(results)
}

/// How many messages a queue shows, is working on and holds back.
///
/// # Errors
/// The engine refuses.
pub async fn depth(client: &Client, url: &str) -> Result<[u32; 3]> {
    let attributes = attributes(client, url).await?;
    let count = |name| attributes.get(&name).and_then(|text: &String| text.parse().ok()).unwrap_or_default();
    Ok([
        count(QueueAttributeName::ApproximateNumberOfMessages),
        count(QueueAttributeName::ApproximateNumberOfMessagesNotVisible),
        count(QueueAttributeName::ApproximateNumberOfMessagesDelayed),
    ])
}

/// Source queues by the ARN of their dead-letter queue, from their own redrive policies.
async fn sources(client: &Client, stack: &StackFile) -> Result<HashMap<String, String>> {
    let mut sources = HashMap::new();
    for url in stack.queues.values() {
        let attributes = attributes(client, url).await?;
        let target = attributes
            .get(&QueueAttributeName::RedrivePolicy)
            .and_then(|policy| serde_json::from_str::<serde_json::Value>(policy).ok())
            .and_then(|policy| policy.get("deadLetterTargetArn")?.as_str().map(str::to_owned));
        if let Some(arn) = target {
            sources.insert(arn, url.clone());
        }
    }
    Ok(sources)
}

/// A queue's ARN and how many messages it shows.
async fn describe(client: &Client, url: &str) -> Result<(String, u32)> {
    let attributes = attributes(client, url).await?;
    let arn = attributes.get(&QueueAttributeName::QueueArn).cloned().unwrap_or_default();
    let [visible, ..] = depth(client, url).await?;
    Ok((arn, visible))
}

async fn attributes(client: &Client, url: &str) -> Result<HashMap<QueueAttributeName, String>> {
    let answer = client
        .get_queue_attributes()
        .queue_url(url)
        .attribute_names(QueueAttributeName::All)
        .send()
        .await
        .map_err(LocalError::engine("reading a queue's attributes"))?;
    Ok(answer.attributes.unwrap_or_default())
}

/// Moves what is there now. What fails again and returns meanwhile stays for the next time, or this would never end.
async fn drain(client: &Client, from: &str, to: &str, waiting: u32) -> Result<u32> {
    let mut moved = 0;
    while moved < waiting {
        let answer = client
            .receive_message()
            .queue_url(from)
            .max_number_of_messages(10)
            .visibility_timeout(60)
            .message_attribute_names("All")
            .message_system_attribute_names(MessageSystemAttributeName::All)
            .send()
            .await
            .map_err(LocalError::engine("receiving dead letters"))?;
        let messages = answer.messages.unwrap_or_default();
        if messages.is_empty() {
            break;
        }
        for message in messages {
            move_one(client, from, to, message).await?;
            moved += 1;
        }
    }
    Ok(moved)
}

async fn move_one(client: &Client, from: &str, to: &str, message: Message) -> Result<()> {
    let trace = message.attributes().and_then(|attributes| attributes.get(&MessageSystemAttributeName::AwsTraceHeader));
    let mut send = client
        .send_message()
        .queue_url(to)
        .set_message_body(message.body.clone())
        .set_message_attributes(message.message_attributes.clone());
    if let Some(header) = trace {
        let value = MessageSystemAttributeValue::builder()
            .data_type("String")
            .string_value(header)
            .build()
            .map_err(LocalError::engine("sending a dead letter back"))?;
        send = send.message_system_attributes(MessageSystemAttributeNameForSends::AwsTraceHeader, value);
    }
    send.send().await.map_err(LocalError::engine("sending a dead letter back"))?;
    client
        .delete_message()
        .queue_url(from)
        .set_receipt_handle(message.receipt_handle)
        .send()
        .await
        .map(drop)
        .map_err(LocalError::engine("removing a dead letter that was sent back"))
}
