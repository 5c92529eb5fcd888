#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
//! Least privilege: named actions on named resources, and wildcards only where AWS knows nothing narrower.

use serde_json::Value;

use super::model::{Template, list, present, texts};

/// Actions without resource-level permissions (service authorization reference): X-Ray, and the log delivery that a
/// state machine sets up.
const UNSCOPED: &[&str] = &[
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
];

/// Every role of the template.
pub fn roles(template: &Template) -> Vec<String> {
    let mut problems = Vec::new();
    for (id, properties) in template.of_type("AWS::IAM::Role") {
        if !properties["ManagedPolicyArns"].is_null() {
            problems.push(format!("{id}: a managed policy is wider than what one role needs"));
        }
        for statement in list(&properties["AssumeRolePolicyDocument"]["Statement"]) {
            let service = statement["Principal"]["Service"].as_str().unwrap_or_default();
            if !["lambda.amazonaws.com", "states.amazonaws.com"].contains(&service) {
                problems.push(format!("{id}: may be assumed by {}", statement["Principal"]));
            }
        }
        for statement in template.statements(id) {
            let found = statement_problems(statement).into_iter().chain(missing_indexes(template, statement));
            problems.extend(found.map(|problem| format!("{id}: {problem}")));
        }
    }
    problems
}

fn statement_problems(statement: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    let sid = statement["Sid"].as_str().unwrap_or("a statement without Sid");
    if !statement["NotAction"].is_null() || !statement["NotResource"].is_null() {
        problems.push(format!("{sid} allows by exception"));
    }
    let actions = texts(&statement["Action"]);
    if actions.is_empty() || actions.len() != list(&statement["Action"]).len() {
        problems.push(format!("{sid} has no action, or one twice"));
    }
    for action in actions.iter().filter(|action| action.contains('*')) {
        problems.push(format!("{sid} has the wildcard action {action}"));
    }
    let resources = list(&statement["Resource"]);
    if resources.is_empty() {
        problems.push(format!("{sid} has no resource"));
    }
    for resource in resources.iter().map(present) {
        let text = resource.as_str().or_else(|| resource["Fn::Sub"].as_str()).unwrap_or_default();
        // A stream's label is not known beforehand, and listing names no stream.
        let listing =
            text == "${OrdersTable.Arn}/stream/*" && actions.iter().all(|each| *each == "dynamodb:ListStreams");
        let unscoped = text == "*" && actions.iter().all(|action| UNSCOPED.contains(action));
        if text.contains('*') && !listing && !unscoped {
            problems.push(format!("{sid} has the wildcard resource {text}"));
        }
    }
    problems
}

/// An index that is misspelt in a policy is only missed when it is queried.
fn missing_indexes(template: &Template, statement: &Value) -> Vec<String> {
    let indexes = &template.properties("OrdersTable")["GlobalSecondaryIndexes"];
    let known: Vec<&str> = list(indexes).iter().filter_map(|index| index["IndexName"].as_str()).collect();
    list(&statement["Resource"])
        .iter()
        .filter_map(|resource| resource["Fn::Sub"].as_str()?.split_once("/index/"))
        .filter(|(_, index)| !known.contains(index))
        .map(|(_, index)| {
            format!("{} names the index {index}, which does not exist", statement["Sid"].as_str().unwrap_or("?"))
        })
        .collect()
}
