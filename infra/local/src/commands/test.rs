//! `cargo local test`: installs what the tests need, runs all of them, counts.

use std::io::{BufRead, BufReader, IsTerminal, Read, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use local_stack::engine::{self, Lifetime, Roles};
use local_stack::error::{LocalError, Result};
use local_stack::layout::Layout;
use local_stack::progress::Progress;
use local_stack::python::{self, Purpose};
use local_stack::{access, bootstraps, testing};

use crate::cli::TestArgs;
use crate::commands::dynamodb_local::{self, DynamoDbLocal};
use crate::commands::node_packages;

pub(crate) async fn run(layout: &Layout, args: &TestArgs, progress: Progress) -> Result<()> {
    python::check(layout, Purpose::Tests)?;
    if python::ready(layout, Purpose::Tests).is_none() {
        progress.say("Installing what the tests need into target/local/venv, the first time only …");
    }
    // The network and the compiler do not wait for one another.
    let tools = {
        let layout = layout.clone();
        tokio::task::spawn_blocking(move || {
            let python = python::prepare(&layout, Purpose::Tests)?;
            let database = dynamodb_local::prepare(&layout, &python);
            let node_modules = node_packages::prepare(&layout);
            Ok::<_, LocalError>((python, node_modules, database))
        })
    };
    bootstraps::build(layout, false, progress)?;
    let (python, node_modules, database) =
        tools.await.map_err(LocalError::engine("installing what the tests need"))??;
    let services = Services::start(python, database, progress).await?;
    let mut command = services.tell(bootstraps::cargo(layout), &args.args);
    match node_modules {
        Ok(folder) => drop(command.env(testing::NODE_MODULES, folder)),
        Err(reason) => progress.say(&format!("No packages for Node: {reason}")),
    }
    let whole_stack = Layout::named(testing::WHOLE_STACK);
    access::forget(&whole_stack);
    let ran = tokio::task::spawn_blocking(move || run_counting(command)).await;
    services.stop().await?;
    let (count, ended_well) = ran.map_err(LocalError::engine("running the tests"))??;
    // Some of the tests use some of the permissions only.
    let least = !args.args.is_empty() || roles_are_least(&whole_stack)?;
    report(&count, ended_well, least)
}

/// Whether the roles may do what they did, and nothing else; says what differs.
fn roles_are_least(whole_stack: &Layout) -> Result<bool> {
    let Some(findings) = access::of_last_run(whole_stack)? else { return Ok(true) };
    println!("\nRoles, by what they may do and did:");
    for line in findings.lines() {
        println!("  {line}");
    }
    Ok(findings.is_least())
}

/// What runs beside the tests.
struct Services {
    python: PathBuf,
    /// None where it cannot run; the tests that want it say so themselves.
    database: Option<DynamoDbLocal>,
    layout: Layout,
    engine_url: String,
}

impl Services {
    async fn start(python: PathBuf, database: Result<PathBuf, String>, progress: Progress) -> Result<Self> {
        let step = progress.step("Starting the engine and DynamoDB Local for the tests");
        let layout = Layout::named("test-services");
        std::fs::create_dir_all(layout.home())
            .map_err(LocalError::io(format!("creating {}", layout.home().display())))?;
        engine::stop(&layout).await?;
        let engine =
            engine::start(&layout, &python, engine::free_port()?, Lifetime::ThisProcess, Roles::Trusted, None).await?;
        let database = match database {
            Ok(folder) => DynamoDbLocal::start(&folder).await,
            Err(reason) => Err(reason),
        };
        step.done(match &database {
            Ok(_) => "both run",
            Err(_) => "the engine runs",
        });
        if let Err(reason) = &database {
            progress.say(&format!("No DynamoDB Local: {reason}"));
        }
        Ok(Self { python, database: database.ok(), layout, engine_url: engine.url() })
    }

    /// The test run, told where everything is.
    fn tell(&self, mut cargo: Command, args: &[String]) -> Command {
        cargo
            .args(["test", "--workspace", "--no-fail-fast", "--"])
            .args(args)
            .env(testing::PYTHON, &self.python)
            .env(testing::MINISTACK, &self.engine_url)
            .env(testing::STAGED, "1");
        if let Some(database) = &self.database {
            cargo.env(testing::DYNAMODB_LOCAL, database.url());
        }
        if std::io::stderr().is_terminal() {
            // Its standard error is read here too, so it does not see the terminal.
            cargo.env("CARGO_TERM_COLOR", "always");
        }
        cargo
    }

    async fn stop(self) -> Result<()> {
        engine::stop(&self.layout).await.map(drop)
    }
}

/// What the test runner said, summed over all its binaries.
#[derive(Debug, Default, PartialEq, Eq)]
struct Count {
    passed: usize,
    failed: usize,
    ignored: usize,
    /// What could not run, in the words of the tests.
    skipped: Vec<String>,
}

impl Count {
    /// Takes in a line such as `test result: ok. 12 passed; 0 failed; 1 ignored; …`, or one that names a skip.
    fn read(&mut self, line: &str) {
        if let Some(skipped) = line.strip_prefix(testing::SKIPPED) {
            self.skipped.push(skipped.trim_end().to_owned());
        }
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
                "ignored" => self.ignored += number,
                _ => {}
            }
        }
    }

    /// Both streams of one run.
    fn join(mut self, other: Self) -> Self {
        self.passed += other.passed;
        self.failed += other.failed;
        self.ignored += other.ignored;
        self.skipped.extend(other.skipped);
        self
    }

    fn skips(&self) -> usize {
        self.ignored + self.skipped.len()
    }

    /// The last line. A test that found that it cannot run has passed for the runner, and is not counted so here.
    fn line(&self) -> String {
        let passed = self.passed.saturating_sub(self.skipped.len());
        format!("{passed} passed, {} failed, {} skipped", self.failed, self.skips())
    }
}

