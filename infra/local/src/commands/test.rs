//! `cargo local test`: installs what the tests need, runs all of them, counts.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use local_stack::error::{LocalError, Result};
use local_stack::layout::Layout;
use local_stack::progress::Progress;
use local_stack::python::{self, Purpose};
use local_stack::{bootstraps, testing};

use crate::cli::TestArgs;
use crate::commands::dynamodb_local;

pub(crate) async fn run(layout: &Layout, args: &TestArgs, progress: Progress) -> Result<()> {
    let skipped = prepare_skip_file(layout)?;
    if python::ready(layout, Purpose::Tests).is_none() {
        progress.say("Installing what the tests need into target/local/venv, the first time only …");
    }
    // The network and the compiler do not wait for one another.
    let tools = {
        let layout = layout.clone();
        tokio::task::spawn_blocking(move || {
            let python = python::prepare(&layout, Purpose::Tests)?;
            let database = dynamodb_local::prepare(&layout, &python);
            Ok::<_, LocalError>((python, database))
        })
    };
    bootstraps::build(layout, false, progress)?;
    let (python, database) = tools.await.map_err(LocalError::engine("installing what the tests need"))??;
    let mut command = bootstraps::cargo(layout);
    command
        .args(["test", "--workspace", "--no-fail-fast", "--"])
        .args(&args.args)
        .env(testing::PYTHON, python)
        .env(testing::STAGED, "1")
        .env(testing::SKIPPED, &skipped);
    match database {
        Ok(folder) => {
            command.env(testing::DYNAMODB_LOCAL, folder);
        }
        Err(reason) => progress.say(&format!("DynamoDB Local is not there: {reason}")),
    }
    let (mut count, ended_well) = run_counting(&mut command)?;
    let skipped = read_skips(&skipped);
    count.name_skipped(skipped.len());
    report(&count, &skipped, ended_well)
}

/// What the test runner said, summed over all its binaries.
#[derive(Debug, Default, PartialEq, Eq)]
struct Count {
    passed: usize,
    failed: usize,
    skipped: usize,
}

impl Count {
    /// Takes in a line such as `test result: ok. 12 passed; 0 failed; 1 ignored; …`.
    fn read(&mut self, line: &str) {
        let Some(rest) = line.trim_start().strip_prefix("test result: ") else { return };
        for part in rest.split(['.', ';']) {
            let mut words = part.split_whitespace();
            let (Some(number), Some(what)) = (words.next().and_then(|word| word.parse::<usize>().ok()), words.next())
            else {
                continue;
            };
            match what {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.skipped += number,
                _ => {}
            }
        }
    }

    /// A test that found that it cannot run has passed for the runner.
    fn name_skipped(&mut self, number: usize) {
        self.passed = self.passed.saturating_sub(number);
        self.skipped += number;
    }
}

fn prepare_skip_file(layout: &Layout) -> Result<PathBuf> {
    let home = layout.home();
    std::fs::create_dir_all(home).map_err(LocalError::io(format!("creating {}", home.display())))?;
    let path = home.join("skipped-tests");
    std::fs::write(&path, "").map_err(LocalError::io(format!("writing {}", path.display())))?;
    Ok(path)
}

fn read_skips(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().map(|line| line.replacen('\t', ": ", 1)).collect()
}

/// Runs the tests with their output shown as it comes.
fn run_counting(command: &mut Command) -> Result<(Count, bool)> {
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(LocalError::io("starting cargo test"))?;
    let mut count = Count::default();
    if let Some(out) = child.stdout.take() {
        for line in BufReader::new(out).split(b'\n') {
            let line = line.map_err(LocalError::io("reading the tests' output"))?;
            count.read(&String::from_utf8_lossy(&line));
            let mut shown = std::io::stdout().lock();
            shown
                .write_all(&line)
                .and_then(|()| shown.write_all(b"\n"))
                .map_err(LocalError::io("showing the tests' output"))?;
        }
    }
    let status = child.wait().map_err(LocalError::io("waiting for cargo test"))?;
    Ok((count, status.success()))
}

/// The count is the last line, whatever happened.
fn report(count: &Count, skipped: &[String], ended_well: bool) -> Result<()> {
    for line in skipped {
        println!("skipped: {line}");
    }
    let problem = if !ended_well && count.failed == 0 {
        Some("the tests did not all run: see the messages above")
    } else if testing::in_ci() && count.skipped > 0 {
        Some("in CI a skipped test is a failure")
    } else if !ended_well || count.failed > 0 {
        Some("tests failed: they are named above")
    } else {
        None
    };
    if let Some(problem) = problem {
        println!("{problem}");
    }
    println!("{} passed, {} failed, {} skipped", count.passed, count.failed, count.skipped);
    match problem {
        None => Ok(()),
        // The count stays the last line.
        Some(_) => Err(LocalError::Told),
    }
}

#[cfg(test)]
mod tests {
    use super::Count;

    #[test]
    fn results_are_summed_over_binaries() {
        let mut count = Count::default();
        for line in [
            "running 3 tests",
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.01s",
            "test result: FAILED. 4 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.20s",
            "test result_of_something ... ok",
        ] {
            count.read(line);
        }
        assert_eq!(count, Count { passed: 16, failed: 2, skipped: 1 });
    }

    #[test]
    fn a_test_that_could_not_run_is_not_counted_as_passed() {
        let mut count = Count { passed: 10, failed: 0, skipped: 1 };
        count.name_skipped(2);
        assert_eq!(count, Count { passed: 8, failed: 0, skipped: 3 });
    }
}
