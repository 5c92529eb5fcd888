//! `cargo local down`.

use local_stack::error::Result;
use local_stack::layout::Layout;
use local_stack::progress::Progress;
use local_stack::stack;

pub(crate) async fn run(layout: &Layout, progress: Progress) -> Result<()> {
    if !stack::down(layout, progress).await? {
        progress.say("Nothing was running.");
    }
    Ok(())
}
