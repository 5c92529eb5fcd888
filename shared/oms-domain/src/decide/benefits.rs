//! What the service that keeps count of coupons and points has answered.

use crate::benefit::{self, BenefitWork};
use crate::command::BenefitAnswered;
use crate::decide::holds::anomaly;
use crate::event::{OrderEvent, Rejection, RejectionCode};
use crate::order::Order;
use crate::policy::Context;

/// Reserved, or the order is refused: what the buyer wanted to spend is not there.
pub(super) fn reserved(order: &Order, answer: &BenefitAnswered, ctx: &Context<'_>) -> Vec<OrderEvent> {
    if !benefit::needs_reserving(order, ctx.policy) {
        return Vec::new();
    }
    match answer {
        BenefitAnswered::Done => vec![OrderEvent::BenefitsReserved],
        BenefitAnswered::Refused { reason } => {
            let rejection = Rejection { line_id: None, code: RejectionCode::BenefitRefused, detail: reason.clone() };
            vec![OrderEvent::Rejected { reasons: vec![rejection] }]
        }
    }
}

/// Committed or released. What the service refuses is for people to put right: the order does not wait for it.
pub(super) fn told(order: &Order, work: BenefitWork, answer: &BenefitAnswered, ctx: &Context<'_>) -> Vec<OrderEvent> {
    if benefit::work(order, ctx.policy) != Some(work) {
        return Vec::new();
    }
    let (event, what) = match work {
        BenefitWork::Commit => (OrderEvent::BenefitsCommitted, "benefit_commit_refused"),
        BenefitWork::Release => (OrderEvent::BenefitsReleased, "benefit_release_refused"),
    };
    match answer {
        BenefitAnswered::Done => vec![event],
        BenefitAnswered::Refused { reason } => vec![anomaly(order, 0, what, reason.clone()), event],
    }
}
