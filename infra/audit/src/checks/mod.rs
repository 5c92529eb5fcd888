//! The invariants of one order, as `docs/chaos.md` lists them. Pure: rows in, violations out.

mod commits;
mod desk;
mod goods;
mod ledger;
mod money;
mod moves;
mod points;
mod quantities;
mod waits;

use oms_domain::order::Order;

use crate::beside::Beside;
use crate::report::{Check, Violation};
use crate::rows::OrderRows;

/// Where the checks of an order put what they find.
#[derive(Debug)]
pub(crate) struct Findings<'a> {
    subject: &'a str,
    found: Vec<Violation>,
}

impl Findings<'_> {
    /// Notes something that does not agree.
    fn note(&mut self, check: Check, detail: impl Into<String>) {
        self.found.push(Violation::new(check, self.subject, detail));
    }

    /// Notes it unless the condition holds.
    fn hold(&mut self, check: Check, holds: bool, detail: impl FnOnce() -> String) {
        if !holds {
            self.note(check, detail());
        }
    }
}

/// What an order's rows come to.
#[derive(Debug)]
pub struct Checked {
    /// The order, unless its commits do not make one.
    pub order: Option<Order>,
    /// What does not agree.
    pub violations: Vec<Violation>,
}

/// Checks everything that an order's partition, and what stands beside it, can say about it.
#[must_use]
pub fn order(rows: &OrderRows, beside: &Beside) -> Checked {
    let subject = rows.id.to_string();
    let mut findings = Findings { subject: &subject, found: rows.unreadable.clone() };
    commits::check(rows, &mut findings);
    let order = moves::fold(rows, &mut findings);
    if let Some(order) = &order {
        money::check(order, &mut findings);
        ledger::check(rows, order, &mut findings);
        points::check(order, &mut findings);
        quantities::check(order, &mut findings);
        desk::tasks(rows, order, &mut findings);
        desk::pointers(order, beside, &mut findings);
        waits::check(order, beside, &mut findings);
    }
    Checked { order, violations: findings.found }
}
