//! Whatever waits for a person.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use oms_app::queries::Queries;
use oms_domain::task::{Role as Desk, TaskKind};
use oms_lambda::api::answers::TaskPage;
use oms_lambda::api::queries::TasksQuery;
use oms_lambda::api::requests::ReasonRequest;
use oms_lambda::api::tasks::TaskView;
use oms_lambda::auth::{Caller, Role};
use oms_lambda::http::{ExistingPath, StrictJson, StrictQuery};
use oms_lambda::openapi::routes;
use oms_lambda::problem::Problem;

use crate::TaskDesk;

pub(crate) async fn list(
    caller: Caller,
    State(queries): State<Queries>,
    StrictQuery(query): StrictQuery<TasksQuery>,
) -> Result<Json<TaskPage>, Problem> {
    caller.may(&routes::LIST_TASKS)?;
    // The manager sees every desk, the others their own: a role sees only its part of what goes on.
    let own = if caller.role == Role::Manager { None } else { caller.role.desk() };
    if let (Some(own), Some(other)) = (own, query.role.filter(|desk| Some(*desk) != own)) {
        return Err(Problem::forbidden(format!("role: {} does not see the desk of {}", own.name(), other.name()))
            .member("field", "role"));
    }
    let desks: Vec<Desk> = match query.role.or(own) {
        Some(desk) => vec![desk],
        None => Desk::ALL.to_vec(),
    };
    let page = queries.tasks(&desks, query.kind, query.cursor.as_deref(), query.limit()?).await?;
    Ok(Json(TaskPage { items: page.items.iter().map(TaskView::from).collect(), next_cursor: page.next }))
}

pub(crate) async fn dismiss(
    caller: Caller,
    State(TaskDesk(tasks)): State<TaskDesk>,
    ExistingPath(task_id): ExistingPath<String>,
    StrictJson(request): StrictJson<ReasonRequest>,
) -> Result<StatusCode, Problem> {
    caller.may(&routes::DISMISS_TASK)?;
    // Only tasks without an order can be dismissed; their kind is in their id, and says whose they are.
    let kind = task_id.split('-').next().and_then(TaskKind::from_name);
    let desk = match kind {
        Some(TaskKind::UnmatchedPayment) => Role::Finance,
        Some(TaskKind::UnmatchedTracking | TaskKind::StockShort) => Role::Warehouse,
        Some(
            TaskKind::Hold
            | TaskKind::CancelRequest
            | TaskKind::Unplaceable
            | TaskKind::Capture
            | TaskKind::Refund
            | TaskKind::RefundApproval
            | TaskKind::ShipmentOverdue
            | TaskKind::ShipmentTrouble
            | TaskKind::Anomaly,
        )
        | None => return Err(Problem::not_found("task")),
    };
    caller.require(&[desk])?;
    if !tasks.close(&task_id).await? {
        return Err(Problem::not_found("task"));
    }
    let reason = request.reason.into_string();
    tracing::info!(task_id, actor = caller.name, reason, "task {task_id} dismissed");
    Ok(StatusCode::NO_CONTENT)
}
