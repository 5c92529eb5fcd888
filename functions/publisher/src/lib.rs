//! Puts the events of new commits on the bus, in the order of the stream, and marks the commits as sent.

use aws_lambda_events::event::dynamodb::{Event, EventRecord};
use jiff::Timestamp;
use oms_app::error::AppError;
use oms_app::publish::{Publisher, Unsent};
use oms_domain::event::CommitRecord;
use serde::Deserialize;

/// The attributes of a commit's row that are needed here. The names are those of the orders table (`docs/tables.md`).
#[derive(Deserialize)]
struct Row {
    sk: String,
    body: String,
    #[serde(default)]
    work_at: Option<i64>,
    #[serde(default)]
    supersedes: bool,
}

/// Why a batch is given back to the stream.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// A row cannot be read. The stream tries again, then puts the batch aside; the sweep knows the row as unsent.
    #[error("a stream record cannot be read: {0}")]
    Unreadable(String),
    /// The bus or the table failed.
    #[error(transparent)]
    App(#[from] AppError),
}

/// Publishes a batch: all of it, or an error, and then all of it again. Receivers know a second copy by its id.
///
/// # Errors
/// [`PublishError`].
pub async fn handle(event: Event, publisher: &Publisher) -> Result<usize, PublishError> {
    let records = event.records.len();
    let mut commits = Vec::new();
    for record in event.records {
        commits.extend(commit(record)?);
    }
    let published = publisher.publish(&commits).await?;
    tracing::info!(
        records,
        commits = commits.len(),
        published,
        "{published} events of {} commits published",
        commits.len()
    );
    Ok(published)
}

/// The commit in a stream record; none when the record is about another row, or no new one.
fn commit(record: EventRecord) -> Result<Option<Unsent>, PublishError> {
    if record.event_name != "INSERT" {
        return Ok(None);
    }
    let unreadable = |error: &dyn std::fmt::Display| PublishError::Unreadable(format!("{}: {error}", record.event_id));
    let image = record.change.new_image;
    let is_commit =
        image.get("sk").is_some_and(|sk| matches!(sk, serde_dynamo::AttributeValue::S(text) if text.starts_with("E#")));
    if !is_commit {
        return Ok(None);
    }
    let row: Row = serde_dynamo::from_item(image).map_err(|e| unreadable(&e))?;
    let record_of_order: CommitRecord =
        serde_json::from_str(&row.body).map_err(|e| unreadable(&format!("{}: {e}", row.sk)))?;
    let work_at = row.work_at.and_then(|ms| Timestamp::from_millisecond(ms).ok());
    Ok(Some(Unsent { record: record_of_order, work_at, supersedes: row.supersedes }))
}
