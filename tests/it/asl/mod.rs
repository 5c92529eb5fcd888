#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
//! The state machines keep their promises. The local engine hardly checks a definition (a wrong `Next` is accepted), so
//! these tests do: each check is a function to problems, run on the real files and on broken copies.

mod errors;
mod links;
mod machine;
mod mutations;
mod shape;
mod timing;

use std::collections::BTreeSet;

use machine::{MACHINES, Machine};

use crate::template::model::{Template, root};

/// All problems of one machine.
fn problems(machine: &Machine, template: &Template) -> Vec<String> {
    [
        shape::graph(machine),
        shape::choices(machine),
        shape::payloads(machine),
        shape::failures(machine),
        errors::handling(machine),
        errors::names(machine),
        links::substitutions(machine, template),
        links::work(machine),
        links::machines(template),
        timing::nesting(machine, template),
        timing::valve(template),
    ]
    .concat()
}

#[test]
fn the_state_machines_keep_their_promises() {
    let template = Template::load();
    let found: Vec<String> = MACHINES
        .iter()
        .map(|name| Machine::load(name))
        .flat_map(|machine| {
            problems(&machine, &template).into_iter().map(move |problem| format!("{}: {problem}", machine.name))
        })
        .collect();
    assert!(found.is_empty(), "statemachines:\n  {}", found.join("\n  "));
}

#[test]
fn every_definition_is_tested() {
    let files: BTreeSet<String> = std::fs::read_dir(root().join("statemachines"))
        .expect("statemachines/")
        .map(|entry| entry.expect("an entry of statemachines/").file_name().to_string_lossy().into_owned())
        .collect();
    assert_eq!(files, MACHINES.iter().map(|name| format!("{name}.asl.json")).collect());
}
