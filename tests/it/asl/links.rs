#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
//! Definition and template: the same substitutions, the right functions, and no more rights than they need.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use oms_lambda::step::Op;

use super::machine::{MACHINES, Machine};
use crate::template::model::{Template, list, pascal, target, texts};

/// Which function does which work.
fn worker(op: Op) -> &'static str {
    match op {
        Op::Validate => "ValidationFunction",
        Op::Plan | Op::ReleaseStock => "AllocationFunction",
        Op::Compensate => "RefundFunction",
    }
}

/// Both sides of `DefinitionSubstitutions`, the functions behind them, and the role.
pub fn substitutions(machine: &Machine, template: &Template) -> Vec<String> {
    let mut problems = Vec::new();
    let id = format!("{}StateMachine", pascal(machine.name));
    let properties = template.properties(&id);
    let given: BTreeMap<&str, &Value> = properties["DefinitionSubstitutions"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.as_str(), value))
        .collect();
    // By text, so that a substitution anywhere in the definition counts, not only in a Resource.
    let text = machine.document.to_string();
    let used: BTreeSet<&str> =
        text.split("${").skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect();
    let names: BTreeSet<&str> = given.keys().copied().collect();
    problems.extend(used.difference(&names).map(|name| format!("{name}: the template does not substitute it")));
    problems.extend(names.difference(&used).map(|name| format!("{name}: the definition does not use it")));

    let functions: BTreeSet<&str> = template.functions().map(|(id, _)| id).collect();
    let mut needed = BTreeSet::new();
    for (name, value) in &given {
        let function = target(value).unwrap_or_default();
        if !functions.contains(function) || format!("{function}Arn") != *name || value["Fn::GetAtt"][1] != "Arn" {
            problems.push(format!("{name}: is not the ARN of the function of that name"));
        }
        needed.insert(function);
    }
    let role = target(&properties["Role"]).unwrap_or_default();
    let allowed: BTreeSet<&str> = template
        .statements(role)
        .into_iter()
        .filter(|statement| texts(&statement["Action"]).contains("lambda:InvokeFunction"))
        .flat_map(|statement| list(&statement["Resource"]))
        .filter_map(target)
        .collect();
    if allowed != needed {
        problems.push(format!("{role}: may invoke {allowed:?}, but the machine calls {needed:?}"));
    }
    problems
}

/// Each task's work is done by the function that can do it.
pub fn work(machine: &Machine) -> Vec<String> {
    let mut problems = Vec::new();
    for (name, task) in machine.tasks() {
        let op = task["Arguments"]["op"].as_str().unwrap_or_default();
        let function = Machine::substitution(task).unwrap_or_default().trim_end_matches("Arn");
        if !Op::ALL.iter().any(|known| known.name() == op && worker(*known) == function) {
            problems.push(format!("{name}: {function} does not do {op:?}"));
        }
    }
    problems
}

/// The template's machines and the files are the same; each is Express, and logs errors without data.
pub fn machines(template: &Template) -> Vec<String> {
    let mut problems = Vec::new();
    let wanted: BTreeSet<String> = MACHINES.iter().map(|name| format!("{}StateMachine", pascal(name))).collect();
    let found: BTreeSet<String> =
        template.of_type("AWS::Serverless::StateMachine").map(|(id, _)| id.to_owned()).collect();
    if wanted != found {
        problems.push(format!("the template has {found:?}, the files are {wanted:?}"));
    }
    for name in MACHINES {
        let properties = template.properties(&format!("{}StateMachine", pascal(name)));
        let logging = &properties["Logging"];
        let checks = [
            (properties["Type"] == "EXPRESS", "is not an Express machine"),
            (
                properties["DefinitionUri"] == format!("../statemachines/{name}.asl.json"),
                "does not take its definition from its file",
            ),
            (
                logging["Level"] == "ERROR" && logging["IncludeExecutionData"] == false,
                "logs nothing, or more than errors without data",
            ),
            (
                target(&logging["Destinations"][0]["CloudWatchLogsLogGroup"]["LogGroupArn"])
                    == Some(&format!("{}LogGroup", pascal(name))),
                "does not log to its own log group",
            ),
        ];
        problems.extend(checks.iter().filter(|(fine, _)| !fine).map(|(_, what)| format!("{name}: {what}")));
    }
    problems
}
