//! Orders over HTTPS: checked, durable, then answered with 202.

use axum::extract::{FromRef, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::routing::post;
use axum::{Json, Router};
use oms_app::intake::{Intake, IntakeError, OrderIds, Request};
use oms_lambda::api::answers::AcceptedOrder;
use oms_lambda::api::order_request::OrderRequest;
use oms_lambda::auth::{Caller, Credentials};
use oms_lambda::http::{HashedJson, IdempotencyKey};
use oms_lambda::openapi::routes;
use oms_lambda::problem::{Problem, ProblemKind};
use oms_lambda::telemetry;

/// What the handler works with.
#[derive(Clone, FromRef)]
pub struct Deps {
    /// Who may call.
    pub credentials: Credentials,
    /// The use case.
    pub intake: Intake,
    /// Order ids.
    pub ids: OrderIds,
}

/// The route.
pub fn router(deps: Deps) -> Router {
    Router::new().route("/v1/orders", post(place)).with_state(deps)
}

async fn place(
    caller: Caller,
    State(deps): State<Deps>,
    IdempotencyKey(key): IdempotencyKey,
    HashedJson { body, hash }: HashedJson<OrderRequest>,
) -> Result<(StatusCode, [(HeaderName, String); 1], Json<AcceptedOrder>), Problem> {
    caller.may(&routes::CREATE_ORDER)?;
    let order_id = deps.ids.id(&body.channel, &body.channel_order_id).map_err(|e| Problem::internal(e.to_string()))?;
    telemetry::about_order(&order_id);
    let body = body.into_placed(&order_id, &caller)?;
    let request = Request { credential: caller.name, key, body_hash: hash, order_id, body };
    let order_id = deps.intake.place(&request).await.map_err(refuse)?;
    let accepted = AcceptedOrder::new(order_id);
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, accepted.location())], Json(accepted)))
}

fn refuse(error: IntakeError) -> Problem {
    match error {
        IntakeError::InFlight => Problem::new(ProblemKind::RequestInFlight, error.to_string()),
        IntakeError::KeyReused => Problem::new(ProblemKind::KeyReused, error.to_string()),
        IntakeError::Duplicate(ref order_id) => {
            Problem::new(ProblemKind::DuplicateOrder, error.to_string()).member("order_id", order_id.as_str())
        }
        IntakeError::App(error) => error.into(),
    }
}
