//! `cargo local`: see `cargo local --help`.

mod cli;
mod commands;
mod demo;

use std::process::ExitCode;

use clap::Parser;
use local_stack::error::{LocalError, Result};
use local_stack::layout::Layout;
use local_stack::progress::Progress;

use crate::cli::{Cli, Command};

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(LocalError::Told) => ExitCode::FAILURE,
        Err(error) => {
            Progress::detect().say(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<()> {
    let layout = cli.stack.as_deref().map_or_else(Layout::of_workspace, Layout::named);
    let progress = Progress::detect();
    match cli.command {
        Command::Up(args) => commands::up::run(&layout, &args.options()?, progress).await,
        Command::Down => commands::down::run(&layout, progress).await,
        Command::Status => commands::status::run(&layout).await,
        Command::Logs(args) => commands::logs::run(&layout, &args).await,
        Command::Redrive(args) => commands::redrive::run(&layout, &args).await,
        Command::Bench(args) => commands::bench::run(&args, progress).await,
        Command::Meter(args) => commands::meter::run(&args, progress).await,
        Command::Planted(args) => commands::planted::run(&layout, &args, progress),
        Command::Simulate(args) => commands::simulate::run(&layout, &args).await,
        Command::FuzzApi(args) => commands::fuzz_api::run(&layout, &args, progress).await,
        Command::Ledger(args) => commands::ledger::run(&layout, &args).await,
        Command::Benefits(args) => commands::benefits::run(&layout, &args, progress).await,
        Command::Audit(args) => commands::audit::run(&layout, &args).await,
        Command::Chaos(args) => commands::chaos::run(&layout, &args, progress).await,
        Command::Test(args) => commands::test::run(&layout, &args, progress).await,
        Command::Demo(args) => demo::run(&layout, &args.up.options()?, args.only.as_deref(), progress).await,
    }
}
