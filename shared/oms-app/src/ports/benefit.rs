//! What is asked of the service that keeps count of coupons, points and gift cards, and how it answers.

use async_trait::async_trait;
use oms_domain::benefit::{Spent, SpentKind};
use oms_domain::command::BenefitAnswered;
use oms_domain::id::{Channel, OrderId, ReturnId};

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
    /// Coupons, points and gift cards, all of them or none.
    pub items: Vec<Spent>,
}

/// A part of what an order has spent, to give back while the rest of it stays spent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BenefitReturn {
    /// The order.
    pub order_id: OrderId,
    /// Which return: what is said again under its id is the same.
    pub return_id: ReturnId,
    /// What goes back, all of it or none; points and gift cards by how much of them.
    pub items: Vec<Spent>,
}

/// The service that keeps count of coupons, points and gift cards.
///
/// Three of them are idempotent by the order's id, a return is by its own, for ever. A release is final: a reservation or a
/// commit after it is refused, so that a call that was under way meanwhile takes nothing again. A lost answer is an error: it
/// is said again.
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
    /// Whatever was set aside or spent, and did not go back before, is the buyer's again, but for what is kept: that comes
    /// back by returns. Done also where nothing was.
    ///
    /// # Errors
    /// [`PortError`] when no answer came.
    async fn release(&self, order_id: &OrderId, kept: &[SpentKind]) -> Result<BenefitAnswered, PortError>;
    /// A part is the buyer's again. Of what a release has given back nothing moves, and that is no refusal.
    ///
    /// # Errors
    /// [`PortError`] when no answer came.
    async fn give_back(&self, request: &BenefitReturn) -> Result<BenefitAnswered, PortError>;
}
