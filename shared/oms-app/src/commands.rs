//! What people ask of an order: decided and stored before it is answered.

use oms_domain::command::{Command, RefundAsk};
use oms_domain::id::{EventKey, OrderId, RefundId};
use oms_domain::order::Order;
use oms_domain::refusal::Refusal;

use crate::engine::{Engine, Origin};
use crate::error::AppError;

/// Carries out a command that needs no key: doing it twice is doing it once.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Refused`], or the store's error.
pub async fn command(engine: &Engine, order_id: &OrderId, command: Command, actor: &str) -> Result<Order, AppError> {
    Ok(engine.execute(order_id, &command, &Origin::outside(actor, None)).await?.order)
}

/// Asks for a refund under a key: the same key and request again gives the same refund.
///
/// # Errors
/// [`Refusal::KeyReused`] for the key with another request, [`Refusal::ExceedsRemaining`] above what remains.
pub async fn refund(
    engine: &Engine,
    order_id: &OrderId,
    ask: RefundAsk,
    reason: String,
    actor: &str,
    key: &str,
    body_hash: &str,
) -> Result<RefundId, AppError> {
    let hash: String = body_hash.chars().take(16).collect();
    let prefix = format!("refund:{actor}:{key}#");
    let event_key = EventKey::parse(format!("{prefix}{hash}"))
        .map_err(|e| Refusal::Field { field: "Idempotency-Key".into(), reason: e.to_string() })?;
    let loaded = engine.orders.load(order_id).await?.ok_or(AppError::NotFound("order"))?;
    if loaded.order.refund_keys.keys().any(|k| k.as_str().starts_with(&prefix) && *k != event_key) {
        return Err(Refusal::KeyReused.into());
    }
    let command = Command::RequestRefund { key: event_key.clone(), ask, reason };
    let origin = Origin::outside(actor, Some(event_key.clone()));
    let outcome = engine.execute(order_id, &command, &origin).await?;
    outcome.order.refund_keys.get(&event_key).cloned().ok_or(AppError::NotFound("refund"))
}
