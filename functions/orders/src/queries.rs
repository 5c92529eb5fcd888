//! Look-ups.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use oms_app::engine::Engine;
use oms_app::queries::Queries;
use oms_domain::id::OrderId;
use oms_lambda::api::answers::OrderPage;
use oms_lambda::api::order_view::OrderView;
use oms_lambda::api::queries::OrdersQuery;
use oms_lambda::auth::Caller;
use oms_lambda::http::{ExistingPath, StrictQuery, etag};
use oms_lambda::openapi::{DOCUMENT, routes};
use oms_lambda::problem::Problem;
use oms_lambda::telemetry;

/// The document of the whole API.
pub(crate) async fn openapi() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "public, max-age=300")], DOCUMENT)
}

pub(crate) async fn one(
    caller: Caller,
    State(engine): State<Engine>,
    ExistingPath(order_id): ExistingPath<OrderId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    caller.may(&routes::GET_ORDER)?;
    telemetry::about_order(&order_id);
    let loaded = engine.orders.load(&order_id).await?.ok_or_else(|| Problem::not_found("order"))?;
    caller.sees(&loaded.order.body.channel)?;
    let tag = etag(loaded.order.version);
    if headers.get(header::IF_NONE_MATCH) == Some(&tag) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    let view = OrderView::new(&loaded.order, &loaded.records).map_err(|e| Problem::internal(e.to_string()))?;
    // Personal data: nobody between us and the caller may keep it.
    let private = HeaderValue::from_static("private, no-cache");
    Ok(([(header::ETAG, tag), (header::CACHE_CONTROL, private)], Json(view)).into_response())
}

pub(crate) async fn list(
    caller: Caller,
    State(queries): State<Queries>,
    StrictQuery(query): StrictQuery<OrdersQuery>,
) -> Result<Json<OrderPage>, Problem> {
    caller.may(&routes::LIST_ORDERS)?;
    if let Some(channel) = query.channel.as_ref().filter(|c| !caller.may_see(c)) {
        return Err(Problem::forbidden(format!("channel: this credential is not bound to {channel}")));
    }
    let visible =
        |channel: &_| caller.may_see(channel) && query.channel.as_ref().is_none_or(|wanted| wanted == channel);
    let page = queries.orders(&query.key()?, query.status, visible, query.cursor.as_deref(), query.limit()?).await?;
    let items =
        page.items.iter().map(|loaded| OrderView::new(&loaded.order, &loaded.records)).collect::<Result<_, _>>();
    Ok(Json(OrderPage { items: items.map_err(|e| Problem::internal(e.to_string()))?, next_cursor: page.next }))
}
