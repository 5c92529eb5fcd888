#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
//! The time-outs nest. A synchronous execution cannot be stopped, and the caller's time-out leaves it running; so whoever
//! waits must wait longer than the other can possibly take:
//!
//! function < task; worst case of all tasks, retries and pauses <= machine < item deadline < dispatcher <= visibility / 6.

use std::collections::BTreeMap;

use serde_json::Value;

use super::machine::Machine;
use crate::template::model::{Template, list, target};
use crate::template::stores::VISIBILITY_FACTOR;

/// An Express execution lives five minutes at most.
const EXPRESS_LIMIT: u64 = 300;

/// What the dispatcher keeps for itself between the item deadline and its own time-out: reading the batch, answering.
const DISPATCHER_MARGIN: u64 = 5;

/// The local engine, and any account's first deployment, must not be flooded.
const MAXIMUM_CONCURRENCY: u64 = 10;

/// All of one task: each attempt to its time-out, and each pause at its longest (jitter only shortens it). Every retrier
/// has attempts of its own.
pub fn worst_task(task: &Value) -> u64 {
    let timeout = task["TimeoutSeconds"].as_u64().unwrap_or(EXPRESS_LIMIT);
    let mut total = timeout;
    for retrier in list(&task["Retry"]) {
        let field = |name: &str, default: u64| retrier[name].as_u64().unwrap_or(default);
        // AWS's defaults: 3 attempts, 1 second, doubling, no ceiling.
        let mut pause = field("IntervalSeconds", 1);
        for _ in 0..field("MaxAttempts", 3) {
            total += timeout + pause.min(field("MaxDelaySeconds", EXPRESS_LIMIT));
            pause = pause.saturating_mul(field("BackoffRate", 2));
        }
    }
    total
}

/// The longest way through a machine, in seconds; `None` where a loop makes it endless.
pub fn worst_case(machine: &Machine) -> Option<u64> {
    fn longest<'a>(
        states: &BTreeMap<&'a str, &'a Value>,
        name: &'a str,
        path: &mut Vec<&'a str>,
        known: &mut BTreeMap<&'a str, u64>,
    ) -> Option<u64> {
        if let Some(seconds) = known.get(name) {
            return Some(*seconds);
        }
        if path.contains(&name) {
            return None;
        }
        let Some(state) = states.get(name) else { return Some(0) };
        path.push(name);
        let mut rest = 0;
        for exit in Machine::exits(state) {
            rest = rest.max(longest(states, exit, path, known)?);
        }
        path.pop();
        let own = if state["Type"] == "Task" { worst_task(state) } else { 0 };
        known.insert(name, own + rest);
        Some(own + rest)
    }
    let start = machine.document["StartAt"].as_str().unwrap_or_default();
    longest(&machine.states(), start, &mut Vec::new(), &mut BTreeMap::new())
}

/// The nesting, for one machine and the template around it.
pub fn nesting(machine: &Machine, template: &Template) -> Vec<String> {
    let mut problems = Vec::new();
    for (name, task) in machine.tasks() {
        let Some(timeout) = task["TimeoutSeconds"].as_u64() else {
            problems.push(format!("{name}: has no TimeoutSeconds"));
            continue;
        };
        let function = Machine::substitution(task).unwrap_or_default().trim_end_matches("Arn");
        let own = template.properties(function)["Timeout"].as_u64().unwrap_or(u64::MAX);
        if own >= timeout {
            problems.push(format!("{name}: gives {function} up after {timeout} s, while it may still run ({own} s)"));
        }
    }
    let Some(worst) = worst_case(machine) else {
        problems.push("goes in circles, so nothing bounds its time".to_owned());
        return problems;
    };
    let limit = machine.document["TimeoutSeconds"].as_u64().unwrap_or(u64::MAX);
    let dispatcher = template.properties("DispatcherFunction");
    let deadline = template.number(&dispatcher["Environment"]["Variables"]["ITEM_DEADLINE_SECONDS"]).unwrap_or(0);
    let timeout = dispatcher["Timeout"].as_u64().unwrap_or(0);
    let source = &dispatcher["Events"]["Stimuli"]["Properties"];
    let queue = target(&source["Queue"]).unwrap_or_default();
    let visibility = template.properties(queue)["VisibilityTimeout"].as_u64().unwrap_or(0);
    let checks = [
        (worst <= limit, format!("may take {worst} s, but is cut off after {limit} s")),
        (limit < EXPRESS_LIMIT, format!("{limit} s is more than Express gives")),
        (limit < deadline, format!("may run {limit} s, but the dispatcher waits {deadline} s for an item")),
        // A batch's items run at the same time, so its size does not multiply the deadline.
        (
            deadline + DISPATCHER_MARGIN <= timeout,
            format!("an item may take {deadline} s of the dispatcher's {timeout} s: no time to report it"),
        ),
        (
            timeout * VISIBILITY_FACTOR <= visibility,
            format!("the dispatcher may run {timeout} s, but messages come back after {visibility} s"),
        ),
    ];
    problems.extend(checks.into_iter().filter(|(fine, _)| !fine).map(|(_, problem)| problem));
    problems
}

/// The valve's default and what it is on the local engine.
pub fn valve(template: &Template) -> Vec<String> {
    let source = &template.properties("DispatcherFunction")["Events"]["Stimuli"]["Properties"];
    let concurrency = template.number(&source["ScalingConfig"]["MaximumConcurrency"]).unwrap_or(u64::MAX);
    if concurrency > MAXIMUM_CONCURRENCY {
        return vec![format!("MaximumConcurrency is {concurrency} by default")];
    }
    Vec::new()
}

#[test]
fn a_task_is_counted_with_all_its_attempts_and_pauses() {
    let retry = |attempts: u64, interval: u64, ceiling: u64| serde_json::json!({"MaxAttempts": attempts, "IntervalSeconds": interval, "BackoffRate": 2, "MaxDelaySeconds": ceiling});
    let cases = [
        (serde_json::json!({"TimeoutSeconds": 10}), 10),
        // 3 x 10 + 1 + 2
        (serde_json::json!({"TimeoutSeconds": 10, "Retry": [retry(2, 1, 4)]}), 33),
        // 4 x 10 + 2 + 3 + 3
        (serde_json::json!({"TimeoutSeconds": 10, "Retry": [retry(3, 2, 3)]}), 48),
        // 1 + 2 + 1 attempts of 5, pauses 1 + 2 and 1
        (serde_json::json!({"TimeoutSeconds": 5, "Retry": [retry(2, 1, 4), retry(1, 1, 4)]}), 24),
    ];
    for (task, seconds) in cases {
        assert_eq!(worst_task(&task), seconds, "{task}");
    }
}
