//! What the template says that a bill depends on: memory of functions, routes, who receives events by a queue, the access log. Pure.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::template::Template;

/// Facts of a template.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Functions by the name of their folder.
    pub functions: BTreeMap<String, Function>,
    /// Method, path with parameters in braces, and the function behind it.
    pub routes: Vec<Route>,
    /// The patterns of the rules that put events into queues.
    pub patterns_to_queues: Vec<Value>,
    /// The access log's line with its variables.
    pub access_log_format: String,
    /// Alarms.
    pub alarms: u64,
    /// Secrets, by the parameters that name them.
    pub secrets: u64,
    /// The metrics of our own that alarms watch, each by its name and dimensions: so they are paid for.
    pub own_metrics: u64,
}

/// A function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Memory in MB.
    pub memory: u64,
    /// Whether Lambda itself writes START, END and REPORT into its log.
    pub platform_lines: bool,
    /// What calls it, as far as the bill is concerned.
    pub trigger: Trigger,
}

/// What calls a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// A queue: a receive and a delete for each batch.
    Queue,
    /// A stream: reading it is free.
    Stream,
    /// A schedule.
    Schedule,
    /// HTTP, a workflow, or both.
    Caller,
}

/// A route of the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Such as `POST`.
    pub method: String,
    /// Such as `/v1/orders/{order_id}`.
    pub path: String,
    /// The function's folder.
    pub function: String,
}

impl Facts {
    /// Reads them.
    pub fn of(template: &Template) -> Self {
        let body = template.body();
        let resources = body.get("Resources").and_then(Value::as_object).cloned().unwrap_or_default();
        let of_type = |kind: &'static str| {
            resources.iter().filter(move |(_, resource)| resource.get("Type").and_then(Value::as_str) == Some(kind))
        };
        let globals = body.pointer("/Globals/Function").cloned().unwrap_or_default();
        let functions = of_type("AWS::Serverless::Function")
            .map(|(name, resource)| (folder(name), function(property(resource, "/Properties"), &globals, body)))
            .collect();
        let metric = |resource: &Value| {
            let own = resource.pointer("/Properties/Namespace").and_then(Value::as_str) == Some("Waybill");
            let of = |pointer: &str| resource.pointer(pointer).map(Value::to_string);
            own.then(|| of("/Properties/MetricName").zip(of("/Properties/Dimensions"))).flatten()
        };
        let own_metrics: std::collections::BTreeSet<(String, String)> =
            of_type("AWS::CloudWatch::Alarm").filter_map(|(_, resource)| metric(resource)).collect();
        let parameters = body.get("Parameters").and_then(Value::as_object);
        Self {
            functions,
            routes: of_type("AWS::ApiGatewayV2::Route")
                .filter_map(|(_, route)| self::route(route, &resources))
                .collect(),
            patterns_to_queues: of_type("AWS::Events::Rule")
                .filter(|(_, rule)| targets_a_queue(rule, &resources))
                .filter_map(|(_, rule)| rule.pointer("/Properties/EventPattern").cloned())
                .collect(),
            access_log_format: of_type("AWS::ApiGatewayV2::Stage")
                .find_map(|(_, stage)| stage.pointer("/Properties/AccessLogSettings/Format")?.as_str())
                .unwrap_or_default()
                .to_owned(),
            alarms: count(of_type("AWS::CloudWatch::Alarm")),
            secrets: count(parameters.into_iter().flat_map(Map::keys).filter(|name| name.ends_with("SecretArn"))),
            own_metrics: count(own_metrics.iter()),
        }
    }

    /// The route of a request and the function behind it.
    pub fn route(&self, method: &str, path: &str) -> Option<&Route> {
        // A literal segment wins over a parameter, as the gateway has it.
        let fitting = self.routes.iter().filter(|route| route.method == method && fits(&route.path, path));
        fitting.min_by_key(|route| route.path.matches('{').count())
    }

    /// The folder of the function with this physical name, which begins with the stack's and the resource's.
    pub fn folder_of(&self, physical: &str) -> Option<&str> {
        let resource = physical.split('-').find(|part| part.ends_with("Function"))?;
        let name = folder(resource);
        self.functions.keys().find(|known| **known == name).map(String::as_str)
    }

    /// The bytes of an access log's line when each variable has as many as this table says.
    pub fn access_log_bytes(&self, lengths: &BTreeMap<String, u64>) -> u64 {
        let mut parts = self.access_log_format.split("$context.");
        let fixed = length(parts.next().unwrap_or_default());
        let variables = parts.map(|part| {
            let end = part.find(|c: char| !(c.is_ascii_alphanumeric() || c == '.')).unwrap_or(part.len());
            let (name, rest) = part.split_at(end);
            lengths.get(name).copied().unwrap_or(1) + length(rest)
        });
        fixed + variables.sum::<u64>()
    }
}

/// `PaymentCallbackFunction` is in `payment-callback`.
fn folder(resource: &str) -> String {
    let mut name = String::new();
    for c in resource.trim_end_matches("Function").chars() {
        if c.is_ascii_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.push(c.to_ascii_lowercase());
    }
    name
}

