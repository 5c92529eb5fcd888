//! Commands: decided and stored before they are answered.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use oms_app::commands;
use oms_app::engine::Engine;
use oms_domain::command::Command;
use oms_domain::id::{CaptureId, HoldId, OrderId, RefundId, ShipmentId};
use oms_lambda::api::answers::{OrderAnswer, PaymentAnswer, RefundAnswer};
use oms_lambda::api::requests::{AttemptAsk, CancellationRequest, PaymentAttemptRequest, ReasonRequest, RefundRequest};
use oms_lambda::auth::Caller;
use oms_lambda::http::{ExistingPath, HashedJson, IdempotencyKey, OptionalKey, StrictJson};
use oms_lambda::openapi::{Route, routes};
use oms_lambda::problem::Problem;
use oms_lambda::telemetry;

type Accepted = Result<(StatusCode, Json<OrderAnswer>), Problem>;
type Done = Result<Json<OrderAnswer>, Problem>;

/// Lets a caller at an order: the role first, then, for a caller bound to channels, whether it is one of theirs.
async fn admit(caller: &Caller, route: &Route, engine: &Engine, order_id: &OrderId) -> Result<(), Problem> {
    caller.may(route)?;
    telemetry::about_order(order_id);
    if caller.role.is_bound() {
        let loaded = engine.orders.load(order_id).await?.ok_or_else(|| Problem::not_found("order"))?;
        caller.sees(&loaded.order.body.channel)?;
    }
    Ok(())
}

async fn run(caller: &Caller, engine: &Engine, order_id: &OrderId, command: Command) -> Result<OrderAnswer, Problem> {
    Ok(OrderAnswer::from(&commands::command(engine, order_id, command, &caller.name).await?))
}

pub(crate) async fn cancel(
    caller: Caller,
    State(engine): State<Engine>,
    ExistingPath(order_id): ExistingPath<OrderId>,
    OptionalKey(key): OptionalKey,
    HashedJson { body, hash }: HashedJson<CancellationRequest>,
) -> Accepted {
    admit(&caller, &routes::CANCEL_ORDER, &engine, &order_id).await?;
    let answer = match body.into_part()? {
        (None, reason) => run(&caller, &engine, &order_id, Command::Cancel { reason }).await?,
        (Some(lines), reason) => {
            let key = key.as_deref().map(|key| (key, hash.as_str()));
            let order = commands::cancel_lines(&engine, &order_id, lines, reason, &caller.name, key).await?;
            OrderAnswer::from(&order)
        }
    };
    Ok((StatusCode::ACCEPTED, Json(answer)))
}

pub(crate) async fn refund(
    caller: Caller,
    State(engine): State<Engine>,
    ExistingPath(order_id): ExistingPath<OrderId>,
    IdempotencyKey(key): IdempotencyKey,
    HashedJson { body, hash }: HashedJson<RefundRequest>,
) -> Result<(StatusCode, Json<RefundAnswer>), Problem> {
    admit(&caller, &routes::REQUEST_REFUND, &engine, &order_id).await?;
    let (ask, reason) = body.into_ask()?;
    let refund_id = commands::refund(&engine, &order_id, ask, reason, &caller.name, &key, &hash).await?;
    Ok((StatusCode::ACCEPTED, Json(RefundAnswer { refund_id })))
}

pub(crate) async fn retry_capture(
    caller: Caller,
    State(engine): State<Engine>,
    ExistingPath((order_id, capture_id)): ExistingPath<(OrderId, CaptureId)>,
) -> Accepted {
    admit(&caller, &routes::RETRY_CAPTURE, &engine, &order_id).await?;
    let answer = run(&caller, &engine, &order_id, Command::RetryCapture { capture_id }).await?;
    Ok((StatusCode::ACCEPTED, Json(answer)))
}

pub(crate) async fn withdraw_capture(
    caller: Caller,
    State(engine): State<Engine>,
    ExistingPath((order_id, capture_id)): ExistingPath<(OrderId, CaptureId)>,
    StrictJson(request): StrictJson<ReasonRequest>,
) -> Done {
    admit(&caller, &routes::WITHDRAW_CAPTURE, &engine, &order_id).await?;
    let reason = request.reason.into_string();
    Ok(Json(run(&caller, &engine, &order_id, Command::WithdrawCapture { capture_id, reason }).await?))
}

pub(crate) async fn retry_refund(
    caller: Caller,
    State(engine): State<Engine>,
    ExistingPath((order_id, refund_id)): ExistingPath<(OrderId, RefundId)>,
) -> Accepted {
    admit(&caller, &routes::RETRY_REFUND, &engine, &order_id).await?;
    let answer = run(&caller, &engine, &order_id, Command::RetryRefund { refund_id }).await?;
    Ok((StatusCode::ACCEPTED, Json(answer)))
}

pub(crate) async fn settle_refund(
    caller: Caller,
    State(engine): State<Engine>,
    ExistingPath((order_id, refund_id)): ExistingPath<(OrderId, RefundId)>,
    StrictJson(request): StrictJson<ReasonRequest>,
) -> Done {
    admit(&caller, &routes::SETTLE_REFUND, &engine, &order_id).await?;
    let reason = request.reason.into_string();
    Ok(Json(run(&caller, &engine, &order_id, Command::SettleRefund { refund_id, reason }).await?))
}

