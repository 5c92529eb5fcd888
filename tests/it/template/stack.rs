#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
//! The stack as its deployer sees it: parameters, alarms, outputs, deployment tables, and no name that leads nowhere.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::model::{Template, list, target, variables};
use super::stores::dead_letter_queues;

/// What tools and people rely on.
const OUTPUTS: &[&str] = &[
    "ApiUrl",
    "ApiId",
    "OrdersTable",
    "StockTable",
    "StimuliQueueUrl",
    "StimuliDeadLetterQueueUrl",
    "DeliveriesQueueUrl",
    "DeliveriesDeadLetterQueueUrl",
    "PublisherDeadLetterQueueUrl",
    "PlacementArn",
    "FulfilmentArn",
    "ReversalArn",
    "EventBusName",
    "TimersFunctionName",
    "FunctionLogPrefix",
];

/// What has to wake somebody, beside the dead-letter queues: metric and the resource it is about (for the project's own
/// metrics, the function that reports them, or the stage where several do).
const ALARMS: &[(&str, &str)] = &[
    ("ApproximateAgeOfOldestMessage", "StimuliQueue"),
    ("ExecutionsFailed", "PlacementStateMachine"),
    ("ExecutionsFailed", "FulfilmentStateMachine"),
    ("ExecutionsFailed", "ReversalStateMachine"),
    ("ExecutionsTimedOut", "PlacementStateMachine"),
    ("ExecutionsTimedOut", "FulfilmentStateMachine"),
    ("ExecutionsTimedOut", "ReversalStateMachine"),
    ("5xx", "HttpApi"),
    // `providers.rs` looks for one for each provider.
    ("CallbacksRefused", "payment-callback"),
    ("CallbacksNotStored", "payment-callback"),
    ("Errors", "PaymentCallbackFunction"),
    ("MoneyWaits", "Stage"),
    ("Errors", "PublisherFunction"),
    ("Errors", "TimersFunction"),
    ("Invocations", "TimersFunction"),
    ("IteratorAge", "PublisherFunction"),
    ("SweepFailures", "timers"),
    ("OldestOverdueSeconds", "timers"),
];

/// The stages that `samconfig.toml` has complete tables for.
pub const STAGES: &[&str] = &["dev", "staging", "prod"];

/// Every alarm rings at the topic where there is one, and nothing that must ring is silent.
pub fn alarms(template: &Template) -> Vec<String> {
    let mut problems = Vec::new();
    let mut found = BTreeSet::new();
    for (id, properties) in template.of_type("AWS::CloudWatch::Alarm") {
        let metric = properties["MetricName"].as_str().unwrap_or_default();
        let about = &properties["Dimensions"][0]["Value"];
        found.insert((metric, target(about).or(about.as_str()).unwrap_or_default()));
        let actions = &properties["AlarmActions"]["Fn::If"];
        if actions[0] != "HasAlarmTopic" || actions[1][0]["Ref"] != "AlarmTopicArn" {
            problems.push(format!("{id}: does not ring at the topic"));
        }
        match (metric, properties["TreatMissingData"].as_str()) {
            // What is never started reports nothing, and that is the bad news.
            ("Invocations", Some("breaching")) => {}
            ("Invocations", _) => problems.push(format!("{id}: is silent when nothing happens")),
            (_, Some("notBreaching")) => {}
            (_, _) => problems.push(format!("{id}: rings when nothing happens")),
        }
    }
    let dead_letters = dead_letter_queues(template);
    let wanted = dead_letters.keys().map(|queue| ("ApproximateNumberOfMessagesVisible", *queue));
    for (metric, resource) in wanted.chain(ALARMS.iter().copied()) {
        if !found.contains(&(metric, resource)) {
            problems.push(format!("{resource}: nobody watches {metric}"));
        }
    }
    problems
}

/// What may not be given without something else.
const NEEDS: &[(&str, &str)] = &[("BenefitsUrl", "BenefitsSecretArn")];

/// A parameter that needs another is refused without it before anything is made, in words.
pub fn rules(template: &Template) -> Vec<String> {
    let is_given = |parameter: &str| json!({ "Fn::Not": [{ "Fn::Equals": [{ "Ref": parameter }, ""] }] });
    let demands = |rule: &Value, needed: &str| {
        let says = |assertion: &Value| assertion["AssertDescription"].as_str().is_some_and(|text| !text.is_empty());
        list(&rule["Assertions"]).iter().any(|a| a["Assert"] == is_given(needed) && says(a))
    };
    let is_kept = |(given, needed): &&(&str, &str)| {
        template.section("Rules").any(|(_, rule)| rule["RuleCondition"] == is_given(given) && demands(rule, needed))
    };
    let missing = NEEDS.iter().filter(|need| !is_kept(need));
    missing.map(|(given, needed)| format!("{given}: may be given without {needed}")).collect()
}

