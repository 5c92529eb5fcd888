//! The steps of placement: check, then set aside.

use async_trait::async_trait;
use oms_domain::command::Command;
use oms_domain::id::{OrderId, Sku};
use oms_domain::order::Order;
use oms_domain::status::OrderStatus;
use oms_domain::wake::Work;

use crate::engine::{CommandSource, Engine, Origin, Outcome};
use crate::error::AppError;

/// Payments that came before the order are applied first, then the order is checked against the catalogue.
///
/// # Errors
/// See [`Engine::execute`].
pub async fn validate(engine: &Engine, id: &OrderId) -> Result<Outcome, AppError> {
    let loaded = engine.orders.load(id).await?.ok_or(AppError::NotFound("order"))?;
    for parked in loaded.parked {
        let origin = Origin {
            actor: oms_domain::event::Actor::named(parked.fact.provider.name()),
            cause: Some(parked.fact.key.clone()),
            within: Some(Work::Placement),
        };
        engine.execute(id, &Command::RecordPayment(parked.fact), &origin).await?;
    }
    engine.execute(id, &Catalogue(engine), &Origin::step(Work::Placement)).await
}

/// Sets all lines aside, or rejects the order.
///
/// # Errors
/// See [`Engine::execute`].
pub async fn reserve(engine: &Engine, id: &OrderId) -> Result<Outcome, AppError> {
    engine.execute(id, &Shelves { engine, plan: false }, &Origin::step(Work::Placement)).await
}

/// The catalogue's entries for what was ordered.
struct Catalogue<'a>(&'a Engine);

#[async_trait]
impl CommandSource for Catalogue<'_> {
    async fn command(&self, order: &Order) -> Result<Command, AppError> {
        if order.status != OrderStatus::Received {
            return Ok(Command::Validate { products: Vec::new() });
        }
        Ok(Command::Validate { products: self.0.stock.products(&skus(order)).await? })
    }
}

/// Stock and locations, read anew for every try: a lost race means that somebody took something.
pub(crate) struct Shelves<'a> {
    pub(crate) engine: &'a Engine,
    /// Whether shipments are planned, rather than stock reserved.
    pub(crate) plan: bool,
}

#[async_trait]
impl CommandSource for Shelves<'_> {
    async fn command(&self, order: &Order) -> Result<Command, AppError> {
        let skus = skus(order);
        let (levels, locations) =
            futures::future::try_join(self.engine.stock.levels(&skus), self.engine.stock.locations()).await?;
        Ok(if self.plan { Command::Plan { levels, locations } } else { Command::Reserve { levels, locations } })
    }
}

fn skus(order: &Order) -> Vec<Sku> {
    let mut skus: Vec<Sku> = order.body.lines.iter().map(|l| l.sku.clone()).collect();
    skus.sort();
    skus.dedup();
    skus
}
