//! Steps of a workflow: what they take and answer, and the names under which they fail.

use std::fmt;
use std::future::Future;

use lambda_runtime::{Diagnostic, LambdaEvent};
use oms_app::error::{AppError, StoreError};
use oms_domain::id::OrderId;
use oms_domain::machine::Machine;
use oms_domain::status::OrderStatus;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a step is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// Check the order against the catalogue and set it aside.
    Validate,
    /// Find places for what is set aside nowhere.
    Plan,
    /// Give back what was paid.
    Compensate,
    /// Give back what is promised.
    ReleaseStock,
}

impl Op {
    /// Every operation.
    pub const ALL: &'static [Self] = &[Self::Validate, Self::Plan, Self::Compensate, Self::ReleaseStock];

    /// The stable name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Validate => "validate",
            Self::Plan => "plan",
            Self::Compensate => "compensate",
            Self::ReleaseStock => "release_stock",
        }
    }
}

/// A step's input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepInput {
    /// The order.
    pub order_id: OrderId,
    /// What to do.
    pub op: Op,
}

/// What came of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The order went on.
    Advanced,
    /// There was nothing to do, or it was done before.
    Unchanged,
    /// Something else came between, a cancellation for instance: that is a success.
    Superseded,
    /// The order was refused.
    Rejected,
    /// The order waits for the world.
    Waiting,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: &'static [Self] =
        &[Self::Advanced, Self::Unchanged, Self::Superseded, Self::Rejected, Self::Waiting];

    /// The stable name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Advanced => "advanced",
            Self::Unchanged => "unchanged",
            Self::Superseded => "superseded",
            Self::Rejected => "rejected",
            Self::Waiting => "waiting",
        }
    }
}

/// A step's output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepOutput {
    /// The order.
    pub order_id: OrderId,
    /// What came of it.
    pub outcome: Outcome,
    /// Where the order stands now.
    pub status: OrderStatus,
}

/// Why a step failed. The names stand in `ErrorEquals` of the state machines.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StepError {
    /// Others kept being faster; passes.
    #[error("contended: {0}")]
    Contended(String),
    /// A dependency is down or throttles; passes.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// No such order; stays.
    #[error("order not found: {0}")]
    OrderNotFound(String),
    /// The input or something stored makes no sense; stays.
    #[error("malformed: {0}")]
    Malformed(String),
}

impl StepError {
    /// Every name.
    pub const NAMES: &'static [&'static str] = &["Contended", "Unavailable", "OrderNotFound", "Malformed"];
    /// The names of what passes, so that a retry makes sense.
    pub const TRANSIENT: &'static [&'static str] = &["Contended", "Unavailable"];

    /// The name that `ErrorEquals` catches.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Contended(_) => "Contended",
            Self::Unavailable(_) => "Unavailable",
            Self::OrderNotFound(_) => "OrderNotFound",
            Self::Malformed(_) => "Malformed",
        }
    }
}

impl From<AppError> for StepError {
    fn from(error: AppError) -> Self {
        let text = error.to_string();
        match error {
            AppError::NotFound(_) => Self::OrderNotFound(text),
            // Nobody asked for anything: a step that is refused met an order that should not exist.
            AppError::Refused(_) => Self::Malformed(text),
            AppError::Port(_) => Self::Unavailable(text),
            AppError::Store(error) => match error {
                StoreError::VersionTaken | StoreError::StockShort | StoreError::Contended(_) => Self::Contended(text),
                StoreError::Unavailable(_) => Self::Unavailable(text),
                StoreError::Malformed(_) | StoreError::BadCursor => Self::Malformed(text),
            },
        }
    }
}

impl From<StepError> for Diagnostic {
    fn from(error: StepError) -> Self {
        Self { error_type: error.name().into(), error_message: error.to_string() }
    }
}

