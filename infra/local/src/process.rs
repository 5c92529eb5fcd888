//! Looking at and ending a process that an earlier run started, by its number alone.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Whether this process lives and is the one that was started with `mark` on its command line. A number can be given to
/// another process once the first has ended, so the number alone proves nothing.
pub fn is_ours(pid: u32, mark: &str) -> bool {
    command_line(pid).is_some_and(|line| line.contains(mark))
}

/// Linux tells it in a file; elsewhere `ps` does.
fn command_line(pid: u32) -> Option<String> {
    if Path::new("/proc/self").exists() {
        // Empty for a process that has ended and was not yet waited for.
        let bytes = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        return Some(String::from_utf8_lossy(&bytes).replace('\0', " "));
    }
    let output = Command::new("ps").args(["-o", "command=", "-p", &pid.to_string()]).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Asks the process to end and waits; forces it when it does not end in time. False if it still lives after that.
pub async fn end(pid: u32, mark: &str, patience: Duration) -> bool {
    signal(pid, "TERM");
    if gone(pid, mark, patience).await {
        return true;
    }
    signal(pid, "KILL");
    gone(pid, mark, Duration::from_secs(5)).await
}

/// The processes that this one has started, each with its command line. None where nothing can tell.
pub fn children(parent: u32) -> Vec<(u32, String)> {
    let listing = Command::new("ps").args(["-A", "-o", "pid=,ppid=,command="]).output();
    let text = listing.map(|listing| String::from_utf8_lossy(&listing.stdout).into_owned()).unwrap_or_default();
    text.lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            let pid = words.next()?.parse().ok()?;
            let is_child = words.next()?.parse() == Ok(parent);
            is_child.then(|| (pid, words.collect::<Vec<_>>().join(" ")))
        })
        .collect()
}

/// Ends a process at once, as a crash does.
pub fn kill(pid: u32) {
    signal(pid, "KILL");
}

async fn gone(pid: u32, mark: &str, patience: Duration) -> bool {
    let since = Instant::now();
    while is_ours(pid, mark) {
        if since.elapsed() > patience {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    true
}

/// `kill` is part of every shell, while the program of that name is not part of every system.
fn signal(pid: u32, name: &str) {
    Command::new("sh")
        .args(["-c", &format!("kill -{name} {pid}")])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .ok();
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use std::process::Command;

    use super::{children, is_ours, kill};

    #[test]
    fn this_process_is_known_by_its_command_line() {
        let own = std::process::id();
        let name = std::env::args().next().unwrap_or_default();
        assert!(is_ours(own, &name));
        assert!(!is_ours(own, "another program's mark"));
    }

    #[test]
    fn a_child_is_listed_until_it_is_killed() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let listed = || children(std::process::id()).iter().any(|(pid, line)| *pid == child.id() && line == "sleep 60");
        assert!(listed());
        kill(child.id());
        assert!(!child.wait().unwrap().success());
        let listed = children(std::process::id()).iter().any(|(pid, _)| *pid == child.id());
        assert!(!listed);
    }
}
