//! What the service that keeps count of coupons, points and gift cards has answered.

use crate::benefit::{self, BenefitWork};
use crate::command::BenefitAnswered;
use crate::decide::gift_cards;
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
        BenefitAnswered::Done => {
            std::iter::once(OrderEvent::BenefitsReserved).chain(gift_cards::promised(order)).collect()
        }
        BenefitAnswered::Refused { reason } => {
            let rejection = Rejection { line_id: None, code: RejectionCode::BenefitRefused, detail: reason.clone() };
            vec![OrderEvent::Rejected { reasons: vec![rejection] }]
        }
    }
}

/// Committed, released, or points of a part given back. What the service refuses is for people to put right: the order does not wait for it.
pub(super) fn told(order: &Order, work: &BenefitWork, answer: &BenefitAnswered, ctx: &Context<'_>) -> Vec<OrderEvent> {
    if benefit::work(order, ctx.policy).as_ref() != Some(work) {
        return Vec::new();
    }
    match (work, answer) {
        (BenefitWork::Return(back), answer) => {
            let event = OrderEvent::BenefitsReturned { return_id: back.id.clone(), items: back.items.clone() };
            match answer {
                BenefitAnswered::Done => vec![event],
                BenefitAnswered::Refused { reason } => {
                    vec![anomaly(order, 0, "benefit_return_refused", reason.clone()), event]
                }
            }
        }
        (BenefitWork::Commit, BenefitAnswered::Done) => {
            std::iter::once(OrderEvent::BenefitsCommitted).chain(gift_cards::taken(order)).collect()
        }
        (BenefitWork::Commit, BenefitAnswered::Refused { reason }) => {
            let refused = anomaly(order, 0, "benefit_commit_refused", reason.clone());
            let mut events = vec![refused, OrderEvent::BenefitsCommitted];
            events.extend(gift_cards::not_taken(order, reason, &events, ctx));
            events
        }
        (BenefitWork::Release, BenefitAnswered::Done) => {
            std::iter::once(OrderEvent::BenefitsReleased).chain(gift_cards::given_back(order, true)).collect()
        }
        (BenefitWork::Release, BenefitAnswered::Refused { reason }) => {
            let refused = anomaly(order, 0, "benefit_release_refused", reason.clone());
            let mut events = vec![refused, OrderEvent::BenefitsReleased];
            events.extend(gift_cards::given_back(order, false));
            events
        }
    }
}
