//! The stack, created or updated over the CloudFormation API as on AWS.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::error::ProvideErrorMetadata;
use aws_sdk_cloudformation::types::{Capability, Parameter, Stack};

use crate::error::{LocalError, Result};

/// The name of the local stack.
pub const STACK_NAME: &str = "waybill-local";
/// How often the stack is looked at while it changes.
const PACE: Duration = Duration::from_millis(100);
/// Within 3 minutes everything is up or something is stuck.
const PATIENCE: u32 = 1_800;

/// What a deployment came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// There was no such stack.
    Created,
    /// There was, and something differed.
    Updated,
    /// There was, and nothing differed.
    Unchanged,
}

impl Outcome {
    /// For the reader.
    pub fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
        }
    }
}

/// One resource of the stack.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Its name in the template.
    pub logical: String,
    /// Its name in the engine.
    pub physical: String,
    /// Such as `AWS::Lambda::Function`.
    pub kind: String,
}

/// Deploys the template at this address and waits for the end. `told` hears the stack's status as it changes.
///
/// # Errors
/// The engine refuses, or the stack ends in any state but complete: with the resources at fault and their reasons.
pub async fn deploy(
    client: &Client,
    template_url: &str,
    parameters: &BTreeMap<String, String>,
    told: impl Fn(&str),
) -> Result<Outcome> {
    let outcome = match status(client).await? {
        None => {
            create(client, template_url, parameters).await?;
            Outcome::Created
        }
        Some(status) if cannot_be_updated(&status) => {
            delete(client, &told).await?;
            create(client, template_url, parameters).await?;
            Outcome::Created
        }
        Some(_) if !update(client, template_url, parameters).await? => return Ok(Outcome::Unchanged),
        Some(_) => Outcome::Updated,
    };
    let status = wait(client, &told).await?.unwrap_or_else(|| "DELETED".to_owned());
    if matches!(status.as_str(), "CREATE_COMPLETE" | "UPDATE_COMPLETE") {
        return Ok(outcome);
    }
    let reasons = failures(client).await?;
    Err(LocalError::blocked(
        format!("the deployment ended in {status}:\n{reasons}"),
        "mend what infra/template.yaml says there, then `cargo local up --fresh`; `target/local/engine.log` has the engine's side",
    ))
}

/// The stack's outputs.
///
/// # Errors
/// The engine refuses or has no such stack.
pub async fn outputs(client: &Client) -> Result<BTreeMap<String, String>> {
    let stack = describe(client).await?.ok_or_else(|| LocalError::call("reading the stack", "there is none"))?;
    Ok(stack
        .outputs()
        .iter()
        .filter_map(|output| Some((output.output_key()?.to_owned(), output.output_value()?.to_owned())))
        .collect())
}

/// The stack's status, such as `CREATE_COMPLETE`; none if there is no stack.
///
/// # Errors
/// The engine refuses.
pub async fn status(client: &Client) -> Result<Option<String>> {
    let stack = describe(client).await?;
    Ok(stack.and_then(|stack| stack.stack_status().map(|status| status.as_str().to_owned())))
}

/// The stack's resources that exist.
///
/// # Errors
/// The engine refuses.
pub async fn resources(client: &Client) -> Result<Vec<Resource>> {
    let mut resources = Vec::new();
    let mut pages = client.list_stack_resources().stack_name(STACK_NAME).into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(LocalError::engine("listing the stack's resources"))?;
        resources.extend(page.stack_resource_summaries().iter().filter_map(|summary| {
            Some(Resource {
                logical: summary.logical_resource_id()?.to_owned(),
                physical: summary.physical_resource_id()?.to_owned(),
                kind: summary.resource_type()?.to_owned(),
            })
        }));
    }
    Ok(resources)
}

