//! `cargo local fuzz-api`: Schemathesis drives the API by its document against a stack of its own, with every credential in turn:
//! right requests and wrong ones, and what comes back is held against the document.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use local_stack::engine::{self, Lifetime, Roles};
use local_stack::error::{LocalError, Result};
use local_stack::layout::Layout;
use local_stack::progress::Progress;
use local_stack::stack::{self, Functions, Options};
use local_stack::stack_file::StackFile;
use local_stack::{http, python, testing};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::cli::FuzzApiArgs;
use crate::demo::baskets::Basket;

/// The home of the stack, in `target/local`.
const HOME: &str = "fuzz-api";
/// The tool, and the environment that it gets.
const TOOL: &str = "schemathesis";
/// One request after the other: Python 3.11 cannot compile in two threads at once, which the tool does.
const WORKERS: &str = "1";
/// Checks that are off. API Gateway's HTTP APIs answer a method that no route has with 404, before any function is asked; and what
/// a wrong or missing credential gets is the matter of `tests/it/access`, since to a callback `Authorization` is nothing.
const LEFT_OUT: &str = "unsupported_method,ignored_auth";
/// How long an order may take to get to its warehouse before it is used as it is.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) async fn run(layout: &Layout, args: &FuzzApiArgs, progress: Progress) -> Result<()> {
    if !python::tool_is_ready(layout, TOOL) {
        progress.say("Installing Schemathesis into target/local/schemathesis, the first time only …");
    }
    let programs = {
        let layout = layout.clone();
        tokio::task::spawn_blocking(move || python::tool(&layout, TOOL))
    };
    let home = Layout::named(HOME);
    let options = Options {
        port: Some(engine::free_port()?),
        fresh: true,
        functions: if std::env::var_os(testing::STAGED).is_some() { Functions::Staged } else { Functions::Dev },
        lifetime: Lifetime::ThisProcess,
        roles: Roles::HeldToPolicies,
        ..Options::default()
    };
    stack::down(&home, progress).await?;
    let file = stack::up(&home, &options, progress).await?.file;
    let schemathesis = programs.await.map_err(LocalError::engine("installing Schemathesis"))??.join(TOOL);
    let drive = Drive { schemathesis, home: home.clone(), world: world(&file).await?, seed: args.seed };
    let found = drive.all(&file, args, progress).await;
    stack::down(&home, progress).await?;
    found
}

/// What every run of the tool has in common.
struct Drive {
    schemathesis: PathBuf,
    home: Layout,
    world: Value,
    seed: u64,
}

impl Drive {
    async fn all(&self, file: &StackFile, args: &FuzzApiArgs, progress: Progress) -> Result<()> {
        let chosen = |name: &&String| args.only.is_empty() || args.only.contains(*name);
        let callers: Vec<&String> = file.credentials.keys().filter(chosen).collect();
        if callers.is_empty() {
            return Err(LocalError::Failed("there is no such credential".to_owned()));
        }
        let share = Duration::from_secs(args.seconds) / u32::try_from(callers.len()).unwrap_or(u32::MAX);
        let mut failed = Vec::new();
        for caller in callers {
            let step = progress.step(&format!("Asking as {caller}"));
            let report = self.home.home().join(format!("{caller}.txt"));
            let mut command = self.command(file, file.token(caller)?, share, &report)?;
            let ended = tokio::task::spawn_blocking(move || command.status())
                .await
                .map_err(LocalError::engine("running Schemathesis"))?
                .map_err(LocalError::io("starting Schemathesis"))?;
            let text = std::fs::read_to_string(&report).unwrap_or_default();
            step.done(&summary(&text));
            if !ended.success() {
                println!("{text}");
                failed.push(caller.as_str());
            }
        }
        if failed.is_empty() {
            return Ok(());
        }
        Err(LocalError::Failed(format!("the API does not do what its document says, asked as {}", failed.join(", "))))
    }

