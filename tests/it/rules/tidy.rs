//! Files that can be read at one sitting, and words that must not be left behind.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use cargo_metadata::MetadataCommand;

/// The workspace's root.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests live in the workspace").to_owned()
}

/// Every Rust file of the workspace that is not built output.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("folder") {
        let path = entry.expect("entry").path();
        if path.is_dir() {
            if !path.ends_with("target") {
                sources(&path, found);
            }
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

fn all() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for folder in ["functions", "shared", "infra", "tests"] {
        sources(&root().join(folder), &mut found);
    }
    assert!(found.len() > 60, "the walk finds the workspace's sources");
    found.into_iter().map(|p| (p.clone(), std::fs::read_to_string(&p).expect("source"))).collect()
}

/// The most lines that a file may have: about one sitting.
const MOST_LINES: usize = 450;

#[test]
fn files_can_be_read_at_one_sitting() {
    let long: Vec<String> = all()
        .iter()
        .filter(|(_, text)| text.lines().count() > MOST_LINES)
        .map(|(path, text)| format!("{} ({})", path.display(), text.lines().count()))
        .collect();
    assert!(long.is_empty(), "split these by idea: {long:#?}");
}

#[test]
fn nothing_is_left_unfinished() {
    // Written apart, so that this file does not find itself.
    let words = [concat!("to", "do!("), concat!("unimpl", "emented!("), concat!("FIX", "ME")];
    for (path, text) in all() {
        for word in words {
            assert!(!text.contains(word), "{} has {word}", path.display());
        }
    }
}

#[test]
fn every_file_says_what_it_is_for() {
    let silent: Vec<String> = all()
        .iter()
        .filter(|(_, text)| !text.lines().take(4).any(|l| l.starts_with("//!")))
        .map(|(path, _)| path.display().to_string())
        .collect();
    assert!(silent.is_empty(), "these begin without a line of //!: {silent:#?}");
}

/// Where a file's modules lie: beside it, or in the folder of its name.
fn modules_lie_in(file: &Path, is_root: bool) -> PathBuf {
    if is_root || file.ends_with("mod.rs") {
        file.parent().expect("a folder").to_owned()
    } else {
        file.with_extension("")
    }
}

/// The files that a file names with `mod name;`, of which one may have its path above it.
fn named_by(file: &Path, text: &str, is_root: bool) -> Vec<PathBuf> {
    let mut named = Vec::new();
    let mut path = None;
    for line in text.lines().map(str::trim) {
        if let Some(quoted) = line.strip_prefix("#[path = \"").and_then(|rest| rest.strip_suffix("\"]")) {
            path = Some(file.parent().expect("a folder").join(quoted));
        } else if let Some(name) = module_name(line) {
            let folder = modules_lie_in(file, is_root);
            named.extend(match path.take() {
                Some(path) => vec![path],
                None => vec![folder.join(format!("{name}.rs")), folder.join(name).join("mod.rs")],
            });
        }
    }
    named.into_iter().filter_map(|path| path.canonicalize().ok()).collect()
}

/// The name in `mod name;`, whoever may see it.
fn module_name(line: &str) -> Option<&str> {
    let line = line.strip_prefix("pub").map_or(line, |rest| {
        rest.strip_prefix('(').and_then(|rest| rest.split_once(')')).map_or(rest, |(_, rest)| rest).trim_start()
    });
    line.strip_prefix("mod ")?.strip_suffix(';')
}

/// A file that no module names is not compiled: its tests never run and nobody is told.
#[test]
fn every_file_is_compiled() {
    let metadata =
        MetadataCommand::new().no_deps().other_options(vec!["--offline".into()]).exec().expect("cargo metadata");
    // Cargo knows them all: lib.rs, main.rs, src/bin, tests, benches, and what a manifest names by its path.
    let roots: BTreeSet<PathBuf> = metadata
        .packages
        .iter()
        .flat_map(|package| &package.targets)
        .map(|target| target.src_path.canonicalize().expect("a crate's root"))
        .collect();
    let mut compiled = BTreeSet::new();
    let mut waiting: Vec<PathBuf> = roots.iter().cloned().collect();
    while let Some(file) = waiting.pop() {
        if compiled.insert(file.clone()) {
            let text = std::fs::read_to_string(&file).expect("source");
            waiting.extend(named_by(&file, &text, roots.contains(&file)));
        }
    }
    let left: Vec<PathBuf> = all()
        .into_iter()
        .map(|(path, _)| path.canonicalize().expect("a source"))
        .filter(|path| !compiled.contains(path))
        .collect();
    assert!(left.is_empty(), "no module names these, so they are not compiled: {left:#?}");
}

#[test]
fn main_only_wires() {
    for (path, text) in all() {
        if path.ends_with("src/main.rs") && path.starts_with(root().join("functions")) {
            let lines = text.lines().count();
            assert!(lines <= 60, "{} has {lines} lines: logic belongs in lib.rs", path.display());
        }
    }
}
