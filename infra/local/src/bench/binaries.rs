//! Each function's binary by itself: its size, how soon it asks for work, its memory then, and its first answers over TLS.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::aws_stand_in::AwsStandIn;
use super::runtime_api::RuntimeApi;
use crate::error::{LocalError, Result};
use crate::layout::Layout;
use crate::meter::processes::Process;
use crate::meter::table::markdown;
use crate::meter::{facts, processes};
use crate::progress::Progress;
use crate::template::Template;

/// Starts of each binary: the least is what the program needs, the median what this machine made of it.
const STARTS: usize = 15;
/// Events that one process answers.
const EVENTS: usize = 50;
/// How long a start or all answers may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// What the stand-in's only caller shows.
const TOKEN: &str = "bench-token-0123456789abcdef0123456789abcdef";

/// What is off by default and on here, as in most shops: who is paid, who carries, who is told. All else is as the template has it.
const SET_UP: [&str; 3] = ["STRIPE_SECRET_ARN", "STANDARD_CARRIER_SECRET_ARN", "WAREHOUSE_WEBHOOK_SECRET_ARN"];

/// What was found of one binary.
struct Found {
    name: String,
    bytes: u64,
    starts: Vec<Duration>,
    resident_kib: Vec<u64>,
}

/// The table of all binaries, and the first answers of one.
///
/// # Errors
/// A binary is missing or does not start.
pub async fn measure(layout: &Layout, progress: Progress) -> Result<String> {
    let stand_in = AwsStandIn::start(&layout.home().join("tls"), TOKEN).await?;
    let template = Template::read(&layout.template())?;
    let mut found = Vec::new();
    for (name, function) in functions(&template) {
        let step = progress.step(&format!("Starting {name} {STARTS} times"));
        found.push(starts(layout, &name, &function, &template, &stand_in).await?);
        step.done("started");
    }
    let mut text = table(&found);
    text.push('\n');
    text.push_str(&first_answers(layout, &template, &stand_in).await?);
    Ok(text)
}

/// Each function's folder and properties.
fn functions(template: &Template) -> Vec<(String, Value)> {
    let resources = template.body().get("Resources").and_then(Value::as_object).cloned().unwrap_or_default();
    let of = |resource: Value| {
        let properties = resource.get("Properties")?.clone();
        let uri = properties.get("CodeUri")?.as_str()?.trim_end_matches('/').to_owned();
        Some((uri.rsplit('/').next()?.to_owned(), properties))
    };
    resources.into_iter().filter_map(|(_, resource)| of(resource)).collect()
}

async fn starts(layout: &Layout, name: &str, function: &Value, template: &Template, aws: &AwsStandIn) -> Result<Found> {
    let binary = binary(layout, name);
    let bytes = std::fs::metadata(&binary).map_err(LocalError::io(format!("reading {}", binary.display())))?.len();
    let mut found = Found { name: name.to_owned(), bytes, starts: Vec::new(), resident_kib: Vec::new() };
    for _ in 0..STARTS {
        let api = RuntimeApi::start(Vec::new()).await?;
        let since = Instant::now();
        let mut child = spawn(&binary, function, template, &api, aws)?;
        let ready = tokio::time::timeout(PATIENCE, api.drained()).await;
        let resident = processes::resident_kib(child.id());
        end(&mut child);
        ready.map_err(|_| LocalError::Failed(format!("{name} did not ask for work")))?;
        let poll = api.moments(|moments| moments.polls.first().copied());
        found.starts.extend(poll.map(|at| at.duration_since(since)));
        found.resident_kib.extend(resident);
    }
    found.starts.sort();
    found.resident_kib.sort_unstable();
    Ok(found)
}

