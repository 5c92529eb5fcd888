//! The planted bugs still fit the tree. Whether tests notice them is for `cargo local planted` to find out.

use std::collections::BTreeSet;
use std::path::Path;

use local_stack::planted;

/// How many there are at least.
const AT_LEAST: usize = 60;

#[test]
fn every_planted_bug_still_fits() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests live in the workspace");
    let faults = planted::read(root).expect("the planted bugs");
    assert!(faults.len() >= AT_LEAST, "{} planted bugs", faults.len());
    let names: BTreeSet<&str> = faults.iter().map(|fault| fault.name.as_str()).collect();
    assert_eq!(names.len(), faults.len(), "two of one name");
    let unfit: Vec<String> = faults
        .iter()
        .filter_map(|fault| match std::fs::read_to_string(root.join(&fault.file)) {
            Ok(text) => fault.apply(&text).err(),
            Err(error) => Some(format!("{}: {}: {error}", fault.name, fault.file.display())),
        })
        .collect();
    assert!(unfit.is_empty(), "tests/planted is out of date: {unfit:#?}");
}
