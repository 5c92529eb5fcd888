//! What people see of orders and ask of them: look-ups, cancellations, refunds, holds, tasks.

mod commands;
mod ledger;
mod queries;
mod tasks;

use axum::Router;
use axum::extract::FromRef;
use axum::routing::{get, post};
use oms_app::engine::Engine;
use oms_app::queries::Queries;
use oms_lambda::auth::Credentials;

/// What the handlers work with.
#[derive(Clone, FromRef)]
pub struct Deps {
    /// Who may call.
    pub credentials: Credentials,
    /// Orders.
    pub engine: Engine,
    /// Look-ups.
    pub queries: Queries,
    /// Tasks that belong to no order.
    pub tasks: TaskDesk,
}

/// Tasks that belong to no order.
#[derive(Clone)]
pub struct TaskDesk(pub std::sync::Arc<dyn oms_app::ports::TaskStore>);

/// The routes.
pub fn router(deps: Deps) -> Router {
    Router::new()
        .route("/v1/openapi.json", get(queries::openapi))
        .route("/v1/orders", get(queries::list))
        .route("/v1/orders/{order_id}", get(queries::one))
        .route("/v1/orders/{order_id}/cancellation", post(commands::cancel))
        .route("/v1/orders/{order_id}/refunds", post(commands::refund))
        .route("/v1/orders/{order_id}/captures/{capture_id}/retry", post(commands::retry_capture))
        .route("/v1/orders/{order_id}/captures/{capture_id}/withdraw", post(commands::withdraw_capture))
        .route("/v1/orders/{order_id}/refunds/{refund_id}/retry", post(commands::retry_refund))
        .route("/v1/orders/{order_id}/refunds/{refund_id}/settle", post(commands::settle_refund))
        .route("/v1/orders/{order_id}/refunds/{refund_id}/approval", post(commands::approve_refund))
        .route("/v1/orders/{order_id}/refunds/{refund_id}/decline", post(commands::decline_refund))
        .route("/v1/orders/{order_id}/payments", post(commands::add_payment))
        .route("/v1/orders/{order_id}/holds/{hold_id}/release", post(commands::release_hold))
        .route("/v1/orders/{order_id}/holds/{hold_id}/reject", post(commands::reject_hold))
        .route("/v1/orders/{order_id}/allocation/retry", post(commands::retry_plan))
        .route("/v1/orders/{order_id}/anomalies/{anomaly_id}/acknowledge", post(commands::acknowledge))
        .route("/v1/orders/{order_id}/shipments/{shipment_id}/close", post(commands::close_trouble))
        .route("/v1/orders/{order_id}/ledger", get(ledger::of_order))
        .route("/v1/ledger", get(ledger::of_day))
        .route("/v1/tasks", get(tasks::list))
        .route("/v1/tasks/{task_id}/dismiss", post(tasks::dismiss))
        .with_state(deps)
}
