//! `cargo local simulate`: builds the simulator for speed and runs it. It is a program of its own, since this one knows
//! none of the product's crates.

use std::process::Command;

use local_stack::bootstraps;
use local_stack::error::{LocalError, Result};
use local_stack::layout::Layout;

use crate::cli::SimulateArgs;

/// The build that the simulator has: with all checks, and optimised.
const PROFILE: &str = "simulate";

pub(crate) async fn run(layout: &Layout, args: &SimulateArgs) -> Result<()> {
    let mut command = bootstraps::cargo(layout);
    if args.pairs {
        pairs(&mut command);
    } else {
        command.args(["run", "--quiet", "--profile", PROFILE, "--package", "oms-testkit", "--bin", "simulate", "--"]);
        command.args(args.arguments());
    }
    let ran = tokio::task::spawn_blocking(move || command.status()).await;
    let status = ran.map_err(LocalError::engine("running the simulator"))?.map_err(|error| {
        LocalError::blocked(format!("cargo did not start: {error}"), "install Rust from https://rustup.rs")
    })?;
    if status.success() { Ok(()) } else { Err(LocalError::Told) }
}

/// The crash matrix of the use cases with all pairs of faults, which takes too long for every run of the tests.
fn pairs(command: &mut Command) {
    command.env("WAYBILL_PAIRS", "all");
    command.args(["test", "--quiet", "--profile", PROFILE, "--package", "oms-app", "--test", "usecases", "--"]);
    command.args(["pairs::", "--nocapture"]);
}