/// A function that people wait for answers a look-up of an order that is not there: a secret, then a query, over connections that
/// were or were not warmed.
async fn first_answers(layout: &Layout, template: &Template, aws: &AwsStandIn) -> Result<String> {
    let name = "orders";
    let Some((_, function)) = functions(template).into_iter().find(|(known, _)| known == name) else {
        return Ok(String::new());
    };
    let mut first = Vec::new();
    let mut second = Vec::new();
    let mut later = Vec::new();
    let mut before_first = 0;
    for _ in 0..STARTS {
        let api = RuntimeApi::start(vec![event(); EVENTS]).await?;
        let handshakes = aws.handshakes();
        let mut child = spawn(&binary(layout, name), &function, template, &api, aws)?;
        let ready = tokio::time::timeout(PATIENCE, api.drained()).await;
        end(&mut child);
        ready.map_err(|_| LocalError::Failed(format!("{name} did not answer")))?;
        before_first = aws.handshakes().saturating_sub(handshakes);
        api.moments(|moments| {
            let wrong = moments.answers.iter().find(|(_, body)| !body.contains("404"));
            if let Some((_, body)) = wrong {
                return Err(LocalError::Failed(format!("{name} should answer 404: {body}")));
            }
            let mut times =
                moments.given.iter().zip(&moments.answers).map(|(given, (at, _))| at.duration_since(*given));
            first.extend(times.next());
            second.extend(times.next());
            later.extend(times);
            Ok(())
        })?;
    }
    let row = |name: &str, mut times: Vec<Duration>| {
        times.sort();
        vec![name.to_owned(), milliseconds(times.first()), milliseconds(median(&times)), milliseconds(times.last())]
    };
    let rows = [row("first", first), row("second", second), row("all later ones", later)];
    let table = markdown(&["answers of `orders`, ms", "least", "median", "most"], &rows);
    Ok(format!(
        "A look-up over TLS 1.3 on this machine, {STARTS} processes of {EVENTS} events each, {before_first} handshakes in a process's \
         life:\n\n{table}"
    ))
}

/// CPU milliseconds that a look-up costs a binary of `orders`, over TLS: two runs of one process each, of which one has a thousand
/// events more, so that the start cancels out. The least of three, since CPU time grows when caches are shared.
///
/// # Errors
/// It does not answer.
pub async fn cpu_of_a_look_up(layout: &Layout, binary: &PathBuf) -> Result<Decimal> {
    const MORE: usize = 1000;
    let stand_in = AwsStandIn::start(&layout.home().join("tls"), TOKEN).await?;
    let template = Template::read(&layout.template())?;
    let function = functions(&template).into_iter().find(|(name, _)| name == "orders");
    let (_, function) = function.ok_or_else(|| LocalError::Failed("the template has no orders".to_owned()))?;
    let mut least = None;
    for _ in 0..3 {
        let mut used = [Decimal::ZERO; 2];
        for (cpu, events) in used.iter_mut().zip([EVENTS, EVENTS + MORE]) {
            let api = RuntimeApi::start(vec![event(); events]).await?;
            let mut child = spawn(binary, &function, &template, &api, &stand_in)?;
            let ready = tokio::time::timeout(PATIENCE, api.drained()).await;
            let process = Process { pid: child.id(), function: "orders".to_owned() };
            *cpu = processes::exact_cpu_ms(&[process]).into_values().sum();
            end(&mut child);
            ready.map_err(|_| LocalError::Failed("orders did not answer".to_owned()))?;
        }
        let [few, many] = used;
        let one = (many - few) / Decimal::from(MORE);
        least = Some(least.map_or(one, |known: Decimal| known.min(one)));
    }
    Ok(least.unwrap_or_default().round_dp(3))
}

fn event() -> String {
    let path = "/v1/orders/0000000000000000000000bench";
    json!({
        "version": "2.0", "routeKey": "GET /v1/orders/{order_id}", "rawPath": path, "rawQueryString": "",
        "headers": { "authorization": format!("Bearer {TOKEN}"), "host": "bench" },
        "requestContext": {
            "accountId": "1", "apiId": "a", "domainName": "bench", "domainPrefix": "a",
            "http": { "method": "GET", "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7", "userAgent": "b" },
            "requestId": "req-1", "routeKey": "GET /v1/orders/{order_id}", "stage": "$default",
            "time": "22/Nov/2026:00:00:00 +0000", "timeEpoch": 1_795_000_000_000_i64,
        },
        "isBase64Encoded": false,
    })
    .to_string()
}

fn binary(layout: &Layout, name: &str) -> PathBuf {
    layout.staged().join(name).join("bootstrap")
}

