//! Files that can be read at one sitting, and words that must not be left behind.

use std::path::{Path, PathBuf};

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

#[test]
fn main_only_wires() {
    for (path, text) in all() {
        if path.ends_with("src/main.rs") && path.starts_with(root().join("functions")) {
            let lines = text.lines().count();
            assert!(lines <= 60, "{} has {lines} lines: logic belongs in lib.rs", path.display());
        }
    }
}
