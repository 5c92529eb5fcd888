#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
//! The checks are checked: each breaks a copy of the real template in one place and must be told so.

use serde_json::{Value, json};

use super::model::Template;

/// One way to break the template: where (JSON pointer), with what (`None` removes), and what must be said.
type Mutation = (&'static str, Option<Value>, &'static str);

fn mutations() -> Vec<Mutation> {
    vec![
        ("/Resources/WebhookFunction", None, "WebhookFunction: has a folder but is not in the template"),
        (
            "/Resources/WebhookFunction/Properties/CodeUri",
            Some(json!("../target/lambda/hook/")),
            "WebhookFunction: CodeUri ../target/lambda/hook/ is not",
        ),
        (
            "/Resources/ReturnsFunction",
            Some(json!({"Type": "AWS::Serverless::Function", "Properties": {}})),
            "ReturnsFunction: no folder",
        ),
        ("/Resources/IntakeLogGroup/Properties/RetentionInDays", None, "IntakeFunction: its log group"),
        (
            "/Resources/IntakeFunction/Properties/Role",
            Some(json!({"Fn::GetAtt": ["OrdersRole", "Arn"]})),
            "IntakeFunction: does not have its own role",
        ),
        ("/Resources/IntakeFunction/Properties/Timeout", None, "IntakeFunction: no MemorySize or no Timeout"),
        (
            "/Resources/TimersFunction/Properties/Environment/Variables/ORDER_TABLE",
            Some(json!("x")),
            "TimersFunction: ORDER_TABLE is no known variable",
        ),
        (
            "/Resources/TimersFunction/Properties/Environment/Variables/LIVE_MODE",
            None,
            "TimersFunction: has 18 of the 19 variables of the policy",
        ),
        (
            "/Resources/TimersFunction/Properties/Timeout",
            Some(json!(150)),
            "TimersFunction: may run for half of LookoutSeconds or longer",
        ),
        (
            "/Resources/ValidationFunction/Properties/Environment/Variables/STOCK_TABLE",
            None,
            "ValidationFunction: is allowed of StockTable but not told",
        ),
        (
            "/Resources/InventoryFunction/Properties/Environment/Variables/STIMULI_QUEUE_URL",
            Some(json!({"Ref": "StimuliQueue"})),
            "InventoryFunction: is told of StimuliQueue but not allowed",
        ),
        (
            "/Resources/RefundFunction/Properties/Environment/Variables/STRIPE_SECRET_ARN",
            None,
            "RefundFunction: is allowed of StripeSecretArn but not told",
        ),
        (
            "/Resources/IntakeFunction/Properties/ReservedConcurrentExecutions",
            None,
            "IntakeFunction: has no reserved concurrency",
        ),
        (
            "/Resources/OrdersRole/Properties/Policies/0/PolicyDocument/Statement/1/Action/0",
            Some(json!("dynamodb:*")),
            "OrdersRole: CommitOrders has the wildcard action dynamodb:*",
        ),
        (
            "/Resources/OrdersRole/Properties/Policies/0/PolicyDocument/Statement/1/Resource",
            Some(json!("*")),
            "OrdersRole: CommitOrders has the wildcard resource *",
        ),
        (
            "/Resources/OrdersRole/Properties/Policies/0/PolicyDocument/Statement/2/Resource/0",
            Some(json!({"Fn::Sub": "${OrdersTable.Arn}/index/*"})),
            "OrdersRole: ListOrders has the wildcard resource",
        ),
        (
            "/Resources/OrdersRole/Properties/Policies/0/PolicyDocument/Statement/2/Resource/0",
            Some(json!({"Fn::Sub": "${OrdersTable.Arn}/index/status"})),
            "OrdersRole: ListOrders names the index status, which does not exist",
        ),
        (
            "/Resources/OrdersRole/Properties/ManagedPolicyArns",
            Some(json!(["arn:aws:iam::aws:policy/AdministratorAccess"])),
            "OrdersRole: a managed policy",
        ),
        ("/Resources/GetOrderRoute", None, "GET /v1/orders/{order_id}: has no route"),
        ("/Resources/GetOrderRoute/Properties/RouteKey", Some(json!("GET /v2")), "GET /v2: is not in the contract"),
        (
            "/Resources/PlaceOrderRoute/Properties/Target",
            Some(json!({"Fn::Sub": "integrations/${OrdersIntegration}"})),
            "POST /v1/orders: reaches OrdersFunction",
        ),
        ("/Resources/IntakePermission", None, "IntakeIntegration: the API may not invoke"),
        ("/Resources/IntakeFunction/Properties/Timeout", Some(json!(29)), "IntakeIntegration: 29000 ms < 12000 ms"),
        (
            "/Resources/HttpApiStage/Properties/AccessLogSettings/Format",
            Some(json!("{\"request_id\":\"$context.requestId\",\"ip\":\"$context.identity.sourceIp\"}")),
            "HttpApiStage: access logs hold identity.",
        ),
        (
            "/Resources/HttpApiStage/Properties/DefaultRouteSettings/ThrottlingRateLimit",
            None,
            "HttpApiStage: ThrottlingRateLimit is no parameter",
        ),
        ("/Resources/StockTable/DeletionPolicy", Some(json!("Delete")), "StockTable: goes with its stack"),
        ("/Resources/StockTable/Properties/SSESpecification", None, "StockTable: is not encrypted"),
        ("/Resources/OrdersTable/Properties/DeletionProtectionEnabled", None, "OrdersTable: may be deleted"),
        ("/Resources/OrdersTable/Properties/GlobalSecondaryIndexes/0", Some(json!({})), "OrdersTable: indexes are"),
        ("/Resources/OrdersTable/Properties/TimeToLiveSpecification", None, "OrdersTable: rows do not expire"),
        ("/Resources/StimuliQueue/Properties/RedrivePolicy", None, "StimuliQueue: has no dead-letter queue"),
        (
            "/Resources/StimuliQueue/Properties/RedrivePolicy/maxReceiveCount",
            Some(json!(1)),
            "StimuliQueue: gives up after fewer",
        ),
        (
            "/Resources/StimuliQueue/Properties/VisibilityTimeout",
            Some(json!(899)),
            "StimuliQueue shows a message again",
        ),
        ("/Resources/StimuliQueuePolicy", None, "StimuliQueue: takes requests without TLS"),
        (
            "/Resources/DispatcherFunction/Properties/Events/Stimuli/Properties/FunctionResponseTypes",
            None,
            "DispatcherFunction.Stimuli: one failed item",
        ),
        (
            "/Resources/DispatcherFunction/Properties/Events/Stimuli/Properties/ScalingConfig",
            None,
            "DispatcherFunction.Stimuli: has no valve",
        ),
        (
            "/Resources/PublisherFunction/Properties/Events/Commits/Properties/FilterCriteria",
            None,
            "PublisherFunction.Commits: takes more or less",
        ),
        (
            "/Resources/PublisherFunction/Properties/Events/Commits/Properties/DestinationConfig",
            None,
            "PublisherFunction.Commits: gives batches up",
        ),
        (
            "/Resources/DeliveriesRule/Properties/EventPattern/detail-type/0",
            Some(json!("waybill.order.placed.v1")),
            "DeliveriesRule: takes",
        ),
        (
            "/Resources/DeliveriesRule/Properties/EventPattern/detail/data/names/0",
            Some(json!("shipment_planned")),
            "DeliveriesRule: takes",
        ),
        (
            "/Resources/DeliveriesQueuePolicy/Properties/PolicyDocument/Statement/1/Effect",
            Some(json!("Deny")),
            "DeliveriesRule: may not send to DeliveriesQueue",
        ),
        ("/Resources/StimuliDeadLetterAlarm", None, "StimuliDeadLetterQueue: nobody watches"),
        ("/Resources/ReversalFailedAlarm", None, "ReversalStateMachine: nobody watches ExecutionsFailed"),
        ("/Resources/ApiServerErrorAlarm/Properties/AlarmActions", None, "ApiServerErrorAlarm: does not ring"),
        ("/Resources/CallbacksNotStoredAlarm", None, "payment-callback: nobody watches CallbacksNotStored"),
        ("/Resources/MoneyWaitsAlarm/Properties/MetricName", Some(json!("Money")), "Stage: nobody watches MoneyWaits"),
        ("/Resources/UnknownPathRoute", None, "$default: has no route"),
        (
            "/Resources/TimersSilentAlarm/Properties/TreatMissingData",
            Some(json!("notBreaching")),
            "TimersSilentAlarm: is silent when nothing happens",
        ),
        (
            "/Resources/OverdueAlarm/Properties/TreatMissingData",
            Some(json!("breaching")),
            "OverdueAlarm: rings when nothing happens",
        ),
        ("/Outputs/StimuliQueueUrl", None, "StimuliQueueUrl: no such output"),
        ("/Resources/EventBus", None, "EventBus: is neither parameter nor resource"),
        ("/Parameters/Forgotten", Some(json!({"Type": "String"})), "Forgotten: an idle parameter"),
        ("/Conditions/IsTraced", None, "IsTraced: no such condition"),
        (
            "/Rules/BenefitsAreSigned/Assertions/0/Assert",
            Some(json!(true)),
            "BenefitsUrl: may be given without BenefitsSecretArn",
        ),
    ]
}

