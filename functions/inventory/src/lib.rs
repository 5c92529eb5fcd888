//! Locations, products, and what is on the shelves.

use std::sync::Arc;

use axum::extract::{FromRef, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::routing::{get, put};
use axum::{Json, Router};
use oms_app::error::{AppError, StoreError};
use oms_app::inventory::Inventory;
use oms_app::ports::StockStore;
use oms_domain::id::{LocationId, Sku};
use oms_lambda::api::stock::{
    LocationRequest, LocationView, ProductRequest, ProductView, StockLevelView, StockRequest, StockView,
};
use oms_lambda::auth::{Caller, Credentials};
use oms_lambda::http::{ExistingPath, IfMatch, NewPath, StrictJson, etag};
use oms_lambda::openapi::routes;
use oms_lambda::problem::{Problem, ProblemKind};

/// What the handlers work with.
#[derive(Clone, FromRef)]
pub struct Deps {
    /// Who may call.
    pub credentials: Credentials,
    /// The counting.
    pub inventory: Inventory,
    /// Stock, catalogue, locations.
    pub stock: Arc<dyn StockStore>,
}

/// The routes.
pub fn router(deps: Deps) -> Router {
    Router::new()
        .route("/v1/locations/{location_id}", put(put_location))
        .route("/v1/products/{sku}", put(put_product))
        .route("/v1/stock/{location_id}/{sku}", put(count))
        .route("/v1/stock/{sku}", get(levels))
        .with_state(deps)
}

async fn put_location(
    caller: Caller,
    State(stock): State<Arc<dyn StockStore>>,
    NewPath(location_id): NewPath<LocationId>,
    StrictJson(request): StrictJson<LocationRequest>,
) -> Result<Json<LocationView>, Problem> {
    caller.may(&routes::PUT_LOCATION)?;
    let location = request.into_location(location_id)?;
    stock.put_location(&location).await?;
    Ok(Json(LocationView::from(&location)))
}

async fn put_product(
    caller: Caller,
    State(stock): State<Arc<dyn StockStore>>,
    NewPath(sku): NewPath<Sku>,
    StrictJson(request): StrictJson<ProductRequest>,
) -> Result<Json<ProductView>, Problem> {
    caller.may(&routes::PUT_PRODUCT)?;
    let product = request.into_product(sku)?;
    stock.put_product(&product).await?;
    Ok(Json(ProductView::from(&product)))
}

async fn count(
    caller: Caller,
    State(inventory): State<Inventory>,
    NewPath((location_id, sku)): NewPath<(LocationId, Sku)>,
    IfMatch(expected): IfMatch,
    StrictJson(request): StrictJson<StockRequest>,
) -> Result<([(HeaderName, HeaderValue); 1], Json<StockLevelView>), Problem> {
    caller.may_at(&routes::PUT_STOCK, &location_id)?;
    let (on_hand, safety_stock) = request.counts()?;
    let level =
        inventory.count(&location_id, &sku, on_hand, safety_stock, expected).await.map_err(|error| match error {
            AppError::Store(StoreError::VersionTaken) if expected.is_some() => {
                Problem::new(ProblemKind::PreconditionFailed, "If-Match: the stock has changed meanwhile")
            }
            AppError::NotFound(_) | AppError::Refused(_) | AppError::Store(_) | AppError::Port(_) => error.into(),
        })?;
    Ok(([(header::ETAG, etag(level.version))], Json(StockLevelView::from(&level))))
}

async fn levels(
    caller: Caller,
    State(stock): State<Arc<dyn StockStore>>,
    ExistingPath(sku): ExistingPath<Sku>,
) -> Result<Json<StockView>, Problem> {
    caller.may_at_its_own(&routes::GET_STOCK)?;
    let mut goods = stock.goods(std::slice::from_ref(&sku)).await?;
    goods.levels.retain(|level| caller.is_at(&level.location_id));
    if goods.levels.is_empty() && goods.products.is_empty() {
        return Err(Problem::not_found("sku"));
    }
    Ok(Json(StockView::new(sku, &goods.levels)))
}
