//! Coupons, points and gift cards: reserved before an order is checked; committed, released or in part given back when it is
//! due. Each call is made before its answer is stored and may be made again, so that no crash in between loses or doubles anything.

use oms_domain::benefit::{self, BenefitWork};
use oms_domain::command::{BenefitAnswered, Command};
use oms_domain::order::Order;
use oms_domain::wake::Work;

use crate::engine::{Engine, Origin, Outcome};
use crate::error::{AppError, PortError};
use crate::ports::{BenefitRequest, BenefitReturn, BenefitService};

/// Reserves what an order spends, if it has to be, and stores the answer.
pub(crate) async fn reserve(
    engine: &Engine,
    service: Option<&dyn BenefitService>,
    order: &Order,
) -> Result<(), AppError> {
    if !benefit::needs_reserving(order, &engine.policy) {
        return Ok(());
    }
    let service = service.ok_or_else(|| missing("an order spends coupons, points or gift cards"))?;
    let request = BenefitRequest {
        order_id: order.id.clone(),
        channel: order.body.channel.clone(),
        customer_id: order.body.customer.id.clone(),
        items: benefit::spent(order),
    };
    let answer = service.reserve(&request).await?;
    engine.execute(&order.id, &Command::ReserveBenefits { answer }, &Origin::step(Work::Placement)).await?;
    Ok(())
}

/// Tells the service all that is due, one thing after the other, and stores each answer.
pub(crate) async fn tell(
    engine: &Engine,
    service: Option<&dyn BenefitService>,
    mut outcome: Outcome,
) -> Result<Outcome, AppError> {
    while let Some(work) = benefit::work(&outcome.order, &engine.policy) {
        let order_id = outcome.order.id.clone();
        let answer = match service {
            Some(service) => say(service, &outcome.order, &work).await?,
            // It was switched off while it held something: people have to put that right.
            None => BenefitAnswered::Refused {
                reason: "no service for coupons, points and gift cards is configured any more".into(),
            },
        };
        outcome =
            engine.execute(&order_id, &Command::TellBenefits { work, answer }, &Origin::step(Work::Reversal)).await?;
    }
    Ok(outcome)
}

async fn say(service: &dyn BenefitService, order: &Order, work: &BenefitWork) -> Result<BenefitAnswered, PortError> {
    let order_id = &order.id;
    match work {
        BenefitWork::Return(back) => {
            let (return_id, items) = (back.id.clone(), back.items.clone());
            service.give_back(&BenefitReturn { order_id: order_id.clone(), return_id, items }).await
        }
        BenefitWork::Commit => service.commit(order_id).await,
        BenefitWork::Release => service.release(order_id, order.kept_on_release()).await,
    }
}

fn missing(what: &str) -> PortError {
    PortError { port: "benefits", detail: format!("{what}, and the service is not wired") }
}
