//! Folding an order event by event, and looking at each step: is the move in its machine's table, may goods move now.

use std::collections::BTreeSet;
use std::fmt::Display;

use oms_domain::event::OrderEvent;
use oms_domain::machine::Machine;
use oms_domain::order::Order;

use super::{Findings, goods, money};
use crate::report::Check;
use crate::rows::OrderRows;

/// The order, as far as its commits follow one another.
pub(super) fn fold(rows: &OrderRows, findings: &mut Findings<'_>) -> Option<Order> {
    let mut commits = rows.commits.iter().map(|commit| &commit.record);
    let first = commits.next()?;
    let received = match first.events.first() {
        Some(OrderEvent::Received { body }) => Order::received(first.order_id.clone(), body.as_ref().clone(), first.at),
        Some(_) | None => {
            findings.note(Check::CommitNumbers, "does not begin with its being received");
            return None;
        }
    };
    let mut order = match Order::from_records(std::slice::from_ref(first)) {
        Ok(order) => order,
        Err(error) => {
            findings.note(Check::CommitNumbers, error.to_string());
            return None;
        }
    };
    starts(&received, findings);
    // The first commit may hold more than the reception.
    let mut step = received;
    for record in rows.commits.iter().map(|commit| &commit.record) {
        let before = step.clone();
        for event in &record.events {
            let mut next = step.clone();
            next.apply(event, record.at);
            if !matches!(event, OrderEvent::Received { .. }) {
                compare(&step, &next, event, findings);
            }
            goods::event(&step, event, findings);
            money::event(&step, event, findings);
            step = next;
        }
        goods::commit(&before, &step, record, findings);
        if record.seq > 1
            && let Err(error) = order.apply_record(record)
        {
            findings.note(Check::CommitNumbers, error.to_string());
            return None;
        }
        // With what only a whole commit adds: its number, its cause.
        step = order.clone();
    }
    Some(order)
}

/// How the declared payments begin.
fn starts(order: &Order, findings: &mut Findings<'_>) {
    for payment in &order.payments {
        moved(None, payment.status, &"its reception", findings);
    }
}

fn compare(before: &Order, after: &Order, event: &OrderEvent, findings: &mut Findings<'_>) {
    let by = event.name();
    moved(Some(before.status), after.status, &by, findings);
    for (i, hold) in after.holds.iter().enumerate() {
        moved(before.holds.get(i).map(|h| h.status), hold.status, &by, findings);
    }
    for (i, payment) in after.payments.iter().enumerate() {
        moved(before.payments.get(i).map(|p| p.status), payment.status, &by, findings);
    }
    for (i, shipment) in after.shipments.iter().enumerate() {
        moved(before.shipments.get(i).map(|s| s.status), shipment.status, &by, findings);
    }
    for (i, refund) in after.refunds.iter().enumerate() {
        moved(before.refunds.get(i).map(|r| r.status), refund.status, &by, findings);
    }
    for (i, reservation) in after.reservations.iter().enumerate() {
        // A part that is split off begins where the whole stood, which is a start of its own.
        moved(before.reservations.get(i).map(|r| r.status), reservation.status, &by, findings);
    }
    unique("hold", after.holds.iter().map(|h| &h.id), by, findings);
    unique("payment", after.payments.iter().map(|p| &p.id), by, findings);
    unique("shipment", after.shipments.iter().map(|s| &s.id), by, findings);
    unique("refund", after.refunds.iter().map(|r| &r.id), by, findings);
    unique("anomaly", after.anomalies.iter().map(|a| &a.id), by, findings);
}

fn moved<S: Machine>(before: Option<S>, after: S, by: &impl Display, findings: &mut Findings<'_>) {
    let legal = match before {
        None => S::START.contains(&after),
        Some(before) => before == after || before.can_become(after),
    };
    findings.hold(Check::Moves, legal, || {
        let from = before.map_or("its start", Machine::name);
        format!("{} goes from {from} to {} by {by}", S::NAME, after.name())
    });
}

fn unique<'a, T: Ord + Display + 'a>(
    kind: &str,
    ids: impl Iterator<Item = &'a T>,
    by: &str,
    findings: &mut Findings<'_>,
) {
    let mut known = BTreeSet::new();
    for id in ids {
        findings.hold(Check::Identities, known.insert(id), || format!("{by} makes a second {kind} {id}"));
    }
}
