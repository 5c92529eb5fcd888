//! The audit itself: stock, then everything in the orders table one order after another, then stock again.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use oms_aws::keys;
use oms_aws::rows::Item;
use oms_domain::id::OrderId;
use oms_domain::machine::Machine;
use oms_domain::money::MoneyError;
use oms_domain::order::Order;
use oms_domain::status::ReservationStatus;

use crate::beside::{self, Beside, Key};
use crate::checks;
use crate::error::AuditError;
use crate::item;
use crate::neighbours;
use crate::promises::{Promises, Stock};
use crate::report::{Check, Report, Sums, Violation};
use crate::rows::OrderRows;
use crate::tables::Tables;
use crate::twins::Twins;

/// An order that moved while it was read shows a row of one commit and none of the next: what looks wrong is looked at again
/// after this.
const SECOND_LOOK: Duration = Duration::from_millis(700);

/// Reads everything and checks it.
///
/// # Errors
/// [`AuditError`] when a table cannot be read to its end. What it finds is no error.
pub async fn audit(tables: &Tables, now: Timestamp) -> Result<Report, AuditError> {
    let before = stock(tables).await?;
    let timed = tables.timed().await?;
    let mut reading =
        Reading { now, timed, report: Report::default(), promises: Promises::default(), twins: Twins::default() };
    let mut open: Option<OrderRows> = None;
    let mut from = None;
    loop {
        let page = tables.scan(&tables.orders, from).await?;
        let mut complete = Vec::new();
        let mut pointers = Vec::new();
        for row in page.items {
            let id = keys::order_of(item::partition(&row));
            if open.as_ref().map(|rows| &rows.id) != id.as_ref() {
                complete.extend(open.take());
            }
            match id {
                Some(id) => open.get_or_insert_with(|| OrderRows::new(id)).add(row),
                None => pointers.push(row),
            }
        }
        from = page.next;
        if from.is_none() {
            complete.extend(open.take());
        }
        reading.orders(tables, complete).await?;
        reading.pointers(tables, pointers).await?;
        if from.is_none() {
            break;
        }
    }
    let Reading { mut report, promises, .. } = reading;
    let mut after = stock(tables).await?;
    let mut found = Vec::new();
    let mut counts = promises.compare(&before, &after, &mut found);
    if !found.is_empty() {
        // A transaction in the very act shows one of its rows before the other.
        tokio::time::sleep(SECOND_LOOK).await;
        after = stock(tables).await?;
        found.clear();
        counts = promises.compare(&before, &after, &mut found);
    }
    (report.summary.stock_rows, report.summary.stock_rows_moving) = counts;
    report.violations.extend(found);
    Ok(report)
}

/// Which of the pointers that these orders must have are there.
async fn pointers(tables: &Tables, orders: &[OrderRows]) -> Result<BTreeSet<Key>, AuditError> {
    let mut wanted = BTreeSet::new();
    for rows in orders {
        let records: Vec<_> = rows.commits.iter().map(|commit| commit.record.clone()).collect();
        // One that cannot be folded is told by its own checks.
        wanted.extend(Order::from_records(&records).iter().flat_map(beside::wanted));
    }
    tables.which(wanted).await
}

async fn stock(tables: &Tables) -> Result<Stock, AuditError> {
    let mut stock = Stock::default();
    let mut from = None;
    loop {
        let page = tables.scan(&tables.stock, from).await?;
        page.items.iter().for_each(|row| stock.add(row));
        from = page.next;
        if from.is_none() {
            return Ok(stock);
        }
    }
}

/// What is kept while the orders go by.
struct Reading {
    now: Timestamp,
    /// The orders that had a timer when the reading began.
    timed: BTreeSet<OrderId>,
    report: Report,
    promises: Promises,
    twins: Twins,
}

impl Reading {
    async fn orders(&mut self, tables: &Tables, complete: Vec<OrderRows>) -> Result<(), AuditError> {
        let mut doubtful = Vec::new();
        let mut beside =
            Beside { timed: std::mem::take(&mut self.timed), pointers: pointers(tables, &complete).await? };
        for rows in complete {
            let checked = checks::order(&rows, &beside);
            if checked.violations.is_empty() {
                self.take(&rows, checked);
            } else {
                doubtful.push(rows.id);
            }
        }
        if !doubtful.is_empty() {
            tokio::time::sleep(SECOND_LOOK).await;
            let mut again = Vec::new();
            for id in &doubtful {
                again.push(tables.order(id).await?);
            }
            beside = Beside { timed: tables.timed().await?, pointers: pointers(tables, &again).await? };
            for rows in again {
                let checked = checks::order(&rows, &beside);
                self.take(&rows, checked);
            }
        }
        self.timed = beside.timed;
        Ok(())
    }

    fn take(&mut self, rows: &OrderRows, checked: checks::Checked) {
        let summary = &mut self.report.summary;
        summary.commits += rows.commits.len() as u64;
        summary.tasks += rows.tasks.len() as u64;
        summary.parked += rows.parked;
        summary.other_rows += rows.others;
        self.report.violations.extend(checked.violations);
        let Some(order) = checked.order else {
            *summary.orders.entry("unreadable").or_default() += 1;
            return;
        };
        summary.events += order.event_count;
        *summary.orders.entry(order.status.name()).or_default() += 1;
        self.promises.add(&order);
        self.report.violations.extend(self.twins.note(&order));
        self.units(&order);
        if let Err(error) = self.money(&order) {
            self.report.violations.push(Violation::new(Check::Money, &order.id, error.to_string()));
        }
    }

    fn units(&mut self, order: &Order) {
        let units = &mut self.report.summary.units;
        units.ordered += order.body.lines.iter().map(|line| u64::from(line.quantity)).sum::<u64>();
        for reservation in &order.reservations {
            let count = u64::from(reservation.allotment.quantity);
            match reservation.status {
                ReservationStatus::Held => units.held += count,
                ReservationStatus::Committed => units.committed += count,
                ReservationStatus::Consumed => units.shipped += count,
                ReservationStatus::Released | ReservationStatus::Expired => {}
            }
        }
    }

    fn money(&mut self, order: &Order) -> Result<(), MoneyError> {
        let currency = order.body.currency;
        let sums = self.report.summary.money.entry(currency.code()).or_insert_with(|| Sums::zero(currency));
        *sums = Sums {
            ordered: sums.ordered.add(order.body.total)?,
            captured: sums.captured.add(order.captured()?)?,
            refunded: sums.refunded.add(order.refunded()?)?,
        };
        Ok(())
    }

    async fn pointers(&mut self, tables: &Tables, rows: Vec<Item>) -> Result<(), AuditError> {
        let targets: Vec<_> = rows.iter().filter_map(neighbours::target).collect();
        let first = tables.first_commits(&targets).await?;
        let Report { summary, violations } = &mut self.report;
        for row in &rows {
            let (pk, sk) = (item::partition(row), item::place(row));
            if neighbours::is_key(pk) {
                neighbours::key(row, &first, self.now, violations, summary);
            } else if sk.starts_with(keys::PARKED_PREFIX) {
                summary.parked += 1;
            } else if neighbours::is_tracking(pk) {
                neighbours::tracking(row, &first, violations, summary);
            } else if pk == keys::LOOSE_TASKS {
                summary.tasks += 1;
            } else {
                summary.other_rows += 1;
            }
        }
        Ok(())
    }
}
