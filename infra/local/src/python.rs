//! A private Python environment with the engine in it. Nothing is installed outside `target/local/venv`, and pip keeps
//! the user's own configuration: index, proxy and cache.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::digest::sha256_hex;
use crate::error::{LocalError, Result};
use crate::layout::Layout;

/// Where a Python is looked for, in this order.
const NAMES: [&str; 7] = ["python3", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10", "python"];
/// In a tool's environment when it is complete: the hash of the list that it was made from.
const TOOL_MARKER: &str = ".complete";
/// The oldest Python that the engine runs on.
const OLDEST: (u32, u32) = (3, 10);

/// What the environment is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Running the engine.
    Engine,
    /// Running the engine and signing test callbacks with the providers' own packages.
    Tests,
}

impl Purpose {
    fn requirements(self) -> &'static [&'static str] {
        match self {
            Self::Engine => &["requirements.txt"],
            Self::Tests => &["requirements.txt", "requirements-test.txt"],
        }
    }
}

/// The environment's interpreter, if the environment is complete for this purpose.
pub fn ready(layout: &Layout, purpose: Purpose) -> Option<PathBuf> {
    let interpreter = interpreter(layout);
    let marker = std::fs::read_to_string(marker(layout, purpose)).ok()?;
    let wanted = fingerprint(layout, purpose).ok()?;
    (marker == wanted && interpreter.exists()).then_some(interpreter)
}

/// That an environment is there or can be made, so that a missing Python is told before anything long begins.
///
/// # Errors
/// No fitting Python.
pub fn check(layout: &Layout, purpose: Purpose) -> Result<()> {
    if ready(layout, purpose).is_some() || ready(layout, Purpose::Engine).is_some() {
        return Ok(());
    }
    find().map(drop)
}

/// Makes the environment complete for this purpose and answers with its interpreter. Quick when it already is.
///
/// # Errors
/// No fitting Python, a Python without `venv`, or packages that could not be fetched; each says what to do.
pub fn prepare(layout: &Layout, purpose: Purpose) -> Result<PathBuf> {
    if let Some(interpreter) = ready(layout, purpose) {
        return Ok(interpreter);
    }
    let wanted = fingerprint(layout, purpose)?;
    let venv = layout.venv();
    // The engine's own packages are kept when only the tests' are missing.
    if ready(layout, Purpose::Engine).is_none() {
        create(&find()?, &venv)?;
    }
    let lists = purpose.requirements().iter().map(|name| layout.engine_sources().join(name));
    install(&interpreter(layout), &lists.collect::<Vec<_>>())?;
    for met in [Purpose::Engine, purpose] {
        let marker = marker(layout, met);
        let text = if met == purpose { wanted.clone() } else { fingerprint(layout, met)? };
        std::fs::write(&marker, text).map_err(LocalError::io(format!("writing {}", marker.display())))?;
    }
    Ok(interpreter(layout))
}

/// The folder of programs of an environment of its own for a tool that the engine does not need, with the packages of
/// `requirements-<name>.txt` in `target/local/<name>`. Quick when it already is complete.
///
/// # Errors
/// As for [`prepare`].
pub fn tool(layout: &Layout, name: &str) -> Result<PathBuf> {
    let venv = layout.tool(name);
    let programs = venv.join("bin");
    if tool_is_ready(layout, name) {
        return Ok(programs);
    }
    create(&find()?, &venv)?;
    let (list, marker) = (tool_requirements(layout, name), venv.join(TOOL_MARKER));
    install(&programs.join("python"), std::slice::from_ref(&list))?;
    let text = std::fs::read(&list).map_err(LocalError::io(format!("reading {}", list.display())))?;
    std::fs::write(&marker, sha256_hex(&text)).map_err(LocalError::io(format!("writing {}", marker.display())))?;
    Ok(programs)
}

/// Whether a tool's environment is complete.
pub fn tool_is_ready(layout: &Layout, name: &str) -> bool {
    let wanted = std::fs::read(tool_requirements(layout, name)).map(|text| sha256_hex(&text)).unwrap_or_default();
    std::fs::read_to_string(layout.tool(name).join(TOOL_MARKER)).is_ok_and(|known| known == wanted)
}

