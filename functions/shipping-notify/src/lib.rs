//! Shipments: released to their locations (a step), and whatever locations and carriers report (HTTP).

mod carriers;
mod warehouse;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::FromRef;
use axum::routing::{get, post};
use lambda_runtime::LambdaEvent;
use oms_app::carriers::Carriers;
use oms_app::engine::Engine;
use oms_app::fulfilment;
use oms_app::queries::Queries;
use oms_lambda::auth::Credentials;
use oms_lambda::step::{Op, StepError, StepOutput, run_step};
use oms_lambda::summary::summary;
use oms_providers::carriers::CarrierCallbackProvider;
use serde_json::Value;

/// Carriers that are configured; any other answers 404.
pub type CarrierCallbacks = BTreeMap<String, Box<CarrierCallbackProvider>>;

/// What the handlers work with.
#[derive(Clone, FromRef)]
pub struct Deps {
    /// Who may call.
    pub credentials: Credentials,
    /// What comes in about shipments.
    pub carriers: Carriers,
    /// Look-ups.
    pub queries: Queries,
    /// Carriers' callbacks.
    pub callbacks: Arc<CarrierCallbacks>,
}

/// The routes.
pub fn router(deps: Deps) -> Router {
    Router::new()
        .route("/v1/shipments", get(warehouse::list))
        .route("/v1/shipments/{shipment_id}/events", post(warehouse::report))
        .route("/v1/carriers/{carrier}/callbacks", post(carriers::callback))
        .with_state(deps)
}

/// The step of fulfilment: planned shipments are released to their locations.
///
/// # Errors
/// [`StepError`], by the names that the state machine knows.
pub async fn step(event: LambdaEvent<Value>, engine: &Engine) -> Result<StepOutput, StepError> {
    run_step(event, &[Op::ReleaseShipments], |_, order_id| async move {
        fulfilment::release(engine, &order_id).await.map(|done| summary(&done))
    })
    .await
}
