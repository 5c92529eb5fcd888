//! The books: of a day, and of an order.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use oms_app::engine::Engine;
use oms_app::queries::Queries;
use oms_domain::id::OrderId;
use oms_domain::ledger;
use oms_lambda::api::answers::LedgerPage;
use oms_lambda::api::ledger::{LedgerEntryView, OrderLedgerView, csv, entries};
use oms_lambda::api::queries::LedgerQuery;
use oms_lambda::auth::Caller;
use oms_lambda::http::{ExistingPath, StrictQuery};
use oms_lambda::openapi::routes;
use oms_lambda::problem::Problem;
use oms_lambda::telemetry;

pub(crate) async fn of_day(
    caller: Caller,
    State(queries): State<Queries>,
    StrictQuery(query): StrictQuery<LedgerQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    caller.may(&routes::GET_LEDGER)?;
    let page = queries.ledger(&query.span()?, query.cursor.as_deref(), query.limit()?).await?;
    let items: Vec<LedgerEntryView> = page.items.iter().flat_map(|record| entries(record, &record.postings)).collect();
    if !wants_csv(&headers) {
        return Ok(Json(LedgerPage { items, next_cursor: page.next }).into_response());
    }
    let mut response = as_csv(&items);
    if let Some(next) = page.next {
        let link = format!("<{}>; rel=\"next\"", query.next(&next));
        let link = HeaderValue::try_from(link).map_err(|e| Problem::internal(e.to_string()))?;
        response.headers_mut().insert(header::LINK, link);
    }
    Ok(response)
}

pub(crate) async fn of_order(
    caller: Caller,
    State(engine): State<Engine>,
    ExistingPath(order_id): ExistingPath<OrderId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    caller.may(&routes::GET_ORDER_LEDGER)?;
    telemetry::about_order(&order_id);
    let loaded = engine.orders.load(&order_id).await?.ok_or_else(|| Problem::not_found("order"))?;
    let history = ledger::history(&loaded.records).map_err(|e| Problem::internal(e.to_string()))?;
    let commits = loaded.records.iter().zip(&history);
    let lines: Vec<LedgerEntryView> = commits.flat_map(|(record, postings)| entries(record, postings)).collect();
    if wants_csv(&headers) {
        return Ok(as_csv(&lines));
    }
    Ok(Json(OrderLedgerView::new(&loaded.order, lines)).into_response())
}

/// Whether the caller asks for CSV by name; whoever takes anything gets JSON.
fn wants_csv(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut kinds = accepted.flat_map(|value| value.split(','));
    kinds.any(|kind| kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("text/csv")))
}

fn as_csv(lines: &[LedgerEntryView]) -> Response {
    ([(header::CONTENT_TYPE, "text/csv; charset=utf-8; header=present")], csv(lines)).into_response()
}
