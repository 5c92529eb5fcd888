#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
//! What holds data: tables, queues, and the rule and mappings between them.

use std::collections::{BTreeMap, BTreeSet};

use oms_app::deliveries::TOLD;
use oms_aws::rows::NEWS;
use oms_domain::outgoing::KIND;
use serde_json::{Value, json};

use super::model::{Template, list, present, target};

/// Index name, partition key, sort key (or none), projection.
const INDEXES: &[[&str; 4]] = &[
    ["customer", "g_customer", "g_created", "KEYS_ONLY"],
    ["day", "g_day", "g_created", "KEYS_ONLY"],
    ["tasks", "g_task", "g_task_since", "ALL"],
    ["payment", "g_payment", "", "KEYS_ONLY"],
    ["ledger", "g_ledger", "g_created", "KEYS_ONLY"],
];

/// AWS's advice for a queue that feeds a function.
pub const VISIBILITY_FACTOR: u64 = 6;

/// Tables survive mistakes: recovery, encryption, protection by stage.
pub fn tables(template: &Template) -> Vec<String> {
    let mut problems = Vec::new();
    for (id, properties) in template.of_type("AWS::DynamoDB::Table") {
        let resource = &template.document["Resources"][id];
        let kept = json!({"Fn::If": ["IsProd", "Retain", "Delete"]});
        let protected = json!({"Fn::If": ["IsShared", true, false]});
        let checks = [
            (properties["BillingMode"] == "PAY_PER_REQUEST", "is not billed per request"),
            (
                properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] == true,
                "cannot be recovered to a point in time",
            ),
            (properties["SSESpecification"]["SSEEnabled"] == true, "is not encrypted"),
            (properties["DeletionProtectionEnabled"] == protected, "may be deleted in staging and prod"),
            (resource["DeletionPolicy"] == kept, "goes with its stack in prod"),
            (resource["UpdateReplacePolicy"] == kept, "goes when it is replaced in prod"),
            (properties["TableName"].is_null(), "has a name of its own, so it could never be replaced"),
        ];
        problems.extend(checks.iter().filter(|(fine, _)| !fine).map(|(_, what)| format!("{id}: {what}")));
    }
    problems
}

/// The orders table feeds the publisher and the sweep: stream, indexes, expiry.
pub fn orders_table(template: &Template) -> Vec<String> {
    let properties = template.properties("OrdersTable");
    let mut problems = Vec::new();
    if properties["StreamSpecification"]["StreamViewType"] != "NEW_IMAGE" {
        problems.push("OrdersTable: the stream does not carry what was written".to_owned());
    }
    if properties["TimeToLiveSpecification"] != json!({"AttributeName": "ttl", "Enabled": true}) {
        problems.push("OrdersTable: rows do not expire by ttl".to_owned());
    }
    let found: BTreeSet<[&str; 4]> = list(&properties["GlobalSecondaryIndexes"])
        .iter()
        .map(|index| {
            let (keys, projection) = (&index["KeySchema"], &index["Projection"]["ProjectionType"]);
            [&index["IndexName"], &keys[0]["AttributeName"], &keys[1]["AttributeName"], projection]
                .map(|value| value.as_str().unwrap_or_default())
        })
        .collect();
    let wanted: BTreeSet<[&str; 4]> = INDEXES.iter().copied().collect();
    if found != wanted {
        problems.push(format!("OrdersTable: indexes are {found:?}, not {wanted:?}"));
    }
    problems
}

/// Every queue is encrypted, speaks TLS only, and either has a dead-letter queue or is one.
pub fn queues(template: &Template) -> Vec<String> {
    let mut problems = Vec::new();
    let dead_letters = dead_letter_queues(template);
    let tls: BTreeSet<&str> = template
        .of_type("AWS::SQS::QueuePolicy")
        .filter(|(_, properties)| {
            list(&properties["PolicyDocument"]["Statement"]).iter().map(present).any(|statement| {
                statement["Effect"] == "Deny"
                    && statement["Principal"] == "*"
                    && statement["Condition"]["Bool"]["aws:SecureTransport"] == "false"
                    && target(&statement["Resource"]) == target(&properties["Queues"][0])
            })
        })
        .filter_map(|(_, properties)| target(&properties["Queues"][0]))
        .collect();
    for (id, properties) in template.of_type("AWS::SQS::Queue") {
        if properties["SqsManagedSseEnabled"] != true {
            problems.push(format!("{id}: is not encrypted"));
        }
        if !tls.contains(id) {
            problems.push(format!("{id}: takes requests without TLS"));
        }
        let redrive = &properties["RedrivePolicy"];
        match target(&redrive["deadLetterTargetArn"]) {
            Some(other) if template.document["Resources"][other]["Type"] == "AWS::SQS::Queue" => {
                // Lambda's poller counts a throttled invocation as a receive: AWS advises five or more.
                if redrive["maxReceiveCount"].as_u64().unwrap_or_default() < 5 {
                    problems.push(format!("{id}: gives up after fewer than five receives"));
                }
            }
            Some(other) => problems.push(format!("{id}: its dead-letter queue {other} is missing")),
            None if dead_letters.contains_key(id) => {
                if properties["MessageRetentionPeriod"] != 1_209_600 {
                    problems.push(format!("{id}: evidence is kept for less than the longest time"));
                }
            }
            None => problems.push(format!("{id}: has no dead-letter queue and is none")),
        }
    }
    problems
}

