//! What the release profile could be: size against speed, each variant built apart and started, with the domain's benches beside it.

use std::path::PathBuf;
use std::process::Stdio;

use serde_json::Value;

use super::binaries;
use crate::bootstraps;
use crate::error::{LocalError, Result};
use crate::layout::Layout;
use crate::meter::table::markdown;
use crate::progress::Progress;

/// Optimisation level and link-time optimisation.
const VARIANTS: [(&str, &str); 3] = [("s", "fat"), ("3", "fat"), ("3", "thin")];
/// The binary whose size is told: a large one, with a database, a queue and HTTP.
const BINARY: &str = "orders";
/// The benches that stand for speed.
const BENCHES: [(&str, &str); 2] =
    [("oms-domain", "decide every step of a life"), ("oms-domain", "read a whole life from JSON")];

/// Builds and measures every variant, one after the other in one folder: minutes each.
///
/// # Errors
/// One does not build.
pub async fn measure(layout: &Layout, progress: Progress) -> Result<String> {
    let mut rows = Vec::new();
    for (level, lto) in VARIANTS {
        let step = progress.step(&format!("opt-level {level}, {lto} LTO"));
        let (binary, size) = build(layout, level, lto)?;
        let cpu = binaries::cpu_of_a_look_up(layout, &binary).await?;
        let mut row = vec![format!("opt-level = {level}, lto = {lto}"), mega(size), cpu.to_string()];
        row.extend(benches(layout, level, lto)?);
        rows.push(row);
        step.done(&format!("{} MB", mega(size)));
    }
    let mut header = vec!["profile", "MB of `orders`", "CPU ms of a look-up by `orders`"];
    header.extend(BENCHES.iter().map(|(_, name)| *name));
    Ok(markdown(&header, &rows))
}

fn environment(level: &str, lto: &str) -> [(&'static str, String); 2] {
    [("CARGO_PROFILE_RELEASE_OPT_LEVEL", level.to_owned()), ("CARGO_PROFILE_RELEASE_LTO", lto.to_owned())]
}

fn folder(layout: &Layout) -> PathBuf {
    layout.root().join("target/profiles")
}

fn build(layout: &Layout, level: &str, lto: &str) -> Result<(PathBuf, u64)> {
    let folder = folder(layout);
    let mut command = bootstraps::cargo(layout);
    command.args(["build", "--release", "--quiet", "--package", BINARY, "--bin", BINARY, "--target-dir"]).arg(&folder);
    run(command.envs(environment(level, lto)))?;
    let binary = folder.join("release").join(BINARY);
    let data = std::fs::metadata(&binary).map_err(LocalError::io(format!("reading {}", binary.display())))?;
    Ok((binary, data.len()))
}

/// The medians of the benches under this profile; benches inherit from the release profile.
fn benches(layout: &Layout, level: &str, lto: &str) -> Result<Vec<String>> {
    let home = folder(layout).join("criterion");
    std::fs::remove_dir_all(&home).ok();
    BENCHES
        .iter()
        .map(|(package, name)| {
            let mut command = bootstraps::cargo(layout);
            command.args(["bench", "--quiet", "--package", package, "--benches", "--target-dir"]).arg(folder(layout));
            command.args(["--", "--noplot", name]).env("CRITERION_HOME", &home).stdout(Stdio::null());
            run(command.envs(environment(level, lto)))?;
            let estimates = home.join(name).join("new/estimates.json");
            let context = format!("reading {}", estimates.display());
            let text = std::fs::read_to_string(&estimates).map_err(LocalError::io(context.clone()))?;
            let value: Value = serde_json::from_str(&text).map_err(LocalError::engine(context))?;
            let median = value.pointer("/median/point_estimate").map(Value::to_string).unwrap_or_default();
            let nanoseconds: u64 = median.split('.').next().and_then(|whole| whole.parse().ok()).unwrap_or_default();
            Ok(format!("{}.{:02} µs", nanoseconds / 1000, nanoseconds % 1000 / 10))
        })
        .collect()
}

fn run(command: &mut std::process::Command) -> Result<()> {
    let status = command.stdin(Stdio::null()).status().map_err(LocalError::io("starting cargo"))?;
    if status.success() {
        Ok(())
    } else {
        Err(LocalError::Failed("a variant of the profile does not build".to_owned()))
    }
}

fn mega(bytes: u64) -> String {
    format!("{}.{:02}", bytes / 1_000_000, bytes % 1_000_000 / 10_000)
}
