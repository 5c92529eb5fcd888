//! What `cargo local test` tells the tests, and how a test says that it could not run. Plain `cargo test` sets none of this: tests
//! then find out for themselves and skip what they cannot do.

use std::io::Write;
use std::path::Path;

use crate::engine::{self, Lifetime};
use crate::error::{LocalError, Result};
use crate::layout::Layout;
use crate::progress::Progress;
use crate::settings::Settings;
use crate::stack::{self, Functions, Options};
use crate::stack_file::StackFile;

/// Python with the engine and the providers' own packages in it.
pub const PYTHON: &str = "WAYBILL_TEST_PYTHON";
/// The folder of DynamoDB Local: `DynamoDBLocal.jar` and `DynamoDBLocal_lib`. Not set where there is no Java.
pub const DYNAMODB_LOCAL: &str = "WAYBILL_TEST_DYNAMODB_LOCAL";
/// `1` if the functions in `target/lambda` are built from this very source.
pub const STAGED: &str = "WAYBILL_TEST_STAGED";
/// A `stack.json` of a stack that is up: the smoke tests use it instead of starting one. Set by whoever runs the tests.
pub const STACK: &str = "WAYBILL_TEST_STACK";
/// A file to which each skipped test adds a line: its name, a tab, the reason.
pub const SKIPPED: &str = "WAYBILL_TEST_SKIPPED";
/// Set on build machines, where nothing may be skipped.
pub const CI: &str = "CI";

/// A stack for tests: the one that [`STACK`] names, or else a new one on a free port, at home in `target/local/<name>`, which
/// ends with this process at the latest.
///
/// # Errors
/// As for [`stack::up`].
pub async fn stack(name: &str, settings: Settings) -> Result<StackFile> {
    if let Some(path) = std::env::var_os(STACK) {
        return StackFile::read(Path::new(&path));
    }
    let options = Options {
        port: Some(engine::free_port()?),
        fresh: true,
        functions: if std::env::var_os(STAGED).is_some() { Functions::Staged } else { Functions::Dev },
        settings,
        lifetime: Lifetime::ThisProcess,
    };
    let layout = Layout::named(name);
    // Left over from a run that was killed this very moment.
    engine::stop(&layout).await?;
    Ok(stack::up(&layout, &options, Progress::silent()).await?.file)
}

/// Says that a test could not run: on standard error, where the test harness does not swallow it, and for the final count.
///
/// # Errors
/// On a build machine, where a skip is a failure.
pub fn skip(test: &str, reason: &str) -> Result<()> {
    let mut err = std::io::stderr().lock();
    writeln!(err, "skipped: {test}: {reason}").ok();
    if let Some(path) = std::env::var_os(SKIPPED) {
        std::fs::File::options()
            .append(true)
            .create(true)
            .open(path)
            .and_then(|mut file| file.write_all(format!("{test}\t{reason}\n").as_bytes()))
            .map_err(LocalError::io("noting a skipped test"))?;
    }
    if in_ci() {
        return Err(LocalError::Failed(format!("{test} was skipped, which is a failure in CI: {reason}")));
    }
    Ok(())
}

/// Whether this is a build machine.
pub fn in_ci() -> bool {
    std::env::var(CI).is_ok_and(|value| !value.is_empty() && value != "false" && value != "0")
}
