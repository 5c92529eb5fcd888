//! The functions' binaries: built by Cargo, staged as `target/lambda/<function>/bootstrap`.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::error::{LocalError, Result};
use crate::layout::Layout;
use crate::progress::Progress;

/// Builds every function and stages what changed.
///
/// Cargo writes its own progress to standard error. `release` takes the profile that is deployed to AWS: small and fast,
/// and minutes to build.
///
/// # Errors
/// Cargo is missing or the code does not compile.
pub fn build(layout: &Layout, release: bool, progress: Progress) -> Result<()> {
    let names = names(layout)?;
    let profile = if release { "release" } else { "dev" };
    progress.say(&format!("Building {} functions ({profile} profile) …", names.len()));
    let built = cargo_build(layout, &names, release)?;
    let step = progress.step("Staging the functions");
    let mut changed = 0_usize;
    for name in &names {
        let binary = built.iter().find(|(built, _)| built == name).map(|(_, path)| path).ok_or_else(|| {
            LocalError::call("building the functions", format!("Cargo built no program named `{name}`"))
        })?;
        changed += usize::from(stage(binary, &layout.staged().join(name))?);
    }
    step.done(&format!("{changed} of {} changed", names.len()));
    Ok(())
}

/// The functions are the folders of `functions/`.
fn names(layout: &Layout) -> Result<Vec<String>> {
    let folder = layout.functions();
    let context = format!("reading {}", folder.display());
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(LocalError::io(context.clone()))? {
        let entry = entry.map_err(LocalError::io(context.clone()))?;
        if entry.path().join("Cargo.toml").is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// The whole workspace is selected although only the functions are built: Cargo then chooses the same features for every
/// dependency as it did for this program, and builds none of them twice.
fn cargo_build(layout: &Layout, names: &[String], release: bool) -> Result<Vec<(String, PathBuf)>> {
    let mut command = cargo(layout);
    command.args(["build", "--workspace", "--message-format=json-render-diagnostics"]);
    if release {
        command.arg("--release");
    }
    for name in names {
        command.args(["--bin", name]);
    }
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().map_err(|error| {
        LocalError::blocked(format!("cargo did not start: {error}"), "install Rust from https://rustup.rs")
    })?;
    let mut built = Vec::new();
    if let Some(out) = child.stdout.take() {
        for line in BufReader::new(out).lines() {
            let line = line.map_err(LocalError::io("reading from cargo"))?;
            built.extend(executable(&line));
        }
    }
    let status = child.wait().map_err(LocalError::io("waiting for cargo"))?;
    if !status.success() {
        return Err(LocalError::blocked(
            "the functions do not build; the compiler's messages are above",
            "mend what they name, then run the command again; `cargo build --workspace --bins` shows them alone",
        ));
    }
    Ok(built)
}

/// Cargo as it would run from the user's shell. What it told this program about itself (`CARGO_MANIFEST_DIR` and its like)
/// must not reach the inner run: build scripts that watch those variables would be run again, and all that depends on them.
pub fn cargo(layout: &Layout) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(layout.root());
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(is_told_by_cargo) {
            command.env_remove(name);
        }
    }
    command
}

fn is_told_by_cargo(name: &str) -> bool {
    name.starts_with("CARGO_PKG_")
        || name.starts_with("CARGO_BIN_")
        || matches!(
            name,
            "CARGO"
                | "CARGO_MANIFEST_DIR"
                | "CARGO_MANIFEST_PATH"
                | "CARGO_CRATE_NAME"
                | "CARGO_PRIMARY_PACKAGE"
                | "OUT_DIR"
        )
}

/// The program that a line of Cargo's messages announces.
fn executable(line: &str) -> Option<(String, PathBuf)> {
    let message: Value = serde_json::from_str(line).ok()?;
    let path = message.get("executable")?.as_str()?;
    let name = message.get("target")?.get("name")?.as_str()?;
    Some((name.to_owned(), PathBuf::from(path)))
}

/// Copies the program unless the same one is there: same length and not older. True if it was copied.
fn stage(binary: &Path, folder: &Path) -> Result<bool> {
    let target = folder.join("bootstrap");
    let describe = |path: &Path| std::fs::metadata(path).and_then(|data| Ok((data.len(), data.modified()?)));
    let (length, written) = describe(binary).map_err(LocalError::io(format!("reading {}", binary.display())))?;
    if describe(&target).is_ok_and(|(there, at)| there == length && at == written) {
        return Ok(false);
    }
    let context = format!("staging {}", target.display());
    std::fs::create_dir_all(folder).map_err(LocalError::io(context.clone()))?;
    // Beside, then renamed: another run never packs half a file.
    let beside = folder.join(format!(".bootstrap-{}", std::process::id()));
    std::fs::copy(binary, &beside).map_err(LocalError::io(context.clone()))?;
    std::fs::File::options()
        .write(true)
        .open(&beside)
        .and_then(|file| file.set_modified(written))
        .map_err(LocalError::io(context.clone()))?;
    std::fs::rename(&beside, &target).map_err(LocalError::io(context))?;
    Ok(true)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use std::path::PathBuf;

    use super::{executable, is_told_by_cargo, names};
    use crate::layout::Layout;

    #[test]
    fn the_functions_are_found_by_their_folders() {
        let names = names(&Layout::of_workspace()).unwrap();
        assert_eq!(names.len(), 13);
        assert!(names.contains(&"payment-callback".to_owned()));
    }

    #[test]
    fn programs_are_read_from_cargos_messages() {
        let line = r#"{"reason":"compiler-artifact","target":{"name":"intake","kind":["bin"]},"executable":"/t/debug/intake"}"#;
        assert_eq!(executable(line), Some(("intake".to_owned(), PathBuf::from("/t/debug/intake"))));
        let library = r#"{"reason":"compiler-artifact","target":{"name":"intake"},"executable":null}"#;
        assert_eq!(executable(library), None);
        assert_eq!(executable("not JSON"), None);
    }

    #[test]
    fn settings_of_the_user_stay_and_facts_about_this_program_go() {
        for name in ["CARGO_MANIFEST_DIR", "CARGO_PKG_NAME", "OUT_DIR"] {
            assert!(is_told_by_cargo(name), "{name}");
        }
        for name in ["CARGO_HOME", "CARGO_TARGET_DIR", "CARGO_BUILD_JOBS", "CARGO_NET_OFFLINE"] {
            assert!(!is_told_by_cargo(name), "{name}");
        }
    }
}
