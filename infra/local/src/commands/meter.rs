//! `cargo local meter`.

use std::time::Duration;

use local_stack::bench::{document, machine};
use local_stack::error::{LocalError, Result};
use local_stack::layout::Layout;
use local_stack::meter::{self, Options, Path, table};
use local_stack::progress::Progress;

use crate::cli::MeterArgs;

/// Where the figures are kept.
const DOCUMENT: &str = "docs/costs.md";
/// The folder of the meter's own stack.
const HOME: &str = "meter";

pub(crate) async fn run(args: &MeterArgs, progress: Progress) -> Result<()> {
    let paths: Vec<Path> =
        Path::ALL.into_iter().filter(|path| args.path.as_ref().is_none_or(|name| name == path.name())).collect();
    if paths.is_empty() {
        let names: Vec<&str> = Path::ALL.iter().map(|path| path.name()).collect();
        return Err(LocalError::blocked("there is no path of that name", format!("name one of {}", names.join(", "))));
    }
    let options = Options {
        home: HOME.to_owned(),
        orders: args.orders.max(1),
        stored: args.stored,
        patience: Duration::from_secs(args.patience),
        paths,
        functions: args.functions(),
        sweep: !args.no_sweep,
    };
    let report = meter::run(&options, progress).await?;
    if args.json {
        let text = serde_json::to_string_pretty(&report).map_err(LocalError::engine("writing the report"))?;
        println!("{text}");
    } else {
        print!("{}", table::render(&report));
    }
    if args.write {
        let layout = Layout::named(HOME);
        let measured = format!("Measured {}.", machine::describe(&layout));
        let (name, content) = match args.stored {
            0 => ("meter".to_owned(), table::render(&report)),
            wanted => (format!("stored-{wanted}"), table::summary(&report)),
        };
        document::write(&layout.root().join(DOCUMENT), &name, &format!("{measured}\n\n{content}"))?;
        println!("\nWritten into {DOCUMENT}.");
    }
    Ok(())
}
