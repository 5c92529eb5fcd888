//! What `sam package` does, done to the parsed template: paths on this machine become addresses in S3.
//!
//! The template is turned into JSON on the way, with the short forms of intrinsic functions written out. JSON leaves no
//! doubt about what is text: a YAML writer would emit `Version: 2012-10-17`, which another reader takes for a date.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use serde_yaml_ng::Value as Yaml;

use crate::error::{LocalError, Result};

/// A property that may hold a local path, and how an address in S3 is written there.
struct Uploadable {
    resource_type: &'static str,
    property: &'static str,
    bucket: &'static str,
    key: &'static str,
}

const UPLOADABLE: [Uploadable; 4] = [
    Uploadable { resource_type: "AWS::Serverless::Function", property: "CodeUri", bucket: "Bucket", key: "Key" },
    Uploadable { resource_type: "AWS::Lambda::Function", property: "Code", bucket: "S3Bucket", key: "S3Key" },
    Uploadable {
        resource_type: "AWS::Serverless::StateMachine",
        property: "DefinitionUri",
        bucket: "Bucket",
        key: "Key",
    },
    Uploadable {
        resource_type: "AWS::StepFunctions::StateMachine",
        property: "DefinitionS3Location",
        bucket: "Bucket",
        key: "Key",
    },
];

/// The template as JSON, and the directory that its paths are relative to.
#[derive(Clone, Debug)]
pub struct Template {
    body: Value,
    directory: PathBuf,
}

impl Template {
    /// Reads a template in YAML or JSON.
    ///
    /// # Errors
    /// The file cannot be read or is no template.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(LocalError::io(format!("reading {}", path.display())))?;
        let directory = path.parent().unwrap_or(Path::new(".")).to_path_buf();
        Self::parse(&text, directory)
    }

    /// Reads a template from its text.
    ///
    /// # Errors
    /// The text is no template.
    pub fn parse(text: &str, directory: PathBuf) -> Result<Self> {
        let yaml: Yaml =
            serde_yaml_ng::from_str(text).map_err(|error| LocalError::call("reading the template", error))?;
        let body = to_json(yaml)?;
        if !body.get("Resources").is_some_and(Value::is_object) {
            return Err(LocalError::call("reading the template", "it has no Resources"));
        }
        Ok(Self { body, directory })
    }

    /// Whether the template declares a parameter.
    pub fn has_parameter(&self, name: &str) -> bool {
        self.body.get("Parameters").and_then(|parameters| parameters.get(name)).is_some()
    }

    /// The whole template as JSON, with the short forms of intrinsic functions written out.
    pub fn body(&self) -> &Value {
        &self.body
    }

    /// Each local path once, made absolute, in the order of the resources' names.
    pub fn local_paths(&self) -> Vec<PathBuf> {
        let mut paths: Vec<PathBuf> = Vec::new();
        let resources = self.body.get("Resources").and_then(Value::as_object);
        for resource in resources.into_iter().flat_map(Map::values) {
            for path in uploadable(resource).filter_map(|(_, value)| self.local(value)) {
                if !paths.contains(&path) {
                    paths.push(path);
                }
            }
        }
        paths
    }

    /// The template's text with every local path replaced by where `address` says it was uploaded: bucket and key.
    ///
    /// # Errors
    /// `address` does not know a path.
    pub fn packaged(&self, address: impl Fn(&Path) -> Option<(String, String)>) -> Result<String> {
        let mut body = self.body.clone();
        let resources = body.get_mut("Resources").and_then(Value::as_object_mut);
        for resource in resources.into_iter().flat_map(Map::values_mut) {
            let replacements: Vec<(&Uploadable, PathBuf)> =
                uploadable(resource).filter_map(|(place, value)| Some((place, self.local(value)?))).collect();
            for (place, path) in replacements {
                let (bucket, key) = address(&path).ok_or_else(|| {
                    LocalError::call("packaging the template", format!("{} was not uploaded", path.display()))
                })?;
                if let Some(properties) = resource.get_mut("Properties").and_then(Value::as_object_mut) {
                    properties.insert(place.property.to_owned(), json!({ place.bucket: bucket, place.key: key }));
                }
            }
        }
        Ok(body.to_string())
    }

    /// A text that is no `s3://` address is a path relative to the template.
    fn local(&self, value: &Value) -> Option<PathBuf> {
        let text = value.as_str().filter(|text| !text.starts_with("s3://"))?;
        Some(normal(&self.directory.join(text)))
    }
}

/// The properties of one resource that may hold a path.
fn uploadable(resource: &Value) -> impl Iterator<Item = (&'static Uploadable, &Value)> {
    let kind = resource.get("Type").and_then(Value::as_str).unwrap_or_default();
    UPLOADABLE
        .iter()
        .filter(move |place| place.resource_type == kind)
        .filter_map(|place| Some((place, resource.get("Properties")?.get(place.property)?)))
}

/// Without `.`, `..` and a slash at the end, so that one place has one name; symbolic links stay.
fn normal(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut result = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                result.pop();
            }
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => result.push(component),
        }
    }
    result
}

