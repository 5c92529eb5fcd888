//! Short answers.

use oms_domain::id::{OrderId, PaymentId, PaymentReference, RefundId};
use oms_domain::machine::Machine;
use oms_domain::order::Order;
use oms_domain::status::OrderStatus;
use serde::Serialize;
use utoipa::ToSchema;

use super::ledger::LedgerEntryView;
use super::order_view::OrderView;
use super::schema;
use super::tasks::TaskView;
use super::work_list::WorkItem;

/// The 202 of `POST /v1/orders`: the order is durable.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AcceptedOrder {
    /// Its id.
    #[schema(value_type = schema::OrderId)]
    pub order_id: OrderId,
    /// Always `received`: the same answer for every repetition.
    pub status: &'static str,
    /// The reference of the first payment attempt.
    #[schema(value_type = schema::PaymentReference)]
    pub payment_reference: PaymentReference,
}

impl AcceptedOrder {
    /// The answer for an order, whatever has become of it since.
    #[must_use]
    pub fn new(order_id: OrderId) -> Self {
        let payment_reference = PaymentReference::of(&order_id, 1);
        Self { order_id, status: OrderStatus::Received.name(), payment_reference }
    }

    /// Where the order is found, for the `Location` header.
    #[must_use]
    pub fn location(&self) -> String {
        format!("/v1/orders/{}", self.order_id)
    }
}

/// A command on an order was taken.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OrderAnswer {
    /// The order.
    #[schema(value_type = schema::OrderId)]
    pub order_id: OrderId,
    /// Where it stands now.
    #[schema(value_type = schema::OrderStatus)]
    pub status: OrderStatus,
    /// Its version now.
    pub version: u64,
}

impl From<&Order> for OrderAnswer {
    fn from(order: &Order) -> Self {
        Self { order_id: order.id.clone(), status: order.status, version: order.version }
    }
}

/// The 202 of a refund request.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RefundAnswer {
    /// The refund.
    #[schema(value_type = String)]
    pub refund_id: RefundId,
}

/// The answer about a payment attempt.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PaymentAnswer {
    /// The order.
    #[schema(value_type = schema::OrderId)]
    pub order_id: OrderId,
    /// The attempt.
    #[schema(value_type = String)]
    pub payment_id: PaymentId,
    /// The attempt's reference.
    #[schema(value_type = schema::PaymentReference)]
    pub payment_reference: PaymentReference,
}

macro_rules! page {
    ($($(#[$doc:meta])* $name:ident of $item:ty;)+) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Serialize, ToSchema)]
            pub struct $name {
                /// The items.
                pub items: Vec<$item>,
                /// Where the next page begins; none on the last.
                pub next_cursor: Option<String>,
            }
        )+
    };
}

page! {
    /// A page of orders, newest first, without their timelines.
    OrderPage of OrderView;
    /// A page of tasks, oldest first.
    TaskPage of TaskView;
    /// A page of a location's shipments, oldest first.
    ShipmentPage of WorkItem;
    /// A page of the ledger, oldest first.
    LedgerPage of LedgerEntryView;
}