pub(crate) async fn approve_refund(
    caller: Caller,
    State(engine): State<Engine>,
    ExistingPath((order_id, refund_id)): ExistingPath<(OrderId, RefundId)>,
) -> Accepted {
    admit(&caller, &routes::APPROVE_REFUND, &engine, &order_id).await?;
    let command = Command::ApproveRefund { refund_id, by: caller.name.clone() };
    Ok((StatusCode::ACCEPTED, Json(run(&caller, &engine, &order_id, command).await?)))
}

pub(crate) async fn decline_refund(
    caller: Caller,
    State(engine): State<Engine>,
    ExistingPath((order_id, refund_id)): ExistingPath<(OrderId, RefundId)>,
    StrictJson(request): StrictJson<ReasonRequest>,
) -> Done {
    admit(&caller, &routes::DECLINE_REFUND, &engine, &order_id).await?;
    let reason = request.reason.into_string();
    Ok(Json(run(&caller, &engine, &order_id, Command::DeclineRefund { refund_id, reason }).await?))
}

pub(crate) async fn add_payment(
    caller: Caller,
    State(engine): State<Engine>,
    ExistingPath(order_id): ExistingPath<OrderId>,
    OptionalKey(key): OptionalKey,
    HashedJson { body, hash }: HashedJson<PaymentAttemptRequest>,
) -> Result<Json<PaymentAnswer>, Problem> {
    admit(&caller, &routes::ADD_PAYMENT, &engine, &order_id).await?;
    let payment = match body.into_ask()? {
        AttemptAsk::Open { provider, amount } => {
            let key = key.as_deref().map(|key| (key, hash.as_str()));
            commands::open_payment(&engine, &order_id, provider, amount, &caller.name, key).await?
        }
        AttemptAsk::Identify { provider, amount, provider_payment_id } => {
            let told = provider_payment_id.clone();
            let command = Command::IdentifyPayment { provider, amount, provider_payment_id };
            let order = commands::command(&engine, &order_id, command, &caller.name).await?;
            let known = order.payments.iter().find(|p| p.provider_payment_id.as_deref() == Some(told.as_str()));
            known.cloned().ok_or_else(|| Problem::internal("the payment is not in its order"))?
        }
    };
    Ok(Json(PaymentAnswer { order_id, payment_id: payment.id, payment_reference: payment.reference }))
}

pub(crate) async fn release_hold(
    caller: Caller,
    State(engine): State<Engine>,
    ExistingPath((order_id, hold_id)): ExistingPath<(OrderId, HoldId)>,
    StrictJson(request): StrictJson<ReasonRequest>,
) -> Done {
    admit(&caller, &routes::RELEASE_HOLD, &engine, &order_id).await?;
    let reason = request.reason.into_string();
    Ok(Json(run(&caller, &engine, &order_id, Command::ReleaseHold { hold_id, reason }).await?))
}

pub(crate) async fn reject_hold(
    caller: Caller,
    State(engine): State<Engine>,
    ExistingPath((order_id, hold_id)): ExistingPath<(OrderId, HoldId)>,
    StrictJson(request): StrictJson<ReasonRequest>,
) -> Done {
    admit(&caller, &routes::REJECT_HOLD, &engine, &order_id).await?;
    let reason = request.reason.into_string();
    Ok(Json(run(&caller, &engine, &order_id, Command::RejectHold { hold_id, reason }).await?))
}

pub(crate) async fn retry_plan(
    caller: Caller,
    State(engine): State<Engine>,
    ExistingPath(order_id): ExistingPath<OrderId>,
) -> Accepted {
    admit(&caller, &routes::RETRY_ALLOCATION, &engine, &order_id).await?;
    let answer = run(&caller, &engine, &order_id, Command::RetryPlan).await?;
    Ok((StatusCode::ACCEPTED, Json(answer)))
}

pub(crate) async fn acknowledge(
    caller: Caller,
    State(engine): State<Engine>,
    ExistingPath((order_id, anomaly_id)): ExistingPath<(OrderId, String)>,
    StrictJson(request): StrictJson<ReasonRequest>,
) -> Done {
    admit(&caller, &routes::ACKNOWLEDGE_ANOMALY, &engine, &order_id).await?;
    let reason = request.reason.into_string();
    Ok(Json(run(&caller, &engine, &order_id, Command::CloseAnomaly { anomaly_id, reason }).await?))
}

pub(crate) async fn close_trouble(
    caller: Caller,
    State(engine): State<Engine>,
    ExistingPath((order_id, shipment_id)): ExistingPath<(OrderId, ShipmentId)>,
    StrictJson(request): StrictJson<ReasonRequest>,
) -> Done {
    admit(&caller, &routes::CLOSE_TROUBLE, &engine, &order_id).await?;
    let reason = request.reason.into_string();
    Ok(Json(run(&caller, &engine, &order_id, Command::CloseTrouble { shipment_id, reason }).await?))
}
