//! Runs the simulator: `cargo local simulate` builds this and passes its arguments on.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use oms_testkit::faults::Fault;
use oms_testkit::sim::chance::{About, Decisions, NOBODY};
use oms_testkit::sim::run::{self, Ended, Sum};
use oms_testkit::sim::shrink;
use serde::{Deserialize, Serialize};

/// How long a failing life is made shorter at most.
const SHRINKING: Duration = Duration::from_secs(60);
/// How many lines of a failing life are shown.
const LAST_LINES: usize = 60;
/// How many lines of what a check says are shown.
const MOST_WORDS: usize = 30;

/// Random lives of many orders, from seeds: see docs/simulator.md
#[derive(Debug, Parser)]
#[command(name = "simulate", bin_name = "cargo local simulate")]
struct Args {
    /// How many seeds
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    /// The first seed
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Only this seed
    #[arg(long, conflicts_with_all = ["seeds", "from"])]
    seed: Option<u64>,
    /// A shorter life that a failing run has written to a file
    #[arg(long, conflicts_with_all = ["seeds", "from", "seed"])]
    replay: Option<PathBuf>,
    /// Print what happens (with --seed or --replay)
    #[arg(long)]
    trace: bool,
    /// Threads [default: one for each core]
    #[arg(long)]
    threads: Option<usize>,
}

/// A life in a file.
#[derive(Debug, Serialize, Deserialize)]
struct Saved {
    seed: u64,
    /// What is decided otherwise than plainly.
    decisions: Vec<(About, u32)>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let ended = match (&args.replay, args.seed) {
        (Some(file), _) => replay(file, args.trace),
        (None, Some(seed)) => Ok(one(run::live(seed, args.trace))),
        (None, None) => many(&args),
    };
    match ended {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn replay(file: &Path, trace: bool) -> Result<bool, String> {
    let text = std::fs::read_to_string(file).map_err(|e| format!("reading {}: {e}", file.display()))?;
    let saved: Saved = serde_json::from_str(&text).map_err(|e| format!("{}: {e}", file.display()))?;
    Ok(one(run::replay(saved.seed, saved.decisions.into_iter().collect(), trace)))
}

/// One life. Whether it ended well.
fn one(ended: Ended) -> bool {
    for line in &ended.lines {
        println!("{line}");
    }
    let Ended { seed, hash, figures, failure, .. } = ended;
    let days = figures.seconds / 86_400;
    println!("seed {seed}: {} orders, {} calls, {days} days, trace {hash:016x}", figures.orders, figures.steps);
    if let Some(failure) = &failure {
        println!("\nFAILED at {}\n{}", failure.place, failure.message);
    }
    failure.is_none()
}

/// Many lives. Whether all ended well.
fn many(args: &Args) -> Result<bool, String> {
    let threads = args.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let seeds = args.from..args.from.saturating_add(args.seeds);
    let shows = std::io::stderr().is_terminal();
    let began = Instant::now();
    let total = args.seeds;
    let sum = run::run(seeds, threads, |done| {
        if shows && done.is_multiple_of(50) {
            eprint!("\r{done} of {total} seeds, {} s ", began.elapsed().as_secs());
            let _ = std::io::stderr().flush();
        }
    });
    if shows {
        eprintln!();
    }
    report(&sum, began.elapsed(), threads);
    match sum.failed {
        None => Ok(true),
        Some(failed) => explain(&failed).map(|()| false),
    }
}

fn report(sum: &Sum, took: Duration, threads: usize) {
    let f = &sum.figures;
    let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX).max(1);
    let faults: u64 = f.faults.iter().sum();
    let kinds: Vec<String> = Fault::ALL.iter().zip(f.faults).map(|(kind, count)| format!("{kind:?} {count}")).collect();
    println!("seeds           {} on {threads} threads, {}.{:03} s", sum.lives, ms / 1000, ms % 1000);
    println!("orders          {} with {} commits", f.orders, f.commits);
    println!("port calls      {}, {} a second", f.steps, f.steps.saturating_mul(1000) / ms);
    println!("turns           {} in which somebody else went first", f.turns);
    println!("faults          {faults}: {}", kinds.join(", "));
    println!("killed          {} functions out of time", f.killed);
    println!("handled         {} requests, messages, batches and sweeps; {} put aside", f.handled, f.put_aside);
    println!("simulated       {} days", f.seconds / 86_400);
    println!("trace of all    {:016x}", sum.hash);
}

/// Says what went wrong, with the shortest life that shows it.
fn explain(failed: &Ended) -> Result<(), String> {
    let seed = failed.seed;
    let Some(failure) = &failed.failure else { return Ok(()) };
    println!("\nseed {seed} FAILED at {}", failure.place);
    println!("making it shorter …");
    let Some(shorter) = shrink::shrink(seed, failed, SHRINKING) else { return Ok(()) };
    let (from, to) = (failed.decisions.len(), shorter.decisions.len());
    println!(
        "{from} decisions made {to}, {} calls made {}, after {} lives\n",
        failed.figures.steps, shorter.ended.figures.steps, shorter.tries
    );
    for (about, value) in &shorter.decisions {
        println!("  {}", decision(about, *value));
    }
    println!();
    let lines = &shorter.ended.lines;
    let skipped = lines.len().saturating_sub(LAST_LINES);
    if skipped > 0 {
        println!("… {skipped} lines");
    }
    for line in lines.iter().skip(skipped) {
        println!("{line}");
    }
    let failure = shorter.ended.failure.as_ref().unwrap_or(failure);
    println!("\nFAILED at {}", failure.place);
    let message: Vec<&str> = failure.message.lines().collect();
    for line in message.iter().take(MOST_WORDS) {
        println!("{line}");
    }
    if message.len() > MOST_WORDS {
        println!("… {} lines more with --replay", message.len() - MOST_WORDS);
    }
    println!();
    let file = save(seed, shorter.decisions)?;
    println!("the shortest:  cargo local simulate --replay {} --trace", file.display());
    println!("the whole:     cargo local simulate --seed {seed} --trace");
    Ok(())
}

fn decision(about: &About, value: u32) -> String {
    let what = format!("{:?}", about.what).to_lowercase();
    let whose = if about.order == NOBODY { String::new() } else { format!(" of order {}", about.order) };
    format!("{what} {}{whose}: {value}", about.nth)
}

fn save(seed: u64, decisions: Decisions) -> Result<PathBuf, String> {
    let folder = Path::new("target/simulator");
    let file = folder.join(format!("seed-{seed}.json"));
    let saved = Saved { seed, decisions: decisions.into_iter().collect() };
    let text = serde_json::to_string(&saved).map_err(|e| e.to_string())?;
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&file, text))
        .map_err(|e| format!("writing {}: {e}", file.display()))?;
    Ok(file)
}