fn function(properties: &Value, globals: &Value, body: &Value) -> Function {
    let given = |name: &str| properties.get(name).or_else(|| globals.get(name));
    let logging = |name: &str| {
        let own = properties.get("LoggingConfig").and_then(|config| config.get(name));
        own.or_else(|| globals.get("LoggingConfig")?.get(name)).map(|value| text(value, body)).unwrap_or_default()
    };
    let kinds = properties.get("Events").and_then(Value::as_object).into_iter().flat_map(Map::values);
    let kinds: Vec<&str> = kinds.filter_map(|event| event.get("Type")?.as_str()).collect();
    let trigger = if kinds.contains(&"SQS") {
        Trigger::Queue
    } else if kinds.contains(&"DynamoDB") {
        Trigger::Stream
    } else if kinds.iter().any(|kind| kind.starts_with("Schedule")) {
        Trigger::Schedule
    } else {
        Trigger::Caller
    };
    let silent = logging("LogFormat") == "JSON" && logging("SystemLogLevel") == "WARN";
    Function {
        memory: given("MemorySize").and_then(|memory| text(memory, body).parse().ok()).unwrap_or(128),
        platform_lines: !silent,
        trigger,
    }
}

/// A value, or the default of the parameter that it names; JSON for what only a deployment knows.
pub fn text(value: &Value, body: &Value) -> String {
    if let Some(parameter) = value.get("Ref").and_then(Value::as_str) {
        let default = body.get("Parameters").and_then(|all| all.get(parameter)?.get("Default"));
        if let Some(default) = default {
            return text(default, body);
        }
    }
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn route(route: &Value, resources: &Map<String, Value>) -> Option<Route> {
    let (method, path) = route.pointer("/Properties/RouteKey")?.as_str()?.split_once(' ')?;
    let target = route.pointer("/Properties/Target/Fn::Sub")?.as_str()?;
    let integration = target.strip_prefix("integrations/${")?.strip_suffix('}')?;
    let function = resources.get(integration)?.pointer("/Properties/IntegrationUri/Fn::GetAtt/0")?.as_str()?;
    Some(Route { method: method.to_owned(), path: path.to_owned(), function: folder(function) })
}

fn targets_a_queue(rule: &Value, resources: &Map<String, Value>) -> bool {
    let targets = rule.pointer("/Properties/Targets").and_then(Value::as_array);
    let names = targets.into_iter().flatten().filter_map(|target| target.pointer("/Arn/Fn::GetAtt/0")?.as_str());
    names.filter_map(|name| resources.get(name)?.get("Type")?.as_str()).any(|kind| kind == "AWS::SQS::Queue")
}

fn fits(template: &str, path: &str) -> bool {
    let (wanted, given): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
    let same = |(wanted, given): (&&str, &&str)| wanted.starts_with('{') || wanted == given;
    wanted.len() == given.len() && wanted.iter().zip(&given).all(same)
}

fn property<'a>(resource: &'a Value, pointer: &str) -> &'a Value {
    resource.pointer(pointer).unwrap_or(&Value::Null)
}

fn count(items: impl Iterator) -> u64 {
    u64::try_from(items.count()).unwrap_or(u64::MAX)
}

fn length(text: &str) -> u64 {
    u64::try_from(text.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::{Facts, Trigger};
    use crate::layout::Layout;
    use crate::template::Template;

    fn facts() -> Facts {
        Facts::of(&Template::read(&Layout::of_workspace().template()).unwrap())
    }

    #[test]
    fn every_function_of_the_template_is_known_with_its_trigger() {
        let facts = facts();
        let folders: Vec<String> = std::fs::read_dir(Layout::of_workspace().functions())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        for folder in &folders {
            assert!(facts.functions[folder].memory >= 128, "{folder}");
        }
        assert_eq!(facts.functions.len(), folders.len());
        assert_eq!(facts.functions["dispatcher"].trigger, Trigger::Queue);
        assert_eq!(facts.functions["publisher"].trigger, Trigger::Stream);
        assert_eq!(facts.functions["timers"].trigger, Trigger::Schedule);
        assert_eq!(facts.functions["intake"].trigger, Trigger::Caller);
        assert_eq!(facts.folder_of("waybill-local-PaymentCallbackFunction-AB12"), Some("payment-callback"));
        assert_eq!(facts.folder_of("waybill-local-Nothing-AB12"), None);
    }

    #[test]
    fn requests_are_led_to_their_functions() {
        let facts = facts();
        let function = |method, path| facts.route(method, path).map(|route| route.function.as_str());
        assert_eq!(function("POST", "/v1/orders"), Some("intake"));
        assert_eq!(function("GET", "/v1/orders/o-1"), Some("orders"));
        assert_eq!(function("POST", "/v1/payments/stripe/callbacks"), Some("payment-callback"));
        assert_eq!(function("GET", "/nowhere"), None);
    }

    #[test]
    fn the_rest_of_the_template_is_found() {
        let facts = facts();
        assert!(!facts.patterns_to_queues.is_empty());
        assert!(facts.alarms > 0 && facts.secrets > 0);
        let fixed = facts.access_log_bytes(&std::collections::BTreeMap::new());
        let longer = facts.access_log_bytes(&[("requestId".to_owned(), 17)].into());
        assert_eq!(longer, fixed + 16, "a variable that the table does not know counts one");
    }
}
