//! Carriers' callbacks: the signature over the raw bytes first, then one scan, stored before it is acknowledged.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Response, header};
use axum::response::IntoResponse;
use oms_app::carriers::Carriers;
use oms_app::error::AppError;
use oms_lambda::http::{ExistingPath, RawBody};
use oms_lambda::problem::Problem;
use oms_lambda::telemetry;
use oms_providers::callback::{Answer, receive};
use oms_providers::carriers::CarrierCallback;

use crate::CarrierCallbacks;

pub(crate) async fn callback(
    State(carriers): State<Carriers>,
    State(callbacks): State<Arc<CarrierCallbacks>>,
    ExistingPath(name): ExistingPath<String>,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> Result<Response<Body>, Problem> {
    let carrier = callbacks.get(&name).ok_or_else(|| Problem::not_found("carrier"))?.as_ref();
    let said = match receive(carrier, &headers, &body, carriers.engine.clock.now()) {
        Ok(said) => said,
        Err(error) => {
            tracing::warn!(carrier = name, error = error.name(), detail = %error, "callback of {name} refused");
            return Ok(respond(carrier.refused(&error)));
        }
    };
    match store(&carriers, &name, said).await {
        Ok(()) => Ok(respond(carrier.accepted())),
        Err(error) => {
            tracing::error!(carrier = name, %error, "callback of {name} not stored; the carrier tries again");
            Ok(respond(carrier.unavailable()))
        }
    }
}

async fn store(carriers: &Carriers, name: &str, said: CarrierCallback) -> Result<(), AppError> {
    match said {
        CarrierCallback::Scan(scan) => {
            let event = scan.event_id.clone();
            let applied = carriers
                .scan(&scan.carrier, &scan.tracking_number, scan.event_id, &scan.status, scan.occurred_at)
                .await?;
            if let Some(order_id) = &applied {
                telemetry::about_order(order_id);
            }
            telemetry::about_event(&event, if applied.is_some() { "applied" } else { "parked" });
        }
        CarrierCallback::Unhandled { key, kind } => {
            telemetry::about_event(&key, "unhandled");
            tracing::info!(carrier = name, kind, "{key} has no meaning here and is recorded");
            carriers.engine.orders.note_unhandled(name, &key, &kind, carriers.engine.clock.now()).await?;
        }
    }
    Ok(())
}

/// The carrier's own kind of answer, to the byte.
fn respond(answer: Answer) -> Response<Body> {
    (answer.status, [(header::CONTENT_TYPE, answer.content_type)], answer.body.into_owned()).into_response()
}
