//! Planted bugs: deliberate faults kept as data under `tests/planted`, each with the test that must notice it. They are
//! tried in a copy of the workspace below `target/`, never in the tree itself.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::bootstraps;
use crate::digest::sha256_hex;
use crate::error::{LocalError, Result};
use crate::layout::Layout;

/// Where everything is written that Cargo and the tests say.
pub const LOG: &str = "target/planted/log";

/// A fault: one place in one file, said otherwise.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Its name.
    pub name: String,
    /// The file, from the workspace's top.
    pub file: PathBuf,
    /// What stands there, exactly once.
    pub find: String,
    /// What stands there instead.
    pub replace: String,
    /// What goes wrong for a shop, in words.
    pub breaks: String,
    /// The arguments of `cargo test` for the tests that must fail.
    pub caught_by: String,
}

impl Fault {
    /// The file's text with the fault in it; or why it does not fit.
    ///
    /// # Errors
    /// When the text does not stand there exactly once.
    pub fn apply(&self, text: &str) -> std::result::Result<String, String> {
        match text.matches(&self.find).count() {
            1 if self.find != self.replace => Ok(text.replacen(&self.find, &self.replace, 1)),
            1 => Err(format!("{}: changes nothing", self.name)),
            found => Err(format!("{}: its text stands {found} times in {}", self.name, self.file.display())),
        }
    }
}

/// All planted faults of a workspace, in the order of their files.
///
/// # Errors
/// [`LocalError`] for a file that cannot be read, or is no list of faults.
pub fn read(root: &Path) -> Result<Vec<Fault>> {
    let folder = root.join("tests/planted");
    let listed = fs::read_dir(&folder).map_err(LocalError::io(folder.display().to_string()))?;
    let mut files: Vec<PathBuf> = listed.filter_map(|entry| entry.ok().map(|e| e.path())).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "yaml"));
    files.sort();
    let mut faults = Vec::new();
    for path in files {
        let text = fs::read_to_string(&path).map_err(LocalError::io(path.display().to_string()))?;
        let of_file: Vec<Fault> =
            serde_yaml_ng::from_str(&text).map_err(|e| LocalError::call(path.display().to_string(), e))?;
        faults.extend(of_file);
    }
    Ok(faults)
}

/// So many of them, others for every seed: for runs that have no time for all.
pub fn sample(mut faults: Vec<Fault>, seed: &str, most: usize) -> Vec<Fault> {
    faults.sort_by_cached_key(|fault| sha256_hex(format!("{seed} {}", fault.name).as_bytes()));
    faults.truncate(most);
    faults
}

/// What became of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A test failed.
    Caught,
    /// The tests did not end in time, which they do without the fault.
    Hung,
    /// All tests passed: a hole.
    Survived,
    /// It is no fault but a typing error, which says nothing about the tests.
    DoesNotCompile,
}

impl Outcome {
    /// Whether the tests noticed.
    pub fn is_noticed(self) -> bool {
        match self {
            Self::Caught | Self::Hung => true,
            Self::Survived | Self::DoesNotCompile => false,
        }
    }

    /// In a word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Caught => "caught",
            Self::Hung => "caught (hung)",
            Self::Survived => "SURVIVED",
            Self::DoesNotCompile => "DOES NOT COMPILE",
        }
    }
}

/// A copy of the workspace to break things in.
#[derive(Debug)]
pub struct Scratch {
    layout: Layout,
    tree: PathBuf,
    /// Where it is built, again and again: a fault then costs the crates that it touches and no more.
    built: PathBuf,
}

/// A program of tests, and the folder that it expects to run in.
#[derive(Debug)]
struct Tests {
    program: PathBuf,
    folder: PathBuf,
}

/// How long the tests of a fault may run, without building them.
const PATIENCE: Duration = Duration::from_secs(240);

impl Scratch {
    /// Brings the copy up to date. Files that have not changed are left alone, so that they are not built again.
    ///
    /// # Errors
    /// [`LocalError`] when files cannot be listed or copied.
    pub fn prepare(layout: &Layout) -> Result<Self> {
        let tree = layout.root().join("target/planted/tree");
        // Never where the workspace is built: Cargo takes a crate of the copy for the workspace's own, and a planted fault would
        // live on in what is built after.
        let built = layout.root().join("target/planted/target");
        let listed = Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(layout.root())
            .output()
            .map_err(LocalError::io("git ls-files"))?;
        let names = String::from_utf8_lossy(&listed.stdout).into_owned();
        let mut wanted = BTreeSet::new();
        for name in names.split('\0').filter(|name| !name.is_empty()) {
            let (from, to) = (layout.root().join(name), tree.join(name));
            // Deleted, and not committed yet.
            let Ok(bytes) = fs::read(&from) else { continue };
            if fs::read(&to).ok().as_ref() != Some(&bytes) {
                write(&to, &bytes)?;
            }
            wanted.insert(to);
        }
        remove_all_but(&wanted, &tree)?;
        Ok(Self { layout: layout.clone(), tree, built })
    }

    /// Plants a fault, runs its tests, and takes it out again.
    ///
    /// # Errors
    /// [`LocalError`] when it does not fit, or tests cannot be run at all.
    pub fn try_out(&self, fault: &Fault) -> Result<Outcome> {
        let path = self.tree.join(&fault.file);
        let sound = fs::read_to_string(&path).map_err(LocalError::io(path.display().to_string()))?;
        let broken = fault.apply(&sound).map_err(LocalError::Failed)?;
        write(&path, broken.as_bytes())?;
        let outcome = self.test(&fault.caught_by);
        write(&path, sound.as_bytes())?;
        outcome
    }

