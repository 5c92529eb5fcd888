#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
//! A state machine's definition as a graph.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::template::model::{list, read};

/// The machines of the project, by the stem of their files.
pub const MACHINES: &[&str] = &["placement", "fulfilment", "reversal"];

/// One definition.
pub struct Machine {
    /// The stem of its file.
    pub name: &'static str,
    /// The document.
    pub document: Value,
}

impl Machine {
    /// Reads `statemachines/<name>.asl.json`. A definition that is not JSON fails the test.
    pub fn load(name: &'static str) -> Self {
        let path = format!("statemachines/{name}.asl.json");
        let document = serde_json::from_str(&read(&path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        Self { name, document }
    }

    /// All states by name.
    pub fn states(&self) -> BTreeMap<&str, &Value> {
        self.document["States"].as_object().into_iter().flatten().map(|(name, state)| (name.as_str(), state)).collect()
    }

    /// The states that call a function.
    pub fn tasks(&self) -> BTreeMap<&str, &Value> {
        self.states().into_iter().filter(|(_, state)| state["Type"] == "Task").collect()
    }

    /// Where a state may go: by success, by choice, by a caught error.
    pub fn exits(state: &Value) -> BTreeSet<&str> {
        [&state["Next"], &state["Default"]]
            .into_iter()
            .chain(list(&state["Choices"]).iter().map(|choice| &choice["Next"]))
            .chain(list(&state["Catch"]).iter().map(|catcher| &catcher["Next"]))
            .filter_map(Value::as_str)
            .collect()
    }

    /// All states that can be reached from one, itself included.
    pub fn reachable<'a>(&'a self, from: &'a str) -> BTreeSet<&'a str> {
        let states = self.states();
        let mut seen = BTreeSet::new();
        let mut open = vec![from];
        while let Some(name) = open.pop() {
            if let (true, Some(state)) = (seen.insert(name), states.get(name)) {
                open.extend(Self::exits(state));
            }
        }
        seen
    }

    /// The name in a `Resource` of the form `${Name}`.
    pub fn substitution(task: &Value) -> Option<&str> {
        task["Resource"].as_str()?.strip_prefix("${")?.strip_suffix('}')
    }
}
