//! `cargo local audit`: the program `audit` over the tables of the running stack, or over those that the arguments name.
//!
//! It is a program of its own, since it folds orders with the product's code, which this one does without.

use std::process::Command;

use local_stack::bootstraps;
use local_stack::error::{LocalError, Result};
use local_stack::layout::Layout;

use crate::cli::AuditArgs;

pub(crate) async fn run(layout: &Layout, args: &AuditArgs) -> Result<()> {
    let mut command = bootstraps::cargo(layout);
    // As `cargo local` itself is run: with the features of the whole workspace, so that nothing is built twice.
    command.args(["run", "--quiet", "--bin", "audit", "--"]);
    match (&args.orders_table, &args.stock_table) {
        (Some(orders), Some(stock)) => {
            tables(&mut command, orders, stock);
            command.args(args.region.iter().flat_map(|region| ["--region", region]));
        }
        (None, _) | (_, None) => {
            let (state, stack) = super::running(layout).await?;
            let table = |name: &str| {
                let missing = || LocalError::call("reading the stack", format!("it has no table {name}"));
                stack.tables.get(name).ok_or_else(missing)
            };
            tables(&mut command, table("orders")?, table("stock")?);
            command.args(["--endpoint", &state.url()]);
        }
    }
    command.args(args.json.then_some("--json"));
    let status = command.status().map_err(LocalError::io("starting the audit"))?;
    if status.success() { Ok(()) } else { Err(LocalError::Told) }
}

fn tables(command: &mut Command, orders: &str, stock: &str) {
    command.args(["--orders-table", orders, "--stock-table", stock]);
}