/// As Lambda starts it: nothing but its own environment.
fn spawn(binary: &PathBuf, function: &Value, template: &Template, api: &RuntimeApi, aws: &AwsStandIn) -> Result<Child> {
    let memory = function.get("MemorySize").map_or_else(|| "128".to_owned(), Value::to_string);
    Command::new(binary)
        .env_clear()
        .envs(variables(function, template))
        .env("AWS_LAMBDA_RUNTIME_API", &api.address)
        .env("AWS_LAMBDA_FUNCTION_NAME", "bench")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", memory)
        .env("AWS_LAMBDA_LOG_STREAM_NAME", "bench")
        .env("AWS_LAMBDA_LOG_GROUP_NAME", "bench")
        .env("AWS_REGION", crate::engine::REGION)
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_ENDPOINT_URL", &aws.url)
        .env("SSL_CERT_FILE", &aws.authority)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(LocalError::io(format!("starting {}", binary.display())))
}

/// What the template gives it; for what is known only after a deployment, something of that form.
fn variables(function: &Value, template: &Template) -> Vec<(String, String)> {
    let given = function.pointer("/Environment/Variables").and_then(Value::as_object);
    let mut variables: Vec<(String, String)> =
        vec![("STAGE".to_owned(), "prod".to_owned()), ("LOG_LEVEL".to_owned(), "info".to_owned())];
    variables.extend(given.into_iter().flatten().map(|(name, value)| {
        let value = facts::text(value, template.body());
        let is_known = !value.starts_with('{') && !SET_UP.contains(&name.as_str());
        let value = if is_known { value } else { placeholder(name) };
        (name.clone(), value)
    }));
    variables
}

fn placeholder(name: &str) -> String {
    if name.ends_with("_ARN") {
        format!("arn:aws:bench:us-east-1:000000000000:{}", name.to_ascii_lowercase())
    } else if name.ends_with("_URL") {
        "https://127.0.0.1:9/bench".to_owned()
    } else {
        "bench".to_owned()
    }
}

fn end(child: &mut Child) {
    // It waits for work for ever; that it is gone is all that is wanted.
    child.kill().ok();
    child.wait().ok();
}

fn table(found: &[Found]) -> String {
    let rows: Vec<Vec<String>> = found
        .iter()
        .map(|one| {
            vec![
                one.name.clone(),
                format!("{}.{}", one.bytes / 1_000_000, one.bytes / 100_000 % 10),
                milliseconds(one.starts.first()),
                milliseconds(median(&one.starts)),
                median(&one.resident_kib)
                    .map_or_else(String::new, |kib| format!("{}.{}", kib / 1024, kib % 1024 * 10 / 1024)),
            ]
        })
        .collect();
    markdown(&["function", "MB", "start to first poll, least ms", "median ms", "resident MiB"], &rows)
}

fn median<T>(sorted: &[T]) -> Option<&T> {
    sorted.get(sorted.len() / 2)
}

/// With one decimal.
pub fn milliseconds(time: Option<&Duration>) -> String {
    time.map_or_else(String::new, |time| format!("{}.{}", time.as_micros() / 1000, time.as_micros() / 100 % 10))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// Nobody runs the bench for weeks: what the template gains meanwhile must not keep a function from starting.
    #[test]
    fn a_function_starts_with_the_templates_own_settings() {
        let template = Template::read(&Layout::of_workspace().template()).unwrap();
        let functions = functions(&template);
        assert_eq!(functions.len(), 13);
        for (name, function) in &functions {
            for (variable, value) in variables(function, &template) {
                let is_made_up =
                    value == "bench" || value.starts_with("arn:aws:bench") || value.contains("//127.0.0.1:9/");
                let is_a_thing =
                    ["_TABLE", "_ARN", "_URL", "_NAME", "_INDEX"].iter().any(|end| variable.ends_with(end));
                assert!(is_a_thing || !is_made_up, "{name}: {variable}={value}");
                let is_off = ["BENEFITS_URL", "BENEFITS_SECRET_ARN", "PAYPAL_SECRET_ARN", "REFUND_APPROVAL_ABOVE"];
                assert!(!is_off.contains(&variable.as_str()) || value.is_empty(), "{name}: {variable}={value}");
            }
        }
    }
}