async fn describe(client: &Client) -> Result<Option<Stack>> {
    match client.describe_stacks().stack_name(STACK_NAME).send().await {
        Ok(answer) => Ok(answer.stacks().first().cloned()),
        // The API's way to say that there is no such stack.
        Err(error) if error.code() == Some("ValidationError") => Ok(None),
        Err(error) => Err(LocalError::engine("reading the stack")(error)),
    }
}

async fn create(client: &Client, template_url: &str, parameters: &BTreeMap<String, String>) -> Result<()> {
    client
        .create_stack()
        .stack_name(STACK_NAME)
        .template_url(template_url)
        .set_parameters(Some(given(parameters)))
        .set_capabilities(Some(capabilities()))
        .send()
        .await
        .map(drop)
        .map_err(LocalError::engine("creating the stack"))
}

/// False if there is nothing to update.
async fn update(client: &Client, template_url: &str, parameters: &BTreeMap<String, String>) -> Result<bool> {
    let answer = client
        .update_stack()
        .stack_name(STACK_NAME)
        .template_url(template_url)
        .set_parameters(Some(given(parameters)))
        .set_capabilities(Some(capabilities()))
        .send()
        .await;
    match answer {
        Ok(_) => Ok(true),
        Err(error) if error.message().is_some_and(|text| text.contains("No updates are to be performed")) => Ok(false),
        Err(error) => Err(LocalError::engine("updating the stack")(error)),
    }
}

async fn delete(client: &Client, told: &impl Fn(&str)) -> Result<()> {
    client.delete_stack().stack_name(STACK_NAME).send().await.map_err(LocalError::engine("deleting the stack"))?;
    wait(client, told).await.map(drop)
}

/// Waits until the stack rests and answers with its status then.
async fn wait(client: &Client, told: &impl Fn(&str)) -> Result<Option<String>> {
    for _ in 0..PATIENCE {
        let status = status(client).await?;
        match &status {
            Some(text) if text.ends_with("_IN_PROGRESS") => told(text),
            Some(_) | None => return Ok(status),
        }
        tokio::time::sleep(PACE).await;
    }
    Err(LocalError::blocked(
        "the deployment does not come to an end",
        "read target/local/engine.log, then try `cargo local up --fresh`",
    ))
}

/// The failed resources with their reasons, the first failure first.
async fn failures(client: &Client) -> Result<String> {
    let answer = client
        .describe_stack_events()
        .stack_name(STACK_NAME)
        .send()
        .await
        .map_err(LocalError::engine("reading the stack's events"))?;
    let mut lines: Vec<String> = answer
        .stack_events()
        .iter()
        .filter(|event| event.resource_status().is_some_and(|status| status.as_str().ends_with("_FAILED")))
        .map(|event| {
            let name = event.logical_resource_id().unwrap_or("?");
            format!("    {name}: {}", event.resource_status_reason().unwrap_or("no reason given"))
        })
        .collect();
    lines.reverse();
    if lines.is_empty() {
        let reason = describe(client).await?.and_then(|stack| stack.stack_status_reason().map(str::to_owned));
        lines.push(format!("    {}", reason.unwrap_or_else(|| "no reason given".to_owned())));
    }
    lines.dedup();
    Ok(lines.join("\n"))
}

/// States in which CloudFormation takes nothing but a deletion.
fn cannot_be_updated(status: &str) -> bool {
    matches!(
        status,
        "CREATE_FAILED" | "ROLLBACK_COMPLETE" | "ROLLBACK_FAILED" | "DELETE_FAILED" | "UPDATE_ROLLBACK_FAILED"
    )
}

fn capabilities() -> Vec<Capability> {
    vec![Capability::CapabilityIam, Capability::CapabilityNamedIam, Capability::CapabilityAutoExpand]
}

fn given(parameters: &BTreeMap<String, String>) -> Vec<Parameter> {
    parameters
        .iter()
        .map(|(name, value)| Parameter::builder().parameter_key(name).parameter_value(value).build())
        .collect()
}
