//! What people ask of an order: decided and stored before it is answered.

use oms_domain::body::Provider;
use oms_domain::command::{Command, RefundAsk};
use oms_domain::event::{OrderEvent, RefundLine};
use oms_domain::id::{OrderId, RefundId};
use oms_domain::money::Money;
use oms_domain::order::{Order, Payment};

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

/// Cancels a part of an order. Under a key the same request again has no further effect; without one every request
/// cancels units of its own.
///
/// # Errors
/// [`AppError::Refused`]: `KeyReused` for the key with another request, and the domain's no.
pub async fn cancel_lines(
    engine: &Engine,
    order_id: &OrderId,
    lines: Vec<RefundLine>,
    reason: String,
    actor: &str,
    key: Option<(&str, &str)>,
) -> Result<Order, AppError> {
    let cancel = Command::CancelLines { lines, reason };
    let Some((key, body_hash)) = key else { return command(engine, order_id, cancel, actor).await };
    let cause = event_key(&format!("cancellation:{actor}"), key, body_hash)?;
    let origin = Origin::outside(actor, Some(cause.clone()));
    Ok(engine.execute(order_id, &Keyed { cause: &cause, command: cancel }, &origin).await?.order)
}

/// Opens a further attempt to pay, and gives it. The same key again gives the same attempt; without a key every request opens
/// another.
///
/// # Errors
/// [`AppError::Refused`]: `KeyReused` for the key with another request, or the order's own no.
pub async fn open_payment(
    engine: &Engine,
    order_id: &OrderId,
    provider: Provider,
    amount: Money,
    actor: &str,
    key: Option<(&str, &str)>,
) -> Result<Payment, AppError> {
    let Some((key, body_hash)) = key else {
        let command = Command::OpenPayment { provider, amount, key: None };
        let opened = engine.execute(order_id, &command, &Origin::outside(actor, None)).await?;
        let id = opened.events.iter().find_map(|event| {
            if let OrderEvent::PaymentAdded { payment_id, .. } = event { Some(payment_id) } else { None }
        });
        return id.and_then(|id| opened.order.payment(id)).cloned().ok_or(AppError::NotFound("payment"));
    };
    let cause = event_key(&format!("payment:{actor}"), key, body_hash)?;
    let command = Command::OpenPayment { provider, amount, key: Some(cause.clone()) };
    let origin = Origin::outside(actor, Some(cause.clone()));
    let opened = engine.execute(order_id, &Keyed { cause: &cause, command }, &origin).await?;
    let of_this = |payment: &&Payment| payment.opened_by.as_ref() == Some(&cause);
    opened.order.payments.iter().find(of_this).cloned().ok_or(AppError::NotFound("payment"))
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
