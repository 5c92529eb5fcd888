//! Beginning a payment at its provider for a storefront that does not do it itself.

use std::time::Duration;

use axum::extract::{FromRef, State};
use axum::routing::post;
use axum::{Json, Router};
use oms_app::starting::Starting;
use oms_domain::id::{OrderId, PaymentId};
use oms_lambda::api::payment_start::{StartPaymentRequest, StartedPayment};
use oms_lambda::auth::{Caller, Credentials};
use oms_lambda::http::{ExistingPath, StrictJson};
use oms_lambda::openapi::routes;
use oms_lambda::problem::Problem;
use oms_lambda::telemetry;

/// A provider that says nothing for so long is given up: the storefront is told to ask again, while the function still has
/// the time to say so. The same request then finds what was begun.
const PATIENCE: Duration = Duration::from_secs(8);

/// What the handler works with.
#[derive(Clone, FromRef)]
pub struct Deps {
    /// Who may call.
    pub credentials: Credentials,
    /// What begins payments.
    pub starting: Starting,
}

/// The route.
pub fn router(deps: Deps) -> Router {
    Router::new().route("/v1/orders/{order_id}/payments/{payment_id}/start", post(start)).with_state(deps)
}

async fn start(
    caller: Caller,
    State(starting): State<Starting>,
    ExistingPath((order_id, payment_id)): ExistingPath<(OrderId, PaymentId)>,
    StrictJson(request): StrictJson<StartPaymentRequest>,
) -> Result<Json<StartedPayment>, Problem> {
    caller.may(&routes::START_PAYMENT)?;
    telemetry::about_order(&order_id);
    let loaded = starting.engine.orders.load(&order_id).await?.ok_or_else(|| Problem::not_found("order"))?;
    caller.sees(&loaded.order.body.channel)?;
    let ask = request.into_ask();
    match tokio::time::timeout(PATIENCE, starting.start(loaded, &payment_id, &ask, &caller.name)).await {
        Ok(begun) => Ok(Json(StartedPayment::from(begun?))),
        Err(_) => Err(Problem::unavailable(format!("the provider of {payment_id} did not answer in time"))),
    }
}
