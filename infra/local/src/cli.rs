//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use local_stack::engine::{Lifetime, Roles};
use local_stack::error::Result;
use local_stack::settings::{self, Settings};
use local_stack::stack::{Functions, Options};

use crate::commands::benefits::BenefitsArgs;

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
    /// Bad input: Schemathesis drives the API by its document, with every credential in turn.
    FuzzApi(FuzzApiArgs),
    /// Read all tables and check the invariants: money, stock, quantities, tasks; exit code 1 if something disagrees.
    Audit(AuditArgs),
    /// The books of a day or of an order, as CSV.
    Ledger(LedgerArgs),
    /// Run a service that keeps count of coupons and points, until interrupted.
    Benefits(BenefitsArgs),
    /// Kill functions, poison messages and break the payment provider while orders live their lives.
    Chaos(ChaosArgs),
    /// Install what the tests need and run all of them.
    Test(TestArgs),
    /// Live random lives of many orders with crashes, copies and delays, and check all invariants after every step.
    Simulate(SimulateArgs),
    /// Count what orders cost, call by call, on a stack of its own.
    Meter(MeterArgs),
    /// Measure speed, size and memory; with --write, into docs/performance.md.
    Bench(BenchArgs),
    /// Break a copy of the workspace in every way that tests/planted lists, and show which tests notice.
    Planted(PlantedArgs),
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
pub(crate) struct FuzzApiArgs {
    /// How long to look in all, in seconds
    #[arg(long, default_value_t = 90)]
    pub(crate) seconds: u64,
    /// Where the looking begins; the same seed sends the same requests
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Only with this credential, by its name in stack.json; may be repeated
    #[arg(long, value_name = "NAME")]
    pub(crate) only: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct AuditArgs {
    /// The orders table of a stack on AWS [default: the running local stack's]
    #[arg(long, requires = "stock_table")]
    pub(crate) orders_table: Option<String>,
    /// Its stock table
    #[arg(long, requires = "orders_table")]
    pub(crate) stock_table: Option<String>,
    /// Its region, unless the environment names it
    #[arg(long, requires = "orders_table")]
    pub(crate) region: Option<String>,
    /// Print the whole result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct LedgerArgs {
    /// A day, such as 2026-11-11
    #[arg(long, required_unless_present = "order", conflicts_with = "order")]
    date: Option<String>,
    /// Where that day begins [default: UTC]
    #[arg(long, value_name = "+08:00", conflicts_with = "order", allow_hyphen_values = true)]
    tz: Option<String>,
    /// An order's id
    #[arg(long)]
    order: Option<String>,
}

impl LedgerArgs {
    /// Where the first page is found.
    pub(crate) fn path(&self) -> String {
        match (&self.order, &self.date) {
            (Some(order), _) => format!("/v1/orders/{order}/ledger"),
            (None, date) => {
                let zone = self.tz.as_deref().map(|tz| format!("&tz={}", tz.replace('+', "%2B"))).unwrap_or_default();
                format!("/v1/ledger?date={}{zone}", date.as_deref().unwrap_or_default())
            }
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct ChaosArgs {
    /// How many orders live while functions are killed
    #[arg(long, default_value_t = 1000)]
    pub(crate) orders: u32,
    /// Where chance begins; what the engine does when is not in its hands
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Build the functions for speed, as they are deployed to AWS (takes minutes)
    #[arg(long)]
    pub(crate) release: bool,
    /// For the test runner, such as part of a test's name
    #[arg(last = true)]
    pub(crate) args: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// For the test runner, such as part of a test's name
    #[arg(last = true)]
    pub(crate) args: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct MeterArgs {
    /// Orders in each path
    #[arg(long, default_value_t = 2)]
    pub(crate) orders: u64,
    /// Orders that lie in the tables beforehand
    #[arg(long, default_value_t = 0)]
    pub(crate) stored: u64,
    /// For how many seconds they may be stored at most
    #[arg(long, default_value_t = 400)]
    pub(crate) patience: u64,
    /// Only this path
    #[arg(long, value_name = "NAME")]
    pub(crate) path: Option<String>,
    /// Do not wait for the sweep, whose part is then missing
    #[arg(long)]
    pub(crate) no_sweep: bool,
    /// All figures as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Put the tables into docs/costs.md
    #[arg(long, conflicts_with = "json")]
    pub(crate) write: bool,
    #[command(flatten)]
    build: BuildArgs,
}

#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    /// Put the figures into docs/performance.md
    #[arg(long, global = true)]
    pub(crate) write: bool,
    #[command(subcommand)]
    pub(crate) command: BenchCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BenchCommand {
    /// Each function by itself: size, start to first poll, memory, first answers over TLS.
    Binaries {
        /// Take the functions as they lie in target/lambda/<function>/bootstrap
        #[arg(long)]
        no_build: bool,
    },
    /// Whole lives: CPU time per order, orders a second on this engine.
    Life {
        /// Orders
        #[arg(long, default_value_t = 500)]
        orders: usize,
        /// Orders at a time
        #[arg(long, default_value_t = 16)]
        at_once: usize,
        #[command(flatten)]
        build: BuildArgs,
    },
    /// The door: steady, and through a spike that the queue absorbs.
    Intake {
        /// Orders a minute before the spike
        #[arg(long, default_value_t = 12)]
        per_minute: u32,
        /// For how many seconds
        #[arg(long, default_value_t = 120)]
        seconds: u32,
        /// The spike is so many times as high
        #[arg(long, default_value_t = 200)]
        times: u32,
        /// And lasts so many seconds
        #[arg(long, default_value_t = 10)]
        spike_seconds: u32,
        #[command(flatten)]
        build: BuildArgs,
    },
    /// Payment callbacks of each provider: how soon they are answered, what they cost in CPU time.
    Callbacks {
        /// Callbacks of each provider
        #[arg(long, default_value_t = 120)]
        orders: usize,
        /// How many are due a second
        #[arg(long, default_value_t = 4)]
        per_second: u32,
        #[command(flatten)]
        build: BuildArgs,
    },
    /// The criterion benches of rules, parsing and signatures.
    Micro,
    /// Variants of the release profile: size against speed (takes twenty minutes).
    Profiles,
}

/// Which build of the functions to measure.
#[derive(Debug, Args)]
pub(crate) struct BuildArgs {
    /// Build the functions for speed, as they are deployed to AWS (takes minutes)
    #[arg(long)]
    release: bool,
    /// Take the functions as they lie in target/lambda/<function>/bootstrap
    #[arg(long, conflicts_with = "release")]
    no_build: bool,
}

impl BuildArgs {
    /// What the library takes.
    pub(crate) fn functions(&self) -> Functions {
        match (self.release, self.no_build) {
            (true, _) => Functions::Release,
            (false, true) => Functions::Staged,
            (false, false) => Functions::Dev,
        }
    }
}

impl MeterArgs {
    pub(crate) fn functions(&self) -> Functions {
        self.build.functions()
    }
}

#[derive(Debug, Args)]
pub(crate) struct PlantedArgs {
    /// Only faults whose name contains this
    #[arg(long, value_name = "PART")]
    pub(crate) only: Option<String>,
    /// Only so many, others for every commit
    #[arg(long, value_name = "N")]
    pub(crate) sample: Option<usize>,
}

#[derive(Debug, Args)]
pub(crate) struct SimulateArgs {
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
    #[arg(long, value_name = "FILE", conflicts_with_all = ["seeds", "from", "seed"])]
    replay: Option<PathBuf>,
    /// Print what happens (with --seed or --replay)
    #[arg(long)]
    trace: bool,
    /// Instead: every pair of faults in the lives of the crash matrix
    #[arg(long, conflicts_with_all = ["seeds", "from", "seed", "replay", "trace"])]
    pub(crate) pairs: bool,
}

impl SimulateArgs {
    /// The same for the simulator.
    pub(crate) fn arguments(&self) -> Vec<OsString> {
        let mut arguments: Vec<OsString> = match (&self.replay, self.seed) {
            (Some(file), _) => vec!["--replay".into(), file.into()],
            (None, Some(seed)) => vec!["--seed".into(), seed.to_string().into()],
            (None, None) => {
                vec!["--seeds".into(), self.seeds.to_string().into(), "--from".into(), self.from.to_string().into()]
            }
        };
        if self.trace {
            arguments.push("--trace".into());
        }
        arguments
    }
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
            roles: Roles::Trusted,
            endpoint: None,
        })
    }
}

/// A name that is a folder beside those that all stacks share.
fn stack_name(text: &str) -> std::result::Result<String, String> {
    let fits =
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    match text {
        "venv" | "packages" | "tmp" | "dynamodb-local" | "schemathesis" | "meter" | "bench" => {
            Err("this folder is in use for something else".to_owned())
        }
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
        assert!(Cli::try_parse_from(["local", "audit", "--orders-table", "o"]).is_err(), "one table alone says little");
    }

    #[test]
    fn books_are_of_a_day_or_of_an_order() {
        let path = |line: &str| {
            let Ok(Cli { command: Command::Ledger(args), .. }) = Cli::try_parse_from(line.split(' ')) else {
                return None;
            };
            Some(args.path())
        };
        for (line, expected) in [
            ("local ledger --date 2026-11-11", Some("/v1/ledger?date=2026-11-11")),
            ("local ledger --date 2026-11-11 --tz +08:00", Some("/v1/ledger?date=2026-11-11&tz=%2B08:00")),
            ("local ledger --date 2026-11-11 --tz -05:00", Some("/v1/ledger?date=2026-11-11&tz=-05:00")),
            ("local ledger --order 01J9", Some("/v1/orders/01J9/ledger")),
            ("local ledger", None),
            ("local ledger --order 01J9 --date 2026-11-11", None),
            ("local ledger --order 01J9 --tz +08:00", None),
        ] {
            assert_eq!(path(line).as_deref(), expected, "{line}");
        }
    }
}
