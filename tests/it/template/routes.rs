#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
//! The HTTP API: every route of the contract reaches its function, and there are no others.

use std::collections::{BTreeMap, BTreeSet};

use super::model::{Template, pascal, target};

/// The contract. Returns, stock adjustments and transfers come later.
pub const ROUTES: &[(&str, &str)] = &[
    ("POST /v1/orders", "IntakeFunction"),
    ("GET /v1/orders", "OrdersFunction"),
    ("GET /v1/orders/{order_id}", "OrdersFunction"),
    ("POST /v1/orders/{order_id}/cancellation", "OrdersFunction"),
    ("POST /v1/orders/{order_id}/refunds", "OrdersFunction"),
    ("POST /v1/orders/{order_id}/captures/{capture_id}/retry", "OrdersFunction"),
    ("POST /v1/orders/{order_id}/captures/{capture_id}/withdraw", "OrdersFunction"),
    ("POST /v1/orders/{order_id}/refunds/{refund_id}/retry", "OrdersFunction"),
    ("POST /v1/orders/{order_id}/refunds/{refund_id}/settle", "OrdersFunction"),
    ("POST /v1/orders/{order_id}/refunds/{refund_id}/approval", "OrdersFunction"),
    ("POST /v1/orders/{order_id}/refunds/{refund_id}/decline", "OrdersFunction"),
    ("POST /v1/orders/{order_id}/payments", "OrdersFunction"),
    ("POST /v1/orders/{order_id}/payments/{payment_id}/start", "PaymentStartFunction"),
    ("POST /v1/orders/{order_id}/holds/{hold_id}/release", "OrdersFunction"),
    ("POST /v1/orders/{order_id}/holds/{hold_id}/reject", "OrdersFunction"),
    ("POST /v1/orders/{order_id}/allocation/retry", "OrdersFunction"),
    ("POST /v1/orders/{order_id}/anomalies/{anomaly_id}/acknowledge", "OrdersFunction"),
    ("POST /v1/orders/{order_id}/shipments/{shipment_id}/close", "OrdersFunction"),
    ("GET /v1/orders/{order_id}/ledger", "OrdersFunction"),
    ("GET /v1/ledger", "OrdersFunction"),
    ("GET /v1/tasks", "OrdersFunction"),
    ("POST /v1/tasks/{task_id}/dismiss", "OrdersFunction"),
    ("GET /v1/openapi.json", "OrdersFunction"),
    // Whatever is none of these: its router answers as all of them do.
    ("$default", "OrdersFunction"),
    ("PUT /v1/locations/{location_id}", "InventoryFunction"),
    ("PUT /v1/stock/{location_id}/{sku}", "InventoryFunction"),
    ("GET /v1/stock/{sku}", "InventoryFunction"),
    ("PUT /v1/products/{sku}", "InventoryFunction"),
    ("POST /v1/payments/{provider}/callbacks", "PaymentCallbackFunction"),
    ("POST /v1/shipments/{shipment_id}/events", "ShippingNotifyFunction"),
    ("GET /v1/shipments", "ShippingNotifyFunction"),
    ("POST /v1/carriers/{carrier}/callbacks", "ShippingNotifyFunction"),
];

/// HTTP APIs give up after 30 seconds whatever the integration says.
const GATEWAY_LIMIT_MILLIS: u64 = 30_000;

/// Route to integration to function to permission.
pub fn routes(template: &Template) -> Vec<String> {
    let mut problems = Vec::new();
    let mut found: BTreeMap<&str, &str> = BTreeMap::new();
    for (id, properties) in template.of_type("AWS::ApiGatewayV2::Route") {
        let key = properties["RouteKey"].as_str().unwrap_or_default();
        let integration = target(&properties["Target"]).unwrap_or_default();
        let function = target(&template.properties(integration)["IntegrationUri"]).unwrap_or_default();
        if found.insert(key, function).is_some() {
            problems.push(format!("{id}: {key} stands twice"));
        }
    }
    for (key, function) in ROUTES {
        match found.remove(key) {
            None => problems.push(format!("{key}: has no route")),
            Some(other) if other != *function => problems.push(format!("{key}: reaches {other}, not {function}")),
            Some(_) => {}
        }
    }
    problems.extend(found.keys().map(|key| format!("{key}: is not in the contract")));
    problems
}

