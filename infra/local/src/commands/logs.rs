//! `cargo local logs`.

use std::io::Write;
use std::time::Duration;

use jiff::Timestamp;
use local_stack::clock;
use local_stack::error::{LocalError, Result};
use local_stack::layout::Layout;
use local_stack::logs::{Line, Logs};

use crate::cli::LogsArgs;

/// How often new lines are asked for.
const PACE: Duration = Duration::from_millis(500);

pub(crate) async fn run(layout: &Layout, args: &LogsArgs) -> Result<()> {
    let (state, stack) = super::running(layout).await?;
    let prefix = stack
        .outputs
        .get("FunctionLogPrefix")
        .ok_or_else(|| LocalError::call("reading the stack", "it has no output FunctionLogPrefix"))?;
    let start = clock::now().as_millisecond() - i64::from(args.minutes) * 60_000;
    let mut logs = Logs::new(&state.url(), prefix, start, &args.function, args.containing.as_deref())?;
    loop {
        for line in logs.next().await? {
            if !print(&line) {
                // The reader has gone, as `head` does.
                return Ok(());
            }
        }
        if !args.follow {
            return Ok(());
        }
        tokio::time::sleep(PACE).await;
    }
}

fn print(line: &Line) -> bool {
    let at = Timestamp::from_millisecond(line.at).map(|at| at.strftime("%H:%M:%S%.3f").to_string()).unwrap_or_default();
    let mut out = std::io::stdout().lock();
    writeln!(out, "{at} {:16} {}", line.function, line.message.trim_end()).and_then(|()| out.flush()).is_ok()
}
