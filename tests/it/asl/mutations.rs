#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
//! The checks are checked: each breaks a definition, or the template around it, in one place and must be told so.

use serde_json::{Value, json};

use super::machine::Machine;
use super::problems;
use crate::template::model::Template;
use crate::template::mutations::alter;

/// Where (JSON pointer), with what (`None` removes), and what must be said.
type Mutation = (&'static str, Option<Value>, &'static str);

/// Broken definitions of reversal, which has every kind of state and way.
fn definitions() -> Vec<Mutation> {
    vec![
        ("/QueryLanguage", None, "is not in JSONata"),
        ("/Comment", None, "has no comment"),
        ("/StartAt", Some(json!("Begin")), "Begin: no such state"),
        ("/States/Done", None, "Done: no such state"),
        ("/States/Compensate/Next", Some(json!("Compensatd")), "Compensatd: no such state"),
        ("/States/Compensate/Next", Some(json!("Done")), "Compensated: nothing leads there"),
        ("/States/Compensate/Next", None, "Compensate: has no Next"),
        ("/States/Compensate/Comment", None, "Compensate: has no comment"),
        ("/States/Compensate/TimeoutSeconds", None, "Compensate: has no TimeoutSeconds"),
        ("/States/Compensate/TimeoutSeconds", Some(json!(25)), "Compensate: gives RefundFunction up after 25 s"),
        ("/States/Compensate/TimeoutSeconds", Some(json!(30)), "may take 132 s, but is cut off"),
        ("/States/Compensate/Retry", None, "Compensate: does not retry Contended"),
        (
            "/States/Compensate/Retry/0/ErrorEquals/0",
            Some(json!("Malformed")),
            "retries Malformed, which is not transient",
        ),
        ("/States/Compensate/Retry/0/ErrorEquals/0", Some(json!("States.ALL")), "retries States.ALL, which is not"),
        ("/States/Compensate/Retry/0/ErrorEquals/0", Some(json!("Contented")), "Contented: neither Rust nor AWS"),
        ("/States/Compensate/Retry/0/MaxAttempts", Some(json!(9)), "Compensate: does not retry one to three times"),
        ("/States/Compensate/Retry/0/MaxDelaySeconds", None, "Compensate: a retry without MaxDelaySeconds"),
        ("/States/Compensate/Retry/0/JitterStrategy", None, "retry in step"),
        ("/States/Compensate/Catch", None, "Compensate: does not catch everything else"),
        ("/States/Compensate/Catch/0", None, "Compensate: does not name OrderNotFound"),
        ("/States/Compensate/Catch/1", None, "Compensate: does not catch everything else"),
        ("/States/Compensate/Catch/1/Next", Some(json!("Done")), "what is caught can only end in success"),
        ("/States/Compensate/Catch/1/Assign/failure_cause", None, "Compensate: a catcher loses what it caught"),
        ("/States/Compensate/Arguments/order", Some(json!("{% $states.input %}")), "is not given the order's id"),
        ("/States/Compensate/Arguments/op", Some(json!("compensat")), "RefundFunction does not do \"compensat\""),
        (
            "/States/Compensate/Resource",
            Some(json!("${ReturnsFunctionArn}")),
            "ReturnsFunctionArn: the template does not",
        ),
        (
            "/States/Compensate/Resource",
            Some(json!("${AllocationFunctionArn}")),
            "RefundFunctionArn: the definition does not",
        ),
        ("/States/Compensated/Default", Some(json!("Done")), "Compensated: takes an unknown outcome for success"),
        ("/States/Compensated/Choices/1", None, "Compensated: decides on"),
        ("/States/Failed/Cause", None, "Failed: has no Cause"),
        ("/States/Compensated/Default", Some(json!("Compensate")), "goes in circles"),
        ("/TimeoutSeconds", Some(json!(400)), "400 s is more than Express gives"),
        ("/TimeoutSeconds", Some(json!(140)), "may run 140 s, but the dispatcher waits 140 s"),
        ("/TimeoutSeconds", None, "may run"),
    ]
}

/// The template around a sound definition.
fn templates() -> Vec<Mutation> {
    vec![
        ("/Resources/ReversalStateMachine", None, "RefundFunctionArn: the template does not substitute it"),
        (
            "/Resources/ReversalStateMachine/Properties/DefinitionSubstitutions/Idle",
            Some(json!({"Fn::GetAtt": ["RefundFunction", "Arn"]})),
            "Idle: the definition does not use it",
        ),
        (
            "/Resources/ReversalStateMachine/Properties/DefinitionSubstitutions/RefundFunctionArn",
            Some(json!({"Fn::GetAtt": ["RefundsFunction", "Arn"]})),
            "RefundFunctionArn: is not the ARN of the function",
        ),
        (
            "/Resources/ReversalRole/Properties/Policies/0/PolicyDocument/Statement/0/Resource/0",
            Some(json!({"Fn::GetAtt": ["OrdersFunction", "Arn"]})),
            "ReversalRole: may invoke",
        ),
        (
            "/Resources/ReversalStateMachine/Properties/Type",
            Some(json!("STANDARD")),
            "reversal: is not an Express machine",
        ),
        (
            "/Resources/ReversalStateMachine/Properties/Logging/IncludeExecutionData",
            Some(json!(true)),
            "reversal: logs nothing, or more",
        ),
        (
            "/Resources/DispatcherFunction/Properties/Environment/Variables/ITEM_DEADLINE_SECONDS",
            Some(json!("130")),
            "but the dispatcher waits 130 s for an item",
        ),
        ("/Resources/DispatcherFunction/Properties/Timeout", Some(json!(144)), "no time to report it"),
        ("/Resources/DispatcherFunction/Properties/Timeout", Some(json!(151)), "but messages come back after 900 s"),
        (
            "/Resources/StimuliQueue/Properties/VisibilityTimeout",
            Some(json!(600)),
            "but messages come back after 600 s",
        ),
        ("/Resources/RefundFunction/Properties/Timeout", Some(json!(27)), "gives RefundFunction up after 27 s"),
        ("/Parameters/MaximumConcurrency/Default", Some(json!(60)), "MaximumConcurrency is 60 by default"),
    ]
}

#[test]
fn every_broken_definition_is_caught() {
    let template = Template::load();
    for (pointer, value, expected) in definitions() {
        let mut machine = Machine::load("reversal");
        alter(&mut machine.document, pointer, value);
        expect(expected, pointer, &problems(&machine, &template));
    }
}

#[test]
fn every_broken_template_is_caught() {
    let machine = Machine::load("reversal");
    let sound = Template::load();
    for (pointer, value, expected) in templates() {
        let mut template = Template { document: sound.document.clone() };
        alter(&mut template.document, pointer, value);
        expect(expected, pointer, &problems(&machine, &template));
    }
}

fn expect(expected: &str, pointer: &str, found: &[String]) {
    assert!(
        found.iter().any(|problem| problem.contains(expected)),
        "{pointer} was broken, and {expected:?} is not among: {found:#?}"
    );
}
