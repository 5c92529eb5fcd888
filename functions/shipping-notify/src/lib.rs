//! Shipments: what locations have to ship, and whatever they and carriers report.

mod carriers;
mod warehouse;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::FromRef;
use axum::routing::{get, post};
use oms_app::carriers::Carriers;
use oms_app::queries::Queries;
use oms_lambda::auth::Credentials;
use oms_providers::carriers::CarrierCallbackProvider;

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
