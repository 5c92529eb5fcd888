//! The functions' processes, as Linux shows them under `/proc`: which function is at the other end of a connection, and how much
//! CPU time each has used. Elsewhere there is no such thing: callers are then unknown and CPU time is none.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rust_decimal::Decimal;

/// Ticks a second of the times in `/proc/<pid>/stat`: fixed for programs, whatever the kernel was built with.
const TICKS: u32 = 100;
/// Where the times of a process stand after its name, which is in parentheses: user, then system.
const USER_TIME: usize = 11;
const SYSTEM_TIME: usize = 12;
const PARENT: usize = 1;

/// A function's process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// The function's physical name.
    pub function: String,
}

/// CPU time of one process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CpuTime {
    /// In user mode.
    pub user_ms: Decimal,
    /// In the kernel on its behalf.
    pub system_ms: Decimal,
}

impl CpuTime {
    /// Both together.
    pub fn total(self) -> Decimal {
        self.user_ms + self.system_ms
    }
}

/// The functions that this engine runs.
pub fn of_engine(engine_pid: u32) -> Vec<Process> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|pid| parent(*pid) == Some(engine_pid))
        .filter_map(|pid| Some(Process { pid, function: function_of(pid)? }))
        .collect()
}

/// CPU time of a process; none when it has ended.
pub fn cpu(pid: u32) -> Option<CpuTime> {
    let fields = stat(pid)?;
    let ticks = |place: usize| fields.get(place)?.parse::<u64>().ok();
    let milliseconds = |ticks: u64| Decimal::from(ticks) * Decimal::from(1000 / TICKS);
    Some(CpuTime { user_ms: milliseconds(ticks(USER_TIME)?), system_ms: milliseconds(ticks(SYSTEM_TIME)?) })
}

/// CPU time that each of these processes has used, by process. Nanoseconds where the kernel keeps them (a function has one thread
/// beside a few that sleep), else ticks of ten milliseconds.
pub fn exact_cpu_ms(processes: &[Process]) -> BTreeMap<u32, Decimal> {
    processes
        .iter()
        .filter_map(|process| {
            Some((process.pid, scheduled_ms(process.pid).or_else(|| cpu(process.pid).map(CpuTime::total))?))
        })
        .collect()
}

/// Resident memory in KiB.
pub fn resident_kib(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The process among these that holds the other end of a connection from this port of 127.0.0.1.
pub fn behind_port(processes: &[Process], port: u16) -> Option<Process> {
    let wanted = sockets_of(&fs::read_to_string("/proc/net/tcp").ok()?, port);
    let holds = |process: &&Process| {
        let files = fs::read_dir(format!("/proc/{}/fd", process.pid)).into_iter().flatten().flatten();
        files.filter_map(|file| fs::read_link(file.path()).ok()).any(|target| wanted.contains(&target))
    };
    processes.iter().find(holds).cloned()
}

/// The sockets whose local end is this port, from the kernel's table of connections, as a process's open files name them. Programs that
/// have nothing to do with one another may have the same port at once, each to another place.
fn sockets_of(table: &str, port: u16) -> Vec<PathBuf> {
    let wanted = format!(":{port:04X}");
    let socket = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let is_it = fields.get(1)?.ends_with(&wanted) && *fields.get(3)? == ESTABLISHED;
        is_it.then(|| fields.get(9).map(|inode| PathBuf::from(format!("socket:[{inode}]"))))?
    };
    table.lines().skip(1).filter_map(socket).collect()
}

const ESTABLISHED: &str = "01";

fn parent(pid: u32) -> Option<u32> {
    stat(pid)?.get(PARENT)?.parse().ok()
}

/// The fields of `/proc/<pid>/stat` after the name, which may itself hold blanks and parentheses.
fn stat(pid: u32) -> Option<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = text.rsplit_once(") ")?;
    Some(rest.split_whitespace().map(str::to_owned).collect())
}

/// From the environment that Lambda, and the engine like it, gives a function.
fn function_of(pid: u32) -> Option<String> {
    let environment = fs::read(Path::new("/proc").join(pid.to_string()).join("environ")).ok()?;
    let mut variables = environment.split(|byte| *byte == 0).filter_map(|variable| std::str::from_utf8(variable).ok());
    variables.find_map(|variable| variable.strip_prefix("AWS_LAMBDA_FUNCTION_NAME=").map(str::to_owned))
}

/// The sum over a process's threads of the time on a CPU, in milliseconds.
fn scheduled_ms(pid: u32) -> Option<Decimal> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).ok()?;
    let mut nanoseconds = 0_u64;
    for task in tasks.flatten() {
        let text = fs::read_to_string(task.path().join("schedstat")).ok()?;
        nanoseconds += text.split_whitespace().next()?.parse::<u64>().ok()?;
    }
    Some(Decimal::from(nanoseconds) / Decimal::from(1_000_000_u32))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener, TcpStream};
    use std::path::PathBuf;

    use super::{Process, behind_port, cpu, exact_cpu_ms, resident_kib, sockets_of};

    #[test]
    fn the_kernels_table_is_read() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   \
            0: 0100007F:11D6 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 11 1\n   \
            1: 0100007F:D431 0100007F:1F90 01 00000000:00000000 00:00000000 00000000     0        0 33 1\n   \
            2: 0100007F:D431 0100007F:11D6 01 00000000:00000000 00:00000000 00000000     0        0 22 1\n";
        assert_eq!(sockets_of(table, 0xD431), ["socket:[33]", "socket:[22]"].map(PathBuf::from));
        assert!(sockets_of(table, 0x11D6).is_empty(), "one that only listens is at no end of a connection");
    }

    /// This process stands for a function's.
    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_is_found_and_measured() {
        let own = Process { pid: std::process::id(), function: "own".to_owned() };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let connection = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let port = connection.local_addr().unwrap().port();
        assert_eq!(behind_port(std::slice::from_ref(&own), port).as_ref(), Some(&own));
        assert_eq!(behind_port(&[Process { pid: 1, ..own.clone() }], port), None);
        assert!(cpu(own.pid).is_some());
        assert!(exact_cpu_ms(std::slice::from_ref(&own)).contains_key(&own.pid));
        assert!(resident_kib(own.pid).is_some_and(|kib| kib > 100));
    }
}
