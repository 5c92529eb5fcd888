//! What a run found: figures per order, by path, step and service.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Serialize;

use super::bill::{self, Basis, Dollars, Service};
use super::counts::Counts;
use super::prices::Prices;
use super::storage::Kept;

/// A whole run.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Which build of the functions was measured.
    pub functions: String,
    /// Orders that lay in the tables beforehand.
    pub stored: u64,
    /// The prices' region and day.
    pub prices: String,
    /// The paths.
    pub paths: Vec<PathReport>,
    /// CPU milliseconds of one invocation, by function.
    pub cpu_ms: BTreeMap<String, Decimal>,
    /// What a sweep costs that finds nothing, and the rest that is paid by the month.
    pub monthly: Monthly,
}

/// One path, per order.
#[derive(Clone, Debug, Serialize)]
pub struct PathReport {
    /// Its short name.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// How many orders were led through it.
    pub orders: u64,
    /// Its steps, in the order in which they come.
    pub steps: Vec<StepReport>,
    /// The sums.
    pub total: Figures,
    /// Calls by function and operation.
    pub calls: BTreeMap<String, Decimal>,
    /// Invocations by function.
    pub invocations: BTreeMap<String, Decimal>,
    /// Billed milliseconds by function, as reckoned.
    pub billed_ms: BTreeMap<String, Decimal>,
    /// Write units by table and index.
    pub writes: BTreeMap<String, Decimal>,
    /// Read units by table and index.
    pub reads: BTreeMap<String, Decimal>,
}

/// One step, per order.
#[derive(Clone, Debug, Serialize)]
pub struct StepReport {
    /// Its name.
    pub name: String,
    /// Its figures.
    #[serde(flatten)]
    pub figures: Figures,
}

/// Figures per order.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Figures {
    /// HTTP requests.
    pub http: Decimal,
    /// AWS calls by functions.
    pub calls: Decimal,
    /// Calls that were refused, such as conditions that failed.
    pub refused: Decimal,
    /// Invocations.
    pub invocations: Decimal,
    /// Express executions.
    pub executions: Decimal,
    /// Write units.
    pub writes: Decimal,
    /// Of these, index entries written by transactions, which are counted once.
    pub index_writes_of_transactions: Decimal,
    /// Read units.
    pub reads: Decimal,
    /// Queue requests.
    pub queue_requests: Decimal,
    /// Events.
    pub events: Decimal,
    /// Bytes of logs.
    pub log_bytes: Decimal,
    /// Bytes that stay in the tables.
    pub stored_bytes: Decimal,
    /// Dollars per million orders, by service.
    pub dollars: BTreeMap<&'static str, Decimal>,
    /// The sum.
    pub dollars_per_million: Decimal,
    /// What the answers would cost as traffic to the internet, which the sum leaves out.
    pub transfer_per_million: Decimal,
}

/// What is paid by the month, whatever comes.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Monthly {
    /// AWS calls of a sweep that finds nothing.
    pub sweep_calls: u64,
    /// Its read and write units.
    pub sweep_units: Decimal,
    /// Dollars a month, by what they are for.
    pub dollars: BTreeMap<&'static str, Decimal>,
}

/// A step's counts over all orders of a path.
#[derive(Clone, Debug, Default)]
pub struct Steps {
    /// In the order in which they first came.
    pub list: Vec<(String, Counts)>,
}

impl Steps {
    /// The counts of a step; new if it is.
    pub fn of(&mut self, name: &str) -> &mut Counts {
        let at = self.list.iter().position(|(known, _)| known == name).unwrap_or(self.list.len());
        if at == self.list.len() {
            self.list.push((name.to_owned(), Counts::default()));
        }
        #[expect(clippy::indexing_slicing, reason = "it was found or pushed a line above")]
        &mut self.list[at].1
    }
}