    /// Builds and runs tests.
    ///
    /// # Errors
    /// [`LocalError`] when they cannot be started.
    pub fn test(&self, arguments: &str) -> Result<Outcome> {
        let (options, filters) = split(arguments);
        let Some(programs) = self.build(&options)? else { return Ok(Outcome::DoesNotCompile) };
        for tests in &programs {
            let outcome = self.run(tests, &filters)?;
            if outcome != Outcome::Survived {
                return Ok(outcome);
            }
        }
        Ok(Outcome::Survived)
    }

    /// The programs of tests; none where something does not compile.
    fn build(&self, options: &[&str]) -> Result<Option<Vec<Tests>>> {
        let mut cargo = bootstraps::cargo(&self.layout);
        cargo
            .args(["test", "--locked", "--no-run", "--message-format=json-render-diagnostics"])
            .args(options)
            .current_dir(&self.tree)
            .env("CARGO_TARGET_DIR", &self.built)
            .stdin(Stdio::null())
            .stderr(self.log()?);
        let built = cargo.output().map_err(LocalError::io("cargo"))?;
        let lines = String::from_utf8_lossy(&built.stdout);
        Ok(built.status.success().then(|| lines.lines().filter_map(tests_of).collect()))
    }

    fn run(&self, tests: &Tests, filters: &[&str]) -> Result<Outcome> {
        let failed = || LocalError::io(tests.program.display().to_string());
        let log = self.log()?;
        let errors = log.try_clone().map_err(failed())?;
        let mut command = Command::new(&tests.program);
        command.args(filters).current_dir(&tests.folder).env("CARGO_MANIFEST_DIR", &tests.folder);
        command.stdin(Stdio::null()).stdout(log).stderr(errors);
        let mut running = command.spawn().map_err(failed())?;
        let began = Instant::now();
        loop {
            if let Some(status) = running.try_wait().map_err(failed())? {
                return Ok(if status.success() { Outcome::Survived } else { Outcome::Caught });
            }
            if began.elapsed() > PATIENCE {
                running.kill().map_err(failed())?;
                running.wait().map_err(failed())?;
                return Ok(Outcome::Hung);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// What Cargo and the tests say.
    fn log(&self) -> Result<fs::File> {
        let path = self.layout.root().join(LOG);
        fs::OpenOptions::new().create(true).append(true).open(path).map_err(LocalError::io(LOG))
    }
}

/// The program of tests that a line of Cargo's messages announces.
fn tests_of(line: &str) -> Option<Tests> {
    let message: serde_json::Value = serde_json::from_str(line).ok()?;
    let is_test = message.pointer("/profile/test")?.as_bool()?;
    let program = PathBuf::from(message.get("executable")?.as_str()?);
    let folder = Path::new(message.get("manifest_path")?.as_str()?).parent()?.to_owned();
    is_test.then_some(Tests { program, folder })
}

fn remove_all_but(wanted: &BTreeSet<PathBuf>, folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder).map_err(LocalError::io(folder.display().to_string()))? {
        let path = entry.map_err(LocalError::io(folder.display().to_string()))?.path();
        if path.is_dir() {
            remove_all_but(wanted, &path)?;
        } else if !wanted.contains(&path) {
            fs::remove_file(&path).map_err(LocalError::io(path.display().to_string()))?;
        }
    }
    Ok(())
}

/// What Cargo is told to build, and which of its tests to run: the words behind the target's name.
fn split(arguments: &str) -> (Vec<&str>, Vec<&str>) {
    let words: Vec<&str> = arguments.split_whitespace().collect();
    let mut options = 0;
    while let Some(word) = words.get(options).filter(|word| word.starts_with('-')) {
        options += if matches!(*word, "--test" | "-p") { 2 } else { 1 };
    }
    let (options, filters) = words.split_at(options.min(words.len()));
    (options.to_vec(), filters.to_vec())
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(LocalError::io(folder.display().to_string()))?;
    }
    fs::write(path, bytes).map_err(LocalError::io(path.display().to_string()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::{Fault, sample, split};

    fn fault(name: &str) -> Fault {
        Fault {
            name: name.into(),
            file: "a.rs".into(),
            find: "<=".into(),
            replace: "<".into(),
            breaks: "the last one".into(),
            caught_by: "--test a".into(),
        }
    }

    #[test]
    fn a_fault_fits_one_place_only() {
        assert_eq!(fault("x").apply("a <= b").unwrap(), "a < b");
        assert!(fault("x").apply("a < b").is_err());
        assert!(fault("x").apply("a <= b <= c").is_err());
        assert!(Fault { replace: "<=".into(), ..fault("x") }.apply("a <= b").is_err());
    }

    #[test]
    fn targets_are_told_from_filters() {
        assert_eq!(split("--test domain refunds money"), (vec!["--test", "domain"], vec!["refunds", "money"]));
        assert_eq!(split("-p oms-lambda --lib auth"), (vec!["-p", "oms-lambda", "--lib"], vec!["auth"]));
        assert_eq!(split("--test it"), (vec!["--test", "it"], vec![]));
    }

    #[test]
    fn a_sample_is_another_for_another_seed() {
        let all: Vec<Fault> = (0..40).map(|n| fault(&n.to_string())).collect();
        let names = |seed| sample(all.clone(), seed, 5).into_iter().map(|f| f.name).collect::<Vec<_>>();
        assert_eq!(names("a").len(), 5);
        assert_eq!(names("a"), names("a"));
        assert_ne!(names("a"), names("b"));
    }
}
