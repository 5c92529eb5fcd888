//! The direction of dependencies: function → use case → domain; adapters depend inwards; functions stand alone.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

/// The workspace's own packages, each with its direct dependencies that are built into it.
fn direct() -> (Metadata, BTreeMap<String, BTreeSet<String>>) {
    let metadata =
        MetadataCommand::new().no_deps().other_options(vec!["--offline".into()]).exec().expect("cargo metadata");
    let direct = metadata
        .packages
        .iter()
        .map(|p| {
            let dependencies =
                p.dependencies.iter().filter(|d| d.kind == DependencyKind::Normal).map(|d| d.name.clone()).collect();
            (p.name.to_string(), dependencies)
        })
        .collect();
    (metadata, direct)
}

/// Names of packages that live under a folder of the workspace.
fn under(metadata: &Metadata, folder: &str) -> BTreeSet<String> {
    let root = metadata.workspace_root.join(folder);
    metadata.packages.iter().filter(|p| p.manifest_path.starts_with(&root)).map(|p| p.name.to_string()).collect()
}

#[test]
fn the_domain_knows_no_aws_no_async_no_randomness() {
    let (_, direct) = direct();
    let allowed: BTreeSet<&str> = ["iso_currency", "jiff", "rust_decimal", "serde", "thiserror"].into();
    let found: Vec<_> = direct["oms-domain"].iter().filter(|d| !allowed.contains(d.as_str())).collect();
    assert!(found.is_empty(), "oms-domain may depend on {allowed:?} only, not on {found:?}");
}

#[test]
fn shared_crates_depend_inwards_only() {
    let (metadata, direct) = direct();
    let inner: [(&str, &[&str]); 6] = [
        ("oms-domain", &[]),
        ("oms-app", &["oms-domain"]),
        ("oms-aws", &["oms-app", "oms-domain"]),
        ("oms-providers", &["oms-app", "oms-domain"]),
        ("oms-lambda", &["oms-app", "oms-domain"]),
        ("oms-testkit", &["oms-app", "oms-domain"]),
    ];
    let known: BTreeSet<String> = inner.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(known, under(&metadata, "shared"), "every shared crate has its place in this table");
    for (name, allowed) in inner {
        let wrong: Vec<_> =
            direct[name].iter().filter(|d| direct.contains_key(*d) && !allowed.contains(&d.as_str())).collect();
        assert!(wrong.is_empty(), "{name} must not depend on {wrong:?}");
    }
    let aws: Vec<_> = direct["oms-app"].iter().filter(|d| d.starts_with("aws")).collect();
    assert!(aws.is_empty(), "oms-app must not know AWS: {aws:?}");
}

#[test]
fn functions_do_not_depend_on_one_another() {
    let (metadata, direct) = direct();
    let functions = under(&metadata, "functions");
    assert!(functions.len() >= 6, "the six lifecycle functions and their companions: {functions:?}");
    for name in &functions {
        let wrong: Vec<_> = direct[name].iter().filter(|d| functions.contains(*d)).collect();
        assert!(wrong.is_empty(), "{name} must not depend on {wrong:?}");
        assert!(!direct[name].contains("oms-testkit"), "{name} must not be built with test code");
    }
}

#[test]
fn a_crate_is_named_like_its_folder() {
    let (metadata, _) = direct();
    for package in &metadata.packages {
        let folder = package.manifest_path.parent().and_then(|p| p.file_name()).unwrap_or_default();
        let name = package.name.as_str();
        assert!(folder == name || (folder == "tests" && name == "waybill-tests"), "{folder} holds {name}");
    }
}
