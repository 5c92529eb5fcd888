//! What providers tell us: verified, then decided and stored before it is acknowledged.

use oms_domain::command::Command;
use oms_domain::id::OrderId;
use oms_domain::payment::{PaymentFact, PaymentFactKind};
use oms_domain::policy::Policy;
use oms_domain::task::{Role, TaskKind};

use crate::engine::{Engine, Origin};
use crate::error::{AppError, StoreError};
use crate::ports::{ParkedFact, TaskStore};
use crate::timers::{Timer, Watched};
use crate::unmatched::unmatched;

/// How soon a parked fact is looked at by the sweep, in seconds; the order's own placement is usually faster.
const LOOK_AGAIN_SECONDS: i64 = 300;

/// Where a fact went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// Into its order (also when it was there already).
    Applied,
    /// Beside the place where its order will be.
    Parked,
    /// Nowhere but into the record of such events, and to people where money moved.
    Unmatched,
}

impl Recorded {
    /// The stable name, for logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Parked => "parked",
            Self::Unmatched => "unmatched",
        }
    }
}

/// Records a fact that names no order: by the provider's own id of the payment, else for people to look at.
///
/// # Errors
/// [`AppError`] when it could not be stored: the provider must be told to try again.
pub async fn record_nameless(engine: &Engine, tasks: &dyn TaskStore, fact: &PaymentFact) -> Result<Recorded, AppError> {
    if let Some(order_id) = engine.orders.order_of_payment(fact.provider, &fact.provider_payment_id).await? {
        return record_payment(engine, &order_id, fact).await;
    }
    let now = engine.clock.now();
    engine.orders.note_unhandled(fact.provider.name(), &fact.key, "unknown_payment", now).await?;
    if let Some(what) = moved(&fact.kind) {
        let reason =
            format!("{} {}: {what}, and no order knows this payment", fact.provider.name(), fact.provider_payment_id);
        tasks.open(&unmatched(fact.key.as_str(), TaskKind::UnmatchedPayment, Role::Finance, reason, now)).await?;
    }
    Ok(Recorded::Unmatched)
}

/// What happened to money, in words; none where none moved. Without an order it is for people.
#[must_use]
pub fn moved(kind: &PaymentFactKind) -> Option<String> {
    match kind {
        PaymentFactKind::Captured { amount } => Some(format!("captured {amount}")),
        PaymentFactKind::Refund { amount, status, .. } => Some(format!("refund of {amount}: {status:?}")),
        PaymentFactKind::Disputed { amount } => Some(format!("{amount} disputed")),
        PaymentFactKind::DisputeLost { amount } => Some(format!("{amount} charged back")),
        PaymentFactKind::CaptureFailed { amount, .. } => Some(format!("capture of {amount} failed")),
        PaymentFactKind::Pending
        | PaymentFactKind::Authorized { .. }
        | PaymentFactKind::Failed { .. }
        | PaymentFactKind::Cancelled
        | PaymentFactKind::DisputeWon
        | PaymentFactKind::Other { .. } => None,
    }
}

/// Records a fact about an order's payment, exactly once in effect.
///
/// # Errors
/// [`AppError`] when it could not be stored: the provider must be told to try again.
pub async fn record_payment(engine: &Engine, order_id: &OrderId, fact: &PaymentFact) -> Result<Recorded, AppError> {
    let origin = Origin::outside(fact.provider.name(), Some(fact.key.clone()));
    // The order may be created between the look and the parking; parking is conditional, so the next look finds it.
    for _ in 0..3 {
        match engine.execute(order_id, &Command::RecordPayment(fact.clone()), &origin).await {
            Ok(_) => return Ok(Recorded::Applied),
            Err(AppError::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
        let at = engine.clock.now();
        let of = Watched::Fact { order_id: order_id.clone(), key: fact.key.clone() };
        engine.timers.set(&Timer { at: Policy::after(at, LOOK_AGAIN_SECONDS), of }).await?;
        if engine.orders.park_fact(order_id, &ParkedFact { fact: fact.clone(), at }).await? {
            return Ok(Recorded::Parked);
        }
    }
    Err(StoreError::Contended("an order appears and disappears".into()).into())
}
