//! What belongs to no order that we know is shown to people.

use jiff::Timestamp;
use oms_domain::task::{Answer, Role, Task, TaskKind};

/// A task without an order. Its id is made of what it is about, so that a second look opens no second task.
pub(crate) fn unmatched(key: &str, kind: TaskKind, role: Role, reason: String, since: Timestamp) -> Task {
    let id: String = key.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let task_id = format!("{}-{id}", kind.name());
    let answers = vec![Answer::post("dismiss", format!("/v1/tasks/{task_id}/dismiss"))];
    Task { task_id, kind, role, order_id: None, reason, since, answers }
}
