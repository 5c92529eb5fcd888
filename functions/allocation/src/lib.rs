//! The stock steps: plan (fulfilment) and release (reversal).

use lambda_runtime::LambdaEvent;
use oms_app::engine::Engine;
use oms_app::{fulfilment, reversal};
use oms_lambda::step::{Op, StepError, StepOutput, run_step};
use oms_lambda::summary::{reversal_summary, summary};
use serde_json::Value;

/// What this function does.
const OPS: &[Op] = &[Op::Plan, Op::ReleaseStock];

/// Runs the step.
///
/// # Errors
/// [`StepError`], by the names that the state machines know.
pub async fn handle(event: LambdaEvent<Value>, engine: &Engine) -> Result<StepOutput, StepError> {
    run_step(event, OPS, |op, order_id| async move {
        match op {
            Op::Plan => fulfilment::plan(engine, &order_id).await.map(|done| summary(&done)),
            Op::ReleaseStock => reversal::release_stock(engine, &order_id).await.map(|done| reversal_summary(&done)),
            // `run_step` lets only OPS through.
            Op::Validate | Op::Compensate => Err(oms_app::error::AppError::NotFound("step")),
        }
    })
    .await
}
