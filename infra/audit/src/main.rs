//! `cargo local audit`: see `cargo local audit --help`.

use std::process::ExitCode;

use audit::Tables;
use aws_sdk_dynamodb::config::Region;
use clap::Parser;
use oms_app::ports::Clock;
use oms_aws::Clients;

/// Reads the tables of a stack and checks the invariants. Ends with 1 when something disagrees, with 2 when it could not read.
#[derive(Debug, Parser)]
#[command(name = "audit")]
struct Cli {
    /// The orders table
    #[arg(long)]
    orders_table: String,
    /// The stock table
    #[arg(long)]
    stock_table: String,
    /// The region, unless the environment names it
    #[arg(long)]
    region: Option<String>,
    /// The address of a local engine; without it, AWS with the credentials of the environment
    #[arg(long)]
    endpoint: Option<String>,
    /// Print the whole result as JSON
    #[arg(long)]
    json: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let clients = match &cli.endpoint {
        Some(endpoint) => Clients::at(endpoint).await,
        None => Clients::from_env().await,
    };
    let mut config = clients.dynamodb().config().to_builder();
    if let Some(region) = cli.region {
        config = config.region(Region::new(region));
    }
    // A page of a megabyte takes longer than the requests that these time-outs are made for.
    let patience = aws_sdk_dynamodb::config::timeout::TimeoutConfig::builder()
        .operation_attempt_timeout(std::time::Duration::from_secs(60))
        .operation_timeout(std::time::Duration::from_secs(180))
        .build();
    let client = aws_sdk_dynamodb::Client::from_conf(config.timeout_config(patience).build());
    let tables = Tables { client, orders: cli.orders_table, stock: cli.stock_table };
    match audit::audit(&tables, oms_aws::SystemClock.now()).await {
        Ok(report) => {
            if cli.json {
                println!("{}", serde_json::to_string_pretty(&report).unwrap_or_default());
            } else {
                println!("{report}");
            }
            ExitCode::from(u8::from(!report.violations.is_empty()))
        }
        Err(error) => {
            eprintln!("the audit came to no end: {error}");
            ExitCode::from(2)
        }
    }
}
