//! A run of the meter, from the stack to the report.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::bill::Basis;
use super::counts::{Counts, CpuByFunction, LogLine, function_of};
use super::facts::Trigger;
use super::ledger::{Call, Target};
use super::paths::{self, Path};
use super::report::{self, Report, Steps};
use super::session::{Session, Step};
use super::storage::{self, Kept};
use super::{fill, processes};
use crate::error::{LocalError, Result};
use crate::progress::Progress;
use crate::stack::Functions;

/// After how long every order that was walked has come to its look: the look-out time and the sweep's grace.
const UNTIL_DUE: Duration = Duration::from_secs(325);
/// The step of what the sweep does about an order.
const SWEEP: &str = "swept";

/// What is wanted.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder of the stack under `target/local`.
    pub home: String,
    /// Orders in each path.
    pub orders: u64,
    /// Orders that lie in the tables beforehand.
    pub stored: u64,
    /// How long storing them may take.
    pub patience: Duration,
    /// The paths.
    pub paths: Vec<Path>,
    /// Where the functions come from.
    pub functions: Functions,
    /// Whether to wait until the sweep has looked at every order, and count that too.
    pub sweep: bool,
}

/// Brings a stack up, walks, counts, and takes the stack down again.
///
/// # Errors
/// The stack does not come up, or an order does not lead its life.
pub async fn run(options: &Options, progress: Progress) -> Result<Report> {
    let mut session = Session::start(&options.home, options.functions, progress).await?;
    let result = measure(&mut session, options, progress).await;
    session.end().await?;
    result
}

/// What belongs to one path.
struct Walked {
    path: Path,
    orders: BTreeSet<String>,
    steps: Steps,
    rows: BTreeSet<(String, String)>,
}

async fn measure(session: &mut Session, options: &Options, progress: Progress) -> Result<Report> {
    // Its part is counted at the end, all at once.
    session.engine.pause_schedules().await?;
    warm_up(session, options, progress).await?;
    let stored = store(session, options, progress).await?;
    let before = Measured::now(session).await?;
    let mut walked = Vec::new();
    for path in options.paths.iter().filter(|path| **path != Path::Expired) {
        walked.push(walk(session, *path, options.orders, progress).await?);
    }
    // Before a deployment ends the processes.
    let cpu_ms = before.until_now(session).await?;
    if options.paths.contains(&Path::Expired) {
        session.expiring_soon(true, Progress::silent()).await?;
        session.engine.pause_schedules().await?;
        paths::walk(session, Path::Expired).await?;
        session.take_steps();
        session.proxy.ledger.take();
        walked.push(walk(session, Path::Expired, options.orders, progress).await?);
    }
    let sweep = if options.sweep { Some(sweep(session, &mut walked, progress).await?) } else { None };
    let basis = Basis { prices: &session.prices, facts: &session.facts, cpu: &cpu_ms };
    let mut paths = Vec::new();
    for one in &walked {
        let kept = kept(session, &one.rows).await?;
        paths.push(report::path((one.path.name(), one.path.title()), options.orders, &one.steps, kept, basis));
    }
    let queues = session.facts.functions.values().filter(|function| function.trigger == Trigger::Queue).count();
    let monthly = sweep.map(|counts| report::monthly(&counts, u64::try_from(queues).unwrap_or(0), basis));
    Ok(Report {
        functions: build_name(options.functions).to_owned(),
        stored,
        prices: format!("{}, {}", session.prices.region, session.prices.looked_up),
        paths,
        cpu_ms: cpu_ms.clone(),
        monthly: monthly.unwrap_or_default(),
    })
}

fn build_name(functions: Functions) -> &'static str {
    match functions {
        Functions::Dev => "the profile of the daily loop, whose CPU time is many times that of a release",
        Functions::Release => "the release profile",
        Functions::Staged => "as they lay in target/lambda",
    }
}

/// One order through every path: the functions' processes start, and their first calls are not those that are counted.
async fn warm_up(session: &mut Session, options: &Options, progress: Progress) -> Result<()> {
    let step = progress.step("Warming the functions up");
    for path in options.paths.iter().filter(|path| **path != Path::Expired) {
        paths::walk(session, *path).await?;
    }
    session.take_steps();
    session.proxy.ledger.take();
    step.done("warm");
    Ok(())
}

