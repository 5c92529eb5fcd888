//! Points that went back, or are to go back, and were never spent.

use audit::Check;
use oms_domain::benefit::{Spent, SpentKind};
use oms_domain::event::OrderEvent;
use oms_domain::id::ReturnId;

use crate::Planted;
use crate::life::{Life, approved, cny, order_id};

pub fn planted() -> Vec<Planted> {
    let nobodys = OrderEvent::BenefitsReturned { return_id: ReturnId::of_cancelled(&order_id(), 1), items: Vec::new() };
    let mut too_many = approved(2, cny("1.00"));
    if let OrderEvent::RefundApproved { points_back, .. } = &mut too_many {
        points_back.push(Spent { kind: SpentKind::Points, code: "POINTS".into(), amount: cny("5.00") });
    }
    vec![
        Planted {
            check: Check::Points,
            what: "points of no part go back",
            says: "c1-points brought points back and is of no part",
            found: Life::released().then(vec![nobodys]).violations(),
        },
        Planted {
            check: Check::Points,
            what: "units carry points that nobody has spent",
            says: "parts carry 500 more of POINTS than is spent",
            found: Life::delivered().then(vec![too_many]).violations(),
        },
    ]
}
