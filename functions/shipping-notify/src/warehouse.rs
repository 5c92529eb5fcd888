//! A location's own work: what it has to ship, and what it reports.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use oms_app::carriers::Carriers;
use oms_app::queries::Queries;
use oms_domain::id::ShipmentId;
use oms_lambda::api::answers::{OrderAnswer, ShipmentPage};
use oms_lambda::api::queries::ShipmentsQuery;
use oms_lambda::api::requests::ShipmentEventRequest;
use oms_lambda::api::work_list::WorkItem;
use oms_lambda::auth::Caller;
use oms_lambda::http::{ExistingPath, HashedJson, IdempotencyKey, StrictQuery};
use oms_lambda::openapi::routes;
use oms_lambda::problem::Problem;
use oms_lambda::telemetry;

pub(crate) async fn list(
    caller: Caller,
    State(queries): State<Queries>,
    StrictQuery(query): StrictQuery<ShipmentsQuery>,
) -> Result<Json<ShipmentPage>, Problem> {
    caller.may_at(&routes::LIST_SHIPMENTS, &query.location_id)?;
    let (list, status) = query.list()?;
    let page = queries.shipments(&query.location_id, list, status, query.cursor.as_deref(), query.limit()?).await?;
    let items = page.items.iter().filter_map(|(id, order)| Some(WorkItem::new(order, order.shipment(id)?))).collect();
    Ok(Json(ShipmentPage { items, next_cursor: page.next }))
}

pub(crate) async fn report(
    caller: Caller,
    State(carriers): State<Carriers>,
    ExistingPath(shipment_id): ExistingPath<ShipmentId>,
    IdempotencyKey(key): IdempotencyKey,
    HashedJson { body, hash }: HashedJson<ShipmentEventRequest>,
) -> Result<(StatusCode, Json<OrderAnswer>), Problem> {
    caller.may_at_its_own(&routes::SHIPMENT_EVENT)?;
    if let Some(order_id) = shipment_id.order() {
        telemetry::about_order(&order_id);
    }
    at_its_own(&caller, &carriers, &shipment_id).await?;
    let outcome = carriers.report(&shipment_id, body.into_report()?, &caller.name, &key, &hash).await?;
    Ok((StatusCode::ACCEPTED, Json(OrderAnswer::from(&outcome.order))))
}

/// A credential that is bound to locations reports on their shipments only. A shipment stays where it was planned, so that it
/// is enough to look beforehand; the others' requests cost no reading more. Where the others' shipments are is not its business:
/// to it they do not exist.
async fn at_its_own(caller: &Caller, carriers: &Carriers, shipment_id: &ShipmentId) -> Result<(), Problem> {
    if caller.locations.is_none() {
        return Ok(());
    }
    let order_id = shipment_id.order().ok_or_else(|| Problem::not_found("shipment"))?;
    let loaded = carriers.engine.orders.load(&order_id).await?.ok_or_else(|| Problem::not_found("shipment"))?;
    let shipment = loaded.order.shipment(shipment_id).ok_or_else(|| Problem::not_found("shipment"))?;
    if caller.is_at(&shipment.location_id) { Ok(()) } else { Err(Problem::not_found("shipment")) }
}
