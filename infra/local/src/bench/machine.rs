//! The machine and the commit that figures belong to: without them a figure says nothing.

use std::fs;
use std::process::Command;

use crate::clock;
use crate::layout::Layout;

/// One line: day, commit, processor, kernel.
pub fn describe(layout: &Layout) -> String {
    let day = clock::now().strftime("%Y-%m-%d");
    let commit = run(layout, "git", &["rev-parse", "--short", "HEAD"]).unwrap_or_else(|| "no commit".to_owned());
    let changed = run(layout, "git", &["status", "--porcelain", "--untracked-files=no"]).is_some_and(|s| !s.is_empty());
    let changed = if changed { " with changes" } else { "" };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let kernel = run(layout, "uname", &["-sr"]).unwrap_or_default();
    format!("{day}, commit {commit}{changed}, {cores} × {}, {kernel}", processor())
}

/// Linux tells it in a file.
fn processor() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    name.map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, name)| name.trim().to_owned())
}

fn run(layout: &Layout, program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).current_dir(layout.root()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
