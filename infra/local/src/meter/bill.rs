//! From counts to dollars, by the formula of `docs/costs.md`. Pure.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Serialize;

use super::counts::{Counts, CpuByFunction};
use super::facts::Facts;
use super::prices::Prices;

/// What is paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Service {
    /// HTTP requests.
    HttpApi,
    /// Invocations and their gigabyte-seconds.
    Lambda,
    /// Express executions.
    StepFunctions,
    /// Write units.
    Writes,
    /// Read units.
    Reads,
    /// Queue requests, the poller's among them.
    Queues,
    /// Events on the bus.
    Events,
    /// Log bytes taken in.
    Logs,
    /// Calls for secrets.
    Secrets,
    /// What stays in the tables, with backups, for a month.
    Storage,
}

impl Service {
    /// All, in the order in which they are shown.
    pub const ALL: [Self; 10] = [
        Self::HttpApi,
        Self::Lambda,
        Self::StepFunctions,
        Self::Writes,
        Self::Reads,
        Self::Queues,
        Self::Events,
        Self::Logs,
        Self::Secrets,
        Self::Storage,
    ];

    /// As shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::HttpApi => "HTTP API",
            Self::Lambda => "Lambda",
            Self::StepFunctions => "Step Functions",
            Self::Writes => "DynamoDB writes",
            Self::Reads => "DynamoDB reads",
            Self::Queues => "SQS",
            Self::Events => "EventBridge",
            Self::Logs => "CloudWatch Logs",
            Self::Secrets => "Secrets Manager",
            Self::Storage => "storage, 1 month",
        }
    }
}

/// Dollars by service.
pub type Dollars = BTreeMap<Service, Decimal>;

/// What a bill is made with.
#[derive(Clone, Copy, Debug)]
pub struct Basis<'a> {
    /// Prices and assumptions.
    pub prices: &'a Prices,
    /// The template's facts.
    pub facts: &'a Facts,
    /// Measured CPU time.
    pub cpu: &'a CpuByFunction,
}

/// Milliseconds in which functions are billed, and executions run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Durations {
    /// Billed milliseconds by function, over all invocations of the step.
    pub functions: BTreeMap<String, Decimal>,
    /// Of all executions together.
    pub executions: Decimal,
}

/// The dollars of a step, storage left out.
pub fn dollars(counts: &Counts, basis: Basis<'_>) -> Dollars {
    let Basis { prices, facts, .. } = basis;
    let price = &prices.dollars;
    let durations = durations(counts, basis);
    let queue_requests = counts.queue_calls + counts.queued_by_rules + counts.queue_polls(facts);
    let log_bytes = counts.own_log_bytes + counts.platform_log_bytes + counts.access_log_bytes;
    Dollars::from([
        (Service::HttpApi, Decimal::from(counts.requests()) * price.http_request),
        (
            Service::Lambda,
            Decimal::from(counts.invoked()) * price.lambda_request
                + gigabyte_seconds(&durations, facts) * price.lambda_gb_second,
        ),
        (Service::StepFunctions, executions(counts, &durations, basis)),
        (Service::Writes, counts.units.written() * price.write_unit),
        (Service::Reads, counts.units.read_units() * price.read_unit),
        (Service::Queues, Decimal::from(queue_requests) * price.queue_request),
        (Service::Events, Decimal::from(counts.events) * price.event),
        (Service::Logs, gigabytes(Decimal::from(log_bytes)) * price.log_gb),
        (Service::Secrets, Decimal::from(counts.secret_calls) * price.secret_call),
    ])
}

/// What an order's rows cost in a month: their bytes, and those of continuous backups, which leave indexes out.
pub fn storage(bytes: Decimal, item_bytes: Decimal, prices: &Prices) -> Decimal {
    let price = &prices.dollars;
    gigabytes(bytes) * price.table_gb_month + gigabytes(item_bytes) * price.backup_gb_month
}

