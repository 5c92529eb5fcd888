//! What waits for a person: what, why, since when, and which answers are possible and where to send them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::OrderId;

/// Whose desk a task is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Customer service.
    Support,
    /// Money.
    Finance,
    /// The locations.
    Warehouse,
    /// The shop's own head.
    Manager,
}

impl Role {
    /// Every role with a desk.
    pub const ALL: &'static [Self] = &[Self::Support, Self::Finance, Self::Warehouse, Self::Manager];

    /// The stable name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Support => "support",
            Self::Finance => "finance",
            Self::Warehouse => "warehouse",
            Self::Manager => "manager",
        }
    }

    /// The role with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|r| r.name() == name)
    }
}

/// What kind of decision is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskKind {
    /// A hold waits to be released or rejected.
    Hold,
    /// A location was asked to stop and has not answered.
    CancelRequest,
    /// Open quantity that no location can take.
    Unplaceable,
    /// A promise of money that could not be taken.
    Capture,
    /// A refund that needs a person.
    Refund,
    /// A refund that waits for a second person.
    RefundApproval,
    /// A shipment from which nothing was heard for too long.
    ShipmentOverdue,
    /// A shipment in trouble on its way, lost or sent back.
    ShipmentTrouble,
    /// An event that the tables do not know.
    Anomaly,
    /// A payment for an order that never came.
    UnmatchedPayment,
    /// A scan of a parcel that nobody knows.
    UnmatchedTracking,
    /// A count below what is promised.
    StockShort,
}

impl TaskKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[
        Self::Hold,
        Self::CancelRequest,
        Self::Unplaceable,
        Self::Capture,
        Self::Refund,
        Self::RefundApproval,
        Self::ShipmentOverdue,
        Self::ShipmentTrouble,
        Self::Anomaly,
        Self::UnmatchedPayment,
        Self::UnmatchedTracking,
        Self::StockShort,
    ];

    /// The stable name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Hold => "hold",
            Self::CancelRequest => "cancel_request",
            Self::Unplaceable => "unplaceable",
            Self::Capture => "capture",
            Self::Refund => "refund",
            Self::RefundApproval => "refund_approval",
            Self::ShipmentOverdue => "shipment_overdue",
            Self::ShipmentTrouble => "shipment_trouble",
            Self::Anomaly => "anomaly",
            Self::UnmatchedPayment => "unmatched_payment",
            Self::UnmatchedTracking => "unmatched_tracking",
            Self::StockShort => "stock_short",
        }
    }

    /// The kind with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|k| k.name() == name)
    }

    /// The kind in words, in English.
    #[must_use]
    pub fn english(self) -> &'static str {
        match self {
            Self::Hold => "Order on hold",
            Self::CancelRequest => "Cancellation waits for the warehouse",
            Self::Unplaceable => "No location can ship this",
            Self::Capture => "Capture needs a person",
            Self::Refund => "Refund needs a person",
            Self::RefundApproval => "Refund waits for a second person",
            Self::ShipmentOverdue => "Nothing heard of this shipment",
            Self::ShipmentTrouble => "Parcel in trouble",
            Self::Anomaly => "Unexpected event",
            Self::UnmatchedPayment => "Payment without an order",
            Self::UnmatchedTracking => "Parcel that nobody knows",
            Self::StockShort => "Count below what is promised",
        }
    }

    /// The kind in words, in Simplified Chinese.
    #[must_use]
    pub fn chinese(self) -> &'static str {
        match self {
            Self::Hold => "订单待审核",
            Self::CancelRequest => "取消申请待仓库答复",
            Self::Unplaceable => "无仓可发",
            Self::Capture => "请款需人工处理",
            Self::Refund => "退款需人工处理",
            Self::RefundApproval => "退款待第二人复核",
            Self::ShipmentOverdue => "发货单长时间无动态",
            Self::ShipmentTrouble => "包裹异常",
            Self::Anomaly => "异常事件",
            Self::UnmatchedPayment => "收款无对应订单",
            Self::UnmatchedTracking => "未知运单",
            Self::StockShort => "盘点数低于已承诺数量",
        }
    }
}

/// An answer that a person can give, and the request that gives it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Its stable name: `release`, `reject`, `retry`, ….
    pub answer: String,
    /// `POST` or `PUT`.
    pub method: String,
    /// The path to send it to.
    pub path: String,
    /// A body to begin with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

impl Answer {
    /// A `POST` with a reason.
    pub fn post(answer: &str, path: impl Into<String>) -> Self {
        Self { answer: answer.into(), method: "POST".into(), path: path.into(), body: None }
    }

    /// The same with a body to begin with, a JSON text.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<String>) -> Self {
        self.body = Some(body.into());
        self
    }
}

/// Something that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Unique over all tasks.
    pub task_id: String,
    /// What kind of decision.
    pub kind: TaskKind,
    /// Whose desk.
    pub role: Role,
    /// The order, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
    /// Why, free of personal data.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
    /// What a person can answer; never empty.
    pub answers: Vec<Answer>,
}
