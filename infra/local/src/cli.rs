//! The command line.

use clap::{Args, Parser, Subcommand};
use local_stack::engine::Lifetime;
use local_stack::error::Result;
use local_stack::settings::{self, Settings};
use local_stack::stack::{Functions, Options};

/// Waybill on this machine: the real template on a local engine, in one command.
#[derive(Debug, Parser)]
#[command(name = "cargo local", bin_name = "cargo local", after_help = after_help())]
pub(crate) struct Cli {
    /// Another stack beside the usual one, with its files in target/local/NAME; it needs a port of its own
    #[arg(long, global = true, value_name = "NAME", value_parser = stack_name)]
    pub(crate) stack: Option<String>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Build, start, deploy and seed the stack, and leave it running; quick when it is up already.
    Up(UpArgs),
    /// Stop what `up` started. Its data goes with it.
    Down,
    /// Walk orders through their whole life on the running stack, starting it if needed.
    Demo(DemoArgs),
    /// What is running, what waits in the queues, what waits for a person.
    Status,
    /// The functions' logs, oldest first.
    Logs(LogsArgs),
    /// Send what lies in the dead-letter queues back to where it came from.
    Redrive(RedriveArgs),
    /// Install what the tests need and run all of them.
    Test(TestArgs),
}

#[derive(Debug, Args)]
pub(crate) struct UpArgs {
    /// Port of the engine on 127.0.0.1 [default: the running one's, or 4566]
    #[arg(long)]
    port: Option<u16>,
    /// Drop the state: begin with an empty engine
    #[arg(long)]
    fresh: bool,
    /// Build the functions for speed, as they are deployed to AWS (takes minutes)
    #[arg(long)]
    release: bool,
    /// Take the functions as they lie in target/lambda/<function>/bootstrap
    #[arg(long, conflicts_with = "release")]
    no_build: bool,
    /// Choose a setting; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    #[command(flatten)]
    pub(crate) up: UpArgs,
    /// Walk only the orders whose name contains this
    #[arg(long, value_name = "PART")]
    pub(crate) only: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct LogsArgs {
    /// Go on printing as lines arrive, until interrupted
    #[arg(long, short)]
    pub(crate) follow: bool,
    /// Only this function, by its folder's name; may be repeated
    #[arg(long, value_name = "NAME")]
    pub(crate) function: Vec<String>,
    /// How many minutes back
    #[arg(long, default_value_t = 60)]
    pub(crate) minutes: u32,
    /// Only lines that contain this, such as an order id
    pub(crate) containing: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct RedriveArgs {
    /// Only this queue, by its name in stack.json
    pub(crate) queue: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// For the test runner, such as part of a test's name
    #[arg(last = true)]
    pub(crate) args: Vec<String>,
}

impl UpArgs {
    /// What the library takes.
    pub(crate) fn options(&self) -> Result<Options> {
        let functions = match (self.release, self.no_build) {
            (true, _) => Functions::Release,
            (false, true) => Functions::Staged,
            (false, false) => Functions::Dev,
        };
        Ok(Options {
            port: self.port,
            fresh: self.fresh,
            functions,
            settings: Settings::parse(&self.set)?,
            lifetime: Lifetime::UntilStopped,
        })
    }
}

/// A name that is a folder beside those that all stacks share.
fn stack_name(text: &str) -> std::result::Result<String, String> {
    let fits =
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    match text {
        "venv" | "packages" | "tmp" | "dynamodb-local" => Err("this folder is in use for something else".to_owned()),
        _ if fits => Ok(text.to_owned()),
        _ => Err("lower-case letters, digits and hyphens only".to_owned()),
    }
}

fn after_help() -> String {
    format!("Settings for `up --set` and `demo --set`:\n{}", settings::listing())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::{Cli, Command, Functions};

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_stacks_name_is_a_folder_of_its_own() {
        for (name, fits) in [("tests-2", true), ("venv", false), ("../x", false), ("", false), ("Big", false)] {
            assert_eq!(super::stack_name(name).is_ok(), fits, "{name}");
        }
    }

    #[test]
    fn what_the_contract_writes_is_understood() {
        let line = "local up --port 4600 --fresh --release --set providers.stripe.api_base=http://127.0.0.1:9999 --set order.payment_window_seconds=5";
        let Command::Up(up) = Cli::parse_from(line.split(' ')).command else { panic!("not up") };
        let options = up.options().unwrap();
        assert_eq!(options.port, Some(4600));
        assert!(options.fresh);
        assert_eq!(options.functions, Functions::Release);
        assert_eq!(options.settings.get("order.payment_window_seconds"), Some("5"));
        let Command::Test(test) = Cli::parse_from(["local", "test", "--", "burst", "--nocapture"]).command else {
            panic!("not test")
        };
        assert_eq!(test.args, ["burst", "--nocapture"]);
    }
}
