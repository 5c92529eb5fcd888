//! The steps of fulfilment: decide where it ships from, then tell the locations.

use oms_domain::command::Command;
use oms_domain::id::OrderId;
use oms_domain::wake::Work;

use crate::engine::{Engine, Origin, Outcome};
use crate::error::AppError;
use crate::placement::Shelves;

/// Plans shipments for everything that has none.
///
/// # Errors
/// See [`Engine::execute`].
pub async fn plan(engine: &Engine, id: &OrderId) -> Result<Outcome, AppError> {
    engine.execute(id, &Shelves { engine, plan: true }, &Origin::step(Work::Fulfilment)).await
}

/// Releases planned shipments to their locations; the released event and its webhook carry the news.
///
/// # Errors
/// See [`Engine::execute`].
pub async fn release(engine: &Engine, id: &OrderId) -> Result<Outcome, AppError> {
    engine.execute(id, &Command::ReleaseShipments, &Origin::step(Work::Fulfilment)).await
}
