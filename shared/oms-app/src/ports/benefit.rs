//! What is asked of the service that keeps count of coupons and points, and how it answers.

use async_trait::async_trait;
use oms_domain::benefit::Spent;
use oms_domain::command::BenefitAnswered;
use oms_domain::id::{Channel, OrderId};

use crate::error::PortError;

/// What an order wants to spend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BenefitRequest {
    /// The order: whatever is said again under its id is the same.
    pub order_id: OrderId,
    /// Where it was placed.
    pub channel: Channel,
    /// The shop's id of the customer.
    pub customer_id: String,
    /// Coupons and points, all of them or none.
    pub items: Vec<Spent>,
}

/// The service that keeps count of coupons and points.
///
/// All three are idempotent by the order's id, for ever. A release is final: what is said of the order after it is refused,
/// so that a call that was under way meanwhile takes nothing again. A lost answer is an error: it is said again.
#[async_trait]
pub trait BenefitService: Send + Sync {
    /// Sets all of it aside, or refuses all of it.
    ///
    /// # Errors
    /// [`PortError`] when no answer came: it may or may not have happened.
    async fn reserve(&self, request: &BenefitRequest) -> Result<BenefitAnswered, PortError>;
    /// What was set aside is spent.
    ///
    /// # Errors
    /// [`PortError`] when no answer came.
    async fn commit(&self, order_id: &OrderId) -> Result<BenefitAnswered, PortError>;
    /// Whatever was set aside or spent is the buyer's again; done also where nothing was.
    ///
    /// # Errors
    /// [`PortError`] when no answer came.
    async fn release(&self, order_id: &OrderId) -> Result<BenefitAnswered, PortError>;
}
