//! The criterion benches of the rules and the verifiers, as a table.

use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::bootstraps;
use crate::error::{LocalError, Result};
use crate::layout::Layout;
use crate::meter::table::markdown;

/// Packages that have benches.
const PACKAGES: [&str; 2] = ["oms-domain", "oms-providers"];

/// Runs them and reads what criterion wrote down.
///
/// # Errors
/// They do not build or fail.
pub fn measure(layout: &Layout) -> Result<String> {
    let home = layout.root().join("target/criterion");
    std::fs::remove_dir_all(&home).ok();
    for package in PACKAGES {
        let mut command = bootstraps::cargo(layout);
        command.args(["bench", "--package", package, "--benches", "--", "--noplot"]).env("CRITERION_HOME", &home);
        let status = command.stdin(Stdio::null()).status().map_err(LocalError::io("starting cargo bench"))?;
        if !status.success() {
            return Err(LocalError::Failed(format!("the benches of {package} failed")));
        }
    }
    let mut rows = Vec::new();
    collect(&home, &mut rows)?;
    rows.sort();
    Ok(markdown(&["bench", "median", "least sure to"], &rows))
}

/// Each bench's folder has its estimates.
fn collect(home: &Path, rows: &mut Vec<Vec<String>>) -> Result<()> {
    let entries = std::fs::read_dir(home).map_err(LocalError::io(format!("reading {}", home.display())))?;
    for folder in entries.flatten().map(|entry| entry.path().join("new")) {
        let read = |name: &str| -> Option<Value> {
            serde_json::from_str(&std::fs::read_to_string(folder.join(name)).ok()?).ok()
        };
        let (Some(bench), Some(estimates)) = (read("benchmark.json"), read("estimates.json")) else { continue };
        let name = bench.get("full_id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let nanoseconds = |pointer: &str| {
            let value = estimates.pointer(pointer).map(Value::to_string).unwrap_or_default();
            value.split('.').next().and_then(|whole| whole.parse::<u64>().ok()).unwrap_or_default()
        };
        let (low, high) = (
            nanoseconds("/median/confidence_interval/lower_bound"),
            nanoseconds("/median/confidence_interval/upper_bound"),
        );
        let range = format!("{} … {}", shown(low), shown(high));
        rows.push(vec![name, shown(nanoseconds("/median/point_estimate")), range]);
    }
    Ok(())
}

fn shown(nanoseconds: u64) -> String {
    format!("{}.{:02} µs", nanoseconds / 1000, nanoseconds % 1000 / 10)
}
