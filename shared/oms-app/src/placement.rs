//! The step of placement: checked and set aside, or rejected, in one commit.

use async_trait::async_trait;
use oms_domain::benefit;
use oms_domain::command::Command;
use oms_domain::id::{OrderId, Sku};
use oms_domain::location::Location;
use oms_domain::order::Order;
use oms_domain::status::OrderStatus;
use oms_domain::stock::StockLevel;
use oms_domain::wake::Work;

use crate::engine::{CommandSource, Engine, Origin, Outcome};
use crate::error::{AppError, StoreError};
use crate::ports::BenefitService;

/// What the order spends beside money is reserved, payments that came before it are applied, then the order is checked against the catalogue and set aside.
///
/// # Errors
/// See [`Engine::execute`].
pub async fn validate(
    engine: &Engine,
    benefits: Option<&dyn BenefitService>,
    id: &OrderId,
) -> Result<Outcome, AppError> {
    let mut loaded = engine.orders.load(id).await?.ok_or(AppError::NotFound("order"))?;
    if benefit::needs_reserving(&loaded.order, &engine.policy) {
        crate::benefits::reserve(engine, benefits, &loaded.order).await?;
        loaded = engine.orders.load(id).await?.ok_or(AppError::NotFound("order"))?;
    }
    let origin = Origin::step(Work::Placement);
    if loaded.parked.is_empty() {
        return Box::pin(engine.execute_from(Some(loaded), id, &Shop(engine), &origin)).await;
    }
    for parked in loaded.parked {
        let origin = Origin {
            actor: oms_domain::event::Actor::named(parked.fact.provider.name()),
            cause: Some(parked.fact.key.clone()),
            within: Some(Work::Placement),
        };
        engine.execute(id, &Command::RecordPayment(parked.fact), &origin).await?;
    }
    engine.execute(id, &Shop(engine), &origin).await
}

/// The catalogue and the shelves.
struct Shop<'a>(&'a Engine);

#[async_trait]
impl CommandSource for Shop<'_> {
    async fn command(&self, order: &Order) -> Result<Command, AppError> {
        if !needs_placement(order) {
            return Ok(Command::Validate { products: Vec::new(), levels: Vec::new(), locations: Vec::new() });
        }
        let skus = skus(order);
        let (goods, locations) = futures::future::try_join(self.0.stock.goods(&skus), self.0.stock.locations()).await?;
        Ok(Command::Validate { products: goods.products, levels: goods.levels, locations })
    }
}

/// Whether the order is still to be placed: what it would be checked against need not be read otherwise.
fn needs_placement(order: &Order) -> bool {
    match order.status {
        OrderStatus::Received => true,
        OrderStatus::Validated => !order.reserved,
        OrderStatus::AwaitingPayment
        | OrderStatus::Confirmed
        | OrderStatus::InFulfilment
        | OrderStatus::Completed
        | OrderStatus::Closed
        | OrderStatus::Rejected
        | OrderStatus::Expired
        | OrderStatus::Cancelling
        | OrderStatus::Cancelled => false,
    }
}

/// Stock and locations for an order, read anew for every try: a lost race means that somebody took something.
pub(crate) async fn shelves(engine: &Engine, order: &Order) -> Result<(Vec<StockLevel>, Vec<Location>), StoreError> {
    let skus = skus(order);
    futures::future::try_join(engine.stock.levels(&skus), engine.stock.locations()).await
}

fn skus(order: &Order) -> Vec<Sku> {
    let mut skus: Vec<Sku> = order.body.lines.iter().map(|l| l.sku.clone()).collect();
    skus.sort();
    skus.dedup();
    skus
}
