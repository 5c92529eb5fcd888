//! `GET /v1/tasks`: what waits for a person, in Chinese and English.

use jiff::Timestamp;
use oms_domain::id::OrderId;
use oms_domain::task::{Answer, Role, Task, TaskKind};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::schema;
use crate::openapi::routes::ROUTES;

/// A text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Bilingual {
    /// In English.
    pub en: String,
    /// In Simplified Chinese.
    #[serde(rename = "zh-CN")]
    pub zh_cn: String,
}

/// Something that waits for a person.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TaskView {
    /// Its id.
    pub task_id: String,
    /// What kind of decision is wanted.
    #[schema(value_type = String)]
    pub kind: TaskKind,
    /// The kind in words.
    pub title: Bilingual,
    /// Whose desk.
    #[schema(value_type = String)]
    pub role: Role,
    /// The order, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::OrderId>)]
    pub order_id: Option<OrderId>,
    /// Why.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
    /// Which answers are possible; at least one.
    pub answers: Vec<AnswerView>,
}

/// An answer, and the request that gives it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AnswerView {
    /// Its stable name.
    pub answer: String,
    /// The answer in words.
    pub label: Bilingual,
    /// `POST` or `PUT`.
    pub method: String,
    /// The path to send it to.
    pub path: String,
    /// Whether the request needs an `Idempotency-Key`.
    pub idempotency_key: bool,
    /// A body to begin with; a person adds what is theirs to say, such as a reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub body: Option<Value>,
}

/// The words for an answer: English, Chinese. A name that stands in no list of ours is its own word.
fn words(answer: &str) -> (&str, &str) {
    match answer {
        "release" => ("Release", "放行"),
        "reject" => ("Reject and undo the order", "驳回并撤销订单"),
        "retry" => ("Try again", "重试"),
        "cancel" => ("Cancel the order", "取消订单"),
        "settle" => ("Settled by another way", "已通过其他方式退款"),
        "refund" => ("Refund", "退款"),
        "approve" => ("Agree", "同意退款"),
        "decline" => ("Turn down", "不同意退款"),
        "close" => ("Dealt with", "已处理"),
        "acknowledge" => ("Seen", "已知悉"),
        "dismiss" => ("Dismiss", "忽略"),
        "delivered" => ("Was delivered", "已送达"),
        "rejected" => ("Location cannot ship", "仓库无法发货"),
        "cancelled" => ("Has stopped", "已拦截"),
        "cancel_refused" => ("Cannot stop any more", "无法拦截"),
        "count" => ("Count again", "重新盘点"),
        other => (other, other),
    }
}

/// Whether the route behind a path wants a key.
fn is_keyed(method: &str, path: &str) -> bool {
    let same = |pattern: &str| {
        let fits = |(wanted, part): (&str, &str)| wanted == part || (wanted.starts_with('{') && !part.is_empty());
        pattern.split('/').count() == path.split('/').count() && pattern.split('/').zip(path.split('/')).all(fits)
    };
    ROUTES.iter().any(|route| route.keyed && route.method.name() == method && same(route.path))
}

impl From<&Answer> for AnswerView {
    fn from(answer: &Answer) -> Self {
        let Answer { answer, method, path, body } = answer.clone();
        let idempotency_key = is_keyed(&method, &path);
        let (en, zh) = words(&answer);
        let label = Bilingual { en: en.to_owned(), zh_cn: zh.to_owned() };
        let body = body.map(|text| serde_json::from_str(&text).unwrap_or(Value::String(text)));
        Self { answer, label, method, path, idempotency_key, body }
    }
}

impl From<&Task> for TaskView {
    fn from(task: &Task) -> Self {
        let Task { task_id, kind, role, order_id, reason, since, answers } = task.clone();
        let title = Bilingual { en: kind.english().to_owned(), zh_cn: kind.chinese().to_owned() };
        let answers = answers.iter().map(Into::into).collect();
        Self { task_id, kind, title, role, order_id, reason, since, answers }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
    use super::*;
    use serde_json::json;

    #[test]
    fn a_task_speaks_both_languages() {
        let task = Task {
            task_id: "o1.h1".into(),
            kind: TaskKind::Hold,
            role: Role::Support,
            order_id: Some(OrderId::parse("0123456789ABCDEFGHIJKLMNOP").unwrap()),
            reason: "manual_review: above 5000.00 CNY".into(),
            since: "2026-11-11T00:00:00Z".parse().unwrap(),
            answers: vec![
                Answer::post("release", "/v1/x").with_body("{\"reason\":\"\"}"),
                Answer::post("brand_new", "/v1/shipments/s-1/events"),
            ],
        };
        let view = serde_json::to_value(TaskView::from(&task)).unwrap();
        assert_eq!(
            view,
            json!({
                "task_id": "o1.h1", "kind": "hold", "title": {"en": "Order on hold", "zh-CN": "订单待审核"},
                "role": "support", "order_id": "0123456789ABCDEFGHIJKLMNOP",
                "reason": "manual_review: above 5000.00 CNY", "since": "2026-11-11T00:00:00Z",
                "answers": [
                    {"answer": "release", "label": {"en": "Release", "zh-CN": "放行"}, "method": "POST", "path": "/v1/x", "idempotency_key": false, "body": {"reason": ""}},
                    {"answer": "brand_new", "label": {"en": "brand_new", "zh-CN": "brand_new"}, "method": "POST", "path": "/v1/shipments/s-1/events", "idempotency_key": true},
                ],
            })
        );
    }
}