/// Each function behind the API has the payload format that it parses, time to answer, and the API's permission.
pub fn integrations(template: &Template) -> Vec<String> {
    let mut problems = Vec::new();
    let permitted: BTreeSet<&str> = template
        .of_type("AWS::Lambda::Permission")
        .filter(|(_, properties)| {
            properties["Principal"] == "apigateway.amazonaws.com"
                && properties["SourceArn"]["Fn::Sub"].as_str().is_some_and(|arn| arn.contains(":${HttpApi}/"))
        })
        .filter_map(|(_, properties)| target(&properties["FunctionName"]))
        .collect();
    for (id, properties) in template.of_type("AWS::ApiGatewayV2::Integration") {
        let function = target(&properties["IntegrationUri"]).unwrap_or_default();
        if properties["PayloadFormatVersion"] != "2.0" || properties["IntegrationType"] != "AWS_PROXY" {
            problems.push(format!("{id}: not a proxy integration with payload 2.0"));
        }
        if !permitted.contains(function) {
            problems.push(format!("{id}: the API may not invoke {function}"));
        }
        let millis = properties["TimeoutInMillis"].as_u64().unwrap_or_default();
        let function_millis = template.properties(function)["Timeout"].as_u64().unwrap_or_default() * 1000;
        if !(function_millis < millis && millis <= GATEWAY_LIMIT_MILLIS) {
            problems
                .push(format!("{id}: {function_millis} ms < {millis} ms <= {GATEWAY_LIMIT_MILLIS} ms does not hold"));
        }
    }
    problems
}

/// The stage is throttled by parameters and logs every request without saying who made it.
pub fn stage(template: &Template) -> Vec<String> {
    let mut problems = Vec::new();
    let stages: Vec<_> = template.of_type("AWS::ApiGatewayV2::Stage").collect();
    for (id, properties) in &stages {
        let settings = &properties["DefaultRouteSettings"];
        for name in ["ThrottlingRateLimit", "ThrottlingBurstLimit"] {
            if settings[name]["Ref"].as_str().is_none() {
                problems.push(format!("{id}: {name} is no parameter"));
            }
        }
        let format = properties["AccessLogSettings"]["Format"].as_str().unwrap_or_default();
        if !serde_json::from_str::<serde_json::Value>(format)
            .is_ok_and(|line| line["request_id"] == "$context.requestId")
        {
            problems.push(format!("{id}: access logs are not JSON with the request id"));
        }
        // Addresses of people, and paths or queries in which a customer's id may stand.
        for personal in ["identity.", "context.path", "context.domainName", "authorizer", "userAgent"] {
            if format.contains(personal) {
                problems.push(format!("{id}: access logs hold {personal}"));
            }
        }
        if target(&properties["AccessLogSettings"]["DestinationArn"]).is_none() {
            problems.push(format!("{id}: access logs go nowhere"));
        }
        if properties["StageName"] != "$default" {
            problems.push(format!("{id}: a stage name would stand in every path"));
        }
    }
    if stages.len() != 1 {
        problems.push(format!("{} stages instead of one", stages.len()));
    }
    problems
}

/// Gateway and code agree: each function's router has the paths that the gateway sends to it, and no others. `sources` is
/// each function's folder and all of its Rust text.
pub fn served(template: &Template, sources: &BTreeMap<String, String>) -> Vec<String> {
    let mut problems = Vec::new();
    for (folder, source) in sources {
        let function = format!("{}Function", pascal(folder));
        let routed: BTreeSet<&str> = template
            .of_type("AWS::ApiGatewayV2::Route")
            .filter(|(_, properties)| {
                let integration = target(&properties["Target"]).unwrap_or_default();
                target(&template.properties(integration)["IntegrationUri"]) == Some(&function)
            })
            .filter_map(|(_, properties)| properties["RouteKey"].as_str()?.split_once(' '))
            .map(|(_, path)| path)
            .collect();
        let served: BTreeSet<&str> = source
            .split(".route(")
            .skip(1)
            .filter_map(|rest| rest.trim_start().strip_prefix('"')?.split_once('"'))
            .map(|(path, _)| path)
            .collect();
        problems.extend(routed.difference(&served).map(|path| format!("{folder}: its router does not know {path}")));
        problems.extend(served.difference(&routed).map(|path| format!("{folder}: the gateway does not send {path}")));
    }
    problems
}
