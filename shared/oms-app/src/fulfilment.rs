//! The step of fulfilment: places are found for what is set aside nowhere. Whatever is set aside goes to its locations
//! without a step, in the commit that lets the order go on.

use async_trait::async_trait;
use oms_domain::command::Command;
use oms_domain::id::OrderId;
use oms_domain::order::Order;
use oms_domain::wake::Work;

use crate::engine::{CommandSource, Engine, Origin, Outcome};
use crate::error::AppError;
use crate::placement::shelves;

/// Plans shipments for everything that has none, and hands them to their locations; the entry on the bus and its
/// webhooks carry the news.
///
/// # Errors
/// See [`Engine::execute`].
pub async fn plan(engine: &Engine, id: &OrderId) -> Result<Outcome, AppError> {
    engine.execute(id, &Shelves(engine), &Origin::step(Work::Fulfilment)).await
}

/// The shelves.
struct Shelves<'a>(&'a Engine);

#[async_trait]
impl CommandSource for Shelves<'_> {
    async fn command(&self, order: &Order) -> Result<Command, AppError> {
        let (levels, locations) = shelves(self.0, order).await?;
        Ok(Command::Plan { levels, locations })
    }
}
