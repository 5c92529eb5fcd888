//! The engine's process: MiniStack from the private environment, on loopback, outliving the command that started it.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::error::{LocalError, Result};
use crate::layout::Layout;
use crate::settings::Settings;
use crate::{http, process, python};

/// The region that everything is said to be in.
pub const REGION: &str = "us-east-1";
/// The port when none is named.
pub const DEFAULT_PORT: u16 = 4566;
/// How long the engine may take to answer after its start.
const START_PATIENCE: Duration = Duration::from_secs(30);
/// How long it may take to end: it ends the functions' processes first.
const STOP_PATIENCE: Duration = Duration::from_secs(20);

/// What is written down about a running engine, in `engine.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EngineState {
    /// The process.
    pub pid: u32,
    /// The port on 127.0.0.1.
    pub port: u16,
    /// What was deployed to it last.
    pub deployed: Option<Deployed>,
    /// The fingerprint of the catalogue that it was seeded with.
    pub seeded: Option<String>,
}

/// A finished deployment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Deployed {
    /// Of template, code and parameters.
    pub fingerprint: String,
    /// The choices that were made for it.
    pub settings: Settings,
    /// The keys of its artifacts.
    #[serde(default)]
    pub artifacts: Vec<String>,
}

impl EngineState {
    /// The engine's address.
    pub fn url(&self) -> String {
        url(self.port)
    }

    /// Reads what is written down; none if nothing is, or if it cannot be read.
    pub fn read(layout: &Layout) -> Option<Self> {
        let text = std::fs::read_to_string(layout.engine_state()).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// Writes it down.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, layout: &Layout) -> Result<()> {
        let path = layout.engine_state();
        let text = serde_json::to_string_pretty(self).map_err(LocalError::engine("writing the engine's state"))?;
        std::fs::write(&path, text).map_err(LocalError::io(format!("writing {}", path.display())))
    }
}

/// The address of an engine on this port.
pub fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

/// The engine that runs for this layout, if one does and answers.
pub async fn running(layout: &Layout) -> Option<EngineState> {
    let state = EngineState::read(layout)?;
    (process::is_ours(state.pid, &mark(layout)) && healthy(state.port).await).then_some(state)
}

/// Whether a process that was started for this layout lives, answering or not.
pub fn lives(layout: &Layout) -> bool {
    EngineState::read(layout).is_some_and(|state| process::is_ours(state.pid, &mark(layout)))
}

/// How long an engine lives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lifetime {
    /// Until [`stop`], whatever becomes of the process that started it.
    #[default]
    UntilStopped,
    /// As long as the process that started it, at most: for tests, which may be killed.
    ThisProcess,
}

/// What an engine makes of the policies of roles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Roles {
    /// Whoever calls may do anything, so that a client needs no credentials.
    #[default]
    Trusted,
    /// Functions may do what their roles allow and nothing else, and all that they do is written down (see
    /// [`crate::access`]). Other clients must name the account's own key.
    HeldToPolicies,
}

/// Starts an engine with no state on this port and waits until it answers. `endpoint` is where its functions find AWS: at the
/// engine itself, unless somebody wants to listen.
///
/// # Errors
/// The port is taken, or the engine ends or stays silent; the message shows the end of its log.
pub async fn start(
    layout: &Layout,
    interpreter: &Path,
    port: u16,
    lifetime: Lifetime,
    roles: Roles,
    endpoint: Option<&str>,
) -> Result<EngineState> {
    check_port(port)?;
    let mut child = spawn(layout, interpreter, port, lifetime, roles, endpoint)?;
    let state = EngineState { pid: child.id(), port, deployed: None, seeded: None };
    state.write(layout)?;
    let since = Instant::now();
    while !healthy(port).await {
        let ended = child.try_wait().ok().flatten();
        if ended.is_some() || since.elapsed() > START_PATIENCE {
            let log = std::fs::read_to_string(layout.engine_log()).unwrap_or_default();
            let how = ended.map_or_else(|| "did not answer".to_owned(), |status| format!("ended with {status}"));
            stop(layout).await?;
            return Err(LocalError::blocked(
                format!("the engine {how}:\n{}", python::last_lines(&log, 12)),
                format!("read {}; `cargo local up --fresh` starts it anew", layout.engine_log().display()),
            ));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // A caller that lives on, such as a test, must not leave the ended process behind unawaited.
    std::thread::spawn(move || child.wait());
    Ok(state)
}

/// Stops the engine that was started for this layout and waits for its end. False if none ran.
///
/// # Errors
/// It does not end.
pub async fn stop(layout: &Layout) -> Result<bool> {
    let Some(state) = EngineState::read(layout) else { return Ok(false) };
    let ran = process::is_ours(state.pid, &mark(layout));
    if ran && !process::end(state.pid, &mark(layout), STOP_PATIENCE).await {
        return Err(LocalError::blocked(
            format!("the engine (process {}) does not end", state.pid),
            format!("end it by hand: `kill -9 {}`", state.pid),
        ));
    }
    for path in [layout.engine_state(), layout.stack_file()] {
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(LocalError::io(format!("removing {}", path.display()))(error));
            }
            Ok(()) | Err(_) => {}
        }
    }
    // The unpacked functions are worth nothing without the engine; what cannot be removed does no harm.
    std::fs::remove_dir_all(layout.engine_tmp()).ok();
    Ok(ran)
}

/// A port that nothing uses at the moment.
///
/// # Errors
/// There is none.
pub fn free_port() -> Result<u16> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(LocalError::io("looking for a free port"))
}

