//! The compensating step of reversal: what time decides, money back, payments called off.

use lambda_runtime::LambdaEvent;
use oms_app::engine::Engine;
use oms_app::ports::{BenefitService, Gateways};
use oms_app::reversal;
use oms_lambda::step::{Op, StepError, StepOutput, run_step};
use oms_lambda::summary::reversal_summary;
use serde_json::Value;

/// Runs the step.
///
/// # Errors
/// [`StepError`], by the names that the state machine knows.
pub async fn handle(
    event: LambdaEvent<Value>,
    engine: &Engine,
    gateways: &dyn Gateways,
    benefits: Option<&dyn BenefitService>,
) -> Result<StepOutput, StepError> {
    run_step(event, &[Op::Compensate], |_, order_id| async move {
        reversal::compensate(engine, gateways, benefits, &order_id).await.map(|done| reversal_summary(&done))
    })
    .await
}