fn tool_requirements(layout: &Layout, name: &str) -> PathBuf {
    layout.engine_sources().join(format!("requirements-{name}.txt"))
}

fn interpreter(layout: &Layout) -> PathBuf {
    layout.venv().join("bin/python")
}

fn marker(layout: &Layout, purpose: Purpose) -> PathBuf {
    layout.venv().join(match purpose {
        Purpose::Engine => ".complete-engine",
        Purpose::Tests => ".complete-tests",
    })
}

/// Changes when the lists of packages change.
fn fingerprint(layout: &Layout, purpose: Purpose) -> Result<String> {
    let mut all = Vec::new();
    for name in purpose.requirements() {
        let path = layout.engine_sources().join(name);
        all.extend(std::fs::read(&path).map_err(LocalError::io(format!("reading {}", path.display())))?);
    }
    Ok(sha256_hex(&all))
}

/// The first Python that is new enough.
fn find() -> Result<String> {
    let mut seen = Vec::new();
    for name in NAMES {
        // A version manager's shim may exist and fail: that is no Python.
        let Some((major, minor)) = version(name) else { continue };
        if (major, minor) >= OLDEST {
            return Ok(name.to_owned());
        }
        seen.push(format!("{name} is {major}.{minor}"));
    }
    let (major, minor) = OLDEST;
    let what = if seen.is_empty() {
        "no Python was found".to_owned()
    } else {
        format!("no Python is new enough ({})", seen.join(", "))
    };
    Err(LocalError::blocked(
        what,
        format!(
            "install Python {major}.{minor} or newer so that `python3` runs it, for example `apt install python3 python3-venv` or `brew install python`"
        ),
    ))
}

fn version(name: &str) -> Option<(u32, u32)> {
    let output = Command::new(name)
        .args(["-c", "import sys; print(sys.version_info[0], sys.version_info[1])"])
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let (major, minor) = text.trim().split_once(' ')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

fn create(python: &str, venv: &Path) -> Result<()> {
    if venv.exists() {
        std::fs::remove_dir_all(venv).map_err(LocalError::io(format!("removing {}", venv.display())))?;
    }
    run(Command::new(python).args(["-m", "venv"]).arg(venv)).map_err(|output| {
        LocalError::blocked(
            format!("`{python} -m venv` failed:\n{output}"),
            "install the part of Python that makes environments, for example `apt install python3-venv`",
        )
    })
}

fn install(interpreter: &Path, requirements: &[PathBuf]) -> Result<()> {
    let mut pip = Command::new(interpreter);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]);
    for list in requirements {
        pip.arg("--requirement").arg(list);
    }
    run(&mut pip).map_err(|output| {
        LocalError::blocked(
            format!("pip could not install what is needed:\n{output}"),
            "see that this machine reaches a Python package index (pip's own settings apply: PIP_INDEX_URL, proxies, pip.conf) and run the command again",
        )
    })
}

/// Runs to the end; the error is what the command printed, its last lines.
fn run(command: &mut Command) -> Result<(), String> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Err(last_lines(&text, 12))
}

/// The end of a text, indented.
pub fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let start = lines.len().saturating_sub(count);
    lines.iter().skip(start).map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::{Purpose, last_lines};
    use crate::layout::Layout;

    #[test]
    fn only_the_end_of_a_long_output_is_shown() {
        assert_eq!(last_lines("a\nb\nc\n", 2), "    b\n    c");
        assert_eq!(last_lines("", 2), "");
    }

    #[test]
    fn every_package_is_pinned_exactly_and_no_index_is_named() {
        for purpose in [Purpose::Engine, Purpose::Tests] {
            for name in purpose.requirements() {
                let text = std::fs::read_to_string(Layout::of_workspace().engine_sources().join(name)).unwrap();
                for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
                    assert!(line.contains("==") || line == "-r requirements.txt", "{name}: {line}");
                }
            }
        }
    }
}
