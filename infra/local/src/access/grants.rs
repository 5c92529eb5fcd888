//! What roles may do, as the engine's IAM has it after the deployment: the transform is done, and every name is an ARN.
//!
//! As plain requests: IAM's client library would be built for these two calls alone. Its answers are XML in which policies stand
//! as URL-encoded JSON, so that looking for a tag is reading them.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Grant;
use crate::error::{LocalError, Result};
use crate::http;

const VERSION: &str = "2010-05-08";

/// Every permission of every role.
///
/// # Errors
/// The engine does not answer, or with something else.
pub async fn fetch(engine_url: &str) -> Result<BTreeSet<Grant>> {
    let iam = Iam { client: http::root_client("iam")?, url: engine_url.to_owned() };
    let mut grants = BTreeSet::new();
    for role in texts(&iam.ask(&[("Action", "ListRoles"), ("MaxItems", "1000")]).await?, "RoleName") {
        let names = iam.ask(&[("Action", "ListRolePolicies"), ("RoleName", &role)]).await?;
        for name in texts(&names, "member") {
            let ask = [("Action", "GetRolePolicy"), ("RoleName", role.as_str()), ("PolicyName", &name)];
            let answer = iam.ask(&ask).await?;
            for document in texts(&answer, "PolicyDocument") {
                grants.extend(permissions(&role, &decoded(&document)?)?);
            }
        }
    }
    if grants.is_empty() {
        return Err(LocalError::call("reading the roles", "no role may do anything"));
    }
    Ok(grants)
}

struct Iam {
    client: reqwest::Client,
    url: String,
}

impl Iam {
    async fn ask(&self, form: &[(&str, &str)]) -> Result<String> {
        let context = "asking IAM";
        let form: Vec<(&str, &str)> = form.iter().copied().chain([("Version", VERSION)]).collect();
        let answer = self.client.post(&self.url).form(&form).send().await.map_err(LocalError::engine(context))?;
        let answer = answer.error_for_status().map_err(LocalError::engine(context))?;
        answer.text().await.map_err(LocalError::engine(context))
    }
}

/// What stands within each tag of this name.
fn texts(xml: &str, tag: &str) -> Vec<String> {
    let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
    xml.split(&open).skip(1).filter_map(|rest| rest.split_once(&close)).map(|(text, _)| text.to_owned()).collect()
}

fn decoded(document: &str) -> Result<Value> {
    let wrong = LocalError::engine("reading a policy");
    // A JSON text in an URL's encoding is the value of a form of one field.
    let form = format!("document={document}");
    let text = url::form_urlencoded::parse(form.as_bytes()).next().map(|(_, text)| text.into_owned());
    serde_json::from_str(&text.unwrap_or_default()).map_err(wrong)
}

/// Each action on each resource of a policy that allows; one that denies or allows by exception is not understood.
fn permissions(role: &str, policy: &Value) -> Result<Vec<Grant>> {
    let mut grants = Vec::new();
    for statement in several(policy.get("Statement")) {
        let (actions, resources) = (statement.get("Action"), statement.get("Resource"));
        if statement.get("Effect").and_then(Value::as_str) != Some("Allow") || actions.is_none() || resources.is_none()
        {
            return Err(LocalError::call("reading a policy", format!("{role} has a statement that is no plain Allow")));
        }
        for action in several(actions).into_iter().filter_map(Value::as_str) {
            for resource in several(resources).into_iter().filter_map(Value::as_str) {
                let grant = Grant { role: role.into(), action: action.into(), resource: resource.into() };
                grants.push(grant);
            }
        }
    }
    Ok(grants)
}

/// An array's items; anything else is a list of one, as IAM has it.
fn several(value: Option<&Value>) -> Vec<&Value> {
    match value {
        None => Vec::new(),
        Some(Value::Array(items)) => items.iter().collect(),
        Some(one) => vec![one],
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use serde_json::json;

    use super::{decoded, permissions, texts};

    #[test]
    fn a_policy_is_read_from_iams_answer() {
        let xml = "<GetRolePolicyResponse><PolicyDocument>%7B%22Statement%22%3A+%7B%22Effect%22%3A%20%22Allow%22%2C%22Action%22%3A%5B%22sqs%3ASendMessage%22%2C%22sqs%3AX%22%5D%2C%22Resource%22%3A%22arn%22%7D%7D</PolicyDocument></GetRolePolicyResponse>";
        let documents = texts(xml, "PolicyDocument");
        let grants = permissions("r", &decoded(&documents[0]).unwrap()).unwrap();
        let read: Vec<(&str, &str)> = grants.iter().map(|g| (g.action.as_str(), g.resource.as_str())).collect();
        assert_eq!(read, [("sqs:SendMessage", "arn"), ("sqs:X", "arn")]);
    }

    #[test]
    fn what_is_no_plain_permission_is_refused() {
        for statement in [
            json!({"Effect": "Deny", "Action": "a:b", "Resource": "*"}),
            json!({"Effect": "Allow", "NotAction": "a:b", "Resource": "*"}),
            json!({"Effect": "Allow", "Action": "a:b", "NotResource": "*"}),
        ] {
            assert!(permissions("r", &json!({"Statement": [statement]})).is_err(), "{statement}");
        }
    }
}
