#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
//! `infra/template.yaml` keeps its promises. Each check is a function from a template to its problems, so that the same
//! checks run on the real template, which must have none, and on broken copies, which must be caught.

mod access;
mod functions;
pub mod model;
pub mod mutations;
mod providers;
mod routes;
mod stack;
pub mod stores;
mod yaml;

use std::collections::{BTreeMap, BTreeSet};

use model::{Template, read, root};

/// The folders under `functions/`.
fn folders() -> BTreeSet<String> {
    std::fs::read_dir(root().join("functions"))
        .expect("functions/")
        .map(|entry| entry.expect("an entry of functions/"))
        .filter(|entry| entry.path().join("Cargo.toml").is_file())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}

/// All checks by name.
fn problems(template: &Template) -> Vec<(&'static str, Vec<String>)> {
    vec![
        ("functions and folders", functions::folders(template, &folders())),
        ("log groups and roles", functions::companions(template)),
        ("environment", functions::environment(template)),
        ("lookout", functions::lookout(template)),
        ("reserved concurrency", functions::reserved(template)),
        ("least privilege", access::roles(template)),
        ("routes", routes::routes(template)),
        ("integrations", routes::integrations(template)),
        ("stage", routes::stage(template)),
        ("tables", stores::tables(template)),
        ("orders table", stores::orders_table(template)),
        ("queues", stores::queues(template)),
        ("queue sources", stores::queue_sources(template)),
        ("stream source", stores::stream_source(template)),
        ("deliveries rule", stores::deliveries_rule(template)),
        ("alarms", stack::alarms(template)),
        ("rules", stack::rules(template)),
        ("outputs", stack::outputs(template)),
        ("references", stack::references(template)),
        ("deployment tables", stack::deployment(template, &read("samconfig.toml"))),
    ]
}

#[test]
fn the_template_keeps_its_promises() {
    let template = Template::load();
    let found: Vec<String> = problems(&template)
        .into_iter()
        .flat_map(|(check, problems)| problems.into_iter().map(move |problem| format!("{check}: {problem}")))
        .collect();
    assert!(found.is_empty(), "infra/template.yaml:\n  {}", found.join("\n  "));
}

#[test]
fn gateway_and_routers_agree() {
    let found = routes::served(&Template::load(), &sources());
    assert!(found.is_empty(), "infra/template.yaml and functions/:\n  {}", found.join("\n  "));
}

#[test]
fn functions_are_told_what_they_read() {
    let found = functions::read(&Template::load(), &sources());
    assert!(found.is_empty(), "infra/template.yaml and functions/:\n  {}", found.join("\n  "));
}

/// Each function's folder and all of its Rust text.
fn sources() -> BTreeMap<String, String> {
    let text = |folder: &String| rust_text(&root().join("functions").join(folder));
    folders().into_iter().map(|folder| (folder.clone(), text(&folder))).collect()
}

/// All Rust text below a folder.
fn rust_text(folder: &std::path::Path) -> String {
    let mut text = String::new();
    for entry in std::fs::read_dir(folder).expect("a folder of a function") {
        let path = entry.expect("an entry of it").path();
        if path.is_dir() {
            text.push_str(&rust_text(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&std::fs::read_to_string(&path).expect("Rust text"));
        }
    }
    text
}

#[test]
fn a_deployment_table_is_read_as_sam_reads_it() {
    let template = Template::load();
    let samconfig = read("samconfig.toml");
    let cases = [
        (samconfig.replace("  \"Stage=prod\",\n", ""), "samconfig prod: Stage is missing"),
        (samconfig.replace("\"Stage=prod\"", "\"Stage=staging\""), "samconfig prod: deploys as staging"),
        (samconfig.replace("MaximumConcurrency=", "MaxConcurrency="), "samconfig dev: MaxConcurrency is no parameter"),
        (samconfig.replace("LogLevel=debug", "LogLevel=loud"), "samconfig dev: LogLevel may not be \"loud\""),
        (samconfig.replace("[staging.deploy.", "[stage.deploy."), "samconfig: no table for staging"),
        (samconfig.replace("LiveMode=true", "LiveMode=yes"), "samconfig prod: LiveMode may not be \"yes\""),
    ];
    for (broken, expected) in cases {
        let found = stack::deployment(&template, &broken);
        assert!(found.iter().any(|problem| problem == expected), "expected {expected:?} in {found:?}");
    }
}
