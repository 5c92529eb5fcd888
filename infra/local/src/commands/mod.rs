//! One module for each command.

pub(crate) mod audit;
pub(crate) mod bench;
pub(crate) mod benefits;
pub(crate) mod chaos;
pub(crate) mod down;
mod dynamodb_local;
pub(crate) mod fuzz_api;
pub(crate) mod ledger;
pub(crate) mod logs;
pub(crate) mod meter;
mod node_packages;
pub(crate) mod planted;
pub(crate) mod redrive;
pub(crate) mod simulate;
pub(crate) mod status;
pub(crate) mod test;
pub(crate) mod up;

use local_stack::engine::{self, EngineState};
use local_stack::error::{LocalError, Result};
use local_stack::layout::Layout;
use local_stack::stack_file::StackFile;

/// The running stack.
async fn running(layout: &Layout) -> Result<(EngineState, StackFile)> {
    let state = engine::running(layout)
        .await
        .filter(|_| layout.stack_file().is_file())
        .ok_or_else(|| LocalError::blocked("no stack is up", "start one: `cargo local up`"))?;
    Ok((state, StackFile::read(&layout.stack_file())?))
}
