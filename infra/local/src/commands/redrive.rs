//! `cargo local redrive`.

use local_stack::clients::Clients;
use local_stack::error::Result;
use local_stack::layout::Layout;
use local_stack::redrive;

use crate::cli::RedriveArgs;

pub(crate) async fn run(layout: &Layout, args: &RedriveArgs) -> Result<()> {
    let (state, stack) = super::running(layout).await?;
    let clients = Clients::new(&state.url());
    for result in redrive::redrive(&clients.sqs, &stack, args.queue.as_deref()).await? {
        match (result.moved, result.left) {
            (0, 0) => println!("{}: empty", result.name),
            (moved, 0) => println!("{}: {moved} sent back to the queue", result.name),
            (_, left) => println!(
                "{}: {left} left where they are: they name batches of the table's stream, whose events the sweep sends",
                result.name
            ),
        }
    }
    Ok(())
}