/// Fills the table with copies of an order that was walked for this.
async fn store(session: &mut Session, options: &Options, progress: Progress) -> Result<u64> {
    if options.stored == 0 {
        return Ok(0);
    }
    let order_id = paths::walk(session, Path::Delivered).await?;
    session.take_steps();
    let table = session.shop.stack.orders_table().to_owned();
    let calls = session.proxy.ledger.take();
    let keys: BTreeSet<(String, String)> = calls.into_iter().flat_map(|call| call.rows).collect();
    let rows: Vec<Value> =
        read(session, &keys).await?.into_iter().filter(|(of, _)| *of == table).map(|(_, row)| row).collect();
    let rows: Vec<Value> = rows.into_iter().filter(|row| row.to_string().contains(&order_id)).collect();
    let step = progress.step(&format!("Storing {} orders of {} rows", options.stored, rows.len()));
    let told = |done| step.note(&format!("{done}"));
    // The copies' events are nobody's business; the engine would hand all of them to the publisher.
    session.engine.pause_stream().await?;
    let filled = fill::fill(&session.engine, &table, &rows, &order_id, options.stored, options.patience, told).await?;
    let all = if filled.orders < options.stored { ", then the time was over" } else { "" };
    step.done(&format!("{} orders, {} rows in {} s{all}", filled.orders, filled.rows, filled.took.as_secs()));
    session.engine.skip_stream().await?;
    session.settle_within(options.patience).await?;
    session.proxy.ledger.take();
    Ok(filled.orders)
}

async fn walk(session: &mut Session, path: Path, orders: u64, progress: Progress) -> Result<Walked> {
    let told = progress.step(&format!("Walking {} ({orders} orders)", path.title()));
    let mut walked = Walked { path, orders: BTreeSet::new(), steps: Steps::default(), rows: BTreeSet::new() };
    for number in 0..orders {
        told.note(&format!("{number}"));
        walked.orders.insert(paths::walk(session, path).await?);
        let steps = session.take_steps();
        let mut calls = session.proxy.ledger.take();
        follow_events(session, &mut calls).await?;
        let since = steps.first().map_or(0, |step| step.from);
        let prefix = session.shop.stack.outputs.get("FunctionLogPrefix").cloned().unwrap_or_default();
        let lines = session.engine.log_lines(&prefix, since).await?;
        attribute(session, &mut walked, &steps, &calls, &lines);
    }
    told.done("walked");
    Ok(walked)
}

/// Finds out how many messages the rules of the bus make of the events.
async fn follow_events(session: &Session, calls: &mut [Call]) -> Result<()> {
    for call in calls {
        for event in call.events.iter().filter(|event| !event.is_null()) {
            for pattern in &session.facts.patterns_to_queues {
                let question = json!({ "EventPattern": pattern.to_string(), "Event": event.to_string() });
                let answer = session.engine.call("AWSEvents.TestEventPattern", &question).await?;
                let fits = answer.get("Result").and_then(Value::as_bool).unwrap_or_default();
                call.queued_by_rules += u64::from(fits);
            }
        }
    }
    Ok(())
}

/// Gives every call and line to the step in whose time it came. The sweep's are left out: it comes when its minute is over.
fn attribute(session: &Session, walked: &mut Walked, steps: &[Step], calls: &[Call], lines: &[LogLine]) {
    let (facts, assumed) = (&session.facts, &session.prices.assumed);
    let step_at = |at: i64| steps.iter().find(|step| step.from <= at && at <= step.to)?.name.as_deref();
    let is_swept = |function: &str| facts.functions.get(function).is_some_and(|f| f.trigger == Trigger::Schedule);
    for call in calls {
        if is_swept(&function_of(&call.caller, facts)) {
            walked.swept(session, call);
        } else if let Some(name) = step_at(call.at) {
            walked.steps.of(name).call(&named(session, call), facts, assumed);
            walked.rows.extend(call.rows.iter().cloned());
        }
    }
    for line in lines.iter().filter(|line| !is_swept(&line.function)) {
        if let Some(name) = step_at(line.at) {
            walked.steps.of(name).line(line, facts, assumed);
        }
    }
}

impl Walked {
    /// Counts a call of the sweep's if it is about one of this path's orders.
    fn swept(&mut self, session: &Session, call: &Call) -> bool {
        let text = call.text.as_deref().unwrap_or_default();
        let is_ours = self.orders.iter().any(|order| text.contains(order));
        if is_ours {
            self.steps.of(SWEEP).call(&named(session, call), &session.facts, &session.prices.assumed);
            self.rows.extend(call.rows.iter().cloned());
        }
        is_ours
    }
}

/// The call with the tables' names of `stack.json`, and with the messages that its events become.
fn named(session: &Session, call: &Call) -> Call {
    let tables = &session.shop.stack.tables;
    let name = |physical: &str| {
        let known = tables.iter().find(|(_, table)| table.as_str() == physical);
        known.map_or(physical, |(name, _)| name.as_str()).to_owned()
    };
    Call { units: call.units.named(name), ..call.clone() }
}