/// Runs one step and writes its one log line. The input is read here, so that an unreadable one fails by our name.
///
/// # Errors
/// [`StepError`]; [`StepError::Malformed`] also when the operation is none of `known`.
pub async fn run_step<F, Fut, E>(event: LambdaEvent<Value>, known: &[Op], step: F) -> Result<StepOutput, StepError>
where
    F: FnOnce(Op, OrderId) -> Fut,
    Fut: Future<Output = Result<(Outcome, OrderStatus), E>>,
    E: Into<StepError> + fmt::Display,
{
    let input: Result<StepInput, _> = serde_path_to_error::deserialize(event.payload);
    let input = match input {
        Ok(input) if known.contains(&input.op) => input,
        Ok(input) => {
            let detail = format!("this function does not {}", input.op.name());
            tracing::error!(order_id = %input.order_id, detail, "step not known");
            return Err(StepError::Malformed(detail));
        }
        Err(error) => {
            let detail = format!("input, {}: {}", error.path(), error.inner());
            tracing::error!(detail, "step input unreadable");
            return Err(StepError::Malformed(detail));
        }
    };
    let StepInput { order_id, op } = input;
    let op_name = op.name();
    match step(op, order_id.clone()).await {
        Ok((outcome, status)) => {
            // The request's id stands in the runtime's span.
            tracing::info!(order_id = %order_id, status = status.name(), "step {op_name}: {}", outcome.name());
            Ok(StepOutput { order_id, outcome, status })
        }
        Err(error) => {
            let error: StepError = error.into();
            let name = error.name();
            tracing::error!(order_id = %order_id, op = op_name, error = %error, "step {op_name} of {order_id} failed: {name}");
            Err(error)
        }
    }
}

/// Serves steps to the Lambda runtime until it stops.
///
/// # Errors
/// What the runtime's own API answers.
pub async fn serve_steps<F, Fut>(handle: F) -> Result<(), lambda_runtime::Error>
where
    F: Fn(LambdaEvent<Value>) -> Fut,
    Fut: Future<Output = Result<StepOutput, StepError>>,
{
    lambda_runtime::run(lambda_runtime::service_fn(handle)).await
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
    use super::*;
    use oms_app::error::PortError;
    use oms_domain::refusal::Refusal;
    use serde_json::json;

    const ORDER: &str = "0123456789ABCDEFGHIJKLMNOP";

    fn event(payload: Value) -> LambdaEvent<Value> {
        LambdaEvent::new(payload, lambda_runtime::Context::default())
    }

    async fn run(payload: Value, result: Result<(Outcome, OrderStatus), AppError>) -> Result<StepOutput, StepError> {
        run_step(event(payload), &[Op::Plan, Op::ReleaseStock], |_, _| async { result }).await
    }

    #[tokio::test]
    async fn a_step_answers_its_outcome() {
        let output = run(json!({"order_id": ORDER, "op": "plan"}), Ok((Outcome::Advanced, OrderStatus::InFulfilment)));
        assert_eq!(
            serde_json::to_value(output.await.unwrap()).unwrap(),
            json!({"order_id": ORDER, "outcome": "advanced", "status": "in_fulfilment"})
        );
    }

    #[tokio::test]
    async fn unreadable_input_is_malformed() {
        for payload in [
            json!({}),
            json!({"order_id": "short", "op": "plan"}),
            json!({"order_id": ORDER, "op": "dance"}),
            json!({"order_id": ORDER, "op": "validate"}),
            json!({"order_id": ORDER, "op": "plan", "more": 1}),
            json!("text"),
        ] {
            let error = run(payload.clone(), Ok((Outcome::Advanced, OrderStatus::Received))).await.unwrap_err();
            assert_eq!(error.name(), "Malformed", "{payload}");
        }
    }

    #[tokio::test]
    async fn errors_have_stable_names() {
        let port = PortError { port: "stripe", detail: "down".into() };
        for (error, name) in [
            (AppError::NotFound("order"), "OrderNotFound"),
            (AppError::Refused(Refusal::AlreadyShipped), "Malformed"),
            (AppError::Store(StoreError::VersionTaken), "Contended"),
            (AppError::Store(StoreError::StockShort), "Contended"),
            (AppError::Store(StoreError::Contended("x".into())), "Contended"),
            (AppError::Store(StoreError::Unavailable("x".into())), "Unavailable"),
            (AppError::Store(StoreError::Malformed("x".into())), "Malformed"),
            (AppError::Port(port), "Unavailable"),
        ] {
            let transient = error.is_transient();
            let error = run(json!({"order_id": ORDER, "op": "plan"}), Err(error)).await.unwrap_err();
            let diagnostic = Diagnostic::from(error);
            assert_eq!(diagnostic.error_type, name);
            assert!(StepError::NAMES.contains(&name));
            assert_eq!(StepError::TRANSIENT.contains(&name), transient, "{name}");
        }
    }

    #[test]
    fn names_are_what_is_serialised() {
        for op in Op::ALL {
            assert_eq!(serde_json::to_value(op).unwrap(), json!(op.name()));
        }
        for outcome in Outcome::ALL {
            assert_eq!(serde_json::to_value(outcome).unwrap(), json!(outcome.name()));
        }
    }
}
