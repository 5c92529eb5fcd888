//! Puts new commits on the bus, in the order of the stream.

use std::collections::HashMap;

use aws_lambda_events::event::dynamodb::{Event, EventRecord};
use oms_app::error::{AppError, StoreError};
use oms_app::publish::{Published, Publisher};
use oms_aws::{keys, packing};
use oms_domain::desk;
use oms_domain::event::CommitRecord;
use oms_domain::id::OrderId;
use oms_lambda::metrics::Metrics;
use serde_dynamo::AttributeValue;

/// Why a batch is given back to the stream.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// A row calls itself a commit, and does not say of which order.
    #[error("a stream record is no commit: {0}")]
    Unreadable(String),
    /// Neither the bus nor the table could take it.
    #[error(transparent)]
    App(#[from] AppError),
}

/// What a stream record brings.
enum Brought {
    /// A new commit.
    Commit(Box<CommitRecord>),
    /// One that cannot be read.
    Unreadable(OrderId, u64),
    /// Another row, or no new one.
    Nothing,
}

/// Publishes a batch: all of it, or an error, and then all of it again. Receivers know a second copy by its id.
///
/// # Errors
/// [`PublishError`].
pub async fn handle(event: Event, publisher: &Publisher, stage: &str) -> Result<Published, PublishError> {
    let records = event.records.len();
    let mut commits = Vec::new();
    for record in event.records {
        match brought(record)? {
            Brought::Commit(commit) => commits.push(*commit),
            // It holds up nobody: the sweep looks at it again and again, and its failures ring.
            Brought::Unreadable(order_id, seq) => publisher.put_off(&order_id, seq).await.map_err(AppError::from)?,
            Brought::Nothing => {}
        }
    }
    let published = publisher.publish(&commits).await?;
    let Published { entries, put_off } = published;
    // Every news passes here: a line for each that went well would be a sixth of an order's log, and says nothing that the
    // table and the bus do not know. What was put off has its line where it failed.
    tracing::debug!(records, entries, put_off, "{entries} entries published");
    // Counted here, where all that is news passes anyway. Only after the batch is dealt with: one that comes again counts once.
    let waits = commits.iter().flat_map(|commit| &commit.events).filter(|event| desk::money_waits(event)).count();
    if waits > 0 {
        Metrics::money_waits("publisher", stage, waits).emit();
    }
    Ok(published)
}

fn brought(record: EventRecord) -> Result<Brought, PublishError> {
    if record.event_name != "INSERT" {
        return Ok(Brought::Nothing);
    }
    // The names are those of the orders table (`docs/tables.md`).
    let image = record.change.new_image.into_inner();
    let Some(sk) = text(&image, "sk").filter(|sk| sk.starts_with(keys::COMMIT_PREFIX)) else {
        return Ok(Brought::Nothing);
    };
    let of_order = text(&image, "pk").and_then(keys::order_of).zip(keys::seq_of(sk));
    let (order_id, seq) = of_order.ok_or_else(|| PublishError::Unreadable(format!("{} {sk}", record.event_id)))?;
    Ok(match commit(&image) {
        Ok(commit) => Brought::Commit(Box::new(commit)),
        Err(error) => {
            tracing::error!(%order_id, seq, %error, "a commit cannot be read");
            Brought::Unreadable(order_id, seq)
        }
    })
}

fn text<'a>(image: &'a HashMap<String, AttributeValue>, name: &str) -> Option<&'a str> {
    if let Some(AttributeValue::S(text)) = image.get(name) { Some(text) } else { None }
}

fn commit(image: &HashMap<String, AttributeValue>) -> Result<CommitRecord, StoreError> {
    let json = match image.get("body") {
        Some(AttributeValue::B(bytes)) => packing::unpack(bytes)?,
        _ => text(image, "body").ok_or_else(|| StoreError::Malformed("there is no body".into()))?.to_owned(),
    };
    // Only the place of the mistake: the parser's own message may quote the content.
    serde_json::from_str(&json)
        .map_err(|e| StoreError::Malformed(format!("the body breaks at line {} column {}", e.line(), e.column())))
}
