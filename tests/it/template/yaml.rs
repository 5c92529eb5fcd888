#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
//! Reads a CloudFormation template: YAML whose short tags (`!Ref`, `!Sub`, `!GetAtt`, …) become their long JSON form.

use serde_json::{Map, Value, json};
use serde_yaml_ng::Value as Yaml;

/// Parses a template into JSON in which every intrinsic function has its long form, as CloudFormation itself sees it.
pub fn parse(text: &str) -> Value {
    to_json(serde_yaml_ng::from_str(text).expect("the template is YAML"))
}

fn to_json(yaml: Yaml) -> Value {
    match yaml {
        Yaml::Null => Value::Null,
        Yaml::Bool(value) => Value::Bool(value),
        Yaml::Number(number) => number.as_i64().map_or_else(|| json!(number.as_f64()), Value::from),
        Yaml::String(text) => Value::String(text),
        Yaml::Sequence(items) => Value::Array(items.into_iter().map(to_json).collect()),
        Yaml::Mapping(entries) => {
            let mut object = Map::new();
            for (key, value) in entries {
                let key = key.as_str().expect("keys of a template are text").to_owned();
                assert!(object.insert(key.clone(), to_json(value)).is_none(), "the key {key} stands twice");
            }
            Value::Object(object)
        }
        Yaml::Tagged(tagged) => intrinsic(&tagged.tag.to_string(), to_json(tagged.value)),
    }
}

fn intrinsic(tag: &str, value: Value) -> Value {
    let name = tag.trim_start_matches('!');
    match name {
        "Ref" | "Condition" => json!({ name: value }),
        // `!GetAtt Thing.Arn` is short for a pair; an attribute may hold dots itself.
        "GetAtt" => match value.as_str().and_then(|text| text.split_once('.')) {
            Some((resource, attribute)) => json!({ "Fn::GetAtt": [resource, attribute] }),
            None => json!({ "Fn::GetAtt": value }),
        },
        other => json!({ format!("Fn::{other}"): value }),
    }
}

#[test]
fn short_tags_become_their_long_form() {
    let cases = [
        ("a: !Ref Table", json!({"a": {"Ref": "Table"}})),
        ("a: !GetAtt Table.Arn", json!({"a": {"Fn::GetAtt": ["Table", "Arn"]}})),
        ("a: !GetAtt [Table, Arn]", json!({"a": {"Fn::GetAtt": ["Table", "Arn"]}})),
        ("a: !Sub \"${Table.Arn}/index/due\"", json!({"a": {"Fn::Sub": "${Table.Arn}/index/due"}})),
        (
            "a: !If [IsProd, !Ref Rate, !Ref AWS::NoValue]",
            json!({"a": {"Fn::If": ["IsProd", {"Ref": "Rate"}, {"Ref": "AWS::NoValue"}]}}),
        ),
        ("a: !Not [!Condition IsLocal]", json!({"a": {"Fn::Not": [{"Condition": "IsLocal"}]}})),
        ("a: [1, true, x, \"2\"]", json!({"a": [1, true, "x", "2"]})),
    ];
    for (text, expected) in cases {
        assert_eq!(parse(text), expected, "{text}");
    }
}
