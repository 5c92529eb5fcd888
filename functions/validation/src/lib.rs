//! The step of placement: payments that came early are applied, then the order is checked against the catalogue and set
//! aside.

use lambda_runtime::LambdaEvent;
use oms_app::engine::Engine;
use oms_app::placement;
use oms_app::ports::BenefitService;
use oms_lambda::step::{Op, StepError, StepOutput, run_step};
use oms_lambda::summary::summary;
use serde_json::Value;

/// Runs the step.
///
/// # Errors
/// [`StepError`], by the names that the state machine knows.
pub async fn handle(
    event: LambdaEvent<Value>,
    engine: &Engine,
    benefits: Option<&dyn BenefitService>,
) -> Result<StepOutput, StepError> {
    run_step(event, &[Op::Validate], |_, order_id| async move {
        placement::validate(engine, benefits, &order_id).await.map(|done| summary(&done))
    })
    .await
}
