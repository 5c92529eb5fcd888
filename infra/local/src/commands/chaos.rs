//! `cargo local chaos`: the chaos tests for as long as one asks, with what they measure.

use std::path::Path;

use local_stack::error::{LocalError, Result};
use local_stack::layout::Layout;
use local_stack::progress::Progress;
use local_stack::python::{self, Purpose};
use local_stack::{bootstraps, testing};

use crate::cli::ChaosArgs;

/// All of it, each on an engine that has done nothing yet: one that has lived through a thousand orders and their killed functions
/// takes several times as long for everything, and the next part would measure that.
const PARTS: [&str; 4] = ["chaos::killed", "chaos::loopback", "chaos::poisoned", "chaos::provider"];

pub(crate) async fn run(layout: &Layout, args: &ChaosArgs, progress: Progress) -> Result<()> {
    python::check(layout, Purpose::Tests)?;
    let python = {
        let layout = layout.clone();
        let prepared = tokio::task::spawn_blocking(move || python::prepare(&layout, Purpose::Tests)).await;
        prepared.map_err(LocalError::engine("installing what the tests need"))??
    };
    bootstraps::build(layout, args.release, progress)?;
    // The test runner takes whatever fits any name: a part that is asked for must stand alone.
    if args.args.iter().any(|arg| !arg.starts_with('-')) {
        return part(layout, args, &python, None);
    }
    let mut told = Ok(());
    for name in PARTS {
        told = told.and(part(layout, args, &python, Some(name)));
    }
    told
}

/// One run of the tests, with a stack of its own.
fn part(layout: &Layout, args: &ChaosArgs, python: &Path, name: Option<&str>) -> Result<()> {
    let mut command = bootstraps::cargo(layout);
    command
        .args(["test", "--workspace", "--test", "it", "--", "--nocapture", "--test-threads=1"])
        .args(name)
        .args(&args.args)
        .env(testing::PYTHON, python)
        .env(testing::STAGED, "1")
        .env(testing::CHAOS_ORDERS, args.orders.to_string())
        .env(testing::CHAOS_SEED, args.seed.to_string());
    let status = command.status().map_err(LocalError::io("starting the chaos tests"))?;
    if status.success() { Ok(()) } else { Err(LocalError::Told) }
}
