#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
//! Errors by name: what is retried, what is caught, and that both sides know the same names.

use std::collections::BTreeSet;

use oms_lambda::step::StepError;

use super::machine::Machine;
use crate::template::model::{list, texts};

/// Names that AWS documents for a Lambda task and that may be gone the next time: the service's own faults, throttling,
/// and time-outs. `Sandbox.Timedout` is the function's time-out, `States.Timeout` the task's; a step may be repeated
/// after either, since running it twice is the same as once. `Lambda.Unknown` and `Runtime.*` (a crash) are not here.
const AWS_TRANSIENT: &[&str] = &[
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
    "Lambda.ClientExecutionTimeoutException",
    "Sandbox.Timedout",
    "States.Timeout",
];

/// Names of Amazon States Language itself that a catcher may use.
const AWS_CAUGHT: &[&str] = &["States.ALL"];

/// Every task retries what is transient and nothing else, and catches the rest.
pub fn handling(machine: &Machine) -> Vec<String> {
    let mut problems = Vec::new();
    let retriable: BTreeSet<&str> = StepError::TRANSIENT.iter().chain(AWS_TRANSIENT).copied().collect();
    let permanent: BTreeSet<&str> =
        StepError::NAMES.iter().filter(|name| !StepError::TRANSIENT.contains(name)).copied().collect();
    for (name, task) in machine.tasks() {
        let retriers = list(&task["Retry"]);
        let retried: BTreeSet<&str> = retriers.iter().flat_map(|retrier| texts(&retrier["ErrorEquals"])).collect();
        for error in retried.difference(&retriable) {
            problems.push(format!("{name}: retries {error}, which is not transient"));
        }
        for error in retriable.difference(&retried) {
            problems.push(format!("{name}: does not retry {error}"));
        }
        for retrier in retriers {
            if !retrier["MaxAttempts"].as_u64().is_some_and(|attempts| (1..=3).contains(&attempts)) {
                problems.push(format!("{name}: does not retry one to three times"));
            }
            for field in ["IntervalSeconds", "BackoffRate", "MaxDelaySeconds"] {
                if retrier[field].as_u64().is_none_or(|value| value == 0) {
                    problems.push(format!("{name}: a retry without {field}"));
                }
            }
            if retrier["JitterStrategy"] != "FULL" {
                problems.push(format!("{name}: those that collided retry in step"));
            }
        }
        let catchers = list(&task["Catch"]);
        let caught: BTreeSet<&str> = catchers.iter().flat_map(|catcher| texts(&catcher["ErrorEquals"])).collect();
        // AWS: States.ALL stands alone, in the last catcher.
        if catchers.last().is_none_or(|catcher| texts(&catcher["ErrorEquals"]) != BTreeSet::from(["States.ALL"])) {
            problems.push(format!("{name}: does not catch everything else at last"));
        }
        for error in permanent.difference(&caught) {
            problems.push(format!("{name}: does not name {error} in a catcher"));
        }
    }
    problems
}

/// Every name in an `ErrorEquals` is one of Rust's or of AWS's, and every name of Rust's is in some `ErrorEquals`.
pub fn names(machine: &Machine) -> Vec<String> {
    let known: BTreeSet<&str> = StepError::NAMES.iter().chain(AWS_TRANSIENT).chain(AWS_CAUGHT).copied().collect();
    let used: BTreeSet<&str> = machine
        .tasks()
        .values()
        .flat_map(|task| list(&task["Retry"]).iter().chain(list(&task["Catch"])))
        .flat_map(|handler| texts(&handler["ErrorEquals"]))
        .collect();
    let mut problems: Vec<String> =
        used.difference(&known).map(|error| format!("{error}: neither Rust nor AWS knows this error")).collect();
    let own: BTreeSet<&str> = StepError::NAMES.iter().copied().collect();
    problems.extend(own.difference(&used).map(|error| format!("{error}: no ErrorEquals knows this error of a step")));
    problems
}
