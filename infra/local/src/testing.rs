//! What `cargo local test` tells the tests, and how a test says that it could not run. Plain `cargo test` sets none of this: tests
//! then find out for themselves and skip what they cannot do.

use std::io::Write;
use std::path::Path;

use crate::access;
use crate::engine::{self, Lifetime, Roles};
use crate::error::{LocalError, Result};
use crate::layout::Layout;
use crate::progress::Progress;
use crate::settings::Settings;
use crate::stack::{self, Functions, Options};
use crate::stack_file::StackFile;

/// Python with the engine and the providers' own packages in it.
pub const PYTHON: &str = "WAYBILL_TEST_PYTHON";
/// The folder with the providers' own packages for Node. Not set where there is no npm.
pub const NODE_MODULES: &str = "WAYBILL_TEST_NODE_MODULES";
/// The address of DynamoDB Local. Not set where there is no Java.
pub const DYNAMODB_LOCAL: &str = "WAYBILL_DYNAMODB_LOCAL";
/// The address of an engine without a stack, for tests of single services.
pub const MINISTACK: &str = "WAYBILL_MINISTACK";
/// `1` if the functions in `target/lambda` are built from this very source.
pub const STAGED: &str = "WAYBILL_TEST_STAGED";
/// A `stack.json` of a stack that is up: the smoke tests use it instead of starting one. Set by whoever runs the tests.
pub const STACK: &str = "WAYBILL_STACK";
/// The home of the whole-stack tests' stack.
pub const WHOLE_STACK: &str = "tests";
/// How many orders the chaos tests walk through their lives; without it they are short. Set by `cargo local chaos`.
pub const CHAOS_ORDERS: &str = "WAYBILL_CHAOS_ORDERS";
/// Where the chaos tests' chance begins.
pub const CHAOS_SEED: &str = "WAYBILL_CHAOS_SEED";
/// Set on build machines, where nothing may be skipped.
pub const CI: &str = "CI";
/// How a line begins that says that a test could not run. `cargo local test` counts such lines.
pub const SKIPPED: &str = "SKIPPED: ";

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
        roles: Roles::HeldToPolicies,
        endpoint: None,
    };
    let layout = Layout::named(name);
    // Left over from a run that was killed this very moment.
    engine::stop(&layout).await?;
    let file = stack::up(&layout, &options, Progress::silent()).await?.file;
    access::note_grants(&layout, file.engine_url.as_deref().unwrap_or_default()).await?;
    Ok(file)
}

/// Says that a test could not run: on standard error itself, since the test runner swallows what a passing test prints.
///
/// # Errors
/// On a build machine, where a skip is a failure.
pub fn skip(test: &str, reason: &str) -> Result<()> {
    writeln!(std::io::stderr(), "{SKIPPED}{test}: {reason}").ok();
    if in_ci() {
        return Err(LocalError::Failed(format!("{test} was skipped, which is a failure in CI: {reason}")));
    }
    Ok(())
}

/// Whether this is a build machine.
pub fn in_ci() -> bool {
    std::env::var(CI).is_ok_and(|value| !value.is_empty() && value != "false" && value != "0")
}
