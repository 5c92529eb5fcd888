//! What people ask of an order: decided and stored before it is answered.

use oms_domain::command::{Command, RefundAsk};
use oms_domain::id::{OrderId, RefundId};
use oms_domain::order::Order;

use crate::engine::{Engine, Origin};
use crate::error::AppError;
use crate::keyed::{Keyed, event_key};

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
/// [`AppError::Refused`]: `KeyReused` for the key with another request, `ExceedsRemaining` above what remains.
pub async fn refund(
    engine: &Engine,
    order_id: &OrderId,
    ask: RefundAsk,
    reason: String,
    actor: &str,
    key: &str,
    body_hash: &str,
) -> Result<RefundId, AppError> {
    let cause = event_key(&format!("refund:{actor}"), key, body_hash)?;
    let command = Command::RequestRefund { key: cause.clone(), ask, reason, by: actor.to_owned() };
    let origin = Origin::outside(actor, Some(cause.clone()));
    let outcome = engine.execute(order_id, &Keyed { cause: &cause, command }, &origin).await?;
    outcome.order.refund_keys.get(&cause).cloned().ok_or(AppError::NotFound("refund"))
}
