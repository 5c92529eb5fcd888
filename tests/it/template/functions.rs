#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
//! Functions: a folder, a log group, a role and an environment each, and none of them shared or missing.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use oms_lambda::config::VARIABLES;

use super::model::{Template, list, pascal, present, target, texts};

/// The rules by which an order is decided: whoever decides needs all of them, or falls back to a default unnoticed.
const POLICY: &[&str] = &[
    "PAYMENT_WINDOW_SECONDS",
    "HOLD_WINDOW_SECONDS",
    "REVIEW_THRESHOLD",
    "REFUND_APPROVAL_ABOVE",
    "CAPTURE_WHEN",
    "REFUND_FIRST",
    "DEPOSIT_ON_DEFAULT",
    "MAX_LINE_QUANTITY",
    "LIVE_MODE",
    "COD_ENABLED",
    "BENEFITS_URL",
    "SHIPMENT_RESPONSE_SECONDS",
    "CLOSE_AFTER_SECONDS",
    "LOOKOUT_SECONDS",
    // Their presence says that a provider is a way to pay.
    "STRIPE_SECRET_ARN",
    "WECHATPAY_SECRET_ARN",
    "ALIPAY_SECRET_ARN",
    "ADYEN_SECRET_ARN",
    "PAYPAL_SECRET_ARN",
];

/// A variable that names a resource, the resource, and the kind of action without which the variable is useless. What a
/// function may use it must be told of, and what it is told of it must be able to use.
const TOLD_AND_ALLOWED: &[(&str, &str, &str)] = &[
    ("ORDERS_TABLE", "OrdersTable", "dynamodb:"),
    ("STOCK_TABLE", "StockTable", "dynamodb:"),
    ("STIMULI_QUEUE_URL", "StimuliQueue", "sqs:"),
    ("DELIVERIES_QUEUE_URL", "DeliveriesQueue", "sqs:"),
    ("EVENT_BUS_NAME", "EventBus", "events:PutEvents"),
    ("PLACEMENT_ARN", "PlacementStateMachine", "states:StartSyncExecution"),
    ("FULFILMENT_ARN", "FulfilmentStateMachine", "states:StartSyncExecution"),
    ("REVERSAL_ARN", "ReversalStateMachine", "states:StartSyncExecution"),
    ("CREDENTIALS_SECRET_ARN", "CredentialsSecretArn", "secretsmanager:GetSecretValue"),
    ("ORDER_ID_SECRET_ARN", "OrderIdSecretArn", "secretsmanager:GetSecretValue"),
    ("STRIPE_SECRET_ARN", "StripeSecretArn", "secretsmanager:GetSecretValue"),
    ("WECHATPAY_SECRET_ARN", "WechatpaySecretArn", "secretsmanager:GetSecretValue"),
    ("ALIPAY_SECRET_ARN", "AlipaySecretArn", "secretsmanager:GetSecretValue"),
    ("ADYEN_SECRET_ARN", "AdyenSecretArn", "secretsmanager:GetSecretValue"),
    ("PAYPAL_SECRET_ARN", "PaypalSecretArn", "secretsmanager:GetSecretValue"),
    ("STANDARD_CARRIER_SECRET_ARN", "StandardCarrierSecretArn", "secretsmanager:GetSecretValue"),
    ("WAREHOUSE_WEBHOOK_SECRET_ARN", "WarehouseWebhookSecretArn", "secretsmanager:GetSecretValue"),
    ("BENEFITS_SECRET_ARN", "BenefitsSecretArn", "secretsmanager:GetSecretValue"),
];

/// Where the providers' secrets lie.
const PROVIDER_SECRETS: &[&str] =
    &["STRIPE_SECRET_ARN", "WECHATPAY_SECRET_ARN", "ALIPAY_SECRET_ARN", "ADYEN_SECRET_ARN", "PAYPAL_SECRET_ARN"];

