//! Requests under a key of their sender: the same key and request again has no further effect, the same key with another
//! request is refused. The order itself remembers, so two at once are told apart as surely as two in turn.

use async_trait::async_trait;
use oms_domain::command::Command;
use oms_domain::id::EventKey;
use oms_domain::order::Order;
use oms_domain::refusal::Refusal;

use crate::engine::CommandSource;
use crate::error::AppError;

/// What divides the sender's key from the request's hash. A key may have it as well, a hash cannot.
const BEFORE_HASH: char = '#';

/// The event key of a request: what it is about, the sender's key, and the start of the request's hash.
///
/// # Errors
/// [`Refusal::Field`] for a key that cannot be one.
pub(crate) fn event_key(about: &str, key: &str, body_hash: &str) -> Result<EventKey, Refusal> {
    let hash: String = body_hash.chars().take(16).collect();
    EventKey::parse(format!("{about}:{key}{BEFORE_HASH}{hash}"))
        .map_err(|e| Refusal::Field { field: "Idempotency-Key".into(), reason: e.to_string() })
}

/// The part of an event key that the sender chose.
fn sent_under(key: &EventKey) -> &str {
    key.as_str().rsplit_once(BEFORE_HASH).map_or(key.as_str(), |(before, _)| before)
}

/// A command under its request's key. It is looked at in the same state that the command is decided from.
pub(crate) struct Keyed<'a> {
    pub(crate) cause: &'a EventKey,
    pub(crate) command: Command,
}

#[async_trait]
impl CommandSource for Keyed<'_> {
    async fn command(&self, order: &Order) -> Result<Command, AppError> {
        if let Command::Report { shipment_id, .. } = &self.command
            && order.shipment(shipment_id).is_none()
        {
            return Err(AppError::NotFound("shipment"));
        }
        let name = sent_under(self.cause);
        if order.applied.iter().any(|known| known != self.cause && sent_under(known) == name) {
            return Err(Refusal::KeyReused.into());
        }
        Ok(self.command.clone())
    }
}