/// On the command line of this layout's engine and of no other.
fn mark(layout: &Layout) -> String {
    format!("launcher.py {}", layout.home().display())
}

/// That nothing uses this port.
///
/// # Errors
/// Something does; with what to do about it.
pub fn check_port(port: u16) -> Result<()> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let answered = TcpStream::connect_timeout(&address, Duration::from_millis(500)).is_ok();
    if answered || TcpListener::bind(address).is_err() {
        return Err(LocalError::blocked(
            format!("port {port} on 127.0.0.1 is in use by another program"),
            format!("stop that program, or choose another port: `cargo local up --port {}`", port.saturating_add(100)),
        ));
    }
    Ok(())
}

async fn healthy(port: u16) -> bool {
    let Ok(client) = http::client() else { return false };
    let answer = client.get(format!("{}/_ministack/health", url(port))).timeout(Duration::from_secs(2)).send().await;
    answer.is_ok_and(|answer| answer.status().is_success())
}

fn spawn(
    layout: &Layout,
    interpreter: &Path,
    port: u16,
    lifetime: Lifetime,
    roles: Roles,
    endpoint: Option<&str>,
) -> Result<Child> {
    let tmp = layout.engine_tmp();
    std::fs::remove_dir_all(&tmp).ok();
    std::fs::create_dir_all(&tmp).map_err(LocalError::io(format!("creating {}", tmp.display())))?;
    let log = layout.engine_log();
    let out = std::fs::File::create(&log).map_err(LocalError::io(format!("creating {}", log.display())))?;
    let err = out.try_clone().map_err(LocalError::io(format!("opening {}", log.display())))?;
    let mut command = Command::new(interpreter);
    command
        .arg(layout.engine_sources().join("launcher.py"))
        .arg(layout.home())
        .args((lifetime == Lifetime::ThisProcess).then_some("tied"))
        .args((roles == Roles::HeldToPolicies).then_some("enforcing"))
        .current_dir(layout.home())
        .env_clear()
        .envs(std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(is_passed_on)))
        .envs(environment(port, &tmp))
        .envs(endpoint.map(|endpoint| ("AWS_ENDPOINT_URL", endpoint)))
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(err);
    command.spawn().map_err(LocalError::io(format!("starting {}", interpreter.display())))
}

/// Functions inherit the engine's environment, and it must not depend on who starts it: a profile, a log level or a region
/// of the user's would change what the functions do.
fn is_passed_on(name: &str) -> bool {
    const KEPT: [&str; 14] = [
        "PATH",
        "HOME",
        "USER",
        "LANG",
        "LC_ALL",
        "LC_CTYPE",
        "LD_LIBRARY_PATH",
        "DYLD_FALLBACK_LIBRARY_PATH",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "http_proxy",
        "https_proxy",
    ];
    KEPT.contains(&name)
}

fn environment(port: u16, tmp: &Path) -> Vec<(&'static str, std::ffi::OsString)> {
    let text = |value: &str| std::ffi::OsString::from(value);
    vec![
        ("GATEWAY_PORT", text(&port.to_string())),
        ("BIND_HOST", text("127.0.0.1")),
        // These two take no address: they would listen on every interface of the machine.
        ("IOT_MTLS_ENABLED", text("0")),
        ("SFTP_ENABLED", text("0")),
        // In queue addresses, which otherwise name `localhost`: on some machines that is the other protocol's loopback.
        ("MINISTACK_HOST", text("127.0.0.1")),
        ("AWS_ENDPOINT_URL", text(&url(port))),
        ("AWS_ACCESS_KEY_ID", text("test")),
        ("AWS_SECRET_ACCESS_KEY", text("test")),
        ("AWS_REGION", text(REGION)),
        ("AWS_DEFAULT_REGION", text(REGION)),
        ("MINISTACK_REGION", text(REGION)),
        ("NO_PROXY", text("127.0.0.1,localhost")),
        ("no_proxy", text("127.0.0.1,localhost")),
        ("PYTHONUNBUFFERED", text("1")),
        ("TMPDIR", tmp.as_os_str().to_owned()),
        ("STATE_DIR", tmp.join("state").into_os_string()),
        ("S3_DATA_DIR", tmp.join("s3").into_os_string()),
    ]
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};
    use std::path::Path;

    use super::{check_port, environment, free_port, is_passed_on};

    #[test]
    fn a_taken_port_is_refused_with_a_way_out() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let text = check_port(taken.local_addr().unwrap().port()).unwrap_err().to_string();
        assert!(text.contains("in use") && text.contains("--port"), "{text}");
        assert!(check_port(free_port().unwrap()).is_ok());
    }

    #[test]
    fn the_users_own_aws_settings_do_not_reach_the_functions() {
        for name in ["AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "LOG_LEVEL", "RUST_LOG", "STAGE"] {
            assert!(!is_passed_on(name), "{name}");
        }
        assert!(is_passed_on("PATH"));
    }

    #[test]
    fn everything_listens_on_loopback() {
        let environment = environment(4600, Path::new("/tmp/x"));
        let value = |name| environment.iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_str().unwrap());
        assert_eq!(value("BIND_HOST"), Some("127.0.0.1"));
        assert_eq!(value("AWS_ENDPOINT_URL"), Some("http://127.0.0.1:4600"));
        assert_eq!(value("GATEWAY_PORT"), Some("4600"));
        assert_eq!((value("IOT_MTLS_ENABLED"), value("SFTP_ENABLED")), (Some("0"), Some("0")));
    }
}