/// How `main` reads its environment (`oms_lambda::config::Env`), and the variables behind it.
const READERS: &[(&str, &[&str])] = &[
    ("orders_table", &["ORDERS_TABLE"]),
    ("stock_table", &["STOCK_TABLE"]),
    ("stimuli_queue_url", &["STIMULI_QUEUE_URL"]),
    ("deliveries_queue_url", &["DELIVERIES_QUEUE_URL"]),
    ("event_bus_name", &["EVENT_BUS_NAME"]),
    ("publish", &["PUBLISH"]),
    ("state_machines", &["PLACEMENT_ARN", "FULFILMENT_ARN", "REVERSAL_ARN"]),
    ("item_deadline", &["ITEM_DEADLINE_SECONDS"]),
    ("credentials_secret_arn", &["CREDENTIALS_SECRET_ARN"]),
    ("order_id_secret_arn", &["ORDER_ID_SECRET_ARN"]),
    ("provider_secret_arns", PROVIDER_SECRETS),
    (
        "provider_api_bases",
        &["STRIPE_API_BASE", "WECHATPAY_API_BASE", "ALIPAY_API_BASE", "ADYEN_API_BASE", "PAYPAL_API_BASE"],
    ),
    ("public_api_url", &["PUBLIC_API_URL"]),
    ("start_payments", &["START_PAYMENTS", "PAYMENT_RETURN_HOSTS"]),
    ("standard_carrier_secret_arn", &["STANDARD_CARRIER_SECRET_ARN"]),
    ("warehouse_webhook_secret_arn", &["WAREHOUSE_WEBHOOK_SECRET_ARN"]),
    ("benefits", &["BENEFITS_URL", "BENEFITS_SECRET_ARN"]),
    ("policy", POLICY),
];

/// Named for functions that do not use them: the providers' secrets are part of the policy, and every function that decides
/// is wired with both tables, though an intake never moves stock.
const ONLY_NAMED: &[&str] = &[
    "STRIPE_SECRET_ARN",
    "WECHATPAY_SECRET_ARN",
    "ALIPAY_SECRET_ARN",
    "ADYEN_SECRET_ARN",
    "PAYPAL_SECRET_ARN",
    "STOCK_TABLE",
];

/// Folders under `functions/` and functions of the template are the same, by name and by place of the binary.
pub fn folders(template: &Template, folders: &BTreeSet<String>) -> Vec<String> {
    let mut problems = Vec::new();
    let wanted: BTreeSet<String> = folders.iter().map(|folder| format!("{}Function", pascal(folder))).collect();
    for (id, properties) in template.functions() {
        if !wanted.contains(id) {
            problems.push(format!("{id}: no folder under functions/ has this name"));
        }
        let code = properties["CodeUri"].as_str().unwrap_or_default();
        let folder = code.trim_start_matches("../target/lambda/").trim_end_matches('/');
        if format!("../target/lambda/{folder}/") != code || format!("{}Function", pascal(folder)) != id {
            problems.push(format!("{id}: CodeUri {code} is not ../target/lambda/<its folder>/"));
        }
    }
    let present: BTreeSet<&str> = template.functions().map(|(id, _)| id).collect();
    for id in wanted.iter().filter(|id| !present.contains(id.as_str())) {
        problems.push(format!("{id}: has a folder but is not in the template"));
    }
    problems
}

/// Each function has sizes of its own, a log group with the retention parameter, and a role that nobody else has.
pub fn companions(template: &Template) -> Vec<String> {
    let mut problems = Vec::new();
    let mut roles = BTreeSet::new();
    for (id, properties) in template.functions() {
        let mut check = |fine: bool, what: &str| {
            if !fine {
                problems.push(format!("{id}: {what}"));
            }
        };
        let stem = id.trim_end_matches("Function");
        check(properties["MemorySize"].is_u64() && properties["Timeout"].is_u64(), "no MemorySize or no Timeout");
        let group = target(&properties["LoggingConfig"]["LogGroup"]).unwrap_or_default();
        check(group == format!("{stem}LogGroup"), "does not log to its own log group");
        check(
            template.document["Resources"][group]["Type"] == "AWS::Logs::LogGroup"
                && template.properties(group)["RetentionInDays"] == json!({"Ref": "LogRetentionDays"}),
            "its log group is missing or keeps its lines for ever",
        );
        let role = target(&properties["Role"]).unwrap_or_default();
        check(role == format!("{stem}Role"), "does not have its own role");
        check(template.document["Resources"][role]["Type"] == "AWS::IAM::Role", "its role is missing");
        check(roles.insert(role), "shares its role");
        check(properties["Policies"].is_null(), "has policies beside its role: SAM ignores them");
        let logs = template.statements(role).iter().any(|statement| {
            target(&statement["Resource"]) == Some(group)
                && texts(&statement["Action"]) == BTreeSet::from(["logs:CreateLogStream", "logs:PutLogEvents"])
        });
        check(logs, "cannot write its own log");
    }
    problems
}

