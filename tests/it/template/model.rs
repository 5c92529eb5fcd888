#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
//! The template as the checks see it: resources by type, and what an intrinsic points at.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::yaml;

/// The workspace's root, from which the template's relative paths are told.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package lies in the workspace").to_path_buf()
}

/// Reads a file of the repository; the panic names it.
pub fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A parsed template.
pub struct Template {
    /// The whole document, in long form.
    pub document: Value,
}

impl Template {
    /// The project's own template.
    pub fn load() -> Self {
        Self { document: yaml::parse(&read("infra/template.yaml")) }
    }

    /// A section's entries (`Resources`, `Parameters`, `Outputs`, …) by name.
    pub fn section(&self, name: &str) -> impl Iterator<Item = (&str, &Value)> {
        self.document[name].as_object().into_iter().flatten().map(|(key, value)| (key.as_str(), value))
    }

    /// The names in a section.
    pub fn names(&self, section: &str) -> BTreeSet<&str> {
        self.section(section).map(|(name, _)| name).collect()
    }

    /// All resources of a type: logical id and properties.
    pub fn of_type<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = (&'a str, &'a Value)> {
        self.section("Resources")
            .filter(move |(_, resource)| resource["Type"] == kind)
            .map(|(id, resource)| (id, &resource["Properties"]))
    }

    /// A resource's properties; `Null` where there is no such resource.
    pub fn properties(&self, id: &str) -> &Value {
        &self.document["Resources"][id]["Properties"]
    }

    /// The project's functions: logical id and properties.
    pub fn functions(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.of_type("AWS::Serverless::Function")
    }

    /// The allowing and denying statements of a role's inline policies, conditional ones included.
    pub fn statements(&self, role: &str) -> Vec<&Value> {
        list(&self.properties(role)["Policies"])
            .iter()
            .flat_map(|policy| list(&policy["PolicyDocument"]["Statement"]))
            .map(present)
            .collect()
    }

    /// A parameter's default as a number, also where the property is an `Fn::If` between literal and parameter.
    pub fn number(&self, value: &Value) -> Option<u64> {
        match value {
            Value::Number(number) => number.as_u64(),
            Value::String(text) => text.parse().ok(),
            Value::Object(object) => match object.get("Ref").and_then(Value::as_str) {
                Some(parameter) => self.number(&self.document["Parameters"][parameter]["Default"]),
                None => object.get("Fn::If").and_then(|branches| {
                    let branches = list(branches);
                    branches.iter().skip(1).filter_map(|branch| self.number(branch)).max()
                }),
            },
            Value::Null | Value::Bool(_) | Value::Array(_) => None,
        }
    }
}

/// The items of an array; anything else is taken as a list of one, as IAM and CloudFormation do. `Null` is empty.
pub fn list(value: &Value) -> &[Value] {
    if value.is_null() {
        return &[];
    }
    value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice)
}

/// What stands behind `Fn::If [condition, present, NoValue]`; other values stand for themselves.
pub fn present(value: &Value) -> &Value {
    match value["Fn::If"].as_array() {
        Some(branches) if branches.len() == 3 => &branches[1],
        _ => value,
    }
}

/// The resource or parameter that a `Ref`, `GetAtt` or a `Sub` of one variable points at.
pub fn target(value: &Value) -> Option<&str> {
    if let Some(name) = value["Ref"].as_str().or_else(|| value["Fn::GetAtt"][0].as_str()) {
        return Some(name);
    }
    let text = value["Fn::Sub"].as_str()?;
    variables(text).into_iter().find(|name| !name.starts_with("AWS::"))
}

/// The names in a `Sub` text, without their attributes.
pub fn variables(text: &str) -> Vec<&str> {
    text.split("${")
        .skip(1)
        .filter_map(|rest| rest.split_once('}'))
        .map(|(name, _)| name.split('.').next().unwrap_or(name))
        .filter(|name| !name.starts_with('!'))
        .collect()
}

/// A folder's name as the start of a logical id: `payment-callback` becomes `PaymentCallback`.
pub fn pascal(folder: &str) -> String {
    folder
        .split('-')
        .map(|part| part.chars().take(1).flat_map(char::to_uppercase).chain(part.chars().skip(1)).collect::<String>())
        .collect()
}

/// The texts in an array.
pub fn texts(value: &Value) -> BTreeSet<&str> {
    list(value).iter().filter_map(Value::as_str).collect()
}
