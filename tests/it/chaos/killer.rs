//! Ends function processes with SIGKILL, at random, by their ids.
//!
//! The engine keeps its tables, queues and workflows in its one process, as AWS keeps them in services that a customer cannot kill.
//! Its workers are the processes that it starts for functions, one for each concurrent invocation, and those are what dies.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use local_stack::process;
use oms_testkit::seeded::Seeded;

/// How long after one death the next one comes, in milliseconds: at least, and below.
const PACE_MS: (u64, u64) = (120, 480);
/// How many answers clients get between two deaths at least. A slow machine does less in the same time than a fast one, and
/// without this one that is slow enough would never finish anything.
const ANSWERS: u64 = 6;
/// What the engine logs when a process dies in the middle of an invocation, and while it starts. It then throws away the
/// function's other processes as well, so that more die than are killed here.
const AT_WORK: &str = "[lambda_runtime] Lambda";
const AT_WORK_TOO: &str = "Runtime exited before returning a response";
const STARTING: &str = "bootstrap exited during init";

/// Who kills.
pub struct Killer {
    engine: u32,
    log: PathBuf,
    before: (usize, usize),
    chance: Seeded,
}

/// What was killed.
#[derive(Debug, Default)]
pub struct Killed {
    /// Processes.
    pub processes: usize,
    /// Invocations that died with their process.
    pub at_work: usize,
    /// Invocations whose process died before it had started.
    pub starting: usize,
    /// By function, where the system tells.
    pub by_function: BTreeMap<String, usize>,
}

impl Killer {
    /// For the engine that is at home in this folder.
    pub fn of(home: &Path, chance: Seeded) -> Self {
        let log = home.join("engine.log");
        let before = deaths(&log);
        Self { engine: engine_of(home), log, before, chance }
    }

    /// Kills until it is told to stop. `answers` says how many requests were answered so far.
    pub async fn until(self, stop: &AtomicBool, answers: impl Fn() -> u64) -> Killed {
        let mut killed = Killed::default();
        let mut at = answers();
        while !stop.load(Ordering::Relaxed) {
            let pause = PACE_MS.0 + self.chance.below(PACE_MS.1 - PACE_MS.0);
            tokio::time::sleep(Duration::from_millis(pause)).await;
            let children = process::children(self.engine);
            let functions: Vec<_> = children.iter().filter(|(_, line)| line.ends_with("/bootstrap")).collect();
            if functions.is_empty() || answers() < at + ANSWERS {
                continue;
            }
            at = answers();
            let (pid, _) = self.chance.pick(&functions);
            *killed.by_function.entry(function(*pid)).or_default() += 1;
            process::kill(*pid);
            killed.processes += 1;
        }
        let (at_work, starting) = deaths(&self.log);
        (killed.at_work, killed.starting) = (at_work - self.before.0, starting - self.before.1);
        killed
    }
}

/// The process of the engine that is at home in this folder.
pub fn engine_of(home: &Path) -> u32 {
    let state = std::fs::read_to_string(home.join("engine.json")).expect("the engine's state");
    let state: serde_json::Value = serde_json::from_str(&state).unwrap();
    u32::try_from(state["pid"].as_u64().unwrap()).unwrap()
}

/// At work, and starting.
fn deaths(log: &Path) -> (usize, usize) {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let at_work = text.lines().filter(|line| line.contains(AT_WORK) && line.contains(AT_WORK_TOO)).count();
    (at_work, text.matches(STARTING).count())
}

/// Which function a process is, by its environment; only Linux shows it.
fn function(pid: u32) -> String {
    let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    let environment = String::from_utf8_lossy(&environment);
    let name = environment.split('\0').find_map(|entry| entry.strip_prefix("AWS_LAMBDA_FUNCTION_NAME="));
    name.unwrap_or("unknown").to_owned()
}