/// YAML to JSON with `!Sub x` as `{"Fn::Sub": x}`, and the two short forms that differ.
fn to_json(yaml: Yaml) -> Result<Value> {
    let value = match yaml {
        Yaml::Null => Value::Null,
        Yaml::Bool(flag) => Value::Bool(flag),
        Yaml::Number(number) => {
            serde_json::to_value(number).map_err(|error| LocalError::call("reading the template", error))?
        }
        Yaml::String(text) => Value::String(text),
        Yaml::Sequence(items) => Value::Array(items.into_iter().map(to_json).collect::<Result<_>>()?),
        Yaml::Mapping(entries) => {
            let mut object = Map::new();
            for (key, entry) in entries {
                object.insert(key_text(&key)?, to_json(entry)?);
            }
            Value::Object(object)
        }
        Yaml::Tagged(tagged) => {
            let name = tagged.tag.to_string();
            intrinsic(name.trim_start_matches('!'), to_json(tagged.value)?)
        }
    };
    Ok(value)
}

fn key_text(key: &Yaml) -> Result<String> {
    if let Some(text) = key.as_str() {
        return Ok(text.to_owned());
    }
    // `1:` and `true:` are texts in a template, whatever YAML makes of them.
    match serde_json::to_value(key) {
        Ok(value) if !value.is_object() && !value.is_array() => Ok(value.to_string()),
        Ok(_) | Err(_) => Err(LocalError::call("reading the template", "a key is no text")),
    }
}

fn intrinsic(name: &str, argument: Value) -> Value {
    match (name, &argument) {
        ("Ref" | "Condition", _) => json!({ name: argument }),
        ("GetAtt", Value::String(path)) => {
            // The resource's name has no dot; an attribute's may.
            let (resource, attribute) = path.split_once('.').unwrap_or((path, ""));
            json!({ "Fn::GetAtt": [resource, attribute] })
        }
        _ => json!({ format!("Fn::{name}"): argument }),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use std::path::{Path, PathBuf};

    use serde_json::{Value, json};

    use super::Template;

    const TEMPLATE: &str = r#"
AWSTemplateFormatVersion: 2010-09-09
Conditions:
  IsProd: !Not [!Equals [!Ref Stage, dev]]
Resources:
  IntakeFunction:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: ../target/lambda/intake/
      Timeout: 10
      Environment: {Variables: {ARN: !GetAtt Table.StreamArn, NAME: !Sub '${AWS::StackName}-x'}}
  OtherFunction:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: ../target/lambda/intake}
  ElsewhereFunction:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: s3://bucket/key}
  Placement:
    Type: AWS::Serverless::StateMachine
    Properties:
      DefinitionUri: ../statemachines/placement.asl.json
  Queue:
    Type: AWS::SQS::Queue
    Properties: {CodeUri: not-a-path-here, Flag: "yes", Delay: !If [IsProd, 1, !Ref 'AWS::NoValue']}
"#;

    fn template() -> Template {
        Template::parse(TEMPLATE, PathBuf::from("/repo/infra")).unwrap()
    }

    fn packaged() -> Value {
        let text =
            template().packaged(|path| Some(("art".to_owned(), path.file_name()?.to_str()?.to_owned()))).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn each_local_path_is_found_once() {
        let mut paths = template().local_paths();
        paths.sort();
        let expected: Vec<&Path> =
            vec![Path::new("/repo/statemachines/placement.asl.json"), Path::new("/repo/target/lambda/intake")];
        assert_eq!(paths, expected);
    }

    #[test]
    fn local_paths_become_addresses() {
        let resources = &packaged()["Resources"];
        let address = |name: &str, property: &str| resources[name]["Properties"][property].clone();
        assert_eq!(address("IntakeFunction", "CodeUri"), json!({"Bucket": "art", "Key": "intake"}));
        assert_eq!(address("OtherFunction", "CodeUri"), json!({"Bucket": "art", "Key": "intake"}));
        assert_eq!(address("Placement", "DefinitionUri"), json!({"Bucket": "art", "Key": "placement.asl.json"}));
        assert_eq!(address("ElsewhereFunction", "CodeUri"), json!("s3://bucket/key"));
        assert_eq!(address("Queue", "CodeUri"), json!("not-a-path-here"));
    }

    #[test]
    fn intrinsic_functions_are_kept() {
        let body = packaged();
        let variables = &body["Resources"]["IntakeFunction"]["Properties"]["Environment"]["Variables"];
        assert_eq!(variables["ARN"], json!({"Fn::GetAtt": ["Table", "StreamArn"]}));
        assert_eq!(variables["NAME"], json!({"Fn::Sub": "${AWS::StackName}-x"}));
        assert_eq!(body["Conditions"]["IsProd"], json!({"Fn::Not": [{"Fn::Equals": [{"Ref": "Stage"}, "dev"]}]}));
        assert_eq!(
            body["Resources"]["Queue"]["Properties"]["Delay"],
            json!({"Fn::If": ["IsProd", 1, {"Ref": "AWS::NoValue"}]})
        );
    }

    #[test]
    fn text_stays_text_and_numbers_stay_numbers() {
        let body = packaged();
        assert_eq!(body["AWSTemplateFormatVersion"], json!("2010-09-09"));
        assert_eq!(body["Resources"]["Queue"]["Properties"]["Flag"], json!("yes"));
        assert_eq!(body["Resources"]["IntakeFunction"]["Properties"]["Timeout"], json!(10));
    }

    #[test]
    fn a_path_that_was_not_uploaded_is_an_error() {
        assert!(template().packaged(|_| None).is_err());
    }

    #[test]
    fn what_is_no_template_is_refused() {
        assert!(Template::parse("a: [1", PathBuf::new()).is_err());
        assert!(Template::parse("a: 1", PathBuf::new()).is_err());
    }
}
