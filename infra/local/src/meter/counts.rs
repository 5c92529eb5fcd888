//! What happened in a step of an order's life, added up. Pure.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::facts::{Facts, Trigger};
use super::ledger::{Call, Caller, Target};
use super::prices::Assumed;
use super::units::Units;

/// Sums over the calls, invocations and log lines of one step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counts {
    /// HTTP requests, by the function behind the route.
    pub http: BTreeMap<String, u64>,
    /// Bytes of the answers to them.
    pub answered_bytes: u64,
    /// AWS calls by function, service and operation.
    pub calls: BTreeMap<(String, String), u64>,
    /// Of these, the ones that were not answered with 200.
    pub refused: u64,
    /// DynamoDB's units, by table and index.
    pub units: Units,
    /// Invocations by function.
    pub invocations: BTreeMap<String, u64>,
    /// Milliseconds that functions waited for AWS, executions left out.
    pub waited_ms: BTreeMap<String, u64>,
    /// Queue requests by functions.
    pub queue_calls: u64,
    /// Messages that rules of the bus put into queues.
    pub queued_by_rules: u64,
    /// Events on the bus.
    pub events: u64,
    /// Express executions.
    pub executions: u64,
    /// Calls for secrets.
    pub secret_calls: u64,
    /// Bytes of the functions' own log lines.
    pub own_log_bytes: u64,
    /// Bytes of Lambda's lines beside them.
    pub platform_log_bytes: u64,
    /// Bytes of the access log.
    pub access_log_bytes: u64,
}

/// A line of a function's log.
#[derive(Clone, Debug)]
pub struct LogLine {
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// The function's folder.
    pub function: String,
    /// The line.
    pub text: String,
}

impl Counts {
    /// Adds a call.
    pub fn call(&mut self, call: &Call, facts: &Facts, assumed: &Assumed) {
        match &call.target {
            Target::Http(method, path) => {
                let function = facts.route(method, path).map_or("none", |route| route.function.as_str());
                *self.http.entry(function.to_owned()).or_default() += 1;
                self.answered_bytes += call.received;
                self.access_log_bytes += facts.access_log_bytes(&assumed.access_log_bytes);
            }
            Target::Aws(service, operation) => {
                let function = function_of(&call.caller, facts);
                *self.calls.entry((function.clone(), format!("{service} {operation}"))).or_default() += 1;
                self.refused += u64::from(call.status != 200);
                self.units.add(&call.units);
                let is_execution = *service == "StepFunctions";
                if !is_execution {
                    *self.waited_ms.entry(function).or_default() += assumed.wait(service, operation);
                }
                self.executions += u64::from(is_execution);
                self.queue_calls += u64::from(*service == "SQS");
                self.secret_calls += u64::from(*service == "SecretsManager");
                self.events += u64::try_from(call.events.len()).unwrap_or(0);
                self.queued_by_rules += call.queued_by_rules;
            }
        }
    }

    /// Adds a log line.
    pub fn line(&mut self, line: &LogLine, facts: &Facts, assumed: &Assumed) {
        let platform = ["START", "END", "REPORT"]
            .into_iter()
            .find(|kind| line.text.strip_prefix(kind).is_some_and(|rest| rest.starts_with(" RequestId: ")));
        match platform {
            Some(kind) => {
                if kind == "START" {
                    *self.invocations.entry(line.function.clone()).or_default() += 1;
                }
                if facts.functions.get(&line.function).is_none_or(|function| function.platform_lines) {
                    self.platform_log_bytes += assumed.platform_log_bytes.get(kind).copied().unwrap_or(0);
                }
            }
            None => self.own_log_bytes += u64::try_from(line.text.len()).unwrap_or(0),
        }
    }

    /// Adds what another step counted.
    pub fn add(&mut self, other: &Self) {
        let Self {
            http,
            answered_bytes,
            calls,
            refused,
            units,
            invocations,
            waited_ms,
            queue_calls,
            queued_by_rules,
            events,
            executions,
            secret_calls,
            own_log_bytes,
            platform_log_bytes,
            access_log_bytes,
        } = other;
        add_all(&mut self.http, http);
        add_all(&mut self.calls, calls);
        add_all(&mut self.invocations, invocations);
        add_all(&mut self.waited_ms, waited_ms);
        self.units.add(units);
        self.answered_bytes += answered_bytes;
        self.refused += refused;
        self.queue_calls += queue_calls;
        self.queued_by_rules += queued_by_rules;
        self.events += events;
        self.executions += executions;
        self.secret_calls += secret_calls;
        self.own_log_bytes += own_log_bytes;
        self.platform_log_bytes += platform_log_bytes;
        self.access_log_bytes += access_log_bytes;
    }

    /// HTTP requests.
    pub fn requests(&self) -> u64 {
        self.http.values().sum()
    }

    /// AWS calls.
    pub fn aws_calls(&self) -> u64 {
        self.calls.values().sum()
    }

    /// All invocations.
    pub fn invoked(&self) -> u64 {
        self.invocations.values().sum()
    }

    /// A receive and a delete for each batch that a function was given from a queue.
    pub fn queue_polls(&self, facts: &Facts) -> u64 {
        let batches = self.invocations.iter().filter(|(function, _)| {
            facts.functions.get(*function).is_some_and(|function| function.trigger == Trigger::Queue)
        });
        batches.map(|(_, count)| count * 2).sum()
    }

    /// Invocations by workflows: those of functions that are called which no HTTP request explains.
    pub fn tasks(&self, function: &str, facts: &Facts) -> u64 {
        let is_called = facts.functions.get(function).is_some_and(|function| function.trigger == Trigger::Caller);
        let invoked = self.invocations.get(function).copied().unwrap_or(0);
        let by_http = self.http.get(function).copied().unwrap_or(0);
        if is_called { invoked.saturating_sub(by_http) } else { 0 }
    }
}

/// A caller's folder, as far as it is known.
pub fn function_of(caller: &Caller, facts: &Facts) -> String {
    match caller {
        Caller::Function(name) => facts.folder_of(name).unwrap_or(name).to_owned(),
        Caller::Client => "client".to_owned(),
        Caller::Unknown => "unknown".to_owned(),
    }
}

fn add_all<K: Ord + Clone>(sums: &mut BTreeMap<K, u64>, others: &BTreeMap<K, u64>) {
    for (key, count) in others {
        *sums.entry(key.clone()).or_default() += count;
    }
}

/// CPU milliseconds of one invocation, by function: an average over the run.
pub type CpuByFunction = BTreeMap<String, Decimal>;
