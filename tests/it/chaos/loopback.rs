//! Whatever the engine opens, it opens on loopback.

use std::collections::BTreeSet;
use std::path::Path;

use super::killer::engine_of;
use crate::stack::shared::beside_others;

/// The listening state in the kernel's tables.
const LISTENING: &str = "0A";

#[test]
fn the_engine_and_its_functions_listen_on_loopback_only() {
    beside_others(async |local| {
        if !Path::new("/proc/net/tcp").exists() {
            // Elsewhere the settings alone are tested, beside the engine's start.
            return;
        }
        let engine = engine_of(&local.home);
        let children = local_stack::process::children(engine);
        let processes: Vec<u32> = children.iter().map(|(pid, _)| *pid).chain([engine]).collect();
        let sockets: BTreeSet<String> = processes.iter().flat_map(|pid| sockets(*pid)).collect();
        let listeners: Vec<String> = ["/proc/net/tcp", "/proc/net/tcp6"]
            .iter()
            .flat_map(|table| listeners(&std::fs::read_to_string(table).unwrap_or_default(), &sockets))
            .collect();
        assert!(!listeners.is_empty(), "the engine listens somewhere");
        // 127.0.0.1 and ::1, as the kernel writes them.
        let inside = |address: &str| address.ends_with("7F") || address == "00000000000000000000000001000000";
        let outside: Vec<&String> = listeners.iter().filter(|l| !inside(l.split(':').next().unwrap())).collect();
        assert!(outside.is_empty(), "open to others: {outside:?} of {listeners:?}");
    });
}

/// The inodes of a process's sockets.
fn sockets(pid: u32) -> Vec<String> {
    let Ok(files) = std::fs::read_dir(format!("/proc/{pid}/fd")) else { return Vec::new() };
    let links = files.filter_map(|file| std::fs::read_link(file.ok()?.path()).ok());
    links.filter_map(|l| Some(l.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned())).collect()
}

/// Local addresses and ports, in hexadecimal, of those sockets that listen.
fn listeners(table: &str, sockets: &BTreeSet<String>) -> Vec<String> {
    let mut found = Vec::new();
    for line in table.lines().skip(1) {
        let columns: Vec<&str> = line.split_whitespace().collect();
        if let [_, address, _, state, _, _, _, _, _, inode, ..] = columns[..]
            && state == LISTENING
            && sockets.contains(inode)
        {
            found.push(address.to_owned());
        }
    }
    found
}