/// How long functions and executions take: measured CPU time on the share of a CPU that the function's memory buys, and assumed
/// waits.
pub fn durations(counts: &Counts, basis: Basis<'_>) -> Durations {
    let mut durations = Durations::default();
    for (function, count) in &counts.invocations {
        durations.functions.insert(function.clone(), own_ms(function, *count, counts, basis));
    }
    let assumed = &basis.prices.assumed;
    let mut tasks = 0;
    for (function, count) in &counts.invocations {
        let by_workflows = counts.tasks(function, basis.facts);
        let own = durations.functions.get(function).copied().unwrap_or_default();
        durations.executions += own / Decimal::from((*count).max(1)) * Decimal::from(by_workflows);
        tasks += by_workflows;
    }
    // A task is followed by a choice; an execution ends in a state of its own.
    let states = tasks * 2 + counts.executions;
    durations.executions += Decimal::from(tasks * assumed.express_invoke_ms + states * assumed.express_state_ms);
    // Whoever starts executions waits for them.
    let starts: Vec<(&String, u64)> = counts
        .calls
        .iter()
        .filter(|((_, call), _)| call == "StepFunctions StartSyncExecution")
        .map(|((function, _), count)| (function, *count))
        .collect();
    let all: u64 = starts.iter().map(|(_, count)| count).sum();
    for (function, count) in starts {
        let share = durations.executions * Decimal::from(count) / Decimal::from(all.max(1));
        *durations.functions.entry(function.clone()).or_default() += share;
    }
    durations
}

/// An invocation's CPU time, stretched and rounded up as it is billed, and what the calls of all of them wait for.
fn own_ms(function: &str, invocations: u64, counts: &Counts, basis: Basis<'_>) -> Decimal {
    let assumed = &basis.prices.assumed;
    let memory = basis.facts.functions.get(function).map_or(128, |function| function.memory);
    let share = Decimal::from(assumed.full_cpu_mb) / Decimal::from(memory.max(1));
    let cpu = basis.cpu.get(function).copied().unwrap_or_default() * share.max(Decimal::ONE);
    let provider = if assumed.provider_functions.iter().any(|name| name == function) { assumed.provider_ms } else { 0 };
    let each = cpu.ceil().max(Decimal::ONE) + Decimal::from(provider);
    let waited = counts.waited_ms.get(function).copied().unwrap_or(0);
    each * Decimal::from(invocations) + Decimal::from(waited)
}

fn gigabyte_seconds(durations: &Durations, facts: &Facts) -> Decimal {
    let of = |(function, ms): (&String, &Decimal)| {
        let memory = facts.functions.get(function).map_or(128, |function| function.memory);
        *ms / Decimal::ONE_THOUSAND * Decimal::from(memory) / Decimal::from(1024)
    };
    durations.functions.iter().map(of).sum()
}

/// `E(1 + 16.67·⌈mem/64MB⌉·0.0625·⌈ms/100⌉·0.1)`, in dollars.
fn executions(counts: &Counts, durations: &Durations, basis: Basis<'_>) -> Decimal {
    let price = &basis.prices.dollars;
    let count = Decimal::from(counts.executions);
    if count.is_zero() {
        return Decimal::ZERO;
    }
    let memory = Decimal::from(basis.prices.assumed.express_memory_mb.div_ceil(64) * 64) / Decimal::from(1024);
    let tenths = (durations.executions / count / Decimal::ONE_HUNDRED).ceil().max(Decimal::ONE);
    count * (price.express_request + price.express_gb_second * memory * tenths / Decimal::TEN)
}

/// AWS's gigabyte of logs and storage is 2^30 bytes.
fn gigabytes(bytes: Decimal) -> Decimal {
    bytes / Decimal::from(1024_u64 * 1024 * 1024)
}

/// Bytes that go out to the internet, which the formula leaves out.
pub fn transfer(bytes: u64, prices: &Prices) -> Decimal {
    gigabytes(Decimal::from(bytes)) * prices.dollars.transfer_out_gb
}

#[cfg(test)]
#[path = "bill_tests.rs"]
mod tests;
