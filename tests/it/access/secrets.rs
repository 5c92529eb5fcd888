//! No secret stands in a function's environment: functions are told where secrets lie, and ask for them by their roles.

use serde_json::Value;

use crate::stack::shared::{Local, beside_others};
use crate::template::model::{Template, target};

#[test]
fn functions_are_told_arns_of_secrets_and_no_secrets() {
    let template = Template::load();
    let mut told = 0;
    for (id, properties) in template.functions() {
        let variables = properties["Environment"]["Variables"].as_object().into_iter().flatten();
        for (name, value) in variables {
            let text = value.to_string();
            assert!(!text.contains("{{resolve:"), "{id}: {name} would hold what the deployment resolves");
            let Some(parameter) = target(value).filter(|name| template.document["Parameters"][*name].is_object())
            else {
                continue;
            };
            let hidden = &template.document["Parameters"][parameter]["NoEcho"];
            assert!(hidden.is_null() || hidden == false, "{id}: {name} holds the hidden parameter {parameter}");
            if parameter.contains("Secret") {
                assert!(
                    parameter.ends_with("SecretArn") && name.ends_with("_SECRET_ARN"),
                    "{id}: {name} = {parameter}"
                );
                told += 1;
            }
        }
    }
    assert!(told > 10, "{told} ARNs of secrets were found");
}

#[test]
fn no_deployed_function_has_a_secret_in_its_environment() {
    beside_others(async |local: &Local| {
        let secrets = secrets(local).await;
        assert!(secrets.len() >= 10, "{} secrets", secrets.len());
        let functions = local.engine.functions().await;
        assert_eq!(functions.len(), 13, "{functions:#?}");
        for function in functions {
            let text = function["Environment"].to_string();
            for secret in &secrets {
                assert!(!text.contains(secret), "{} has a secret in its environment", function["FunctionName"]);
            }
        }
    });
}

/// Every value that lies in a secret of the stack, long enough to be one.
pub async fn secrets(local: &Local) -> Vec<String> {
    fn values(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::String(text) if text.len() >= 16 => found.push(text.clone()),
            Value::Array(items) => items.iter().for_each(|item| values(item, found)),
            Value::Object(members) => members.values().for_each(|member| values(member, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let mut found = Vec::new();
    let providers = ["stripe", "wechatpay", "alipay", "adyen", "paypal"];
    let others = ["credentials", "order-id", "standard-carrier", "warehouse-webhook", "benefits"];
    for name in providers.into_iter().chain(others) {
        let text = local.engine.secret(name).await;
        values(&serde_json::from_str(&text).unwrap(), &mut found);
    }
    found
}
