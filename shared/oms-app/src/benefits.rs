//! Coupons and points: reserved before an order is checked, committed or released when it is due. Each call is made before
//! its answer is stored and may be made again, so that no crash in between loses or doubles anything.

use oms_domain::benefit::{self, BenefitWork};
use oms_domain::command::{BenefitAnswered, Command};
use oms_domain::id::OrderId;
use oms_domain::order::Order;
use oms_domain::wake::Work;

use crate::engine::{Engine, Origin, Outcome};
use crate::error::{AppError, PortError};
use crate::ports::{BenefitRequest, BenefitService};

/// Reserves what an order spends, if it has to be, and stores the answer.
pub(crate) async fn reserve(
    engine: &Engine,
    service: Option<&dyn BenefitService>,
    order: &Order,
) -> Result<(), AppError> {
    if !benefit::needs_reserving(order, &engine.policy) {
        return Ok(());
    }
    let service = service.ok_or_else(|| missing("an order spends coupons or points"))?;
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

/// Tells the service what is due, if anything is, and stores the answer.
pub(crate) async fn tell(
    engine: &Engine,
    service: Option<&dyn BenefitService>,
    outcome: Outcome,
) -> Result<Outcome, AppError> {
    let Some(work) = benefit::work(&outcome.order, &engine.policy) else { return Ok(outcome) };
    let id: &OrderId = &outcome.order.id;
    let answer = match (service, work) {
        (Some(service), BenefitWork::Commit) => service.commit(id).await?,
        (Some(service), BenefitWork::Release) => service.release(id).await?,
        // It was switched off while it held something: people have to put that right.
        (None, BenefitWork::Commit | BenefitWork::Release) => {
            BenefitAnswered::Refused { reason: "no service for coupons and points is configured any more".into() }
        }
    };
    engine.execute(id, &Command::TellBenefits { work, answer }, &Origin::step(Work::Reversal)).await
}

fn missing(what: &str) -> PortError {
    PortError { port: "benefits", detail: format!("{what}, and the service is not wired") }
}