/// Whoever decides about orders is stopped before the timers that it relies on come: they are set at least
/// `LookoutSeconds` ahead, and one that is set already counts if it is half as far ahead.
pub fn lookout(template: &Template) -> Vec<String> {
    let decides = |properties: &Value| !properties["Environment"]["Variables"]["LOOKOUT_SECONDS"].is_null();
    let lookout = template.document["Parameters"]["LookoutSeconds"]["Default"].as_u64().unwrap_or_default();
    template
        .functions()
        .filter(|(_, properties)| decides(properties))
        .filter(|(_, properties)| properties["Timeout"].as_u64().is_none_or(|timeout| timeout * 2 >= lookout))
        .map(|(id, _)| format!("{id}: may run for half of LookoutSeconds or longer"))
        .collect()
}

/// Only known variables, all of the policy or none of it, and a permission behind every name and the other way round.
pub fn environment(template: &Template) -> Vec<String> {
    let mut problems = Vec::new();
    let globals: BTreeSet<&str> = template.document["Globals"]["Function"]["Environment"]["Variables"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, _)| name.as_str())
        .collect();
    for name in &globals {
        if !VARIABLES.contains(name) {
            problems.push(format!("Globals: {name} is no known variable"));
        }
    }
    for (id, properties) in template.functions() {
        let variables = &properties["Environment"]["Variables"];
        let names: BTreeSet<&str> =
            variables.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
        for name in names.iter().filter(|name| !VARIABLES.contains(name)) {
            problems.push(format!("{id}: {name} is no known variable"));
        }
        let rules = POLICY.iter().filter(|rule| names.contains(*rule)).count();
        if rules != 0 && rules != POLICY.len() {
            problems.push(format!("{id}: has {rules} of the {} variables of the policy", POLICY.len()));
        }
        let role = target(&properties["Role"]).unwrap_or_default();
        for (variable, resource, action) in TOLD_AND_ALLOWED {
            let told = names.contains(variable);
            if told && target(&variables[*variable]) != Some(*resource) {
                problems.push(format!("{id}: {variable} does not name {resource}"));
            }
            let allowed = allows(template, role, resource, action);
            let only_named = told && ONLY_NAMED.contains(variable);
            if told != allowed && !only_named {
                let (has, lacks) = if told { ("told", "allowed") } else { ("allowed", "told") };
                problems
                    .push(format!("{id}: is {has} of {resource} but not {lacks} to use it ({variable}, {action}*)"));
            }
        }
    }
    problems
}

/// Each function is told what its `main` reads, and nothing else. `sources` is each folder and all of its Rust text.
pub fn read(template: &Template, sources: &BTreeMap<String, String>) -> Vec<String> {
    let mut problems = Vec::new();
    for (folder, source) in sources {
        let variables = &template.properties(&format!("{}Function", pascal(folder)))["Environment"]["Variables"];
        let told: BTreeSet<&str> = variables.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
        let read: BTreeSet<&str> = READERS
            .iter()
            .filter(|(reader, _)| source.contains(&format!("env.{reader}()")))
            .flat_map(|(_, names)| names.iter().copied())
            .collect();
        problems.extend(read.difference(&told).map(|name| format!("{folder}: reads {name} and is not told of it")));
        problems.extend(told.difference(&read).map(|name| format!("{folder}: is told of {name} and does not read it")));
    }
    problems
}

/// Whether a role allows an action (by prefix) on a resource itself. Streams do not count: the poller reads them.
fn allows(template: &Template, role: &str, resource: &str, action: &str) -> bool {
    template.statements(role).iter().any(|statement| {
        let on_it = list(&statement["Resource"]).iter().map(present).any(|each| {
            target(each) == Some(resource)
                && each["Fn::GetAtt"][1] != "StreamArn"
                && !each["Fn::Sub"].as_str().is_some_and(|text| text.contains("/stream/"))
        });
        on_it && texts(&statement["Action"]).iter().any(|each| each.starts_with(action))
    })
}

/// The two doors that must open under any load have concurrency of their own, outside of small accounts.
pub fn reserved(template: &Template) -> Vec<String> {
    ["IntakeFunction", "PaymentCallbackFunction"]
        .into_iter()
        .filter(|id| {
            let value = &template.properties(id)["ReservedConcurrentExecutions"]["Fn::If"];
            !(value[0] == "IsShared" && value[1]["Ref"].is_string() && value[2]["Ref"] == "AWS::NoValue")
        })
        .map(|id| format!("{id}: has no reserved concurrency in staging and prod"))
        .collect()
}