#[test]
fn every_broken_template_is_caught() {
    let sound = Template::load();
    for (pointer, value, expected) in mutations() {
        let mut template = Template { document: sound.document.clone() };
        alter(&mut template.document, pointer, value);
        let found: Vec<String> = super::problems(&template).into_iter().flat_map(|(_, problems)| problems).collect();
        assert!(
            found.iter().any(|problem| problem.contains(expected)),
            "{pointer} was broken, and {expected:?} is not among: {found:#?}"
        );
    }
}

/// Sets or removes what a JSON pointer names. Its parent must exist: a mutation that changes nothing proves nothing.
pub fn alter(document: &mut Value, pointer: &str, value: Option<Value>) {
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    let parent = document.pointer_mut(parent).unwrap_or_else(|| panic!("{pointer}: nothing there"));
    match (parent, value) {
        (Value::Object(object), Some(value)) => drop(object.insert(key.to_owned(), value)),
        (Value::Object(object), None) => drop(object.remove(key).unwrap_or_else(|| panic!("{pointer}: nothing there"))),
        (Value::Array(items), Some(value)) => items[key.parse::<usize>().expect("an index")] = value,
        (Value::Array(items), None) => drop(items.remove(key.parse().expect("an index"))),
        (other, _) => panic!("{pointer}: {other} holds nothing"),
    }
}