/// Adds up a path.
pub fn path(
    (name, title): (&'static str, &'static str),
    orders: u64,
    steps: &Steps,
    kept: Kept,
    basis: Basis<'_>,
) -> PathReport {
    let each = |count: u64| per_order(Decimal::from(count), orders);
    let mut sum = Counts::default();
    let mut total_dollars = Dollars::new();
    let mut reports = Vec::new();
    let mut billed_ms: BTreeMap<String, Decimal> = BTreeMap::new();
    for (name, counts) in &steps.list {
        let dollars = bill::dollars(counts, basis);
        for (service, amount) in &dollars {
            *total_dollars.entry(*service).or_default() += amount;
        }
        for (function, ms) in bill::durations(counts, basis).functions {
            *billed_ms.entry(function).or_default() += per_order(ms, orders);
        }
        sum.add(counts);
        reports.push(StepReport { name: name.clone(), figures: figures(counts, &dollars, orders, basis) });
    }
    let item_bytes = Decimal::from(kept.row_bytes);
    let stored = bill::storage(item_bytes + Decimal::from(kept.entry_bytes), item_bytes, basis.prices);
    total_dollars.insert(Service::Storage, stored);
    let mut total = figures(&sum, &total_dollars, orders, basis);
    total.stored_bytes = each(kept.row_bytes + kept.entry_bytes);
    let by_place = |units: &BTreeMap<super::units::Place, Decimal>| {
        units.iter().map(|(place, units)| (place.to_string(), per_order(*units, orders))).collect()
    };
    PathReport {
        name,
        title,
        orders,
        steps: reports,
        total,
        calls: sum
            .calls
            .iter()
            .map(|((function, call), count)| (format!("{function}: {call}"), each(*count)))
            .collect(),
        invocations: sum.invocations.iter().map(|(function, count)| (function.clone(), each(*count))).collect(),
        billed_ms,
        writes: by_place(&sum.units.writes),
        reads: by_place(&sum.units.reads),
    }
}

fn figures(counts: &Counts, dollars: &Dollars, orders: u64, basis: Basis<'_>) -> Figures {
    let each = |count: u64| per_order(Decimal::from(count), orders);
    let million = |amount: Decimal| per_order(amount, orders) * Decimal::from(1_000_000);
    Figures {
        http: each(counts.requests()),
        calls: each(counts.aws_calls()),
        refused: each(counts.refused),
        invocations: each(counts.invoked()),
        executions: each(counts.executions),
        writes: per_order(counts.units.written(), orders),
        index_writes_of_transactions: per_order(counts.units.index_writes_of_transactions, orders),
        reads: per_order(counts.units.read_units(), orders),
        queue_requests: each(counts.queue_calls + counts.queued_by_rules + counts.queue_polls(basis.facts)),
        events: each(counts.events),
        log_bytes: each(counts.own_log_bytes + counts.platform_log_bytes + counts.access_log_bytes),
        stored_bytes: Decimal::ZERO,
        dollars: dollars.iter().map(|(service, amount)| (service.name(), million(*amount))).collect(),
        dollars_per_million: million(dollars.values().sum()),
        transfer_per_million: million(bill::transfer(counts.answered_bytes, basis.prices)),
    }
}

fn per_order(sum: Decimal, orders: u64) -> Decimal {
    (sum / Decimal::from(orders.max(1))).normalize()
}

/// What is paid by the month: the sweep's own calls, alarms, secrets, metrics of our own, and polling empty queues.
pub fn monthly(sweep: &Counts, queues: u64, basis: Basis<'_>) -> Monthly {
    const MINUTES: u64 = 60 * 24 * 30;
    let Prices { dollars: price, assumed, .. } = basis.prices;
    let months = |amount: Decimal| amount * Decimal::from(MINUTES);
    let polls = queues * assumed.pollers * 60 / assumed.poll_seconds.max(1);
    let sweeps: Decimal = bill::dollars(sweep, basis).values().sum();
    Monthly {
        sweep_calls: sweep.aws_calls(),
        sweep_units: sweep.units.written() + sweep.units.read_units(),
        dollars: BTreeMap::from([
            ("sweeps that find nothing, one a minute", months(sweeps)),
            ("polling empty queues", months(Decimal::from(polls) * price.queue_request)),
            ("alarms", Decimal::from(basis.facts.alarms) * price.alarm_month),
            ("secrets", Decimal::from(basis.facts.secrets) * price.secret_month),
            ("metrics of our own that alarms watch", Decimal::from(basis.facts.own_metrics) * price.metric_month),
        ]),
    }
}
