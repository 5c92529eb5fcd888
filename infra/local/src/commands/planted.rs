//! `cargo local planted`: breaks a copy of the workspace in every way that is written down, and shows which tests notice.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Instant;

use local_stack::error::{LocalError, Result};
use local_stack::layout::Layout;
use local_stack::planted::{self, Fault, Outcome, Scratch};
use local_stack::progress::{Progress, seconds};

use crate::cli::PlantedArgs;

pub(crate) fn run(layout: &Layout, args: &PlantedArgs, progress: Progress) -> Result<()> {
    let mut faults = planted::read(layout.root())?;
    if let Some(part) = &args.only {
        faults.retain(|fault| fault.name.contains(part.as_str()));
    }
    if let Some(most) = args.sample {
        // Those whose tests are programs of their own, which are the quickest to build.
        faults.retain(|fault| fault.caught_by.starts_with("--test "));
        faults = planted::sample(faults, &commit(layout)?, most);
    }
    if faults.is_empty() {
        return Err(LocalError::Failed("no fault has such a name".to_owned()));
    }
    // Those of one target together: its sound build serves them all.
    faults.sort_by(|a, b| a.caught_by.cmp(&b.caught_by).then_with(|| a.file.cmp(&b.file)));
    let scratch = Scratch::prepare(layout)?;
    let began = Instant::now();
    check_sound(&scratch, &faults, progress)?;
    let mut unnoticed = Vec::new();
    for (number, fault) in faults.iter().enumerate() {
        let since = Instant::now();
        let outcome = scratch.try_out(fault)?;
        println!(
            "{:>3}/{} {:<17} {:<44} {:>7}  {}",
            number + 1,
            faults.len(),
            outcome.name(),
            fault.name,
            seconds(since.elapsed()),
            fault.breaks
        );
        if !outcome.is_noticed() {
            unnoticed.push(fault);
        }
    }
    println!("{} of {} caught in {}", faults.len() - unnoticed.len(), faults.len(), seconds(began.elapsed()));
    if unnoticed.is_empty() { Ok(()) } else { Err(LocalError::Told) }
}

/// Tests that fail without a fault would catch anything.
fn check_sound(scratch: &Scratch, faults: &[Fault], progress: Progress) -> Result<()> {
    let all: BTreeSet<&str> = faults.iter().map(|fault| fault.caught_by.as_str()).collect();
    let step = progress.step("the tests without faults");
    for arguments in &all {
        step.note(arguments);
        if scratch.test(arguments)? != Outcome::Survived {
            let remedy = format!("see the end of {}", planted::LOG);
            return Err(LocalError::Blocked {
                what: format!("`cargo test {arguments}` fails without a fault"),
                remedy,
            });
        }
    }
    step.done(&format!("{} commands pass", all.len()));
    Ok(())
}

fn commit(layout: &Layout) -> Result<String> {
    let mut git = Command::new("git");
    let output = git.args(["rev-parse", "HEAD"]).current_dir(layout.root()).output().map_err(LocalError::io("git"))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
