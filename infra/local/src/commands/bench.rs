//! `cargo local bench`.

use local_stack::bench::{binaries, callbacks, document, intake, life, machine, micro, profiles};
use local_stack::bootstraps;
use local_stack::error::Result;
use local_stack::layout::Layout;
use local_stack::progress::Progress;

use crate::cli::{BenchArgs, BenchCommand};

/// Where the figures are kept.
const DOCUMENT: &str = "docs/performance.md";
/// The folder of the stack that is measured.
const HOME: &str = local_stack::bench::subject::HOME;

pub(crate) async fn run(args: &BenchArgs, progress: Progress) -> Result<()> {
    let layout = Layout::named(HOME);
    let (name, measured) = match &args.command {
        BenchCommand::Binaries { no_build } => {
            if !no_build {
                bootstraps::build(&layout, true, progress)?;
            }
            ("binaries", binaries::measure(&layout, progress).await?)
        }
        BenchCommand::Life { orders, at_once, build } => {
            let options = life::Options { orders: *orders, at_once: (*at_once).max(1), functions: build.functions() };
            ("life", life::measure(options, progress).await?)
        }
        BenchCommand::Intake { per_minute, seconds, times, spike_seconds, build } => {
            let options = intake::Options {
                per_minute: *per_minute,
                seconds: *seconds,
                times: *times,
                spike_seconds: *spike_seconds,
                functions: build.functions(),
            };
            ("intake", intake::measure(options, progress).await?)
        }
        BenchCommand::Callbacks { orders, per_second, build } => {
            let options =
                callbacks::Options { orders: *orders, per_second: (*per_second).max(1), functions: build.functions() };
            ("callbacks", callbacks::measure(options, progress).await?)
        }
        BenchCommand::Micro => ("micro", micro::measure(&layout)?),
        BenchCommand::Profiles => ("profiles", profiles::measure(&layout, progress).await?),
    };
    let content = format!("Measured {}.\n\n{measured}", machine::describe(&layout));
    println!("{content}");
    if args.write {
        document::write(&layout.root().join(DOCUMENT), name, &content)?;
        println!("\nWritten into {DOCUMENT}.");
    }
    Ok(())
}