/// All outputs that others rely on.
pub fn outputs(template: &Template) -> Vec<String> {
    let names = template.names("Outputs");
    OUTPUTS.iter().filter(|name| !names.contains(*name)).map(|name| format!("{name}: no such output")).collect()
}

/// Every `Ref`, `GetAtt`, `Sub`, condition and dependency leads somewhere, and no parameter or condition is idle.
pub fn references(template: &Template) -> Vec<String> {
    let mut used = BTreeSet::new();
    let mut conditions = BTreeSet::new();
    for section in ["Globals", "Rules", "Conditions", "Resources", "Outputs"] {
        collect(&template.document[section], &mut used, &mut conditions);
    }
    let parameters = template.names("Parameters");
    let resources = template.names("Resources");
    let declared = template.names("Conditions");
    let mut problems: Vec<String> = used
        .iter()
        .filter(|name| {
            !name.starts_with("AWS::") && !parameters.contains(name.as_str()) && !resources.contains(name.as_str())
        })
        .map(|name| format!("{name}: is neither parameter nor resource"))
        .collect();
    problems.extend(
        parameters.iter().filter(|name| !used.contains(**name)).map(|name| format!("{name}: an idle parameter")),
    );
    problems.extend(
        conditions
            .iter()
            .filter(|name| !declared.contains(name.as_str()))
            .map(|name| format!("{name}: no such condition")),
    );
    problems.extend(
        declared.iter().filter(|name| !conditions.contains(**name)).map(|name| format!("{name}: an idle condition")),
    );
    problems
}

fn collect(value: &Value, used: &mut BTreeSet<String>, conditions: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (key, inner) in object {
                match (key.as_str(), inner) {
                    ("Ref", Value::String(name)) => drop(used.insert(name.clone())),
                    // A resource's own condition, or `!Condition` within another. In a policy it is an object.
                    ("Condition", Value::String(name)) => drop(conditions.insert(name.clone())),
                    ("Fn::GetAtt", pair) => used.extend(pair[0].as_str().map(str::to_owned)),
                    ("Fn::Sub", Value::String(text)) => used.extend(variables(text).into_iter().map(str::to_owned)),
                    ("Fn::If", branches) => conditions.extend(branches[0].as_str().map(str::to_owned)),
                    _ => {}
                }
                collect(inner, used, conditions);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, used, conditions)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Each stage's table gives every parameter once, allowed values only, and says itself which stage it is.
pub fn deployment(template: &Template, samconfig: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let overrides = parameter_overrides(samconfig);
    for stage in STAGES {
        let Some(given) = overrides.get(*stage) else {
            problems.push(format!("samconfig: no table for {stage}"));
            continue;
        };
        let names: BTreeSet<&str> = given.iter().map(|(name, _)| name.as_str()).collect();
        if names.len() != given.len() {
            problems.push(format!("samconfig {stage}: a parameter stands twice"));
        }
        let declared = template.names("Parameters");
        problems.extend(declared.difference(&names).map(|name| format!("samconfig {stage}: {name} is missing")));
        problems.extend(names.difference(&declared).map(|name| format!("samconfig {stage}: {name} is no parameter")));
        for (name, value) in given {
            let parameter = &template.document["Parameters"][name.as_str()];
            let allowed = parameter["AllowedValues"].as_array();
            if allowed.is_some_and(|allowed| !allowed.iter().any(|each| text(each) == *value)) {
                problems.push(format!("samconfig {stage}: {name} may not be {value:?}"));
            }
            if parameter["Type"] == "Number" && value.parse::<u64>().is_err() {
                problems.push(format!("samconfig {stage}: {name} is no number"));
            }
            if name == "Stage" && value != stage {
                problems.push(format!("samconfig {stage}: deploys as {value}"));
            }
        }
    }
    problems
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The `parameter_overrides` of each `[<stage>.deploy.parameters]` table: name and value as SAM reads them.
fn parameter_overrides(samconfig: &str) -> BTreeMap<String, Vec<(String, String)>> {
    let mut tables: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    let mut stage = None;
    for line in samconfig.lines().map(str::trim) {
        if let Some(header) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            stage = header.strip_suffix(".deploy.parameters").map(str::to_owned);
            continue;
        }
        // An item of the array: "Name=value", or 'Name="value"' where the value is empty or holds a comma.
        let item = line.strip_suffix(',').unwrap_or(line);
        let quoted = |quote: char| item.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
        let Some((name, value)) = quoted('"').or_else(|| quoted('\'')).and_then(|item| item.split_once('=')) else {
            continue;
        };
        if let Some(stage) = &stage {
            let value = value.trim_matches('"');
            tables.entry(stage.clone()).or_default().push((name.to_owned(), value.to_owned()));
        }
    }
    tables
}
