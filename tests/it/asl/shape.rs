#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
//! The graph: complete, reachable, explained, and with an end for everything.

use std::collections::BTreeSet;

use serde_json::Value;

use oms_lambda::step::Outcome;

use super::machine::Machine;
use crate::template::model::list;

/// Names that lead nowhere, states that nothing leads to, states without an explanation.
pub fn graph(machine: &Machine) -> Vec<String> {
    let mut problems = Vec::new();
    let states = machine.states();
    if machine.document["QueryLanguage"] != "JSONata" {
        problems.push("is not in JSONata".to_owned());
    }
    if machine.document["Comment"].as_str().is_none_or(str::is_empty) {
        problems.push("has no comment".to_owned());
    }
    let start = machine.document["StartAt"].as_str().unwrap_or_default();
    let reachable = machine.reachable(start);
    problems.extend(
        reachable.iter().filter(|name| !states.contains_key(**name)).map(|name| format!("{name}: no such state")),
    );
    for (name, state) in &states {
        if !reachable.contains(name) {
            problems.push(format!("{name}: nothing leads there"));
        }
        if state["Comment"].as_str().is_none_or(str::is_empty) {
            problems.push(format!("{name}: has no comment"));
        }
        let fields: &[&str] = match state["Type"].as_str().unwrap_or_default() {
            "Task" => &["Next"],
            "Choice" => &["Choices", "Default"],
            "Fail" => &["Error", "Cause"],
            "Succeed" => &[],
            other => {
                problems.push(format!("{name}: the type {other} is not expected here"));
                &[]
            }
        };
        problems.extend(
            fields.iter().filter(|field| state[**field].is_null()).map(|field| format!("{name}: has no {field}")),
        );
    }
    problems
}

/// Every choice decides on the step's outcome: each known one once, an unknown one ends in failure.
pub fn choices(machine: &Machine) -> Vec<String> {
    let mut problems = Vec::new();
    let states = machine.states();
    let outcomes: BTreeSet<&str> = Outcome::ALL.iter().map(|outcome| outcome.name()).collect();
    for (name, state) in states.iter().filter(|(_, state)| state["Type"] == "Choice") {
        let mut named: Vec<&str> = Vec::new();
        for choice in list(&state["Choices"]) {
            let condition = choice["Condition"].as_str().unwrap_or_default();
            if !(condition.starts_with("{% ") && condition.ends_with(" %}")) {
                problems.push(format!("{name}: the condition {condition} is no JSONata expression"));
            }
            // The texts in quotes are the odd pieces.
            named.extend(condition.split('\'').skip(1).step_by(2));
        }
        let distinct: BTreeSet<&str> = named.iter().copied().collect();
        if distinct.len() != named.len() || distinct != outcomes {
            problems.push(format!("{name}: decides on {named:?}, not on {outcomes:?}"));
        }
        let default = state["Default"].as_str().unwrap_or_default();
        if states.get(default).is_none_or(|state| state["Type"] != "Fail") {
            problems.push(format!("{name}: takes an unknown outcome for success"));
        }
    }
    problems
}

/// Only ids travel: a step gets the order and what to do, from the execution's own input.
pub fn payloads(machine: &Machine) -> Vec<String> {
    let mut problems = Vec::new();
    for (name, task) in machine.tasks() {
        let arguments = &task["Arguments"];
        let keys: BTreeSet<&str> = arguments.as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect();
        if keys != BTreeSet::from(["op", "order_id"])
            || arguments["order_id"] != "{% $states.context.Execution.Input.order_id %}"
            || arguments["op"].as_str().is_none_or(|op| op.contains('%'))
        {
            problems.push(format!("{name}: the step is not given the order's id and its work: {arguments}"));
        }
        if !task["Output"].is_null() {
            problems.push(format!("{name}: changes the step's answer"));
        }
    }
    problems
}

/// A caught error is told on: `$failure_name` and `$failure_cause` are set by the catcher and given by the `Fail` state.
pub fn failures(machine: &Machine) -> Vec<String> {
    let mut problems = Vec::new();
    let states = machine.states();
    for (name, task) in machine.tasks() {
        for catcher in list(&task["Catch"]) {
            let assigned = |field: &str, part: &str| {
                catcher["Assign"][field]
                    .as_str()
                    .is_some_and(|text| text.contains(&format!("$states.errorOutput.{part}")))
            };
            if !assigned("failure_name", "Error") || !assigned("failure_cause", "Cause") {
                problems.push(format!("{name}: a catcher loses what it caught"));
            }
            let next = catcher["Next"].as_str().unwrap_or_default();
            let fails = machine.reachable(next).into_iter().any(|name| tells(states.get(name).copied()));
            if !fails {
                problems.push(format!("{name}: what is caught can only end in success"));
            }
        }
    }
    problems
}

fn tells(state: Option<&Value>) -> bool {
    state.is_some_and(|state| {
        state["Type"] == "Fail" && state["Error"] == "{% $failure_name %}" && state["Cause"] == "{% $failure_cause %}"
    })
}