    fn command(&self, file: &StackFile, token: &str, share: Duration, report: &Path) -> Result<Command> {
        let out = std::fs::File::create(report).map_err(LocalError::io(format!("creating {}", report.display())))?;
        let err = out.try_clone().map_err(LocalError::io(format!("opening {}", report.display())))?;
        let sources = self.home.engine_sources();
        let mut command = Command::new(&self.schemathesis);
        command
            .arg("--config-file")
            .arg(sources.join("schemathesis.toml"))
            .arg("run")
            .arg(self.home.root().join("docs/openapi.json"))
            .args(["--url", &file.api_url, "--header", &format!("Authorization: Bearer {token}")])
            .args([
                "--checks",
                "all",
                "--exclude-checks",
                LEFT_OUT,
                "--phases",
                "examples,coverage,fuzzing",
                "--mode",
                "all",
            ])
            .args(["--continue-on-failure", "--generation-database", "none", "--no-color", "--workers", WORKERS])
            .args(["--seed", &self.seed.to_string(), "--max-time", &share.as_secs().max(1).to_string()])
            .current_dir(self.home.home())
            .env("SCHEMATHESIS_HOOKS", "fuzz_hooks")
            .env("PYTHONPATH", &sources)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("WAYBILL_FUZZ", self.world.to_string())
            .env("WAYBILL_FUZZ_SEED", self.seed.to_string())
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err);
        Ok(command)
    }
}

/// How many requests were sent, by the tool's own last lines.
fn summary(report: &str) -> String {
    let said = |part: &str| report.lines().rev().map(str::trim).find(|line| line.contains(part)).map(str::to_owned);
    said("generated").or_else(|| said("error")).unwrap_or_else(|| "it says nothing".to_owned())
}

/// Orders in several states, and what is needed to sign: see `fuzz_hooks.py`.
async fn world(file: &StackFile) -> Result<Value> {
    let shop = Shop { client: http::client()?, file };
    let mut orders = Vec::new();
    for (number, provider, quantity) in [("F-1", "cod", 1), ("F-2", "stripe", 2), ("F-3", "cod", 60)] {
        let mut basket = Basket::web(&[("TEE-M", quantity)]);
        basket.provider = provider;
        let mut body = basket.body(number);
        if let Some(customer) = body.get_mut("customer").and_then(Value::as_object_mut) {
            customer.insert("id".to_owned(), json!("c-fuzz"));
        }
        let request = shop.ask("storefront", "POST", "/v1/orders")?.header("idempotency-key", number).json(&body);
        let id = text(&answer(request).await?, "order_id");
        orders.push(json!({
            "order_id": id, "shipment_id": format!("{id}-1"), "refund_id": format!("{id}-r1"), "hold_id": "h1", "anomaly_id": "a1",
        }));
    }
    shop.wait_for_shipment(&orders).await?;
    Ok(json!({
        "orders": orders,
        "things": { "sku": "TEE-M", "location_id": "sz-1" },
        "stripe_secret": file.providers.stripe.webhook_secret,
        "carrier_secret": file.carriers.standard.webhook_secret,
    }))
}

struct Shop<'a> {
    client: reqwest::Client,
    file: &'a StackFile,
}

impl Shop<'_> {
    fn ask(&self, who: &str, method: &str, path: &str) -> Result<RequestBuilder> {
        let method = method.parse().map_err(LocalError::engine("asking the API"))?;
        let request = self.client.request(method, format!("{}{path}", self.file.api_url));
        Ok(request.bearer_auth(self.file.token(who)?))
    }

    /// The first order is paid at the door, so that it goes to its warehouse by itself.
    async fn wait_for_shipment(&self, orders: &[Value]) -> Result<()> {
        let since = Instant::now();
        let id = orders.first().map(|order| text(order, "order_id")).unwrap_or_default();
        while since.elapsed() < PATIENCE {
            let order = answer(self.ask("support", "GET", &format!("/v1/orders/{id}"))?).await?;
            if order.get("shipments").and_then(Value::as_array).is_some_and(|shipments| !shipments.is_empty()) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        Err(LocalError::call("placing an order to ask about", "it does not get to its warehouse"))
    }
}

async fn answer(request: RequestBuilder) -> Result<Value> {
    let context = "placing orders to ask about";
    let answer = request.send().await.map_err(LocalError::engine(context))?;
    let (status, body) = (answer.status(), answer.text().await.map_err(LocalError::engine(context))?);
    if !status.is_success() {
        return Err(LocalError::call(context, format!("{status} {body}")));
    }
    serde_json::from_str(&body).map_err(LocalError::engine(context))
}

fn text(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::summary;

    #[test]
    fn the_tools_last_lines_are_told() {
        assert_eq!(summary("x\nTest cases:\n  1234 generated, 0 skipped\nSeed: 1"), "1234 generated, 0 skipped");
        assert_eq!(summary("Schema Loading error\n"), "Schema Loading error");
        assert_eq!(summary(""), "it says nothing");
    }
}