/// Runs the tests with their output shown as it comes.
fn run_counting(mut command: Command) -> Result<(Count, bool)> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(LocalError::io("starting cargo test"))?;
    let err = child.stderr.take();
    let err =
        std::thread::spawn(move || err.map_or_else(|| Ok(Count::default()), |from| copy(from, std::io::stderr())));
    let out = child.stdout.take().map_or_else(|| Ok(Count::default()), |from| copy(from, std::io::stdout()));
    let err = err.join().unwrap_or_else(|_| Ok(Count::default()));
    let status = child.wait().map_err(LocalError::io("waiting for cargo test"))?;
    let context = "showing the tests' output";
    let count = out.map_err(LocalError::io(context))?.join(err.map_err(LocalError::io(context))?);
    Ok((count, status.success()))
}

/// Shows each line as it comes, whole, so that the two streams do not cut into one another, and reads it.
fn copy(from: impl Read, mut to: impl Write) -> std::io::Result<Count> {
    let mut count = Count::default();
    for line in BufReader::new(from).split(b'\n') {
        let mut line = line?;
        count.read(&String::from_utf8_lossy(&line));
        line.push(b'\n');
        to.write_all(&line)?;
        to.flush()?;
    }
    Ok(count)
}

/// The count is the last line, whatever happened.
fn report(count: &Count, ended_well: bool, least: bool) -> Result<()> {
    let problem = if !ended_well && count.failed == 0 {
        Some("The tests did not all run: see the messages above.")
    } else if !ended_well || count.failed > 0 {
        Some("Tests failed: they are named above.")
    } else if !least {
        Some("Roles may do more or less than they do: see above.")
    } else if testing::in_ci() && count.skips() > 0 {
        Some("In CI a skipped test is a failure.")
    } else {
        None
    };
    println!();
    for skipped in &count.skipped {
        println!("skipped: {skipped}");
    }
    if let Some(problem) = problem {
        println!("{problem}");
    }
    println!("{}", count.line());
    // The count stays the last line.
    problem.map_or(Ok(()), |_| Err(LocalError::Told))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::{Count, copy, report};

    const OUTPUT: &str = "running 3 tests
SKIPPED: store against DynamoDB Local (set WAYBILL_DYNAMODB_LOCAL or run cargo local test)
test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.01s
test result: FAILED. 4 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.20s
test result_of_something ... ok";

    #[test]
    fn results_are_summed_over_binaries_and_output_is_passed_on() {
        let mut shown = Vec::new();
        let count = copy(OUTPUT.as_bytes(), &mut shown).unwrap();
        assert_eq!(shown, format!("{OUTPUT}\n").as_bytes());
        assert_eq!(count.line(), "15 passed, 2 failed, 2 skipped");
    }

    #[test]
    fn the_run_fails_when_a_test_or_the_runner_does() {
        let count = |passed, failed| Count { passed, failed, ..Count::default() };
        assert!(report(&count(2, 0), true, true).is_ok());
        assert!(report(&count(2, 1), false, true).is_err());
        assert!(report(&count(0, 0), false, true).is_err(), "it did not compile");
        assert!(report(&count(2, 0), true, false).is_err(), "a role may do too much");
    }
}