/// Lets the sweep look at everything that these orders left due, and counts what it does about them. What a sweep costs that finds
/// nothing comes back.
async fn sweep(session: &mut Session, walked: &mut [Walked], progress: Progress) -> Result<Counts> {
    let step = progress.step("Waiting for the sweep to have looked at every order");
    tokio::time::sleep(UNTIL_DUE).await;
    let function = session.shop.stack.outputs.get("TimersFunctionName").cloned().unwrap_or_default();
    session.engine.invoke(&function).await?;
    session.settle().await?;
    for call in session.proxy.ledger.take() {
        if matches!(call.target, Target::Aws(..)) {
            walked.iter_mut().any(|one| one.swept(session, &call));
        }
    }
    session.engine.invoke(&function).await?;
    session.settle().await?;
    let mut empty = Counts::default();
    for call in session.proxy.ledger.take() {
        let text = call.text.as_deref().unwrap_or_default();
        let about_orders = walked.iter().flat_map(|one| &one.orders).any(|order| text.contains(order));
        if !about_orders {
            empty.call(&named(session, &call), &session.facts, &session.prices.assumed);
        }
    }
    let timers = session.facts.functions.iter().find(|(_, function)| function.trigger == Trigger::Schedule);
    if let Some((name, _)) = timers {
        empty.invocations.insert(name.clone(), 1);
    }
    step.done("done");
    Ok(empty)
}

/// The rows that are there still, by table.
async fn read(session: &Session, keys: &BTreeSet<(String, String)>) -> Result<Vec<(String, Value)>> {
    let mut rows = Vec::new();
    for (table, key) in keys {
        let key: Value = serde_json::from_str(key).map_err(LocalError::engine("reading a key"))?;
        let request = json!({ "TableName": table, "Key": key, "ConsistentRead": true });
        let answer = session.engine.call("DynamoDB_20120810.GetItem", &request).await?;
        rows.extend(answer.get("Item").map(|item| (table.clone(), item.clone())));
    }
    Ok(rows)
}

/// What a path's orders left in the orders table. Rows of the stock table are there anyway.
async fn kept(session: &Session, keys: &BTreeSet<(String, String)>) -> Result<Kept> {
    let table = session.shop.stack.orders_table().to_owned();
    let description = session.engine.call("DynamoDB_20120810.DescribeTable", &json!({ "TableName": table })).await?;
    let indexes = storage::indexes(&description);
    let now = u64::try_from(crate::clock::now().as_second()).unwrap_or_default();
    let mut kept = Kept::default();
    for (_, row) in read(session, keys).await?.iter().filter(|(of, _)| *of == table) {
        kept.row(row, &indexes, session.prices.assumed.row_overhead_bytes, now);
    }
    Ok(kept)
}

/// The functions' CPU time and invocations at a moment.
struct Measured {
    cpu: BTreeMap<u32, Decimal>,
    since: i64,
}

impl Measured {
    async fn now(session: &Session) -> Result<Self> {
        session.settle().await?;
        let processes = processes::of_engine(session.engine_pid);
        Ok(Self { cpu: processes::exact_cpu_ms(&processes), since: crate::clock::now().as_millisecond() })
    }

    /// CPU milliseconds of one invocation since then, by function. A process that was started since counts whole.
    async fn until_now(self, session: &Session) -> Result<CpuByFunction> {
        let processes = processes::of_engine(session.engine_pid);
        let now = processes::exact_cpu_ms(&processes);
        let mut used: CpuByFunction = BTreeMap::new();
        for process in &processes {
            let folder = session.facts.folder_of(&process.function).unwrap_or(&process.function).to_owned();
            let total = now.get(&process.pid).copied().unwrap_or_default();
            let before = self.cpu.get(&process.pid).copied().unwrap_or_default();
            *used.entry(folder).or_default() += total - before;
        }
        let prefix = session.shop.stack.outputs.get("FunctionLogPrefix").cloned().unwrap_or_default();
        let mut counts = Counts::default();
        for line in session.engine.log_lines(&prefix, self.since).await? {
            counts.line(&line, &session.facts, &session.prices.assumed);
        }
        let each = |(function, ms): (String, Decimal)| {
            let invocations = counts.invocations.get(&function).copied().filter(|count| *count > 0)?;
            Some((function, (ms / Decimal::from(invocations)).round_dp(3)))
        };
        Ok(used.into_iter().filter_map(each).collect())
    }
}