/// Dead-letter queues, and what gives up into them.
pub fn dead_letter_queues(template: &Template) -> BTreeMap<&str, &str> {
    let mut found = BTreeMap::new();
    for (id, properties) in template.of_type("AWS::SQS::Queue") {
        if let Some(queue) = target(&properties["RedrivePolicy"]["deadLetterTargetArn"]) {
            found.insert(queue, id);
        }
    }
    for (id, _, source) in sources(template) {
        if let Some(queue) = target(&source["Properties"]["DestinationConfig"]["OnFailure"]["Destination"]) {
            found.insert(queue, id);
        }
    }
    found
}

/// Every event source of every function: function, event's name, event.
fn sources(template: &Template) -> Vec<(&str, &str, &Value)> {
    template
        .functions()
        .flat_map(|(id, properties)| {
            properties["Events"].as_object().into_iter().flatten().map(move |(name, event)| (id, name.as_str(), event))
        })
        .collect()
}

/// Queue to function: failures item by item, a valve, and a message that stays hidden while it is worked on.
pub fn queue_sources(template: &Template) -> Vec<String> {
    let mut problems = Vec::new();
    for (id, name, event) in sources(template).into_iter().filter(|(_, _, event)| event["Type"] == "SQS") {
        let properties = &event["Properties"];
        if properties["FunctionResponseTypes"] != json!(["ReportBatchItemFailures"]) {
            problems.push(format!("{id}.{name}: one failed item brings its whole batch back"));
        }
        if properties["ScalingConfig"]["MaximumConcurrency"].is_null() {
            problems.push(format!("{id}.{name}: has no valve"));
        }
        let queue = target(&properties["Queue"]).unwrap_or_default();
        let visibility = template.properties(queue)["VisibilityTimeout"].as_u64().unwrap_or_default();
        let timeout = template.properties(id)["Timeout"].as_u64().unwrap_or(u64::MAX / VISIBILITY_FACTOR);
        if visibility < timeout * VISIBILITY_FACTOR {
            problems.push(format!("{id}.{name}: {queue} shows a message again after {visibility} s, while the function may run {timeout} s"));
        }
    }
    problems
}

/// Stream to function: only new commits, without news only where all are to leave, and a batch that cannot be published does not stop
/// the shard for ever.
pub fn stream_source(template: &Template) -> Vec<String> {
    let mut problems = Vec::new();
    let streams: Vec<_> = sources(template).into_iter().filter(|(_, _, event)| event["Type"] == "DynamoDB").collect();
    for (id, name, event) in &streams {
        let properties = &event["Properties"];
        let patterns =
            list(&properties["FilterCriteria"]["Filters"]).first().map(|filter| &filter["Pattern"]["Fn::If"]);
        let pattern = |place: usize| -> Value {
            let text = patterns.and_then(|either| either[place].as_str()).unwrap_or_default();
            serde_json::from_str(text).unwrap_or_default()
        };
        let mut commits = json!({"eventName": ["INSERT"], "dynamodb": {"Keys": {"sk": {"S": [{"prefix": "E#"}]}}}});
        let all = pattern(1) == commits && patterns.is_some_and(|either| either[0] == "PublishesAll");
        commits["dynamodb"]["NewImage"] = json!({ NEWS: { "S": ["1"] } });
        let checks = [
            (all && pattern(2) == commits, "takes more or less than new commits"),
            (properties["BisectBatchOnFunctionError"] == true, "a poison record takes its whole batch along"),
            (properties["MaximumRetryAttempts"].is_u64(), "a poison record stops its shard for a day"),
            (properties["StartingPosition"] == "TRIM_HORIZON", "misses what was written before it started"),
            (
                target(&properties["DestinationConfig"]["OnFailure"]["Destination"]).is_some(),
                "gives batches up without a trace",
            ),
        ];
        problems.extend(checks.iter().filter(|(fine, _)| !fine).map(|(_, what)| format!("{id}.{name}: {what}")));
    }
    if streams.len() != 1 {
        problems.push(format!("{} functions read the stream instead of one", streams.len()));
    }
    problems
}

/// Bus to deliveries queue: the events that warehouses hear of, a dead-letter queue, and leave to send to both.
pub fn deliveries_rule(template: &Template) -> Vec<String> {
    let mut problems = Vec::new();
    let rule = template.properties("DeliveriesRule");
    let wanted = json!({"detail-type": [KIND], "detail": {"webhook": [true], "data": {"names": TOLD}}});
    if rule["EventPattern"] != wanted {
        problems.push(format!("DeliveriesRule: takes {}, not {wanted}", rule["EventPattern"]));
    }
    let to = &rule["Targets"][0];
    for queue in [target(&to["Arn"]), target(&to["DeadLetterConfig"]["Arn"])] {
        let Some(queue) = queue else {
            problems.push("DeliveriesRule: has no queue, or no dead-letter queue".to_owned());
            continue;
        };
        let allowed = template.of_type("AWS::SQS::QueuePolicy").any(|(_, properties)| {
            target(&properties["Queues"][0]) == Some(queue)
                && list(&properties["PolicyDocument"]["Statement"]).iter().any(|statement| {
                    statement["Effect"] == "Allow"
                        && statement["Action"] == "sqs:SendMessage"
                        && statement["Principal"]["Service"] == "events.amazonaws.com"
                        && target(&statement["Condition"]["ArnEquals"]["aws:SourceArn"]) == Some("DeliveriesRule")
                })
        });
        if !allowed {
            problems.push(format!("DeliveriesRule: may not send to {queue}"));
        }
    }
    problems
}
